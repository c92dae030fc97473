"""A report must match its schema, and the schema must be one. Usage: schema_test.py SCHEMA PROGRAM"""
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)  # skipped

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
report = json.loads(subprocess.run(sys.argv[2:], check=True, capture_output=True).stdout)
errors = [f"{'/'.join(map(str, error.path))}: {error.message}"
          for error in validator.iter_errors(report)]
if errors:
    sys.exit("\n".join(errors))
report["totals"]["lots"] = 1  # the schema is closed: a field it does not name is an error
if validator.is_valid(report):
    sys.exit("the schema accepts unknown fields")
