"""Arithmetic sequences."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import zeros_like

_WIDENING = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


@tf_export("range")
def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range") -> Tensor:
    """start, start + delta, start + 2 delta, ... as long as it is before limit.

    Args:
        start: first number, a scalar; when it is the only argument it is the limit, and the sequence starts at 0.
        limit: scalar, not part of the sequence.
        delta: step, a scalar, not 0.
        dtype: type of the numbers; by default the widest of the arguments' among int32, int64, float32, float64.
        name: name of the operation.

    Returns:
        A vector of max(0, ceil((limit - start) / delta)) numbers.

    Raises:
        ValueError: delta is 0 or leads away from the limit, if that is known before the run.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        values = [
            v if isinstance(v, Tensor) else convert_to_tensor(v, dtype=dtype, name=n)
            for v, n in ((start, "start"), (limit, "limit"), (delta, "delta"))
        ]
        wanted = _widest(values) if dtype is None else dtypes.as_dtype(dtype)
        start, limit, delta = (cast(v, wanted) for v in values)
        return raw_ops.Range(start=start, limit=limit, delta=delta, name=scope)  # type: ignore[no-any-return]


def _widest(values: list[Tensor]) -> dtypes.DType:
    kinds = [v.dtype.base_dtype for v in values]
    if not all(k in _WIDENING for k in kinds):
        raise AssertionError(f"range takes {', '.join(t.name for t in _WIDENING)}, got {[k.name for k in kinds]}")
    return max(kinds, key=_WIDENING.index)


@tf_export("lin_space", "linspace")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Tensor:
    """`num` numbers in equal steps from `start` to `stop`, both included.

    Args:
        start: tensor of float32 or float64.
        stop: tensor of the type of `start`, broadcast against it.
        num: how many, an integer scalar.
        name: name of the operations.
        axis: where the new axis goes.

    Returns:
        A tensor with one more axis than `start` and `stop`, of size `num`.
    """
    with name_scope(name, "linspace", [start, stop]):
        start = convert_to_tensor(start, name="start")
        stop = convert_to_tensor(stop, name="stop", dtype=start.dtype)
        count = raw_ops.Cast(x=convert_to_tensor(num, name="num", preferred_dtype=dtypes.int32), DstT=dtypes.int32)
        cast(count, start.dtype)
        common = raw_ops.BroadcastArgs(s0=shape(start), s1=shape(stop))
        ends = [raw_ops.BroadcastTo(input=end, shape=common) for end in (start, stop)]
        first, last = (raw_ops.ExpandDims(input=end, dim=axis) for end in ends)
        return _spaced(first, last, count, axis)


def _spaced(start: Tensor, stop: Tensor, count: Tensor, axis: int) -> Tensor:
    """The sequence between `start` and `stop`, which have size 1 along the new axis."""
    sizes = shape(start)
    rank = shape(sizes)[0]
    position = _select(axis >= 0, axis, rank + axis)
    inner = raw_ops.Maximum(x=count - 2, y=0)
    steps = raw_ops.Maximum(x=count - 1, y=1)
    delta = (stop - start) / cast(steps, stop.dtype)
    numbers = cast(range(1, _select(count >= 0, steps, -1), dtype=dtypes.int64), delta.dtype)
    along = raw_ops.Equal(x=position, y=range(rank))
    middle = start + delta * raw_ops.Reshape(tensor=numbers, shape=_select(along, inner, 1))
    whole = raw_ops.ConcatV2(values=[start, middle, stop], axis=position, name="concat")
    begin = zeros_like(sizes)
    parts = (sizes[0:position], raw_ops.Reshape(tensor=count, shape=[1]), sizes[position + 1 :])
    size = raw_ops.ConcatV2(values=list(parts), axis=0, name="concat")
    return raw_ops.Slice(input=whole, begin=begin, size=size)  # type: ignore[no-any-return]


def _select(condition: Any, x: Any, y: Any) -> Tensor:
    return raw_ops.SelectV2(condition=condition, t=x, e=y)  # type: ignore[no-any-return]


not_differentiable("Range", "LinSpace")


@shape_of("Range")
def _range_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    for argument, given in zip(("start", "limit", "delta"), shapes, strict=True):
        if given.rank not in (0, None):
            raise ValueError(f"Shape must be rank 0 but is rank {given.rank}\n\t for '{argument}'")
    values = [c.value(i) for i in builtins.range(3)]
    if any(v is None for v in values):
        return [unknown_shape(1)]
    start, limit, delta = (v.reshape(())[()] for v in values if v is not None)
    return [TensorShape.of((range_size(start, limit, delta),))]


def range_size(start: Any, limit: Any, delta: Any) -> int:
    """How many numbers a range has.

    Raises:
        ValueError: delta is 0 or leads away from the limit.
    """
    if delta == 0:
        raise ValueError("Requires delta != 0")
    if delta > 0 and start > limit:
        raise ValueError(f"Requires start <= limit when delta > 0: {start}/{limit}")
    if delta < 0 and start < limit:
        raise ValueError(f"Requires start >= limit when delta < 0: {start}/{limit}")
    if isinstance(start, np.integer):
        return -((int(start) - int(limit)) // int(delta))
    return math.ceil(abs((float(limit) - float(start)) / float(delta)))


@shape_of("LinSpace")
def _lin_space_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    for given in shapes:
        if given.rank not in (0, None):
            raise ValueError(f"Shape must be rank 0 but is rank {given.rank}")
    count = c.value(2)
    if count is None:
        return [unknown_shape(1)]
    if int(count) <= 0:
        raise ValueError(f"Requires num > 0: {int(count)}")
    return [TensorShape.of((int(count),))]
