#!/usr/bin/env python3
"""What the documents say of a run with another setting, and of the matrix, is so: the steps of
scenarios/README.md that ask for --set, and the ten sentences under the table of README.md.

usage: claims_test.py ACKIDENT ROOT
"""
import csv
import io
import json
import pathlib
import subprocess
import sys

program, root = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
passed = failed = 0


def claim(what, holds, why=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"{what}\n{why}")


def run(*words):
    return subprocess.run([program, *words], cwd=root, capture_output=True, text=True, check=False)


def holds(what, name, settings, expect):
    words = [word for setting in settings for word in ("--set", setting)]
    done = run("test", f"scenarios/{name}.json", *words, "--set", f"expect={json.dumps(expect)}")
    claim(what, done.returncode == 0, done.stdout + done.stderr)


holds("step 2: acks=1 does not wait for the slow one", "k2-slow-in-sync-follower", ["acks=1"],
      {"acked": 19, "latency": {"max": {"max": "5ms"}}})
holds("step 4: up to 3.6 they see it", "k3-high-watermark-stops", ["kafka=3.6"],
      {"partitions": {"orders/0": {"at": "39s", "isr": ["b1"], "high_watermark": 20}}})
holds("step 6: twice the rate, twice the loss", "acks1-leader-kill", ["producers.shop.rate=2000/s"],
      {"lost": {"min": 18, "max": 20}})
holds("step 6: a fifth of the way, a fifth of the loss", "acks1-leader-kill",
      ["cluster.network.between_racks=1ms"], {"lost": {"min": 1, "max": 2}})
holds("step 6: a millisecond later it is one", "acks1-leader-kill", ["faults.0.at=20.001s"],
      {"lost": 1})
holds("step 16: half as much again is not committed", "backpressure", [],
      {"lag": {"billing": {"peak": {"min": 14500, "max": 15500}}}})
holds("step 9: not acknowledged before two have them", "b10-single-copy-acks-unclean",
      ["min.insync.replicas=2"], {"acked": 20, "lost": 0})
holds("step 17: with 2 writes hardly stop", "b04-min-isr-equals-rf", ["min.insync.replicas=2"],
      {"lost": 0, "unavailable": {"writes": {"max": "200ms"}}})

holds("more in sync, more lost: not with 2", "min-isr-3-loses-more", ["min.insync.replicas=2"],
      {"lost": 0, "acked": 130})

LOST, NO_WRITES, LATENCY, LAG = "lost_worst", "no_writes_ns_worst", "latency_p99_ns_worst", "lag_peak_worst"
table = {}
text = run("matrix", "scenarios/matrix", "--vary", "acks=0,1,all", "--vary", "min.insync.replicas=1,2,3",
           "--format", "csv").stdout
for row in csv.DictReader(io.StringIO(text)):
    table[row["acks"], row["min.insync.replicas"], row["scenario"]] = {
        key: int(value) for key, value in row.items() if key in (LOST, NO_WRITES, LATENCY, LAG)}
KINDS = sorted({kind for _, _, kind in table})
SECOND = 1_000_000_000


def value(measure, acks, least, kind):
    return table[acks, str(least), kind][measure]


claim("1: three equal rows", all(
    table[acks, "1", kind][measure] == table[acks, least, kind][measure]
    for acks in "01" for least in "23" for kind in KINDS for measure in (LOST, NO_WRITES)))
claim("2: rate times way", value(LOST, "1", 2, "leader-kill") == 500 * 4 // 1000)
claim("3: twenty seconds of records", 20 * 500 <= value(LOST, "1", 2, "leader-isolated") <= 22 * 500)
claim("3: none with acks=all", value(LOST, "all", 1, "leader-isolated") == 0)
claim("4: a restart loses", value(LOST, "1", 3, "rolling-restart") > 0)
claim("5: all was one", 20 * 500 <= value(LOST, "all", 1, "unclean-election") <= 20.2 * 500 and
      value(LOST, "all", 2, "unclean-election") == 0)
claim("6: power", all(table[key][LOST] >= 90 for key in table if key[2] == "power-loss"))
claim("7: the session", all(
    7 * SECOND <= value(NO_WRITES, acks, 1, kind) <= 9 * SECOND
    for acks in ("0", "1", "all") for kind in ("leader-kill", "two-down", "unclean-election")))
claim("8: the price of 2", all(value(NO_WRITES, "all", 2, kind) > 2 * value(NO_WRITES, "all", 1, kind)
                               for kind in ("two-down", "unclean-election")))
claim("9: the price of 3", all(value(NO_WRITES, "all", 3, kind) > 10 * SECOND and
                               value(NO_WRITES, "all", 2, kind) < SECOND // 10
                               for kind in ("follower-kill", "rolling-restart")))
claim("9: and nothing saved", all(value(LOST, "all", 3, kind) == value(LOST, "all", 2, kind) for kind in KINDS))
claim("10: nothing lost but by power", all(value(LOST, "all", 2, kind) == 0 for kind in KINDS if kind != "power-loss"))
claim("10: any one may go", all(value(NO_WRITES, "all", 2, kind) <= 9 * SECOND
                                for kind in ("leader-kill", "follower-kill", "rolling-restart")))
claim("10: the price is latency",
      value(LATENCY, "all", 2, "slow-follower") > 1000 * value(LATENCY, "1", 2, "slow-follower"))
print(f"test cases: {passed + failed} | {passed} passed | {failed} failed")
sys.exit(1 if failed or len(table) != 9 * len(KINDS) else 0)
