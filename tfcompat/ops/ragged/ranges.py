"""Rows of numbers in even steps."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast

not_differentiable("RaggedRange")

_ORDER = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


@tf_export("ragged.range")
def ragged_range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """A RaggedTensor whose row i counts from `starts[i]` to below `limits[i]` in steps of `deltas[i]`.

    Args:
        starts: scalar or vector; the limits, counted to from 0, when `limits` is None.
        limits: scalar or vector.
        deltas: scalar or vector, not zero.
        dtype: int32, int64, float32 or float64; the widest of the arguments' by default.
        name: name scope.
        row_splits_dtype: int32 or int64.
    """
    from tfcompat.ops.ragged.tensor import RaggedTensor

    kind = dtypes.as_dtype(row_splits_dtype)
    if limits is None:
        starts, limits = 0, starts
    with name_scope(name, "RaggedRange", [starts, limits, deltas]) as scope:
        starts = convert_to_tensor(starts, dtype=dtype, name="starts")
        limits = convert_to_tensor(limits, dtype=dtype, name="limits")
        deltas = convert_to_tensor(deltas, dtype=dtype, name="deltas")
        if dtype is None:
            starts, limits, deltas = _of_one_type([starts, limits, deltas])
        splits, values = raw_ops.RaggedRange(starts=starts, limits=limits, deltas=deltas, Tsplits=kind, name=scope)
        return RaggedTensor.from_row_splits(values, splits, validate=False)


def _of_one_type(tensors: list[Tensor]) -> list[Tensor]:
    """The tensors as the widest of their types."""
    kinds = [t.dtype.base_dtype for t in tensors]
    widest = max(kinds, key=lambda d: _ORDER.index(d) if d in _ORDER else len(_ORDER))
    return [cast(t, widest) for t in tensors]


@shape_of("RaggedRange")
def _range_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    size: int | None = None
    for shape in shapes:
        if shape.rank is not None and shape.rank > 1:
            raise ValueError(f"Shape must be at most rank 1 but is rank {shape.rank}")
        if shape.rank == 1:
            size = merge_dims(size, shape.as_list()[0])
    if size is None and all(s.rank == 0 for s in shapes):
        size = 1
    return [TensorShape([None if size is None else size + 1]), TensorShape([None])]
