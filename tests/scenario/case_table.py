#!/usr/bin/env python3
"""The table of cases in scenarios/README.md: what is encoded, by what, and with which result.

usage: case_table.py ACKIDENT ROOT [--rewrite]

Every case of the groups in REQUIRED is either encoded by a scenario that names it in "cases", or listed
in NOT_ENCODED with its reason; what a scenario leaves out of its case is listed in PARTLY.
"""
import json
import pathlib
import re
import subprocess
import sys

BEGIN = "<!-- tests/scenario/case_table.py writes from here ... -->\n"
END = "<!-- ... to here -->\n"

REQUIRED = (
    "A01-A13 B01-B05 B08-B12 C01-C03 C06 C07 C09 C10 C13 C15 C16 D01-D08 D10 D11 E01 E03 E04 E05 E07 "
    "E10 G01-G03 H03-H06 H08-H11 J01-J03 J05-J07 J10 J11 K01 K03 K14 M01 M02 "  # the catalogue of cases
    "K1-K6 N1-N5 N9 N15 N16 N18 N20 N23 N26 Q1-Q10")  # what others replay, and what users ask

ELR = "eligible leader replicas (KIP-966) are not modelled"
REASSIGN = "reassignment of partitions is not modelled"
QUORUM = "there is one controller, not a quorum"
DISKS = "a broker has one log directory"
GROUPS = "group rebalances and the coordinator are not modelled"
RETENTION = "retention is not modelled"
TRANSACTIONS = "transactions are not modelled"

# Case ids, what they are about, why there is no scenario.
NOT_ENCODED = (
    ("A07", "a reassignment that removes the leader loses acks=1 records", REASSIGN),
    ("C10 F01-F10", "recovery from eligible leader replicas", ELR),
    ("D08", "a move between log directories drops empty epochs", DISKS),
    ("E08 E09", "an empty ISR from a retried request, a leader that talks to a zombie controller",
     "bugs of single patch releases between two controllers; " + QUORUM),
    ("G04 G05 G07 G09", "a failed log directory", DISKS),
    ("G08 H01 H02 H07 Q12-Q18", "loss of voters or of the majority", QUORUM),
    ("I01-I07", "reassignment, step by step", REASSIGN),
    ("J08 J09", "producer state that expires, or goes with the records",
     RETENTION + ", nor is the expiry of producer ids"),
    ("J12", "a buffer that is used again while in flight", "a bug of the client's memory, not of the "
     "protocol"),
    ("K02 K04", "an application that hands records to a thread, or commits before it processes",
     "an application here processes what poll() returned before it polls again"),
    ("K05-K07 K09 K16 K17", "members that leave and join, static members, the coordinator", GROUPS),
    ("K11", "a commit without leader epoch, then a truncation", "commits carry their epoch here, as since "
     "2.1; with epochs it is Q6"),
    ("K12 K15", "retention overtakes a consumer or its commits", RETENTION),
    ("K13", "partitions are added under auto.offset.reset=latest", "the number of partitions is fixed"),
    ("K18 K19", "consumers that fetch from followers", "fetching from followers is not modelled"),
    ("L01-L15", "transactions", TRANSACTIONS),
    ("M01", "records with an ancient CreateTime are deleted at once", RETENTION),
    ("M02", "record timestamps change nothing else",
     "holds by construction: records carry no timestamp here, so no rule can read one"),
)

# What the scenarios of a case do not show.
PARTLY = (
    ("B11", "the sweep over min.insync.replicas 1 to 5 and 0 to 5 crashes is a test, "
     "`tests/scenario/safety_sweep.py`"),
    ("C15", "the broken side, before 0.11: offsets that go back need compressed batches"),
    ("C16", "the mark RECOVERING of a partition cannot be seen; leaders and ISR can"),
    ("D11", "the answers of OffsetsForLeaderEpoch cannot be asked for; the epochs of leaders and of "
     "records can"),
    ("J07", "(b), acks=1 with an explicit enable.idempotence=true, is an error of the scenario, as it "
     "is of the producer: `tests/bad/sense_idempotence.json`; (c) is about 3.0.0 and 3.1.0 alone, and "
     "patch releases are not told apart"),
    ("N1", "(a), the move by reassignment"),
)

SCALARS = ("lost", "stranded", "failed", "duplicated", "reordered", "skipped", "delivered_twice")
ALWAYS = ("lost", "duplicated")


def spread(text):
    """"A01-A03 B02" -> A01, A02, A03, B02."""
    out = []
    for word in text.split():
        first, _, last = word.partition("-")
        digits = len(first) - 1
        for number in range(int(first[1:]), int((last or first)[1:]) + 1):
            # K1 and K01 are two cases: the width of the first one stays.
            out.append(f"{first[0]}{number:0{digits}}")
    return out


