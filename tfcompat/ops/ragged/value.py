"""`RaggedTensorValue`: what a run gives for a RaggedTensor, and ragged values of Python lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.export import Ragged, tf_export


@tf_export("ragged.RaggedTensorValue")
class RaggedTensorValue(Ragged):
    """The value of a RaggedTensor.

    Args:
        values: array, or RaggedTensorValue for more ragged axes.
        row_splits: int32 or int64 vector: where rows begin in `values`, and at the end their number.

    Raises:
        TypeError: one of them is of the wrong kind.
        ValueError: `row_splits` is no vector of these types.
    """

    def __init__(self, values: Any, row_splits: Any):
        if not isinstance(row_splits, (np.ndarray, np.generic)) or row_splits.dtype not in (np.int64, np.int32):
            raise TypeError(f"row_splits must be a 1D int32 or int64 numpy array, got {row_splits!r}")
        if not isinstance(values, (np.ndarray, np.generic, RaggedTensorValue)):
            raise TypeError(f"values must be a numpy array or a RaggedTensorValue, got {values!r}")
        if isinstance(values, RaggedTensorValue) and row_splits.dtype != values.row_splits.dtype:
            raise ValueError("row_splits and values.row_splits must have the same dtype")
        self._values: Any = values
        self._row_splits: Any = row_splits

    row_splits = property(
        lambda self: self._row_splits, doc="Where rows begin in `values`, and at the end their number."
    )
    values = property(lambda self: self._values, doc="The rows, joined.")
    dtype = property(lambda self: self._values.dtype, doc="The numpy type of the values.")

    @property
    def flat_values(self) -> np.ndarray:
        """The innermost values."""
        values = self._values
        while isinstance(values, RaggedTensorValue):
            values = values._values
        return values  # type: ignore[no-any-return]

    @property
    def nested_row_splits(self) -> tuple[np.ndarray, ...]:
        """The row splits of all ragged axes, outermost first."""
        found, values = [self._row_splits], self._values
        while isinstance(values, RaggedTensorValue):
            found.append(values._row_splits)
            values = values._values
        return tuple(found)

    @property
    def ragged_rank(self) -> int:
        """How many times values are cut into rows."""
        return len(self.nested_row_splits)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The sizes; None along ragged axes."""
        return (self._row_splits.shape[0] - 1, None, *self._values.shape[1:])

    @property
    def _nested_row_partitions(self) -> list[Any]:
        from tfcompat.ops.ragged.partition import RowPartition

        return [RowPartition.from_row_splits(s, validate=False) for s in self.nested_row_splits]

    def to_list(self) -> list[Any]:
        """Nested lists."""
        values = self._values.to_list() if isinstance(self._values, RaggedTensorValue) else self._values.tolist()
        return [values[a:b] for a, b in zip(self._row_splits[:-1].tolist(), self._row_splits[1:].tolist(), strict=True)]

    def __str__(self) -> str:
        return f"<tf.RaggedTensorValue {self.to_list()}>"

    def __repr__(self) -> str:
        return f"tf.RaggedTensorValue(values={self._values!r}, row_splits={self._row_splits!r})"


@tf_export("ragged.constant_value")
def constant_value(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    row_splits_dtype: Any = "int64",
) -> Any:
    """A RaggedTensorValue (an array where nothing is ragged) of nested lists.

    Args:
        pylist: nested lists or tuples of scalars of one depth; arrays count as lists.
        dtype: numpy type of the values; by default that of the values.
        ragged_rank: how many axes are ragged; by default all but the first and those of `inner_shape`.
        inner_shape: shape of the values below the ragged axes.
        row_splits_dtype: "int32", "int64" or a type.

    Raises:
        ValueError: scalars have different depths, or `ragged_rank` or `inner_shape` does not fit.
    """
    if dtype is not None and isinstance(dtype, dtypes.DType):
        dtype = dtype.as_numpy_dtype
    kind = dtypes.as_dtype(row_splits_dtype).as_numpy_dtype

    def cut(values: Any, splits: Any) -> Any:
        return RaggedTensorValue(values, np.array(splits, dtype=kind))

    def flat(values: Any, of_type: Any, shape: Any) -> np.ndarray:
        found = np.array(values, dtype=of_type) if of_type is not None else np.array(values)
        return np.reshape(found, (*shape,)) if shape is not None else found

    return of_nested(cut, flat, pylist, dtype, ragged_rank, inner_shape)


