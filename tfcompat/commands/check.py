"""`tfcompat check`: which names of TensorFlow a code base uses, and which of them are missing or differ.

The files are read, not run. Exit codes: 0 everything is provided, 1 names are missing or a file does not parse.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from typing import Any

from tfcompat.commands import FAILED, OK, fail

HELP = "report which tf names a code base uses, and which are missing or differ"
_SHOWN = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("paths", nargs="+", metavar="SCRIPT_OR_DIR", help="Python files, and directories of them")
    parser.add_argument("--all", action="store_true", help="list the names that are provided too")
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    for path in args.paths:
        if not os.path.exists(path):
            fail(f"no such file or directory: {path}")
    report = examine(args.paths)
    if args.json:
        print(json.dumps(report, indent=1))
    else:
        _print(report, args.all)
    bad = report["counts"].get("missing", 0) or report["unreadable"]
    return FAILED if bad else OK


def examine(paths: list[str]) -> dict[str, Any]:
    """What is known of the names that the files use: plain data."""
    from tfcompat.migration.sources import python_files, read_source
    from tfcompat.migration.uses import uses_of
    from tfcompat.migration.verdicts import DIFFERENT, MISSING, PROVIDED, verdict_on

    rank = {PROVIDED: 0, DIFFERENT: 1, MISSING: 2}
    names: dict[str, dict[str, Any]] = {}
    unreadable = {}
    count = 0
    for path in (f for p in paths for f in python_files(p)):
        source = read_source(path)
        count += 1
        if source.tree is None:
            unreadable[path] = source.error
            continue
        for use in uses_of(source.tree):
            verdict = verdict_on(use)
            entry = names.setdefault(use.name, {"status": PROVIDED, "notes": [], "places": [], "bad_places": []})
            place = f"{path}:{use.line}"
            if place not in entry["places"]:
                entry["places"].append(place)
            if rank[verdict.status] > rank[entry["status"]]:
                entry["status"] = verdict.status
            if verdict.status != PROVIDED:
                entry["bad_places"].append(place)
                if verdict.note and verdict.note not in entry["notes"]:
                    entry["notes"].append(verdict.note)
    counts = Counter(e["status"] for e in names.values())
    return {"files": count, "counts": dict(counts), "names": names, "unreadable": unreadable}


def _print(report: dict[str, Any], everything: bool) -> None:
    total = sum(report["counts"].values())
    for status in ("missing", "different", *(("provided",) if everything else ())):
        entries = sorted((n, e) for n, e in report["names"].items() if e["status"] == status)
        if entries:
            print(f"{status}:")
        for name, entry in entries:
            note = f"  ({'; '.join(entry['notes'])})" if entry["notes"] else ""
            places = list(dict.fromkeys(entry["bad_places"] or entry["places"]))
            more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
            print(f"  tf.{name}{note}")
            print(f"    {', '.join(places[:_SHOWN])}{more}")
    for path, error in report["unreadable"].items():
        print(f"does not parse: {path}: {error}")
    counted = ", ".join(f"{report['counts'].get(s, 0)} {s}" for s in ("provided", "different", "missing"))
    print(f"{report['files']} files, {total} names of TensorFlow: {counted}")
