"""Shape functions and gradients of ragged op types."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape

not_differentiable("RaggedCross")


@shape_of("RaggedTensorToSparse")
def _to_sparse_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    ragged_rank, values = c.attr("RAGGED_RANK"), shapes[-1]
    if ragged_rank < 1:
        raise ValueError("RAGGED_RANK must be greater than 0")
    rank = None if values.rank is None else values.rank + ragged_rank
    count = values.num_elements()
    return [TensorShape([count, rank]), TensorShape([count]), TensorShape([rank])]


@gradient_of("RaggedTensorToSparse")
def _to_sparse_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    values = op.inputs[-1]
    flat = raw_ops.Reshape(tensor=grads[1], shape=shape(values))
    return [None] * (len(op.inputs) - 1) + [flat]


@shape_of("RaggedGather")
def _gather_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    *_, values, indices = shapes
    for splits in shapes[:-2]:
        if splits.rank not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {splits.rank}")
    count = c.attr("OUTPUT_RAGGED_RANK")
    expected = None if indices.rank is None else indices.rank + c.attr("PARAMS_RAGGED_RANK") - 1
    if expected is not None and expected != count:
        raise ValueError(f"Invalid OUTPUT_RAGGED_RANK {count}, expected {expected}")
    first: list[TensorShape] = [TensorShape([None])] * count
    if indices.is_fully_defined() and count:
        total = 1
        for axis, size in enumerate(indices.as_list()):
            total *= size or 0
            if axis < count:
                first[axis] = TensorShape([total + 1])
    flat = UNKNOWN if values.rank is None else TensorShape([None, *values.as_list()[1:]])
    return [*first, flat]


@gradient_of("RaggedGather")
def _gather_gradient(op: Operation, *grads: Any) -> list[Any]:
    """Each value's gradient goes back to the place that it came from, found by gathering the numbers of the places."""
    count = op.get_attr("PARAMS_RAGGED_RANK")
    splits, values, indices = list(op.inputs[:count]), op.inputs[count], op.inputs[count + 1]
    total = shape(values, out_type=dtypes.int64)[0]
    numbers = raw_ops.Range(start=raw_ops.Cast(x=0, DstT="int64"), limit=total, delta=raw_ops.Cast(x=1, DstT="int64"))
    made = raw_ops.RaggedGather(
        params_nested_splits=splits,
        params_dense_values=numbers,
        indices=indices,
        OUTPUT_RAGGED_RANK=op.get_attr("OUTPUT_RAGGED_RANK"),
    )
    by_values = IndexedSlices(values=grads[-1], indices=made[-1], dense_shape=shape(values))
    return [*[None] * count, by_values, None]


@shape_of("RaggedCross")
def _cross_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    count = len(c.attr("ragged_values_types"))
    rows = None
    for splits in shapes[count : 2 * count]:
        size = splits.as_list()[0] if splits.rank == 1 else None
        rows = size - 1 if size is not None and rows is None else rows
    for dense in shapes[len(shapes) - len(c.attr("dense_types")) :] if c.attr("dense_types") else ():
        size = dense.as_list()[0] if dense.rank == 2 else None
        rows = size if rows is None else rows
    return [TensorShape([None]), TensorShape([None if rows is None else rows + 1])]
