"""Arithmetic of sparse tensors: sums, elementwise extremes, softmax."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.sparse import as_sparse
from tfcompat.ops.tiling import broadcast_static_shape

not_differentiable("SparseAddGrad")


@shape_of("SparseAdd")
def _add_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    a_shape = exact_rank(shapes[2], 1)
    return [TensorShape.of((None, a_shape.as_list()[0])), TensorShape.of((None,)), a_shape]


@shape_of("SparseAddGrad")
def _add_grad_shape(
    c: InferenceContext, grad: TensorShape, a: TensorShape, b: TensorShape, total: TensorShape
) -> list[TensorShape]:
    return [TensorShape.of((exact_rank(i, 2).as_list()[0],)) for i in (a, b)]


@gradient_of("SparseAdd")
def _add_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    a, a_values, _, b, b_values, *_ = op.inputs
    by_a, by_b = raw_ops.SparseAddGrad(backprop_val_grad=grads[1], a_indices=a, b_indices=b, sum_indices=op.outputs[0])
    by_a.set_shape(a_values.shape)
    by_b.set_shape(b_values.shape)
    return [None, by_a, None, None, by_b, None, None]


@shape_of("SparseTensorDenseAdd")
def _dense_add_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape, dense: TensorShape
) -> list[TensorShape]:
    return [dense]


@gradient_of("SparseTensorDenseAdd")
def _dense_add_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, gather_nd(grad, op.inputs[0]), None, grad]


@shape_of("SparseSparseMaximum", "SparseSparseMinimum")
def _extreme_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((None, None)), TensorShape.of((None,))]


@gradient_of("SparseSparseMaximum", "SparseSparseMinimum")
def _extreme_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    raise NotImplementedError(f"Gradients for {op.type} are not implemented.")


@shape_of("SparseSoftmax")
def _softmax_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape
) -> list[TensorShape]:
    exact_rank(indices, 2)
    return [exact_rank(values, 1)]


@gradient_of("SparseSoftmax")
def _softmax_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """(g - the sum of g * y over each row) * y, on the explicit elements."""
    indices, shape = op.inputs[0], op.inputs[2]
    y = op.outputs[0]
    weighted = SparseTensor(indices, y * grad, shape)
    sums = -raw_ops.SparseReduceSum(
        input_indices=weighted.indices,
        input_values=weighted.values,
        input_shape=weighted.dense_shape,
        reduction_axes=[-1],
        keep_dims=True,
    )
    shifted = raw_ops.SparseDenseCwiseAdd(sp_indices=indices, sp_values=grad, sp_shape=shape, dense=sums)
    return [None, shifted * y, None]


@tf_export("sparse.add", "sparse_add")
def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """a + b, at least one of them sparse.

    Args:
        a: SparseTensor or tensor.
        b: SparseTensor or tensor of the same type; a dense one may be smaller only if both are sparse.
        threshold: real scalar (0 by default): sums of an element of each of two sparse tensors are left out where their
            magnitude is below it.
        thresh: deprecated name of `threshold`.

    Returns:
        A SparseTensor when both are, else a tensor.

    Raises:
        TypeError: neither is sparse.
    """
    threshold = one_of("threshold", threshold, "thresh", thresh)
    if threshold is None:
        threshold = 0
    kinds = (SparseTensor, SparseTensorValue)
    if not isinstance(a, kinds) and not isinstance(b, kinds):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, kinds) and isinstance(b, kinds):
        return _sparse_sum(as_sparse(a), as_sparse(b), threshold)
    if isinstance(b, kinds):
        a, b = b, a
    sparse = as_sparse(a)
    return raw_ops.SparseTensorDenseAdd(
        a_indices=sparse.indices, a_values=sparse.values, a_shape=sparse.dense_shape, b=b
    )


def _sparse_sum(a: SparseTensor, b: SparseTensor, threshold: Any) -> SparseTensor:
    least = convert_to_tensor(threshold, dtype=a.dtype.real_dtype.base_dtype, name="threshold")
    indices, values, shape = raw_ops.SparseAdd(
        a_indices=a.indices,
        a_values=a.values,
        a_shape=a.dense_shape,
        b_indices=b.indices,
        b_values=b.values,
        b_shape=b.dense_shape,
        thresh=least,
    )
    a.shape.assert_is_compatible_with(b.shape)
    static = broadcast_static_shape(a.shape, b.shape)
    return SparseTensor(indices, values, static.as_list() if static.is_fully_defined() else shape)


@tf_export("sparse.softmax", "sparse_softmax")
def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The softmax over the explicit elements of each row along the last axis; others stay zero.

    Args:
        sp_input: SparseTensor of a floating type, of rank 2 or more.
    """
    sparse = sp_input
    with name_scope(name, "SparseSoftmax", [sparse.indices, sparse.values]):
        values = raw_ops.SparseSoftmax(sp_indices=sparse.indices, sp_values=sparse.values, sp_shape=sparse.dense_shape)
        return SparseTensor(sparse.indices, values, sparse.dense_shape)


def _extreme(op_type: str, name: str, what: str) -> None:
    def function(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
        with name_scope(name, op_type, [sp_a.indices, sp_a.values, sp_b.indices, sp_b.values]) as scope:
            indices, values = getattr(raw_ops, op_type)(
                a_indices=sp_a.indices,
                a_values=sp_a.values,
                a_shape=sp_a.dense_shape,
                b_indices=sp_b.indices,
                b_values=sp_b.values,
                b_shape=sp_b.dense_shape,
                name=scope,
            )
        return SparseTensor(indices, values, sp_a.dense_shape)

    function.__name__ = function.__qualname__ = f"sparse_{name}"
    function.__doc__ = f"""The {what} of two SparseTensors of one shape, elements that are absent counting as zero."""
    tf_export(f"sparse.{name}", f"sparse_{name}")(function)


_extreme("SparseSparseMaximum", "maximum", "elementwise maximum")
_extreme("SparseSparseMinimum", "minimum", "elementwise minimum")
