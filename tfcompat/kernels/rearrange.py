"""Host kernels that turn around, shift, pad and move blocks."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


@kernel("ReverseV2")
def _reverse_v2(k: KernelContext, x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    named: list[int] = []
    for i, item in enumerate(axis.reshape(-1).tolist()):
        if not -x.ndim <= item < x.ndim:
            raise InvalidArgumentError(None, k.op, f"'axis'[{i}] = {item} is out of valid range [0, {x.ndim - 1}")
        if item % x.ndim in named:
            raise InvalidArgumentError(None, k.op, f"axis {item % x.ndim} specified more than once.")
        named.append(item % x.ndim)
    return np.flip(x, tuple(named))


@kernel("Reverse")
def _reverse(k: KernelContext, x: np.ndarray, dims: np.ndarray) -> np.ndarray:
    if dims.size != x.ndim:
        raise InvalidArgumentError(
            None, k.op, f"'dims' must have as many entries as the input has dimensions: {dims.size} vs. {x.ndim}"
        )
    return np.flip(x, tuple(np.flatnonzero(dims).tolist()))


@kernel("ReverseSequence")
def _reverse_sequence(k: KernelContext, x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    batch, sequence = k.attr("batch_dim"), k.attr("seq_dim")
    if batch == sequence:
        raise InvalidArgumentError(None, k.op, f"batch_dim == seq_dim == {sequence}")
    if max(batch, sequence) >= x.ndim or lengths.shape != (x.shape[batch],):
        raise InvalidArgumentError(
            None,
            k.op,
            f"Length of seq_lens != input.dims({batch}), "
            f"({lengths.size} vs. {x.shape[batch] if batch < x.ndim else None})",
        )
    size = x.shape[sequence]
    for i, length in enumerate(lengths.tolist()):
        if length < 0:
            raise InvalidArgumentError(None, k.op, f"seq_lens({i}) < 0")
        if length > size:
            raise InvalidArgumentError(None, k.op, f"seq_lens({i}) > input.dims({sequence})")
    steps = np.arange(size)
    rows = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    moved = np.moveaxis(x, (batch, sequence), (0, 1))
    out = moved[np.arange(x.shape[batch])[:, None], rows]
    return np.moveaxis(out, (0, 1), (batch, sequence))


@kernel("Roll")
def _roll(k: KernelContext, x: np.ndarray, shift: np.ndarray, axis: np.ndarray) -> np.ndarray:
    for what, value in (("shift", shift), ("axis", axis)):
        if value.ndim > 1:
            found = ",".join(map(str, value.shape))
            raise InvalidArgumentError(None, k.op, f"{what} must be a scalar or a 1-D vector. Found: [{found}]")
    if x.ndim == 0:
        raise InvalidArgumentError(None, k.op, "input must be 1-D or higher")
    if shift.shape != axis.shape:
        raise InvalidArgumentError(None, k.op, "shift and axis must have the same size")
    for item in axis.reshape(-1).tolist():
        if not -x.ndim <= item < x.ndim:
            raise InvalidArgumentError(None, k.op, f"axis {item} is out of range")
    return np.roll(x, tuple(shift.reshape(-1).tolist()), tuple(axis.reshape(-1).tolist()))


# ---------------------------------------------------------------- pad


def _rows(k: KernelContext, x: np.ndarray, paddings: np.ndarray) -> list[tuple[int, int]]:
    if paddings.shape != (x.ndim, 2):
        raise InvalidArgumentError(
            None,
            k.op,
            "The first dimension of paddings must be the rank of inputs"
            f"[{','.join(map(str, paddings.shape))}] [{','.join(map(str, x.shape))}]",
        )
    rows = [(int(before), int(after)) for before, after in paddings]
    if any(min(row) < 0 for row in rows):
        raise InvalidArgumentError(None, k.op, f"Paddings must be non-negative: {rows}")
    return rows


@kernel("Pad", "PadV2")
def _pad(k: KernelContext, x: np.ndarray, paddings: np.ndarray, value: np.ndarray | None = None) -> np.ndarray:
    rows = _rows(k, x, paddings)
    shape = [b + d + a for (b, a), d in zip(rows, x.shape, strict=True)]
    zero = b"" if x.dtype == object else np.zeros((), x.dtype)
    out = np.full(shape, zero if value is None else value[()], x.dtype)
    out[tuple(slice(b, b + d) for (b, _), d in zip(rows, x.shape, strict=True))] = x
    return out


def _edge(k: KernelContext) -> int:
    return 0 if k.attr("mode") == b"SYMMETRIC" else 1


def _mirrored(k: KernelContext, size: int, before: int, after: int) -> list[int]:
    """The position in a dimension of `size` of every position of the mirrored one."""
    edge = _edge(k)
    if max(before, after) > size - edge:
        limit = "less than" if edge else "no greater than"
        raise InvalidArgumentError(
            None,
            k.op,
            f"paddings must be {limit} the dimension size: {before}, {after} "
            f"{'not less than' if edge else 'greater than'} {size}",
        )
    return [*range(before - 1 + edge, edge - 1, -1), *range(size), *range(size - 1 - edge, size - 1 - edge - after, -1)]


@kernel("MirrorPad")
def _mirror_pad(k: KernelContext, x: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    for axis, (before, after) in enumerate(_rows(k, x, paddings)):
        if before or after:
            x = np.take(x, _mirrored(k, x.shape[axis], before, after), axis)
    return x


@kernel("MirrorPadGrad")
def _mirror_pad_grad(k: KernelContext, grad: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    for axis, (before, after) in enumerate(_rows(k, grad, paddings)):
        if before or after:
            size = grad.shape[axis] - before - after
            moved = np.moveaxis(grad, axis, 0)
            out = np.zeros((size, *moved.shape[1:]), grad.dtype)
            np.add.at(out, _mirrored(k, size, before, after), moved)
            grad = np.moveaxis(out, 0, axis)
    return grad


# ---------------------------------------------------------------- blocks


@kernel("SpaceToDepth")
def _space_to_depth(k: KernelContext, x: np.ndarray) -> np.ndarray:
    block, first = k.attr("block_size"), k.attr("data_format") == b"NCHW"
    x = np.moveaxis(x, 1, -1) if first else x
    n, h, w, c = x.shape
    if h % block or w % block:
        raise InvalidArgumentError(
            None, k.op, f"Image height {h} and width {w} should be divisible by block_size: {block}"
        )
    out = x.reshape(n, h // block, block, w // block, block, c).transpose(0, 1, 3, 2, 4, 5)
    out = out.reshape(n, h // block, w // block, block * block * c)
    return np.moveaxis(out, -1, 1) if first else out


@kernel("DepthToSpace")
def _depth_to_space(k: KernelContext, x: np.ndarray) -> np.ndarray:
    block, first = k.attr("block_size"), k.attr("data_format") == b"NCHW"
    x = np.moveaxis(x, 1, -1) if first else x
    n, h, w, c = x.shape
    if c % (block * block):
        raise InvalidArgumentError(None, k.op, f"Input depth dimension {c} should be divisible by: {block * block}")
    out = x.reshape(n, h, w, block, block, c // (block * block)).transpose(0, 1, 3, 2, 4, 5)
    out = out.reshape(n, h * block, w * block, c // (block * block))
    return np.moveaxis(out, -1, 1) if first else out


@kernel("SpaceToBatchND", "SpaceToBatch")
def _space_to_batch(k: KernelContext, x: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
    blocks, amounts = _blocks(k, inputs)
    count = len(blocks)
    widths = [(0, 0), *amounts, *[(0, 0)] * (x.ndim - count - 1)]
    x = np.pad(x, widths) if x.dtype != object else np.pad(x, widths, constant_values=b"")
    split: list[int] = [x.shape[0]]
    for i, block in enumerate(blocks):
        size = x.shape[i + 1]
        if size % block:
            raise InvalidArgumentError(
                None, k.op, f"padded_shape[{i}]={size} is not divisible by block_shape[{i}]={block}"
            )
        split += [size // block, block]
    rest = x.shape[count + 1 :]
    order = [*range(2, 2 * count + 1, 2), 0, *range(1, 2 * count, 2), *range(2 * count + 1, 2 * count + 1 + len(rest))]
    out = x.reshape(*split, *rest).transpose(order)
    return out.reshape(-1 if out.size else x.shape[0] * int(np.prod(blocks)), *split[1::2], *rest)


@kernel("BatchToSpaceND", "BatchToSpace")
def _batch_to_space(k: KernelContext, x: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
    blocks, amounts = _blocks(k, inputs)
    count, volume = len(blocks), int(np.prod(blocks))
    if x.shape[0] % volume:
        raise InvalidArgumentError(
            None, k.op, f"Input batch dimension ({x.shape[0]}) is not divisible by product of block sizes ({volume})"
        )
    batch, space, rest = x.shape[0] // volume, x.shape[1 : count + 1], x.shape[count + 1 :]
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(2 * count + 1, 2 * count + 1 + len(rest))
    out = x.reshape(*blocks, batch, *space, *rest).transpose(order)
    out = out.reshape(batch, *[s * b for s, b in zip(space, blocks, strict=True)], *rest)
    ranges = [slice(None)]
    for i, (before, after) in enumerate(amounts):
        size = out.shape[i + 1]
        if before + after > size:
            raise InvalidArgumentError(None, k.op, f"cropped_shape[{i}]={size - before - after} must be non-negative")
        ranges.append(slice(before, size - after))
    return out[tuple(ranges)]


def _blocks(k: KernelContext, inputs: tuple[np.ndarray, ...]) -> tuple[list[int], list[tuple[int, int]]]:
    """The size of the blocks, and what is added or cut off, per dimension of space."""
    blocks = [k.attr("block_size")] * 2 if len(inputs) == 1 else [int(n) for n in inputs[0].reshape(-1)]
    amounts = [(int(before), int(after)) for before, after in inputs[-1]]
    if len(amounts) != len(blocks) or min(blocks, default=1) < 1 or any(min(a) < 0 for a in amounts):
        raise InvalidArgumentError(
            None, k.op, f"Blocks {blocks} and amounts {amounts} must be positive and of one length"
        )
    return blocks, amounts
