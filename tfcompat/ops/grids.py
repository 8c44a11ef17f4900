"""Coordinate grids and searches in sorted sequences."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape_internal, size
from tfcompat.ops.filling import ones
from tfcompat.ops.packing import stack


@tf_export("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """The coordinates of a grid, one tensor per dimension.

    Args:
        args: vectors, the coordinates along each dimension.
        indexing: "xy" (Cartesian: the first two dimensions are exchanged, the default) or "ij" (keyword).
        name: prefix of the names of the operations (keyword).

    Raises:
        TypeError: there is another keyword.
        ValueError: `indexing` is another, or an argument is no vector.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'")
    with name_scope(name, "meshgrid", args):
        count = len(args)
        if not count:
            return []
        form = (1,) * count
        spread = [reshape(stack(x), form[:i] + (-1,) + form[i + 1 :]) for i, x in enumerate(args)]
        lengths = [size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and count > 1:
            spread[0] = reshape(spread[0], (1, -1) + (1,) * (count - 2))
            spread[1] = reshape(spread[1], (-1, 1) + (1,) * (count - 2))
            lengths[0], lengths[1] = lengths[1], lengths[0]
        whole = ones(lengths, dtype)
        return [x * whole for x in spread]


@tf_export("searchsorted")
def searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """The position at which each value would be inserted into a sorted row.

    Args:
        sorted_sequence: shape [..., n], each row sorted upwards.
        values: shape [..., m], of the same leading dimensions and type.
        side: "left" for the first position where it fits, "right" for the last.
        out_type: int32 or int64.
        name: name of the operation.

    Returns:
        A tensor of the shape of `values`.

    Raises:
        ValueError: `side` is another.
    """
    length = shape_internal(sorted_sequence)[-1]
    wanted = shape_internal(values)[-1]
    rows, flat = reshape(sorted_sequence, [-1, length]), reshape(values, [-1, wanted])
    if side not in ("left", "right"):
        raise ValueError(f"Argument `side` must be either 'right' or 'left'. Received: `side` = '{side}'.")
    record = raw_ops.UpperBound if side == "right" else raw_ops.LowerBound
    found = record(sorted_inputs=rows, values=flat, out_type=out_type, name=name)
    return reshape(found, shape_internal(values))


@shape_of("LowerBound", "UpperBound")
def _bound_shape(c: InferenceContext, rows: TensorShape, values: TensorShape) -> list[TensorShape]:
    for s in (rows, values):
        if s.rank not in (None, 2):
            raise ValueError(f"Shape must be rank 2 but is rank {s.rank}")
    return [values.with_rank(2)]
