"""ONNX forms of turning around, shifting and moving blocks."""

from __future__ import annotations

import math

import numpy as np

from converters.builder import Builder, Value
from converters.conv import from_channels_first, to_channels_first
from converters.dilated import Pairs, Split
from converters.group import grouped
from converters.guards import require
from converters.padding import pad
from converters.registry import NotConvertible, converts
from converters.sizes import Size, divided, reshape, sizes_of, times, vector
from tfcompat.graph.operation import Operation

_BEFORE = np.iinfo(np.int64).min
_NATIVE_TYPES = ("float16", "float32", "float64", "int8", "uint8")


@converts("ReverseV2")
def _reverse_v2(b: Builder, op: Operation, x: Value, axis: Value) -> Value:
    named = [int(a) for a in b.constant(axis, "axis").reshape(-1)]
    if any(not -x.rank <= a < x.rank for a in named) or len({a % max(x.rank, 1) for a in named}) < len(named):
        raise NotConvertible(f"{named} are no distinct dimensions of a tensor of rank {x.rank}")
    return _flipped(b, x, named)


@converts("Reverse")
def _reverse(b: Builder, op: Operation, x: Value, dims: Value) -> Value:
    return _flipped(b, x, np.flatnonzero(b.constant(dims, "dims")).tolist())


def _flipped(b: Builder, x: Value, axes: list[int]) -> Value:
    count = len(axes)
    return b.Slice(x, [-1] * count, [_BEFORE] * count, axes, [-1] * count) if count else x


@converts("ReverseSequence")
def _reverse_sequence(b: Builder, op: Operation, x: Value, lengths: Value) -> Value:
    batch, sequence = op.attrs["batch_dim"], op.attrs["seq_dim"]
    if batch == sequence or max(batch, sequence) >= x.rank:
        raise NotConvertible(f"dimensions {batch} and {sequence} of a tensor of rank {x.rank}")
    order = [batch, sequence, *(i for i in range(x.rank) if i not in (batch, sequence))]
    if {batch, sequence} == {0, 1}:
        return b.ReverseSequence(x, b.int64(lengths), batch_axis=batch, time_axis=sequence)
    moved = b.ReverseSequence(b.Transpose(x, perm=order), b.int64(lengths), batch_axis=0, time_axis=1)
    return b.Transpose(moved, perm=[order.index(i) for i in range(x.rank)])


@converts("Roll")
def _roll(b: Builder, op: Operation, x: Value, shift: Value, axis: Value) -> Value:
    """The tail before the head, along each dimension."""
    if x.rank == 0 or any(v.shape is not None and len(v.shape) > 1 for v in (shift, axis)):
        raise NotConvertible("a roll of a scalar, or one by a matrix")
    shifts = b.constant(shift, "shift").reshape(-1).tolist()
    axes = b.constant(axis, "axis").reshape(-1).tolist()
    if len(shifts) != len(axes) or any(not -x.rank <= a < x.rank for a in axes):
        raise NotConvertible(f"shifts {shifts} along the dimensions {axes} of a tensor of rank {x.rank}")
    totals: dict[int, int] = {}
    for a, s in zip(axes, shifts, strict=True):
        totals[a % x.rank] = totals.get(a % x.rank, 0) + s
    sizes = sizes_of(b, x)
    for a, total in totals.items():
        size = sizes[a]
        if isinstance(size, int):
            start: Value | int = -total % size if size else 0
            if start == 0:
                continue
            cut = b.const([start])
        else:
            cut = b.Mod(b.const([-total]), b.Max(size, 1))
        parts = [b.Slice(x, cut, [np.iinfo(np.int64).max], [a]), b.Slice(x, [0], cut, [a])]
        x = b.Concat(*parts, axis=a)
    return x


# ---------------------------------------------------------------- depth


