"""Rows of embedding tables by id: embedding_lookup and its sparse variants."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from tfcompat.graph.default import colocate_with, device, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape, size
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_norm
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones, ones_like, zeros_like
from tfcompat.ops.gather import gather
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import where
from tfcompat.ops.packing import stack
from tfcompat.ops.partition import dynamic_partition, unique
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.slicing import slice_
from tfcompat.ops.sparse_shape import sparse_fill_empty_rows, sparse_reshape
from tfcompat.ops.tiling import tile

_COMBINERS = ("mean", "sqrtn", "sum")


def _tables(params: Any) -> list[Any]:
    if params is None:
        raise ValueError("params must be specified")
    if isinstance(params, (list, tuple)) and not params:
        raise ValueError("Length of params is currently 0. Need at least one")
    if isinstance(params, (PartitionedVariable, tuple)):
        return list(params)
    return params if isinstance(params, list) else [params]


def _is_resource_variable(value: Any) -> bool:
    return hasattr(value, "sparse_read") and hasattr(value, "handle")


@tf_export("nn.embedding_lookup")
def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Tensor:
    """The rows `ids` of an embedding table.

    Args:
        params: the table, of shape [rows, ...], or a list of tables that share the rows among them.
        ids: int32 or int64 of any shape.
        partition_strategy: how several tables share the rows: "mod" (row i is in table i % n) or "div" (in runs).
        name: name of the operation.
        validate_indices: ignored; ids are always checked.
        max_norm: when given, rows of a larger Euclidean norm are scaled down to it.

    Returns:
        A tensor of shape ids.shape + params.shape[1:].

    Raises:
        ValueError: there is no table, or the strategy is another.

    Errors: a run fails with InvalidArgumentError when an id is not in the table.
    """
    tables = _tables(params)
    with name_scope(name, "embedding_lookup", [*tables, ids]) as scope:
        if not any(_is_resource_variable(t) for t in tables):
            tables = [convert_to_tensor_or_indexed_slices(t, name=f"params_{i}") for i, t in enumerate(tables)]
        ids = convert_to_tensor(ids, name="ids")
        if len(tables) > 1:
            return _sharded_lookup(tables, ids, partition_strategy, max_norm, scope)
        with colocate_with(tables[0]):
            rows = _clipped(gather(tables[0], ids, name=scope), ids, max_norm)
        return identity(rows)  # type: ignore[no-any-return]


def _clipped(rows: Tensor, ids: Tensor, max_norm: Any) -> Tensor:
    if max_norm is None:
        return rows
    first, last = (t.shape.rank or None for t in (ids, rows))
    if first is not None and last is not None:
        axes: Any = list(range(first, last))
    else:
        axes = range_of(rank(ids) if first is None else first, rank(rows) if last is None else last)
    return clip_by_norm(rows, max_norm, axes=axes)  # type: ignore[no-any-return]


def _sharded_lookup(tables: list[Any], ids: Tensor, strategy: str, max_norm: Any, scope: str) -> Tensor:
    """Ids are sorted by table, looked up, and the rows put back in order."""
    flat = reshape(ids, [-1])
    places = range_of(size(flat))
    owner, local = _owners(tables, flat, strategy)
    owner = cast(owner, dtypes.int32)
    wanted = dynamic_partition(local, owner, len(tables))
    origin = dynamic_partition(places, owner, len(tables))
    found = []
    for table, part in zip(tables, wanted, strict=True):
        with device(None), colocate_with(table):
            found.append(gather(table, part))
    rows = raw_ops.ParallelDynamicStitch(indices=origin, data=found, name=scope)
    row_shape: TensorShape = tables[0].shape[1:]
    for table in tables[1:]:
        row_shape = row_shape.merge_with(table.shape[1:])
    row_sizes: Any = row_shape
    if not row_shape.is_fully_defined():
        with colocate_with(tables[0]):
            whole = shape(tables[0])
        row_sizes = whole[1:]
    result = reshape(rows, concat([shape(ids), row_sizes], 0))
    result.set_shape(ids.shape.concatenate(row_shape))
    return _clipped(result, ids, max_norm)


def _owners(tables: list[Any], flat: Any, strategy: str) -> tuple[Any, Any]:
    """The table of every id, and its row there."""
    count = len(tables)
    if strategy == "mod":
        owner = flat % count
        return owner, flat // count
    if strategy != "div":
        raise ValueError(f"Unrecognized partition strategy: {strategy}.Must be one of either `mod` or `div`.")
    total = _row_count(tables, flat.dtype)
    each, extras = total // count, total % count
    owner = raw_ops.Maximum(x=flat // (each + 1), y=(flat - extras) // each)
    local = where(owner < extras, flat % (each + 1), (flat - extras) % each)
    return owner, local


def _row_count(tables: list[Any], dtype: dtypes.DType) -> Any:
    known = [t.shape.as_list()[0] if t.shape.rank is not None else None for t in tables]
    if None not in known and sum(known):  # type: ignore[arg-type]
        return constant(sum(known), dtype)  # type: ignore[arg-type]
    sizes: list[Any] = []
    for table, count in zip(tables, known, strict=True):
        if count is not None:
            sizes.append(count)
            continue
        with colocate_with(table):
            sizes.append(shape(table)[0])
    from tfcompat.ops.reduction import reduce_sum

    return reduce_sum(cast(stack(sizes), dtype))


# ---------------------------------------------------------------- sparse ids


@tf_export("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """For every row of `sp_ids` one combination of the embeddings of its ids.

    Args:
        params: table or list of tables, see `embedding_lookup`.
        sp_ids: SparseTensor of int32 or int64 ids, at least one in every row.
        sp_weights: SparseTensor of float weights at the same positions; None weighs all ids alike.
        partition_strategy: see `embedding_lookup`.
        name: name of the operation.
        combiner: "sum", "mean" (divided by the sum of the weights; when None) or "sqrtn" (by the root of the sum of
            their squares).
        max_norm: when given, embeddings of a larger norm are scaled down to it before they are combined.
        allow_fast_lookup: whether the gradient of a single table may be dense.

    Returns:
        Shape [rows of sp_ids, ...].

    Raises:
        TypeError: `sp_ids` or `sp_weights` is no SparseTensor.
        ValueError: the combiner is another.
    """
    if combiner is None:
        logging.getLogger("tensorflow").warning('The default value of combiner is "mean"; name one to be sure.')
        combiner = "mean"
    if combiner not in _COMBINERS:
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}")
    tables = _tables(params)
    for what, value in (("sp_ids", sp_ids), ("sp_weights", sp_weights)):
        if not isinstance(value, SparseTensor) and not (what == "sp_weights" and value is None):
            raise TypeError(f"{what} must be SparseTensor, got {type(value)}")
    if sp_weights is not None:
        for part in ("values", "indices", "dense_shape"):
            getattr(sp_ids, part).shape.assert_is_compatible_with(getattr(sp_weights, part).shape)
    with name_scope(name, "embedding_lookup_sparse", [*tables, sp_ids]) as scope:
        segments = sp_ids.indices[:, 0]
        if sp_weights is not None:
            ids, places = unique(sp_ids.values)
            rows = embedding_lookup(tables, ids, partition_strategy, max_norm=max_norm)
            return _weighted(_gathered(rows, segments, places), sp_weights.values, combiner, scope)
        return _unweighted(
            tables, sp_ids.values, segments, partition_strategy, combiner, max_norm, allow_fast_lookup, scope
        )


def _gathered(rows: Tensor, segments: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """(the row of every id, the segments as int32)."""
    narrow = segments if segments.dtype == dtypes.int32 else cast(segments, dtypes.int32)
    return gather(rows, places), narrow


def _unweighted(
    tables: list[Any],
    ids: Tensor,
    segments: Tensor,
    strategy: str,
    combiner: str,
    max_norm: Any,
    allow_fast_lookup: bool,
    scope: str,
) -> Tensor:
    record: Callable[..., Tensor] = {
        "sum": raw_ops.SparseSegmentSum,
        "mean": raw_ops.SparseSegmentMean,
        "sqrtn": raw_ops.SparseSegmentSqrtN,
    }[combiner]
    if len(tables) == 1 and max_norm is None and not _is_resource_variable(tables[0]):
        table = convert_to_tensor(tables[0], name="params")
        if table.device == segments.device:
            return record(
                data=table, indices=ids, segment_ids=segments, sparse_gradient=not allow_fast_lookup, name=scope
            )
    ids, places = unique(ids)
    rows = embedding_lookup(tables, ids, strategy, max_norm=max_norm)
    return record(data=rows, indices=places, segment_ids=segments, name=scope)


def _weighted(gathered: tuple[Tensor, Tensor], weights: Tensor, combiner: str, scope: str) -> Tensor:
    rows, segments = gathered
    original = rows.dtype
    if original in (dtypes.float16, dtypes.bfloat16):
        rows = cast(rows, dtypes.float32)
    weights = cast(weights, rows.dtype)
    ndims, known = rows.shape.rank, weights.shape
    trailing = ones(expand_dims(rank(rows) - 1, 0), dtype=dtypes.int32)
    weights = reshape(weights, concat([shape(weights), trailing], 0))
    if ndims is not None:
        weights.set_shape(known.concatenate([1] * (ndims - 1)))
    rows = rows * weights
    if combiner == "sum":
        result = raw_ops.SegmentSum(data=rows, segment_ids=segments, name=scope)
    else:
        total = raw_ops.SegmentSum(data=rows, segment_ids=segments)
        divisor = weights if combiner == "mean" else raw_ops.Pow(x=weights, y=2)
        divisor = raw_ops.SegmentSum(data=divisor, segment_ids=segments)
        divisor = divisor if combiner == "mean" else raw_ops.Sqrt(x=divisor)
        result = raw_ops.DivNoNan(x=total, y=divisor, name=scope)
    return result if result.dtype == original else cast(result, original)  # type: ignore[no-any-return]


@tf_export("nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: Any = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """`embedding_lookup_sparse` for ids that may be invalid and rows that may be empty.

    Ids below 0 and (unless the combiner is "sum") ids of weights not above 0 are left out; rows without any get the
    embedding of `default_id`, or zeros.

    Args:
        embedding_weights: table or list of tables, see `embedding_lookup`.
        sparse_ids: SparseTensor of int64 ids, shape [d0, ..., dn].
        sparse_weights: SparseTensor of float weights at the same positions, or None.
        combiner: "sum", "mean" or "sqrtn".
        default_id: id for rows without any; None for zeros.
        name: prefix of the names of the operations.
        partition_strategy: see `embedding_lookup`.
        max_norm: see `embedding_lookup_sparse`.
        allow_fast_lookup: see `embedding_lookup_sparse`.

    Returns:
        Shape [d0, ..., dn-1, ...].

    Raises:
        ValueError: there is no table.
    """
    if embedding_weights is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    tables = _tables(embedding_weights)
    tables = [t if _is_resource_variable(t) else convert_to_tensor(t) for t in tables]
    with name_scope(name, "embedding_lookup", [*tables, sparse_ids, sparse_weights]) as scope:
        known_rank = sparse_ids.dense_shape.shape.as_list()[0]
        original = sparse_ids.dense_shape
        ndims: Any = rank(sparse_ids) if known_rank is None else known_rank
        leading = slice_(original, [0], [ndims - 1])
        rows = raw_ops.Prod(input=leading, reduction_indices=constant([0], dtypes.int32))
        matrix = [rows, gather(original, ndims - 1)]
        ids = sparse_reshape(sparse_ids, matrix)
        weights = None
        if sparse_weights is not None:
            weights = SparseTensor(ids.indices, sparse_weights.values, ids.dense_shape)
        ids, weights = _without_invalid(ids, weights)
        if combiner != "sum":
            ids, weights = _without_weightless(ids, weights)
        ids, is_empty = sparse_fill_empty_rows(ids, default_id or 0)
        if weights is not None:
            weights, _ = sparse_fill_empty_rows(weights, 1.0)
        result = embedding_lookup_sparse(
            tables,
            ids,
            weights,
            partition_strategy,
            None if default_id is None else scope,
            combiner,
            max_norm,
            allow_fast_lookup,
        )
        if default_id is None:
            empty = tile(reshape(is_empty, [-1, 1]), stack([1, shape(result)[1]]))
            result = where(empty, zeros_like(result), result, name=scope)
        outer = slice_(cast(original, dtypes.int32), [0], [ndims - 1])
        final = reshape(result, concat([outer, slice_(shape(result), [1], [-1])], 0))
        static = TensorShape([None] * ndims)[:-1] if known_rank is not None else TensorShape(None)
        if known_rank is not None and sparse_ids.shape.rank is not None:
            static = sparse_ids.shape[:-1]
        final.set_shape(static.concatenate(result.shape[1:]))
        return final


def _kept(sparse: SparseTensor, keep: Tensor) -> SparseTensor:
    """The elements of a SparseTensor where `keep` is true."""
    chosen = reshape(where(keep), [-1])
    return SparseTensor(gather(sparse.indices, chosen), gather(sparse.values, chosen), identity(sparse.dense_shape))


def _without_invalid(ids: SparseTensor, weights: SparseTensor | None) -> tuple[SparseTensor, SparseTensor | None]:
    valid = raw_ops.GreaterEqual(x=ids.values, y=0)
    if weights is None:
        return _kept(ids, valid), None
    valid = raw_ops.LogicalAnd(x=valid, y=ones_like(weights.values, dtype=dtypes.bool))
    return _kept(ids, valid), _kept(weights, valid)


def _without_weightless(ids: SparseTensor, weights: SparseTensor | None) -> tuple[SparseTensor, SparseTensor | None]:
    if weights is None:
        return ids, None
    positive = raw_ops.Greater(x=weights.values, y=0)
    return _kept(ids, positive), _kept(weights, positive)
