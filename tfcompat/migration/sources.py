"""Python files of a code base, parsed."""

from __future__ import annotations

import ast
import os
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

_SKIPPED = frozenset({".git", ".hg", ".svn", "__pycache__", ".venv", "venv", "node_modules", "build", ".tox", ".eggs"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of Python.

    Attributes:
        path: where it is.
        text: its text.
        tree: its syntax; None when it does not parse.
        error: why it does not parse.
    """

    path: str
    text: str
    tree: ast.Module | None
    error: str = ""


def python_files(path: str) -> Iterator[str]:
    """`path`, or the Python files below the directory `path`."""
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED)
        yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(".py"))


def read_source(path: str) -> SourceFile:
    """A file with its syntax; Python 2 and other text that does not parse is said so.

    Raises:
        OSError: it cannot be read.
    """
    import warnings

    try:
        with tokenize.open(path) as file:
            text = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return SourceFile(path, text, ast.parse(text, path))
    except SyntaxError as error:
        return SourceFile(path, "", None, f"line {error.lineno}: {error.msg}" if error.lineno else str(error.msg))
    except (UnicodeDecodeError, ValueError, RecursionError, MemoryError) as error:
        return SourceFile(path, "", None, str(error))
