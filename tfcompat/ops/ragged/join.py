"""Ragged tensors joined along an axis, or along a new one."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import reshape, shape, size, transpose
from tfcompat.ops.concat import concat
from tfcompat.ops.concat import concat as dense_concat
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.packing import stack as dense_stack
from tfcompat.ops.ragged.gather import gather
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor, match_row_splits_dtypes, positive_axis
from tfcompat.ops.sequences import range as range_of


def ragged_concat(values: Any, axis: Any, name: str | None = "concat") -> Any:
    """Ragged and dense tensors of one rank joined along `axis`."""
    if not isinstance(values, (list, tuple)):
        values = [values]
    with name_scope(name, "RaggedConcat", list(values)):
        return _joined(values, axis, stacked=False)


@tf_export("ragged.stack")
def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Tensors of one rank, ragged or of different sizes, along a new axis.

    Args:
        values: list of tensors and RaggedTensors of one rank.
        axis: where the new axis is.
        name: name scope.

    Returns:
        A RaggedTensor of one more rank; tensors of rank 0 give a tensor.

    Raises:
        ValueError: there are no values, or ranks or types of row splits do not fit.
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    with name_scope(name, "RaggedConcat", list(values)):
        return _joined(values, axis, stacked=True)


def _joined(values: Any, axis: Any, stacked: bool) -> Any:
    if not values:
        raise ValueError("rt_inputs may not be empty.")
    parts = [as_ragged_or_tensor(v, name="rt_input") for v in values]
    kind, parts = match_row_splits_dtypes(*parts, return_dtype=True)
    parts = list(parts)
    rank = None
    for part in parts:
        if part.shape.rank is not None:
            if rank is None:
                rank = part.shape.rank
            else:
                part.shape.assert_has_rank(rank)
    out_rank = rank if rank is None or not stacked else rank + 1
    axis = positive_axis(axis, out_rank, ndims_name="rank(inputs)")
    if stacked and rank == 1 and axis == 0 and all(not isinstance(p, RaggedTensor) for p in parts):
        # rows of different lengths
        lengths = dense_concat([shape(p, out_type=kind or "int64") for p in parts], axis=0)
        return RaggedTensor.from_row_lengths(dense_concat(parts, axis=0), lengths, validate=False)
    if all(not isinstance(p, RaggedTensor) for p in parts) and rank is not None and (axis == out_rank - 1 or rank < 2):  # type: ignore[operator]
        return dense_stack(parts, axis) if stacked else dense_concat(parts, axis)
    for i, part in enumerate(parts):
        if not isinstance(part, RaggedTensor):
            if part.shape.rank is None:
                raise ValueError("Inputs to tf.concat and tf.ragged.stack must have known ranks")
            parts[i] = RaggedTensor.from_tensor(part, ragged_rank=1, row_splits_dtype=kind or "int64")
    return _join(parts, axis, stacked)


def _join(parts: list[Any], axis: int, stacked: bool) -> Any:
    if axis == 0:
        return _stack_rows(parts) if stacked else _concat_rows(parts)
    if axis == 1:
        return _join_items(parts, stacked)
    below = [p.values for p in parts]
    if all(not isinstance(p, RaggedTensor) for p in below):
        flat = dense_stack(below, axis - 1) if stacked else dense_concat(below, axis - 1)
    else:
        below = [
            p
            if isinstance(p, RaggedTensor)
            else RaggedTensor.from_tensor(p, row_splits_dtype=parts[0].row_splits.dtype)
            for p in below
        ]
        flat = _join(below, axis - 1, stacked)
    checks = [_same_splits(parts[0], p) for p in parts[1:] if p.row_splits is not parts[0].row_splits]
    splits = with_dependencies(checks, parts[0].row_splits) if checks else parts[0].row_splits
    return RaggedTensor.from_row_splits(flat, splits, validate=False)


def _same_splits(first: RaggedTensor, other: RaggedTensor) -> Any:
    message = "Inputs must have identical ragged splits"
    return PUBLIC["debugging.assert_equal"](first.row_splits, other.row_splits, message=message)


def with_ragged_rank(value: Any, ragged_rank: int, kind: Any) -> Any:
    """`value` with at least `ragged_rank` ragged axes."""
    if ragged_rank == 0:
        return value
    if not isinstance(value, RaggedTensor):
        return RaggedTensor.from_tensor(value, ragged_rank=ragged_rank, row_splits_dtype=kind)
    return value.with_values(with_ragged_rank(value.values, ragged_rank - 1, kind))


def _concat_rows(parts: list[Any]) -> RaggedTensor:
    if len(parts) == 1:
        return parts[0]  # type: ignore[no-any-return]
    ragged_rank = max(p.ragged_rank for p in parts)
    kind = parts[0].row_splits.dtype
    parts = [with_ragged_rank(p, ragged_rank, kind) for p in parts]
    flat = concat([p.flat_values for p in parts], axis=0)
    nested = [_concat_splits([p.nested_row_splits[level] for p in parts]) for level in range(ragged_rank)]
    result = RaggedTensor.from_nested_row_splits(flat, nested, validate=False)
    return _with_common_lengths(result, parts)


def _with_common_lengths(result: RaggedTensor, parts: list[Any]) -> RaggedTensor:
    """`result` with the uniform lengths that all the parts have."""
    from tfcompat.ops.ragged.tensor import make

    values: Any = result.flat_values
    levels = list(zip(*[p._nested_row_partitions for p in parts], strict=True))
    for partition, own in zip(result._nested_row_partitions[::-1], levels[::-1], strict=True):
        lengths = {p.static_uniform_row_length for p in own}
        length = lengths.pop()
        if not lengths and length is not None:
            partition = partition.with_static_length(length)
        values = make(values, partition)
    return values  # type: ignore[no-any-return]


def _concat_splits(all_splits: list[Tensor]) -> Tensor:
    """The splits of rows that follow each other."""
    parts, offset = [all_splits[0]], all_splits[0][-1]
    for splits in all_splits[1:]:
        parts.append(splits[1:] + offset)
        offset = offset + splits[-1]
    return concat(parts, axis=0)


def _stack_rows(parts: list[Any]) -> RaggedTensor:
    lengths = [p.nrows() for p in parts]
    joined = _concat_rows(parts)
    return RaggedTensor.from_row_lengths(joined, dense_stack(lengths), validate=False)


def _join_items(parts: list[Any], stacked: bool) -> RaggedTensor:
    """Row i of the result has the items of the rows i of all parts, or these rows."""
    count = len(parts)
    if count == 1 and not stacked:
        return parts[0]  # type: ignore[no-any-return]
    rows = parts[0].nrows()
    checks = [
        PUBLIC["debugging.assert_equal"](
            p.nrows(), rows, message="Input tensors at axis 1 must have the same number of rows"
        )
        for p in parts[1:]
    ]
    joined = _concat_rows(parts)
    every = range_of(rows * count)
    order = reshape(transpose(reshape(every, [count, -1])), [-1])
    if checks:
        order = with_dependencies(checks, order)
    turned = gather(joined, order)
    if stacked:
        splits = range_of(0, size(turned.row_splits), count)
        splits = PUBLIC["cast"](splits, turned.row_splits.dtype)
        return RaggedTensor.from_row_splits(turned, splits, validate=False)
    return RaggedTensor.from_row_splits(turned.values, turned.row_splits[::count], validate=False)
