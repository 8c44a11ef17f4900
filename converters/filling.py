"""ONNX forms of tensors of one value, one-hot rows, choices by truth values, padding and repetition."""

from __future__ import annotations

import numpy as np

from converters.array import shape_of
from converters.builder import Builder, Value
from converters.guards import require, same_shape, shape_text
from converters.padding import pad
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.selection import choose
from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation

_BEFORE = np.iinfo(np.int64).min


@converts("Fill")
def _fill(b: Builder, op: Operation, dims: Value, value: Value) -> Value:
    if dims.const is not None and (dims.const < 0).any():
        raise NotConvertible("a size is negative")
    if dims.const is not None and value.const is not None and np.prod(dims.const) <= 64:
        return b.const(np.full(dims.const.tolist(), value.const[()], value.const.dtype), value.dtype)
    return _spread(b, value, b.int64(dims))


def _spread(b: Builder, scalar: Value, sizes: Value) -> Value:
    """A tensor of `sizes` of copies of `scalar`; a constant scalar does not become a large constant."""
    if scalar.const is not None and scalar.dtype is not dtypes.string:
        return b.ConstantOfShape(sizes, dtype=scalar.dtype, value=scalar.const.reshape(1))
    return b.Expand(scalar, sizes)


@converts("ZerosLike", "OnesLike")
def _constant_like(b: Builder, op: Operation, x: Value) -> Value:
    value = b.const(0 if op.type == "ZerosLike" else 1, x.dtype)
    return _spread(b, value, shape_of(b, x))


@converts("Empty")
def _empty(b: Builder, op: Operation, shape: Value) -> Value:
    return _spread(b, b.const(0, op.attrs["dtype"]), b.int64(shape))


@converts("OneHot")
def _one_hot(b: Builder, op: Operation, indices: Value, depth: Value, on: Value, off: Value) -> Value:
    """Where the index equals the position; ONNX's own OneHot counts negative indices from the end."""
    axis = indices.rank if op.attrs["axis"] == -1 else op.attrs["axis"]
    wide = indices if indices.dtype in (dtypes.int32, dtypes.int64) else b.cast(indices, dtypes.int32)
    if depth.const is not None:
        if depth.const < 0:
            raise NotConvertible("the depth is negative")
        positions = b.const(np.arange(int(depth.const)).astype(wide.dtype.as_numpy_dtype))
    else:
        count = b.cast(depth, wide.dtype)
        zero, one = (b.const(n, wide.dtype) for n in (0, 1))
        positions = b.Range(zero, count, one)
    trailing = indices.rank - axis
    if trailing:
        positions = b.Unsqueeze(positions, list(range(1, trailing + 1)))
    hot = b.Equal(b.Unsqueeze(wide, [axis]), positions)
    if _is(on, 1) and _is(off, 0) and on.dtype is not dtypes.string:
        return b.cast(hot, on.dtype)
    return b.Where(hot, on, off)


def _is(value: Value, number: int) -> bool:
    return value.const is not None and value.const.size == 1 and bool(value.const.reshape(-1)[0] == number)


@converts("Where")
def _where(b: Builder, op: Operation, x: Value) -> Value:
    if x.rank == 0:
        raise NotConvertible("the positions of a scalar")
    truth = x if x.dtype is dtypes.bool else b.Not(b.Equal(x, b.const(0, x.dtype)))
    return b.Transpose(b.NonZero(truth), perm=[1, 0])


@converts("Select")
def _select(b: Builder, op: Operation, condition: Value, x: Value, y: Value) -> Value:
    y = same_shape(b, y, x)
    if condition.rank == 1 and x.rank > 1:
        first = b.Slice(shape_of(b, x), [0], [1])
        condition = b.Reshape(condition, b.Concat(first, b.const([1] * (x.rank - 1)), axis=0), allowzero=1)
    elif condition.rank:
        condition = same_shape(b, condition, x)
    return choose(b, condition, x, y)


@converts("SelectV2")
def _select_v2(b: Builder, op: Operation, condition: Value, x: Value, y: Value) -> Value:
    return choose(b, condition, x, y)


@converts("BroadcastTo")
def _broadcast_to(b: Builder, op: Operation, x: Value, shape: Value) -> Value:
    """Expand would let a size of 1 stand for any, which is an error here."""
    if shape.const is not None and x.shape is not None and None not in x.shape:
        wanted = shape.const.tolist()
        padded = [1] * (len(wanted) - x.rank) + list(x.full_shape)
        if len(padded) != len(wanted) or any(p not in (1, w) for p, w in zip(padded, wanted, strict=True)):
            raise NotConvertible(f"{list(x.full_shape)} does not broadcast to {wanted}")
        return x if padded == wanted else b.Expand(x, b.const(wanted))
    sizes = b.int64(shape)
    whole = b.Expand(x, sizes)
    return b.Reshape(whole, sizes, allowzero=1)


@converts("BroadcastArgs")
def _broadcast_args(b: Builder, op: Operation, s0: Value, s1: Value) -> Value:
    """The shape of what two tensors of these shapes, without content of their own, broadcast to."""
    false = b.const(np.zeros((), bool))
    x, y = (b.Expand(false, b.int64(s)) for s in (s0, s1))
    return b.cast(b.Shape(b.Or(x, y)), s0.dtype)


@converts("Tile")
def _tile(b: Builder, op: Operation, x: Value, multiples: Value) -> Value:
    if multiples.shape is not None and len(multiples.shape) != 1:
        raise InvalidArgumentError(
            None, op, f"Expected multiples to be 1-D, but got shape {shape_text(multiples.shape)}"
        )
    if multiples.const is not None:
        counts = multiples.const.tolist()
        if min(counts, default=0) < 0 or len(counts) != x.rank:
            raise NotConvertible(f"{counts} is no list of repetitions for rank {x.rank}")
        if all(n == 1 for n in counts):
            return x
    return b.Tile(x, b.int64(multiples))


