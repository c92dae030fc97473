#!/usr/bin/env python3
"""What the documents show as output is what the program prints. A block stands below the line

    <!-- prints: ackident run scenarios/NAME.json -->

usage: check_readme.py ACKIDENT ROOT [--rewrite]
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys

DOCUMENTS = ("README.md", "scenarios/README.md", "reports/README.md", "tests/README.md")
BLOCK = re.compile(r"(<!-- prints: ackident (.*?) -->\n+```\n)(.*?)(```)", re.S)


def output(program, root, command):
    return subprocess.run([program, *shlex.split(command)], cwd=root, capture_output=True, text=True,
                          env={**os.environ, "COLUMNS": "100"}, check=False).stdout


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    count, problems = 0, []
    for name in DOCUMENTS:
        text = (root / name).read_text(encoding="utf-8")
        true = BLOCK.sub(lambda found: found[1] + output(program, root, found[2]) + found[4], text)
        count += len(BLOCK.findall(text))
        if true == text:
            continue
        if "--rewrite" in sys.argv:
            (root / name).write_text(true, encoding="utf-8")
            continue
        shown = text.splitlines()
        problems += [f"{name} lacks: {line}" for line in true.splitlines() if line not in shown]
        problems.append("write it again: tests/scenario/check_readme.py ACKIDENT ROOT --rewrite")
    print("\n".join(problems))
    print(f"{count} blocks")
    return 1 if problems or count < 3 else 0


sys.exit(main())
