"""Parts and other arrangements of sparse tensors: slices, splits, chosen elements, axes, shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import GRAPH_VALUES, InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import rank as rank_of
from tfcompat.ops.array import reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones_like, zeros
from tfcompat.ops.gather import gather
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import where, where_v2
from tfcompat.ops.reduction import reduce_max
from tfcompat.ops.reduction import reduction_axes as every_axis
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.slicing import slice_
from tfcompat.ops.sparse import as_sparse


@shape_of("SparseSlice")
def _slice_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    rank = exact_rank(shapes[2], 1)
    return [TensorShape.of((None, rank.as_list()[0])), TensorShape.of((None,)), rank]


@gradient_of("SparseSlice")
def _slice_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    indices, values, _, start, _ = op.inputs
    by_values = raw_ops.SparseSliceGrad(
        backprop_val_grad=grads[1], input_indices=indices, input_start=start, output_indices=op.outputs[0]
    )
    by_values.set_shape(values.shape)
    return [None, by_values, None, None, None]


@shape_of("SparseSliceGrad")
def _slice_grad_shape(
    c: InferenceContext, grad: TensorShape, indices: TensorShape, *rest: TensorShape
) -> list[TensorShape]:
    return [TensorShape.of((exact_rank(indices, 2).as_list()[0],))]


@shape_of("SparseSplit")
def _split_shape(c: InferenceContext, axis: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    count, rank = c.attr("num_split"), exact_rank(shapes[2], 1)
    indices = TensorShape.of((None, exact_rank(shapes[0], 2).as_list()[1]))
    return [indices] * count + [TensorShape.of((None,))] * count + [rank] * count


@shape_of("SparseReduceSumSparse", "SparseReduceMaxSparse")
def _reduce_sparse_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [UNKNOWN] * 3


def _publish_reduction(op_type: str, name: str, what: str) -> None:
    def reduce(
        sp_input: Any, axis: Any = None, keepdims: Any = None, reduction_axes: Any = None, keep_dims: Any = None
    ) -> SparseTensor:
        keep = one_of("keepdims", keepdims, "keep_dims", keep_dims)
        chosen = one_of("axis", axis, "reduction_axes", reduction_axes)
        parts = getattr(raw_ops, op_type)(
            input_indices=sp_input.indices,
            input_values=sp_input.values,
            input_shape=sp_input.dense_shape,
            reduction_axes=every_axis(sp_input, chosen),
            keep_dims=bool(keep),
        )
        return SparseTensor(*parts)

    reduce.__name__ = reduce.__qualname__ = f"sparse_{name}"
    reduce.__doc__ = f"""The {what} of a SparseTensor's explicit elements along `axis` (all by default), sparse.

    The result has elements where there were explicit ones. `reduction_axes` and `keep_dims` are deprecated names.
    """
    tf_export(f"sparse.{name}", f"sparse_{name}")(reduce)


_publish_reduction("SparseReduceSumSparse", "reduce_sum_sparse", "sums")
_publish_reduction("SparseReduceMaxSparse", "reduce_max_sparse", "largest")


@tf_export("sparse.slice", "sparse_slice")
def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """The part of a SparseTensor that begins at `start`, of shape `size` as far as the tensor goes.

    Args:
        sp_input: SparseTensor.
        start: int64 vector.
        size: int64 vector.
    """
    sparse = as_sparse(sp_input)
    start = convert_to_tensor(start, dtypes.int64)
    size = convert_to_tensor(size, dtypes.int64)
    with name_scope(name, "SparseSlice", [sparse]) as scope:
        parts = raw_ops.SparseSlice(
            indices=sparse.indices, values=sparse.values, shape=sparse.dense_shape, start=start, size=size, name=scope
        )
        return SparseTensor(*parts)


class _KeywordRequired:
    def __repr__(self) -> str:
        return "KeywordRequired()"


@tf_export("sparse.split", "sparse_split")
def sparse_split(
    keyword_required: Any = _KeywordRequired(),  # noqa: B008 - a marker without state
    sp_input: Any = None,
    num_split: int | None = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """A SparseTensor cut into `num_split` along `axis`; the first parts are larger by one where sizes do not divide.

    All arguments are keywords; `split_dim` is a deprecated name of `axis`.

    Raises:
        ValueError: an argument is missing, or a positional one is given.
    """
    if not isinstance(keyword_required, _KeywordRequired):
        raise ValueError("Keyword arguments are required for this function.")
    if sp_input is None:
        raise ValueError("sp_input is required")
    if num_split is None:
        raise ValueError("num_split is required")
    axis = one_of("axis", axis, "split_dim", split_dim)
    if axis is None:
        raise ValueError("axis is required")
    sparse = as_sparse(sp_input)
    indices, values, shapes = raw_ops.SparseSplit(
        split_dim=axis,
        indices=sparse.indices,
        values=sparse.values,
        shape=sparse.dense_shape,
        num_split=num_split,
        name=name,
    )
    return [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]


@tf_export("sparse.retain", "sparse_retain")
def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """The SparseTensor of those elements for which `to_retain`, a vector of bools, is true; of the same shape."""
    sparse = as_sparse(sp_input)
    chosen = convert_to_tensor(to_retain)
    merge_dims(*(x.shape.with_rank(1).as_list()[0] for x in (sparse.values, chosen)))
    places = reshape(where(chosen), [-1])
    return SparseTensor(gather(sparse.indices, places), gather(sparse.values, places), identity(sparse.dense_shape))


@tf_export("sparse.mask", "sparse_mask")
def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The slices of `a` whose index is not among `mask_indices`."""
    with name_scope(name, "sparse_mask", [a, mask_indices]) as scope:
        indices, places = raw_ops.ListDiff(x=a.indices, y=mask_indices)
        return IndexedSlices(gather(a.values, places, name=scope), indices, a.dense_shape)


