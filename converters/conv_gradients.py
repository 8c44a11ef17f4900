"""Gradients of convolutions.

For the input: ConvTranspose in float32; in float64 and int32 one matrix product gives every window's share, and the
shares are added where the windows were. For the filter: one matrix product of the im2col of the input with the output
gradient, in every type.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from converters.builder import Builder, Value
from converters.conv import (
    as_channels_last,
    check_strides,
    from_channels_first,
    from_channels_last,
    image_columns,
    known,
    to_channels_first,
    to_channels_last,
    working_type,
)
from converters.guards import require
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
    tap,
    window_axes,
)
from tfcompat.graph.operation import Operation

_CONV_TYPES = ("float32", "float16")


@converts("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def _backprop_input(b: Builder, op: Operation, sizes: Value, w: Value, grad: Value) -> Value:
    rank = len(op.attrs["strides"])
    check_strides(op)
    *window, depth_in, _ = w.full_shape
    dims = _known_sizes(op, sizes, rank)
    if dims is None:
        if grad.dtype.name not in _CONV_TYPES:
            raise NotConvertible("the sizes of the convolution's input are computed in the run")
        return _conv_transpose_to(b, op, sizes, b.Transpose(w, perm=_kernel_order(rank)), grad, window)
    axes = window_axes(op, dims, window, rank)
    check_positions(op, axes, grad)
    groups = known(dims[channel_axis(op.attrs["data_format"], rank)], "the number of channels") // depth_in
    if grad.dtype.name in _CONV_TYPES:
        return _conv_transpose(b, op, grad, b.Transpose(w, perm=_kernel_order(rank)), axes, groups)
    return _spread_products(b, op, w, grad, axes, groups)


def _kernel_order(rank: int) -> list[int]:
    """From [..., in / groups, out] to [out, in / groups, ...]."""
    return [rank - 1, rank - 2, *range(rank - 2)]


def check_positions(op: Operation, axes: Sequence[Axis], grad: Value) -> None:
    """Leaves an output gradient of the wrong size to the host kernel, which says so."""
    if grad.shape is None:
        return
    for a in axes:
        actual = grad.shape[a.axis]
        if actual is not None and a.positions is not None and (actual != a.positions or not actual):
            raise NotConvertible(f"the output gradient has size {actual} where {a.positions} is computed")


def _known_sizes(op: Operation, sizes: Value, rank: int) -> Sequence[Dim] | None:
    """What is known of the input's shape; None when its spatial sizes are computed in the run."""
    if sizes.const is not None:
        return [int(s) for s in sizes.const]
    static = op.outputs[0].shape.tuple or (None,) * rank
    axes = spatial_axes(op.attrs["data_format"], rank)
    if all(static[a] is not None for a in axes):
        return static
    if op.inputs[0].op.type in ("Shape", "ShapeN"):
        raise NeedsFullShapes("the sizes of the convolution's input are not known while the model is built")
    return None


