"""Relations between a run and the same with another setting, between a setting on the command line
and one in the file, and between the formats in which `ackident test` tells one result. Each function
yields a name and what is wrong with it.
"""
import copy
import csv
import json
import re
from collections import Counter
from xml.etree import ElementTree

import relations
from relations import VERSIONS, version

FREE_TEXT = ("note", "name", "$schema")

# ---- relations between settings ----

SAFE_FROM = VERSIONS.index("2.7")  # before it, truncation itself may lose what was committed (R9.4)


def without_losers(value):
    """A scenario in which no replica forgets what it has, and none leads that lacks something."""
    if isinstance(value, list):
        return [without_losers(inner) for inner in value
                if not (isinstance(inner, dict) and {"power_loss", "disk_wipe"} & set(inner))]
    if not isinstance(value, dict):
        return value
    return {key: False if key == "unclean.leader.election.enable" else
            "preferred" if (key, inner) == ("kind", "unclean") else without_losers(inner)
            for key, inner in value.items()}


def copies_only_for_the_unlucky(program, drawn):
    """min.insync.replicas and the number of replicas decide how many may forget. Where none does,
    acks=all loses nothing with any of them. More cannot be said: which records a power failure finds
    newest is a matter of timing, and a higher setting may lose more (min-isr-3-loses-more.json)."""
    inputs = {stem: without_losers({**scenario, "expect": {}}) for stem, scenario in drawn.items()
              if VERSIONS.index(version(scenario)) >= SAFE_FROM}
    folder = program.write("safe", inputs)
    def lost(acks):
        done = program.run("matrix", folder, "--vary", "min.insync.replicas=1,2,3", "--vary",
                           "replication.factor=1,2,3", "--set", f"acks={acks}", "--set",
                           "producers.*.config.enable.idempotence=false", "--format", "csv")
        rows = [row for row in csv.DictReader(done.stdout.splitlines()) if row["lost_worst"]]
        return {" ".join(list(row.values())[:3]): int(row["lost_worst"]) for row in rows}
    safe = lost("all")
    yield ("acks=all loses nothing where nobody forgets", [
        f"{cell}: {records} lost" for cell, records in safe.items() if records > 0] +
          ([] if len(safe) >= 9 * len(inputs) // 2 else ["most cells are missing"]))
    yield ("not acks=all loses nothing where nobody forgets",
          [] if any(lost(1).values()) else ["nobody notices"])


def min_isr_is_nothing_to_acks_1(program, drawn):
    """Up to 3.6; then it holds back the high watermark, and who may join an ISR with it (R3.20)."""
    old = {stem: {**scenario, "expect": {}} for stem, scenario in drawn.items()
           if VERSIONS.index(version(scenario)) < VERSIONS.index("3.7")
           and "min.insync.replicas" not in str(scenario["faults"])}
    folder = program.write("old", old)
    def outcomes(acks, least):
        return {stem: {key: report[key] for key in ("totals", "producers", "lost")}
                for stem, report in program.reports(
                    folder, "--set", f"acks={acks}", "--set", f"min.insync.replicas={least}",
                    "--set", "producers.*.config.enable.idempotence=false").items()}
    one = outcomes(1, 1)
    three = outcomes(1, 3)
    yield ("min.insync.replicas is nothing to acks=1", [stem for stem in old
                                                       if one[stem] != three[stem]])
    yield ("not min.insync.replicas is nothing to acks=1",
          [] if outcomes("all", 1) != outcomes("all", 3) else ["nobody notices"])


# ---- a value on the command line is one in the file ----

def leaves(value, path=()):
    """(path, value) of all that is no object and no list of such."""
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for i, inner in enumerate(value) for leaf in leaves(inner, (*path, i))]
    return [(path, value)]


def put(value, path, leaf):
    if not path:
        return leaf
    changed = copy.copy(value)
    changed[path[0]] = put(value[path[0]], path[1:], leaf)
    return changed


def spoilt(value):
    """Something else of the same kind: a number for what was a text stays a text (sim/scenario)."""
    return "?" if isinstance(value, (str, bool, type(None), list, dict)) else -7


def shape(path):
    """The same for each topic, broker, fault and so on."""
    words = [str(word) for word in path]
    if words[0] == "topics":
        words[1] = "*"
    return re.sub(r"\b\d+\b", "*", "/".join(words))


def examples(inputs):
    """Of each place that a scenario can have: the newest version's first scenario with it."""
    found = {}
    for stem, scenario in sorted(inputs.items(), key=lambda item: -VERSIONS.index(
            version(item[1]))):
        for path, value in leaves(scenario):
            if path[0] not in ("doc", "expect", "cases"):
                found.setdefault(shape(path), (stem, path, value))
    return found


def overrides_are_edits(program, inputs):
    edited, settings = {}, {}
    for place, (stem, path, value) in examples(inputs).items():
        name = f"{len(edited)} {stem}"
        edited[name] = put(inputs[stem], path, spoilt(value))
        pointer = "/" + "/".join(str(word).replace("~", "~0").replace("/", "~1") for word in path)
        dotted = ".".join(map(str, path))
        text = value if isinstance(value, str) else json.dumps(value)
        settings[name] = (place, inputs[stem], [f"{pointer}={text}", f"{dotted}={text}"])
    folder = program.write("edited", edited)
    whole_of = {name: scenario for name, (_, scenario, _) in settings.items()}
    whole = program.write("whole", whole_of)
    def outcome(target, *words):
        done = program.run("digest", target, *words)
        return done.stdout.rsplit(" ", 1)[-1].strip() or f"refused: {done.stderr[:200]}"
    problems, indifferent = [], []
    for name, (place, _, both) in settings.items():
        wanted = outcome(whole / f"{name}.json")
        problems += [f"{place}: --set {setting}: {seen}, by the file {wanted}"
                     for setting in both
                     if (seen := outcome(folder / f"{name}.json", "--set", setting)) != wanted]
        key = place.rsplit("/", 1)[-1]
        if key not in FREE_TEXT and outcome(folder / f"{name}.json") == wanted:
            indifferent.append((key, version(whole_of[name])))
    yield ("a value set is a value in the file", problems)
    # Of a key that the version has not, or the model, any value will do.
    yield ("not a value set is a value in the file",
          [key for key, name in indifferent
           if "." not in key or key in [known for known, _, _ in relations.kafka[name][0]]] +
          ([] if len(settings) > 180 else [f"only {len(settings)} places"]))


PLACES = {"topic": "topics.orders.config", "cluster": "cluster.config",
          "broker": "cluster.brokers.0.config", "controller": "cluster.controller.config",
          "producer": "producers.0.config", "consumer": "consumers.0.config"}


def every_key_of_kafka_can_be_set(program):
    """In each of its places, where the file says nothing of it; what it may not be is refused."""
    base = {"doc": "Nothing is said.", "cluster": {"brokers": [{"id": 1}]},
            "topics": {"orders": {}}, "producers": [{"topic": "orders"}],
            "consumers": [{"group": "g", "topic": "orders"}]}
    file = program.write("plain", {"plain": base}) / "plain.json"
    problems, unnoticed = [], []
    for key, default, places in relations.kafka["3.9"][0]:
        for path in [f"{PLACES[place]}.{key}" for place in places] + [key] * (
                places not in (["broker"], ["controller"])):
            done = program.run("validate", file, "--set", f"{path}={default}")
            problems += [f"{path}: {done.stderr}"] if done.returncode or done.stderr else []
            done = program.run("validate", file, "--set", f"{path}=?")
            if done.returncode != 2 or key not in done.stderr:
                unnoticed.append(f"{path}: {done.stderr}")
    yield ("every key of Kafka can be set", problems)
    yield ("not every key of Kafka can be set", unnoticed)


# ---- one tally in three formats ----

def tallies(program, *words):
    """By format: how many cases came out how, by the sum that is printed and by counting."""
    text = program.run("test", *words).stdout.splitlines()
    told = json.loads(program.run("test", *words, "--format", "json").stdout)
    suites = ElementTree.fromstring(program.run("test", *words, "--format", "junit").stdout)
    names = {"passed": "PASS", "failed": "FAIL"}
    said = {names.get(word, word.upper()): int(number)
            for number, word in re.findall(r"(\d+) (\w+)(?=,| of)", text[-1])}
    yield "text, last line", said
    yield "text, lines", Counter(line.split()[0] for line in text[:-1] if not line.startswith(" "))
    yield "json, tally", {name: number for name, number in told["tally"].items() if number}
    yield "json, cases", Counter(case["outcome"] for case in told["cases"])
    cases = list(suites.iter("testcase"))
    yield "junit, cases", Counter(case[0].get("type") if len(case) else "PASS" for case in cases)
    def three(node):
        return {key: int(node.get(key)) for key in ("tests", "failures", "errors")}
    total = Counter()
    for suite in suites:
        total.update(three(suite))
        inside = {"tests": len(suite), "failures": len(suite.findall("*/failure")),
                  "errors": len(suite.findall("*/error"))}
        if inside != three(suite):
            yield f"junit, {suite.get('name')}", inside
    if total != Counter(three(suites)):
        yield "junit, sum of suites", total
    passed_of_all = said.get("PASS", 0)
    yield "junit, all", said if three(suites) == {
        "tests": sum(said.values()), "failures": said.get("FAIL", 0),
        "errors": sum(said.values()) - passed_of_all - said.get("FAIL", 0)} else three(suites)
    yield "text, number of cases", (said if int(re.search(r"of (\d+) case", text[-1])[1]) ==
                                    sum(said.values()) else text[-1])


def formats_agree(program, inputs):
    broken = {"doc": "No cluster."}
    vacuous = {"doc": "Never.", "cluster": {"brokers": 1}, "topics": {"t": {}},
               "faults": [{"at": "1s", "resume": "b1"}], "expect": {"lost": 0}}
    short = {**vacuous, "producers": [{"topic": "t"}], "events_max": 10, "faults": []}
    folder = program.write("mixed", {**inputs, "refused": broken, "vacuous": vacuous,
                                     "short": short})
    for words in ([], ["--seeds", "1..3", "--set", "kafka=2.8"], ["--filter", "a0"]):
        seen = list(tallies(program, folder, *words))
        yield (f"one tally in three formats {' '.join(words)}".strip(), [
            f"{name}: {dict(tally)}, but {seen[0][0]}: {seen[0][1]}" for name, tally in seen[1:]
            if tally != seen[0][1]])
    one, other = (list(tallies(program, folder, *words))[0][1] for words in (
        [], ["--set", "kafka=2.8"]))
    yield ("not one tally in three formats",
          [] if one != other and len(other) == 5 else [f"{one} and {other}"])


def relations_of(program, drawn, inputs, library):
    yield from copies_only_for_the_unlucky(program, drawn)
    yield from min_isr_is_nothing_to_acks_1(program, drawn)
    yield from overrides_are_edits(program, inputs)
    yield from every_key_of_kafka_can_be_set(program)
    yield from formats_agree(program, library)
