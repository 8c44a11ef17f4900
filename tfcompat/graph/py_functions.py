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
OPEN_SESSION: list[Callable[..., Any]] = []
"""What opens a session of a graph (`graph=`); put here by the session, which stands above."""

_kept: weakref.WeakKeyDictionary[Graph, list[Entry]] = weakref.WeakKeyDictionary()


class Entry:
    """A function under its token, and the graph that it was given to."""

    __slots__ = ("__weakref__", "function", "graph")

    def __init__(self, function: Callable[..., Any], graph: Graph):
        self.function = function
        self.graph = weakref.ref(graph)


def _outermost(graph: Graph) -> Graph:
    while (outer := getattr(graph, "outer_graph", None)) is not None:
        graph = outer
    return graph


def register(function: Callable[..., Any], graph: Graph) -> str:
    """A new token for `function`, which lives as long as `graph`."""
    with _lock:
        token = f"pyfunc_{next(_numbers)}"
        entry = Entry(function, _outermost(graph))
        _functions[token] = entry
        _kept.setdefault(graph, []).append(entry)
    return token


def find(token: str, graph: Graph) -> Callable[..., Any] | None:
    """The function of `token`, or None when it was not given to `graph`: what is imported from files calls nothing."""
    entry = _functions.get(token)
    return None if entry is None or entry.graph() is not _outermost(graph) else entry.function


def count() -> int:
    """How many functions are alive."""
    return len(_functions)
