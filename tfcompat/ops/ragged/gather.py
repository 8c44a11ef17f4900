"""Rows and items of ragged tensors chosen by index."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.gather import gather as dense_gather
from tfcompat.ops.gather import gather_nd as dense_gather_nd
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor, match_row_splits_dtypes, positive_axis


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Any:
    """`tf.gather`, `params` or `indices` ragged."""
    del validate_indices
    with name_scope(name, "RaggedGather", [params, indices, axis, batch_dims]):
        params = as_ragged_or_tensor(params, name="params")
        indices = as_ragged_or_tensor(indices, name="indices")
        params, indices = match_row_splits_dtypes(params, indices)
        if indices.shape.rank is not None and batch_dims != indices.shape.rank:
            batch_dims = positive_axis(batch_dims, indices.shape.rank, "batch_dims", "rank(indices)")
        if params.shape.rank is not None and batch_dims >= params.shape.rank:
            raise ValueError("batch_dims must be less than params.shape.ndims")
        axis = positive_axis(batch_dims if axis is None else axis, params.shape.rank, ndims_name="rank(params)")
        if axis < batch_dims:
            raise ValueError("axis must be greater than or equal to batch_dims")
        if isinstance(indices, RaggedTensor):
            params.shape[:batch_dims].assert_is_compatible_with(indices.shape[:batch_dims])
        if batch_dims > 0:
            return _batched(params, indices, axis, batch_dims)
        if axis > 0:
            return _along(params, indices, axis)
        if isinstance(indices, RaggedTensor):
            return indices.with_values(gather(params, indices.values))
        if not isinstance(params, RaggedTensor):
            return dense_gather(params, indices)
        if indices.dtype.base_dtype not in (dtypes.int32, dtypes.int64):
            raise TypeError(
                f"Value passed to parameter 'indices' has DataType {indices.dtype.name} not in list of allowed values: "
                "int32, int64"
            )
        if indices.shape.rank is None:
            raise ValueError("rank(indices) must be known statically")
        return _rows(params, indices)


def _rows(params: RaggedTensor, indices: Tensor) -> Any:
    ragged_rank = (indices.shape.rank or 0) + params.ragged_rank - 1
    result = raw_ops.RaggedGather(
        indices=indices,
        params_dense_values=params.flat_values,
        params_nested_splits=params.nested_row_splits,
        OUTPUT_RAGGED_RANK=ragged_rank,
    )
    if ragged_rank == 0:
        return result.output_dense_values
    return RaggedTensor.from_nested_row_splits(
        result.output_dense_values, list(result.output_nested_splits), validate=False
    )


def _as_rows(value: Any, kind: Any) -> RaggedTensor:
    """`value` as a ragged tensor."""
    return value if isinstance(value, RaggedTensor) else RaggedTensor.from_tensor(value, row_splits_dtype=kind)


def _batched(params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
    if not isinstance(params, RaggedTensor) and not isinstance(indices, RaggedTensor):
        return dense_gather(params, indices, axis=axis, batch_dims=batch_dims)
    kind = next(t.row_splits.dtype for t in (params, indices) if isinstance(t, RaggedTensor))
    if batch_dims > 1:
        params, indices = _as_rows(params, kind), _as_rows(indices, kind)
        return indices.with_values(_batched(params.values, indices.values, axis - 1, batch_dims - 1))
    if axis > 1:
        params, indices = _as_rows(params, kind), _as_rows(indices, kind)
        return _batched_along(params, indices, axis)
    rows = _as_rows(params, kind)
    starts = rows.row_starts()
    if isinstance(indices, RaggedTensor):
        offsets = dense_gather(starts, indices.value_rowids())
        return indices.with_values(gather(rows.values, _shifted(indices.values, offsets, kind)))
    return gather(rows.values, _shifted(indices, starts, kind))


def _shifted(indices: Any, offsets: Tensor, kind: Any) -> Any:
    """`indices` plus one offset for each along the first axis."""
    if isinstance(indices, RaggedTensor):
        return indices.with_values(_shifted(indices.values, dense_gather(offsets, indices.value_rowids()), kind))
    indices = cast(indices, kind)
    if indices.shape.rank is None:
        raise ValueError("rank(indices) must be known statically")
    for _ in range(indices.shape.rank - 1):
        offsets = expand_dims(offsets, -1)
    return indices + offsets


def _batched_along(params: RaggedTensor, indices: RaggedTensor, axis: int) -> Any:
    """One batch axis and a deeper `axis`: every item of a batch takes the indices of its batch."""
    each = gather(indices, params.value_rowids())
    inner = _batched(params.values, each, axis - 1, 1)
    return params.with_values(inner)


def _along(params: Any, indices: Any, axis: int) -> Any:
    """Items at `indices` of every row along `axis`."""
    if not isinstance(params, RaggedTensor) and not isinstance(indices, RaggedTensor):
        return dense_gather(params, indices, axis=axis)
    if axis > 1 and isinstance(params, RaggedTensor):
        return params.with_values(_along(params.values, indices, axis - 1))
    if axis > 1:
        return _along(RaggedTensor.from_tensor(params, row_splits_dtype=indices.row_splits.dtype), indices, axis)
    kind = next(t.row_splits.dtype for t in (params, indices) if isinstance(t, RaggedTensor))
    rows = _as_rows(params, kind)
    count = rows.nrows()
    if isinstance(indices, RaggedTensor):
        everything = RaggedTensor.from_uniform_row_length(indices, indices.nrows(), nrows=1, validate=False)
        repeated = gather(everything, PUBLIC["zeros"](reshape(count, [1]), dtypes.int32))
        return _batched(rows, repeated, 1, 1)
    size = shape(indices, out_type=dtypes.int32)
    repeated = PUBLIC["broadcast_to"](indices, concat([reshape(cast(count, dtypes.int32), [1]), size], axis=0))
    repeated.set_shape([rows._row_partition.static_nrows, *indices.shape.as_list()])
    result = gather(rows.values, _shifted(repeated, rows.row_starts(), kind))
    if indices.shape.rank == 0:
        return result
    return result if isinstance(result, RaggedTensor) else RaggedTensor.from_tensor(result, row_splits_dtype=kind)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """`tf.batch_gather`, `params` or `indices` ragged: items of the last axis of the indices, batch by batch."""
    with name_scope(name, "RaggedBatchGather", [params, indices]):
        indices = as_ragged_or_tensor(indices, name="indices")
        if indices.shape.rank is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return gather(params, indices, batch_dims=indices.shape.rank - 1)


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Any:
    """`tf.gather_nd`, `params` or `indices` ragged."""
    if not isinstance(batch_dims, int) or batch_dims != 0:
        raise ValueError("batch_dims != 0 is not supported for ragged gather yet.")
    with name_scope(name, "RaggedGatherNd", [params, indices]):
        params = as_ragged_or_tensor(params, name="params")
        indices = as_ragged_or_tensor(indices, name="indices")
        params, indices = match_row_splits_dtypes(params, indices)
        rank, width = indices.shape.rank, indices.shape.as_list()[-1] if indices.shape.rank else None
        if rank is None:
            raise ValueError("indices.rank be statically known.")
        if rank == 0:
            raise ValueError("indices.rank must be at least 1.")
        if isinstance(indices, RaggedTensor) and rank == indices.ragged_rank + 1:
            raise ValueError("The innermost dimension of indices may not be ragged")
        if width is None:
            raise ValueError("indices.shape[-1] must be statically known.")
        if width == 0:
            return _repeated(params, indices)
        if rank > 2:
            if not isinstance(indices, RaggedTensor):
                if not isinstance(params, RaggedTensor):
                    return dense_gather_nd(params, indices)
                indices = RaggedTensor.from_tensor(indices, ragged_rank=rank - 2, row_splits_dtype=_kind(params))
            return indices.with_flat_values(gather_nd(params, indices.flat_values))
        if isinstance(indices, RaggedTensor):
            return indices.with_values(gather_nd(params, indices.values))
        if not isinstance(params, RaggedTensor):
            return dense_gather_nd(params, indices)
        return _items(params, indices, rank)


def _kind(params: Any) -> Any:
    return params.row_splits.dtype if isinstance(params, RaggedTensor) else dtypes.int64


def _repeated(params: Any, indices: Any) -> Any:
    """Indices of no axis: the whole of `params` for each."""
    if isinstance(params, RaggedTensor):
        one: Any = RaggedTensor.from_uniform_row_length(params, params.nrows(), nrows=1, validate=False)
    else:
        one = expand_dims(params, 0)
    if isinstance(indices, RaggedTensor):
        zeros: Any = indices.with_flat_values(PUBLIC["zeros"](shape(indices.flat_values)[:-1], dtypes.int32))
    else:
        zeros = PUBLIC["zeros"](shape(indices)[:-1], dtypes.int32)
    return gather(one, zeros)


def _items(params: RaggedTensor, indices: Tensor, rank: int) -> Any:
    """Vectors of indices into ragged axes become places in the values."""
    if rank == 1:
        return gather_nd(params, expand_dims(indices, 0))[0]
    width = indices.shape.as_list()[-1] or 0
    kind = params.row_splits.dtype
    indices = cast(indices, kind)
    places, values, used = indices[..., 0], params, 1
    while used < width and isinstance(values, RaggedTensor):
        starts = dense_gather(values.row_starts(), places)
        lengths = dense_gather(values.row_lengths(), places)
        item = indices[..., used]
        inside = raw_ops.LogicalAnd(x=item >= 0, y=item < lengths)
        message = ["IndexOutOfRange", item, lengths]
        check = PUBLIC["Assert"](PUBLIC["reduce_all"](inside), data=message)
        places = with_dependencies([check], starts + item)
        values, used = values.values, used + 1
    if used == width:
        return gather(values, places)
    return dense_gather_nd(values, concat([expand_dims(places, -1), indices[..., used:]], axis=-1))
