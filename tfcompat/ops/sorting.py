"""Sorting along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, shape
from tfcompat.ops.sequences import range as range_op
from tfcompat.ops.topk import top_k

_DIRECTIONS = ("ASCENDING", "DESCENDING")


@tf_export("sort")
def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Tensor:
    """The elements in order along an axis.

    Args:
        values: tensor of a floating-point or integer type, rank >= 1.
        axis: the axis, a constant scalar.
        direction: "ASCENDING" or "DESCENDING".
        name: name scope of the operations.

    Returns:
        A tensor of the shape and type of `values`.

    Raises:
        ValueError: `direction` is another word, or `axis` is not a constant scalar.
    """
    with name_scope(name, "sort"):
        return _sorted(values, axis, direction, positions=False)


@tf_export("argsort")
def argsort(
    values: Any, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Tensor:
    """The positions that bring the elements into order along an axis; equal ones stay in their order.

    Args:
        values: tensor of a floating-point or integer type, rank >= 1.
        axis: the axis, a constant scalar.
        direction: "ASCENDING" or "DESCENDING".
        stable: not used, since the order is stable always.
        name: name scope of the operations.

    Returns:
        int32, the shape of `values`.

    Raises:
        ValueError: as for `sort`.
    """
    with name_scope(name, "argsort"):
        return _sorted(values, axis, direction, positions=True)


def _sorted(values: Any, axis: Any, direction: str, positions: bool) -> Tensor:
    if direction not in _DIRECTIONS:
        raise ValueError(
            f"Argument `direction` should be one of {', '.join(_DIRECTIONS)}. Received: direction={direction}"
        )
    given, axis = axis, convert_to_tensor(axis, name="axis")
    known = GRAPH_VALUES.constant(axis)
    if known is None or known.ndim:
        raise ValueError(f"Argument `axis` must be a constant scalar. Received: axis={given}.")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), positions)
    result = _descending(_opposite(values), int(known), positions)
    return result if positions else _opposite(result)


def _opposite(values: Tensor) -> Tensor:
    """The numbers in opposite order; done twice it gives them back."""
    dtype = values.dtype.base_dtype
    if dtype.is_unsigned:
        return dtypes.as_dtype(dtype).max - values  # type: ignore[no-any-return]
    negative = -values
    return negative - 1 if dtype.is_integer else negative  # type: ignore[no-any-return]


def _descending(values: Tensor, axis: int, positions: bool) -> Tensor:
    k = shape(values)[axis]
    number_of_axes: Any = rank(values)
    known_rank = values.shape.rank
    exchange: Any = None
    if axis != -1 and axis + 1 != known_rank:
        exchange = _exchange(axis, known_rank, number_of_axes)
        values = raw_ops.Transpose(x=values, perm=exchange, name="transpose")
    ordered = top_k(values, k)[int(positions)]
    return ordered if exchange is None else raw_ops.Transpose(x=ordered, perm=exchange, name="transpose")


def _exchange(axis: int, known_rank: int | None, number_of_axes: Tensor) -> Tensor:
    """The permutation that swaps an axis with the last one."""
    if known_rank is not None:
        order = np.arange(known_rank)
        order[[axis % known_rank, -1]] = order[[-1, axis % known_rank]]
        return constant(order, name="transposition")
    position: Any = number_of_axes + axis if axis < 0 else axis
    places = [[position], [number_of_axes - 1]]
    return raw_ops.TensorScatterUpdate(
        tensor=range_op(number_of_axes), indices=places, updates=[number_of_axes - 1, position]
    )  # type: ignore[no-any-return]
