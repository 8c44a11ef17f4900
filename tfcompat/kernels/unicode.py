"""Host kernels: text in encodings and as code points, and n-grams."""

from __future__ import annotations

import codecs
import functools
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse_places import Array, require


def _codec(k: KernelContext, name: str, what: str) -> str:
    try:
        found = codecs.lookup(name.replace("_", "-"))
    except LookupError:
        raise InvalidArgumentError(None, k.op, f"Could not create converter for {what} encoding: {name}") from None
    return found.name


_MARKS = {
    "utf-16": [(b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"", "utf-16-be")],
    "utf-32": [(b"\x00\x00\xfe\xff", "utf-32-be"), (b"\xff\xfe\x00\x00", "utf-32-le"), (b"", "utf-32-be")],
}  # fmt: skip
"""Encodings whose order of bytes a mark at the beginning tells."""


def _characters(data: bytes, codec: str) -> Iterator[tuple[int, int]]:
    """(code point, number of bytes) of each character; -1 for bytes that are none."""
    rest = data
    for mark, ordered in _MARKS.get(codec, ()):
        if rest.startswith(mark):
            rest, codec = rest[len(mark) :], ordered
            break
    while rest:
        try:
            text, error = rest.decode(codec), None
        except UnicodeDecodeError as found:
            text, error = rest[: found.start].decode(codec), found
        for character in text:
            yield ord(character), len(character.encode(codec))
        if error is None:
            return
        yield -1, error.end - error.start
        rest = rest[error.end :]


def _decoded(k: KernelContext, data: bytes, codec: str) -> Iterator[tuple[int, int]]:
    """(code point, place of its first byte) of each character, errors treated as the op says."""
    errors, replacement = k.attr("errors").decode(), k.attr("replacement_char")
    controls = k.attr("replace_control_characters")
    place = 0
    for point, size in _characters(data, codec):
        if point < 0:
            if errors == "strict":
                raise InvalidArgumentError(None, k.op, "Invalid formatting on input string")
            if errors == "replace":
                yield replacement, place
        elif controls and point <= 0x1F:
            if errors != "ignore":
                yield replacement, place
        else:
            yield point, place
        place += size


def _check(k: KernelContext) -> None:
    errors = k.attr("errors").decode()
    require(k, errors in ("strict", "replace", "ignore"), "errors must be one of: strict, replace, ignore")
    point = k.attr("replacement_char")
    valid = 0 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF
    require(k, valid, "replacement_char out of unicode codepoint range")


def _encoded(points: list[int], codec: str) -> bytes:
    codec = {"utf-16": "utf-16-be", "utf-32": "utf-32-be"}.get(codec, codec)
    return "".join(map(chr, points)).encode(codec, "surrogatepass")


@kernel("UnicodeDecode", "UnicodeDecodeWithOffsets")
def _decode(k: KernelContext, text: Array) -> tuple[Array, ...]:
    _check(k)
    codec = _codec(k, k.attr("input_encoding").decode(), "input")
    rows = [list(_decoded(k, data, codec)) for data in text.reshape(-1).tolist()]
    splits = np.cumsum([0, *(len(row) for row in rows)]).astype(k.output_dtype(0).as_numpy_dtype)
    values = np.array([point for row in rows for point, _ in row], np.int32)
    if k.op.type == "UnicodeDecode":
        return splits, values
    return splits, values, np.array([place for row in rows for _, place in row], np.int64)


def _is_character(point: int) -> bool:
    inside = 0 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF
    return inside and not 0xFDD0 <= point <= 0xFDEF and point & 0xFFFE != 0xFFFE


