"""`RowPartition`: how a sequence of values is cut into rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.histogram import bincount
from tfcompat.ops.ragged.segments import row_splits_to_segment_ids
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range as range_of

_INTEGERS = (dtypes.int32, dtypes.int64)


def known(value: Any) -> int | None:
    """The value of an integer scalar, when it is known before a run."""
    if value is None or isinstance(value, int):
        return value
    found = GRAPH_VALUES.constant(value)
    return None if found is None else int(found)


def converted(value: Any, name: str, dtype: Any = None, hint: Any = None) -> Tensor:
    """`value` as a tensor of int32 or int64: of its own type if it has one, else of `dtype`, `hint`, or int64."""
    wanted = dtypes.as_dtype(dtype) if dtype is not None else None
    if isinstance(value, (Tensor, np.ndarray)) or hasattr(value, "dtype"):
        own = dtypes.as_dtype(value.dtype).base_dtype
        if isinstance(value, np.ndarray) and wanted is None and hint is None:
            value = value.astype(own.as_numpy_dtype if own in _INTEGERS else np.int64) if own.is_integer else value
        tensor = convert_to_tensor(value, name=name)
        if wanted is not None and tensor.dtype.base_dtype != wanted:
            tensor = cast(tensor, wanted)
    else:
        try:
            tensor = convert_to_tensor(value, dtype=wanted, dtype_hint=wanted or hint or dtypes.int64, name=name)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must have dtype int32 or int64") from None
    if tensor.dtype.base_dtype not in _INTEGERS:
        raise ValueError(f"{name} must have dtype int32 or int64")
    return tensor


def _checked(checks: list[Any], tensor: Tensor) -> Tensor:
    return with_dependencies(checks, tensor) if checks else tensor


def _assert(check: str, *args: Any, what: str, which: str = "") -> Any:
    kind = "RowPartition" if what in ("from_row_lengths", "from_value_rowids") else "RaggedTensor"
    message = f"Arguments to {what} do not form a valid {kind}{which}"
    return PUBLIC[f"debugging.assert_{check}"](*args, message=message)


def _monotonic(values: Tensor, what: str, which: str = "") -> Any:
    return _assert("non_negative", values[1:] - values[:-1], what=what, which=which)


@tf_export("experimental.RowPartition")
class RowPartition(CompositeTensor):
    """How `nvals` values are cut into `nrows` rows, one after another.

    The factories `from_row_splits`, `from_row_lengths`, `from_value_rowids`, `from_row_starts`, `from_row_limits` and
    `from_uniform_row_length` make them.

    Raises:
        ValueError: the constructor is called by others.
    """

    def __init__(
        self,
        row_splits: Any,
        row_lengths: Any = None,
        value_rowids: Any = None,
        nrows: Any = None,
        uniform_row_length: Any = None,
        nvals: Any = None,
        internal: Any = False,
    ):
        if internal is not _INTERNAL:
            raise ValueError(
                "RowPartition constructor is private; please use one of the factory methods instead (e.g., "
                "RowPartition.from_row_lengths())"
            )
        row_splits.shape.assert_has_rank(1)
        self._row_splits: Tensor = row_splits
        self._row_lengths = row_lengths
        self._value_rowids = value_rowids
        self._nrows = nrows
        self._uniform_row_length = uniform_row_length
        self._nvals = nvals

    # ------------------------------------------------------------ factories

    @classmethod
    def from_value_rowids(
        cls, value_rowids: Any, nrows: Any = None, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition that puts value i into row `value_rowids[i]`, which must ascend; `nrows` rows, or as needed."""
        with name_scope(None, "RowPartitionFromValueRowIds", [value_rowids, nrows]):
            rowids = converted(value_rowids, "value_rowids", dtype, dtype_hint)
            if nrows is None:
                nrows = _rows_needed(rowids)
            else:
                fixed = known(nrows) if not isinstance(nrows, (list, tuple)) else None
                if fixed is not None:
                    if fixed < 0:
                        raise ValueError(f"Expected nrows >= 0; got {fixed}")
                    last = GRAPH_VALUES.constant(rowids)
                    if last is not None and last.size and last.ndim == 1 and fixed <= last[-1]:
                        raise ValueError(
                            f"Expected nrows >= value_rowids[-1] + 1; got nrows={fixed}, value_rowids[-1]={last[-1]}"
                        )
                nrows = convert_to_tensor(nrows, rowids.dtype, name="nrows")
            rowids.shape.assert_has_rank(1)
            nrows.shape.assert_has_rank(0)
            if validate:
                what = "from_value_rowids"
                checks = [
                    _assert("rank", rowids, 1, what=what),
                    _assert("rank", nrows, 0, what=what),
                    _assert("non_negative", rowids[:1], what=what),
                    _monotonic(rowids, what),
                    _assert("less", rowids[-1:], nrows, what=what),
                ]
                rowids = _checked(checks, rowids)
            # bincount counts in int32
            rows32, count32 = cast(rowids, dtypes.int32), cast(nrows, dtypes.int32)
            lengths = bincount(rows32, minlength=count32, maxlength=count32, dtype=rowids.dtype)
            fixed = known(nrows)
            if fixed is not None:
                lengths.set_shape([fixed])
            splits = concat([[0], cumsum(lengths)], axis=0)
            return cls(splits, row_lengths=lengths, value_rowids=rowids, nrows=nrows, internal=_INTERNAL)

    @classmethod
    def from_row_splits(
        cls, row_splits: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition whose row i goes from `row_splits[i]` to `row_splits[i + 1]`; the first must be 0."""
        if isinstance(row_splits, (list, tuple)) and not row_splits:
            raise ValueError("row_splits tensor may not be empty.")
        with name_scope(None, "RowPartitionFromRowSplits", [row_splits]):
            splits = converted(row_splits, "row_splits", dtype, dtype_hint)
            splits.shape.assert_has_rank(1)
            if validate:
                what = "from_row_splits"
                checks = [
                    _assert("rank", splits, 1, what=what, which=":rank"),
                    _assert("equal", splits[0], constant(0, splits.dtype), what=what, which=":zero"),
                    _monotonic(splits, what, ":monotonic"),
                ]
                splits = _checked(checks, splits)
            return cls(splits, internal=_INTERNAL)

    @classmethod
    def from_row_lengths(
        cls, row_lengths: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition whose row i has `row_lengths[i]` values."""
        with name_scope(None, "RowPartitionFromRowLengths", [row_lengths]):
            lengths = converted(row_lengths, "row_lengths", dtype, dtype_hint)
            lengths.shape.assert_has_rank(1)
            if validate:
                what = "from_row_lengths"
                checks = [
                    _assert("rank", lengths, 1, what=what),
                    _assert("non_negative", lengths, what=what),
                ]
                lengths = _checked(checks, lengths)
            splits = concat([[0], cumsum(lengths)], axis=0)
            return cls(splits, row_lengths=lengths, internal=_INTERNAL)

    @classmethod
    def from_row_starts(
        cls, row_starts: Any, nvals: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition of `nvals` values whose row i starts at `row_starts[i]`; the first must be 0."""
        with name_scope(None, "RowPartitionFromRowStarts", [row_starts]):
            starts = converted(row_starts, "row_starts", dtype, dtype_hint)
            starts.shape.assert_has_rank(1)
            nvals = cast(nvals, starts.dtype)
            if validate:
                what = "from_row_starts"
                checks = [
                    _assert("rank", starts, 1, what=what),
                    _assert("equal", starts[:1], constant(0, starts.dtype), what=what),
                    _monotonic(starts, what),
                    _assert("less_equal", starts[-1:], nvals, what=what),
                ]
                starts = _checked(checks, starts)
            return cls(concat([starts, [nvals]], axis=0), nvals=nvals, internal=_INTERNAL)

    @classmethod
    def from_row_limits(
        cls, row_limits: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition whose row i ends before `row_limits[i]`."""
        with name_scope(None, "RowPartitionFromRowLimits", [row_limits]):
            limits = converted(row_limits, "row_limits", dtype, dtype_hint)
            limits.shape.assert_has_rank(1)
            if validate:
                what = "from_row_limits"
                checks = [
                    _assert("rank", limits, 1, what=what),
                    _assert("non_negative", limits[:1], what=what),
                    _monotonic(limits, what),
                ]
                limits = _checked(checks, limits)
            return cls(concat([zeros([1], limits.dtype), limits], axis=0), internal=_INTERNAL)

    @classmethod
    def from_uniform_row_length(
        cls,
        uniform_row_length: Any,
        nvals: Any = None,
        nrows: Any = None,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:
        """The partition into rows of one length: `nrows` of them, or as many as `nvals` values make.

        Raises:
            ValueError: neither is given, or what is known of them does not fit.
        """
        if nrows is None and nvals is None:
            raise ValueError("Either nvals or nrows must be specified")
        with name_scope(None, "RowPartitionFromUniformRowLength", [uniform_row_length, nrows]):
            length = converted(uniform_row_length, "uniform_row_length", dtype, dtype_hint)
            length.shape.assert_has_rank(0)
            count = None if nvals is None else convert_to_tensor(nvals, length.dtype, name="nvals")
            if nrows is not None:
                rows = convert_to_tensor(nrows, length.dtype, name="nrows")
            else:
                fixed = known(length)
                if fixed is not None and fixed <= 0:
                    rows = constant(0, length.dtype)
                else:
                    assert count is not None
                    rows = count // (length if fixed is None else fixed)
            own, many, total = known(length), known(rows), known(count)
            if own is not None and many is not None:
                if total is not None and own * many != total and (own == 0 or nrows is not None):
                    raise ValueError(f"uniform_row_length={own} times nrows={many} must equal nvals={total}")
                if own < 0:
                    raise ValueError(f"uniform_row_length={own} must not be negative")
            if own is not None and nrows is not None and many is not None:
                splits = constant([own * i for i in range(many + 1)], length.dtype)
            else:
                splits = range_of(rows + 1, dtype=length.dtype) * length
            if validate:
                checks = []
                if own is None:
                    zero = constant(0, length.dtype)
                    checks.append(_assert("greater_equal", length, zero, what="from_uniform_row_length"))
                if count is not None:
                    data = ["uniform_row_length", length, "times nrows", rows, "must equal nvals", count]
                    checks.append(PUBLIC["debugging.assert_equal"](rows * length, count, data=data))
                splits = _checked(checks, splits)
            return cls(splits, uniform_row_length=length, nrows=rows, nvals=count, internal=_INTERNAL)

    # ------------------------------------------------------------ encodings

    @property
    def dtype(self) -> dtypes.DType:
        """int32 or int64: the type of all its tensors."""
        return self._row_splits.dtype

    def row_splits(self) -> Tensor:
        """Where rows begin, and at the end the number of values: [nrows + 1]."""
        return self._row_splits

    def value_rowids(self) -> Tensor:
        """The row of each value."""
        if self._value_rowids is None:
            self._value_rowids = row_splits_to_segment_ids(self._row_splits)
        return self._value_rowids

    def nvals(self) -> Tensor:
        """The number of values."""
        return self._row_splits[-1] if self._nvals is None else self._nvals

    def nrows(self) -> Tensor:
        """The number of rows."""
        if self._nrows is not None:
            return self._nrows  # type: ignore[no-any-return]
        rows = self.static_nrows
        if rows is not None:
            return constant(rows, self.dtype)  # type: ignore[no-any-return]
        return shape(self._row_splits, out_type=self.dtype)[0] - 1

    def uniform_row_length(self) -> Tensor | None:
        """The length of every row when it is one, else None."""
        return self._uniform_row_length

    def row_starts(self) -> Tensor:
        """Where each row begins."""
        return self._row_splits[:-1]

    def row_limits(self) -> Tensor:
        """Where each row ends."""
        return self._row_splits[1:]

    def row_lengths(self) -> Tensor:
        """The number of values of each row."""
        if self._row_lengths is not None:
            return self._row_lengths  # type: ignore[no-any-return]
        return self._row_splits[1:] - self._row_splits[:-1]

    @property
    def static_nrows(self) -> int | None:
        """The number of rows, when it is known before a run."""
        size = self._row_splits.shape.as_list()[0] if self._row_splits.shape.rank == 1 else None
        if size is not None:
            return int(size) - 1
        return known(self._nrows)

    @property
    def static_nvals(self) -> int | None:
        """The number of values, when it is known before a run."""
        if self._nvals is not None and known(self._nvals) is not None:
            return known(self._nvals)
        if self._value_rowids is not None:
            size = self._value_rowids.shape.as_list()
            if size and size[0] is not None:
                return int(size[0])
        splits = GRAPH_VALUES.constant(self._row_splits)
        return int(splits[-1]) if splits is not None and splits.size else None

    @property
    def static_uniform_row_length(self) -> int | None:
        """The length of every row when it is one and known before a run."""
        return known(self._uniform_row_length)

    def offsets_in_rows(self) -> Tensor:
        """The place of each value within its row."""
        from tfcompat.ops.ragged.ranges import ragged_range

        return ragged_range(self.row_lengths(), row_splits_dtype=self.dtype).flat_values  # type: ignore[no-any-return]

    def is_uniform(self) -> bool:
        """Whether all rows are known to have one length."""
        return self._uniform_row_length is not None

    def with_dtype(self, dtype: Any) -> RowPartition:
        """The same partition with tensors of int32 or int64."""
        dtype = dtypes.as_dtype(dtype)
        if dtype not in _INTEGERS:
            raise ValueError(f"Argument `dtype` must be int32 or int64. Received {dtype}.")
        if self.dtype == dtype:
            return self

        def moved(tensor: Any) -> Any:
            return None if tensor is None else cast(tensor, dtype)

        return RowPartition(
            cast(self._row_splits, dtype),
            row_lengths=moved(self._row_lengths),
            value_rowids=moved(self._value_rowids),
            nrows=moved(self._nrows),
            uniform_row_length=moved(self._uniform_row_length),
            internal=_INTERNAL,
        )

    def with_row_splits(self, row_splits: Tensor) -> RowPartition:
        """The same partition by another tensor of row splits, for one whose checks must come first."""
        return RowPartition(
            row_splits,
            self._row_lengths,
            self._value_rowids,
            self._nrows,
            self._uniform_row_length,
            self._nvals,
            _INTERNAL,
        )

    def with_static_length(self, length: int) -> RowPartition:
        """The same partition, all rows of which are known to have `length` values."""
        return RowPartition(
            self._row_splits,
            self._row_lengths,
            self._value_rowids,
            self._nrows,
            constant(length, self.dtype),
            self._nvals,
            _INTERNAL,
        )

    def component_tensors(self) -> list[Tensor]:
        return [self._row_splits]

    def with_component_tensors(self, tensors: list[Tensor]) -> RowPartition:
        return RowPartition(tensors[0], internal=_INTERNAL)

    def __repr__(self) -> str:
        if self._uniform_row_length is not None:
            return f"tf.RowPartition(nrows={self._nrows}, uniform_row_length={self._uniform_row_length})"
        return f"tf.RowPartition(row_splits={self._row_splits})"


_INTERNAL: Any = object()


def _rows_needed(rowids: Tensor) -> Tensor:
    """One more than the last row of a value; 0 without values."""
    value = GRAPH_VALUES.constant(rowids)
    if value is not None and value.ndim == 1:
        return constant(int(value[-1]) + 1 if value.size else 0, rowids.dtype, name="nrows")  # type: ignore[no-any-return]
    return concat([rowids[-1:], [-1]], axis=0)[0] + 1
