"""Indexing of ragged tensors: `ragged[1]`, `ragged[:, 2:]`, `ragged[..., tf.newaxis]`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import Dimension
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape, size
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.ragged.ranges import ragged_range
from tfcompat.ops.ragged.tensor import RaggedTensor


def getitem(ragged: RaggedTensor, key: Any) -> Any:
    """What `ragged[key]` is.

    Raises:
        ValueError: a single item is chosen along a ragged axis below the first, or the key has too many axes.
        TypeError: an index is of another kind.
    """
    if not isinstance(key, (list, tuple)):
        key = [key]
    with name_scope(None, "RaggedGetItem", [ragged]):
        return _item(ragged, list(key))


def _item(ragged: RaggedTensor, key: list[Any]) -> Any:
    if not key:
        return ragged
    if key[0] is Ellipsis:
        key = _expanded(ragged, key)
    for item in key[:1]:
        _check(item)
    first, rest = key[0], key[1:]
    if first is None:
        inner = _item(ragged, rest)
        return _with_new_axis(inner)
    if isinstance(first, slice):
        return _rows_of(_sliced_rows(ragged, first), rest)
    begins, ends = ragged.row_splits[:-1], ragged.row_splits[1:]
    if isinstance(first, (int, np.integer)):
        row = ragged.values[begins[int(first)] : ends[int(first)]]
    else:
        index = first.value if isinstance(first, Dimension) else first
        row = ragged.values[begins[index] : ends[index]]
    return row[tuple(rest)] if isinstance(row, Tensor) else _item(row, rest)


def _check(item: Any) -> None:
    if item is None or item is Ellipsis:
        return
    if isinstance(item, slice):
        for part in (item.start, item.stop, item.step):
            if part is not None:
                _check_index(part)
        return
    _check_index(item)


def _check_index(item: Any) -> None:
    if isinstance(item, (bool, np.bool_)) or not (
        isinstance(item, (int, np.integer, Dimension))
        or (
            isinstance(item, Tensor)
            and item.dtype.base_dtype in (dtypes.int32, dtypes.int64)
            and item.shape.rank in (None, 0)
        )
    ):
        raise TypeError(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors "
            f"are valid indices, got {item!r}"
        )


def _expanded(ragged: Any, key: list[Any]) -> list[Any]:
    """The key without its leading ellipsis."""
    if any(item is Ellipsis for item in key[1:]):
        raise ValueError("Found multiple ellipses (...) in key")
    rest = key[1:]
    indices = sum(item is not None for item in rest)
    rank = ragged.shape.rank
    if rank is None:
        raise ValueError("Ellipsis not supported for unknown shape RaggedTensors")
    return [slice(None)] * (rank - indices) + rest


def _sliced_rows(ragged: RaggedTensor, part: slice) -> RaggedTensor:
    """The rows that a slice of the first axis chooses."""
    if part.start is None and part.stop is None and part.step is None:
        return ragged
    begins, ends = ragged.row_splits[:-1][part], ragged.row_splits[1:][part]
    kind = ragged.row_splits.dtype
    step = part.step
    if step is None or (isinstance(step, int) and step == 1):
        # the limits of the rows that follow each other, and a start for the first, if there is one
        zero = zeros([1], kind)
        splits = concat([zero[size(begins) :], begins[:1], ends], axis=0)
        first, last = splits[0], splits[-1]
        return RaggedTensor.from_row_splits(ragged.values[first:last], splits - first, validate=False)
    if isinstance(step, int) and step == 0:
        raise ValueError("slice step cannot be zero")
    places = ragged_range(begins, ends, row_splits_dtype=kind)
    return RaggedTensor.from_row_splits(
        PUBLIC["gather"](ragged.values, places.values), places.row_splits, validate=False
    )


def _rows_of(ragged: RaggedTensor, key: list[Any]) -> Any:
    """What `key` chooses of every row."""
    if not key:
        return ragged
    first, rest = key[0], key[1:]
    if first is Ellipsis:
        expanded = _expanded(ragged.values, key)
        return _rows_of(ragged, expanded)
    _check(first)
    if first is None:
        inner = _rows_of(ragged, rest)
        # a new axis below the first: each row becomes one item
        rows = _count(inner)
        if isinstance(inner, RaggedTensor):
            return RaggedTensor.from_uniform_row_length(inner, 1, nrows=rows, validate=False)
        return expand_dims(inner, 1)
    if isinstance(first, slice):
        return _with_rows(_sliced_columns(ragged, first), rest)
    length = ragged._row_partition.static_uniform_row_length
    if length is None:
        raise ValueError("Cannot index into an inner ragged dimension.")
    places = _uniform_places(ragged, first, length)
    chosen = PUBLIC["gather"](ragged.values, places)
    if isinstance(chosen, RaggedTensor):
        return _rows_of(chosen, rest)
    return chosen[(slice(None), *rest)] if rest else chosen


def _uniform_places(ragged: RaggedTensor, index: Any, length: int) -> Tensor:
    """Where item `index` of each row is, when all have `length`."""
    if isinstance(index, (int, np.integer)):
        if not -length <= index < length:
            raise ValueError(f"index {index} out of bounds for a uniform row length of {length}")
        offset: Any = int(index) % length
    else:
        moved = cast(index, ragged.row_splits.dtype)
        offset = raw_ops.SelectV2(condition=moved < 0, t=moved + length, e=moved)
    return ragged.row_splits[:-1] + offset


def _with_rows(ragged: RaggedTensor, key: list[Any]) -> Any:
    """`ragged` with `key` applied to the items of its rows."""
    if not key:
        return ragged
    values = ragged.values
    if isinstance(values, RaggedTensor):
        inner = _rows_of(values, key)
    else:
        inner = values[(slice(None), *key)]
    return ragged.with_values(inner)


def _sliced_columns(ragged: RaggedTensor, part: slice) -> RaggedTensor:
    """Every row cut by a slice."""
    if part.start is None and part.stop is None and part.step is None:
        return ragged
    kind = ragged.row_splits.dtype
    step = 1 if part.step is None else part.step
    length = ragged._row_partition.static_uniform_row_length
    begins, ends = ragged.row_splits[:-1], ragged.row_splits[1:]
    forward = not (isinstance(step, (int, np.integer)) and step < 0)
    low, high = (begins, ends) if forward else (begins - 1, ends - 1)
    start = _moved(part.start, begins, ends, low, high, low if forward else high, kind)
    stop = _moved(part.stop, begins, ends, low, high, high if forward else low, kind)
    if isinstance(step, Tensor):
        raise NotImplementedError("A tensor as the step of a slice of a ragged axis is not supported.")
    if step == 0:
        raise ValueError("slice step cannot be zero")
    places = ragged_range(start, stop, cast(convert_to_tensor(int(step), name="step"), kind), row_splits_dtype=kind)
    result = RaggedTensor.from_row_splits(
        PUBLIC["gather"](ragged.values, places.values), places.row_splits, validate=False
    )
    bounds = (part.start, part.stop)
    if length is not None and all(b is None or isinstance(b, (int, np.integer)) for b in bounds):
        left = len(range(length)[slice(part.start, part.stop, int(step))])
        return RaggedTensor.from_uniform_row_length(result.values, left, nrows=ragged.nrows(), validate=False)
    return result


def _moved(bound: Any, begins: Tensor, ends: Tensor, low: Tensor, high: Tensor, default: Tensor, kind: Any) -> Tensor:
    """Where a bound of a slice falls in each row."""
    if bound is None:
        return default
    if isinstance(bound, Tensor):
        offset = cast(bound, kind)
        place = raw_ops.SelectV2(condition=offset < 0, t=ends + offset, e=begins + offset)
    else:
        offset = cast(int(bound), kind)
        place = ends + offset if int(bound) < 0 else begins + offset
    if low is begins:
        if not isinstance(bound, Tensor) and int(bound) >= 0:
            return raw_ops.Minimum(x=place, y=ends)  # type: ignore[no-any-return]
        return raw_ops.Maximum(x=raw_ops.Minimum(x=place, y=ends), y=begins)  # type: ignore[no-any-return]
    return raw_ops.Maximum(x=raw_ops.Minimum(x=place, y=high), y=low)  # type: ignore[no-any-return]


def _with_new_axis(inner: Any) -> Any:
    """`inner` as the one row of an axis around it."""
    if isinstance(inner, RaggedTensor):
        return RaggedTensor.from_uniform_row_length(inner, uniform_row_length=inner.nrows(), nrows=1, validate=False)
    return expand_dims(inner, axis=0)


def _count(value: Any) -> Tensor:
    return value.nrows() if isinstance(value, RaggedTensor) else shape(value, out_type=dtypes.int64)[0]