@kernel("UnicodeEncode")
def _encode(k: KernelContext, values: Array, splits: Array) -> Array:
    _check(k)
    errors, replacement = k.attr("errors").decode(), k.attr("replacement_char")
    codec = _codec(k, k.attr("output_encoding").decode(), "output")
    require(k, splits.size > 0, "Input_splits should contain elements, but has 0 elements.")
    require(k, int(splits[0]) == 0, "First value in input_splits must be zero.")
    require(k, not (np.diff(splits) < 0).any(), "Values in input_splits must be equal or in ascending order.")
    require(
        k, int(splits[-1]) <= len(values), "Values in input_splits must be less than or equal to input_tensor length."
    )
    out = np.empty(len(splits) - 1, object)
    for i, (begin, end) in enumerate(zip(splits[:-1].tolist(), splits[1:].tolist(), strict=True)):
        kept = []
        for point in values[begin:end].tolist():
            if _is_character(point):
                kept.append(point)
            elif errors == "strict":
                raise InvalidArgumentError(None, k.op, "Code point is out of range for Unicode, or a noncharacter.")
            elif errors == "replace":
                kept.append(replacement)
        out[i] = _encoded(kept, codec)
    return out


@kernel("UnicodeTranscode")
def _transcode(k: KernelContext, text: Array) -> Array:
    _check(k)
    source = _codec(k, k.attr("input_encoding").decode(), "input")
    target = _codec(k, k.attr("output_encoding").decode(), "output")
    out = np.empty(text.shape, object)
    flat = out.reshape(-1)
    for i, data in enumerate(text.reshape(-1).tolist()):
        flat[i] = _encoded([point for point, _ in _decoded(k, data, source)], target)
    return out


@kernel("StringNGrams")
def _ngrams(k: KernelContext, data: Array, splits: Array) -> tuple[Array, Array]:
    require(k, all(w > 0 for w in k.attr("ngram_widths")), "ngram_widths must contain positive values")
    require(k, splits.size > 0, "data_splits must not be empty")
    require(k, int(splits[0]) == 0, f"First split value must be 0, got {splits[0]}")
    for before, split in itertools.pairwise(splits.tolist()):
        inside = before <= split <= len(data)
        require(k, inside, f"Invalid split value {split}, must be in [{before}, {len(data)}]")
    require(
        k, int(splits[-1]) == len(data), f"Last split value must be data size. Expected {len(data)}, got {splits[-1]}"
    )
    require(k, k.attr("pad_width") >= -1, f"Pad width should be >= 0, got {k.attr('pad_width')}")
    rows = [
        list(_runs(k, data[begin:end].tolist()))
        for begin, end in zip(splits[:-1].tolist(), splits[1:].tolist(), strict=True)
    ]
    out = np.empty(sum(map(len, rows)), object)
    out[:] = [run for row in rows for run in row]
    return out, np.cumsum([0, *map(len, rows)]).astype(splits.dtype)


def _runs(k: KernelContext, row: list[bytes]) -> Iterator[bytes]:
    """The n-grams of a row, width by width."""
    separator, left, right = k.attr("separator"), k.attr("left_pad"), k.attr("right_pad")
    pad_width, short = k.attr("pad_width"), k.attr("preserve_short_sequences")
    found = False
    for width in k.attr("ngram_widths"):
        pads = width - 1 if pad_width < 0 else min(pad_width, width - 1)
        padded: list[Any] = [left] * pads + row + [right] * pads
        count = max(0, len(padded) - width + 1)
        found = found or count > 0
        yield from (separator.join(padded[i : i + width]) for i in range(count))
    if short and not found and row:
        width = k.attr("ngram_widths")[0]
        pads = width - 1 if pad_width < 0 else min(pad_width, width - 1)
        yield separator.join([left] * pads + row + [right] * pads)


@functools.cache
def _scripts() -> tuple[Array, Array]:
    """(the first code points of ranges in ascending order, the script of each range)."""
    lines = (Path(__file__).parent / "unicode_scripts.jsonl").read_text().splitlines()
    ranges = sorted((start, entry["script"]) for entry in map(json.loads, lines) for start, _ in entry["ranges"])
    starts, scripts = zip(*ranges, strict=True)
    return np.array(starts, np.int32), np.array(scripts, np.int32)


@kernel("UnicodeScript")
def _script(k: KernelContext, points: Array) -> Array:
    """Numbers of ICU's UScriptCode; -1 for what is no code point."""
    starts, scripts = _scripts()
    found = scripts[np.searchsorted(starts, points, "right") - 1]
    return np.where((points >= 0) & (points <= 0x10FFFF), found, np.int32(-1))
