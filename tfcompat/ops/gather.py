"""Taking slices by index: gather, gather_nd, batch_gather."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES, InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import concat, raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape_internal, size, transpose
from tfcompat.ops.shapes import merge_shapes


@tf_export("gather")
def gather(
    params: Any,
    indices: Any,
    validate_indices: bool | None = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """Slices of `params` along `axis`: result[b, ..., i, ..., k] = params[b, ..., indices[b, ..., i], ..., k].

    Args:
        params: tensor of rank above `axis`, or a variable.
        indices: int16, int32 or int64, in [0, size of the axis).
        validate_indices: ignored; indices are always checked.
        name: name of the operation.
        axis: dimension to gather from, in [-rank, rank); `batch_dims` when None.
        batch_dims: number of leading dimensions that `params` and `indices` share.

    Returns:
        A tensor of shape params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:].

    Errors: a run fails with InvalidArgumentError when an index is out of range.
    """
    axis = batch_dims if axis is None else axis
    sparse_read = getattr(params, "sparse_read", None)
    if sparse_read is not None and isinstance(axis, int) and axis == 0 and batch_dims == 0:
        return sparse_read(indices, name=name)  # type: ignore[no-any-return]
    return raw_ops.GatherV2(params=params, indices=indices, axis=axis, batch_dims=batch_dims, name=name)  # type: ignore[no-any-return]


@tf_export("gather_nd", "manip.gather_nd")
def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Tensor:
    """Slices of `params` by index vectors: result[i, ...] = params[tuple(indices[i])].

    Args:
        params: tensor.
        indices: int16, int32 or int64 of shape [..., k]; each vector indexes the first k dimensions of `params`.
        name: name of the operation.
        batch_dims: number of leading dimensions that `params` and `indices` share.

    Returns:
        A tensor of shape indices.shape[:-1] + params.shape[k:].

    Errors: a run fails with InvalidArgumentError when an index is out of range.
    """
    if batch_dims:
        from tfcompat.ops.batch_gather import batch_gather_nd

        return batch_gather_nd(params, indices, batch_dims, name)
    read = getattr(params, "gather_nd", None)
    if read is not None:
        return read(indices, name=name)  # type: ignore[no-any-return]
    return raw_ops.GatherNd(params=params, indices=indices, name=name)  # type: ignore[no-any-return]


@tf_export("batch_gather")
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """`gather` in which all dimensions of `indices` but the last are shared with `params`.

    Args:
        params: tensor.
        indices: int32 or int64 of known rank.
        name: prefix of the names of the operations.

    Raises:
        ValueError: the rank of `indices` is not known, or the batch dimensions do not fit.
    """
    from tfcompat.ops.batch_gather import batch_gather as flattened

    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.shape.rank is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return flattened(params, indices, indices.shape.rank - 1)


# ---------------------------------------------------------------- shapes


@shape_of("GatherV2")
def _gather_v2_shape(
    c: InferenceContext, params: TensorShape, indices: TensorShape, axis_shape: TensorShape
) -> list[TensorShape]:
    if axis_shape.rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {axis_shape.rank}")
    axis, batch = c.value(2), c.attr("batch_dims")
    if axis is None:
        if params.rank is None or indices.rank is None:
            return [UNKNOWN]
        return [unknown_shape(params.rank + indices.rank - 1 - batch)]
    at = int(axis)
    needed = at + 1 if at >= 0 else -at
    if params.rank is not None and params.rank < needed:
        raise ValueError(f"Shape must be at least rank {needed} but is rank {params.rank}")
    if params.tuple is None or indices.tuple is None:
        return [UNKNOWN]
    at = at % len(params.tuple)
    if batch < 0:
        batch += len(indices.tuple)
    if batch > at:
        raise ValueError(f"batch_dims {batch} must be less than or equal to the axis {at}")
    merged = merge_shapes(TensorShape.of(params.tuple[:batch]), TensorShape.of(indices.tuple[:batch]))
    head, tail = (merged.tuple or ()) + params.tuple[batch:at], params.tuple[at + 1 :]
    return [TensorShape.of(head + indices.tuple[batch:] + tail)]


@shape_of("Gather")
def _gather_shape(c: InferenceContext, params: TensorShape, indices: TensorShape) -> list[TensorShape]:
    if params.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if params.tuple is None:
        return [UNKNOWN]
    return [indices.concatenate(TensorShape.of(params.tuple[1:]))]


@shape_of("GatherNd")
def _gather_nd_shape(c: InferenceContext, params: TensorShape, indices: TensorShape) -> list[TensorShape]:
    if indices.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if indices.tuple is None or params.tuple is None or indices.tuple[-1] is None:
        return [UNKNOWN]
    depth = indices.tuple[-1]
    if depth > len(params.tuple):
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"[{','.join('?' if d is None else str(d) for d in indices.tuple)}] and params shape: "
            f"[{','.join('?' if d is None else str(d) for d in params.tuple)}]"
        )
    return [TensorShape.of(indices.tuple[:-1] + params.tuple[depth:])]


# ---------------------------------------------------------------- gradients


@gradient_of("Gather")
def _gather_grad(op: Operation, grad: Any) -> list[Any]:
    return [_rows_gradient(op.inputs[0], op.inputs[1], grad), None]


def _rows_gradient(params: Tensor, indices: Tensor, grad: Any) -> IndexedSlices:
    """The gradient of rows taken from `params`: the rows' gradients at their indices."""
    with get_default_graph().colocate_with(params):
        whole: Any = raw_ops.Cast(x=shape_internal(params, out_type=dtypes.int64), DstT=dtypes.int32)
    count = expand_dims(size(indices), 0)
    values = reshape(convert_to_tensor(grad), concat.concat([count, whole[1:]], 0))
    return IndexedSlices(values, reshape(indices, count), whole)


