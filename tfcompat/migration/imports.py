"""Imports of TensorFlow rewritten to import tfcompat."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from tfcompat.migration.uses import ROOT

TARGET = "tfcompat.compat.v1"
_INTERNAL = ("python", "core", "tools", "tensorboard", "stream_executor", "tsl")


@dataclass(frozen=True, slots=True)
class Change:
    """One import statement: its line, its text before and after; `note` says why it is kept where both are the same."""

    line: int
    before: str
    after: str
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the statement stays as it is."""
        return self.before == self.after


def module_here(module: str) -> str | None:
    """The module of tfcompat that stands for one of TensorFlow's; None for internal ones and those of version 2."""
    below = module.removeprefix(ROOT).removeprefix(".")
    if below == "compat":
        return "tfcompat.compat"
    if below == "compat.v1" or below.startswith("compat.v1."):
        below = below.removeprefix("compat.v1").removeprefix(".")
    if below.split(".")[0] in _INTERNAL or below == "compat.v2" or below.startswith("compat.v2."):
        return None
    return f"{TARGET}.{below}" if below else TARGET


def rewritten(text: str, tree: ast.Module) -> tuple[str, list[Change]]:
    """The text of a file with its imports rewritten, and what was done to each import of TensorFlow."""
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = text.encode()
    changes: list[Change] = []
    pieces: list[tuple[int, int, bytes]] = []
    for node in ast.walk(tree):
        if not _imports_tensorflow(node):
            continue
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = data[begin:end].decode()
        after, note = _statement(node, before)
        changes.append(Change(node.lineno, before, after, note))
        pieces.append((begin, end, after.encode()))
    for begin, end, new in sorted(pieces, reverse=True):
        data = data[:begin] + new + data[end:]
    return data.decode(), sorted(changes, key=lambda c: c.line)


def _imports_tensorflow(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(a.name.split(".")[0] == ROOT for a in node.names)
    return isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == ROOT


def _statement(node: ast.Import | ast.ImportFrom, before: str) -> tuple[str, str]:
    """(statement, why it is kept)."""
    if isinstance(node, ast.ImportFrom):
        assert node.module is not None
        target = module_here(node.module)
        if target is None:
            return before, _why_kept(node.module)
        if target == "tfcompat.compat" and any(a.name != "v1" for a in node.names):
            return before, "names of version 2 are not provided"
        if node.module == ROOT and any(a.name in ("python", "core", "compat") for a in node.names):
            return before, _why_kept(f"{ROOT}.{node.names[0].name}")
        return re.sub(r"^from(\s+)[\w.]+", lambda m: f"from{m[1]}{target}", before, count=1), ""
    parts = []
    for alias in node.names:
        spelled = alias.name + (f" as {alias.asname}" if alias.asname else "")
        if alias.name.split(".")[0] != ROOT:
            parts.append(spelled)
            continue
        target = module_here(alias.name)
        if target is None or target == "tfcompat.compat":
            return before, _why_kept(alias.name)
        parts.append(f"{target} as {alias.asname}" if alias.asname else f"{TARGET} as {ROOT}")
    return f"import {', '.join(dict.fromkeys(parts))}", ""


def _why_kept(module: str) -> str:
    return (
        f"{module} is internal: it is served by `tfcompat run`, or after "
        "`from tfcompat.compat import import_hook; import_hook.install()`"
    )
