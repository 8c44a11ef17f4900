"""Text and bytes, numeric type tuples, and questions about forward compatibility."""

from __future__ import annotations

import contextlib
import datetime
import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.graph.export import export, export_lazy, tf_export

export("compat.bytes_or_text_types", (bytes, str))
export("compat.integral_types", (numbers.Integral, np.integer))
export("compat.real_types", (numbers.Real, np.integer, np.floating))
export("compat.complex_types", (numbers.Complex, np.number))


@tf_export("compat.as_bytes")
def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """`bytes_or_text` as bytes; text is encoded.

    Raises:
        TypeError: it is neither bytes nor text.
    """
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@tf_export("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """`bytes_or_text` as text; bytes are decoded.

    Raises:
        TypeError: it is neither bytes nor text.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


@tf_export("compat.as_str_any")
def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Bytes decoded, anything else as `str(value)`."""
    return value.decode(encoding) if isinstance(value, bytes) else str(value)


@tf_export("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """The text of a path object; anything else as it is."""
    return as_str_any(path.__fspath__()) if hasattr(path, "__fspath__") else path


_horizon = [datetime.date(2023, 10, 10)]


@tf_export("compat.forward_compatible")
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether a change made on that day may be relied on, by the reference's release."""
    return _horizon[0] > datetime.date(year, month, day)


@tf_export("compat.forward_compatibility_horizon")
@contextlib.contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Iterator[None]:
    """A context manager inside which `forward_compatible` compares with another day."""
    outer = _horizon[0]
    _horizon[0] = datetime.date(year, month, day)
    try:
        yield
    finally:
        _horizon[0] = outer


def _root() -> Any:
    import importlib

    return importlib.import_module("tfcompat.compat.v1")


export_lazy("compat.v1", _root)
