"""Max and average pools.

The reference's maximum takes no notice of NaN and is never below the smallest finite number; ONNX Runtime's depends on
where a NaN stands. A pool therefore looks for NaN first (one sum) and then takes the fast or the exact way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from converters import guards
from converters.branches import if_else
from converters.builder import Builder, Dims, Value
from converters.conv import from_channels_first, known, to_channels_first
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.windows import (
    Axis,
    Dim,
    channel_axis,
    offsets,
    onnx_padding,
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

_ONNX_POOLS = ("float16", "float32")


def geometry(op: Operation, sizes: Sequence[Dim] | None, in_run: bool = False) -> list[Axis]:
    """The axes of a pool, channels among them when the window spans several; see `window_axes`."""
    ksize = op.attrs["ksize"]
    rank = len(ksize)
    data_format = op.attrs.get("data_format", b"NHWC")
    if data_format == b"NCHW_VECT_C":
        raise NotConvertible("the data format NCHW_VECT_C is not supported")
    axes = spatial_axes(data_format, rank)
    if ksize[0] != 1 or op.attrs["strides"][0] != 1:
        raise NotConvertible("pooling over the batch is not supported")
    channel = channel_axis(data_format, rank)
    if ksize[channel] != 1 or op.attrs["strides"][channel] != 1:
        axes = sorted([*axes, channel])
    if any(ksize[a] < op.attrs["strides"][a] for a in axes):
        in_run = False  # ONNX Runtime refuses pools whose windows leave elements out
    return window_axes(op, sizes or (None,) * rank, [ksize[a] for a in axes], rank, axes, in_run)


class WindowGiven:
    """An operation whose window and strides are tensors, as one that has them as attributes."""

    def __init__(self, b: Builder, op: Operation, ksize: Value, strides: Value):
        given = {"ksize": ksize, "strides": strides}
        self.attrs = op.attrs | {name: b.constant(value, name).tolist() for name, value in given.items()}
        self.op = op

    def __getattr__(self, name: str) -> Any:
        return getattr(self.op, name)


def lowest(dtype: DType) -> np.ndarray:
    """The smallest finite number of a type: the maximum over nothing."""
    return np.asarray(dtype.min, dtype.as_numpy_dtype)


def pooled_shape(shape: Dims | None, axes: Sequence[Axis]) -> Dims | None:
    """The shape of the window positions."""
    if shape is None:
        return None
    places = {a.axis: a.positions for a in axes}
    return tuple(places.get(i, d) for i, d in enumerate(shape))


def unless_nan(
    b: Builder,
    x: Value,
    fast: Callable[[Builder], Value],
    exact: Callable[[Builder], Value],
    dtype: DType,
    shape: Dims | None,
) -> Value:
    """The result of `fast` when `x` holds no NaN, else that of `exact`; shorter for integers, which hold none."""
    if not x.dtype.is_floating:
        return fast(b)
    return if_else(b, b.IsNaN(b.ReduceSum(x, keepdims=0)), exact, fast, dtype, shape, rare=True)


# ---------------------------------------------------------------- maximum


@converts("MaxPool", "MaxPool3D")
def _max_pool(b: Builder, op: Operation, x: Value) -> Value:
    axes = geometry(op, x.shape, in_run=True)
    rank = len(op.attrs["ksize"])
    if x.dtype.name in _ONNX_POOLS and len(axes) == rank - 2 and all(a.positions != 0 for a in axes):
        return _onnx_max_pool(b, op, x, axes)
    shape = pooled_shape(x.shape, axes)
    fast, exact = (lambda i, nan=nan: largest(i, x, axes, nan) for nan in (False, True))
    return unless_nan(b, x, fast, exact, x.dtype, shape)


@converts("MaxPoolV2")
def _max_pool_v2(b: Builder, op: Operation, x: Value, ksize: Value, strides: Value) -> Value:
    return _max_pool(b, WindowGiven(b, op, ksize, strides), x)  # type: ignore[arg-type]


def _onnx_max_pool(b: Builder, op: Operation, x: Value, axes: Sequence[Axis]) -> Value:
    data_format, rank = op.attrs.get("data_format", b"NHWC"), len(op.attrs["ksize"])
    moved = to_channels_first(b, x, data_format, rank)
    low = lowest(x.dtype)

    def pool(i: Builder, source: Value) -> Value:
        return i.MaxPool(
            source,
            kernel_shape=[a.window for a in axes],
            strides=[a.stride for a in axes],
            **onnx_padding(axes),
        )

    def exact(i: Builder) -> Value:
        return pool(i, i.Where(i.IsNaN(moved), i.const(low), moved))

    shape = pooled_shape(x.shape, axes)
    if shape is not None and not data_format.startswith(b"NC"):
        shape = (shape[0], shape[-1], *shape[1:-1])
    y = unless_nan(b, moved, lambda i: pool(i, moved), exact, x.dtype, shape)
    if b.strict:
        y = b.Max(y, b.const(low))
    return from_channels_first(b, y, data_format, rank)


def largest(b: Builder, x: Value, axes: Sequence[Axis], nan: bool) -> Value:
    """The maximum over every window; with `nan`, of what is not NaN."""
    low = b.const(lowest(x.dtype))
    source = padded(b, x, axes, lowest(x.dtype))
    found = [tap(b, source, axes, at) for at in offsets(axes)]
    if not nan:
        return b.Max(*found, low)
    best = low
    for element in found:
        best = b.Where(b.Greater(element, best), element, best)
    return best


def first_largest(b: Builder, x: Value, axes: Sequence[Axis], nan: bool) -> tuple[Value, list[Value]]:
    """The maximum over every window, and for each of its elements a mask of where that is the first to be it.

    With `nan`, a NaN counts when it is the first of a window, as the largest, and never else.
    """
    found = _elements(b, x, axes, -np.inf if x.dtype.is_floating else x.dtype.min)
    inside = None
    if nan and any(a.before or a.after for a in axes):
        ones = b.cast(b.Or(b.IsNaN(x), b.Equal(x, x)), x.dtype)
        ones.shape = x.shape
        inside = [b.Greater(element, 0) for element in _elements(b, ones, axes, 0)]
    return first_largest_of(b, found, nan, inside)


def first_largest_of(
    b: Builder, found: Sequence[Value], nan: bool, inside: list[Value] | None = None
) -> tuple[Value, list[Value]]:
    """`first_largest` of given elements; `inside` says of each where it is no padding, None that none is."""
    best, better = found[0], []
    for index, element in enumerate(found[1:], 1):
        beats = b.Greater(element, best)
        if inside is not None:
            beats = b.Or(beats, b.And(inside[index], b.Not(inside[0])))
            inside[0] = b.Or(inside[0], inside[index])
        better.append(beats)
        best = b.Where(beats, element, best) if nan else b.Max(element, best)
    masks: list[Value] = []
    later: Value | None = None
    for beats in reversed(better):
        masks.append(beats if later is None else b.And(beats, b.Not(later)))
        later = beats if later is None else b.Or(later, beats)
    if later is None:
        masks.append(b.Or(b.Equal(best, best), b.IsNaN(best)) if best.dtype.is_floating else b.Equal(best, best))
    else:
        masks.append(b.Not(later))
    return best, masks[::-1]


def _elements(b: Builder, x: Value, axes: Sequence[Axis], fill: float) -> list[Value]:
    """The elements of every window, with `fill` as padding."""
    source = padded(b, x, axes, fill)
    return [tap(b, source, axes, at) for at in offsets(axes)]


@converts("MaxPoolWithArgmax")
def _max_pool_with_argmax(b: Builder, op: Operation, x: Value) -> list[Value]:
    if b.for_export and x.dtype is dtypes.float32 and (x.shape is None or None in x.shape[1:]):
        return _argmax_of_any_size(b, op, x)
    axes = geometry(op, x.shape)
    height, width, depth = (known(d, "the size of the images") for d in (x.shape or (None,) * 4)[1:])
    if [a.axis for a in axes] != [1, 2]:
        raise NotConvertible("MaxPoolWithArgmax over the channels is not supported")
    rows, columns = (np.arange(a.known_positions()) * a.stride - a.before for a in axes)
    base = (rows[:, None, None] * width + columns[None, :, None]) * depth + np.arange(depth)
    moves = b.const(np.array([(i * width + j) * depth for i, j in offsets(axes)], np.int64))

    def places(i: Builder, nan: bool) -> tuple[Value, Value]:
        best, masks = first_largest(i, x, axes, nan)
        chosen = i.cast(masks[0], dtypes.int64)
        number = i.Mul(chosen, 0)
        for index, mask in enumerate(masks[1:], 1):
            number = i.Add(number, i.Mul(i.cast(mask, dtypes.int64), index))
        return best, i.Add(i.Gather(moves, number, axis=0), i.const(base[None].astype(np.int64)))

    shape = pooled_shape(x.shape, axes)
    best = unless_nan(b, x, lambda i: places(i, False)[0], lambda i: places(i, True)[0], x.dtype, shape)
    where = unless_nan(b, x, lambda i: places(i, False)[1], lambda i: places(i, True)[1], dtypes.int64, shape)
    if op.attrs["include_batch_in_index"]:
        batch = b.Range(b.const(0), b.Squeeze(b.Shape(x, start=0, end=1), b.const([0])), b.const(1))
        where = b.Add(where, b.Mul(b.Reshape(batch, b.const([-1, 1, 1, 1])), height * width * depth))
    return [best, b.cast(where, op.outputs[1].dtype.base_dtype)]


def _argmax_of_any_size(b: Builder, op: Operation, x: Value) -> list[Value]:
    """By ONNX's MaxPool, which counts positions with the channels first; the run fails where there is a NaN."""
    axes = geometry(op, x.shape, in_run=True)
    if [a.axis for a in axes] != [1, 2]:
        raise NotConvertible("MaxPoolWithArgmax over the channels is not supported")
    sizes = guards.require(b, b.Not(b.IsNaN(b.ReduceSum(x, keepdims=0))), b.Shape(x))
    height, width, depth = (b.Gather(sizes, b.const([i]), axis=0) for i in (1, 2, 3))
    best, where = b.MaxPool(
        to_channels_first(b, x, b"NHWC", 4),
        outputs=2,
        kernel_shape=[a.window for a in axes],
        strides=[a.stride for a in axes],
        **onnx_padding(axes),
    )
    pixels = b.Mul(height, width)
    channel = b.Div(where, pixels)
    if not op.attrs["include_batch_in_index"]:
        channel = b.Mod(channel, depth)
    else:
        batch, channel = b.Div(channel, depth), b.Mod(channel, depth)
        channel = b.Add(b.Mul(batch, b.Mul(pixels, depth)), channel)
    place = b.Add(b.Mul(b.Mod(where, pixels), depth), channel)
    index = op.outputs[1].dtype.base_dtype
    return [from_channels_first(b, v, b"NHWC", 4) for v in (best, b.cast(place, index))]