def order(case):
    # The other list stands after the catalogue.
    return (case[0] in "NQV" or len(case) == 2, case[0], int(case[1:]))


def strip_comments(text):
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)


def bound_text(bound):
    if not isinstance(bound, dict):
        return str(bound)
    least, most = bound.get("min"), bound.get("max")
    if most is None:
        return f"{least} or more"
    return f"at most {most}" if least is None else f"{least} to {most}"


def expectation_text(expect):
    parts = [f"{key} {bound_text(expect[key])}" for key in SCALARS
             if key in expect and (key in ALWAYS or expect[key] != 0)]
    writes = expect.get("unavailable", {}).get("writes")
    if writes is not None:
        parts.append("writes always possible" if writes in (0, "0s") else
                     "no writes for " + bound_text(writes))
    parts += [f"{code} {bound_text(bound)}" for code, bound in expect.get("errors", {}).items()
              if bound != 0]
    for group, lag in expect.get("lag", {}).items():
        parts += [f"{group} lag {key} {bound_text(lag[key])}" for key in ("peak", "recovery")
                  if key in lag]
    return "; ".join(parts) or "states and facts"


def title_of(doc):
    title = re.split(r"\. |\n", doc)[0]
    return title[:-1] if title.endswith(".") else title


def scenarios(folder):
    for path in sorted(folder.glob("*.json")):
        if path.name.endswith(".schema.json"):
            continue
        scenario = json.loads(strip_comments(path.read_text(encoding="utf-8")))
        yield path.name, scenario


def results(program, root):
    done = subprocess.run([program, "test", "scenarios", "--format", "json"], cwd=root,
                          capture_output=True, text=True, check=False)
    return {pathlib.Path(case["file"]).name: case["outcome"]
            for case in json.loads(done.stdout)["cases"]}


def cell(text):
    return text.replace("|", "\\|")


def table(program, root):
    outcomes = results(program, root)
    rows, without, encoded = [], [], set()
    for name, scenario in scenarios(root / "scenarios"):
        cases = scenario.get("cases", [])
        encoded.update(cases)
        (rows if cases else without).append((cases, name, scenario))
    rows.sort(key=lambda row: (order(row[0][0]), row[1]))
    lines = ["| case | scenario | Kafka | what must come out | result |\n", "|---|---|---|---|---|\n"]
    for cases, name, scenario in rows + without:
        lines.append(f"| {' '.join(cases) or '-'} | [{name[:-5]}]({name}): {cell(title_of(scenario['doc']))} "
                     f"| {scenario['kafka']} | {cell(expectation_text(scenario.get('expect', {})))} "
                     f"| {outcomes[name]} |\n")
    passed = sum(outcomes[name] == "PASS" for _, name, _ in rows + without)
    lines.append(f"\n{len(rows) + len(without)} scenarios, {passed} of them PASS, for "
                 f"{len(encoded)} cases.\n")
    lines.append("\nCases without a scenario:\n\n| case | about | why |\n|---|---|---|\n")
    lines += [f"| {cases.replace('-', ' to ')} | {about} | {why} |\n" for cases, about, why in NOT_ENCODED]
    lines.append("\nWhat the scenarios of a case leave out:\n\n| case | |\n|---|---|\n")
    lines += [f"| {case} | {what} |\n" for case, what in PARTLY]
    return "".join(lines), encoded


def problems_of(encoded):
    left_out = [case for cases, _, _ in NOT_ENCODED for case in spread(cases)]
    problems = [f"{case} is neither encoded nor listed" for case in spread(REQUIRED)
                if case not in encoded and case not in left_out]
    problems += [f"{case} is listed as not encoded, but it is" for case in left_out if case in encoded]
    problems += [f"{case} is listed as partly encoded, but it is not" for case, _ in PARTLY
                 if case not in encoded]
    return problems


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    readme = root / "scenarios/README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    shown, _, after = rest.partition(END)
    written, encoded = table(program, root)
    problems = problems_of(encoded)
    if END not in rest:
        problems.append(f"scenarios/README.md lacks the lines {BEGIN}and {END}")
    elif shown != written and "--rewrite" in sys.argv:
        readme.write_text(before + BEGIN + written + END + after, encoding="utf-8")
    elif shown != written:
        problems += [f"{mark} {line}" for mark, lines, others in (
            ("shown:", shown, written), ("true: ", written, shown))
            for line in lines.splitlines() if line not in others.splitlines()]
        problems.append("write it again: tests/scenario/case_table.py ACKIDENT ROOT --rewrite")
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
