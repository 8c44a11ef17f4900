"""Ragged tensors of dense and sparse ones."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.masks import boolean_mask, sequence_mask, where
from tfcompat.ops.ragged.tensor import RaggedTensor
from tfcompat.ops.reduction import reduce_all, reduce_any, reduce_max
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range as range_of


def from_tensor(
    tensor: Any, lengths: Any, padding: Any, ragged_rank: int, name: str | None, kind: dtypes.DType
) -> RaggedTensor:
    """See `RaggedTensor.from_tensor`."""
    if lengths is not None and padding is not None:
        raise ValueError("Specify argument `lengths` or `padding`, but not both.")
    if not isinstance(ragged_rank, int):
        raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
    if ragged_rank <= 0:
        raise ValueError(f"Argument `ragged_rank` must be greater than 0. Received {ragged_rank}.")
    with name_scope(name, "RaggedFromTensor", [tensor, lengths, padding]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.shape.rank is not None and tensor.shape.rank < 2:
            raise ValueError(
                "The rank of a RaggedTensor must be greater than 1, i.e., a list of scalars won't have ragged "
                f"dimensions. Received argument `tensor` with rank {tensor.shape.rank}."
            )
        tensor.shape.with_rank_at_least(ragged_rank + 1)
        sizes = shape(tensor, out_type=kind)
        if isinstance(lengths, (list, tuple)) and lengths and not isinstance(lengths[0], (int, float)):
            if ragged_rank not in (1, len(lengths)):
                raise ValueError(
                    "If Argument `lengths` is a tuple of row_lengths, argument `ragged_rank` must be len(lengths): "
                    f"{len(lengths)}. Received ragged_rank: {ragged_rank}"
                )
            return _of_nested_lengths(tensor, lengths, kind)
        if ragged_rank > 1:
            return _of_many_axes(tensor, sizes, lengths, padding, ragged_rank, kind)
        return _of_rows(tensor, sizes, lengths, padding, kind)


def _of_nested_lengths(tensor: Tensor, lengths: Any, kind: Any) -> RaggedTensor:
    tensor.shape.with_rank_at_least(len(lengths) + 1)
    flat: Any = tensor
    nested = [convert_to_tensor(n, kind) if not hasattr(n, "dtype") else cast(n, kind) for n in lengths]
    # cut each axis in turn: keep the items of rows, then see them as the outermost axis
    for row_lengths in nested:
        flat = boolean_mask(flat, sequence_mask(row_lengths, shape(flat, out_type=kind)[1]))
    return RaggedTensor.from_nested_row_lengths(flat, nested, validate=False)


def _of_many_axes(
    tensor: Tensor, sizes: Tensor, lengths: Any, padding: Any, ragged_rank: int, kind: Any
) -> RaggedTensor:
    """The outer axes become uniform rows, the last one is cut."""
    if tensor.shape.is_fully_defined():
        known = tensor.shape.as_list()
        outer = math.prod(size or 0 for size in known[:ragged_rank])
        new_shape: Any = constant([outer, *known[ragged_rank:]], kind)
    else:
        size = raw_ops.Prod(input=sizes[:ragged_rank], reduction_indices=[0])
        new_shape = concat([[size], sizes[ragged_rank:]], axis=0)
    flattened = reshape(tensor, new_shape)
    result = from_tensor(flattened, lengths, padding, 1, None, kind)
    for axis in range(ragged_rank - 1, 0, -1):
        length = tensor.shape.as_list()[axis] if tensor.shape.rank is not None else None
        rows = tensor.shape.as_list()[:axis] if tensor.shape.rank is not None else [None]
        count: Any = 1
        for size in rows:
            count = None if size is None or count is None else count * size
        if count is None:
            count = raw_ops.Prod(input=sizes[:axis], reduction_indices=[0])
        uniform = constant(length, kind) if length is not None else sizes[axis]
        result = RaggedTensor.from_uniform_row_length(result, uniform, count, validate=False)
    return result


def _of_rows(tensor: Tensor, sizes: Tensor, lengths: Any, padding: Any, kind: Any) -> RaggedTensor:
    columns = sizes[1]
    if padding is not None:
        lengths = _lengths_without(tensor, padding, columns, kind)
    if lengths is not None:
        lengths = convert_to_tensor(lengths, dtype_hint=kind, name="lengths")
        lengths.shape.assert_has_rank(1)
        lengths = raw_ops.Cast(x=lengths, DstT=kind)
        lengths = raw_ops.Maximum(x=raw_ops.Minimum(x=lengths, y=columns), y=0)
        limits = cumsum(lengths)
        splits = concat([zeros([1], kind), limits], axis=0)
        values = boolean_mask(tensor, sequence_mask(lengths, maxlen=columns))
        return RaggedTensor.from_row_splits(values, splits, validate=False)
    values_shape = concat([[sizes[0] * sizes[1]], sizes[2:]], axis=0)
    values = reshape(tensor, values_shape)
    known = tensor.shape.as_list() if tensor.shape.rank is not None else [None, None]
    rows = sizes[0] if known[0] is None else constant(known[0], kind)
    length = columns if known[1] is None else constant(known[1], kind)
    return RaggedTensor.from_uniform_row_length(values, length, rows, validate=False)


def _lengths_without(tensor: Tensor, padding: Any, columns: Tensor, kind: Any) -> Tensor:
    """The length of each row up to the last item that is not `padding`."""
    padding = convert_to_tensor(padding, name="padding", dtype=tensor.dtype)
    padding.shape.assert_is_compatible_with(tensor.shape[2:])
    is_padding = raw_ops.Equal(x=padding, y=tensor)
    axes = range_of(2, rank(tensor)) if tensor.shape.rank is None else list(range(2, tensor.shape.rank))
    if tensor.shape.rank is None or tensor.shape.rank > 2:
        is_padding = reduce_all(is_padding, axis=axes)
    place = cast(raw_ops.LogicalNot(x=is_padding), kind)
    numbers = range_of(1, columns + 1)
    return reduce_max(place * expand_dims(numbers, 0), axis=1)  # type: ignore[no-any-return]


def from_sparse(st_input: Any, name: str | None, kind: dtypes.DType) -> RaggedTensor:
    """See `RaggedTensor.from_sparse`."""
    if not isinstance(st_input, SparseTensor):
        raise TypeError(f"Argument `st_input` must be of type SparseTensor, but is of type {type(st_input).__name__}.")
    with name_scope(name, "RaggedFromSparse", [st_input]):
        known = st_input.dense_shape.shape.num_elements()
        if st_input.indices.shape.rank is not None:
            known = st_input.indices.shape.as_list()[1] if known is None else known
        if known is None:
            known = st_input.shape.rank
        if known != 2:
            raise ValueError("rank(st_input) must be 2.")
        with control_dependencies(_right_aligned_checks(st_input)):
            rows = cast(st_input.indices[:, 0], kind)
            count = cast(st_input.dense_shape[0], kind)
            return RaggedTensor.from_value_rowids(st_input.values, rows, nrows=count, validate=False)


def _right_aligned_checks(st_input: SparseTensor) -> list[Any]:
    """A row's elements must be its first ones, in order."""
    rows, columns = st_input.indices[:, :-1], st_input.indices[:, -1]
    new_row = reduce_any(raw_ops.NotEqual(x=rows[1:], y=rows[:-1]), axis=1)
    fits = where(new_row, raw_ops.Equal(x=columns[1:], y=0), raw_ops.Equal(x=columns[1:], y=columns[:-1] + 1))
    both = raw_ops.LogicalAnd(x=reduce_all(raw_ops.Equal(x=columns[:1], y=0)), y=reduce_all(fits))
    return [
        PUBLIC["Assert"](both, data=["SparseTensor is not right-ragged", "SparseTensor.indices =", st_input.indices])
    ]