@converts("Pad", "PadV2")
def _pad(b: Builder, op: Operation, x: Value, paddings: Value, value: Value | None = None) -> Value:
    rows = _rows(b, x, paddings)
    if rows is not None:
        axes = [i for i, row in enumerate(rows) if any(row)]
        if not axes:
            return x
        return pad(b, x, x.rank, axes, [rows[i][0] for i in axes], [rows[i][1] for i in axes], value)
    amounts = b.Reshape(b.Transpose(b.int64(paddings), perm=[1, 0]), [-1])
    ok = b.ReduceMin(b.GreaterOrEqual(amounts, 0), keepdims=0)
    return b.Pad(x, require(b, ok, amounts), value)


def _rows(b: Builder, x: Value, paddings: Value) -> list[list[int]] | None:
    """The paddings per dimension, None when the run computes them."""
    if paddings.const is None:
        return None
    rows: list[list[int]] = paddings.const.tolist()
    if len(rows) != x.rank or any(n < 0 for row in rows for n in row):
        raise NotConvertible(f"{rows} are no paddings for rank {x.rank}")
    return rows


_NATIVE_PADS = ("edge", "reflect")
"""What ONNX calls mirroring of one row with the edge, and of any number without."""


def _fits(x: Value, rows: list[list[int]], edge: int) -> bool:
    """Whether no dimension is known to be too small to be mirrored."""
    return all(d is None or max(row) <= d - edge for d, row in zip(x.shape or (), rows, strict=True))


@converts("MirrorPad")
def _mirror_pad(b: Builder, op: Operation, x: Value, paddings: Value) -> Value:
    """By gathering: every position of the result is a position of the input."""
    rows = _rows(b, x, paddings)
    if rows is None:
        raise NotConvertible("the paddings are computed in the run")
    edge = 0 if op.attrs["mode"] == b"SYMMETRIC" else 1
    if not b.strict and _fits(x, rows, edge) and (edge or max(map(max, rows), default=0) <= 1):
        return b.Pad(x, b.const([n for side in zip(*rows, strict=True) for n in side]), mode=_NATIVE_PADS[edge])
    for axis, (before, after) in enumerate(rows):
        if not before and not after:
            continue
        size = x.shape[axis] if x.shape is not None else None
        if size is not None and max(before, after) > size - edge:
            raise NotConvertible(f"paddings {before} and {after} are larger than a dimension of size {size} gives")
        places = _mirrored_places(b, x, axis, (before, after), edge) if size is None else None
        positions = [] if size is None else mirrored(size, before, after, edge)
        shape = x.shape
        x = b.Gather(x, b.const(positions) if places is None else places, axis=axis)
        x.shape = None if shape is None else shape[:axis] + (len(positions) or None,) + shape[axis + 1 :]
    return x


def _mirrored_places(b: Builder, x: Value, axis: int, amounts: tuple[int, int], edge: int) -> Value:
    """What `mirrored` gives, for a size that is known in the run, which fails where the paddings are too large."""
    size = b.Shape(x, start=axis, end=axis + 1)
    fits = b.Squeeze(b.GreaterOrEqual(size, max(amounts) + edge), [0])
    size = require(b, fits, size)
    count = b.Gather(size, b.const(np.zeros((), np.int64)), axis=0)
    middle = b.Range(b.const(np.int64(0)), count, b.const(np.int64(1)))
    front = b.const(list(range(amounts[0] - 1 + edge, edge - 1, -1)))
    behind = b.Add(size, b.const(list(range(-1 - edge, -1 - edge - amounts[1], -1))))
    return b.Concat(front, middle, behind, axis=0)  # type: ignore[no-any-return]


def mirrored(size: int, before: int, after: int, edge: int) -> list[int]:
    """The position in the input of every position of the mirrored result; `edge` is 1 when the edge is not repeated."""
    return [*range(before - 1 + edge, edge - 1, -1), *range(size), *range(size - 1 - edge, size - 1 - edge - after, -1)]


@converts("MirrorPadGrad")
def _mirror_pad_grad(b: Builder, op: Operation, grad: Value, paddings: Value) -> Value:
    """Along each dimension: the middle, plus the two borders turned over onto the places they mirror."""
    rows = _rows(b, grad, paddings)
    if rows is None:
        raise NotConvertible("the paddings are computed in the run")
    edge, rank = 0 if op.attrs["mode"] == b"SYMMETRIC" else 1, grad.rank
    for axis, (before, after) in enumerate(rows):
        if not before and not after:
            continue
        total = grad.shape[axis] if grad.shape is not None else None
        if total is None:
            raise NeedsFullShapes("mirroring along a dimension of unknown size")
        shape, size = grad.shape, total - before - after
        if max(before, after) > size - edge:
            raise NotConvertible(f"paddings {before} and {after} are larger than a dimension of size {size} gives")
        parts = [b.Slice(grad, [before], [before + size], [axis])]
        if before:
            border = b.Slice(grad, [before - 1], [_BEFORE], [axis], [-1])
            parts.append(pad(b, border, rank, [axis], [edge], [size - edge - before]))
        if after:
            border = b.Slice(grad, [-1], [before + size - 1], [axis], [-1])
            parts.append(pad(b, border, rank, [axis], [size - edge - after], [edge]))
        grad = parts[0]
        for part in parts[1:]:
            grad = b.Add(grad, part)
        grad.shape = None if shape is None else shape[:axis] + (size,) + shape[axis + 1 :]
    return grad
