#!/usr/bin/env python3
"""The same scenario, seed and version give the same digest, whoever compiled the program.

usage: digests.py [--seeds A..B] [--scenarios FILE ...] BUILD [BUILD ...]

Prints each build's digests folded into one; exit 1 and the first difference if two builds differ.
With one build, runs twice and compares. Each build must hold sim/app/ackident.
"""
import argparse
import pathlib
import subprocess
import sys


def digests(build, scenarios, seeds):
    done = subprocess.run([f"{build}/sim/app/ackident", "digest", "--seeds", seeds, *scenarios],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{build}: exit {done.returncode}\n{done.stderr}")
    return done.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="0..199")
    parser.add_argument("--scenarios", nargs="*")
    parser.add_argument("builds", nargs="+")
    given = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    scenarios = given.scenarios or [str(root / "scenarios/acks1-leader-kill.json"),
                                    str(root / "scenarios/acksall-leader-kill.json")]
    builds = given.builds if len(given.builds) > 1 else given.builds * 2
    first = digests(builds[0], scenarios, given.seeds)
    if not first:
        sys.exit("no digests")
    for build in builds[1:]:
        for a, b in zip(first, digests(build, scenarios, given.seeds), strict=True):
            if a != b:
                print(f"{builds[0]}: {a}\n{build}: {b}")
                return 1
    print(f"{len(first)} digests equal in {', '.join(builds)}")
    return 0


sys.exit(main())
