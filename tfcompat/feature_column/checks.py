"""Checks of the arguments of columns, and of lists of columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tfcompat.feature_column.cache import is_column
from tfcompat.graph.dtypes import string


def check_key(key: Any) -> None:
    """ValueError unless `key` is a string."""
    if not isinstance(key, str):
        raise ValueError(f"key must be a string. Got: type {type(key)}. Given key: {key}.")


def check_dtype_of_ids(dtype: Any, what: str) -> None:
    """ValueError unless `dtype` is of strings or integers."""
    if dtype != string and not dtype.is_integer:
        raise ValueError(f"{what} dtype must be string or integer. dtype: {dtype}.")


def checked_shape(shape: Any, key: str) -> tuple[int, ...]:
    """A shape of one example as a tuple.

    Raises:
        TypeError: a size is no integer.
        ValueError: a size is not positive.
    """
    sizes = tuple(shape if isinstance(shape, Iterable) else [shape])
    for size in sizes:
        if not isinstance(size, (int, np.integer)):
            raise TypeError(f"shape dimensions must be integer. shape: {sizes}, key: {key}")
        if size < 1:
            raise ValueError(f"shape dimensions must be greater than 0. shape: {sizes}, key: {key}")
    return sizes


def checked_default(shape: tuple[int, ...], value: Any, dtype: Any, key: str) -> Any:
    """A default of a feature of `shape` as nested tuples; a number stands for every element. None stays None.

    Raises:
        TypeError: the type does not fit `dtype`.
        ValueError: the shape differs.
    """
    if value is None:
        return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    is_number = not isinstance(value, (list, tuple))
    if not is_number and _nested_shape(value) != tuple(shape):
        raise ValueError(
            "The shape of default_value must be equal to given shape. "
            f"default_value: {value}, shape: {shape}, key: {key}"
        )
    fits = (bool, int, float, np.integer, np.floating) if dtype.is_floating else (bool, int, np.integer)
    if not all(isinstance(leaf, fits) for leaf in _leaves(value)):
        raise TypeError(
            f"default_value must be compatible with dtype. default_value: {value}, dtype: {dtype}, key: {key}"
        )
    return _spread(value, shape) if is_number else _as_tuples(value)


def _spread(value: Any, shape: tuple[int, ...]) -> Any:
    for size in reversed(shape):
        value = (value,) * size
    return value


def _nested_shape(value: Any) -> tuple[int, ...]:
    return (len(value), *_nested_shape(value[0])) if isinstance(value, (list, tuple)) and value else ()


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(item) for item in value) if isinstance(value, (list, tuple)) else value


def listed_columns(feature_columns: Any) -> list[Any]:
    """One or several columns as a list.

    Raises:
        ValueError: there is none, an item is no column, or two have one name.
    """
    if is_column(feature_columns):
        feature_columns = [feature_columns]
    if isinstance(feature_columns, Mapping):
        raise ValueError("Expected feature_columns to be iterable, found dict.")
    columns = list(feature_columns)
    for column in columns:
        if not is_column(column):
            raise ValueError(
                f"Items of feature_columns must be a _FeatureColumn. Given (type {type(column)}): {column}."
            )
    if not columns:
        raise ValueError("feature_columns must not be empty.")
    by_name: dict[str, Any] = {}
    for column in columns:
        if column.name in by_name:
            raise ValueError(
                f"Duplicate feature column name found for columns: {by_name[column.name]} and {column}. This usually "
                "means that these columns refer to same base feature. Either one must be discarded or a duplicated "
                "but renamed item must be inserted in features dict."
            )
        by_name[column.name] = column
    return columns


def sorted_columns(columns: Iterable[Any]) -> list[Any]:
    """The columns in the order of their names, in which they are put together."""
    return sorted(columns, key=lambda column: column.name)  # type: ignore[no-any-return]


def check_batch_sizes(tensors: list[Any], columns: list[Any]) -> None:
    """ValueError when the tensors of two columns are known to have different batch sizes."""
    known = [(t.shape.as_list()[0], c) for t, c in zip(tensors, columns, strict=True) if t.shape.rank]
    known = [(size, column) for size, column in known if size is not None]
    for size, column in known[1:]:
        if size != known[0][0]:
            raise ValueError(
                "Batch size (first dimension) of each feature must be same. "
                f"Batch size of columns ({known[0][1].name}, {column.name}): ({known[0][0]}, {size})"
            )