@gradient_of("GatherV2")
def _gather_v2_grad(op: Operation, grad: Any) -> list[Any]:
    """Along the first dimension the gradient of the rows; otherwise segments summed along the axis."""
    params, indices, axis = op.inputs
    known = GRAPH_VALUES.constant(axis)
    batch = op.attrs["batch_dims"]
    if known is not None and int(known) == 0 and batch == 0:
        return [_rows_gradient(params, indices, grad), None, None]
    if known is None:
        return [_axis_gradient_dynamic(params, indices, axis, batch, convert_to_tensor(grad)), None, None]
    rank = params.shape.rank
    at = int(known)
    if rank is None:
        return [_axis_gradient_dynamic(params, indices, axis, batch, convert_to_tensor(grad)), None, None]
    batch = batch + (indices.shape.rank or 0) if batch < 0 else batch
    return [_axis_gradient(params, indices, at % rank, batch, convert_to_tensor(grad)), None, None]


def _axis_gradient(params: Tensor, indices: Tensor, axis: int, batch: int, grad: Tensor) -> Tensor:
    """Sums, for every position of the axis, the gradients of the slices taken there.

    The dimensions are brought into the order batch, axis, the others; batches become rows of one table.
    """
    rank = len(params.shape)
    index_rank = indices.shape.rank
    if index_rank is None:
        raise ValueError("the gradient of a gather along another dimension than the first needs indices of known rank")
    span = index_rank - batch
    outer = list(range(batch, axis))
    order = [*range(batch), *range(axis, axis + span), *outer, *range(axis + span, rank - 1 + span)]
    rows = transpose(grad, order) if order != sorted(order) else grad
    sizes = shape_internal(params)
    flat_indices = indices
    count: Any = sizes[axis]
    if batch:
        flat_indices, count = _rows_of_batches(indices, sizes, batch, count)
    others = [*outer, *range(axis + 1, rank)]
    moved = [*range(batch), axis, *others]
    picked = raw_ops.GatherV2(params=sizes, indices=convert_to_tensor(others, dtypes.int32), axis=0) if others else None
    tail = [] if picked is None else [picked]
    leading = reshape(raw_ops.Size(input=indices), [1])
    rows = reshape(rows, raw_ops.ConcatV2(values=[leading, *tail], axis=0) if tail else leading)
    table = raw_ops.UnsortedSegmentSum(data=rows, segment_ids=reshape(flat_indices, [-1]), num_segments=count)
    whole = raw_ops.GatherV2(params=sizes, indices=convert_to_tensor(moved, dtypes.int32), axis=0)
    table = reshape(table, whole)
    inverse = [moved.index(i) for i in range(rank)]
    result = transpose(table, inverse) if inverse != sorted(inverse) else table
    result.set_shape(params.shape)
    return result


def _rows_of_batches(indices: Tensor, sizes: Tensor, batch: int, count: Tensor) -> tuple[Tensor, Tensor]:
    """Indices into a table that holds the slices of all batches one after the other, and its length."""
    batches = raw_ops.Prod(input=sizes[:batch], reduction_indices=[0])
    span = len(indices.shape) - batch
    numbers = raw_ops.Range(start=0, limit=batches, delta=1)
    offsets = raw_ops.Mul(x=numbers, y=count)
    spread = shape_internal(indices)[:batch]
    if span:
        spread = raw_ops.ConcatV2(values=[spread, convert_to_tensor([1] * span, dtypes.int32)], axis=0)
    offsets = raw_ops.Cast(x=reshape(offsets, spread), DstT=indices.dtype)
    return raw_ops.AddV2(x=indices, y=offsets), raw_ops.Mul(x=batches, y=count)


def _axis_gradient_dynamic(params: Tensor, indices: Tensor, axis: Tensor, batch: int, grad: Tensor) -> Tensor:
    """The same when the axis or the rank is known in the run only."""
    if batch:
        raise ValueError("the gradient of a gather with batch_dims needs a static axis and rank")
    sizes = shape_internal(params)
    rank = raw_ops.Rank(input=params)
    axis = raw_ops.FloorMod(x=raw_ops.Cast(x=axis, DstT=dtypes.int32), y=rank)
    outer = sizes[:axis]
    inner = sizes[axis + 1 :]
    count = sizes[axis]
    n_outer = raw_ops.Prod(input=outer, reduction_indices=[0])
    n_inner = raw_ops.Prod(input=inner, reduction_indices=[0])
    blocks = reshape(grad, raw_ops.Pack(values=[n_outer, raw_ops.Size(input=indices), n_inner]))
    rows = transpose(blocks, [1, 0, 2])
    table = raw_ops.UnsortedSegmentSum(data=rows, segment_ids=reshape(indices, [-1]), num_segments=count)
    result = reshape(transpose(table, [1, 0, 2]), sizes)
    result.set_shape(params.shape)
    return result


@gradient_of("GatherNd")
def _gather_nd_grad(op: Operation, grad: Any) -> list[Any]:
    """The slices' gradients added up at their indices."""
    params, indices = op.inputs
    whole = shape_internal(params, out_type=indices.dtype)
    if indices.shape.rank == 2 and indices.shape.as_list()[-1] == 1:
        return [IndexedSlices(convert_to_tensor(grad), raw_ops.Squeeze(input=indices, squeeze_dims=[-1]), whole), None]
    return [raw_ops.ScatterNd(indices=indices, updates=grad, shape=whole), None]