def of_nested(
    cut: Callable[[Any, Any], Any],
    flat: Callable[[Any, Any, Any], Any],
    pylist: Any,
    dtype: Any,
    ragged_rank: int | None,
    inner_shape: Any,
) -> Any:
    """What `cut` makes of the rows and `flat` of the values of nested lists; see `constant_value`."""
    shown = repr(pylist)
    pylist = _plain(pylist)
    if inner_shape is not None:
        inner_shape = tuple(int(size) for size in (inner_shape if np.iterable(inner_shape) else (inner_shape,)))
    if ragged_rank is not None and ragged_rank < 0:
        raise ValueError(f"Invalid ragged_rank={ragged_rank}: must be nonnegative")
    if not _is_list(pylist):
        if ragged_rank:
            raise ValueError(f"Invalid pylist={shown}: incompatible with ragged_rank={ragged_rank}")
        if inner_shape:
            raise ValueError(f"Invalid pylist={shown}: incompatible with dim(inner_shape)={len(inner_shape)}")
        return flat(pylist, dtype, ())
    scalars, depth = _depths(pylist)
    _check_depths(shown, scalars, depth, ragged_rank, inner_shape)
    if ragged_rank == 0 or (ragged_rank is None and depth - len(inner_shape or ()) < 2):
        return flat(pylist, dtype, inner_shape)
    if inner_shape is None:
        inner_shape = () if ragged_rank is None else _default_inner_shape(pylist, ragged_rank, scalars)
    if ragged_rank is None:
        ragged_rank = max(1, depth - 1 if scalars is None else scalars - 1 - len(inner_shape))
    rows: Any = pylist
    nested = []
    for _ in range(ragged_rank):
        nested.append([0, *itertools.accumulate(len(row) for row in rows)])
        rows = [item for row in rows for item in row]
    result = flat(rows, dtype, (len(rows), *inner_shape))
    for splits in reversed(nested):
        result = cut(result, splits)
    return result


def _check_depths(shown: str, scalars: int | None, depth: int, ragged_rank: int | None, inner_shape: Any) -> None:
    if scalars is not None and depth > scalars:
        raise ValueError(f"Invalid pylist={shown}: empty list nesting is greater than scalar value nesting")
    if scalars is not None and ragged_rank is not None and depth < ragged_rank:
        raise ValueError(f"Invalid pylist={shown}, max depth smaller than ragged_rank={ragged_rank}")
    if inner_shape is not None and ragged_rank is not None:
        expected = ragged_rank + len(inner_shape) + 1
        if expected < depth if scalars is None else expected != scalars:
            raise ValueError(
                f"Invalid pylist={shown}: incompatible with ragged_rank={ragged_rank} and dim(inner_shape)="
                f"{len(inner_shape)}"
            )


def _plain(value: Any) -> Any:
    """Arrays in nested lists as lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _depths(item: Any) -> tuple[int | None, int]:
    """The depth of the scalars, None without any, and the largest depth of lists."""
    if not _is_list(item):
        return 0, 0
    scalars: int | None = None
    deepest = 1
    for child in item:
        own, depth = _depths(child)
        if own is not None:
            if scalars is not None and scalars != own + 1:
                raise ValueError("all scalar values must have the same nesting depth")
            scalars = own + 1
        deepest = max(deepest, depth + 1)
    return scalars, deepest


def _default_inner_shape(pylist: Any, ragged_rank: int, scalars: int | None) -> tuple[int, ...]:
    """The shape of the values below `ragged_rank` ragged axes, which must be one."""
    if scalars is not None and ragged_rank >= scalars:
        raise ValueError(
            f"pylist has scalar values depth {scalars}, but ragged_rank={ragged_rank} requires scalar value depth "
            f"greater than {ragged_rank}"
        )
    items = list(pylist)
    for _ in range(ragged_rank):
        items = [item for row in items for item in row]
    shape: tuple[int, ...] = ()
    while items and any(_is_list(item) for item in items):
        sizes = {len(item) if _is_list(item) else None for item in items}
        if len(sizes) > 1:
            raise ValueError("inner values have inconsistent shape")
        shape = (*shape, sizes.pop() or 0)
        items = [item for row in items for item in row]
    return shape
