"""`tf.io.RaggedFeature`: lists of values of examples as ragged tensors, divided into rows by other features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.ragged.tensor import RaggedTensor


class RowSplits(NamedTuple):
    """Rows by the feature `key`: where they begin, and at the end where the last one ends."""

    key: str


class RowLengths(NamedTuple):
    """Rows by the feature `key`: how long they are."""

    key: str


class RowStarts(NamedTuple):
    """Rows by the feature `key`: where they begin."""

    key: str


class RowLimits(NamedTuple):
    """Rows by the feature `key`: where they end."""

    key: str


class ValueRowIds(NamedTuple):
    """Rows by the feature `key`: the row of each value."""

    key: str


class UniformRowLength(NamedTuple):
    """Rows of one length."""

    length: int


_PARTITIONS = (RowSplits, RowLengths, RowStarts, RowLimits, ValueRowIds, UniformRowLength)


class _RaggedFeature(NamedTuple):
    dtype: Any
    value_key: str | None = None
    partitions: Sequence[Any] = ()
    row_splits_dtype: Any = dtypes.int32
    validate: bool = False


@tf_export("io.RaggedFeature")
class RaggedFeature(_RaggedFeature):
    """A list of values of any length; becomes a `RaggedTensor`.

    Args:
        dtype: of the values.
        value_key: the feature with the values; the key of this description when None.
        partitions: what divides the values into rows, outermost first: `RaggedFeature.RowSplits(key)`, `RowLengths`,
            `RowStarts`, `RowLimits`, `ValueRowIds`, `UniformRowLength(length)`.
        row_splits_dtype: int32 or int64.
        validate: whether the partitions are checked when run.

    Raises:
        ValueError: `value_key` or a key is no string, or a type is missing.
        TypeError: a partition is none of these.
    """

    RowSplits, RowLengths, RowStarts = RowSplits, RowLengths, RowStarts
    RowLimits, ValueRowIds, UniformRowLength = RowLimits, ValueRowIds, UniformRowLength

    def __new__(
        cls,
        dtype: Any,
        value_key: str | None = None,
        partitions: Sequence[Any] = (),
        row_splits_dtype: Any = dtypes.int32,
        validate: bool = False,
    ) -> RaggedFeature:
        """The description, checked."""
        if value_key is not None and not isinstance(value_key, str):
            raise ValueError(f"Argument `value_key` must be a string; got {value_key}")
        if not isinstance(partitions, (list, tuple)) or not all(isinstance(p, _PARTITIONS) for p in partitions):
            raise TypeError(
                f"Argument `partitions` must be a list of partition objects {_PARTITIONS}; got {partitions}"
            )
        for partition in partitions:
            if not isinstance(partition, UniformRowLength) and not isinstance(partition.key, str):
                raise ValueError(f"The key of a partition must be a string; got {partition}")
        row_splits = dtypes.as_dtype(row_splits_dtype)
        if row_splits not in (dtypes.int32, dtypes.int64):
            raise ValueError(f"Argument `row_splits_dtype` must be int32 or int64; got {row_splits_dtype}")
        return super().__new__(cls, dtype, value_key, tuple(partitions), row_splits, validate)


def ragged_columns(features: Mapping[str, Any]) -> dict[str, tuple[dtypes.DType, dtypes.DType]]:
    """Key -> (type of values, type of splits) of all features that the descriptions need, by key.

    Raises:
        ValueError: two descriptions want one feature with other types.
    """
    found: dict[str, tuple[dtypes.DType, dtypes.DType]] = {}
    for key in sorted(features):
        feature = features[key]
        if not isinstance(feature, RaggedFeature):
            continue
        splits = feature.row_splits_dtype
        wanted = [(feature.value_key or key, dtypes.as_dtype(feature.dtype))]
        wanted += [(p.key, dtypes.int64) for p in feature.partitions if not isinstance(p, UniformRowLength)]
        for name, dtype in wanted:
            if found.setdefault(name, (dtype, splits)) != (dtype, splits):
                raise ValueError(f"Conflicting type {found[name]} vs {(dtype, splits)} for feature {name}.")
    return dict(sorted(found.items()))


def ragged_feature(key: str, feature: RaggedFeature, columns: Mapping[str, RaggedTensor], single: bool) -> Any:
    """The value of one description, made of the parsed `columns` (one row an example)."""
    result = columns[feature.value_key or key]
    for partition in reversed(feature.partitions):
        result = _divided(result, partition, columns, feature.validate)
    return result.values if single else result


def _divided(rows: RaggedTensor, partition: Any, columns: Mapping[str, RaggedTensor], validate: bool) -> RaggedTensor:
    """`rows`, one an example, with its values divided into inner rows."""
    values: Any = rows.values
    if isinstance(partition, UniformRowLength):
        outer = raw_ops.FloorDiv(x=rows.row_splits, y=cast(partition.length, rows.row_splits.dtype))
        if isinstance(values, RaggedTensor):
            inner: Any = RaggedTensor.from_uniform_row_length(values, partition.length, validate=validate)
        else:
            tail = raw_ops.Shape(input=values)[1:]
            inner = raw_ops.Reshape(tensor=values, shape=concat([[-1, partition.length], tail], 0))
            inner.set_shape([None, partition.length, *values.shape.as_list()[1:]])
        return RaggedTensor.from_row_splits(inner, outer, validate=validate)
    column = columns[partition.key]
    dtype = column.row_splits.dtype
    numbers, outer = cast(column.values, dtype), column.row_splits
    of_example = cast(column.value_rowids(), dtype)
    offsets = raw_ops.GatherV2(params=rows.row_splits, indices=of_example, axis=0)
    zero, total = cast([0], dtype), rows.row_splits[-1:]
    if isinstance(partition, RowLengths):
        inner = RaggedTensor.from_row_lengths(values, numbers, validate=validate)
    elif isinstance(partition, RowStarts):
        splits = concat([numbers + offsets, total], 0)
        inner = RaggedTensor.from_row_splits(values, splits, validate=validate)
    elif isinstance(partition, RowLimits):
        inner = RaggedTensor.from_row_splits(values, concat([zero, numbers + offsets], 0), validate=validate)
    elif isinstance(partition, RowSplits):
        is_inside = raw_ops.Equal(x=of_example[1:], y=of_example[:-1])
        places = cast(raw_ops.Where(condition=is_inside)[:, 0], dtypes.int64)
        lengths = raw_ops.GatherV2(params=numbers[1:] - numbers[:-1], indices=places, axis=0)
        inner = RaggedTensor.from_row_lengths(values, lengths, validate=validate)
        has_splits = cast(raw_ops.Greater(x=column.row_lengths(), y=cast(0, dtype)), dtype)
        outer = outer - concat([zero, raw_ops.Cumsum(x=has_splits, axis=0)], 0)
    else:
        count = cast(column.nrows(), dtype)
        largest = raw_ops.UnsortedSegmentMax(data=numbers + 1, segment_ids=of_example, num_segments=count)
        sizes = raw_ops.Maximum(x=largest, y=cast(0, dtype))
        outer = concat([zero, raw_ops.Cumsum(x=sizes, axis=0)], 0)
        ids = numbers + raw_ops.GatherV2(params=outer, indices=of_example, axis=0)
        inner = RaggedTensor.from_value_rowids(values, ids, nrows=outer[-1], validate=validate)
    return RaggedTensor.from_row_splits(inner, outer, validate=validate)
