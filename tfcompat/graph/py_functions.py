"""Python functions that graphs call: kept under tokens for as long as the graph that records a call."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tfcompat.graph.graph import Graph

_functions: weakref.WeakValueDictionary[str, Entry] = weakref.WeakValueDictionary()
_numbers = itertools.count()
_lock = threading.Lock()
_kept: weakref.WeakKeyDictionary[Graph, list[Entry]] = weakref.WeakKeyDictionary()


class Entry:
    """A function under its token."""

    __slots__ = ("__weakref__", "function")

    def __init__(self, function: Callable[..., Any]):
        self.function = function


def register(function: Callable[..., Any], graph: Graph) -> str:
    """A new token for `function`, which lives as long as `graph`."""
    with _lock:
        token = f"pyfunc_{next(_numbers)}"
        entry = Entry(function)
        _functions[token] = entry
        _kept.setdefault(graph, []).append(entry)
    return token


def find(token: str) -> Callable[..., Any] | None:
    """The function of `token`, or None when its graph is gone."""
    entry = _functions.get(token)
    return None if entry is None else entry.function


def count() -> int:
    """How many functions are alive."""
    return len(_functions)
