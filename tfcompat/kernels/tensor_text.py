"""Tensors as text, as the host operations that print them show them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def summary(x: np.ndarray, limit: int) -> str:
    """The first `limit` elements (all when negative): `1 2 3...`, `[1 2][3...]...`, without outer brackets."""
    limit = x.size if limit < 0 else min(limit, x.size)
    flat = x.reshape(-1)
    if x.ndim == 0:
        return _element(flat[0], False) if limit else "..."
    taken = [0]
    text = _nested(x.shape, flat, 0, limit, taken)
    return text + ("..." if x.size > limit else "")


def _nested(shape: tuple[int, ...], flat: np.ndarray, axis: int, limit: int, taken: list[int]) -> str:
    if taken[0] >= limit:
        return ""
    if axis == len(shape) - 1:
        words: list[str] = []
        for _ in range(shape[axis]):
            if taken[0] >= limit:
                return " ".join(words) + ("..." if axis else "")
            words.append(_element(flat[taken[0]], False))
            taken[0] += 1
        return " ".join(words)
    text = ""
    for _ in range(shape[axis]):
        opened = taken[0] < limit
        inner = _nested(shape, flat, axis + 1, limit, taken)
        text += f"[{inner}]" if opened else inner
    return text


def bracketed(x: np.ndarray, ends: int) -> str:
    """The first and last `ends` elements along every dimension (all when negative), in nested brackets."""
    return _block(x, 0, x.ndim, x.size if ends < 0 else ends)


def _block(x: Any, axis: int, rank: int, ends: int) -> str:
    if axis == rank:
        return _element(x[()] if isinstance(x, np.ndarray) else x, True)
    space = " " if axis == rank - 1 else "\n" * (rank - axis - 1) + " " * (axis + 1)
    count = len(x)
    shown = list(range(count)) if count <= 2 * ends else [*range(ends), *range(count - ends, count)]
    parts = [_block(x[i], axis + 1, rank, ends) for i in shown]
    if count > 2 * ends:
        parts.insert(ends, "...")
    return f"[{space.join(parts)}]"


def _element(value: Any, quoted: bool) -> str:
    if isinstance(value, (bytes, str)):
        text = _escaped(value if isinstance(value, bytes) else value.encode())
        return f'"{text}"' if quoted else text
    kind = np.asarray(value).dtype
    if kind.kind == "b":
        return "1" if value else "0"
    if kind.kind == "c":
        return "?"
    if kind.kind in "iu":
        return str(int(value))
    return _number(float(value), 15 if kind == np.float64 else 6)


def _number(value: float, digits: int) -> str:
    """As few digits as `digits` when they give the value back, else enough to."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    short = f"{value:.{digits}g}"
    same = float(short) == value if digits == 15 else np.float32(short) == np.float32(value)
    return short if same else f"{value:.{digits + (2 if digits == 15 else 3)}g}"


_ESCAPES = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("'"): "\\'", ord("\\"): "\\\\"}


def _escaped(text: bytes) -> str:
    """Text as C writes it; bytes that are no ASCII stay when they are UTF-8."""
    pieces = [_ESCAPES.get(c, chr(c) if 32 <= c < 127 else None) for c in text]
    if all(p is not None for p in pieces):
        return "".join(pieces)  # type: ignore[arg-type]
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        return "".join(f"\\{c:03o}" if p is None else p for c, p in zip(text, pieces, strict=True))
    return "".join(
        _ESCAPES.get(ord(c)) or (c if ord(c) >= 32 and ord(c) != 127 else f"\\{ord(c):03o}") for c in decoded
    )
