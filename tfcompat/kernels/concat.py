"""Host kernels of joining, stacking, cutting and taking apart."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


def _fits(k: KernelContext, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise InvalidArgumentError(
            None, k.op, f"ConcatOp : Expected concatenating dimensions in the range [{-rank}, {rank}), but got {axis}"
        )
    return axis % rank


@kernel("ConcatV2")
def _concat_v2(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    return _joined(k, inputs[:-1], inputs[-1])


@kernel("Concat")
def _concat(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    return _joined(k, inputs[1:], inputs[0])


def _joined(k: KernelContext, parts: tuple[np.ndarray, ...], axis: np.ndarray) -> np.ndarray:
    rank = parts[0].ndim
    at = _fits(k, int(axis), rank)
    for index, part in enumerate(parts):
        if part.ndim != rank:
            raise InvalidArgumentError(
                None,
                k.op,
                "ConcatOp : Ranks of all input tensors should match: shape[0] = "
                f"{list(parts[0].shape)} vs. shape[{index}] = {list(part.shape)}",
            )
        for i in range(rank):
            if i != at and part.shape[i] != parts[0].shape[i]:
                raise InvalidArgumentError(
                    None,
                    k.op,
                    f"ConcatOp : Dimension {i} in both shapes must be equal: "
                    f"shape[0] = {_sizes(parts[0])} vs. shape[{index}] = {_sizes(part)}",
                )
    return np.concatenate(parts, at)


def _sizes(x: np.ndarray) -> str:
    return f"[{','.join(map(str, x.shape))}]"


@kernel("ConcatOffset")
def _concat_offset(k: KernelContext, axis: np.ndarray, *shapes: np.ndarray) -> tuple[np.ndarray, ...]:
    rank = shapes[0].size
    for number, shape in enumerate(shapes):
        if shape.ndim != 1:
            raise InvalidArgumentError(None, k.op, f"input {number} should be a vector, but got shape {_sizes(shape)}")
        if shape.size != rank:
            raise InvalidArgumentError(
                None, k.op, f"input {number} should contain {rank} elements, but got {shape.size}"
            )
    if not -rank <= int(axis) < rank:
        raise InvalidArgumentError(None, k.op, f"Concat dim is out of range: {int(axis)} vs. {rank}")
    at = int(axis) % rank
    offsets = []
    start = 0
    for index, shape in enumerate(shapes):
        for i, (size, other) in enumerate(zip(shape.tolist(), shapes[0].tolist(), strict=True)):
            if i != at and size != other:
                listed = [" ".join(map(str, s.tolist())) for s in (shape, shapes[0])]
                raise InvalidArgumentError(
                    None,
                    k.op,
                    f"All dimensions except {at} must match. Input {index} has "
                    f"shape [{listed[0]}] and doesn't match input 0 with shape [{listed[1]}].",
                )
        offset = np.zeros_like(shape)
        offset[at] = start
        offsets.append(offset)
        start += int(shape[at])
    return tuple(offsets)


@kernel("Pack")
def _pack(k: KernelContext, *parts: np.ndarray) -> np.ndarray:
    for index, part in enumerate(parts):
        if part.shape != parts[0].shape:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Shapes of all inputs must match: values[0].shape = "
                f"{_sizes(parts[0])} != values[{index}].shape = {_sizes(part)}",
            )
    return np.stack(parts, k.attr("axis"))


@kernel("ParallelConcat")
def _parallel_concat(k: KernelContext, *parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts)


@kernel("Unpack")
def _unpack(k: KernelContext, x: np.ndarray) -> tuple[np.ndarray, ...]:
    axis, num = k.attr("axis"), k.attr("num")
    if not -x.ndim <= axis < x.ndim:
        raise InvalidArgumentError(None, k.op, f"axis = {axis} not in [{-x.ndim}, {x.ndim})")
    if x.shape[axis] != num:
        raise InvalidArgumentError(
            None, k.op, f"Input shape axis {axis % x.ndim} must equal {num}, got shape {_sizes(x)}"
        )
    return tuple(np.moveaxis(x, axis, 0)) if x.ndim > 1 else tuple(np.array(v, x.dtype) for v in x)


def _need_one(k: KernelContext, axis: np.ndarray) -> None:
    if axis.size != 1:
        raise InvalidArgumentError(None, k.op, "split_dim_tensor must have exactly one element.")


@kernel("Split")
def _split(k: KernelContext, axis: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, ...]:
    _need_one(k, axis)
    at, count = _split_axis(k, int(axis.reshape(())), x), k.attr("num_split")
    if x.shape[at] % count:
        raise InvalidArgumentError(
            None,
            k.op,
            "Number of ways to split should evenly divide the split dimension, but "
            f"got split_dim {int(axis.reshape(()))} (size = {x.shape[at]}) and num_split "
            f"{count}",
        )
    return tuple(np.split(x, count, at))


def _split_axis(k: KernelContext, axis: int, x: np.ndarray) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise InvalidArgumentError(
            None, k.op, f"-input rank(-{x.ndim}) <= split_dim < input rank ({x.ndim}), but got {axis}"
        )
    return axis % x.ndim


@kernel("SplitV")
def _split_v(k: KernelContext, x: np.ndarray, sizes: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, ...]:
    _need_one(k, axis)
    at = _split_axis(k, int(axis.reshape(())), x)
    wanted = [int(s) for s in sizes]
    total = x.shape[at]
    known = sum(s for s in wanted if s != -1)
    if min(wanted, default=0) < -1:
        raise InvalidArgumentError(
            None, k.op, f"Split size at index {wanted.index(min(wanted))} must be >= 0. Got: {min(wanted)}"
        )
    if len(wanted) != k.attr("num_split"):
        raise InvalidArgumentError(
            None,
            k.op,
            "size of the split_tensor must be 1-D and have the same elements as "
            f"outputs got {len(wanted)} sizes and {k.attr('num_split')} outputs",
        )
    if wanted.count(-1) > 1:
        raise InvalidArgumentError(None, k.op, f"There can only be one -1 in the input, got {wanted.count(-1)}")
    if known > total or (-1 not in wanted and known != total):
        raise InvalidArgumentError(
            None,
            k.op,
            "Determined shape must either match input shape along split_dim exactly "
            "if fully specified, or be less than the size of the input along split_dim if not "
            f"fully specified.  Got: {known}",
        )
    wanted = [total - known if s == -1 else s for s in wanted]
    return tuple(np.split(x, np.cumsum(wanted)[:-1], at))
