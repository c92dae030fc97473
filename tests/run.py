#!/usr/bin/env python3
"""Runs every test that Meson knows and ends with a plain line 'N passed, N failed'.

usage: run.py BUILD [meson test arguments]

A test program that counts its own cases (doctest) adds them; any other test counts as one.
"""
import json
import pathlib
import re
import subprocess
import sys


def cases_of(test):
    """(passed, failed) of one entry of Meson's test log."""
    summary = re.search(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed", test["stdout"] or "")
    if summary and (int(summary[1]) or int(summary[2])):
        passed, failed = int(summary[1]), int(summary[2])
        return passed, failed or int(test["result"] not in ("OK", "EXPECTEDFAIL"))
    return (1, 0) if test["result"] in ("OK", "EXPECTEDFAIL") else (0, 1)


def main():
    build = sys.argv[1]
    log = pathlib.Path(build, "meson-logs", "testlog.json")
    log.unlink(missing_ok=True)
    done = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs",
                           "--num-processes", "2", "--timeout-multiplier", "0", *sys.argv[2:]], check=False)
    passed = failed = 0
    if log.exists():
        for line in log.read_text().splitlines():
            test = json.loads(line)
            if test["result"] == "SKIP":
                continue
            ok, bad = cases_of(test)
            passed += ok
            failed += bad
    if done.returncode != 0 and failed == 0:
        failed = 1
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
