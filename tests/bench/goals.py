#!/usr/bin/env python3
"""Runs the benchmarks that are built and says which speed goals are met.

Usage: goals.py [build directory]   (a release build; default: build-rel)

Every ratio is a median of ratios of neighbouring runs in one process, taken by the benchmark
itself. Exit code: 0 every measured goal is met, 1 one is missed, 2 nothing could be measured.
"""

import json
import math
import os
import pathlib
import shutil
import subprocess
import sys

SCENARIOS = pathlib.Path(__file__).resolve().parent


def peak_mib(command):
    """Greatest memory of a process, by GNU time: one that is forked here counts Python's own."""
    timer = shutil.which("time")
    if timer is None:
        return math.inf
    out = subprocess.run([timer, "-f", "%M", *command], stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True, check=False)
    return int(out.stderr.split()[-1]) / 1024


def run_program(build):
    """CPU time in ms and greatest memory in MiB of whole runs of the program, start-up included."""
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
        results[name] = {"ms": sorted(used)[len(used) // 2], "mib": peak_mib(command)}
    return results


def run(directory, name):
    """The benchmark's results by name, or {} if it is not built."""
    program = directory / ("bench_" + name)
    if not program.exists():
        return {}
    out = subprocess.run([program, "--benchmark_format=json"], check=True, capture_output=True)
    results = {}
    for result in json.loads(out.stdout)["benchmarks"]:
        if result.get("error_occurred"):
            sys.exit(f"{name}: {result['name']}: {result['error_message']}")
        results[result["name"].removesuffix("/iterations:1")] = result
    return results


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def hold_ratio(kernel, sizes):
    return geometric_mean([kernel[f"hold/{n}/{kind}"]["ratio"] for n in sizes for kind in (0, 1)])


# (goal, what is compared, benchmark, its value, "at least" or "at most", must, stretch)
GOALS = [
    ("G1", "HOLD n = 100..10,000 vs priority_queue, times as fast", "kernel",
     lambda r: hold_ratio(r, (100, 1000, 10000)), ">=", 2.0, 2.7),
    ("G1b", "HOLD n = 10 vs priority_queue, times as fast", "kernel",
     lambda r: hold_ratio(r, (10,)), ">=", 1.2, 1.8),
    ("G1d", "HOLD n = 1,000,000 vs priority_queue, times as fast", "kernel",
     lambda r: hold_ratio(r, (1000000,)), ">=", 1.2, 3.0),
    ("G2", "RL3 sparse vs the hand-written limit, times its time", "rl3",
     lambda r: r["rl3/0"]["ratio"], "<=", 4.0, 2.0),
    ("G2d", "RL3 sparse, simulated over real time", "rl3",
     lambda r: r["rl3/0"]["speedup"], ">=", 28000, 55000),
    ("G6", "keyed draw, ns", "rng", lambda r: r["dice_bits"]["ns"], "<=", 2.5, 1.0),
    ("G6", "constant, uniform or exponential from bits, slowest, ns", "rng",
     lambda r: max(r[f"latency/{i}"]["ns"] for i in range(3)), "<=", 4.0, 2.0),
    ("G6", "log-normal from bits, ns", "rng", lambda r: r["latency/3"]["ns"], "<=", 4.0, 2.0),
    ("G7", "JSON trace vs nlohmann DOM + dump, times as fast", "trace",
     lambda r: r["json"]["ratio"], ">=", 25, 50),
    ("G7", "JSON trace, GB/s", "trace", lambda r: r["json"]["gb_s"], ">=", 1.0, 2.2),
    ("G7b", "RL3 sparse with binary trace vs without, times its time", "rl3",
     lambda r: r["rl3_traced"]["ratio"], "<=", 1.3, 1.15),
    ("G3", "the whole model vs RL3F per event, times its time", "model",
     lambda r: r["model"]["ratio"], "<=", 3.0, 1.8),
    ("G4", "fixed cost of a run, us", "model", lambda r: r["fixed_cost"]["us"], "<=", 20, 2),
    ("G4b", "two threads vs one, wall clock of an idle machine", "model",
     lambda r: r["sweep_threads"]["scaling"], ">=", 1.85, 1.95),
    ("G4c", "five-minute runs with two faults, per second and core", "model",
     lambda r: r["model"]["runs_per_s"], ">=", 60, 150),
    ("G7b", "the whole model with binary trace vs without", "model",
     lambda r: r["model_traced"]["ratio"], "<=", 1.3, 1.15),
    ("run", "five-minute run, ms of CPU from start to end", "program",
     lambda r: r["canonical"]["ms"], "<=", 30, 20),
    ("run", "the same, MiB", "program", lambda r: r["canonical"]["mib"], "<=", 16, 8),
    ("run", "empty scenario, ms of CPU from start to end", "program",
     lambda r: r["empty"]["ms"], "<=", 10, 5),
    ("run", "both reports over the run", "model", lambda r: r["report_share"]["ratio"],
     "<=", 0.2, 0.05),
    ("sweep", "10,000 seeds of half a minute on two cores, s", "model",
     lambda r: r["sweep_threads"]["seconds_10000"], "<=", 60, 30),
    ("scale", "100 brokers, 1,000 partitions, a minute: s of CPU", "program",
     lambda r: r["scale"]["ms"] / 1e3, "<=", 60, 10),
    ("scale", "the same, MiB", "program", lambda r: r["scale"]["mib"], "<=", 1024, 128),
    ("scale", "the same, per event, times that of three brokers", "model",
     lambda r: r["scale"]["ratio"], "<=", 2.0, 1.5),
]


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build-rel").resolve()
    directory = build / "tests" / "bench"
    results = {name: run(directory, name) for name in {goal[2] for goal in GOALS} - {"program"}}
    results["program"] = run_program(build)
    measured = missed = 0
    print(f"{'goal':6}{'measured':>10}  {'must':>9}  {'stretch':>9}  verdict    what")
    for name, what, benchmark, value_of, sense, must, stretch in GOALS:
        bounds = f"{sense} {must:>6g}  {sense} {stretch:>6g}"
        if not results[benchmark]:
            print(f"{name:6}{'-':>10}  {bounds}  not built  {what}")
            continue
        value = value_of(results[benchmark])
        meets = (lambda bound: value >= bound) if sense == ">=" else (lambda bound: value <= bound)
        verdict = "stretch" if meets(stretch) else "met" if meets(must) else "MISSED"
        measured += 1
        missed += verdict == "MISSED"
        print(f"{name:6}{value:10.2f}  {bounds}  {verdict:9}  {what}")
    return 2 if measured == 0 else 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
