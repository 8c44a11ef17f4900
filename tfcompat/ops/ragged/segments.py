"""Row splits and segment ids: two ways to say which row a value belongs to."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.histogram import bincount
from tfcompat.ops.repeat import repeat
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range as range_of

_INTEGERS = (dtypes.int32, dtypes.int64)


@tf_export("ragged.row_splits_to_segment_ids")
def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The row of each value: `i` repeated `splits[i + 1] - splits[i]` times.

    Args:
        splits: int32 or int64 vector, ascending from 0, at least one element.
        name: name scope.
        out_type: int32 or int64; that of `splits` by default.

    Raises:
        ValueError: `splits` is of another type or empty.
    """
    with name_scope(name, "RaggedSplitsToSegmentIds", [splits]):
        splits = convert_to_tensor(splits, dtype_hint=dtypes.int64, name="splits")
        if splits.dtype not in _INTEGERS:
            raise ValueError("splits must have dtype int32 or int64")
        splits.shape.assert_has_rank(1)
        if splits.shape.as_list()[0] == 0:
            raise ValueError("Invalid row_splits: []")
        kind = splits.dtype if out_type is None else dtypes.as_dtype(out_type)
        lengths = splits[1:] - splits[:-1]
        rows = shape(splits, out_type=kind)[-1] - 1
        return repeat(range_of(rows), lengths, axis=0)


@tf_export("ragged.segment_ids_to_row_splits")
def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Tensor:
    """Where the rows of values begin, and at the end the number of values.

    Args:
        segment_ids: int32 or int64 vector, ascending: the row of each value.
        num_segments: number of rows, by default one more than the last of `segment_ids`.
        out_type: int32 or int64; by default that of `segment_ids`, or int64.
        name: name scope.
    """
    if out_type is None:
        out_type = segment_ids.dtype if isinstance(segment_ids, Tensor) else getattr(num_segments, "dtype", None)
        out_type = dtypes.int64 if out_type is None else dtypes.as_dtype(out_type)
    else:
        out_type = dtypes.as_dtype(out_type)
    with name_scope(name, "SegmentIdsToRaggedSplits", [segment_ids]):
        if not isinstance(segment_ids, Tensor) and getattr(segment_ids, "dtype", None) is None:
            segment_ids = convert_to_tensor(segment_ids, dtype=out_type, name="segment_ids")
        segment_ids = convert_to_tensor(segment_ids, dtype_hint=dtypes.int64, name="segment_ids")
        if segment_ids.dtype not in _INTEGERS:
            raise ValueError("segment_ids must have dtype int32 or int64")
        segment_ids.shape.assert_has_rank(1)
        if num_segments is not None:
            num_segments = convert_to_tensor(num_segments, dtype=dtypes.int32)
            num_segments.shape.assert_has_rank(0)
        lengths = bincount(cast(segment_ids, dtypes.int32), minlength=num_segments, maxlength=num_segments,
                           dtype=out_type)  # fmt: skip
        return concat([[0], cumsum(lengths)], axis=0)
