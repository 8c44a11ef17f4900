"""Writes tfcompat/graph/op_defs.jsonl, the op-definition table, from a table of facts about TensorFlow's op registry.

    python scripts/make_op_table.py FACTS.jsonl

FACTS has one JSON object a line: op, inputs, outputs, attrs, flags. The table keeps what recording needs.
"""

import argparse
import json
import pathlib

KEEP = ("op", "inputs", "outputs", "attrs", "stateful", "commutative", "aggregate", "allows_uninitialized_input")
TARGET = pathlib.Path(__file__).parent.parent / "tfcompat" / "graph" / "op_defs.jsonl"
DTYPE_NAMES = {"half": "float16", "float": "float32", "double": "float64"}


def rename_dtypes(value):
    """Spells type names as tf does (`half` -> `float16`) wherever they occur in a record."""
    if isinstance(value, str):
        return DTYPE_NAMES.get(value, value)
    if isinstance(value, list):
        return [rename_dtypes(v) for v in value]
    return value


def compact(record: dict) -> dict:
    """The kept fields of one record, with dtype names normalised."""
    out = {k: record[k] for k in KEEP if k in record}
    for arg in out["inputs"] + out["outputs"]:
        if "type" in arg:
            arg["type"] = rename_dtypes(arg["type"])
    for attr in out["attrs"]:
        if attr["type"] in ("type", "list(type)"):
            for key in ("default", "allowed"):
                if key in attr:
                    attr[key] = rename_dtypes(attr[key])
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=pathlib.Path)
    args = parser.parse_args()
    records = sorted((json.loads(line) for line in args.facts.open()), key=lambda r: r["op"])
    with TARGET.open("w") as out:
        for record in records:
            out.write(json.dumps(compact(record), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
