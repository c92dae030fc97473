#!/usr/bin/env python3
"""Runs the benchmarks that are built and says which goals of speed and memory are met.

usage: goals.py [--runs N] [BUILD]     (a release build; default: build)

Every ratio is a median of ratios of neighbouring runs in one process, taken by the benchmark
itself. A run of this script goes through all benchmarks three times, short ones several times each,
and takes each from the process in which it needed the least time: what else the machine does only
adds. With several runs each is shown, and how far they are apart. Exit code: 0 every measured goal is met in every run, 1 one is
missed, 2 nothing could be measured.
"""

import argparse
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

SCENARIOS = pathlib.Path(__file__).resolve().parent
ROUNDS = 3
SECONDS = 10  # of each benchmark in a round, at least: one short process may be disturbed all along


def peak_mib(command):
    """Greatest memory of a process, by GNU time: one that is forked here counts Python's own."""
    timer = shutil.which("time")
    if timer is None:
        return math.inf
    out = subprocess.run([timer, "-f", "%M", *command], stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True, check=False)
    return int(out.stderr.split()[-1]) / 1024


def run_program(build):
    """A whole run of the program, start-up included: CPU time and greatest memory."""
    program = build / "sim" / "app" / "ackident"
    if not program.exists():
        return {}
    results = {}
    for name, times in (("canonical", 9), ("empty", 9), ("scale", 1)):
        command = [program, "run", SCENARIOS / f"{name}.json"]
        used = []
        for _ in range(times):
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode not in (0, 3):
                sys.exit(f"{name}.json: exit code {child.returncode}")
            used.append((usage.ru_utime + usage.ru_stime) * 1e3)
        ms = sorted(used)[len(used) // 6]  # the median of the quiet third
        results[name] = {"cpu_time": ms, "mib": peak_mib(command)}
    return results


def run(directory, name):
    """The benchmark's results by name, of each process; [{}] if it is not built."""
    program = directory / ("bench_" + name)
    if not program.exists():
        return [{}]
    processes = []
    end = time.monotonic() + SECONDS
    while not processes or time.monotonic() < end:
        processes.append(run_once(program))
    return processes


def run_once(program):
    out = subprocess.run([program, "--benchmark_format=json"], check=True, capture_output=True)
    results = {}
    for result in json.loads(out.stdout)["benchmarks"]:
        if result.get("error_occurred"):
            sys.exit(f"{program.name}: {result['name']}: {result['error_message']}")
        results[result["name"].removesuffix("/iterations:1")] = result
    return results


def quietest(processes):
    """Of several processes of a program each benchmark where it took the least CPU time."""
    return {name: min((results[name] for results in processes),
                      key=lambda result: result["cpu_time"])
            for name in processes[0]}


def instructions(command):
    """Instructions of a process, by callgrind: the same whatever else the machine does."""
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                          *map(str, command)], check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", out.stderr)[1])


def run_counts(build):
    """What is counted, not timed: instructions per event of RL3, allocations in steady state."""
    counts = {}
    program = build / "tests" / "bench" / "rl3_sparse"
    if program.exists() and shutil.which("valgrind"):
        # Two runs more, so that what comes before and after them does not count.
        events = int(subprocess.check_output([program, "1"]))
        more = instructions([program, "3"]) - instructions([program, "1"])
        counts["rl3_instructions"] = more / 2 / events
    program = build / "tests" / "alloc" / "alloc"
    if program.exists():
        out = subprocess.run([program], capture_output=True, text=True, check=False).stdout
        after = re.findall(r"(\d+) in \d+ events after it", out)
        counts["allocations"] = sum(map(int, after)) if after else math.inf
    return counts


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def hold_ratio(kernel, sizes):
    return geometric_mean([kernel[f"hold/{n}/{kind}"]["ratio"] for n in sizes for kind in (0, 1)])


# Its 50 MB do not fit the caches: whoever shares them has his part in the figure.
TOLERANCE = {"G1d": 0.25}
OTHERS_MOST = 0.1  # cores that other processes may use while two threads are measured

