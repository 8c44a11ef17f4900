"""Paths as programs give them, for the functions of the operating system."""

from __future__ import annotations

import os
import re
from typing import Any

from tfcompat.graph.errors import UnimplementedError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def local_path(path: Any) -> str:
    """A path, as text and without `file://`.

    Raises:
        UnimplementedError: it is a URI of another scheme.
    """
    text = os.fsdecode(path)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return text
    if scheme[1] != "file":
        raise UnimplementedError(None, None, f"File system scheme '{scheme[1]}' not implemented (file: '{text}')")
    return text[scheme.end() :]
