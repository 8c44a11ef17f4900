"""Running sums and products, and arithmetic sequences."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.math import widely
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_LONGEST_PRODUCT = 4096


def _axis(b: Builder, x: Value, axis: Value) -> int:
    known = int(b.constant(axis, "the axis").reshape(()))
    if not -x.rank <= known < x.rank:
        raise NotConvertible(f"the axis {known} of a tensor of rank {x.rank}")
    return known % x.rank


@converts("Cumsum")
def _cumsum(b: Builder, op: Operation, x: Value, axis: Value) -> Value:
    position = _axis(b, x, axis)
    flags = {"exclusive": int(op.attrs["exclusive"]), "reverse": int(op.attrs["reverse"])}
    wide = b.cast(x, dtypes.int64) if x.dtype is dtypes.uint64 else x
    total = widely(b, lambda b, v: b.CumSum(v, b.const(position), **flags), wide)
    return b.cast(total, x.dtype)


@converts("Cumprod")
def _cumprod(b: Builder, op: Operation, x: Value, axis: Value) -> Value:
    """By products over distances 1, 2, 4, ...: each step multiplies with the element so far before it."""
    position = _axis(b, x, axis)
    size = None if x.shape is None else x.shape[position]
    if size is None or size > _LONGEST_PRODUCT:
        raise NotConvertible("a running product over an axis that is long or of unknown size")

    def product(b: Builder, v: Value) -> Value:
        if size == 0:
            return v
        v = _reversed(b, v, position) if op.attrs["reverse"] else v
        v = _shifted(b, v, position, size) if op.attrs["exclusive"] else v
        distance = 1
        while distance < size:
            head = _part(b, v, position, 0, distance)
            tail = b.Mul(_part(b, v, position, distance, size), _part(b, v, position, 0, size - distance))
            v = b.Concat(head, tail, axis=position)
            distance *= 2
        return _reversed(b, v, position) if op.attrs["reverse"] else v

    return widely(b, product, x)


def _part(b: Builder, x: Value, axis: int, start: int, end: int) -> Value:
    return b.Slice(x, [start], [end], [axis])  # type: ignore[no-any-return]


def _reversed(b: Builder, x: Value, axis: int) -> Value:
    return b.Slice(x, [-1], [-(2**62)], [axis], [-1])  # type: ignore[no-any-return]


def _shifted(b: Builder, x: Value, axis: int, size: int) -> Value:
    """One moved in at the front, the last element dropped."""
    first = _part(b, x, axis, 0, 1)
    ones = b.Expand(b.const(1, x.dtype), b.Shape(first))
    return b.Concat(ones, _part(b, x, axis, 0, size - 1), axis=axis) if size > 1 else ones


def _checked_step(b: Builder, start: Value, limit: Value, delta: Value) -> Value:
    """`delta`, read from a list of one at a place that does not exist where it is 0 or leads away from the limit."""
    wrong = b.And(b.Greater(delta, 0), b.Greater(start, limit))
    if delta.const is None or not np.all(delta.const > 0):
        wrong = b.Or(wrong, b.And(b.Less(delta, 0), b.Less(start, limit)))
        wrong = b.Or(wrong, b.Equal(delta, 0))
    return b.Gather(b.Reshape(delta, [1]), b.cast(wrong, dtypes.int64), axis=0)  # type: ignore[no-any-return]


@converts("Range")
def _range(b: Builder, op: Operation, start: Value, limit: Value, delta: Value) -> Value:
    """ONNX Runtime's own Range of floating-point numbers adds up rounding errors."""
    start, limit, delta = (b.Reshape(v, b.const(np.zeros(0, np.int64))) for v in (start, limit, delta))
    step = _checked_step(b, start, limit, delta) if b.strict else delta
    if not start.dtype.is_floating:
        return b.Range(start, limit, step)  # type: ignore[no-any-return]
    first, last, wide_step = (b.cast(v, dtypes.float64) for v in (start, limit, step))
    count = b.cast(b.Ceil(b.Div(b.Sub(last, first), wide_step)), dtypes.int64)
    numbers = b.cast(b.Range(b.const(0), count, b.const(1)), dtypes.float64)
    return b.cast(b.Add(first, b.Mul(numbers, wide_step)), start.dtype)


@converts("LinSpace")
def _lin_space(b: Builder, op: Operation, start: Value, stop: Value, num: Value) -> Value:
    """start + i * step, and the last number is `stop` itself."""
    count = int(b.constant(num, "the number of points").reshape(()))
    if count < 1:
        raise NotConvertible("a sequence of no points")
    first = b.Reshape(start, [1])
    if count == 1:
        return first  # type: ignore[no-any-return]
    steps = b.const(np.arange(count - 1).astype(start.dtype.as_numpy_dtype))
    step = b.Div(b.Sub(stop, start), count - 1)
    return b.Concat(b.Add(first, b.Mul(step, steps)), b.Reshape(stop, [1]), axis=0)  # type: ignore[no-any-return]
