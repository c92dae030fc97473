#!/usr/bin/env python3
"""The screen of output in README.md is what its first command prints.

usage: check_readme.py ACKIDENT ROOT [--rewrite]
"""
import os
import pathlib
import re
import subprocess
import sys


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    readme = root / "README.md"
    text = readme.read_text()
    printed = subprocess.run([program, "run", "scenarios/acks1-leader-kill.json"], cwd=root,
                             env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True,
                             check=True).stdout
    shown = re.search(r"The first prints:\n\n```\n(.*?)```", text, re.S)
    if shown and shown[1] == printed:
        return 0
    if "--rewrite" in sys.argv:
        readme.write_text(text[:shown.start(1)] + printed + text[shown.end(1):])
        return 0
    print(f"README.md shows\n{shown[1] if shown else 'nothing'}\nthe program prints\n{printed}")
    return 1


sys.exit(main())
