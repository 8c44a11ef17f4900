"""Which input positions, with which weights, make an output position of a resized image, computed in the run.

The formulas are those of `tfcompat.graph.resampling`, in the same float32 arithmetic.
"""

from __future__ import annotations

import numpy as np

from converters import guards
from converters.builder import Builder, Value
from tfcompat.graph import dtypes

_TABLE = 1024.0


def _sizes(b: Builder, images: Value, size: Value, axis: int) -> tuple[Value, Value]:
    """Own and wanted size as int64 scalars, in a run in which neither is 0."""
    own = b.Shape(images, start=axis, end=axis + 1)
    wanted = b.int64(b.Slice(size, [axis - 1], [axis], [0]))
    both = b.Concat(own, wanted, axis=0)
    both = guards.require(b, b.Greater(b.ReduceMin(both, keepdims=0), 0), both)
    first, second = (b.Gather(both, b.const(np.array(i, np.int64)), axis=0) for i in (0, 1))
    return first, second


def _exact(b: Builder, own: Value, wanted: Value, align_corners: bool, before: float, after: float) -> Value:
    """(i + before) * input positions per output position - after, for every output position i, in float32."""
    size, count = b.cast(own, dtypes.float32), b.cast(wanted, dtypes.float32)
    step = b.Div(size, count)
    if align_corners:
        step = b.Where(b.Greater(wanted, 1), b.Div(b.Sub(size, 1), b.Max(b.Sub(count, 1), b.const(1.0))), step)
    at = b.cast(b.Range(b.const(np.int64(0)), wanted, b.const(np.int64(1))), dtypes.float32)
    exact = b.Mul(b.Add(at, before) if before else at, step)
    return b.Sub(exact, after) if after else exact


def _within(b: Builder, positions: Value, own: Value) -> Value:
    """Positions as int64, moved into the image."""
    return b.Min(b.Max(b.int64(positions), 0), b.Sub(own, 1))  # type: ignore[no-any-return]


def _along(b: Builder, weights: Value, axis: int) -> Value:
    return b.Reshape(weights, [-1, 1, 1] if axis == 1 else [-1, 1])  # type: ignore[no-any-return]


def nearest(b: Builder, images: Value, size: Value, axis: int, align_corners: bool, half_pixel: bool) -> Value:
    """The input position of each output position."""
    own, wanted = _sizes(b, images, size, axis)
    exact = _exact(b, own, wanted, align_corners, 0.5 if half_pixel else 0.0, 0.0)
    return _within(b, b.Floor(b.Add(exact, 0.5) if align_corners else exact), own)


def linear(
    b: Builder, images: Value, size: Value, axis: int, align_corners: bool, half_pixel: bool
) -> tuple[Value, Value, Value]:
    """The lower and the upper input position, and how far between them to go."""
    own, wanted = _sizes(b, images, size, axis)
    center = 0.5 if half_pixel else 0.0
    exact = _exact(b, own, wanted, align_corners, center, center)
    floor = b.Floor(exact)
    return _within(b, floor, own), _within(b, b.Ceil(exact), own), _along(b, b.Sub(exact, floor), axis)


def cubic(
    b: Builder, images: Value, size: Value, axis: int, align_corners: bool, half_pixel: bool
) -> list[tuple[Value, Value]]:
    """Four input positions and their weights."""
    own, wanted = _sizes(b, images, size, axis)
    center = 0.5 if half_pixel else 0.0
    exact = _exact(b, own, wanted, align_corners, center, center)
    floor = b.Floor(exact)
    offset = b.Div(b.Round(b.Mul(b.Sub(exact, floor), _TABLE)), _TABLE)
    rest = b.Sub(1, offset)
    a = -0.5 if half_pixel else -0.75
    weights = [_far(b, offset, a), _near(b, offset, a), _near(b, rest, a), _far(b, rest, a)]
    free = [b.Add(b.int64(floor), move) for move in range(-1, 3)]
    places = [_within(b, place, own) for place in free]
    if half_pixel:
        zero = b.const(0.0)
        weights = [b.Where(b.Equal(p, f), w, zero) for p, f, w in zip(places, free, weights, strict=True)]
        total = b.Sum(*weights)
        weights = [b.Div(w, total) for w in weights]
    return [(place, _along(b, weight, axis)) for place, weight in zip(places, weights, strict=True)]


def _near(b: Builder, x: Value, a: float) -> Value:
    """The weight at distance `x` below 1."""
    return b.Add(b.Mul(b.Mul(b.Sub(b.Mul(x, a + 2), a + 3), x), x), 1)  # type: ignore[no-any-return]


def _far(b: Builder, x: Value, a: float) -> Value:
    """The weight at distance 1 + `x`."""
    y = b.Add(x, 1)
    return b.Sub(b.Mul(b.Add(b.Mul(b.Sub(b.Mul(y, a), 5 * a), y), 8 * a), y), 4 * a)  # type: ignore[no-any-return]
