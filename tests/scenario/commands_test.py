#!/usr/bin/env python3
"""The commands from the outside: exit codes, formats, choice of files, what they say of wrong words, and
that the number of threads changes no byte.

usage: commands_test.py ACKIDENT ROOT
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
scenario = str(root / "scenarios/acks1-leader-kill.json")
problems = []


def run(*words, env=None):
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "COLUMNS": "", **(env or {})})
    return done.returncode, done.stdout, done.stderr


def check(what, seen, wanted):
    if seen != wanted:
        problems.append(f"{what}: wanted {wanted!r}, seen {seen!r}")


def test(*words):
    return run("test", *words)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    source = pathlib.Path(scenario).read_text(encoding="utf-8")
    (folder / "good.json").write_text(source)
    (folder / "deep").mkdir()
    (folder / "deep/also-good.json").write_text(source)
    (folder / "deep/none.schema.json").write_text("{}")
    fails = ["--set", 'expect={"lost": 0}']
    nothing_bites = ["--set", 'faults=[{"at": "20s", "resume": "b1"}]', "--set", 'expect={}']

    code, text, _ = test(str(folder))
    check("two good ones", (code, text.splitlines()[-1]), (0, "2 passed of 2 cases"))
    check("order of a folder", [line.split("/")[-1] for line in text.splitlines()[:2]],
          ["also-good.json  seed 1", "good.json  seed 1"])
    check("a pattern", test(str(folder / "*.json"))[1].splitlines()[-1], "1 passed of 1 case")
    check("seeds", test(scenario, "--seeds", "3..5", *fails)[1].count("\nFAIL"), 2)
    code, text, _ = test(scenario, *fails)
    check("a failure", code, 1)
    check("its story", "lost: expected exactly 0 records, seen 10 records; first at 42.04 s" in text,
          True)
    check("the way to look at it", "see: ackident run %s --set 'expect={\"lost\": 0}' --trace" %
          scenario in text, True)
    # Where a run first parted from what was expected: of a count, of a state, of an outage, of a lag.
    parted = {"facts": {"Truncated": 0}, "partitions": {"orders/0": {"leader": "b1"}},
              "unavailable": {"writes": {"max": "5s"}}, "lag": {"billing": {"peak": {"max": 5000}}}}
    _, text, _ = test(scenario, "--set", f"expect={json.dumps(parted)}")
    for line in ("facts.Truncated: expected exactly 0, seen 1; first at 42.04 s (e105467)",
                 "partitions.orders/0.leader: expected b1, seen b2; first at 28.248 s (e77420)",
                 "unavailable.writes: expected at most 5 s, seen 8.273638083 s at orders/0; "
                 "first at 25 s\n",
                 "lag.billing.peak: expected at most 5000 records, seen 9987 records in group billing; "
                 "first at 29.997 s\n"):
        if line not in text:
            problems.append(f"a failure lacks: {line}\n{text}")
    # A small library of failures: every one has its moment.
    library = pathlib.Path(scenario).parent
    moments = {
        "j02-retry-reorders-plain": ({"reordered": 0, "under_min_isr": {"max": "1s"}},
                                     ["reordered: expected exactly 0 records, seen 1 record; "
                                      "first at 20.232 s (e", "at orders/0; first at 13.747 s"]),
        "j01-lost-response-plain": ({"duplicated": 0, "latency": {"max": {"max": "1s"}}},
                                    ["seen 1 record; first at 4.117 s (e",
                                     "seen 3.00175 s at p1; first at 5.002 s (e"]),
        "k14-new-group-latest": ({"skipped": 0, "lag": {"*": {"recovery": {"max": "1s"}}}},
                                 ["skipped: expected exactly 0 records, seen 1000 records; "
                                  "first at 22.002 s (e", "; first at 13 s"]),
        "k01-auto-commit-crash": ({"delivered_twice": {"max": 10}},
                                  ["seen 300 records; first at 31.002 s (e"]),
        "c01-last-in-sync-down": ({"failed": {"min": 99}, "facts": {"Killed": {"min": 99}},
                                   "latency": {"p50": {"min": "100s"}}},
                                  ["failed: expected at least 99 records, seen ", "; not by 62.549 s",
                                   "facts.Killed: expected at least 99, seen 3; not by 62.549 s"]),
        "a10-isolated-leader-acks1": ({"lost": {"max": 100}}, ["seen 262 records; first at 31.258 s (e"]),
    }
    for name, (wanted, lines) in moments.items():
        _, text, _ = test(str(library / f"{name}.json"), "--set", f"expect={json.dumps(wanted)}")
        for line in lines:
            if line not in text:
                problems.append(f"a failure of {name} lacks: {line}\n{text}")
    impossible = {"lost": {"min": 9000000}, "sent": 0, "acked": 0, "under_replicated": {"min": "1h"},
                  "partitions": {"orders/0": [{"isr": [], "within": "1s", "at": "1s"}]}}
    _, text, _ = test(str(library), "--set", f"expect={json.dumps(impossible)}")
    for line in text.splitlines():
        failed = ": expected " in line and "VACUOUS" not in line and "UNKNOWN" not in line
        if failed and "; first at " not in line and "; not by " not in line:
            problems.append(f"no moment: {line}")
    # An isolated leader is there, and for nobody: the summary says what producers felt.
    isolated = str(library / "matrix/leader-isolated.json")
    check("what producers felt", "; yet a record waited " in run("run", isolated)[1], True)
    check("nothing bites", test(scenario, *nothing_bites)[0], 3)
    check("failure before doubt", test(scenario, *nothing_bites, "--set",
                                       'expect={"acked": 1}')[0], 1)
    code, text, _ = test(scenario, "--set", "events_max=2000")
    check("a run cut short", (code, len(text.splitlines())), (3, 4))
    check("what it says", "UNKNOWN: cut short at 2.118 s: the bound of 2000 events was reached; no answer to"
          in text, True)
    (folder / "bad.json").write_text("{")
    code, text, _ = test(str(folder))
    check("a refused one", (code, text.splitlines()[-1]), (2, "2 passed, 1 refused of 3 cases"))
    check("where it is wrong", "bad.json:1:2: error" in text, True)
    check("its line for GitHub", "::error file=%s/bad.json,line=1,title=REFUSED::" % folder in
          test(str(folder / "bad.json"), "--format", "github")[1], True)
    check("filter", test(str(folder), "--filter", "also")[:2],
          (0, f"PASS     {folder}/deep/also-good.json  seed 1\n1 passed of 1 case\n"))
    check("filter of nothing", test(str(folder), "--filter", "zebra")[0], 2)
    check("no such file", test(str(folder / "no.json"))[0], 2)
    check("fail fast", len(json.loads(test(scenario, "--seeds", "1..9", "--fail-fast", "--format",
                                           "json", *fails)[1])["cases"]), 1)
    for words in (["--format", "text"], ["--format", "junit"], ["--format", "github"],
                  ["--format", "json"], ["--fail-fast"]):
        one = test(str(folder), "--seeds", "1..3", *fails, *words, "--jobs", "1")
        check(f"threads and {words}", test(str(folder), "--seeds", "1..3", *fails, *words, "--jobs",
                                           "3"), one)

    (folder / "two words.json").write_text(source)
    check("a command to copy", f"see: ackident run '{folder}/two words.json' --set" in
          test(str(folder / "two words.json"), *fails)[1], True)

    # A shell's *.json takes a schema along.
    code, text, complaints = run("validate", str(folder / "good.json"),
                                 str(folder / "deep/none.schema.json"))
    check("a schema among scenarios", (code, text), (0, f"{folder}/good.json: ok\n"))
    check("it is named", "none.schema.json: left out" in complaints, True)
    check("a schema alone", run("run", str(folder / "deep/none.schema.json"))[0], 2)
    check("a folder", run("run", str(folder / "deep"))[1].splitlines()[0].split(":")[0],
          "PASS         also-good")
    check("two to one report", run("run", str(folder / "deep"), scenario, "--json", "-")[0], 2)

    check("a report to no name", run("run", scenario, "--json", "")[0], 2)

    # A report that cannot be written is noticed before the run, and nothing is left behind.
    for target in (folder / "none/x.json", folder / "deep"):
        code, text, _ = run("run", scenario, "--json", str(target))
        check(f"a report to {target.name}", (code, text), (2, ""))
    report = folder / "report.json"
    link = folder / "link.json"
    report.touch()
    link.symlink_to(report)
    check("a report by a link", run("run", scenario, "--json", str(link))[0], 0)
    check("the link stays", (link.is_symlink(), json.loads(report.read_text())["verdict"]),
          (True, "PASS"))
    check("a report to a device", run("run", scenario, "--json", "/dev/null")[0], 0)
    check("the device stays", pathlib.Path("/dev/null").is_char_device(), True)
    check("what is left", sorted(path.name for path in folder.iterdir() if "tmp" in path.name), [])

for words, complaint in (
        (["runn"], 'there is no command "runn"; did you mean "run"?'),
        ([scenario], f"to run a scenario: ackident run {scenario}"),
        (["run", scenario, "--sed", "1"], 'there is no option "--sed"; did you mean "--seed"?'),
        (["run", scenario, "--seed"], "--seed needs a value"),
        (["run", scenario, "--seed", "x"], '"x" is no whole number from 0'),
        (["test", scenario, "--format", "xml"], "there are text, json, junit, github"),
        (["run", scenario, "--set", "producers.shopp.rate=1/s"], 'did you mean "shop"?')):
    code, text, complaints = run(*words)
    check(f"{words}", (code, text, complaint in complaints), (2, "", True))
for command in ("run", "test", "matrix", "digest", "validate", "schema", "config", "list", "swarm"):
    examples = [line for line in run(command, "--help")[1].splitlines()
                if line.startswith("  ackident ")]
    check(f"examples of {command}", {line.split()[1] for line in examples}, {command})
# Rows are whole for a program, and fit what COLUMNS says.
widths = [max(map(len, run("run", scenario, env={"COLUMNS": columns})[1].splitlines()))
          for columns in ("", "70")]
check("columns", (widths[0] > 100, widths[1] <= 70), (True, True))

matrix = str(root / "scenarios/matrix")
axes = ["--vary", "acks=1,all", "--vary", "min.insync.replicas=3", "--vary", "replication.factor=1,3"]
one = run("matrix", matrix, *axes, "--format", "csv", "--jobs", "1")
check("matrix", (one[0], len(one[1].splitlines())), (0, 1 + 4 * 8))
check("matrix and threads", run("matrix", matrix, *axes, "--format", "csv", "--jobs", "3"), one)
one = run("matrix", scenario, "--measure", "lag")
check("axes of a file that places its replicas", (one[0], one[1].split(",")[0]), (0, "9 cells"))
factor = run("matrix", f"{matrix}/leader-kill.json", "--measure", "lag")[1]
check("axes of one that does not", factor.split(",")[0], "27 cells")
check("one measure", ("Peak lag" in one[1], "latency" in one[1]), (True, False))
# Cells share seeds and faults: a setting that changes nothing changes no figure.
code, text, _ = run("matrix", matrix, "--vary", "topics.*.partitions=1", "--vary", "seed=7,7",
                    "--format", "csv")
check("equal cells", text.splitlines()[1:9], text.splitlines()[9:])
check("an axis of nothing", run("matrix", matrix, "--vary", "acks")[0], 2)
check("two axes of one name", run("matrix", matrix, "--vary", "acks=1", "--vary", "acks=all")[0], 2)
for values in ("17", "all,17"):
    code, text, complaints = run("matrix", matrix, "--vary", f"acks={values}")
    check(f"no cell can have one of {values}", (code, text, "no cell can have acks=17: " in complaints), (2, "", True))
code, text, _ = run("matrix", f"{matrix}/leader-kill.json", "--vary", "acks=1", "--set", "events_max=10000")
check("a matrix that may change", (code, "?: not settled, may change" in text), (3, True))

# Load that a blocked send() does not send is missing from every other figure.
blocked = run("run", f"{matrix}/leader-isolated.json", "--set", "acks=all", "--set", "buffer.memory=100000",
              "--set", "expect={}")
said = re.search(r"in send\(\) that found no memory, and so not sending, for (\d+)\.\d+ s", " ".join(blocked[1].split()))
check("send() that blocks", (blocked[0], said and 18 <= int(said[1]) <= 21), (0, True))

check("digest", run("digest", scenario, "--seeds", "1..4", "--jobs", "1"),
      run("digest", scenario, "--seeds", "1..4", "--jobs", "3"))
# A seed that draws where the replicas stand does so in a range of seeds, too.
drawn = ["--set", 'topics={"orders": {"placement": "random", "partitions": 3}}']
alone = [run("run", scenario, "--seed", str(seed), "--set", "expect={}", *drawn)[1].split("digest       ")[1][:16]
         for seed in range(1, 5)]
check("drawn placements", [line.split()[-1] for line in run(
    "digest", scenario, "--seeds", "1..4", "--set", "expect={}", *drawn)[1].splitlines()], alone)
code, text, _ = run("test", scenario, "--seeds", "4..5", "--set", "seed=5", *drawn, "--set",
                    'expect={"partitions": {"orders/0": {"log_end": {"b1": {"min": 0}}}}}')
check("a placement without the replica", (code, text.splitlines()[-1], "seed 4 places the" in text),
      (2, "1 passed, 1 refused of 2 cases", True))
# What is asked of one topic is measured, and dated, by its own records.
asked = {"topics": {"audit": {"lost": 0, "latency": {"max": "1s"}, "unavailable": {"writes": "1s"}},
                    "orders": {"lost": 1, "failed": {"min": 1}, "acked": {"max": 5000}}}}
text = run("test", root / "scenarios/two-topics-two-policies.json", "--set", f"expect={json.dumps(asked)}")[1]
check("what is asked of a topic", re.findall(r"topics\.(\S+): .*?, seen (\S+).*; (first at \S+ s|not by)", text),
      [("audit.lost", "3", "first at 42.04 s"), ("audit.unavailable.writes", "8.278388083", "first at 21 s"),
       ("audit.latency.max", "9.12575", "first at 29.127 s"), ("orders.lost", "0", "not by"),
       ("orders.failed", "0", "not by"), ("orders.acked", "30000", "first at 10.105 s")])
# A kill that most seeds draw after the end shows nothing on those.
with tempfile.TemporaryDirectory() as name:
    rare = pathlib.Path(name) / "rare.json"
    rare.write_text("""{"doc": "x", "cluster": {"brokers": 3, "racks": ["a", "b", "c"], "network": {"between_racks": "5ms"}},
        "topics": {"t": {"replication_factor": 3}}, "producers": [{"topic": "t", "rate": "1000/s", "config": {"acks": 1}}],
        "faults": [{"chance": {"mean": "20m", "until": "50s", "times": 1}, "kill": "leader(t/0)", "for": "5s"}],
        "expect": {"lost": {"max": 0, "share": "80%"}}}""")
    text = run("test", rare, "--seeds", "1..40")[1]
    seen = re.search(r"lost on 0 of (\d+) seeds: expected on at least 80%", text)
    check("a share of what was exposed", seen and f", {40 - int(seen[1])} vacuous" in text, True)
code, text, _ = run("run", scenario, "--check-determinism")
check("determinism", (code, text.splitlines()[-1]),
      (0, "deterministic: run again, every event and byte was the same"))
with tempfile.TemporaryDirectory() as name:
    endless = pathlib.Path(name) / "endless.json"
    endless.write_text('{"doc": "x", "duration": "30d", "cluster": {"brokers": 1}, "topics": {"t": {}}}')
    report = pathlib.Path(name) / "report.json"
    with subprocess.Popen([program, "run", str(endless), "--trace", "--json", str(report)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.readline()  # it has begun
        child.send_signal(signal.SIGINT)
        text, complaints = child.communicate()
    check("interrupted", (child.returncode, "UNKNOWN" in text, "endless.json: interrupted at" in complaints,
                          os.listdir(name)), (130, False, True, ["endless.json"]))
    with subprocess.Popen([program, "swarm", "--seeds", "1..1000000"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as child:
        time.sleep(1)
        child.send_signal(signal.SIGINT)
        text, complaints = child.communicate()
    said = re.search(r"interrupted after (\d+) of 1000000 seeds", complaints)
    check("an interrupted swarm", (child.returncode, said and f"{said[1]} seeds, 0 failed" in text), (130, True))
    text = run("list", scenario)[1]
    check("a single one's doc", ("10 ms apart, a follower lacks all" in " ".join(text.split()), text.splitlines()[-1]),
          (True, "cases: A03 N18"))

for words in (["run", scenario], ["test", scenario], ["digest", scenario], ["validate", scenario], ["config"],
              ["schema", "report"], ["swarm", "--seeds", "1"], ["list", str(root / "scenarios")],
              ["matrix", scenario, "--vary", "acks=1"]):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    check(f"{words[0]} to a full disk", (done.returncode, "No space left" in done.stderr), (2, True))
check("a key of a later version", run("config", "--kafka", "0.10", "enable.idempotence")[::2],
      (2, 'ackident: Kafka 0.10 has no key "enable.idempotence"\n'))

# Whatever a scenario may say under "behaviour" has its line, and its values there are those of the line.
_, text, _ = run("config", "--kafka", "2.8")
lines = {line.split()[0]: line for line in text.partition("\nBEHAVIOUR")[2].splitlines()[1:]}
schema = json.loads(run("schema", "scenario")[1])["properties"]["behaviour"]["properties"]
check("behaviours of the config", sorted(lines), sorted(schema))
for name, values in [(name, values["enum"]) for name, values in schema.items() if "enum" in values]:
    told = [word.split(" from ")[0] for word in lines[name].rpartition(": ")[2].split(", ")]
    check(f"values of {name}", (told, lines[name].split()[1] in values), (values, True))
check("a rule of the config", run("config", "--kafka", "2.8", "partitioning")[1].splitlines()[1:3],
      ["  in 2.8: kip480", "  since 2.4"])

check("bad seeds", run("digest", scenario, "--seeds", "4..1")[0], 2)

print("\n".join(problems))
sys.exit(1 if problems else 0)
