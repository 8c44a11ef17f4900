"""Where everything is defined: public name or op type -> the module that says it, imported when it is first asked for.

Modules announce what they define through tables: public names (`tfcompat.graph.export`) and what is known of op types
(`tfcompat.graph.registry`). `homes.jsonl`, written by `scripts/make_homes.py`, says which module fills which entries,
so that importing the package need not import them all.
"""

from __future__ import annotations

import importlib
import json
import pathlib
from collections.abc import Iterator, Mapping

TABLE = pathlib.Path(__file__).with_suffix(".jsonl")


def _read() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in json.loads(f"[{','.join(TABLE.read_text().splitlines())}]"):
        module = line.pop("module")
        for kind, entries in line.items():
            found.setdefault(kind, {}).update(dict.fromkeys(entries.split(), module))
    return found


_HOMES = _read()


def homes_of(kind: str) -> Mapping[str, str]:
    """Entry -> its module, for one kind of entries."""
    return _HOMES.get(kind, {})


def load(kind: str, entry: str) -> bool:
    """Imports the module that defines `entry`; False when there is none."""
    module = _HOMES.get(kind, {}).get(entry)
    if module is None:
        return False
    importlib.import_module(module)
    return True


def all_modules() -> Iterator[str]:
    """Every module that defines an entry."""
    yield from sorted({module for homes in _HOMES.values() for module in homes.values()})


def forget() -> None:
    """Empties the table, so that only what is imported exists; for the script that writes it."""
    _HOMES.clear()
