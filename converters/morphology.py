"""Grey-scale dilation and its gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Value
from converters.pool import first_largest_of, lowest, pooled_shape, unless_nan
from converters.registry import NotConvertible, converts
from converters.windows import Axis, offsets, padded, spread, tap, window_axes
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation


def _axes(op: Operation, x: Value, filter: Value) -> list[Axis]:
    height, width, _ = filter.full_shape
    return window_axes(op, x.shape or (None,) * 4, [height, width], 4, [1, 2])


def _working(dtype: DType) -> DType:
    return dtypes.float32 if dtype in (dtypes.float16, dtypes.bfloat16) else dtype


def _raised(b: Builder, x: Value, filter: Value, axes: Sequence[Axis], dtype: DType) -> list[Value]:
    """For every element of the filter, the image under it plus the element."""
    if dtype.is_integer and (dtype.size < 4 or any(a.before or a.after for a in axes)):
        raise NotConvertible(f"dilation of {dtype.name}, whose sums wrap around")
    source = padded(b, b.cast(x, dtype), axes, None if dtype.is_integer else -np.inf)
    wide = b.cast(filter, dtype)
    found = []
    for at in offsets(axes):
        element = b.Slice(wide, b.const(list(at)), b.const([i + 1 for i in at]), b.const([0, 1]))
        found.append(b.Add(tap(b, source, axes, at), element))
    return found


@converts("Dilation2D")
def _dilation(b: Builder, op: Operation, x: Value, filter: Value) -> Value:
    axes, dtype = _axes(op, x, filter), _working(x.dtype)

    def grown(i: Builder, nan: bool) -> Value:
        found = _raised(i, x, filter, axes, dtype)
        best = i.const(lowest(dtype))
        if not nan:
            return i.Max(*found, best)
        for element in found:
            best = i.Where(i.Greater(element, best), element, best)
        return best

    y = unless_nan(b, x, lambda i: grown(i, False), lambda i: grown(i, True), dtype, pooled_shape(x.shape, axes))
    return b.cast(y, x.dtype)


def _places(b: Builder, x: Value, filter: Value, axes: Sequence[Axis], dtype: DType) -> dict[tuple[int, ...], Value]:
    """Element of the filter -> where it is the first to give the largest sum, as numbers 0 and 1."""
    _, masks = first_largest_of(b, _raised(b, x, filter, axes, dtype), nan=False)
    return {at: b.cast(mask, dtype) for at, mask in zip(offsets(axes), masks, strict=True)}


@converts("Dilation2DBackpropInput")
def _dilation_input(b: Builder, op: Operation, x: Value, filter: Value, grad: Value) -> Value:
    axes, dtype = _axes(op, x, filter), _working(x.dtype)
    masks = _places(b, x, filter, axes, dtype)
    g = b.cast(grad, dtype)
    depth = None if x.shape is None else x.shape[3]
    return b.cast(spread(b, lambda at: b.Mul(g, masks[at]), axes, [depth]), x.dtype)


@converts("Dilation2DBackpropFilter")
def _dilation_filter(b: Builder, op: Operation, x: Value, filter: Value, grad: Value) -> Value:
    axes, dtype = _axes(op, x, filter), _working(x.dtype)
    g = b.cast(grad, dtype)
    parts = [
        b.ReduceSum(b.Mul(g, mask), b.const([0, 1, 2]), keepdims=0)
        for mask in _places(b, x, filter, axes, dtype).values()
    ]
    stacked = b.Concat(*(b.Unsqueeze(p, b.const([0])) for p in parts), axis=0)
    return b.cast(b.Reshape(stacked, b.const(list(filter.full_shape))), x.dtype)
