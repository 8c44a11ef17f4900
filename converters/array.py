"""ONNX forms of shapes as tensors and of operations that only rearrange."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.dilated import squeezed
from converters.guards import require
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts("Shape", "ShapeN")
def _shape(b: Builder, op: Operation, *values: Value) -> list[Value]:
    return [shape_of(b, x, op.attrs["out_type"]) for x in values]


def shape_of(b: Builder, x: Value, dtype: dtypes.DType = dtypes.int64) -> Value:
    """The shape of `x` as a vector, constant when it is known."""
    if x.shape is not None and None not in x.shape:
        return b.const(list(x.shape), dtype)
    return b.cast(b.Shape(x), dtype)


@converts("Size")
def _size(b: Builder, op: Operation, x: Value) -> Value:
    dtype = op.attrs["out_type"]
    if x.shape is not None and None not in x.shape:
        total = 1
        for d in x.full_shape:
            total *= d
        return b.const(total, dtype)
    return b.cast(b.ReduceProd(b.Shape(x), keepdims=0), dtype)


@converts("Rank")
def _rank(b: Builder, op: Operation, x: Value) -> Value:
    return b.const(x.rank, dtypes.int32)


@converts("Reshape")
def _reshape(b: Builder, op: Operation, x: Value, shape: Value) -> Value:
    if shape.const is not None:
        sizes = shape.const.tolist()
        if -1 in sizes and 0 in sizes or min(sizes, default=0) < -1:
            raise NotConvertible(f"the shape {sizes} cannot be completed")
        if x.shape == tuple(sizes):
            return x
    return b.Reshape(x, b.int64(shape), allowzero=1)


@converts("ExpandDims")
def _expand_dims(b: Builder, op: Operation, x: Value, axis: Value) -> Value:
    position = int(b.constant(axis, "axis").reshape(()))
    if not -x.rank - 1 <= position <= x.rank:
        raise NotConvertible(f"axis {position} is outside [{-x.rank - 1}, {x.rank}]")
    y = b.Unsqueeze(x, [position])
    if x.split is not None:
        y.split = x.split.expanded(b, position % (x.rank + 1))
    return y


@converts("Squeeze")
def _squeeze(b: Builder, op: Operation, x: Value) -> Value:
    axes = op.attrs["squeeze_dims"]
    if not axes and (x.shape is None or None in x.shape):
        return b.Squeeze(x)
    if not axes:
        axes = [i for i, d in enumerate(x.full_shape) if d == 1]
        return b.Squeeze(x, axes) if axes else x
    positions = sorted({axis % x.rank for axis in axes})
    y = b.Squeeze(x, positions)
    if len(positions) == 1:
        y.joined = squeezed(x.joined, positions[0])
    return y


@converts("Transpose")
def _transpose(b: Builder, op: Operation, x: Value, perm: Value) -> Value:
    axes = [axis % x.rank if x.rank else axis for axis in b.constant(perm, "perm").tolist()]
    if sorted(axes) != list(range(x.rank)):
        raise NotConvertible(f"{axes} is no permutation of the dimensions of a tensor of rank {x.rank}")
    return x if axes == list(range(x.rank)) else b.Transpose(x, perm=axes)


@converts("InvertPermutation")
def _invert_permutation(b: Builder, op: Operation, x: Value) -> Value:
    """Positions in the order of the values: ascending TopK of a permutation."""
    if x.const is None:
        raise NotConvertible("whether it is a permutation is checked on the host")
    return b.const(x.const.argsort().astype(x.const.dtype))


@converts("UnravelIndex")
def _unravel_index(b: Builder, op: Operation, indices: Value, dims: Value) -> Value:
    """The remainders of quotients of positions by strides; positions beyond the last fail."""
    sizes = b.constant(dims, "dims")
    if sizes.ndim != 1 or not sizes.all() or indices.rank > 1:
        raise NotConvertible(f"indices of rank {indices.rank} in an array of shape {sizes.tolist()}")
    strides = np.append(np.cumprod(sizes[:0:-1])[::-1], 1).astype(np.int64)
    flat = b.Reshape(b.int64(indices), [-1])
    beyond = b.cast(b.GreaterOrEqual(flat, b.const(np.array(sizes.prod(), np.int64))), dtypes.int64)
    flat = require(b, b.Equal(b.ReduceSum(beyond, keepdims=0), 0), flat)
    quotients = b.Div(flat, b.const(strides[:, None]))
    places = b.cast(b.Mod(quotients, b.const(sizes[:, None].astype(np.int64)), fmod=1), op.outputs[0].dtype)
    return places if indices.rank else b.Squeeze(places, [1])  # type: ignore[no-any-return]