@converts("SpaceToDepth")
def _space_to_depth(b: Builder, op: Operation, x: Value) -> Value:
    block = op.attrs["block_size"]
    native = _native(b, op, x)
    if native is not None:
        return native
    n, h, w, c = _channels_last(op, sizes_of(b, x))
    rows, columns = divided(b, h, block), divided(b, w, block)
    depth = times(b, c, block * block)
    if op.attrs["data_format"] == b"NHWC":
        parts = reshape(b, x, [n, rows, block, columns, block, c])
        return reshape(b, b.Transpose(parts, perm=[0, 1, 3, 2, 4, 5]), [n, rows, columns, depth])
    parts = reshape(b, x, [n, c, rows, block, columns, block])
    return reshape(b, b.Transpose(parts, perm=[0, 3, 5, 1, 2, 4]), [n, depth, rows, columns])


@converts("DepthToSpace")
def _depth_to_space(b: Builder, op: Operation, x: Value) -> Value:
    block = op.attrs["block_size"]
    native = _native(b, op, x)
    if native is not None:
        return native
    n, h, w, c = _channels_last(op, sizes_of(b, x))
    rows, columns = times(b, h, block), times(b, w, block)
    depth = divided(b, c, block * block)
    if op.attrs["data_format"] == b"NHWC":
        parts = reshape(b, x, [n, h, w, block, block, depth])
        return reshape(b, b.Transpose(parts, perm=[0, 1, 3, 2, 4, 5]), [n, rows, columns, depth])
    parts = reshape(b, x, [n, block, block, depth, h, w])
    return reshape(b, b.Transpose(parts, perm=[0, 3, 4, 1, 5, 2]), [n, depth, rows, columns])


def _native(b: Builder, op: Operation, x: Value) -> Value | None:
    """ONNX's operator of the same name, in files that are not strict: its Transposes cancel against those around it."""
    if b.strict or op.attrs["data_format"] not in (b"NHWC", b"NCHW") or x.dtype.name not in _NATIVE_TYPES:
        return None
    moved = to_channels_first(b, x, op.attrs["data_format"], 4)
    return from_channels_first(
        b, b.node(op.type, [moved], blocksize=op.attrs["block_size"]), op.attrs["data_format"], 4
    )


def _channels_last(op: Operation, sizes: list[Size]) -> list[Size]:
    if op.attrs["data_format"] == b"NHWC":
        return sizes
    if op.attrs["data_format"] == b"NCHW":
        return [sizes[0], sizes[2], sizes[3], sizes[1]]
    raise NotConvertible(f"data_format {op.attrs['data_format'].decode()}")


# ---------------------------------------------------------------- batch


@converts("SpaceToBatchND", "SpaceToBatch")
def _space_to_batch(b: Builder, op: Operation, x: Value, *inputs: Value) -> Value:
    blocks, amounts = _blocks(b, op, inputs)
    if amounts.const is not None:
        return _to_batch(b, x, blocks, amounts)
    return grouped(b, "SpaceToBatch", [x, amounts], {"blocks": blocks}, lambda i: _to_batch(i, x, blocks, amounts))


def _to_batch(b: Builder, x: Value, blocks: list[int], amounts: Value) -> Value:
    count, rank = len(blocks), x.rank
    padded = _padded(b, x, amounts, count)
    sizes = sizes_of(b, padded)
    rest = sizes[count + 1 :]
    whole = [divided(b, size, block) for size, block in zip(sizes[1:], blocks, strict=False)]
    split = [sizes[0]]
    for size, block in zip(whole, blocks, strict=True):
        split += [size, block]
    order = [*range(2, 2 * count + 1, 2), 0, *range(1, 2 * count, 2), *range(2 * count + 1, rank + count)]
    parts = b.Transpose(reshape(b, padded, [*split, *rest]), perm=order)
    result = reshape(b, parts, [times(b, sizes[0], math.prod(blocks)), *whole, *rest])
    if amounts.const is not None:
        result.split = Split(x, tuple(blocks), _pairs(amounts))
    return result


