"""Max and average pools, and their gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Value
from converters.conv import from_channels_first, to_channels_first
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.windows import (
    Axis,
    Dim,
    channel_axis,
    offsets,
    pad_lists,
    padded,
    spatial_axes,
    spread,
    sum_taps,
    tap,
    window_axes,
)
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation

_ONNX_MAX_POOL = ("float16", "float32", "float64")


def _geometry(op: Operation, sizes: Sequence[Dim] | None) -> list[Axis]:
    """The axes of the pool, channels among them when the window spans several."""
    ksize = op.attrs["ksize"]
    rank = len(ksize)
    axes = spatial_axes(op.attrs.get("data_format", b"NHWC"), rank)
    if ksize[0] != 1 or op.attrs["strides"][0] != 1:
        raise NotConvertible("pooling over the batch is not supported")
    channel = channel_axis(op.attrs.get("data_format", b"NHWC"), rank)
    if ksize[channel] != 1 or op.attrs["strides"][channel] != 1:
        axes = sorted([*axes, channel])
    return window_axes(op, sizes or (None,) * rank, [ksize[a] for a in axes], rank, axes)


def lowest(dtype: DType) -> np.ndarray:
    """The smallest finite number of a type: what a maximum over nothing is."""
    return np.asarray(dtype.min, dtype.as_numpy_dtype)


@converts("MaxPool", "MaxPool3D")
def _max_pool(b: Builder, op: Operation, x: Value) -> Value:
    axes = _geometry(op, x.shape)
    rank = len(op.attrs["ksize"])
    data_format = op.attrs.get("data_format", b"NHWC")
    if data_format == b"NCHW_VECT_C":
        raise NotConvertible("the data format NCHW_VECT_C is not supported")
    if x.dtype.name in _ONNX_MAX_POOL and len(axes) == rank - 2 and all(a.positions != 0 for a in axes):
        y = b.MaxPool(
            to_channels_first(b, x, data_format, rank),
            kernel_shape=[a.window for a in axes],
            strides=[a.stride for a in axes],
            pads=pad_lists(axes),
        )
        return from_channels_first(b, b.Max(y, b.const(lowest(x.dtype))), data_format, rank)
    found = padded(b, x, axes, lowest(x.dtype))
    return b.Max(*(tap(b, found, axes, at) for at in offsets(axes)))  # type: ignore[no-any-return]


@converts("AvgPool", "AvgPool3D")
def _avg_pool(b: Builder, op: Operation, x: Value) -> Value:
    axes = _geometry(op, x.shape)
    rank, data_format = len(op.attrs["ksize"]), op.attrs["data_format"]
    if len(axes) != rank - 2:
        raise NotConvertible("average pooling over the channels is not supported")
    if x.dtype.name in ("float32", "float16") and all(a.positions != 0 for a in axes):
        y = b.AveragePool(
            to_channels_first(b, x, data_format, rank),
            kernel_shape=[a.window for a in axes],
            strides=[a.stride for a in axes],
            pads=pad_lists(axes),
            count_include_pad=0,
        )
        return from_channels_first(b, y, data_format, rank)
    dtype = dtypes.float32 if x.dtype is dtypes.bfloat16 else x.dtype
    total = sum_taps(b, padded(b, b.cast(x, dtype), axes), axes)
    return b.cast(b.Div(total, _counts(b, axes, rank, dtype)), x.dtype)


def _counts(b: Builder, axes: Sequence[Axis], rank: int, dtype: DType) -> Value:
    """How many elements of each window are not padding."""
    if not any(a.before or a.after for a in axes):
        return b.const(np.asarray(math.prod(a.window for a in axes)), dtype)
    counts = np.ones([1] * rank)
    for a in axes:
        starts = np.arange(a.known_positions()) * a.stride - a.before
        inside = np.minimum(starts + a.window, a.known_size()) - np.maximum(starts, 0)
        counts = counts * inside.reshape([-1 if i == a.axis else 1 for i in range(rank)])
    return b.const(counts, dtype)


@converts("AvgPoolGrad", "AvgPool3DGrad")
def _avg_pool_grad(b: Builder, op: Operation, sizes: Value, grad: Value) -> Value:
    rank = len(op.attrs["ksize"])
    dims = _input_dims(op, sizes, rank)
    axes = _geometry(op, dims)
    dtype = dtypes.float32 if grad.dtype in (dtypes.bfloat16, dtypes.float16) else grad.dtype
    share = b.Div(b.cast(grad, dtype), _counts(b, axes, rank, dtype))
    for index, a in enumerate(axes):
        rest = [dims[i] if i < a.axis + 1 else _after(axes[index + 1 :], i, dims) for i in range(a.axis + 1, rank)]
        share = spread(b, lambda at, share=share: share, [a], rest)  # type: ignore[misc]
    return b.cast(share, grad.dtype)


def _after(axes: Sequence[Axis], axis: int, dims: Sequence[Dim]) -> Dim:
    """The size of `axis` while the later `axes` are still pooled."""
    return next((a.positions for a in axes if a.axis == axis), dims[axis])


def _input_dims(op: Operation, sizes: Value, rank: int) -> Sequence[Dim]:
    if sizes.const is not None:
        return [int(s) for s in sizes.const]
    static = op.outputs[0].shape.tuple or (None,) * rank
    if any(static[a] is None for a in range(1, rank)):
        raise NeedsFullShapes("the sizes of the pool's input are not known while the model is built")
    return static


@converts("MaxPoolGrad", "MaxPool3DGrad")
def _max_pool_grad(b: Builder, op: Operation, x: Value, y: Value, grad: Value) -> Value:
    """Each window's gradient goes to the first of its largest elements."""
    axes = _geometry(op, x.shape)
    rank = len(op.attrs["ksize"])
    dims = x.shape or (None,) * rank
    masks = _first_largest(b, x, axes, rank)
    order = {at: i for i, at in enumerate(offsets(axes))}

    def part(at: tuple[int, ...]) -> Value:
        return b.Mul(grad, b.cast(masks[order[at]], grad.dtype))  # type: ignore[no-any-return]

    return spread(b, part, axes, dims[axes[-1].axis + 1 :])


@converts("MaxPoolGradGrad", "MaxPool3DGradGrad")
def _max_pool_grad_grad(b: Builder, op: Operation, x: Value, y: Value, grad: Value) -> Value:
    """Of each window the element of `grad` where the first of the largest elements of `x` is."""
    axes = _geometry(op, x.shape)
    masks = _first_largest(b, x, axes, len(op.attrs["ksize"]))
    source = padded(b, grad, axes)
    total = None
    for mask, at in zip(masks, offsets(axes), strict=True):
        term = b.Mul(tap(b, source, axes, at), b.cast(mask, grad.dtype))
        total = term if total is None else b.Add(total, term)
    assert total is not None
    return total


def _first_largest(b: Builder, x: Value, axes: Sequence[Axis], rank: int) -> list[Value]:
    """For every window element, a bool array over the positions: whether it is the first of the largest ones."""
    source = padded(b, x, axes, -np.inf if x.dtype.is_floating else x.dtype.min)
    places = offsets(axes)
    found = [tap(b, source, axes, at) for at in places]
    best, better = found[0], []
    for element in found[1:]:
        better.append(b.Greater(element, best))
        best = b.Max(element, best)
    masks: list[Value] = []
    later: Value | None = None
    for beats in reversed(better):
        masks.append(beats if later is None else b.And(beats, b.Not(later)))
        later = beats if later is None else b.Or(later, beats)
    masks.append(b.Not(later) if later is not None else b.Equal(best, best))
    return masks[::-1]
