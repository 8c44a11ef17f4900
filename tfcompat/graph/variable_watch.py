"""Who reads which variable: blocks that want to know register here, variables report their reads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class _Watchers(threading.local):
    def __init__(self) -> None:
        self.blocks: list[dict[int, Any]] = []


_watchers = _Watchers()


@contextlib.contextmanager
def watch_variables() -> Iterator[Any]:
    """Gives a view of the trainable variables that are read inside the block, in the order of their first reads."""
    seen: dict[int, Any] = {}
    _watchers.blocks.append(seen)
    try:
        yield seen.values()
    finally:
        _watchers.blocks.remove(seen)


def variable_read(variable: Any) -> None:
    """Reports a read of a trainable variable to the open blocks."""
    for seen in _watchers.blocks:
        seen.setdefault(id(variable), variable)
