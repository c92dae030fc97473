"""What the program says of arguments that are no scenario: one sentence, exit code 2, no hang.

The files beside this one are held to their exact messages by tests/schema/check_schema.py; here the
program itself must refuse each of them with exit code 2, with the same words.

Usage: check_app.py ACKIDENT DIRECTORY
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def run(ackident, arguments, text=""):
    return subprocess.run([ackident, *arguments], input=text, capture_output=True, text=True,
                          errors="replace", timeout=60, check=False)


def check_arguments(ackident, folder, failures):
    missing = f"{folder}/missing.json"
    scenario = '{ "doc": "d", "cluster": { "brokers": 1 }, "topics": { "t": {} } }'
    pipe = f"{folder}/pipe"
    os.mkfifo(pipe)
    for name, arguments, text, code, words in (
            ("a directory", ["run", folder], "", 2, f"there is no scenario in {folder}"),
            ("no such file", ["run", missing], "", 2, f"there is no file or folder {missing}"),
            ("an empty pipe", ["run", "-"], "", 2, "the file is empty"),
            ("a device", ["run", "/dev/null"], "", 2, "the file is empty"),
            ("a scenario in a pipe", ["run", "-"], scenario, 0, "PASS"),
            ("no file", ["run"], "", 2, "PATH is required"),
            ("an unknown command", ["rum", "x"], "", 2,
             'there is no command "rum"; did you mean "run"?'),
            ("seeds the wrong way", ["swarm", "--seeds", "9..1"], "", 2, "no range"),
            ("a trace of many", ["swarm", "--seeds", "1..2", "--trace"], "", 2, "one seed"),
            ("an unknown version", ["swarm", "--kafka", "3.99"], "", 2, "3.99"),
            ("an unwritable report", ["run", "-", "--json", f"{folder}/no/such/x.json"], scenario,
             2, "cannot write")):
        done = run(ackident, arguments, text)
        if done.returncode != code or words not in done.stdout + done.stderr:
            failures.append(f"{name}: exit {done.returncode}: {done.stdout}{done.stderr}")
    with subprocess.Popen(["sh", "-c", f"echo '{scenario}' > {pipe}"]):
        done = run(ackident, ["run", pipe])
    if done.returncode != 0:
        failures.append(f"a named pipe: exit {done.returncode}: {done.stderr}")


def check_files(ackident, folder, failures):
    files = sorted(folder.glob("*.json"))
    for path in files:
        done = run(ackident, ["run", path])
        first = path.with_suffix(".txt").read_text(errors="replace").splitlines()[0]
        if done.returncode != 2 or first.split(": ", 1)[1] not in done.stderr:
            failures.append(f"{path.name}: exit {done.returncode}: {done.stderr}")
    return len(files)


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        check_arguments(sys.argv[1], folder, failures)
    count = check_files(sys.argv[1], pathlib.Path(sys.argv[2]), failures)
    for failure in failures:
        print(failure)
    print(f"{count} files, {len(failures)} failures")
    return 1 if failures or count < 100 else 0


sys.exit(main())
