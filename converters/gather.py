"""ONNX forms of taking and placing slices by index."""

from __future__ import annotations

from converters.array import shape_of
from converters.builder import Builder, Value
from converters.guards import non_negative
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts("GatherV2")
def _gather_v2(b: Builder, op: Operation, params: Value, indices: Value, axis: Value) -> Value:
    at, batch = int(b.constant(axis, "axis").reshape(())), op.attrs["batch_dims"]
    if not -params.rank <= at < params.rank:
        raise NotConvertible(f"axis {at} is outside the rank {params.rank}")
    at %= params.rank
    batch += indices.rank if batch < 0 else 0
    if batch == 0:
        return gather(b, params, indices, at)
    return batched_gather(b, params, indices, at, batch)


@converts("Gather")
def _gather(b: Builder, op: Operation, params: Value, indices: Value) -> Value:
    return gather(b, params, indices, 0)


def gather(b: Builder, params: Value, indices: Value, axis: int) -> Value:
    """Slices of `params` along `axis`; an index outside of it fails the run."""
    if params.shape is not None and axis >= len(params.shape):
        raise NotConvertible(f"params must have more than {axis} dimensions, and have the shape {params.shape}")
    size = params.shape[axis] if params.shape is not None else None
    return b.Gather(params, non_negative(b, indices, size), axis=axis)


def batched_gather(b: Builder, params: Value, indices: Value, axis: int, batch: int) -> Value:
    """GatherND of index vectors of one element, over dimensions in the order batch, axis, others.

    The result has the order batch, rest of the indices, others; the dimensions between batch and axis go back in front.
    """
    rank, span = params.rank, indices.rank - batch
    outer = list(range(batch, axis))
    moved = [*range(batch), axis, *outer, *range(axis + 1, rank)]
    table = params if moved == list(range(rank)) else b.Transpose(params, perm=moved)
    size = params.shape[axis] if params.shape is not None else None
    chosen = b.Unsqueeze(b.int64(non_negative(b, indices, size)), [-1])
    picked = b.GatherND(table, chosen, batch_dims=batch)
    if not outer or not span:
        return picked
    middle = [*range(batch + span, batch + span + len(outer)), *range(batch, batch + span)]
    back = [*range(batch), *middle, *range(batch + span + len(outer), rank - 1 + span)]
    return b.Transpose(picked, perm=back)


@converts("GatherNd")
def gather_nd(b: Builder, op: Operation, params: Value, indices: Value) -> Value:
    """The slices of `params` that the index vectors name; a vector outside of it fails the run."""
    depth = indices.shape[-1] if indices.shape else None
    if depth is None or depth > params.rank:
        raise NotConvertible(f"index vectors of length {depth} into rank {params.rank}")
    if depth == 0:
        leading = b.Slice(shape_of(b, indices), [0], [-1])
        return b.Expand(params, b.Concat(leading, shape_of(b, params), axis=0))
    return b.GatherND(params, index_vectors(b, indices, params, depth))


def index_vectors(b: Builder, indices: Value, table: Value, depth: int) -> Value:
    """Index vectors as int64 for GatherND and ScatterND, which count negative indices from the end."""
    wide = b.int64(indices)
    if wide.const is not None and table.shape is not None:
        sizes = table.shape[:depth]
        flat = wide.const.reshape(-1, depth)
        for column, size in zip(flat.T, sizes, strict=True):
            if column.size and (column.min() < 0 or size is not None and column.max() >= size):
                raise NotConvertible("a constant index is out of range")
        return wide
    return non_negative(b, b.cast(wide, dtypes.int64))
