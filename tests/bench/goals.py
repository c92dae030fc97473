#!/usr/bin/env python3
"""Runs the benchmarks that are built and says which speed goals are met.

Usage: goals.py [build directory]   (a release build; default: build-rel)

Every ratio is a median of ratios of neighbouring runs in one process, taken by the benchmark
itself. Exit code: 0 every measured goal is met, 1 one is missed, 2 nothing could be measured.
"""

import json
import math
import pathlib
import subprocess
import sys


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
    ("G6", "latency draw, slowest distribution, ns", "rng",
     lambda r: max(r[f"latency/{i}"]["ns"] for i in range(4)), "<=", 4.0, 2.0),
    ("G7", "JSON trace vs nlohmann DOM + dump, times as fast", "trace",
     lambda r: r["json"]["ratio"], ">=", 25, 50),
    ("G7", "JSON trace, GB/s", "trace", lambda r: r["json"]["gb_s"], ">=", 1.0, 2.2),
    ("G7b", "RL3 sparse with binary trace vs without, times its time", "rl3",
     lambda r: r["rl3_traced"]["ratio"], "<=", 1.3, 1.15),
]


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build-rel")
    directory = build / "tests" / "bench"
    results = {name: run(directory, name) for name in {goal[2] for goal in GOALS}}
    measured = missed = 0
    print(f"{'goal':5}{'measured':>10}  {'must':>9}  {'stretch':>9}  verdict    what")
    for name, what, benchmark, value_of, sense, must, stretch in GOALS:
        if not results[benchmark]:
            print(f"{name:5}{'-':>10}  {sense} {must:>6g}  {sense} {stretch:>6g}  not built  {what}")
            continue
        value = value_of(results[benchmark])
        meets = (lambda bound: value >= bound) if sense == ">=" else (lambda bound: value <= bound)
        verdict = "stretch" if meets(stretch) else "met" if meets(must) else "MISSED"
        measured += 1
        missed += verdict == "MISSED"
        print(f"{name:5}{value:10.2f}  {sense} {must:>6g}  {sense} {stretch:>6g}  {verdict:9}  {what}")
    return 2 if measured == 0 else 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
