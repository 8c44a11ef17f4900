"""The ONNX form of dense tensors made from sparse ones."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.registry import NotConvertible, converts
from converters.scatter import place
from tfcompat.graph.operation import Operation

_END = np.iinfo(np.int64).max


@converts("SparseToDense")
def _to_dense(b: Builder, op: Operation, indices: Value, shape: Value, values: Value, default: Value) -> Value:
    """Scattering into the default value, once the indices are known to lie inside and, if asked for, in order."""
    rank = indices.shape[1] if indices.shape is not None and len(indices.shape) == 2 else None
    if not rank or values.shape is None or len(values.shape) > 1 or default.shape != ():
        raise NotConvertible("indices must be a matrix with a known number of columns, values a vector or a scalar")
    if (shape.shape or (None,))[0] != rank:
        raise NotConvertible("the length of the shape must be known and fit the indices")
    places, sizes = b.int64(indices), b.int64(shape)
    sizes = require(b, valid_places(b, places, sizes, rank, bool(op.attrs["validate_indices"])), sizes)
    rows = indices.shape[0]  # type: ignore[index]
    if len(values.shape) == 0:
        values = b.Expand(values, b.Slice(b.Shape(places), [0], [1], [0]))
    values.shape, places.shape = (rows,), (rows, rank)
    empty = b.Expand(default, sizes)
    empty.shape = (None,) * rank
    return place(b, empty, places, values, None)


def valid_places(b: Builder, places: Value, sizes: Value, rank: int, ordered: bool) -> Value:
    """Whether all index vectors lie in a tensor of these sizes, and, if asked for, each after the one before."""
    room = b.Sub(b.Sub(sizes, 1), places)
    slack = b.Concat(b.const([0]), b.Reshape(places, [-1]), b.Reshape(room, [-1]), axis=0)
    if ordered:
        weight = b.const([1])
        linear = None
        for column in range(rank - 1, -1, -1):
            part = b.Mul(b.Slice(places, [column], [column + 1], [1]), weight)
            linear = part if linear is None else b.Add(linear, part)
            weight = b.Mul(weight, b.Slice(sizes, [column], [column + 1], [0]))
        steps = b.Sub(b.Slice(linear, [1], [_END], [0]), b.Slice(linear, [0], [-1], [0]))
        slack = b.Concat(slack, b.Reshape(b.Sub(steps, 1), [-1]), axis=0)
    return b.GreaterOrEqual(b.ReduceMin(slack, keepdims=0), 0)
