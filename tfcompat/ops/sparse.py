"""Sparse tensors: to dense, products with matrices, order, shapes, sums, joining."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import int64
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import reshape, transpose
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.reduction import reduction_axes as every_axis
from tfcompat.ops.shape_checks import exact_rank

not_differentiable("SparseConcat")


def as_sparse(value: Any) -> SparseTensor:
    """`value` as a SparseTensor; TypeError when it is neither one nor a SparseTensorValue."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


@shape_of("SparseToDense")
def _to_dense_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [c.shape_value(1)]


@gradient_of("SparseToDense")
def _to_dense_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    met = raw_ops.GatherNd(params=grad, indices=op.inputs[0])
    return [None, None, met, reduce_sum(grad) - reduce_sum(met)]


@shape_of("SparseTensorDenseMatMul")
def _matmul_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape, dense: TensorShape
) -> list[TensorShape]:
    left, right = c.shape_value(2), exact_rank(dense, 2).as_list()
    rows, inner = exact_rank(left, 2).as_list()
    if c.attr("adjoint_a"):
        rows, inner = inner, rows
    if c.attr("adjoint_b"):
        right = right[::-1]
    if inner is not None and right[0] is not None and inner != right[0]:
        raise ValueError(f"Dimensions must be equal, but are {inner} and {right[0]}")
    return [TensorShape.of((rows, right[1]))]


@gradient_of("SparseTensorDenseMatMul")
def _matmul_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, values, shape, dense = op.inputs
    adjoint_a, adjoint_b = op.get_attr("adjoint_a"), op.get_attr("adjoint_b")
    if dense.dtype.is_complex:
        raise NotImplementedError("The gradient of a sparse product of complex matrices is not supported.")
    by_dense = raw_ops.SparseTensorDenseMatMul(
        a_indices=indices, a_values=values, a_shape=shape, b=grad, adjoint_a=not adjoint_a
    )
    rows, columns = indices[:, 0], indices[:, 1]
    if adjoint_a:
        rows, columns = columns, rows
    if adjoint_b:
        by_dense = raw_ops.Transpose(x=by_dense, perm=[1, 0])
        dense = raw_ops.Transpose(x=dense, perm=[1, 0])
    left = raw_ops.GatherV2(params=grad, indices=rows, axis=0)
    right = raw_ops.GatherV2(params=dense, indices=columns, axis=0)
    return [None, reduce_sum(left * right, axis=1), None, by_dense]


@shape_of("SparseReorder")
def _reorder_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape
) -> list[TensorShape]:
    return [exact_rank(indices, 2), exact_rank(values, 1)]


@gradient_of("SparseReorder")
def _reorder_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    indices, _, shape = op.inputs
    count = raw_ops.StridedSlice(
        input=raw_ops.Shape(input=indices), begin=[0], end=[1], strides=[1], shrink_axis_mask=1
    )
    _, source = raw_ops.SparseReorder(
        input_indices=indices, input_values=raw_ops.Range(start=0, limit=count, delta=1), input_shape=shape
    )
    return [None, raw_ops.GatherV2(params=grads[1], indices=raw_ops.InvertPermutation(x=source), axis=0), None]


@shape_of("SparseReduceSum", "SparseReduceMax")
def _reduce_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape, axes: TensorShape
) -> list[TensorShape]:
    whole, chosen = c.shape_value(2), c.value(3)
    if whole.rank is None or chosen is None:
        return [UNKNOWN]
    gone = {axis % whole.rank for axis in chosen.reshape(-1).tolist()} or set(range(whole.rank))
    sizes = whole.as_list()
    if c.attr("keep_dims"):
        return [TensorShape.of(tuple(1 if i in gone else size for i, size in enumerate(sizes)))]
    return [TensorShape.of(tuple(size for i, size in enumerate(sizes) if i not in gone))]


