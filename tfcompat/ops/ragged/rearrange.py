"""Ragged tensors with other axes, repeated, reversed, and parts of them chosen."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims as dense_expand_dims
from tfcompat.ops.array import shape
from tfcompat.ops.array import size as dense_size
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.masks import where as dense_where
from tfcompat.ops.packing import stack
from tfcompat.ops.ragged.gather import gather
from tfcompat.ops.ragged.join import ragged_concat
from tfcompat.ops.ragged.ranges import ragged_range
from tfcompat.ops.ragged.tensor import (
    RaggedTensor,
    as_ragged_or_tensor,
    is_ragged,
    make,
    match_row_splits_dtypes,
    positive_axis,
)
from tfcompat.ops.repeat import repeat
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range as range_of


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """`tf.expand_dims` of a ragged tensor."""
    axis = dim if axis is None else axis
    with name_scope(name, "RaggedExpandDims", [input]):
        input = as_ragged_or_tensor(input, name="input")
        if not isinstance(input, RaggedTensor):
            return dense_expand_dims(input, axis)
        rank = None if input.shape.rank is None else input.shape.rank + 1
        axis = positive_axis(axis, rank, ndims_name="rank(input)")
        if axis == 0:
            return RaggedTensor.from_uniform_row_length(
                input, uniform_row_length=input.nrows(), nrows=1, validate=False
            )
        if axis == 1:
            return RaggedTensor.from_uniform_row_length(
                input, uniform_row_length=1, nrows=input.nrows(), validate=False
            )
        return input.with_values(expand_dims(input.values, axis - 1))


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The number of values."""
    return dense_size(input.flat_values, out_type=out_type, name=name)


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of axes."""
    with name_scope(name, "RaggedRank", [input]) as scope:
        return raw_ops.AddV2(x=input.ragged_rank, y=PUBLIC["rank"](input.flat_values), name=scope)  # type: ignore[no-any-return]


def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Any:
    """`tf.squeeze` of a ragged tensor; the axes must be given."""
    axis = squeeze_dims if axis is None else axis
    if axis is None:
        raise ValueError("Ragged.squeeze must have an axis argument.")
    if isinstance(axis, int):
        axis = [axis]
    elif not isinstance(axis, (list, tuple)) or not all(isinstance(a, int) for a in axis):
        raise TypeError(f"Axis must be a list or tuple of integers, got {axis!r}")
    with name_scope(name, "RaggedSqueeze", [input]):
        axes = sorted({positive_axis(a, input.shape.rank, "axis", "rank(input)") for a in axis})
        dense = [a - input.ragged_rank for a in axes if a > input.ragged_rank]
        ragged = [a for a in axes if a <= input.ragged_rank]
        values: Any = PUBLIC["squeeze"](input.flat_values, dense) if dense else input.flat_values
        partitions = input._nested_row_partitions
        checks = []
        left = list(partitions)
        for a in sorted(ragged, reverse=True):
            if a:
                length = partitions[a - 1].static_uniform_row_length
                if length is not None and length != 1:
                    raise ValueError(f"Can not squeeze dim[{a}], expected a dimension of 1, got {length}")
                checks.append(_check_size(partitions[a - 1].row_lengths(), a))
                del left[a - 1]
            elif left:
                checks.append(_check_size(left[0].nrows(), 0))
                del left[0]
            else:
                values = PUBLIC["squeeze"](values, [0])
        result = with_dependencies(checks, values) if checks else values
        for partition in reversed(left):
            result = make(result, partition)
        return result


def _check_size(found: Tensor, axis: int) -> Any:
    message = f"the given axis (axis = {axis}) is not squeezable!"
    return PUBLIC["debugging.assert_equal"](found, cast(1, found.dtype), message=message)


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """`tf.tile` of a ragged tensor."""
    with name_scope(name, "RaggedTile", [input, multiples]):
        input = as_ragged_or_tensor(input, name="input")
        kind = input.row_splits.dtype
        multiples = (
            as_ragged_or_tensor(multiples, name="multiples", dtype=kind)
            if not isinstance(multiples, Tensor)
            else (cast(multiples, kind))
        )
        multiples.shape.assert_has_rank(1)
        known = GRAPH_VALUES.constant(multiples)
        if known is not None and input.shape.rank is not None and known.shape[0] != input.shape.rank:
            raise ValueError(
                f"multiples must have {input.shape.rank} elements, one for each axis; got {known.shape[0]}"
            )
        result = input
        for axis in range(input.ragged_rank, -1, -1):
            times = int(known[axis]) if known is not None else multiples[axis]
            if not isinstance(times, int) or times != 1:
                result = _repeated(result, times, axis, kind)
        inner = multiples[input.ragged_rank + 1 :]
        if input.flat_values.shape.rank == 1 or (known is not None and (known[input.ragged_rank + 1 :] == 1).all()):
            return result
        flat = PUBLIC["tile"](result.flat_values, concat([[1], cast(inner, dtypes.int32)], axis=0))
        return result.with_flat_values(flat)


def _repeated(value: Any, times: Any, axis: int, kind: Any) -> Any:
    """`value` with the items of each row along `axis` repeated as a whole."""
    if axis > 1:
        return value.with_values(_repeated(value.values, times, axis - 1, kind))
    if axis == 0:
        rows = value.nrows() if isinstance(value, RaggedTensor) else shape(value, out_type=kind)[0]
        order = raw_ops.Tile(input=range_of(rows), multiples=stack([cast(times, dtypes.int32)]))
        return gather(value, order)
    starts = repeat(value.row_starts(), cast(times, dtypes.int32))
    limits = repeat(value.row_limits(), cast(times, dtypes.int32))
    items = ragged_range(starts, limits, row_splits_dtype=kind)
    splits = concat([[0], cumsum(value.row_lengths() * cast(times, kind))], axis=0)
    return RaggedTensor.from_row_splits(gather(value.values, items.values), splits, validate=False)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """`tf.where`, any of its arguments ragged; the condition has the shape of `x` and `y`, or chooses rows."""
    if (x is None) != (y is None):
        raise ValueError("x and y must be either both None or both non-None")
    with name_scope(name, "RaggedWhere", [condition, x, y]):
        condition = as_ragged_or_tensor(condition, name="condition")
        if x is None and y is None:
            return _places(condition)
        x, y = as_ragged_or_tensor(x, name="x"), as_ragged_or_tensor(y, name="y")
        condition, x, y = match_row_splits_dtypes(condition, x, y)
        return _chosen(condition, x, y)


def _chosen(condition: Any, x: Any, y: Any) -> Any:
    if isinstance(condition, RaggedTensor):
        if isinstance(x, RaggedTensor) and isinstance(y, RaggedTensor):
            check = PUBLIC["debugging.assert_equal"]
            message = "Input shapes do not match."
            checks = [
                check(t.nested_row_splits[i], condition.nested_row_splits[i], message=message)
                for t in (x, y)
                for i in range(min(condition.ragged_rank, t.ragged_rank))
                if t.nested_row_splits[i] is not condition.nested_row_splits[i]
            ]
            flat = condition.flat_values
            if checks:
                flat = with_dependencies(checks, flat)
            return condition.with_flat_values(PUBLIC["where"](flat, x.flat_values, y.flat_values))
        if not is_ragged(x) and not is_ragged(y) and x.shape.rank == 0 and y.shape.rank == 0:
            flat = condition.flat_values
            return condition.with_flat_values(raw_ops.SelectV2(condition=flat, t=x, e=y))
        raise ValueError("Input shapes do not match.")
    if not is_ragged(x) and not is_ragged(y):
        return dense_where(condition, x, y)
    rank = condition.shape.rank
    if rank is None or rank > 1:
        raise ValueError("Input shapes do not match.")
    if rank == 0:
        rows = as_rows(x).nrows()
        condition = raw_ops.Fill(dims=stack([rows]), value=condition)
    # rows of x and of y, one after another: take one of each pair
    count = as_rows(x).nrows()
    both = ragged_concat([x, y], axis=0)
    order = dense_where(condition, range_of(count), range_of(count, count + as_rows(y).nrows()))
    return gather(both, order)


def as_rows(value: Any) -> RaggedTensor:
    """`value` as a ragged tensor."""
    return value if isinstance(value, RaggedTensor) else RaggedTensor.from_tensor(value)


def _places(condition: Any) -> Tensor:
    """The places of the true values, as rows of indices."""
    if not isinstance(condition, RaggedTensor):
        return dense_where(condition)
    kind = dtypes.int64
    inner = dense_where(condition.flat_values)
    rows = [inner]
    place = inner[:, 0]
    for partition in reversed(condition._nested_row_partitions):
        rowids = cast(partition.value_rowids(), kind)
        row = PUBLIC["gather"](rowids, place)
        offset = place - PUBLIC["gather"](cast(partition.row_starts(), kind), row)
        rows[0] = concat([dense_expand_dims(offset, -1), rows[0][:, 1:]], axis=1)
        rows[0] = concat([dense_expand_dims(row, -1), rows[0]], axis=1)
        place = row
    return rows[0]


@tf_export("ragged.boolean_mask")
def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """The items of `data` for which `mask` is true, in rows as in `mask`.

    Args:
        data: tensor or RaggedTensor.
        mask: bools whose shape is a prefix of that of `data`.
        name: name scope.

    Returns:
        A RaggedTensor of the rank of `mask` and the axes of `data` below; a tensor for a vector.

    Raises:
        ValueError: the mask is a scalar, its rank is not known, or shapes do not fit.
    """
    with name_scope(name, "RaggedMask", [data, mask]):
        data = as_ragged_or_tensor(data, name="data")
        mask = as_ragged_or_tensor(mask, dtypes.bool, name="mask")
        kind, (data, mask) = match_row_splits_dtypes(data, mask, return_dtype=True)
        if mask.shape.rank is None:
            raise ValueError("mask.shape.ndims must be known statically.")
        if mask.shape.rank == 0:
            raise ValueError("mask cannot be scalar.")
        return _masked(data, mask, kind or dtypes.int64)


def _masked(data: Any, mask: Any, kind: Any) -> Any:
    if isinstance(mask, RaggedTensor):
        if not isinstance(data, RaggedTensor):
            data = RaggedTensor.from_tensor(data, ragged_rank=mask.ragged_rank, row_splits_dtype=kind)
        if (mask.shape.rank or 0) > 2:
            inner = _masked(data.values, mask.values, kind)
            return data.with_values(inner) if not isinstance(inner, RaggedTensor) else RaggedTensor.from_row_splits(
                inner, mask.row_splits, validate=False)  # fmt: skip
        numbers = cast(mask.values, kind)
        counts = PUBLIC["math.unsorted_segment_sum"](numbers, mask.value_rowids(), cast(mask.nrows(), dtypes.int32))
        splits = concat([[0], cumsum(counts)], axis=0)
        same = PUBLIC["debugging.assert_equal"](data.row_splits, mask.row_splits,
                                                message="Inputs must have identical ragged splits")  # fmt: skip
        chosen = _masked(data.values, with_dependencies([same], mask.values), kind)
        return RaggedTensor.from_row_splits(chosen, splits, validate=False)
    if isinstance(data, RaggedTensor) and mask.shape.rank == 1:
        places = dense_where(mask)[:, 0]
        return gather(data, places)
    if isinstance(data, RaggedTensor) or (mask.shape.rank or 0) > 1:
        if not isinstance(data, RaggedTensor):
            data.shape[: mask.shape.rank].assert_is_compatible_with(mask.shape)
            data = RaggedTensor.from_tensor(data, ragged_rank=mask.shape.rank - 1, row_splits_dtype=kind)
        mask = RaggedTensor.from_tensor(mask, ragged_rank=mask.shape.rank - 1, row_splits_dtype=kind)
        return _masked(data, mask, kind)
    return PUBLIC["boolean_mask"](data, mask)


@tf_export("ragged.stack_dynamic_partitions")
def stack_dynamic_partitions(data: Any, partitions: Any, num_partitions: Any, name: str | None = None) -> RaggedTensor:
    """A RaggedTensor whose row i has the items of `data` with `partitions` equal to i, in their order.

    Args:
        data: tensor or RaggedTensor.
        partitions: int32 or int64, of a shape that is a prefix of that of `data`.
        num_partitions: integer scalar.
        name: name scope.
    """
    with name_scope(name, "SegmentStack", [data, partitions, num_partitions]):
        data = as_ragged_or_tensor(data, name="data")
        kind = data.row_splits.dtype if isinstance(data, RaggedTensor) else None
        partitions = as_ragged_or_tensor(partitions, name="partitions", preferred_dtype=kind)
        count = convert_to_tensor(num_partitions, name="num_partitions", preferred_dtype=partitions.dtype)
        if kind is not None:
            partitions = (
                cast(partitions, kind)
                if not isinstance(partitions, RaggedTensor)
                else (partitions.with_flat_values(cast(partitions.flat_values, kind)))
            )
        count = cast(count, partitions.dtype)
        if partitions.shape.rank is None:
            raise ValueError("partitions must have known rank.")
        count.shape.assert_has_rank(0)
        partitions.shape.assert_is_compatible_with(data.shape[: partitions.shape.rank])
        if partitions.shape.rank == 0:
            row = dense_expand_dims(data, 0) if not isinstance(data, RaggedTensor) else expand_dims(data, 0)
            return RaggedTensor.from_value_rowids(row, stack([partitions]), nrows=count, validate=False)
        if partitions.shape.rank == 1:
            # the items in the order of their partitions, equal ones in their own
            order = PUBLIC["argsort"](partitions, stable=True)
            rowids = PUBLIC["gather"](partitions, order)
            checks = [
                PUBLIC["debugging.assert_less"](
                    rowids[-1:], count, message="partitions must be less than num_partitions"
                ),
                PUBLIC["debugging.assert_non_negative"](partitions, message="partitions must be non-negative."),
            ]
            rowids = with_dependencies(checks, rowids)
            return RaggedTensor.from_value_rowids(gather(data, order), rowids, nrows=count, validate=False)
        if not isinstance(data, RaggedTensor):
            data = RaggedTensor.from_tensor(data, row_splits_dtype=partitions.row_splits.dtype if isinstance(
                partitions, RaggedTensor) else dtypes.int64)  # fmt: skip
        if not isinstance(partitions, RaggedTensor):
            partitions = RaggedTensor.from_tensor(partitions, row_splits_dtype=data.row_splits.dtype)
        message = "data and partitions have incompatible ragged shapes"
        check = PUBLIC["debugging.assert_equal"](data.row_splits, partitions.row_splits, message=message)
        with control_dependencies([check]):
            return stack_dynamic_partitions(data.values, partitions.values, count)


def dynamic_partition(data: Any, partitions: Any, num_partitions: int, name: str | None = None) -> list[Any]:
    """`tf.dynamic_partition` of a ragged tensor."""
    if not isinstance(num_partitions, int) or num_partitions < 0:
        raise TypeError("num_partitions must be a non-negative integer")
    result = stack_dynamic_partitions(data, partitions, num_partitions, name)
    return [result[i] for i in range(num_partitions)]


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """`tf.reverse` of a ragged tensor."""
    if not isinstance(axis, (list, tuple)):
        raise TypeError("`axis` must be a list of int or a constant tensor when reversing ragged tensors")
    with name_scope(name, "Reverse", [tensor, axis]):
        axes = [positive_axis(a, tensor.shape.rank, f"axis[{i}]", "rank(tensor)") for i, a in enumerate(axis)]
        for a in axes:
            tensor = _reversed(tensor, a)
        return tensor


def _reversed(value: Any, axis: int) -> Any:
    if not isinstance(value, RaggedTensor):
        return raw_ops.ReverseV2(tensor=value, axis=[axis])
    if axis == 0:
        return value[::-1]
    if axis == 1:
        return value[:, ::-1]
    return value.with_values(_reversed(value.values, axis - 1))


def one_hot(indices: Any, depth: Any, on_value: Any = None, off_value: Any = None, axis: Any = None, dtype: Any = None,
            name: str | None = None) -> Any:  # fmt: skip
    """`tf.one_hot` of ragged indices; the new axis is below the ragged ones."""
    if isinstance(axis, int) and axis >= 0:
        if axis <= indices.ragged_rank:
            raise ValueError(f"axis ({axis}) must be greater than indices.ragged_rank ({indices.ragged_rank}).")
        axis -= indices.ragged_rank
    with name_scope(name, "RaggedOneHot", [indices]):
        return indices.with_flat_values(PUBLIC["one_hot"](indices.flat_values, depth, on_value, off_value, axis, dtype))
