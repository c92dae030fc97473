"""Runs what the swarm found: small scenarios that once broke a promise of their settings.

Each is held to its own expectations and to every promise, and must pass. Files named kafka-* show a
flaw of Kafka itself, which the model keeps: they must break an invariant, as permitted.

Usage: check_found.py ACKIDENT DIRECTORY
"""
import pathlib
import subprocess
import sys


def main():
    ackident, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    files = sorted(folder.glob("*.json"))
    failures = 0
    for path in files:
        run = subprocess.run([ackident, "run", "--promises", path], capture_output=True, text=True,
                             timeout=60, check=False)
        of_kafka = path.name.startswith("kafka-")
        if run.returncode != 0 or of_kafka != ("permitted" in run.stdout):
            failures += 1
            print(f"{path.name}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    print(f"{len(files)} scenarios, {failures} failures")
    return 1 if failures or not files else 0


sys.exit(main())
