#!/usr/bin/env python3
"""Relations that must hold between runs, whatever a run's result is: a scenario said in other words
has the same digest, a seed gives the same run alone and in a range, faults may stand in any order, a
longer run begins like a shorter one, and the figures of a report add up, and are those of the other
commands; what a setting may change, and how it is said, is in settings.py. Each is tried on the
library and on drawn scenarios, and each is broken on purpose, too: what no comparison would notice is
no relation.

usage: metamorphic_test.py ACKIDENT ROOT
"""
import copy
import csv
import json
import pathlib
import random
import re
import sys
import tempfile

sys.dont_write_bytecode = True  # the sources stay as they are
import relations  # noqa: E402
import settings  # noqa: E402
from scenarios import Program, duration, nanoseconds, read  # noqa: E402

SEEDS = range(11, 14)
failures = []
passed = 0


def check(name, problems):
    global passed
    if problems:
        failures.append(name)
        print(f"{name}: {len(problems)} problems, the first: {problems[0]}")
    else:
        passed += 1


def by_digest(program, inputs, digests, relation):
    draw = random.Random(relation.name)
    changed = {stem: relation.same(copy.deepcopy(scenario), draw)
               for stem, scenario in inputs.items()}
    changed = {stem: scenario for stem, scenario in changed.items() if scenario}
    seen, refusal = program.digests(program.write(relation.name, changed))
    check(relation.name, [refusal] if len(seen) < len(changed) else
          [f"{stem}: {digests[stem]} became {seen[stem]}" for stem in changed
           if seen[stem] != digests[stem]] or ([] if changed else ["no scenario has it"]))
    broken = {stem: relation.other(copy.deepcopy(scenario), draw)
              for stem, scenario in changed.items()}
    # Some are too small to be broken (of one partition none can be left out).
    broken = dict([(stem, scenario) for stem, scenario in broken.items()
                   if json.dumps(scenario) != json.dumps(changed[stem])][::8])
    seen, _ = program.digests(program.write(f"not {relation.name}", broken))
    noticed = len(seen) < len(broken) or any(seen[stem] != digests[stem] for stem in broken)
    check(f"not {relation.name}", [] if noticed else ["nobody notices"])


def a_seed_alone_and_in_a_range(program, folder, inputs):
    """The threads of a range keep memory from run to run; each alone begins with nothing."""
    text = f"{SEEDS[0]}..{SEEDS[-1]}"
    together, _ = program.digests(folder, "--seeds", text, "--jobs", 1)
    apart = {}
    for seed in SEEDS:
        seen, _ = program.digests(folder, "--set", f"seed={seed}")
        apart.update({(stem, seed): digest for stem, digest in seen.items()})
    check("a seed alone and in a range", [f"{key}: {together.get(key)}, alone {apart[key]}"
                                          for key in apart if together.get(key) != apart[key]])
    check("not a seed alone and in a range", [] if any(
        together[stem, SEEDS[0]] != apart[stem, SEEDS[1]] for stem in inputs) else ["all are equal"])


# ---- relations between reports ----

ABOUT_THE_WHOLE = ("digest", "events", "event", "line", "pointer", "expectations", "verdict",
                   "warnings", "metrics", "scenario")


def figures(value, without=ABOUT_THE_WHOLE):
    if isinstance(value, dict):
        return {key: figures(inner, without) for key, inner in value.items() if key not in without}
    return [figures(inner, without) for inner in value] if isinstance(value, list) else value


def has_order(scenario):
    """Is it told by its times alone which fault comes first, and does no die know a fault's place?"""
    faults = scenario.get("faults", [])
    times = [nanoseconds(fault["at"]) for fault in faults if "at" in fault and "every" not in fault]
    return (len(faults) == len(times) == len(set(times)) > 1 and not scenario.get("shuffle_ties") and
            "random-broker" not in str(faults))


def faults_in_any_order(program, inputs):
    inputs = {stem: {**scenario, "expect": {}} for stem, scenario in inputs.items()
              if has_order(scenario)}
    turned = {stem: {**scenario, "faults": scenario["faults"][::-1]}
              for stem, scenario in inputs.items()}
    before = program.reports(program.write("in order", inputs))
    after = program.reports(program.write("turned", turned))
    for report in after.values():
        report["faults"].reverse()
    check("faults in any order", [stem for stem in inputs
                                  if figures(before[stem]) != figures(after[stem])])
    for report in after.values():
        report["faults"].reverse()
    check("not faults in any order", [] if any(
        figures(before[stem]) != figures(after[stem]) for stem in inputs) else ["nobody notices"])


def begun(report, until):
    """What the report tells of the time before, but for the point at the run's end."""
    return [[point for point in partition["timeline"][:-1] if point["at_ns"] < until]
            for partition in report["partitions"]]


def a_longer_run_begins_alike(program, inputs):
    # With shuffled ties each event has its die, those of the rest too.
    inputs = {stem: scenario for stem, scenario in inputs.items()
              if not scenario.get("shuffle_ties")}
    ends = {stem: duration(scenario) for stem, scenario in inputs.items()}
    def lasting(scenario, half_times, seed_more):
        end = duration(scenario)
        producers = [{"stop": f"{end}ns", **producer} for producer in scenario.get("producers", [])]
        return {**scenario, "settle": False, "expect": {}, "producers": producers,
                "duration": f"{end * half_times // 2}ns", "seed": scenario["seed"] + seed_more}
    runs = [program.reports(program.write(name, {
        stem: lasting(scenario, half_times, seed_more) for stem, scenario in inputs.items()}))
            for name, half_times, seed_more in (("shorter", 2, 0), ("longer", 3, 0), ("else", 3, 1))]
    def differ(stem, other):
        points = [begun(run[stem], ends[stem]) for run in (runs[0], runs[other])]
        return any(long[:len(short)] != short for short, long in zip(*points))
    check("a longer run begins alike", [stem for stem in inputs if differ(stem, 1)])
    check("not a longer run begins alike",
          [] if any(differ(stem, 2) for stem in inputs) else ["nobody notices"])