def _conv_transpose_to(
    b: Builder, op: Operation, sizes: Value, kernel: Value, grad: Value, window: Sequence[int]
) -> Value:
    """ConvTranspose to sizes that are computed in the run: all shares are added, then what lies outside is cut off."""
    data_format, rank = op.attrs["data_format"], len(op.attrs["strides"])
    axes = spatial_axes(data_format, rank)
    explicit = op.attrs.get("explicit_paddings") or [0] * (2 * rank)
    strides, dilations = ([op.attrs[k][a] for a in axes] for k in ("strides", "dilations"))
    source = to_channels_first(b, grad, data_format, rank)
    full = b.ConvTranspose(source, kernel, kernel_shape=list(window), strides=strides, dilations=dilations)
    wanted = b.Gather(b.int64(sizes), b.const(axes), axis=0)
    places = b.Shape(source, start=2)
    extent = b.const([(k - 1) * d + 1 for k, d in zip(window, dilations, strict=True)])
    step = b.const(strides)
    if op.attrs["padding"] == b"SAME":
        computed = b.Div(b.Sub(b.Add(wanted, step), 1), step)
        total = b.Max(b.Sub(b.Add(b.Mul(b.Sub(computed, 1), step), extent), wanted), b.const(0))
        before = b.Div(total, 2)
    else:
        pads = [explicit[2 * a : 2 * a + 2] for a in axes]
        before = b.const([p[0] for p in pads])
        computed = b.Add(b.Div(b.Sub(b.Add(wanted, b.const([sum(p) for p in pads])), extent), step), 1)
    fits = b.ReduceMin(b.Equal(computed, places), keepdims=0)
    end = require(b, fits, b.Add(before, wanted))
    spatial = b.const(list(range(2, rank)))
    missing = b.Max(b.Sub(end, b.Shape(full, start=2)), b.const(0))
    none = b.const([0] * len(axes))
    longer = b.Pad(full, b.Concat(none, missing, axis=0), b.const(0.0, full.dtype), spatial)
    return from_channels_first(b, b.Slice(longer, before, end, spatial), data_format, rank)


def _conv_transpose(b: Builder, op: Operation, grad: Value, kernel: Value, axes: Sequence[Axis], groups: int) -> Value:
    """ConvTranspose with a kernel [out, in / groups, ...]."""
    data_format, rank = op.attrs["data_format"], len(op.attrs["strides"])
    missing = [a.known_size() + a.before + a.after - (a.stride * (a.known_positions() - 1) + a.extent) for a in axes]
    y = b.ConvTranspose(
        to_channels_first(b, grad, data_format, rank),
        kernel,
        kernel_shape=[a.window for a in axes],
        strides=[a.stride for a in axes],
        dilations=[a.dilation for a in axes],
        pads=pad_lists(axes),
        output_padding=missing,
        group=groups,
    )
    return from_channels_first(b, y, data_format, rank)


def _spread_products(b: Builder, op: Operation, w: Value, grad: Value, axes: Sequence[Axis], groups: int) -> Value:
    """The product of the output gradient with each window element's part of the filter, added where it belongs."""
    data_format, rank = op.attrs["data_format"], len(op.attrs["strides"])
    dtype = working_type(grad.dtype)
    *window, depth_in, depth_out = w.full_shape
    grad = to_channels_last(b, b.cast(grad, dtype), data_format, rank)
    elements, per_group = math.prod(window), depth_out // groups
    flat = b.Reshape(b.cast(w, dtype), b.const([elements, depth_in, groups, per_group]))
    lead = [0] * (rank - 1)
    rows = b.Reshape(grad, b.const([*lead, groups, 1, per_group]))
    matrices = b.Reshape(b.Transpose(flat, perm=[2, 3, 0, 1]), b.const([groups, per_group, elements * depth_in]))
    shares = b.Reshape(b.MatMul(rows, matrices), b.const([*lead, groups, elements, depth_in]))
    last = as_channels_last(axes, data_format)
    order = {at: i for i, at in enumerate(offsets(last))}

    def part(at: tuple[int, ...]) -> Value:
        share = b.Gather(shares, b.const(order[at]), axis=rank)
        return b.Reshape(share, b.const([*lead, groups * depth_in]))

    total = spread(b, part, last, [groups * depth_in])
    return b.cast(from_channels_last(b, total, data_format, rank), op.outputs[0].dtype.base_dtype)


