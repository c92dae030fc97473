#!/usr/bin/env python3
"""Every command that the documents show runs: none is refused, and none meets a bug.

usage: check_commands.py ACKIDENT ROOT
"""
import pathlib
import re
import shlex
import subprocess
import sys

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
PLACEHOLDERS = ("NAME", "FILE", "PATH", "my.json", "report.json")
HELD, FAILED, UNDECIDED = 0, 1, 3  # a question with --set may well have another answer


def commands(text):
    """`./dev run ...`, in a line of text, in a table or in a block; ./dev test builds, and is CI's."""
    for found in re.findall(r"\./dev ((?:run|ackident) [^`\n]+)", text):
        words = shlex.split(found, comments=True)
        yield words[1:] if words[0] == "ackident" else words


def narrowed(words):
    """The whole library and the whole matrix are run by other tests: here a part of them will do."""
    if words[0] == "test":
        return words + ["--filter", "q1"]
    if words[0] == "matrix":
        return ["scenarios/matrix/leader-kill.json" if word == "scenarios/matrix" else word for word in words]
    return words


problems, count = [], 0
for document in ("README.md", "scenarios/README.md", "reports/README.md", "tests/README.md"):
    for words in commands((root / document).read_text(encoding="utf-8")):
        if any(mark in word for word in words for mark in PLACEHOLDERS):
            continue
        done = subprocess.run([program, *narrowed(words)], cwd=root, capture_output=True, text=True, check=False)
        count += 1
        if done.returncode not in (HELD, FAILED, UNDECIDED):
            problems.append(f"{document}: {shlex.join(words)}: exit {done.returncode}: {done.stderr}")
# The example of the format is a scenario that holds what it expects.
example = re.search(r"```json\n(.*?)```", (root / "scenarios/README.md").read_text(encoding="utf-8"), re.S)
done = subprocess.run([program, "run", "-"], input=example[1], capture_output=True, text=True, check=False)
if done.returncode != HELD:
    problems.append(f"scenarios/README.md: the example: exit {done.returncode}: {done.stdout}{done.stderr}")
print("\n".join(problems))
print(f"{count} commands")
sys.exit(1 if problems or count < 20 else 0)
