"""Writes tfcompat/graph/homes.jsonl: which module defines which public names and what of which op types.

    python scripts/make_homes.py
    python scripts/make_homes.py --check

The script imports every module of the package and notes what each announces.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tfcompat.graph import export, homes, registry  # noqa: E402

PACKAGES = ("graph", "platform", "kernels", "ops", "gradients", "layers", "rnn", "losses", "metrics", "training",
            "summary", "saved_model", "data", "distributions", "linear_operators", "io", "session", "testing",
            "feature_column", "estimator", "profiler", "contrib", "keras")  # fmt: skip
"""The packages whose modules announce something."""

Found = dict[str, dict[str, set[str]]]


def _module_being_imported() -> str:
    frame = sys._getframe(2)
    while frame.f_code.co_name != "<module>":
        frame = frame.f_back  # type: ignore[assignment]
    return str(frame.f_globals["__name__"])


def _noting(found: Found, function: Callable[..., Any], kind: Callable[..., tuple[str, str]]) -> Callable[..., Any]:
    def noted(*args: Any) -> Any:
        what, entry = kind(*args)
        if any(c.isspace() for c in entry):
            raise ValueError(f"{what} {entry!r} has a space")
        found[_module_being_imported()][what].add(entry)
        return function(*args)

    return noted


def announced() -> Found:
    """Module -> kind -> entries, found by importing everything."""
    homes.forget()
    found: Found = defaultdict(lambda: defaultdict(set))
    export.Names.add = _noting(  # type: ignore[method-assign]
        found, export.Names.add, lambda names, name, value: (names.kind, name)
    )
    registry.Registry.add = _noting(  # type: ignore[method-assign]
        found, registry.Registry.add, lambda table, op_type, value: (table.what, op_type)
    )
    from tfcompat.graph import type_spec

    type_spec.register_type_spec_from_value = _noting(
        found, type_spec.register_type_spec_from_value,
        lambda kind, function: (type_spec.SPEC_MAKER, type_spec.full_name(kind)),
    )  # fmt: skip
    for package in PACKAGES:
        _import_tree(f"tfcompat.{package}")
    before = set(export.PUBLIC)
    wrappers = importlib.import_module("tfcompat.ops.wrappers")
    wrappers.publish_wrappers(lambda name: name not in before)
    found[wrappers.__name__][export.PUBLIC.kind] = set(export.PUBLIC) - before
    return {module: kinds for module, kinds in found.items() if module.startswith("tfcompat.")}


def _import_tree(name: str) -> None:
    importlib.import_module(name)
    for module in pkgutil.iter_modules([f"{ROOT}/{name.replace('.', '/')}"]):
        full = f"{name}.{module.name}"
        if module.ispkg:
            _import_tree(full)
        else:
            importlib.import_module(full)


def table(found: Found) -> str:
    """The text of the table: a line for each module."""
    lines = []
    for module, kinds in sorted(found.items()):
        row = {"module": module, **{kind: " ".join(sorted(entries)) for kind, entries in sorted(kinds.items())}}
        lines.append(json.dumps(row, separators=(",", ":")))
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the table is up to date")
    arguments = parser.parse_args()
    text = table(announced())
    if homes.TABLE.read_text() == text:
        return 0
    if arguments.check:
        print(f"{homes.TABLE.relative_to(ROOT)} is out of date: run python scripts/make_homes.py", file=sys.stderr)
        return 1
    homes.TABLE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
