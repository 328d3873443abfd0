"""validate.py SCHEMA FILE: "accepted", or the first fault of the file and where it is."""
import json
import sys

import jsonschema

with open(sys.argv[1]) as schema, open(sys.argv[2]) as file:
    validator = jsonschema.Draft7Validator(json.load(schema))
    fault = jsonschema.exceptions.best_match(validator.iter_errors(json.load(file)))
if fault is None:
    print("accepted")
else:
    sys.exit(f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}")