@tf_export("sparse.transpose", "sparse_transpose")
def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor with its axes in the order `perm` (reversed by default), its elements in row-major order."""
    from tfcompat.ops.sparse import sparse_reorder

    with name_scope(name, "SparseTranspose", [sp_input]):
        if perm is None:
            if sp_input.shape.rank is not None:
                rank = sp_input.shape.rank
                perm = (rank - 1) - np.arange(0, rank, 1)
            else:
                rank = rank_of(sp_input)
                perm = (rank - 1) - range_of(0, rank, 1)
        indices = sp_input.indices
        moved = transpose(gather(transpose(indices), perm))
        order = GRAPH_VALUES.constant(convert_to_tensor(perm))
        if order is not None and sp_input.shape.is_fully_defined():
            sizes = sp_input.shape.as_list()
            dense_shape: Any = [sizes[i] for i in order]
        else:
            dense_shape = gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(moved, sp_input.values, dense_shape))


@tf_export("sparse.expand_dims")
def sparse_expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor with a new axis of size 1 at `axis` (the end by default).

    Raises:
        ValueError: `axis` is outside [-rank - 1, rank].
    """
    rank = sp_input.dense_shape.shape[0]
    rank = getattr(rank, "value", rank)
    if rank is None:
        rank = shape(sp_input.dense_shape)[0]
    axis = -1 if axis is None else axis
    with name_scope(name, "expand_dims", [sp_input]):
        if isinstance(axis, int) and isinstance(rank, int) and not -rank - 1 <= axis <= rank:
            raise ValueError(f"axis {axis} must be within [{-rank - 1}, {rank}]")
        place = convert_to_tensor(axis, name="axis")
        place = where_v2(place >= 0, place, place + rank + 1)
        indices = sp_input.indices
        column = zeros([shape(indices)[0], 1], dtype=dtypes.int64)
        before = slice_(indices, [0, 0], [-1, place])
        after = slice_(indices, [0, place], [-1, -1])
        moved = concat([before, column, after], axis=1)
        sizes_before = slice_(sp_input.dense_shape, [0], [place])
        sizes_after = slice_(sp_input.dense_shape, [place], [-1])
        new_shape = concat([sizes_before, convert_to_tensor([1], name="new_shape", dtype=dtypes.int64), sizes_after], 0)
        return SparseTensor(moved, sp_input.values, new_shape)


@tf_export("sparse.reset_shape", "sparse_reset_shape")
def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The same elements in another shape, no smaller in any direction; by default the smallest that holds them.

    Args:
        sp_input: SparseTensor.
        new_shape: int64 vector, or None.

    Raises:
        TypeError: `sp_input` is no SparseTensor.
        ValueError: `new_shape` has another rank, or a known size is too small.
        InvalidArgumentError: the same, found out in the run.
    """
    sparse = as_sparse(sp_input)
    indices, values, dense_shape = identity(sparse.indices), identity(sparse.values), identity(sparse.dense_shape)
    if new_shape is None:
        lowest = reduce_max(indices, axis=0)
        return SparseTensor(
            indices, values, raw_ops.Maximum(x=constant(0, dtypes.int64), y=_plus_one(lowest, dense_shape))
        )
    sizes = cast(convert_to_tensor(new_shape), dtypes.int64)
    return SparseTensor(indices, values, _checked_shape(sparse, dense_shape, sizes))


def _plus_one(lowest: Tensor, dense_shape: Tensor) -> Tensor:
    return PUBLIC["add"](lowest, ones_like(dense_shape))  # type: ignore[no-any-return]


def _checked_shape(sparse: SparseTensor, old: Tensor, sizes: Tensor) -> Any:
    """`sizes` once it is sure to have the rank of `old` and to be no smaller."""
    known = sizes.shape.with_rank(1)
    merge_dims(known.as_list()[0], sparse.shape.rank)
    value = GRAPH_VALUES.constant(sizes)
    if value is not None and sparse.shape.is_fully_defined():
        if (value < np.array(sparse.shape.as_list())).any():
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  Found new_shape "
                f"({np.array(sparse.shape.as_list())}), sp_input.shape ({value})."
            )
        return value.tolist()
    assert_equal, assert_less_equal = PUBLIC["assert_equal"], PUBLIC["assert_less_equal"]
    sizes = with_dependencies([assert_equal(shape(old), shape(sizes))], sizes)
    return with_dependencies([assert_less_equal(old, sizes)], sizes)