# ---------------------------------------------------------------- mean


@converts("AvgPool", "AvgPool3D")
def _avg_pool(b: Builder, op: Operation, x: Value) -> Value:
    axes = geometry(op, x.shape, in_run=True)
    rank, data_format = len(op.attrs["ksize"]), op.attrs["data_format"]
    if len(axes) != rank - 2:
        raise NotConvertible("average pooling over the channels is not supported")
    if x.dtype.name in _ONNX_POOLS and all(a.positions != 0 for a in axes):
        y = b.AveragePool(
            to_channels_first(b, x, data_format, rank),
            kernel_shape=[a.window for a in axes],
            strides=[a.stride for a in axes],
            count_include_pad=0,
            **onnx_padding(axes),
        )
        return from_channels_first(b, y, data_format, rank)
    dtype = dtypes.float32 if x.dtype is dtypes.bfloat16 else x.dtype
    total = sum_taps(b, padded(b, b.cast(x, dtype), axes), axes)
    return b.cast(b.Div(total, window_counts(b, axes, rank, dtype)), x.dtype)


def window_counts(b: Builder, axes: Sequence[Axis], rank: int, dtype: DType) -> Value:
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
    axes = geometry(op, dims)
    dtype = dtypes.float32 if grad.dtype in (dtypes.bfloat16, dtypes.float16) else grad.dtype
    share = b.Div(b.cast(grad, dtype), window_counts(b, axes, rank, dtype))
    for index, a in enumerate(axes):
        rest = [_size_after(axes[index + 1 :], i, dims) for i in range(a.axis + 1, rank)]
        share = _spread_evenly(b, share, a, rest)
    return b.cast(share, grad.dtype)


def _spread_evenly(b: Builder, share: Value, axis: Axis, rest: Sequence[Dim]) -> Value:
    return spread(b, lambda at: share, [axis], rest)


def _size_after(axes: Sequence[Axis], axis: int, dims: Sequence[Dim]) -> Dim:
    """The size of `axis` while the later `axes` are still pooled."""
    return next((a.positions for a in axes if a.axis == axis), dims[axis])


def _input_dims(op: Operation, sizes: Value, rank: int) -> Sequence[Dim]:
    if sizes.const is not None:
        return [int(s) for s in sizes.const]
    static = op.outputs[0].shape.tuple or (None,) * rank
    if any(static[a] is None for a in range(1, rank)):
        raise NeedsFullShapes("the sizes of the pool's input are not known while the model is built")
    return static