@converts("Conv2DBackpropFilter", "Conv3DBackpropFilterV2")
def _backprop_filter(b: Builder, op: Operation, x: Value, sizes: Value, grad: Value) -> Value:
    rank = len(op.attrs["strides"])
    check_strides(op)
    data_format = op.attrs["data_format"]
    *window, depth_in, depth_out = (int(s) for s in b.constant(sizes, "filter_sizes"))
    dims = x.shape or (None,) * rank
    placed = window_axes(op, dims, window, rank)
    check_positions(op, placed, grad)
    axes = as_channels_last(placed, data_format)
    dtype = working_type(x.dtype)
    x, grad = (to_channels_last(b, b.cast(v, dtype), data_format, rank) for v in (x, grad))
    groups = known(dims[channel_axis(data_format, rank)], "the number of channels") // depth_in
    columns, elements = image_columns(b, x, axes), math.prod(window)
    if groups == 1:
        left = b.Reshape(columns, b.const([-1, elements * depth_in]))
        right = b.Reshape(grad, b.const([-1, depth_out]))
        product = (
            b.Gemm(left, right, transA=1) if dtype.is_floating else b.MatMul(b.Transpose(left, perm=[1, 0]), right)
        )
    else:
        left = b.Transpose(b.Reshape(columns, b.const([-1, elements, groups, depth_in])), perm=[2, 1, 3, 0])
        left = b.Reshape(left, b.const([groups, elements * depth_in, -1]))
        right = b.Transpose(b.Reshape(grad, b.const([-1, groups, depth_out // groups])), perm=[1, 0, 2])
        product = b.Transpose(b.MatMul(left, right), perm=[1, 0, 2])
    return b.cast(b.Reshape(product, b.const([*window, depth_in, depth_out])), op.outputs[0].dtype.base_dtype)


@converts("DepthwiseConv2dNativeBackpropInput")
def _depthwise_backprop_input(b: Builder, op: Operation, sizes: Value, w: Value, grad: Value) -> Value:
    check_strides(op)
    data_format = op.attrs["data_format"]
    *window, channels, multiplier = w.full_shape
    dims = _known_sizes(op, sizes, 4)
    if dims is None:
        raise NotConvertible("the sizes of the convolution's input are computed in the run")
    axes = window_axes(op, dims, window, 4)
    check_positions(op, axes, grad)
    if grad.dtype.name in _CONV_TYPES:
        flat = b.Reshape(w, b.const([*window, 1, channels * multiplier]))
        return _conv_transpose(b, op, grad, b.Transpose(flat, perm=[3, 2, 0, 1]), axes, channels)
    dtype = working_type(grad.dtype)
    grad = to_channels_last(b, b.cast(grad, dtype), data_format, 4)
    grad = b.Reshape(grad, b.const([0, 0, 0, channels, multiplier]))
    w = b.cast(w, dtype)
    last = as_channels_last(axes, data_format)

    def part(at: tuple[int, ...]) -> Value:
        element = b.Slice(w, b.const(list(at)), b.const([i + 1 for i in at]), b.const([0, 1]))
        return b.ReduceSum(b.Mul(grad, element), b.const([4]), keepdims=0)

    total = spread(b, part, last, [channels])
    return b.cast(from_channels_last(b, total, data_format, 4), op.outputs[0].dtype.base_dtype)


@converts("DepthwiseConv2dNativeBackpropFilter")
def _depthwise_backprop_filter(b: Builder, op: Operation, x: Value, sizes: Value, grad: Value) -> Value:
    check_strides(op)
    data_format = op.attrs["data_format"]
    *window, channels, multiplier = (int(s) for s in b.constant(sizes, "filter_sizes"))
    placed = window_axes(op, x.shape or (None,) * 4, window, 4)
    check_positions(op, placed, grad)
    axes = as_channels_last(placed, data_format)
    dtype = working_type(x.dtype)
    x, grad = (to_channels_last(b, b.cast(v, dtype), data_format, 4) for v in (x, grad))
    grad = b.Reshape(grad, b.const([0, 0, 0, channels, multiplier]))
    x = b.Unsqueeze(padded(b, x, axes), b.const([4]))
    parts = [b.ReduceSum(b.Mul(tap(b, x, axes, at), grad), b.const([0, 1, 2]), keepdims=0) for at in offsets(axes)]
    stacked = b.Concat(*(b.Unsqueeze(p, b.const([0])) for p in parts), axis=0)
    return b.cast(b.Reshape(stacked, b.const([*window, channels, multiplier])), op.outputs[0].dtype.base_dtype)
