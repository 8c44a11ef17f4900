"""Sums that are as exact as the type allows: float32 in stages or in float64, integers modulo their range.

ONNX Runtime adds float32 one after the other (the sum of a million numbers is off by one part in a hundred), saturates
int32 and adds int64 in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import onnx

from converters.branches import if_else, reduced_dims
from converters.builder import Builder, Value
from tfcompat.graph import dtypes

DIRECT = 256
"""How many float32 are added one after the other at most."""

DIRECT_IN_FILES = 1 << 16
"""The same in files that are not strict, where their number is known: an error of 4e-6 then."""

_PART = 64
"""How many at most where an axis is split."""


def axes_of(b: Builder, axes: Sequence[int]) -> Value:
    """Reduction axes as ONNX wants them."""
    return b.const(np.array(axes, np.int64))


def known_sizes(x: Value, axes: Sequence[int]) -> list[int | None]:
    """The sizes of the axes."""
    return [None if x.shape is None else x.shape[a] for a in axes]


def count_of(x: Value, axes: Sequence[int]) -> int | None:
    """How many elements go into each sum; None when it is not known."""
    sizes = known_sizes(x, axes)
    return None if None in sizes else math.prod(sizes)  # type: ignore[arg-type]


def adds_directly(b: Builder, x: Value, axes: Sequence[int]) -> bool:
    """Whether so few float32 go into each sum that one operator may add them."""
    count = count_of(x, axes)
    if b.strict:
        return count is not None and count <= DIRECT
    return count is None or count <= DIRECT_IN_FILES


def runtime_count(b: Builder, x: Value, axes: Sequence[int]) -> Value:
    """The same computed in the run, an int64 scalar."""
    if len(axes) == x.rank:
        return b.Size(x)  # type: ignore[no-any-return]
    return b.ReduceProd(b.Gather(b.Shape(x), axes_of(b, axes), axis=0), keepdims=0)


def float_sum(
    b: Builder, x: Value, axes: Sequence[int], keep: bool, op_type: str = "ReduceSum", number: Value | None = None
) -> Value:
    """The sum of float32 (or of squares, with ReduceSumSquare); narrower types must have been widened.

    Few numbers are added directly, more of them in float64 or, where the sizes have divisors, in two stages.

    Args:
        b: the builder.
        x: tensor of float32 or float64.
        axes: axes to add along.
        keep: whether they stay with size 1.
        op_type: ReduceSum or ReduceSumSquare.
        number: how many numbers go into each sum, if it has been computed in the run already.
    """
    if not axes or x.dtype is dtypes.float64:
        return b.node(op_type, [x, axes_of(b, axes)], keepdims=int(keep), noop_with_empty_axes=0 if axes else 1)
    if adds_directly(b, x, axes):
        return b.node(op_type, [x, axes_of(b, axes)], keepdims=int(keep))
    if count_of(x, axes) is None:
        return _by_size(b, x, axes, keep, op_type, number)
    staged = _staged(b, x, axes, keep, op_type)
    return _in_double(b, x, axes, keep, op_type) if staged is None else staged


def _in_double(b: Builder, x: Value, axes: Sequence[int], keep: bool, op_type: str) -> Value:
    wide = b.cast(x, dtypes.float64)
    return b.cast(b.node(op_type, [wide, axes_of(b, axes)], keepdims=int(keep)), x.dtype)


def _by_size(b: Builder, x: Value, axes: Sequence[int], keep: bool, op_type: str, count: Value | None) -> Value:
    """Chooses in the run, by how many numbers there are."""
    count = runtime_count(b, x, axes) if count is None else count
    return if_else(
        b,
        b.LessOrEqual(count, DIRECT),
        lambda i: i.node(op_type, [x, axes_of(i, axes)], keepdims=int(keep)),
        lambda i: _in_double(i, x, axes, keep, op_type),
        x.dtype,
        reduced_dims(x.shape, list(axes), keep),
    )


def _staged(b: Builder, x: Value, axes: Sequence[int], keep: bool, op_type: str) -> Value | None:
    """Splits the longest reduced axis in two and adds along one part at a time; None when its size has no divisor."""
    sizes = known_sizes(x, axes)
    longest = axes[int(np.argmax(np.array(sizes, float)))]
    size = max(sizes)  # type: ignore[type-var]
    assert size is not None
    assert x.shape is not None
    inner = next((d for d in range(min(_PART, math.isqrt(size) * 4), 1, -1) if size % d == 0), None)
    dims = list(x.shape)
    if inner is None or dims.count(None) > 1 or 0 in dims:
        return None
    split = [*dims[:longest], size // inner, inner, *dims[longest + 1 :]]
    parts = b.Reshape(x, b.const([-1 if d is None else d for d in split]))
    summed = b.node(op_type, [parts, axes_of(b, [longest + 1])], keepdims=0)
    summed.shape = tuple(dims[:longest] + [size // inner] + dims[longest + 1 :])
    return float_sum(b, summed, axes, keep)


def integer_sum(b: Builder, x: Value, axes: Sequence[int], keep: bool, bits: int | None = None) -> Value:
    """The sum of integers as int64; the cast to their type gives it modulo the range of that.

    Args:
        b: the builder.
        x: tensor of an integer type.
        axes: axes to add along.
        keep: whether they stay with size 1.
        bits: how many bits the numbers have, when they are known to have fewer than their type.
    """
    wide = b.cast(x, dtypes.int64)
    wide.shape = x.shape
    if not b.strict:
        return b.ReduceSum(wide, axes_of(b, axes), keepdims=int(keep), noop_with_empty_axes=0 if axes else 1)  # type: ignore[no-any-return]
    width = min(bits or 64, x.dtype.size * 8)
    count = count_of(x, axes)
    if width == 1 or (count is not None and width <= 32 and count << width <= 1 << 53):
        return b.ReduceSum(wide, axes_of(b, axes), keepdims=int(keep), noop_with_empty_axes=0 if axes else 1)  # type: ignore[no-any-return]
    for axis in axes:
        wide = _sum_by_product(b, wide, axis)
    if not keep and axes:
        wide = b.Squeeze(wide, axes_of(b, axes))
    return wide


def _sum_by_product(b: Builder, x: Value, axis: int) -> Value:
    """The sum along one axis, kept with size 1: the matrix product with a column of ones, which is exact."""
    rank = x.rank
    order = [i for i in range(rank) if i != axis] + [axis]
    back = [order.index(i) for i in range(rank)]
    assert x.shape is not None
    size = x.shape[axis]
    if size is None:
        column = b.Concat(b.Gather(b.Shape(x), b.const([axis]), axis=0), b.const([1]), axis=0)
        one = onnx.numpy_helper.from_array(np.ones(1, np.int64))
        ones = b.ConstantOfShape(column, value=one, dtype=dtypes.int64)
    else:
        ones = b.const(np.ones((size, 1), np.int64))
    moved = x if axis == rank - 1 else b.Transpose(x, perm=order)
    product = b.MatMul(moved, ones)
    result = product if axis == rank - 1 else b.Transpose(product, perm=back)
    result.shape = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
    return result  # type: ignore[no-any-return]