def sums(report):
    """(what, one figure, the other) of figures that say the same."""
    totals = report["totals"]
    yield "sent", totals["sent"], totals["acked"] + totals["failed"] + totals["unknown"]
    for key, value in totals.items():
        yield f"{key} of producers", value, sum(p["totals"][key] for p in report["producers"])
    for key in ("lost", "stranded"):
        yield f"{key} of partitions", totals[key], sum(p[key] for p in report["partitions"])
    yield "lost, listed", totals["lost"], len(report["lost"]) + report["lost_omitted"]
    yield "retries", sum(p["retries"] for p in report["producers"]), report["fact_counts"].get(
        "Retried", 0)
    yield "faults fired", sum(fault["fired"] for fault in report["faults"]), report[
        "fact_counts"].get("FaultFired", 0)
    for producer in report["producers"]:
        yield "latencies", producer["latency"]["count"], producer["totals"]["acked"]
        yield "failed by error", producer["totals"]["failed"], sum(
            error["failed_records"] for error in producer["errors"])
    for partition in report["partitions"]:
        if not partition["timeline_truncated"]:
            for key in ("no_writes", "no_reads"):
                yield key, partition[f"{key}_total_ns"], sum(
                    window["to_ns"] - window["from_ns"] for window in partition[key])
    for group in report["groups"]:
        yield "lag at the end", group["series"][-1]["lag"], sum(
            partition["lag_end"] for partition in group["partitions"])
    final = [partition["timeline"][-1] for partition in report["partitions"]]
    if all(point["leader"] for point in final):
        stored = sum(point["log_ends"][partition["replicas"].index(point["leader"])]
                     for point, partition in zip(final, report["partitions"]))
        known = (totals["acked"] - totals["lost"] - totals["under_way"] + totals["failed_but_present"] +
                 totals["duplicated"])
        yield "records in the logs", stored, min(max(stored, known), known + totals["unknown"])


def figures_agree(program, inputs):
    folder = program.write("agreeing", inputs)
    reports = program.reports(folder)
    check("the figures of a report add up", [
        f"{stem}: {what}: {one} and {other}" for stem, report in reports.items()
        for what, one, other in sums(report) if one != other])
    report = copy.deepcopy(next(iter(reports.values())))
    report["producers"][0]["totals"]["acked"] += 1
    check("not the figures of a report add up",
          [] if any(one != other for _, one, other in sums(report)) else ["nobody notices"])
    problems = []
    rows = csv.DictReader(program.run("matrix", folder, "--vary", "topics.*.config={}", "--set",
                                      "events_max=2000000000", "--format", "csv").stdout.splitlines())
    plain = program.reports(folder, "--set", "topics.*.config={}", "--set", "expect={}")
    for row in rows:
        report = plain[row["scenario"]]
        wanted = {"lost_worst": report["totals"]["lost"],
                  "stranded_worst": report["totals"]["stranded"],
                  "no_writes_ns_worst": max(p["no_writes_total_ns"] for p in report["partitions"]),
                  "lag_peak_worst": max((g["lag_peak"] for g in report["groups"]), default="")}
        problems += [f"{row['scenario']}: {key} {row[key]}, in the report {value}"
                     for key, value in wanted.items() if row[key] != str(value)]
    for stem, report in list(reports.items())[::10]:
        text = program.run("run", folder / f"{stem}.json").stdout
        traced = program.run("run", folder / f"{stem}.json", "--trace").stdout
        wanted = [report["totals"][key] for key in ("sent", "acked", "lost", "stranded", "failed")]
        line = re.search(r"^records .*", text, re.M)[0]
        if [int(number) for number in re.findall(r"\d+", line)][:5] != wanted:
            problems.append(f"{stem}: {line}, in the report {wanted}")
        if not traced.endswith(text) or report["identity"]["digest"] not in text:
            problems.append(f"{stem}: --trace shows another run")
    check("matrix, summary, strip chart and report agree", problems)


def a_third(inputs, number):
    return dict(list(inputs.items())[number % 3::3])


def main():
    root = pathlib.Path(sys.argv[2])
    files = [path for folder in ("scenarios", "scenarios/matrix", "tests/found")
             for path in sorted((root / folder).glob("*.json")) if ".schema." not in path.name]
    with tempfile.TemporaryDirectory() as name:
        program = Program(sys.argv[1], name)
        relations.kafka.update({version: program.config(version) for version in relations.VERSIONS})
        drawn = program.drawn()
        inputs = {**{path.stem: read(path) for path in files}, **drawn}
        folder = program.write("all", inputs)
        digests, _ = program.digests(folder)
        for number, relation in enumerate(relations.RELATIONS):
            by_digest(program, a_third(inputs, number), digests, relation)
        half = dict(list(drawn.items())[::2])
        a_seed_alone_and_in_a_range(program, program.write("half", half), half)
        faults_in_any_order(program, a_third(inputs, 0))
        a_longer_run_begins_alike(program, a_third(drawn, 1))
        figures_agree(program, a_third(inputs, 2))
        everything = {"everything": read(root / "tests/good/everything.json")}
        library = a_third({path.stem: read(path) for path in files}, 0)
        for name, problems in settings.relations_of(program, half, {**inputs, **everything},
                                                    library):
            check(name, problems)
    print(f"{len(inputs)} scenarios")
    print(f"test cases: {passed + len(failures)} | {passed} passed | {len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
