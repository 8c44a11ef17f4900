"""Tensors as `TensorArray`s of their slices: what `map_fn`, `scan` and the folds walk over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape as shape_of_tensor
from tfcompat.ops.tensor_array import TensorArray


def as_tensors(elems: Any) -> list[Tensor]:
    """The leaves of `elems` as tensors."""
    return [convert_to_tensor(e, name="elem") for e in nest.flatten(elems)]


def static_rows(tensors: Sequence[Tensor]) -> int | None:
    """How many slices all of `tensors` have, when that is known.

    Raises:
        ValueError: a tensor is a scalar, or they differ.
    """
    rows: int | None = None
    for tensor in tensors:
        if tensor.shape.rank == 0:
            raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
        own = None if tensor.shape.rank is None else tensor.shape.as_list()[0]
        if rows is not None and own is not None and rows != own:
            raise ValueError(f"Dimensions {rows} and {own} are not compatible")
        rows = own if rows is None else rows
    return rows


def row_count(tensors: Sequence[Tensor]) -> Any:
    """How many slices `tensors` have: an int, or a scalar int32 tensor."""
    rows = static_rows(tensors)
    return shape_of_tensor(tensors[0])[0] if rows is None else rows


def unstacked(tensors: Sequence[Tensor], count: Any) -> list[TensorArray]:
    """A TensorArray of the slices of each of `tensors`."""
    arrays = [
        TensorArray(t.dtype, size=count, dynamic_size=False, infer_shape=True, element_shape=t.shape[1:])
        for t in tensors
    ]
    return [a.unstack(t) for a, t in zip(arrays, tensors, strict=True)]


def stacked(arrays: Sequence[TensorArray], rows: int | None) -> list[Tensor]:
    """The elements of each array as one tensor of `rows` slices."""
    results = []
    for array in arrays:
        result = array.stack()
        if rows is not None and result.shape.rank is not None:
            result.set_shape([rows, *result.shape.as_list()[1:]])
        results.append(result)
    return results


def minus(count: Any, amount: int) -> Any:
    """`count - amount` for an int or a tensor."""
    return (
        raw_ops.Sub(x=convert_to_tensor(count, dtypes.int32), y=amount, name="sub")
        if isinstance(count, Tensor)
        else count - amount
    )
