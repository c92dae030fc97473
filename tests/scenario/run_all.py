#!/usr/bin/env python3
"""Every scenario of a folder holds what it expects, and two threads print what one does.

usage: run_all.py ACKIDENT FOLDER

The last line counts them as doctest does, so that tests/run.py adds every scenario.
"""
import json
import subprocess
import sys


def test(program, folder, jobs):
    done = subprocess.run([program, "test", folder, "--format", "json", "--jobs", str(jobs)],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def main():
    program, folder = sys.argv[1:]
    code, text, complaints = test(program, folder, 2)
    cases = json.loads(text)["cases"] if text else []
    failed = [case for case in cases if case["outcome"] != "PASS"]
    for case in failed:
        print(case["outcome"], case["file"])
        for problem in case["problems"]:
            print(f"    {problem.get('line', '-')}: {problem['what']}")
    print(complaints, end="")
    same = test(program, folder, 1) == (code, text, complaints)
    if not same:
        print("one thread and two print different things")
    print(f"test cases: {len(cases)} | {len(cases) - len(failed)} passed | {len(failed)} failed")
    return 0 if cases and not failed and same and code == 0 else 1


sys.exit(main())
