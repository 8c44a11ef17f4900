"""Host kernels of string operations; strings are bytes."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, OutOfRangeError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_WEB_SAFE = re.compile(rb"[0-9A-Za-z_-]*")


def mapped(function: Any, array: np.ndarray, dtype: Any = object) -> np.ndarray:
    """`function` of each element."""
    out = np.empty(array.shape, dtype)
    flat = out.reshape(-1)
    for i, item in enumerate(array.reshape(-1)):
        flat[i] = function(item)
    return out


@kernel("StringJoin")
def _join(k: KernelContext, *parts: np.ndarray) -> np.ndarray:
    shapes = {p.shape for p in parts if p.ndim}
    if len(shapes) > 1:
        raise InvalidArgumentError(None, k.op, f"Input shapes do not match: {' vs. '.join(map(str, sorted(shapes)))}")
    separator: bytes = k.attr("separator")
    spread = np.broadcast_arrays(*parts)
    out = np.empty(spread[0].shape, object)
    flat = out.reshape(-1)
    for i, items in enumerate(zip(*(p.reshape(-1) for p in spread), strict=True)):
        flat[i] = separator.join(items)
    return out


@kernel("ReduceJoin")
def _reduce_join(k: KernelContext, text: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Joins along the first axis given, then what comes of that along the next, ..."""
    wanted: list[int] = []
    for axis in axes.reshape(-1).tolist():
        if not -text.ndim <= axis < text.ndim:
            message = f"Invalid reduction dimension {axis} for input with {text.ndim} dimension(s)"
            raise OutOfRangeError(None, k.op, message)
        if axis % text.ndim in wanted:
            raise InvalidArgumentError(None, k.op, f"Duplicate reduction dimension {axis % text.ndim}")
        wanted.append(axis % text.ndim)
    kept = [axis for axis in range(text.ndim) if axis not in wanted]
    separator: bytes = k.attr("separator")
    moved = text.transpose(kept + wanted[::-1])
    out = np.empty([text.shape[axis] for axis in kept], object)
    for place in np.ndindex(out.shape):
        out[place] = separator.join(moved[place].reshape(-1)) if wanted else moved[place]
    if k.attr("keep_dims"):
        return out.reshape([1 if axis in wanted else size for axis, size in enumerate(text.shape)])
    return out


@kernel("UnsortedSegmentJoin")
def _segment_join(k: KernelContext, text: np.ndarray, ids: np.ndarray, count: np.ndarray) -> np.ndarray:
    segments = int(count)
    if segments < 0:
        raise InvalidArgumentError(None, k.op, "Number of segments must be positive")
    if text.shape[: ids.ndim] != ids.shape:
        raise InvalidArgumentError(None, k.op, "Shape of segment_ids must be a prefix of the shape of inputs")
    if ids.size and not 0 <= ids.min() <= ids.max() < segments:
        message = "segment_ids are not allowed to exceed num_segments or to have negative values."
        raise InvalidArgumentError(None, k.op, message)
    separator: bytes = k.attr("separator")
    rows = text.reshape((ids.size, -1) if ids.size else (0, 0))
    out = np.empty((segments, *text.shape[ids.ndim :]), object)
    out.fill(b"")
    flat = out.reshape(segments, -1)
    for segment in set(ids.reshape(-1).tolist()):
        members = rows[ids.reshape(-1) == segment]
        flat[segment] = [separator.join(column) for column in members.T]
    return out


@kernel("StringSplit")
def _split(k: KernelContext, text: np.ndarray, delimiter: Any) -> tuple[np.ndarray, ...]:
    """Splits at every byte of the delimiter; without one, between all bytes."""
    _need_scalar(k, delimiter, "delimiter")
    pattern = re.compile(b"[" + re.escape(delimiter[()]) + b"]") if delimiter[()] else None
    skip_empty = k.attr("skip_empty")

    def parts(item: bytes) -> list[bytes]:
        if not item:
            return []
        found = pattern.split(item) if pattern else [item[i : i + 1] for i in range(len(item))]
        return [part for part in found if part] if skip_empty else found

    return _sparse_rows([parts(item) for item in text])


@kernel("StringSplitV2")
def _split_v2(k: KernelContext, text: np.ndarray, separator: np.ndarray) -> tuple[np.ndarray, ...]:
    """Splits as `bytes.split` does: an empty separator stands for runs of white space."""
    _need_scalar(k, separator, "sep")
    return _sparse_rows([item.split(separator[()] or None, k.attr("maxsplit")) for item in text])


