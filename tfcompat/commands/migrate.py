"""`tfcompat migrate`: imports of TensorFlow rewritten to import tfcompat.

    tfcompat migrate train.py                  show what would change
    tfcompat migrate project --in-place        change the files
    tfcompat migrate project --output ported   write a changed copy of the tree

Exit codes: 0 done, 1 a file does not parse or an import could not be rewritten.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shutil
from typing import Any

from tfcompat.commands import FAILED, OK, check_target, fail

HELP = "rewrite imports of TensorFlow, in place or to a new tree"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("path", metavar="SCRIPT_OR_DIR", help="a Python file, or a directory of them")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--in-place", "-i", action="store_true", help="change the files")
    where.add_argument("--output", "-o", metavar="PATH", help="file or directory to write a changed copy to")
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument("--quiet", "-q", action="store_true", help="print nothing but what could not be done")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from tfcompat.migration.imports import rewritten
    from tfcompat.migration.sources import python_files, read_source

    if not os.path.exists(args.path):
        fail(f"no such file or directory: {args.path}")
    target = _target(args)
    report: dict[str, Any] = {"files": [], "unreadable": {}}
    shown = not (args.in_place or args.output or args.json)
    for path in python_files(args.path):
        source = read_source(path)
        if source.tree is None:
            report["unreadable"][path] = source.error
            continue
        text, changes = rewritten(source.text, source.tree)
        if not changes:
            continue
        report["files"].append(
            {
                "path": path,
                "changed": [{"line": c.line, "before": c.before, "after": c.after} for c in changes if not c.is_kept],
                "kept": [{"line": c.line, "import": c.before, "why": c.note} for c in changes if c.is_kept],
            }
        )
        if target is not None and text != source.text:
            _write(path, target(path), text)
        if shown:
            print("".join(_difference(path, source.text, text)), end="")
    if args.json:
        print(json.dumps(report, indent=1))
    else:
        _print(report, args.quiet, wrote=target is not None)
    return FAILED if report["unreadable"] or any(f["kept"] for f in report["files"]) else OK


def _target(args: argparse.Namespace) -> Any:
    """Where the changed text of a file goes, as a function of its path; None when nothing is written."""
    if args.in_place:
        return lambda path: path
    if not args.output:
        return None
    if os.path.isdir(args.path):
        inside = os.path.realpath(args.output).startswith(os.path.realpath(args.path) + os.sep)
        if os.path.exists(args.output) or inside:
            fail(f"{args.output} exists already or lies in {args.path}: name a new directory")
        shutil.copytree(args.path, args.output, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", ".git"))
        return lambda path: os.path.join(args.output, os.path.relpath(path, args.path))
    check_target(args.output)
    shutil.copyfile(args.path, args.output)
    return lambda path: args.output


def _write(source: str, target: str, text: str) -> None:
    """Writes `text` in the encoding and with the line ends of the file `source`, all of it or nothing."""
    import tokenize

    with open(source, "rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
        file.seek(0)
        ends = b"\r\n" if b"\r\n" in file.read() else b"\n"
    data = text.encode(encoding)
    if ends != b"\n":
        data = data.replace(b"\r\n", b"\n").replace(b"\n", ends)
    temporary = f"{target}.tmp{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(data)
    shutil.copymode(source, temporary)
    os.replace(temporary, target)


def _difference(path: str, before: str, after: str) -> list[str]:
    return list(
        difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), path, path, n=0)
    )


def _print(report: dict[str, Any], quiet: bool, wrote: bool) -> None:
    changed = 0
    for file in report["files"]:
        changed += len(file["changed"])
        if not quiet and wrote:
            for change in file["changed"]:
                print(f"{file['path']}:{change['line']}: {change['before']}  ->  {change['after']}")
        for kept in file["kept"]:
            print(f"{file['path']}:{kept['line']}: kept: {kept['import']}  ({kept['why']})")
    for path, error in report["unreadable"].items():
        print(f"{path}: does not parse: {error}")
    if not quiet:
        kept = sum(len(f["kept"]) for f in report["files"])
        done = "rewritten" if wrote else "to rewrite (--in-place or --output PATH does it)"
        print(f"{len(report['files'])} files import TensorFlow: {changed} imports {done}, {kept} kept")
