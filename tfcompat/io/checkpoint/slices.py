"""Slices of tensors in checkpoints: their text in programs (`30 20 0,10:-`), and their keys in tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.errors import DataLossError, InvalidArgumentError

Extent = tuple[int, int] | None
"""(start, length) along one dimension, or None for all of it."""


def parse_spec(text: str, name: str) -> tuple[list[int], list[Extent]] | None:
    """The full shape and the slice that a `shape_and_slices` entry says; None when it is empty.

    Raises:
        InvalidArgumentError: the text is malformed or leaves the shape.
    """
    parts = text.split()
    if not parts:
        return None
    try:
        shape = [int(p) for p in parts[:-1]]
        extents = [None if e == "-" else (int(e.split(",")[0]), int(e.split(",")[1])) for e in parts[-1].split(":")]
    except (ValueError, IndexError):
        raise InvalidArgumentError(
            None, None, f"Could not parse the slice specification {text!r} of tensor {name}"
        ) from None
    inside = len(extents) == len(shape) and all(
        e is None or 0 <= e[0] <= e[0] + e[1] <= d for e, d in zip(extents, shape, strict=True)
    )
    if not inside:
        raise InvalidArgumentError(
            None, None, f"The slice specification {text!r} of tensor {name} does not fit its shape"
        )
    return shape, extents


def slice_shape(shape: Sequence[int], extents: Sequence[Extent]) -> list[int]:
    """The shape of a slice."""
    return [d if e is None else e[1] for d, e in zip(shape, extents, strict=True)]


def put_together(
    shape: Sequence[int], parts: Sequence[tuple[list[Extent], np.ndarray]], dtype: Any, what: str
) -> np.ndarray:
    """The tensor whose slices are `parts`.

    Raises:
        DataLossError: the slices do not make up the tensor.
    """
    inside = all(
        len(extents) == len(shape)
        and all(e is None or 0 <= e[0] <= e[0] + e[1] <= d for e, d in zip(extents, shape, strict=True))
        and values.size == math.prod(slice_shape(shape, extents))
        for extents, values in parts
    )
    if min(shape, default=0) < 0 or not inside or sum(v.size for _, v in parts) != math.prod(shape):
        raise DataLossError(None, None, f"{what}: the slices do not make up the shape {list(shape)}")
    whole = np.empty(shape, dtype)
    for extents, values in parts:
        place = tuple(slice(None) if e is None else slice(e[0], e[0] + e[1]) for e in extents)
        whole[place] = values.reshape(slice_shape(shape, extents))
    return whole


def slice_key(name: str, extents: Sequence[Extent]) -> bytes:
    """The key of a slice in a table, in order-preserving code."""
    out = _number(0) + _text(name.encode()) + _number(len(extents))
    for extent in extents:
        start, length = (0, -1) if extent is None else extent
        out += _signed(start) + _signed(length)
    return out


def _number(value: int) -> bytes:
    """An unsigned number: how many bytes, then these, the highest first."""
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _text(data: bytes) -> bytes:
    """Bytes in which 0 and 255 are escaped, with a terminator."""
    escaped = b"".join({0: b"\0\xff", 0xFF: b"\xff\0"}.get(byte, bytes([byte])) for byte in data)
    return escaped + b"\0\1"


def _signed(value: int) -> bytes:
    """A signed number: leading bits say how many bytes it takes, so that order is that of the numbers."""
    if -64 <= value < 64:
        return bytes([(value & 0xFF) ^ 0x80])
    magnitude = ~value if value < 0 else value
    size = 1
    while magnitude >> (7 * size - 1):
        size += 1
    width = max(size, 1)
    number = value & ((1 << (8 * width)) - 1)
    header = ((1 << width) - 1) << (8 * width - width)
    return (number ^ header).to_bytes(width, "big")