def _need_scalar(k: KernelContext, value: np.ndarray, what: str) -> None:
    if value.ndim:
        raise InvalidArgumentError(None, k.op, f"{what} must be a scalar, got shape: {list(value.shape)}")


def _sparse_rows(rows: list[list[bytes]]) -> tuple[np.ndarray, ...]:
    """Indices, values and dense shape of rows of different lengths."""
    places = [(row, column) for row, parts in enumerate(rows) for column in range(len(parts))]
    values = np.empty(len(places), object)
    values[:] = [part for parts in rows for part in parts]
    shape = np.array([len(rows), max(map(len, rows), default=0)], np.int64)
    return np.array(places, np.int64).reshape(-1, 2), values, shape


@kernel("Substr")
def _substr(k: KernelContext, text: Any, position: np.ndarray, length: np.ndarray) -> np.ndarray:
    characters = k.attr("unit") == b"UTF8_CHAR"
    if position.shape != length.shape:
        raise InvalidArgumentError(None, k.op, "pos and len must have the same shape")
    spread: Any
    spread, at, sizes = np.broadcast_arrays(text, position, length)
    out = np.empty(spread.shape, object)
    broadcast = position.ndim > 0 and text.shape != position.shape
    for order, place in enumerate(np.ndindex(out.shape)):
        item, start, size = spread[place], int(at[place]), int(sizes[place])
        ends = _characters(item) if characters else range(len(item) + 1)
        count = len(ends) - 1
        if not -count <= start <= count:
            shown = "" if characters else f" b'{item.decode(errors='replace')}'"
            whole = len(place) > 1 and broadcast and not characters
            number = place if whole else place[0] if broadcast else order
            raise InvalidArgumentError(None, k.op, f"pos {start} out of range for string{shown} at index {number}")
        start += count if start < 0 else 0
        out[place] = item[ends[start] : ends[min(count, start + size) if size >= 0 else count]]
    return out


def _characters(item: bytes) -> list[int]:
    """Where the UTF-8 characters of `item` begin, and its end."""
    return [i for i, byte in enumerate(item) if byte & 0xC0 != 0x80] + [len(item)]


@kernel("StringLength")
def _length(k: KernelContext, text: np.ndarray) -> np.ndarray:
    if k.attr("unit") == b"UTF8_CHAR":
        return mapped(lambda item: len(_characters(item)) - 1, text, np.int32)
    return mapped(len, text, np.int32)


@kernel("StringLower", "StringUpper")
def _change_case(k: KernelContext, text: np.ndarray) -> np.ndarray:
    method = k.op.type.removeprefix("String").lower()
    encoding = k.attr("encoding")
    if encoding not in (b"", b"utf-8"):
        message = f"only utf-8 or '' (no encoding) is supported, received {encoding.decode()}"
        raise InvalidArgumentError(None, k.op, message)
    if encoding:
        return mapped(lambda item: getattr(item.decode("utf-8", "replace"), method)().encode(), text)
    return mapped(getattr(bytes, method), text)


@kernel("StringStrip")
def _strip(k: KernelContext, text: np.ndarray) -> np.ndarray:
    return mapped(bytes.strip, text)


@kernel("EncodeBase64")
def _encode_base64(k: KernelContext, text: np.ndarray) -> np.ndarray:
    encoded = mapped(base64.urlsafe_b64encode, text)
    return encoded if k.attr("pad") else mapped(lambda item: item.rstrip(b"="), encoded)


@kernel("DecodeBase64")
def _decode_base64(k: KernelContext, text: np.ndarray) -> np.ndarray:
    """Decodes the web-safe alphabet, with or without padding."""

    def decode(item: bytes) -> bytes:
        bare = item[:-2] + item[-2:].rstrip(b"=") if len(item) % 4 == 0 else item
        if len(bare) % 4 == 1:
            raise InvalidArgumentError(None, k.op, "Base64 string length cannot be 1 modulo 4.")
        if not _WEB_SAFE.fullmatch(bare):
            raise InvalidArgumentError(None, k.op, "Invalid character found in base64.")
        return base64.urlsafe_b64decode(bare + b"=" * (-len(bare) % 4))

    return mapped(decode, text)
