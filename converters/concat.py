"""ONNX forms of joining, stacking, cutting and taking apart."""

from __future__ import annotations

import math

from converters.array import shape_of
from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation


@converts("ConcatV2")
def _concat_v2(b: Builder, op: Operation, *inputs: Value) -> Value:
    return _joined(b, inputs[:-1], inputs[-1])


@converts("Concat")
def _concat(b: Builder, op: Operation, *inputs: Value) -> Value:
    return _joined(b, inputs[1:], inputs[0])


def _joined(b: Builder, parts: tuple[Value, ...], axis: Value) -> Value:
    at = int(b.constant(axis, "axis").reshape(()))
    rank = parts[0].rank
    if rank == 0 or not -rank <= at < rank:
        raise NotConvertible(f"axis {at} is outside the rank {rank}")
    return b.Concat(*parts, axis=at)


@converts("ConcatOffset")
def _concat_offset(b: Builder, op: Operation, axis: Value, *shapes: Value) -> list[Value]:
    """Vectors that are zero but for the running sum of the sizes at the axis."""
    if any(s.shape is None or len(s.shape) != 1 or s.shape != shapes[0].shape for s in shapes):
        raise NotConvertible("shapes that are no vectors of one size")
    at = int(b.constant(axis, "concat_dim").reshape(()))
    rank = shapes[0].full_shape[0]
    offsets = [b.const([0] * rank, op.attrs["shape_type"])]
    unit = b.const([int(i == at % rank) for i in range(rank)], op.attrs["shape_type"])
    for shape in shapes[:-1]:
        offsets.append(b.Add(offsets[-1], b.Mul(shape, unit)))
    return offsets


@converts("Pack")
def _pack(b: Builder, op: Operation, *parts: Value) -> Value:
    axis = op.attrs["axis"]
    axis = axis + parts[0].rank + 1 if axis < 0 else axis
    rows = [b.Unsqueeze(part, [axis]) for part in parts]
    return rows[0] if len(rows) == 1 else b.Concat(*rows, axis=axis)


@converts("ParallelConcat")
def _parallel_concat(b: Builder, op: Operation, *parts: Value) -> Value:
    return b.Concat(*parts, axis=0)


@converts("Unpack")
def _unpack(b: Builder, op: Operation, x: Value) -> list[Value]:
    axis, count = op.attrs["axis"] % x.rank, op.attrs["num"]
    if count == 0:
        return []
    size = x.shape[axis] if x.shape is not None else None
    if size is not None and size != count:
        raise NotConvertible(f"dimension {axis} has size {size}, not {count}")
    if count == 1:
        return [b.Squeeze(x, [axis])]
    parts = b.Split(x, [1] * count, axis=axis, outputs=count)
    return [b.Squeeze(part, [axis]) for part in parts]


def _need_one(op: Operation, axis: Value) -> None:
    if axis.shape is not None and None not in axis.shape and math.prod(axis.full_shape) != 1:
        raise InvalidArgumentError(None, op, "split_dim_tensor must have exactly one element.")


@converts("Split")
def _split(b: Builder, op: Operation, axis: Value, x: Value) -> list[Value]:
    _need_one(op, axis)
    at, count = int(b.constant(axis, "split_dim").reshape(())) % x.rank, op.attrs["num_split"]
    if count == 1:
        return [x]
    size = x.shape[at] if x.shape is not None else None
    if size is not None:
        if size % count:
            raise NotConvertible(f"dimension {at} of size {size} is no multiple of {count}")
        sizes = b.const([size // count] * count)
    else:
        whole = b.Gather(shape_of(b, x), [at], axis=0)
        sizes = b.Expand(b.Div(whole, count), [count])
    parts: list[Value] = b.Split(x, sizes, axis=at, outputs=count)
    return parts


@converts("SplitV")
def _split_v(b: Builder, op: Operation, x: Value, sizes: Value, axis: Value) -> list[Value]:
    _need_one(op, axis)
    at, count = int(b.constant(axis, "split_dim").reshape(())) % x.rank, op.attrs["num_split"]
    total = x.shape[at] if x.shape is not None else None
    if sizes.const is not None:
        lengths = _completed(b, x, at, total, [int(s) for s in sizes.const])
    else:
        lengths = _completed_in_run(b, x, at, b.int64(sizes))
    if count == 1:
        return [b.Slice(x, b.const([0]), lengths, [at])] if total is None else [x]
    parts: list[Value] = b.Split(x, lengths, axis=at, outputs=count)
    return parts


def _completed(b: Builder, x: Value, at: int, total: int | None, sizes: list[int]) -> Value:
    """The sizes, of which one may be -1, as a vector; Split itself checks that they make up the dimension."""
    known = sum(s for s in sizes if s != -1)
    if min(sizes, default=0) < -1 or sizes.count(-1) > 1:
        raise NotConvertible(f"the sizes {sizes} cannot be completed")
    if -1 not in sizes:
        if total is not None and known != total:
            raise NotConvertible(f"the sizes {sizes} do not make up a dimension of size {total}")
        return b.const(sizes)
    if total is not None:
        if known > total:
            raise NotConvertible(f"the sizes {sizes} do not make up a dimension of size {total}")
        return b.const([total - known if s == -1 else s for s in sizes])
    rest = b.Sub(b.Gather(shape_of(b, x), [at], axis=0), known)
    open_at = b.const([int(s == -1) for s in sizes])
    return b.Add(b.const([0 if s == -1 else s for s in sizes]), b.Mul(open_at, rest))


def _completed_in_run(b: Builder, x: Value, at: int, sizes: Value) -> Value:
    is_open = b.Equal(sizes, -1)
    known = b.ReduceSum(b.Where(is_open, b.const(0), sizes), keepdims=1)
    rest = b.Sub(b.Gather(shape_of(b, x), [at], axis=0), known)
    return b.Where(is_open, rest, sizes)
