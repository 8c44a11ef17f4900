"""`tf.io.RaggedFeature`: lists of values of examples as ragged tensors, divided into rows by other features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tfcompat.graph import dtypes
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.ragged.tensor import RaggedTensor
from tfcompat.ops.repeat import repeat
from tfcompat.ops.scan import cumsum


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
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(
                "Argument `partitions` must be a list or tuple. Received "
                f"partitions={partitions} of type {type(partitions).__name__}."
            )
        if not all(isinstance(p, _PARTITIONS) for p in partitions):
            raise TypeError(
                f"Argument `partitions` must be a list of partition objects {_PARTITIONS}; got {partitions}"
            )
        for partition in partitions:
            if not isinstance(partition, UniformRowLength) and not isinstance(partition.key, str):
                raise ValueError(f"The key of a partition must be a string; got {partition}")
        row_splits = dtypes.as_dtype(row_splits_dtype)
        if row_splits not in (dtypes.int32, dtypes.int64):
            raise ValueError(f"Argument `row_splits_dtype` must be int32 or int64; got {row_splits!r}")
        return super().__new__(cls, dtype, value_key, partitions, row_splits, validate)


@dataclass(frozen=True)
class RaggedColumns:
    """The features that the descriptions need, as the operations take them."""

    values: dict[str, dtypes.DType] = field(default_factory=dict)
    splits: dict[str, dtypes.DType] = field(default_factory=dict)

    @classmethod
    def of(cls, features: Mapping[str, Any] | None) -> RaggedColumns:
        """The columns of the `RaggedFeature`s among `features`.

        Raises:
            ValueError: two descriptions want one feature with other types, or a type that examples do not have.
        """
        columns = cls()
        for key in sorted(features or {}):
            feature = features[key]  # type: ignore[index]
            if isinstance(feature, RaggedFeature):
                columns._add(feature.value_key or key, feature.dtype, feature.row_splits_dtype)
                for partition in feature.partitions:
                    if not isinstance(partition, UniformRowLength):
                        columns._add(partition.key, dtypes.int64, feature.row_splits_dtype)
        return columns

    def _add(self, key: str, dtype: Any, splits: dtypes.DType) -> None:
        dtype = dtypes.as_dtype(dtype)
        if dtype not in (dtypes.int64, dtypes.float32, dtypes.string):
            raise ValueError(f"Argument `dtype` must be int64, float32, or bytes; got {dtype!r}")
        if self.values.setdefault(key, dtype) != dtype:
            raise ValueError(f"Conflicting type {self.values[key]!r} vs {dtype!r} for feature {key}.")
        if self.splits.setdefault(key, splits) != splits:
            raise ValueError(f"Conflicting partition type {self.splits[key]!r} vs {splits!r} for feature {key}.")

    @property
    def keys(self) -> list[str]:
        """The features' names."""
        return list(self.values)


def ragged_feature(key: str, feature: RaggedFeature, columns: Mapping[str, Any]) -> Any:
    """The value of one description, made of the parsed `columns`.

    These are tensors where one example was parsed; ragged by example, or by step of one sequence; or by both.
    """
    found = columns[feature.value_key or key]
    if not isinstance(found, RaggedTensor):
        for partition in reversed(feature.partitions):
            found = _divided(found, partition, columns, feature)
        return found
    outer = found.row_splits if found.ragged_rank > 1 else None
    rows = found if outer is None else found.values
    for partition in reversed(feature.partitions):
        rows = _divided_by_row(rows, partition, columns, feature.validate, outer)
    return rows if outer is None else RaggedTensor.from_row_splits(rows, outer, validate=feature.validate)


def _divided(values: Any, partition: Any, columns: Mapping[str, Any], feature: RaggedFeature) -> Any:
    """`values` divided into rows."""
    validate = feature.validate
    if isinstance(partition, UniformRowLength):
        if not isinstance(values, RaggedTensor):
            return _reshaped(values, partition.length)
        length = cast(partition.length, feature.row_splits_dtype)
        return RaggedTensor.from_uniform_row_length(values, length, validate=validate)
    numbers = cast(columns[partition.key], feature.row_splits_dtype)
    return _FACTORIES[type(partition)](values, numbers, validate=validate)


def _divided_by_row(
    rows: RaggedTensor, partition: Any, columns: Mapping[str, Any], validate: bool, outer: Any
) -> RaggedTensor:
    """`rows` with the values of each row divided into inner rows."""
    if isinstance(partition, UniformRowLength):
        if rows.ragged_rank > 1:
            length = cast(partition.length, rows.row_splits.dtype)
            inner: Any = RaggedTensor.from_uniform_row_length(rows.values, length, validate=validate)
        else:
            length = partition.length
            inner = _reshaped(rows.values, length)
        return RaggedTensor.from_row_splits(inner, rows.row_splits // length, validate=validate)
    own = columns[partition.key]
    if own.values.dtype != rows.row_splits.dtype:
        own = PUBLIC["cast"](own, rows.row_splits.dtype)
    checks = []
    if outer is not None:
        if validate:
            message = f"The rows of {partition.key} are not those of the values"
            checks.append(PUBLIC["debugging.assert_equal"](outer, own.row_splits, message=message))
        own = own.values
    with control_dependencies(checks):
        return _cut(rows, partition, own, validate)


def _cut(rows: RaggedTensor, partition: Any, own: Any, validate: bool) -> RaggedTensor:
    """`rows` divided by the numbers that each row of `own` has for it."""
    kind = type(partition)
    if kind is RowLengths:
        return own.with_values(RaggedTensor.from_row_lengths(rows.values, own.values, validate=validate))
    if kind is ValueRowIds:
        counts = raw_ops.Maximum(x=PUBLIC["reduce_max"](own + 1, axis=1), y=0)
        ids = own.values + repeat(cumsum(counts, exclusive=True), own.row_lengths())
        inner = RaggedTensor.from_value_rowids(rows.values, ids, validate=validate)
        return RaggedTensor.from_row_lengths(inner, counts, validate=validate)
    if kind is RowSplits:
        own = own[:, 1:]
    numbers = own.values + repeat(rows.row_starts(), own.row_lengths())
    make = RaggedTensor.from_row_starts if kind is RowStarts else RaggedTensor.from_row_limits
    return own.with_values(make(rows.values, numbers, validate=validate))


def _reshaped(values: Any, length: int) -> Any:
    """Values in rows of one length."""
    return reshape(values, concat([[-1, length], shape(values)[1:]], 0))


_FACTORIES: dict[type, Any] = {
    RowSplits: RaggedTensor.from_row_splits,
    RowLengths: RaggedTensor.from_row_lengths,
    RowStarts: RaggedTensor.from_row_starts,
    RowLimits: RaggedTensor.from_row_limits,
    ValueRowIds: RaggedTensor.from_value_rowids,
}
