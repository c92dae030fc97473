#!/usr/bin/env python3
"""Runs every scenario of a folder through the program and expects exit 0 of each.

usage: run_all.py ACKIDENT FOLDER

The last line counts them as doctest does, so that tests/run.py adds every scenario.
"""
import concurrent.futures
import pathlib
import subprocess
import sys


def run(program, scenario):
    return scenario, subprocess.run([program, "run", scenario], capture_output=True, text=True,
                                    check=False)


def main():
    program, folder = sys.argv[1:]
    scenarios = [str(path) for path in sorted(pathlib.Path(folder).rglob("*.json"))
                 if not path.name.endswith(".schema.json")]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for scenario, done in pool.map(lambda name: run(program, name), scenarios):
            if done.returncode != 0:
                failed += 1
                print(f"{scenario}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"test cases: {len(scenarios)} | {len(scenarios) - failed} passed | {failed} failed")
    return 1 if failed or not scenarios else 0


sys.exit(main())
