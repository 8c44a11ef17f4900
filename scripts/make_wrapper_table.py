"""Writes tfcompat/ops/wrappers.jsonl: public functions that record one op type and nothing else.

    python scripts/make_wrapper_table.py SYMBOLS.jsonl

SYMBOLS has one public symbol a line: name, signature, op_type, and op_via where more than a wrapper stands behind it.
"""

import argparse
import ast
import json
import pathlib

from tfcompat.graph.op_def import is_defined, op_def

TARGET = pathlib.Path(__file__).parent.parent / "tfcompat" / "ops" / "wrappers.jsonl"


def parameters(signature: str) -> list[list]:
    """[name] or [name, default] for each parameter; dtypes by name."""
    arguments = ast.parse(f"def f{signature}: pass").body[0].args
    names = [a.arg for a in arguments.args]
    required = len(names) - len(arguments.defaults)
    return [[n] for n in names[:required]] + [
        [n, literal(d)] for n, d in zip(names[required:], arguments.defaults, strict=True)
    ]


def literal(node):
    """A default as JSON; `tf.int64` becomes "int64"."""
    return node.attr if isinstance(node, ast.Attribute) else ast.literal_eval(node)


def recorded_names(op_type: str, names: list[str]) -> dict[str, str]:
    """Parameter -> name in the op definition, where they differ: the rest is matched in order."""
    definition = op_def(op_type)
    known = [a.name for a in definition.inputs] + [a for a in definition.attrs if a not in definition.inferred]
    spare = [k for k in known if k not in names]
    return {n: spare.pop(0) for n in names if n not in known and n != "name" and spare}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbols", type=pathlib.Path)
    rows: dict[tuple[str, str], dict] = {}
    for line in parser.parse_args().symbols.open():
        symbol = json.loads(line)
        if symbol["kind"] != "function" or "op_via" in symbol or not is_defined(symbol.get("op_type", "")):
            continue
        key = symbol["op_type"], symbol["signature"]
        row = rows.setdefault(
            key, {"op": symbol["op_type"], "names": [], "parameters": parameters(symbol["signature"])}
        )
        row["names"].append(symbol["name"])
        renamed = recorded_names(symbol["op_type"], [p[0] for p in row["parameters"]])
        if renamed:
            row["renamed"] = renamed
    with TARGET.open("w") as out:
        for key in sorted(rows):
            out.write(json.dumps(rows[key], separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
