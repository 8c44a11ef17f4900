"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from converters import sums
from converters.branches import if_else, reduced_dims
from converters.builder import Builder, Subgraph, Value
from converters.math import widely
from converters.registry import NotConvertible, converts
from converters.sums import axes_of, count_of
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


def reduction_axes(b: Builder, x: Value, axes: Value) -> list[int]:
    """The axes, counted from the front, each once."""
    values = b.constant(axes, "the reduction axes").reshape(-1)
    if any(not -x.rank <= a < x.rank for a in values):
        raise NotConvertible(f"a reduction axis of {values.tolist()} is out of range")
    counted = {int(a) % x.rank for a in values}
    if len(counted) < len(values):
        raise NotConvertible(f"an axis occurs twice in {values.tolist()}")
    return sorted(counted)


def source_bits(op: Operation) -> int | None:
    """The width of the integers of the reduced tensor when they were cast from a narrower type."""
    source = op.inputs[0].op
    if source.type != "Cast":
        return None
    dtype = source.attrs["SrcT"]
    if dtype.is_bool:
        return 1
    return dtype.size * 8 if dtype.is_integer else None


@converts("Sum")
def _sum(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    keep = op.attrs["keep_dims"]
    if axes.const is None and op.inputs[1].op.type == "BroadcastGradientArgs" and not x.dtype.is_integer:
        return widely(b, lambda b, v: b.ReduceSum(v, b.int64(axes), keepdims=int(keep), noop_with_empty_axes=1), x)
    known = reduction_axes(b, x, axes)
    if not known:
        return x
    if x.dtype.is_integer:
        return b.cast(sums.integer_sum(b, x, known, keep, source_bits(op)), x.dtype)
    return _widely_shaped(b, x, lambda v: sums.float_sum(b, v, known, keep))


def _widely_shaped(b: Builder, x: Value, rule: Callable[[Value], Value]) -> Value:
    """`rule` with 16-bit numbers as float32 that know their shape."""

    def shaped(_: Builder, v: Value) -> Value:
        v.shape = x.shape
        return rule(v)

    return widely(b, shaped, x, halves=True)


@converts("Mean")
def _mean(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    known, keep = reduction_axes(b, x, axes), op.attrs["keep_dims"]
    if not known:
        return x
    count = count_of(x, known)
    if x.dtype is dtypes.uint64:
        raise NotConvertible("the mean of unsigned 64-bit integers")
    if x.dtype.is_integer:
        number = b.Max(sums.runtime_count(b, x, known), 1) if count is None else b.const(max(count, 1))
        return b.cast(b.Div(sums.integer_sum(b, x, known, keep, source_bits(op)), number), x.dtype)

    def mean(v: Value) -> Value:
        if count != 0 and sums.adds_directly(b, v, known):
            return b.ReduceMean(v, axes_of(b, known), keepdims=int(keep))
        if count is not None:
            return b.Div(sums.float_sum(b, v, known, keep), b.const(count, v.dtype))
        number = sums.runtime_count(b, v, known)
        return b.Div(sums.float_sum(b, v, known, keep, number=number), b.cast(number, v.dtype))

    return _widely_shaped(b, x, mean)


@converts("EuclideanNorm")
def _euclidean_norm(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    known, keep = reduction_axes(b, x, axes), op.attrs["keep_dims"]
    if x.dtype.is_integer:
        raise NotConvertible("the norm of integers")
    if not known:
        return b.Abs(x)
    return _widely_shaped(b, x, lambda v: b.Sqrt(sums.float_sum(b, v, known, keep, "ReduceSumSquare")))


@converts("Prod")
def _prod(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    known, keep = reduction_axes(b, x, axes), op.attrs["keep_dims"]
    if not known:
        return x
    if x.dtype.is_integer:
        return _integer_product(b, x, known, keep)
    return widely(b, lambda b, v: b.ReduceProd(v, axes_of(b, known), keepdims=int(keep)), x)


def _integer_product(b: Builder, x: Value, axes: Sequence[int], keep: bool) -> Value:
    """Modulo the range of the type, by multiplying halves; ONNX Runtime's own saturates or is inexact."""
    wide = b.cast(x, dtypes.int64)
    wide.shape = x.shape
    if not b.strict:
        return b.cast(b.ReduceProd(wide, axes_of(b, axes), keepdims=int(keep)), x.dtype)
    for axis, size in zip(axes, sums.known_sizes(x, axes), strict=True):
        wide = _product_by_loop(b, wide, axis) if size is None else _product_along(b, wide, axis, size, x)
    if not keep:
        wide = b.Squeeze(wide, axes_of(b, axes))
    return b.cast(wide, x.dtype)


def _product_along(b: Builder, x: Value, axis: int, size: int, original: Value) -> Value:
    if size == 0:
        raise NotConvertible("an integer product over nothing")
    while size > 1:
        half = size // 2
        parts = [b.Slice(x, [start], [end], [axis]) for start, end in ((0, half), (half, 2 * half), (2 * half, size))]
        x = b.Mul(parts[0], parts[1])
        if size % 2:
            x = b.Concat(x, parts[2], axis=axis)
        size = half + size % 2
    return x


def _product_by_loop(b: Builder, x: Value, axis: int) -> Value:
    """The same for any number of elements: halves are multiplied until one is left, beginning with a one more."""
    sizes = b.Concat(b.Shape(x, end=axis), b.const([1]), b.Shape(x, start=axis + 1), axis=0)
    start = b.Concat(x, b.Expand(b.const(np.ones(1, np.int64)), sizes), axis=axis)
    inside = b.inside()
    step, given = Value(b._fresh("step"), dtypes.int64, ()), Value(b._fresh("given"), dtypes.bool, ())
    current = Value(b._fresh("product"), x.dtype, (None,) * x.rank)
    size = inside.Shape(current, start=axis, end=axis + 1)
    half = inside.Div(size, 2)
    twice = inside.Mul(half, 2)
    left, right, rest = (
        inside.Slice(current, low, high, [axis]) for low, high in ((b.const([0]), half), (half, twice), (twice, size))
    )
    product = inside.Concat(inside.Mul(left, right), rest, axis=axis)
    more = inside.Squeeze(inside.Greater(inside.Sub(size, half), 1), [0])
    more.shape, product.shape = (), current.shape
    body = Subgraph([step, given, current], [more, product], inside.nodes)
    many = b.Squeeze(b.Greater(b.Shape(start, start=axis, end=axis + 1), 1), [0])
    result: Value = b.node("Loop", [None, many, start], dtype=x.dtype, subgraphs={"body": body})
    result.shape = tuple(1 if i == axis else d for i, d in enumerate(x.shape or ()))
    return result


# ---------------------------------------------------------------- extremes


@converts("Max", "Min")
def _extreme(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    known, keep = reduction_axes(b, x, axes), op.attrs["keep_dims"]
    if not known:
        return x
    reducer = "ReduceMax" if op.type == "Max" else "ReduceMin"
    if not x.dtype.is_floating:
        return b.node(reducer, [x, axes_of(b, known)], keepdims=int(keep))  # type: ignore[no-any-return]
    return _widely_shaped(b, x, lambda v: _with_nan(b, reducer, v, known, keep))


def _with_nan(b: Builder, reducer: str, x: Value, axes: list[int], keep: bool) -> Value:
    """NaN where an element is NaN, which ONNX Runtime ignores; the sum of everything tells whether to look for one."""
    suspicious = b.IsNaN(b.ReduceSum(x, keepdims=0))

    def plain(i: Builder) -> Value:
        return i.node(reducer, [x, axes_of(i, axes)], keepdims=int(keep))  # type: ignore[no-any-return]

    def careful(i: Builder) -> Value:
        found = i.ReduceMax(i.cast(i.IsNaN(x), x.dtype), axes_of(i, axes), keepdims=int(keep))
        return i.Where(i.Greater(found, 0), i.const(np.nan, x.dtype), plain(i))

    return if_else(b, suspicious, careful, plain, x.dtype, reduced_dims(x.shape, axes, keep), rare=True)


@converts("All", "Any")
def _logical(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    """By counting: ONNX Runtime's ReduceMax of bool fails over nothing."""
    known, keep = reduction_axes(b, x, axes), op.attrs["keep_dims"]
    if not known:
        return x
    counted = b.Not(x) if op.type == "All" else x
    total = b.ReduceSum(b.cast(counted, dtypes.int32), axes_of(b, known), keepdims=int(keep))
    found = b.Greater(total, 0)
    return b.Not(found) if op.type == "All" else found


# ---------------------------------------------------------------- positions


@converts("ArgMax", "ArgMin")
def _position(b: Builder, op: Operation, x: Value, dimension: Value) -> Value:
    axis = int(b.constant(dimension, "the axis"))
    if x.dtype.is_floating and x.shape is not None and x.rank and x.shape[axis] == 0:
        raise NotConvertible("the position of an extreme among nothing")
    if x.dtype.is_floating:
        found = widely_indexed(b, x, lambda v: _position_past_nan(b, op.type, v, axis))
    else:
        found = _first_position(b, op.type, x, axis)
    return b.cast(found, op.attrs["output_type"])


def widely_indexed(b: Builder, x: Value, rule: Callable[[Value], Value]) -> Value:
    """`rule`, which gives positions, of 16-bit numbers as float32."""
    wide = b.cast(x, dtypes.float32) if x.dtype.size == 2 else x
    wide.shape = x.shape
    return rule(wide)


def _first_position(b: Builder, op_type: str, x: Value, axis: int) -> Value:
    return b.node(op_type, [x], axis=axis, keepdims=0, select_last_index=0, dtype=dtypes.int64)  # type: ignore[no-any-return]


def _position_past_nan(b: Builder, op_type: str, x: Value, axis: int) -> Value:
    """A NaN is no extreme, as no comparison with it holds; ONNX Runtime stays at one that comes first."""
    worst = -np.inf if op_type == "ArgMax" else np.inf
    shape = reduced_dims(x.shape, [axis % max(x.rank, 1)], keep=False)
    return if_else(
        b,
        b.IsNaN(b.ReduceSum(x, keepdims=0)),
        lambda i: _first_position(i, op_type, i.Where(i.IsNaN(x), i.const(worst, x.dtype), x), axis),
        lambda i: _first_position(i, op_type, x, axis),
        dtypes.int64,
        shape,
        rare=True,
    )


@converts("AddN", "AccumulateNV2")
def _add_n(b: Builder, op: Operation, *inputs: Value) -> Value:
    total = inputs[0]
    for value in inputs[1:]:
        total = b.Add(total, value)
    return total
