#!/usr/bin/env python3
"""Case B11: five replicas, and an ISR that has shrunk to min.insync.replicas = m. Of these m, k lose
power and their newest records at once. m-1 such crashes lose nothing that was acknowledged; m may, and
here do. With one broker less than m, writes are refused; and no more than that happens.

usage: safety_sweep.py ACKIDENT ROOT
"""
import json
import subprocess
import sys

program, root = sys.argv[1:]
REPLICAS = 5
LOST_EACH = 5  # records of the page cache


def brokers(first, last):
    return [f"b{i}" for i in range(first, last + 1)]


def faults(least, crashes):
    out = []
    if least < REPLICAS:
        out.append({"at": "5s", "kill": brokers(least + 1, REPLICAS), "for": "75s"})
    if crashes:
        out.append({"at": "40s", "power_loss": brokers(1, crashes), "lose": LOST_EACH, "for": "25s"})
    return out


def expectation(least, crashes):
    # Until 40 s exactly m replicas are in sync: enough. After k crashes m-k are left: too few.
    left = [f"b{i}" for i in range(crashes + 1, least + 1)]
    states = [{"at": "39s", "isr": brokers(1, least)}]
    if 0 < crashes < least:
        states.append({"at": "60s", "isr": left})
    expect = {"acked": 600, "failed": 0, "lost": LOST_EACH if crashes == least else 0,
              "partitions": {"orders/0": states}}
    expect["unavailable"] = {"writes": "0s" if crashes == 0 else {"min": "24s"}}
    return expect


def run(least, crashes):
    words = [program, "test", f"{root}/scenarios/b11-rf5-two-down.json",
             "--set", f"min.insync.replicas={least}",
             "--set", f"faults={json.dumps(faults(least, crashes))}",
             "--set", f"expect={json.dumps(expectation(least, crashes))}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


passed = failed = 0
for m in range(1, REPLICAS + 1):
    for k in range(1 if m == REPLICAS else 0, m + 1):  # all there, none down: nothing to see
        held, text = run(m, k)
        passed, failed = passed + held, failed + (not held)
        if not held:
            print(f"min.insync.replicas={m}, {k} crashes: {text}")
print(f"test cases: {passed + failed} | {passed} passed | {failed} failed")
sys.exit(1 if failed else 0)
