"""Choosing boxes one after the other, for files: where overlaps are given, or where they lower scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converters.branches import loop
from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts_for_files
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_LOWEST = np.float32(-np.inf)


def corners(b: Builder, boxes: Value) -> tuple[Value, Value]:
    """The lower and the upper corners of boxes whose corners are in any order, [count, 2] each."""
    one, other = (b.Slice(boxes, [i], [i + 2], [1]) for i in (0, 2))
    return b.Min(one, other), b.Max(one, other)


def overlaps_of(b: Builder, low: Value, high: Value, index: Value) -> Value:
    """Intersection over union of the box `index` with every box, [count]."""
    own_low, own_high = (b.Gather(v, b.Reshape(index, [1]), axis=0) for v in (low, high))
    zero = b.const(np.float32(0))
    areas, own = (b.ReduceProd(b.Sub(y, x), [1], keepdims=0) for x, y in ((low, high), (own_low, own_high)))
    sides = b.Max(b.Sub(b.Min(high, own_high), b.Max(low, own_low)), zero)
    common = b.ReduceProd(sides, [1], keepdims=0)
    real = b.And(b.Greater(areas, zero), b.Greater(own, zero))
    return b.Where(real, b.Div(common, b.Sub(b.Add(areas, own), common)), zero)  # type: ignore[no-any-return]


def chosen_in_turn(
    b: Builder,
    overlaps: Callable[[Builder, Value], Value],
    scores: Value,
    limit: Value,
    overlap: Value,
    least: Value,
    sigma: Value | None = None,
) -> tuple[Value, Value]:
    """(positions int64, scores) of at most `limit` boxes, best first.

    Args:
        b: the builder.
        overlaps: (builder, position) -> the overlap of that box with every box.
        scores: float32 [count]; those that are not above `least` do not count.
        limit: the most boxes, an integer scalar.
        overlap: what overlaps a chosen box more than this drops out.
        least: see scores.
        sigma: where it is given, scores fall with overlap o by exp(-o^2 / (2 sigma)).
    """
    lowest = b.const(_LOWEST)
    places = b.Range(b.const(0), b.Squeeze(b.Shape(scores), [0]), b.const(1))
    start = b.Where(b.Greater(scores, least), scores, lowest)

    def any_left(b: Builder, current: Value) -> Value:
        left = b.ReduceMax(b.Concat(current, b.const(np.array([_LOWEST])), axis=0), keepdims=0)
        return b.Greater(left, lowest)  # type: ignore[no-any-return]

    def step(b: Builder, turn: Value, current: Value, chosen: Value, values: Value) -> tuple[Value, list[Value]]:
        best = b.ArgMax(current, axis=0, keepdims=1)
        chosen = b.Concat(chosen, best, axis=0)
        values = b.Concat(values, b.Gather(current, best, axis=0), axis=0)
        common = overlaps(b, best)
        if sigma is not None:
            weight = b.Exp(b.Mul(b.Mul(b.Div(b.const(np.float32(-0.5)), sigma), common), common))
            current = b.Mul(current, weight)
        gone = b.Or(b.Or(b.Greater(common, overlap), b.LessOrEqual(current, least)), b.Equal(places, best))
        current = b.Where(gone, lowest, current)
        return any_left(b, current), [current, chosen, values]

    nothing = [b.const(np.zeros(0, np.int64)), b.const(np.zeros(0, np.float32))]
    for value in nothing:
        value.shape = (None,)
    first = [start, *nothing]
    first[0].shape = (None,)
    _, chosen, values = loop(b, b.Reshape(b.int64(limit), []), any_left(b, start), first, step)
    return chosen, values


@converts_for_files("NonMaxSuppressionWithOverlaps")
def _with_overlaps(
    b: Builder, op: Operation, overlaps: Value, scores: Value, limit: Value, most: Value, least: Value
) -> Value:
    if overlaps.rank != 2 or scores.rank != 1:
        raise NotConvertible(f"overlaps of rank {overlaps.rank} and scores of rank {scores.rank}")
    chosen, _ = chosen_in_turn(
        b, lambda b, i: b.Squeeze(b.Gather(overlaps, i, axis=1), [1]), scores, limit, most, least
    )
    return b.cast(chosen, dtypes.int32)
