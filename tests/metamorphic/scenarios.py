"""What the relations work on: scenarios as values, and what the program makes of a folder of them."""
import json
import pathlib
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

DRAWN_FIRST, DRAWN = 7000, 120  # seeds of the swarm
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
         "d": 86400 * 10**9}


def strip_comments(text):
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)


def read(path):
    scenario = json.loads(strip_comments(path.read_text(encoding="utf-8")))
    scenario.pop("$schema", None)
    return scenario


def nanoseconds(time):
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", time).groups()
    whole, _, part = number.partition(".")
    return int(whole + part) * UNITS[unit] // 10 ** len(part)


def duration(scenario):
    return nanoseconds(scenario.get("duration", "60s"))


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = path, pathlib.Path(folder)

    def run(self, *words):
        return subprocess.run([self.path, *map(str, words)], capture_output=True, text=True,
                              check=False)

    def drawn(self):
        """Scenarios of the swarm, by name."""
        target = self.folder / "drawn"
        target.mkdir()
        for seed in range(DRAWN_FIRST, DRAWN_FIRST + DRAWN):
            self.run("swarm", "--seeds", f"{seed}..{seed}", "--jobs", 1, "--write",
                     target / f"drawn-{seed}.json")
        return {path.stem: read(path) for path in sorted(target.glob("*.json"))}

    def write(self, name, scenarios):
        target = self.folder / name
        target.mkdir()
        for stem, scenario in scenarios.items():
            keys = sorted(scenario, key=lambda key: (key != "doc", key == "expect"))
            (target / f"{stem}.json").write_text(json.dumps({key: scenario[key] for key in keys}))
        return target

    def digests(self, folder, *words):
        """By name, or by name and seed; what the program says if it refuses one."""
        done = self.run("digest", folder, *words)
        out = {}
        for line in done.stdout.splitlines():
            path, seed, digest = line.rsplit(" ", 2)
            key = pathlib.Path(path).stem
            out[(key, int(seed)) if "--seeds" in words else key] = digest
        return out, done.stderr

    def reports(self, folder, *words):
        def report(path):
            done = self.run("run", path, "--json", "-", *words)
            return json.loads(done.stdout) if done.stdout else {"refused": done.stderr}
        paths = sorted(folder.glob("*.json"))
        with ThreadPoolExecutor(2) as pool:
            return dict(zip([path.stem for path in paths], pool.map(report, paths)))

    def config(self, version):
        """Keys of the version with default and places, and its behaviour."""
        keys, switches = [], {}
        top, _, bottom = self.run("config", "--kafka", version).stdout.partition("\n\n")
        for line in top.splitlines()[1:]:
            words = line.split()
            keys.append((words[0], words[1], words[-1].split(",")))
        for line in bottom.splitlines()[1:]:
            name, value = line.split()[:2]
            switches[name] = {"on": True, "off": False}.get(value, value)
        return keys, switches
