"""Writes tfcompat/compat/internal_names.json.gz: TensorFlow's internal module paths and the public names behind them.

    python scripts/make_internal_table.py FACTS.json
    python scripts/make_internal_table.py --add FACTS.json

FACTS maps internal modules to their attributes, each with the public name of the same object. Programs say
`from tensorflow.python.framework import ops`; the table says that `ops.Graph` is `tf.Graph`. With `--add` the table
keeps what it has and gets the modules and attributes that it lacks (`record_internal_names.py` writes such facts); an
attribute that is another module has that module's path, "tensorflow." and more.
"""

import argparse
import gzip
import json
import pathlib

TARGET = pathlib.Path(__file__).parent.parent / "tfcompat" / "compat" / "internal_names.json.gz"


def public_names(entry) -> list[str] | None:
    """The public names of one attribute, best first; None for what is itself a module."""
    if isinstance(entry, str):
        return [entry]
    if isinstance(entry, list):
        return entry
    if "f" in entry:
        return [entry["f"]]
    return ["raw_ops." + entry["r"]] if "r" in entry else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--add", action="store_true", help="keep what the table has")
    args = parser.parse_args()
    facts = json.loads(args.facts.read_text())
    table = json.loads(gzip.decompress(TARGET.read_bytes())) if args.add else {}
    for module in sorted(set(facts["modules"]) | set(facts["packages"])):
        entries = {k: public_names(v) for k, v in facts["map"].get(module, {}).items()}
        names = {k: v[0] if len(v) == 1 else v for k, v in sorted(entries.items()) if v}
        table[module] = {**names, **table.get(module, {})}
    text = json.dumps(table, separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