# (goal, what is compared, benchmark, its value, "at least" or "at most", must, stretch)
GOALS = [
    ("G1", "HOLD n = 100..10,000 vs priority_queue, times as fast", "kernel",
     lambda r: hold_ratio(r, (100, 1000, 10000)), ">=", 2.0, 2.7),
    ("G1b", "HOLD n = 10 vs priority_queue, times as fast", "kernel",
     lambda r: hold_ratio(r, (10,)), ">=", 1.2, 1.8),
    ("G1c", "HOLD n = 10..10,000 vs ns-3, times as fast", "ns3",
     lambda r: hold_ratio(r, (10, 100, 1000, 10000)), ">=", 3.0, 4.5),
    ("G1d", "HOLD n = 1,000,000 vs priority_queue, times as fast (give or take 25 %)", "kernel",
     lambda r: hold_ratio(r, (1000000,)), ">=", 1.2, 3.0),
    ("G2", "RL3 sparse vs the hand-written limit, times its time", "rl3",
     lambda r: r["rl3/0"]["ratio"], "<=", 4.0, 2.0),
    ("G2b", "RL3 sparse vs ns-3, times as fast", "ns3", lambda r: r["rl3"]["ratio"], ">=", 2.5, 5),
    ("G2c", "RL3 sparse vs SimGrid, times as fast", "simgrid",
     lambda r: r["rl3"]["ratio"], ">=", 40, 80),
    ("G2d", "RL3 sparse, simulated over real time", "rl3",
     lambda r: r["rl3/0"]["speedup"], ">=", 28000, 55000),
    ("G2e", "RL3 sparse, instructions per event", "counts",
     lambda r: r["rl3_instructions"], "<=", 600, 300),
    ("G3", "the whole model vs RL3F per event, times its time", "model",
     lambda r: r["model"]["ratio"], "<=", 3.0, 1.8),
    ("G4", "fixed cost of a run, us", "mc", lambda r: r["start_up"]["us"], "<=", 20, 2),
    ("G4b", "two threads vs one, wall clock of an idle machine", "mc",
     lambda r: r["sweep_model/1"]["scaling"], ">=", 1.85, 1.95),
    ("G4b", "the same by CPU time: as if the machine were idle", "mc",
     lambda r: r["sweep_model/1"]["scaling_cpu"], ">=", 1.85, 1.95),
    ("G4c", "five-minute runs with two faults, per second and core", "model",
     lambda r: r["model"]["runs_per_s"], ">=", 60, 150),
    ("G4d", "allocations of a warm run", "counts", lambda r: r["allocations"], "<=", 0, 0),
    ("G6", "keyed draw of an entity, ns", "rng", lambda r: r["stream_bits"]["ns"], "<=", 2.5, 1.0),
    ("G6", "latency from bits, slowest distribution, ns", "rng",
     lambda r: max(r[f"latency/{i}"]["ns"] for i in range(4)), "<=", 4.0, 2.0),
    ("G7", "JSON trace vs nlohmann DOM + dump, times as fast", "trace",
     lambda r: r["json"]["ratio"], ">=", 25, 50),
    ("G7", "JSON trace, GB/s", "trace", lambda r: r["json"]["gb_s"], ">=", 1.0, 2.2),
    ("G7b", "RL3 sparse with binary trace vs without, times its time", "rl3",
     lambda r: r["rl3_traced"]["ratio"], "<=", 1.3, 1.15),
    ("G7b", "the whole model with binary trace vs without", "model",
     lambda r: r["model_traced"]["ratio"], "<=", 1.3, 1.15),
    ("run", "five-minute run, ms of CPU from start to end", "program",
     lambda r: r["canonical"]["cpu_time"], "<=", 30, 20),
    ("run", "the same, MiB", "program", lambda r: r["canonical"]["mib"], "<=", 16, 8),
    ("run", "empty scenario, ms of CPU from start to end", "program",
     lambda r: r["empty"]["cpu_time"], "<=", 10, 5),
    ("run", "both reports over the run", "model", lambda r: r["report_share"]["ratio"],
     "<=", 0.2, 0.05),
    ("sweep", "10,000 seeds of half a minute on two cores, s", "mc",
     lambda r: r["sweep_model/1"]["seconds_10000"], "<=", 60, 30),
    ("scale", "100 brokers, 1,000 partitions, a minute: s of CPU", "program",
     lambda r: r["scale"]["cpu_time"] / 1e3, "<=", 60, 10),
    ("scale", "the same, MiB", "program", lambda r: r["scale"]["mib"], "<=", 1024, 128),
    ("scale", "the same, per event, times that of three brokers", "model",
     lambda r: r["scale"]["ratio"], "<=", 2.0, 1.5),
]


def measure(build):
    """A value for each goal; None where it cannot be measured here."""
    directory = build / "tests" / "bench"
    names = sorted({goal[2] for goal in GOALS} - {"program", "counts"})
    rounds = [{name: run(directory, name) for name in names} | {"program": [run_program(build)]}
              for _ in range(ROUNDS)]
    results = {name: quietest([results for each in rounds for results in each[name]])
               for name in rounds[0]}
    results["counts"] = run_counts(build)
    values = []
    for _, _, benchmark, value_of, *_ in GOALS:
        try:
            values.append(value_of(results[benchmark]))
        except KeyError:
            values.append(None)
    others = results["mc"].get("sweep_model/1", {}).get("others", 0)
    return values, others


def verdict_of(name, values, sense, must, stretch):
    tolerance = TOLERANCE.get(name, 0)

    def all_meet(bound):
        if sense == ">=":
            return min(values) >= bound * (1 - tolerance)
        return max(values) <= bound * (1 + tolerance)
    return "stretch" if all_meet(stretch) else "met" if all_meet(must) else "MISSED"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("build", nargs="?", default="build")
    given = parser.parse_args()
    build = pathlib.Path(given.build).resolve()
    runs = [measure(build) for _ in range(given.runs)]
    measured = missed = 0
    head = "".join(f"{'measured':>11}" for _ in runs) + (f"{'apart':>8}" if len(runs) > 1 else "")
    print(f"{'goal':6}{head}  {'must':>9}  {'stretch':>9}  verdict    what")
    for i, (name, what, _, _, sense, must, stretch) in enumerate(GOALS):
        values = [run_values[i] for run_values, _ in runs]
        bounds = f"{sense} {must:>6g}  {sense} {stretch:>6g}"
        if None in values:
            print(f"{name:6}{'-' * 8:>11}  {bounds}  not here   {what}")
            continue
        shown = "".join(f"{value:11.2f}" for value in values)
        if len(runs) > 1:
            apart = max(values) / min(values) - 1 if min(values) > 0 else 0
            shown += f"{100 * apart:6.1f} %"
        verdict = verdict_of(name, values, sense, must, stretch)
        if what.endswith("wall clock of an idle machine") and max(others for _, others in runs) > OTHERS_MOST:
            verdict = "not idle"
        measured += 1
        missed += verdict == "MISSED"
        print(f"{name:6}{shown}  {bounds}  {verdict:9}  {what}")
    return 2 if measured == 0 else 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
