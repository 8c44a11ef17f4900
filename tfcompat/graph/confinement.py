"""Keeps what runs while a model is loaded inside the model's directory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar

from tfcompat.graph.errors import PermissionDeniedError

_root: ContextVar[str | None] = ContextVar("root", default=None)


@contextlib.contextmanager
def confined_to(folder: str) -> Iterator[None]:
    """While this is open, operations of this thread open files below `folder` only."""
    token = _root.set(os.path.realpath(folder))
    try:
        yield
    finally:
        _root.reset(token)


def check_path(path: str | bytes) -> None:
    """Raises PermissionDeniedError when a model that is being loaded may not open `path`."""
    root = _root.get()
    if root is None:
        return
    name = os.fsdecode(path)
    if not os.path.realpath(name).startswith(root + os.sep):
        raise PermissionDeniedError(
            None,
            None,
            f"The model in {root} wants to open {name}, which lies outside, while it is loaded; it is not opened. "
            "Files that a model needs belong into its directory of assets.",
        )
