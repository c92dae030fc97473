"""Holds the JSON Schema of scenarios and the decoder together.

Every scenario of the library, every file of tests/good and the example of scenarios/README.md
passes both. Of tests/bad,
  form_*   is refused by both,
  sense_*  is refused by the decoder alone (a schema cannot know what names exist),
  text_*   is no JSON,
and the decoder's words are exactly those beside the file, in NAME.txt.

Usage: check_schema.py DECODE_TOOL SOURCE_ROOT [--rewrite]
"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)  # meson: skipped


def strip_comments(text):
    out = []
    at = 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while end < len(text) and text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out.append(text[at:end + 1])
            at = end + 1
        elif text.startswith("//", at):
            while at < len(text) and text[at] != "\n":
                at += 1
        elif text.startswith("/*", at):
            at = text.index("*/", at) + 2
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def schema_accepts(validator, path):
    value = json.loads(strip_comments(path.read_text(encoding="utf-8")))
    return next(validator.iter_errors(value), None) is None


def readme_example(root, folder):
    text = (root / "scenarios/README.md").read_text(encoding="utf-8")
    path = pathlib.Path(folder) / "example.json"
    path.write_text(text.split("```json\n")[1].split("```")[0])
    return path


def decode(tool, path):
    run = subprocess.run([tool, path], capture_output=True, text=True, errors="replace", timeout=30)
    return run.returncode, run.stdout


def main():
    tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
    rewrite = "--rewrite" in sys.argv
    schema = json.loads((root / "scenarios/scenario.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema(schema)
    # What the two drafts say must be the same: editors differ in which they know.
    validators = [jsonschema.Draft202012Validator(schema), jsonschema.Draft7Validator(schema)]
    failures = []
    good = sorted((root / "tests/good").glob("*.json"))
    folder = tempfile.TemporaryDirectory()
    good.append(readme_example(root, folder.name))
    good += [path for path in sorted((root / "scenarios").rglob("*.json"))
             if not path.name.endswith(".schema.json")]
    for path in good:
        code, output = decode(tool, path)
        if code != 0:
            failures.append(f"{path}: the decoder refuses it:\n{output}")
        for validator in validators:
            for error in validator.iter_errors(json.loads(strip_comments(path.read_text()))):
                failures.append(f"{path}: the schema refuses {list(error.path)}: {error.message}")
    bad = sorted((root / "tests/bad").glob("*.json"))
    for path in bad:
        code, output = decode(tool, path)
        expected = path.with_suffix(".txt")
        if rewrite:
            expected.write_text(output)
        if code != 2:
            failures.append(f"{path}: the decoder accepts it (exit {code})")
        elif not expected.exists() or expected.read_text() != output:
            failures.append(f"{path}: the decoder says:\n{output}")
        if path.name.startswith("text_"):
            continue
        for validator in validators:
            if schema_accepts(validator, path) == path.name.startswith("form_"):
                failures.append(f"{path}: the schema's verdict is wrong")
    for failure in failures:
        print(failure)
    print(f"{len(good) + len(bad)} files, {len(failures)} failures")
    if not good or not bad:
        sys.exit("no files were found")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
