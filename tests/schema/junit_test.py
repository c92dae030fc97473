#!/usr/bin/env python3
"""What ackident test writes for build servers is valid by reports/junit.xsd.

usage: junit_test.py ACKIDENT ROOT
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
if shutil.which("xmllint") is None:
    print("xmllint is not installed (libxml2-utils)")
    sys.exit(77)  # meson: skipped

scenario = root / "scenarios/acks1-leader-kill.json"
with tempfile.TemporaryDirectory() as name:
    bad = pathlib.Path(name) / 'bad <&"> %.json'
    bad.write_text('{"doc": "<&\\u0001>", "unknown": 1}')
    runs = [[scenario, "--seeds", "1..3"],
            [scenario, "--seeds", "1..3", "--set", 'expect={"lost": 0}'],
            [scenario, "--set", 'faults=[{"at": "1s", "resume": "b1"}]', bad]]
    for words in runs:
        xml = subprocess.run([program, "test", "--format", "junit", *words], capture_output=True,
                             check=False).stdout
        report = pathlib.Path(name) / "report.xml"
        report.write_bytes(xml)
        done = subprocess.run(["xmllint", "--noout", "--schema", root / "reports/junit.xsd", report],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stderr + xml.decode(errors="replace"))