def _pairs(amounts: Value) -> Pairs:
    return tuple((int(before), int(after)) for before, after in amounts.const)  # type: ignore[union-attr]


def _blocks(b: Builder, op: Operation, inputs: tuple[Value, ...]) -> tuple[list[int], Value]:
    blocks = [op.attrs["block_size"]] * 2 if len(inputs) == 1 else b.constant(inputs[0], "block_shape").tolist()
    if min(blocks, default=1) < 1:
        raise NotConvertible(f"blocks of the sizes {blocks}")
    amounts = inputs[-1].const
    if amounts is not None and (amounts.shape != (len(blocks), 2) or (amounts < 0).any()):
        raise NotConvertible(f"paddings or crops {amounts.tolist()} for {len(blocks)} dimensions")
    return blocks, inputs[-1]


def _padded(b: Builder, x: Value, amounts: Value, count: int) -> Value:
    axes = list(range(1, count + 1))
    if amounts.const is None:
        wide = b.int64(amounts)
        sides = [b.Squeeze(b.Slice(wide, [i], [i + 1], [1]), [1]) for i in range(2)]
        padded = pad(b, x, x.rank, axes, *sides)
        padded.shape = (x.shape or (None,))[:1] + (None,) * count + (x.shape or (None,) * x.rank)[count + 1 :]
        return padded
    if not amounts.const.any():
        return x
    padded = pad(b, x, x.rank, axes, *amounts.const.T.tolist())
    shape = x.shape or (None,) * x.rank
    grown = [None if d is None else d + int(row.sum()) for d, row in zip(shape[1:], amounts.const, strict=False)]
    padded.shape = (shape[0], *grown, *shape[count + 1 :])
    return padded


@converts("BatchToSpaceND", "BatchToSpace")
def _batch_to_space(b: Builder, op: Operation, x: Value, *inputs: Value) -> Value:
    blocks, amounts = _blocks(b, op, inputs)
    if x.joined is not None and amounts.const is not None:
        dilated: Value | None = x.joined(b, blocks, _pairs(amounts))
        if dilated is not None:
            return dilated
    if amounts.const is not None:
        return _to_space(b, x, blocks, amounts)
    return grouped(b, "BatchToSpace", [x, amounts], {"blocks": blocks}, lambda i: _to_space(i, x, blocks, amounts))


def _to_space(b: Builder, x: Value, blocks: list[int], amounts: Value) -> Value:
    count, rank = len(blocks), x.rank
    sizes = sizes_of(b, x)
    batch, space, rest = divided(b, sizes[0], math.prod(blocks)), sizes[1 : count + 1], sizes[count + 1 :]
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(2 * count + 1, rank + count)
    parts = b.Transpose(reshape(b, x, [*blocks, batch, *space, *rest]), perm=order)
    grown = [times(b, size, block) for size, block in zip(space, blocks, strict=True)]
    whole = reshape(b, parts, [batch, *grown, *rest])
    return _cropped(b, whole, grown, amounts, count)


def _cropped(b: Builder, x: Value, sizes: list[Size], amounts: Value, count: int) -> Value:
    if amounts.const is not None and not amounts.const.any():
        return x
    if amounts.const is not None and any(
        isinstance(s, int) and s < row.sum() for s, row in zip(sizes, amounts.const, strict=True)
    ):
        raise NotConvertible(f"crops {amounts.const.tolist()} of the sizes {sizes}")
    wide = b.int64(amounts)
    before, after = (b.Squeeze(b.Slice(wide, [i], [i + 1], [1]), [1]) for i in range(2))
    ends = b.Sub(vector(b, sizes), after)
    if amounts.const is None or not all(isinstance(s, int) for s in sizes):
        inside = b.And(b.GreaterOrEqual(before, 0), b.LessOrEqual(before, ends))
        before = require(b, b.ReduceMin(inside, keepdims=0), before)
    return b.Slice(x, before, ends, b.const(list(range(1, count + 1))))
