"""ONNX forms of crosses of sparse and dense features, for files."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.ragged_rows import added_up, count_of, part, rows_of, splits_of
from converters.registry import NotConvertible, converts_for_files
from converters.string_hashes import Texts, Word, fingerprint, in_bucket, siphash
from converters.tables import as_text
from converters.text import text
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.graph.string_hashes import (
    LARGEST_BUCKETS,
    MASK,
    FourBytes,
    combined,
    sip_end,
    sip_start,
    sip_step,
    up_to_7,
)


@dataclass(frozen=True, slots=True)
class _Feature:
    """The values of one feature, row after row; where each row begins, and how many it has, int64 [batch]."""

    values: Value
    starts: Value
    counts: Value
    is_sparse: bool


def _features(b: Builder, op: Operation, inputs: Sequence[Value]) -> tuple[list[_Feature], Value]:
    """The features, sparse ones first, and the number of rows, int64 [1]."""
    n = op.attrs["N"]
    indices, values, shapes, dense = inputs[:n], inputs[n : 2 * n], inputs[2 * n : 3 * n], inputs[3 * n :]
    sizes = [part(b, s, 0, 1) for s in shapes] + [count_of(b, d) for d in dense]
    if not sizes:
        raise NotConvertible("a cross of no features")
    batch = sizes[0]
    for size in sizes[1:]:
        batch = require(b, b.Squeeze(b.Equal(size, sizes[0]), [0]), batch)
    features = []
    for places, own in zip(indices, values, strict=True):
        rows = b.Squeeze(b.Slice(places, [0], [1], [1]), [1])
        ones = b.Expand(b.const(np.ones(1, np.int64)), b.Shape(rows))
        counts = added_up(b, batch, rows, ones)
        features.append(_Feature(own, part(b, splits_of(b, counts), 0, -1), counts, True))
    for matrix in dense:
        counts = b.Expand(part(b, b.Shape(matrix), 1, 2), batch)
        features.append(_Feature(b.Reshape(matrix, [-1]), part(b, splits_of(b, counts), 0, -1), counts, False))
    return features, batch


def _crossed(
    b: Builder, op: Operation, inputs: Sequence[Value], of_feature: Callable[[_Feature], Value],
    joined: Callable[[list[Value]], Value]
) -> list[Value]:  # fmt: skip
    """Indices, values and shape of the crosses of each row; the last feature varies fastest.

    Args:
        b: the builder.
        op: the operation.
        inputs: those with the features.
        of_feature: what counts of the values of a feature.
        joined: the values of the crosses, from that of each feature.
    """
    features, batch = _features(b, op, inputs)
    total = features[0].counts
    for feature in features[1:]:
        total = b.Mul(total, feature.counts)
    rows, place = rows_of(b, splits_of(b, total))
    rest = place
    found: list[Value] = []
    for feature in reversed(features):
        count = b.Gather(feature.counts, rows)
        which = b.Add(b.Gather(feature.starts, rows), b.Mod(rest, count))
        rest = b.Div(rest, count)
        found.insert(0, b.Gather(of_feature(feature), which))
    largest = b.ReduceMax(b.Concat(b.const([0]), total, axis=0), keepdims=1)
    indices = b.Concat(*(b.Unsqueeze(v, [1]) for v in (rows, place)), axis=1)
    return [indices, joined(found), b.Concat(batch, largest, axis=0)]


def _as_texts(b: Builder, op: Operation, inputs: Sequence[Value], separator: str) -> list[Value]:
    def joined(found: list[Value]) -> Value:
        result = found[0]
        for value in found[1:]:
            result = b.StringConcat(b.StringConcat(result, text(b, separator)), value)
        return result

    return _crossed(b, op, inputs, lambda f: b.cast(f.values, dtypes.string), joined)


def _as_hashes(
    b: Builder, op: Operation, inputs: Sequence[Value], start: int | None, buckets: int,
    word: Callable[[_Feature], Word],
) -> list[Value]:  # fmt: skip
    """Crosses of the words of their features, one after the other, beginning with `start`."""

    def joined(found: list[Value]) -> Value:
        words: list[Any] = [Word([b], v) for v in found]
        result = functools.reduce(combined, words if start is None else [start & MASK, *words])
        return in_bucket(b, result, buckets or LARGEST_BUCKETS)

    return _crossed(b, op, inputs, lambda f: word(f).value, joined)


def _number(b: Builder, feature: _Feature) -> Word:
    return Word([b], b.cast(feature.values, dtypes.uint64))


@converts_for_files("SparseCross")
def _cross(b: Builder, op: Operation, *inputs: Value) -> list[Value]:
    """Integers stand for themselves, texts for their fingerprints."""
    attrs = op.attrs

    def word(feature: _Feature) -> Word:
        is_text = feature.values.dtype is dtypes.string
        return fingerprint(b, Texts(b, feature.values)) if is_text else _number(b, feature)

    if not attrs["hashed_output"]:
        return _as_texts(b, op, inputs, "_X_")
    return _as_hashes(b, op, inputs, attrs["hash_key"], attrs["num_buckets"], word)


@converts_for_files("SparseCrossV2")
def _cross_texts(b: Builder, op: Operation, *inputs: Value) -> list[Value]:
    return _as_texts(b, op, inputs[:-1], as_text(b.constant(inputs[-1], "the separator").item()))


@converts_for_files("SparseCrossHashed")
def _cross_hashed(b: Builder, op: Operation, *inputs: Value) -> list[Value]:
    """Integers of dense features stand for themselves, those of sparse ones count by their lower four bytes."""
    buckets, strong, salt = (b.constant(v, "the hash") for v in inputs[-3:])
    if salt.size != 2:
        raise NotConvertible("salt must have two elements")
    key = (int(salt[0]), int(salt[1]))

    def word(feature: _Feature) -> Word:
        if feature.values.dtype is dtypes.string:
            t = Texts(b, feature.values)
            return siphash(b, t, key) if strong.item() else fingerprint(b, t)
        number = _number(b, feature)
        if not feature.is_sparse:
            return number
        low = number & 0xFFFFFFFF
        if not strong.item():
            return up_to_7(FourBytes(low))  # type: ignore[no-any-return]
        return sip_end(sip_step(sip_start(key), low | (4 << 56)))  # type: ignore[no-any-return]

    return _as_hashes(b, op, inputs[:-3], None, int(buckets), word)
