"""Writes tfcompat/protos/fields.jsonl, the table of protocol messages, from tables of facts about TensorFlow's protos.

    python scripts/make_proto_table.py FACTS.jsonl...

FACTS has one JSON object a line: a message (message, file, syntax, fields) or an enum (enum, file, values); a name
that occurs again is ignored. scripts/record_proto_facts.py prints such facts. The table has one proto file a line:

    {"file": path, "package": name, "syntax": "proto2" | "proto3",
     "messages": {name: [[number, field, type, *flags], ...]}, "enums": {name: {value: number}}}

Names are relative to the package; types are full names, scalar names or map<key,value>; flags are repeated, unpacked,
required, optional (proto3 with presence), enum, deprecated, oneof:NAME and default:VALUE.
"""

import argparse
import json
import pathlib

TARGET = pathlib.Path(__file__).parent.parent / "tfcompat" / "protos" / "fields.jsonl"
UNPACKABLE = {"string", "bytes"}


def read_facts(paths: list[pathlib.Path]) -> dict[str, dict]:
    """All records of the fact files by full name; the first of a name wins."""
    facts: dict[str, dict] = {}
    for path in paths:
        for line in path.read_text().splitlines():
            record = json.loads(line)
            facts.setdefault(record.get("message") or record["enum"], record)
    return facts


def package_of(full_name: str) -> str:
    """The leading parts of a full name that start with a lower-case letter."""
    parts = full_name.split(".")
    first_type = next(i for i, part in enumerate(parts) if part[0].isupper())
    return ".".join(parts[:first_type])


def field_row(field: dict, syntax: str) -> list:
    """One field as [number, name, type, *flags]."""
    flags = []
    label = field.get("label")
    is_scalar = "." not in field["type"] or bool(field.get("enum"))
    if label:
        flags.append(label)
    if label == "repeated" and is_scalar and field["type"] not in UNPACKABLE and not field.get("packed"):
        flags.append("unpacked")
    flags += [flag for flag in ("optional", "enum", "deprecated") if field.get(flag)]
    flags += [f"{key}:{field[key]}" for key in ("oneof", "default") if key in field]
    if syntax == "proto2" and field.get("packed"):
        flags.append("packed")
    return [field["number"], field["name"], field["type"], *flags]


def file_rows(facts: dict[str, dict]) -> list[dict]:
    """One record a proto file, sorted by path; messages before what they nest."""
    files: dict[str, dict] = {}
    for name, record in sorted(facts.items()):
        package = package_of(name)
        row = files.setdefault(record["file"], {"file": record["file"], "package": package, "syntax": "proto3"})
        if row["package"] != package:
            raise ValueError(f"{record['file']} has both packages {row['package']} and {package}")
        relative = name.removeprefix(package + ".")
        if "enum" in record:
            row.setdefault("enums", {})[relative] = record["values"]
        else:
            row["syntax"] = record["syntax"]
            fields = [field_row(field, record["syntax"]) for field in record["fields"]]
            row.setdefault("messages", {})[relative] = fields
    return [files[path] for path in sorted(files)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("facts", nargs="+", type=pathlib.Path, metavar="FACTS.jsonl")
    rows = file_rows(read_facts(parser.parse_args().facts))
    lines = [json.dumps(row, separators=(",", ":")) for row in rows]
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"{TARGET.name}: {len(lines)} files, {sum(len(row.get('messages', ())) for row in rows)} messages")


if __name__ == "__main__":
    main()
