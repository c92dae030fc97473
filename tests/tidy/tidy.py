#!/usr/bin/env python3
"""Style and layering as a test. Prints each fault as file:line: text; exit 1 if there is any.

usage: tidy.py ROOT

Checks: 100 columns, 400 lines a file, 70 lines a function, #pragma once, the floors of
tests/tidy/floors.toml, words that must not appear, every scenario has a doc and an expect, every
README has one title.
"""
import json
import pathlib
import re
import sys
import tomllib

COLUMNS = 100
FILE_LINES = 400
FUNCTION_LINES = 70

# word -> why; only below the floor given (app and drive may use threads and clocks)
BANNED = {
    r"\bstd::random_device\b": "chance comes from the chooser",
    r"\bstd::mt19937": "chance comes from the chooser",
    r"\bstd::(uniform|exponential|normal|lognormal)_\w*distribution\b": "differs between libraries",
    r"\bstd::shuffle\b": "differs between libraries",
    r"\bunordered_(map|set)\b": "iteration order differs",
    r"\bsystem_clock\b|\bsteady_clock\b|\bhigh_resolution_clock\b": "no wall clock in a simulation",
    r"\bco_(await|yield|return)\b": "a frame cannot be copied, compared or printed",
    r"\bstd::function\b": "not comparable, and it allocates",
    r"\bshared_ptr\b": "nodes are values",
    r"\bTODO\b|\bFIXME\b|\bXXX\b": "open an issue instead",
}
BELOW_FLOOR_6 = {r"\b(double|float)\b": "integers only below floor 6"}
# The report's structs carry means for people; nothing reads them back.
FLOAT_ALLOWED = {"oracle/result.h"}


def sources(root):
    for folder in ("sim", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc") and path.is_file():
                yield path


def strip_comment(line):
    line = re.sub(r"'(\\.|[^'\\])'", "''", line)  # characters: '{' opens nothing
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def check_lines(path, lines, floor, faults):
    relative = "/".join(path.parts[path.parts.index("sim") + 1:]) if "sim" in path.parts else ""
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            faults.append(f"{path}:{number}: {len(line)} columns, at most {COLUMNS}")
        if line != line.rstrip():
            faults.append(f"{path}:{number}: trailing space")
        code = strip_comment(line)
        if floor is None:
            continue
        for word, why in BANNED.items():
            if re.search(word, line if "TODO" in word else code):
                faults.append(f"{path}:{number}: '{word}' is not used here: {why}")
        if floor < 6 and relative not in FLOAT_ALLOWED:
            for word, why in BELOW_FLOOR_6.items():
                if re.search(word, code):
                    faults.append(f"{path}:{number}: {why}")


def check_functions(path, lines, faults):
    start, depth = None, 0
    for number, line in enumerate(lines, 1):
        code = strip_comment(line)
        opens_function = re.match(r"^[A-Za-z_].*\)( const)?( noexcept)?( override)? \{$", code)
        if start is None and opens_function and not code.startswith(("namespace", "struct", "class")):
            start, depth = number, 0
        if start is not None:
            depth += code.count("{") - code.count("}")
            if depth <= 0 and number > start or (depth == 0 and number == start):
                if number - start + 1 > FUNCTION_LINES:
                    faults.append(f"{path}:{start}: a function of {number - start + 1} lines")
                start = None


def check_includes(path, lines, sim, table, faults):
    here = path.relative_to(sim)
    floor = table["floors"].get(here.parts[0])
    if floor is None:
        faults.append(f"{path}:1: folder '{here.parts[0]}' has no floor in floors.toml")
        return
    room = here.parts[1] if here.parts[0] == "kafka" and len(here.parts) > 2 else None
    for number, line in enumerate(lines, 1):
        own = re.match(r'#include "([^"]+)"', line)
        if own:
            target = pathlib.PurePath(own[1])
            floor_there = table["floors"].get(target.parts[0])
            if floor_there is None:
                faults.append(f"{path}:{number}: include '{target}' from its folder on, as in sim/")
            elif floor_there > floor or target.parts[0] in table["never"].get(here.parts[0], []):
                faults.append(f"{path}:{number}: {here.parts[0]} may not include {target.parts[0]}")
            elif target.parts[0] == "kafka" and len(target.parts) > 2 and room:
                if target.parts[1] not in [room, *table["rooms"][room]]:
                    faults.append(f"{path}:{number}: kafka/{room} may not include {target}")
        other = re.match(r"#include <([^>]+)>", line)
        if other:
            for prefix, allowed in table["third_party"].items():
                if other[1].startswith(prefix) and not str(here).startswith(tuple(allowed)):
                    faults.append(f"{path}:{number}: <{prefix}…> is not included here")


def check_scenarios(root, faults):
    for path in sorted((root / "scenarios").rglob("*.json")):
        if path.name.endswith(".schema.json"):
            continue
        text = path.read_text()
        keys = [k for k in re.findall(r'^  "([^"]+)"\s*:', text, re.M) if k != "$schema"]
        if not keys or keys[0] != "doc":
            faults.append(f"{path}:1: 'doc' comes first")
        if not keys or keys[-1] != "expect":
            faults.append(f"{path}:1: 'expect' comes last")


def check_readmes(root, faults):
    for path in sorted(root.rglob("README.md")):
        if any(part.startswith((".", "build")) for part in path.relative_to(root).parts):
            continue
        text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
        titles = re.findall(r"^# ", text, re.M)
        if len(titles) != 1:
            faults.append(f"{path}:1: {len(titles)} titles, one is due")


def main():
    root = pathlib.Path(sys.argv[1])
    sim = root / "sim"
    table = tomllib.loads((root / "tests/tidy/floors.toml").read_text())
    faults = []
    for path in sources(root):
        lines = path.read_text().splitlines()
        in_sim = sim in path.parents
        floor = table["floors"].get(path.relative_to(sim).parts[0]) if in_sim else None
        if len(lines) > FILE_LINES:
            faults.append(f"{path}:1: {len(lines)} lines, at most {FILE_LINES}")
        if path.suffix == ".h" and "#pragma once" not in lines:
            faults.append(f"{path}:1: no #pragma once")
        check_lines(path, lines, floor, faults)
        check_functions(path, lines, faults)
        if in_sim:
            check_includes(path, lines, sim, table, faults)
    check_scenarios(root, faults)
    check_readmes(root, faults)
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
