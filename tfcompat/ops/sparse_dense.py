"""Elementwise arithmetic of a sparse and a dense tensor, on the explicit elements alone."""

from __future__ import annotations

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.math import square
from tfcompat.ops.shape_checks import exact_rank


@shape_of("SparseDenseCwiseAdd", "SparseDenseCwiseMul", "SparseDenseCwiseDiv")
def _sparse_dense_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape, dense: TensorShape
) -> list[TensorShape]:
    return [TensorShape.of((exact_rank(indices, 2).as_list()[0],))]


def _dense_places(op: Operation) -> Tensor:
    """The position in the dense tensor of each explicit element."""
    indices, _, shape, dense = op.inputs
    dense_shape = raw_ops.Shape(input=dense, out_type="int64")
    added = raw_ops.Size(input=shape) - raw_ops.Size(input=dense_shape)
    ones = raw_ops.Fill(dims=raw_ops.Reshape(tensor=added, shape=[1]), value=raw_ops.Cast(x=1, DstT="int64"))
    repeats = shape // raw_ops.ConcatV2(values=[ones, dense_shape], axis=0)
    begin = raw_ops.Pack(values=[0, added])
    return raw_ops.Slice(input=indices // repeats, begin=begin, size=[-1, -1])  # type: ignore[no-any-return]


@gradient_of("SparseDenseCwiseMul", "SparseDenseCwiseDiv")
def _sparse_dense_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    values, dense = op.inputs[1], op.inputs[3]
    places = _dense_places(op)
    met = raw_ops.GatherNd(params=dense, indices=places)
    if op.type == "SparseDenseCwiseMul":
        by_values, by_dense = grad * met, grad * values
    else:
        by_values, by_dense = grad / met, grad * (-values / square(met))
    whole = raw_ops.ScatterNd(indices=places, updates=by_dense, shape=raw_ops.Shape(input=dense, out_type="int64"))
    return [None, by_values, None, whole]


@gradient_of("SparseDenseCwiseAdd")
def _sparse_dense_add_gradient(op: Operation, grad: Tensor) -> None:
    raise NotImplementedError("Gradient for SparseDenseCwiseAdd is not implemented.")