@gradient_of("SparseReduceSum")
def _reduce_sum_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    indices, _, shape, axes = op.inputs
    rank = raw_ops.Size(input=shape)
    chosen = raw_ops.Reshape(tensor=axes, shape=[-1])
    every = raw_ops.Range(start=0, limit=rank, delta=1)
    ones = raw_ops.OnesLike(x=raw_ops.Cast(x=chosen, DstT="int64"))
    kept = raw_ops.DynamicStitch(indices=[every, (chosen + rank) % rank], data=[shape, ones])
    places = indices // (shape // kept)
    spread = raw_ops.Reshape(tensor=grad, shape=kept)
    return [None, raw_ops.GatherNd(params=spread, indices=places), None, None]


@shape_of("SparseConcat")
def _concat_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    count = len(shapes) // 3
    total: int | None = 0
    columns = rank = None
    for indices, shape in zip(shapes[:count], shapes[2 * count :], strict=True):
        rows, width = exact_rank(indices, 2).as_list()
        total = None if total is None or rows is None else total + rows
        columns = merge_dims(columns, width)
        rank = merge_dims(rank, exact_rank(shape, 1).as_list()[0])
    columns = merge_dims(columns, rank)
    return [TensorShape.of((total, columns)), TensorShape.of((total,)), TensorShape.of((rank,))]


@tf_export("sparse_to_dense")
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """A tensor of `output_shape` with `sparse_values` at `sparse_indices` and `default_value` elsewhere.

    Args:
        sparse_indices: int32 or int64, a position, a vector of them for one axis, or [n, rank].
        sparse_values: one value per position, or one for all.
        validate_indices: refuse positions that are repeated or not in row-major order.

    Raises:
        InvalidArgumentError: while running, for bad positions.
    """
    return raw_ops.SparseToDense(  # type: ignore[no-any-return]
        sparse_indices=sparse_indices,
        output_shape=output_shape,
        sparse_values=sparse_values,
        default_value=default_value,
        validate_indices=validate_indices,
        name=name,
    )


@tf_export("sparse.to_dense", "sparse_tensor_to_dense")
def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Tensor:
    """The whole of a SparseTensor, with `default_value` (zero, or the empty string) where it has no element."""
    sparse = as_sparse(sp_input)
    if default_value is None:
        default_value = zeros([], dtype=sparse.dtype)
    return sparse_to_dense(
        sparse.indices, sparse.dense_shape, sparse.values, default_value, validate_indices, name=name
    )


@tf_export("sparse.sparse_dense_matmul", "sparse.matmul", "sparse_tensor_dense_matmul")
def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Tensor:
    """The product of a sparse matrix and a dense one, in either order, either of them adjoint if wanted.

    Raises:
        ValueError: the inner sizes differ.
    """
    if isinstance(b, (SparseTensor, SparseTensorValue)):
        product = sparse_tensor_dense_matmul(b, sp_a, adjoint_a=not adjoint_b, adjoint_b=not adjoint_a)
        return transpose(product)
    sparse = as_sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sparse.indices, sparse.values, b]):
        dense = convert_to_tensor(b, name="b")
        return raw_ops.SparseTensorDenseMatMul(  # type: ignore[no-any-return]
            a_indices=sparse.indices,
            a_values=sparse.values,
            a_shape=sparse.dense_shape,
            b=dense,
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )


@tf_export("sparse.reorder", "sparse_reorder")
def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same SparseTensor with its elements in row-major order."""
    sparse = as_sparse(sp_input)
    indices, values = raw_ops.SparseReorder(
        input_indices=sparse.indices, input_values=sparse.values, input_shape=sparse.dense_shape, name=name
    )
    shape = sparse.shape
    sizes = shape.as_list() if shape.is_fully_defined() else identity(sparse.dense_shape)
    return SparseTensor(indices, values, sizes)


def _publish_reduction(op_type: str, name: str, what: str) -> None:
    def reduce(
        sp_input: Any, axis: Any = None, keepdims: Any = None, reduction_axes: Any = None, keep_dims: Any = None
    ) -> Tensor:
        sparse = as_sparse(sp_input)
        keep = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
        chosen = one_of("axis", axis, "reduction_axes", reduction_axes)
        return getattr(raw_ops, op_type)(  # type: ignore[no-any-return]
            input_indices=sparse.indices,
            input_values=sparse.values,
            input_shape=sparse.dense_shape,
            reduction_axes=every_axis(sparse, chosen),
            keep_dims=keep,
        )

    reduce.__name__ = reduce.__qualname__ = f"sparse_{name}"
    reduce.__doc__ = f"""The {what} of a SparseTensor's explicit elements along `axis` (all by default), dense.

    Where there is no element the result is 0. `reduction_axes` and `keep_dims` are deprecated names.
    """
    tf_export(f"sparse.{name}", f"sparse_{name}")(reduce)


_publish_reduction("SparseReduceSum", "reduce_sum", "sums")
_publish_reduction("SparseReduceMax", "reduce_max", "largest")


@tf_export("sparse.concat", "sparse_concat")
def sparse_concat(
    axis: Any,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: bool | None = None,
) -> SparseTensor:
    """SparseTensors joined along `axis`.

    Args:
        axis: counted from the end when negative.
        sp_inputs: list of SparseTensors of one type and rank.
        expand_nonconcat_dims: let the other sizes differ; the result has the largest of each. Else they must agree.
        expand_nonconcat_dim: deprecated name of `expand_nonconcat_dims`.
        concat_dim: deprecated name of `axis`.
    """
    if expand_nonconcat_dims is not None and expand_nonconcat_dim is not None:
        raise ValueError("Cannot specify both 'expand_nonconcat_dim' and 'expand_nonconcat_dims'.")
    expand = bool(expand_nonconcat_dim if expand_nonconcat_dims is None else expand_nonconcat_dims)
    axis = one_of("axis", axis, "concat_dim", concat_dim)
    parts = _as_sparse_list(sp_inputs)
    if len(parts) == 1:
        return parts[0]
    shapes = [p.dense_shape for p in parts]
    if expand:
        largest = reduce_max(concat([reshape(s, [1, -1]) for s in shapes], 0), 0)
        shapes = [_widened(largest, s, axis) for s in shapes]
    indices, values, shape = raw_ops.SparseConcat(
        indices=[p.indices for p in parts],
        values=[p.values for p in parts],
        shapes=shapes,
        concat_dim=axis,
        name=name,
    )
    known = _joined_shape([p.shape for p in parts], axis, expand)
    if known is not None and known.is_fully_defined():
        shape = constant(known.as_list(), int64)
    result = SparseTensor(indices, values, shape)
    if known is not None:
        result.set_shape(known)
    return result


def _as_sparse_list(values: Any) -> list[SparseTensor]:
    if not isinstance(values, (list, tuple)):
        raise TypeError("Expected a list of SparseTensors.")
    return [as_sparse(value) for value in values]


def _widened(largest: Tensor, shape: Tensor, axis: int) -> Tensor:
    """`largest` with the size of `shape` along `axis`."""
    if axis == -1:
        return concat([largest[:-1], shape[-1:], []], 0)
    return concat([largest[:axis], shape[axis : axis + 1], largest[axis + 1 :]], 0)


def _joined_shape(shapes: list[TensorShape], axis: int, expand: bool) -> TensorShape | None:
    """What is known of the shape of joined tensors; None when ranks are not known or sizes do not fit."""
    ranks = {s.rank for s in shapes}
    rank = ranks.pop()
    if ranks or rank is None or not -rank <= axis < rank:
        return None
    sizes: list[int | None] = []
    for i, column in enumerate(zip(*[s.as_list() for s in shapes], strict=True)):
        known = [size for size in column if size is not None]
        complete = len(known) == len(column)
        if i == axis % rank:
            sizes.append(sum(known) if complete else None)
        elif expand:
            sizes.append(max(known) if complete else None)
        elif len(set(known)) > 1:
            return None
        else:
            sizes.append(known[0] if known else None)
    return TensorShape(sizes)
