"""Gradients of convolutions.

For the input: ConvTranspose in float32; in float64 and int32 one matrix product gives every window's share, and the
shares are added where the windows were. For the filter: in float32 a convolution whose kernel is the output gradient,
as fast as the forward one; in float64 and int32 one matrix product with the im2col of the input.
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

FEW_POSITIONS = 100
"""Up to how many window positions a grouped filter gradient is faster as sums of products than as a convolution."""


@converts("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def _backprop_input(b: Builder, op: Operation, sizes: Value, w: Value, grad: Value) -> Value:
    rank = len(op.attrs["strides"])
    check_strides(op)
    *window, depth_in, _ = w.full_shape
    dims = _known_sizes(op, sizes, rank)
    channels = None if dims is None else dims[channel_axis(op.attrs["data_format"], rank)]
    if isinstance(channels, int) and channels % depth_in:
        raise NotConvertible(f"the convolution's input has {channels} channels, its filter is for {depth_in}")
    if dims is None or (sizes.const is not None and grad.dtype.name in _CONV_TYPES and not _space_known(op, grad)):
        if grad.dtype.name not in _CONV_TYPES:
            raise NotConvertible("the sizes of the convolution's input are computed in the run")
        return _conv_transpose_to(b, op, sizes, b.Transpose(w, perm=_kernel_order(rank)), grad, window)
    axes = window_axes(op, dims, window, rank)
    check_positions(op, axes, grad)
    groups = known(dims[channel_axis(op.attrs["data_format"], rank)], "the number of channels") // depth_in
    if grad.dtype.name in _CONV_TYPES:
        return _conv_transpose(b, op, grad, b.Transpose(w, perm=_kernel_order(rank)), axes, groups)
    return _spread_products(b, op, w, grad, axes, groups)


def _space_known(op: Operation, grad: Value) -> bool:
    """Whether the spatial sizes of the output gradient are known, so that they can be checked at once."""
    axes = spatial_axes(op.attrs["data_format"], len(op.attrs["strides"]))
    return grad.shape is not None and all(grad.shape[a] is not None for a in axes)


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
    *window, depth_in, depth_out = (int(s) for s in b.constant(sizes, "filter_sizes"))
    made = _filter_gradient(b, op, x, grad, [*window, depth_in, depth_out])
    return b.Reshape(made, b.const([*window, depth_in, depth_out]))


@converts("DepthwiseConv2dNativeBackpropFilter")
def _depthwise_backprop_filter(b: Builder, op: Operation, x: Value, sizes: Value, grad: Value) -> Value:
    *window, channels, multiplier = (int(s) for s in b.constant(sizes, "filter_sizes"))
    made = _filter_gradient(b, op, x, grad, [*window, 1, channels * multiplier])
    return b.Reshape(made, b.const([*window, channels, multiplier]))


def _filter_gradient(b: Builder, op: Operation, x: Value, grad: Value, filter: Sequence[int]) -> Value:
    """The gradient for a filter of sizes [..., in / groups, out]."""
    rank = len(op.attrs["strides"])
    check_strides(op)
    data_format = op.attrs["data_format"]
    dims = x.shape or (None,) * rank
    *window, depth_in, depth_out = filter
    axes = window_axes(op, dims, window, rank)
    check_positions(op, axes, grad)
    groups = known(dims[channel_axis(data_format, rank)], "the number of channels") // depth_in
    dtype = working_type(x.dtype)
    x, grad = (to_channels_last(b, b.cast(v, dtype), data_format, rank) for v in (x, grad))
    axes = as_channels_last(axes, data_format)
    if dtype.name not in _CONV_TYPES:
        made = _filter_product(b, x, grad, axes, groups, depth_in, depth_out)
    elif groups == depth_in == 1 and all(a.stride == a.dilation == 1 for a in axes):
        made = _filter_of_gray(b, x, grad, axes, depth_out)
    elif groups > 1 and math.prod(a.known_positions() for a in axes) <= FEW_POSITIONS:
        made = _filter_sums(b, x, grad, axes, groups, depth_in, depth_out)
    else:
        made = _filter_convolution(b, x, grad, axes, groups, depth_in, depth_out)
    return b.cast(made, op.outputs[0].dtype.base_dtype)


def _filter_convolution(
    b: Builder, x: Value, grad: Value, axes: Sequence[Axis], groups: int, depth_in: int, depth_out: int
) -> Value:
    """One convolution of the input with the output gradient as its kernel.

    The batch takes the place of the input channels. The channels stay where they are, beside the last spatial
    dimension: together they are one dimension along which the kernel is dilated by the number of channels. The result
    is [out, window..., in / groups], and nothing but the output gradient is rearranged.
    """
    sizes = [a.known_size() for a in axes]
    if groups > 1:
        split = b.Reshape(x, b.const([-1, *sizes, groups, depth_in]))
        x = b.Transpose(split, perm=[len(sizes) + 1, *range(len(sizes) + 1), len(sizes) + 2])
    image = b.Reshape(x, b.const([1, -1, *sizes[:-1], sizes[-1] * depth_in]))
    kernel = b.Transpose(grad, perm=[len(sizes) + 1, *range(len(sizes) + 1)])
    wide = [*[1] * (len(sizes) - 1), depth_in]
    pads = [a.before * m for a, m in zip(axes, wide, strict=True)] + [
        a.after * m for a, m in zip(axes, wide, strict=True)
    ]
    dilations = [a.stride * m for a, m in zip(axes, wide, strict=True)]
    result = b.Conv(
        image, kernel, pads=pads, dilations=dilations, strides=[a.dilation for a in axes[:-1]] + [1], group=groups
    )
    window = [a.window for a in axes]
    spans = [*window[:-1], (axes[-1].extent - 1) * depth_in + depth_in]
    spatial = list(range(2, len(sizes) + 2))
    result = b.Slice(result, b.const([0] * len(sizes)), b.const(spans), b.const(spatial))
    split = b.Reshape(result, b.const([depth_out, *window[:-1], axes[-1].extent, depth_in]))
    if axes[-1].dilation > 1:
        split = b.Slice(
            split, b.const([0]), b.const([axes[-1].extent]), b.const([len(sizes)]), b.const([axes[-1].dilation])
        )
    return b.Transpose(split, perm=[*range(1, len(sizes) + 2), 0])


def _filter_of_gray(b: Builder, x: Value, grad: Value, axes: Sequence[Axis], depth_out: int) -> Value:
    """One matrix product, for images of one channel: a convolution would copy each row of a window on its own.

    The taps of an axis are put together in front, one axis after the other: rows of the image are copied whole.
    """
    count = len(axes)
    taken = b.Reshape(padded(b, x, axes), b.const([0, *[0] * count]))
    for index, axis in enumerate(axes):
        positions, at = axis.known_positions(), 1 + 2 * index
        slices = [b.Slice(taken, [i], [i + positions], [at]) for i in range(axis.window)]
        taken = b.Concat(*[b.Unsqueeze(s, [0]) for s in slices], axis=0)
    window = [a.window for a in axes]
    rows = b.Reshape(taken, b.const([math.prod(window), -1]))
    product = b.MatMul(rows, b.Reshape(grad, b.const([-1, depth_out])))
    split = b.Reshape(product, b.const([*window[::-1], 1, depth_out]))
    return b.Transpose(split, perm=[*range(count - 1, -1, -1), count, count + 1])


def _filter_sums(
    b: Builder, x: Value, grad: Value, axes: Sequence[Axis], groups: int, depth_in: int, depth_out: int
) -> Value:
    """Products with every tap, summed: for many groups of few positions."""
    count = len(axes)
    source = b.Reshape(padded(b, x, axes), b.const([*[0] * (count + 1), groups, depth_in, 1]))
    shares = b.Reshape(grad, b.const([*[0] * (count + 1), groups, 1, depth_out // groups]))
    outer = list(range(count + 1))
    parts = []
    for at in offsets(axes):
        products = b.Mul(tap(b, source, axes, at), shares)
        total = b.ReduceSum(b.ReduceSum(products, b.const(outer[1:]), keepdims=0), b.const([0]), keepdims=0)
        parts.append(b.Unsqueeze(b.Transpose(total, perm=[1, 0, 2]), b.const([0])))
    return b.Concat(*parts, axis=0)


def _filter_product(
    b: Builder, x: Value, grad: Value, axes: Sequence[Axis], groups: int, depth_in: int, depth_out: int
) -> Value:
    """One matrix product of the im2col of the input with the output gradient, for types without Conv."""
    columns, elements = image_columns(b, x, axes), math.prod(a.window for a in axes)
    if groups == 1:
        left = b.Reshape(columns, b.const([-1, elements * depth_in]))
        right = b.Reshape(grad, b.const([-1, depth_out]))
        return b.Gemm(left, right, transA=1) if x.dtype.is_floating else b.MatMul(b.Transpose(left, perm=[1, 0]), right)
    left = b.Transpose(b.Reshape(columns, b.const([-1, elements, groups, depth_in])), perm=[2, 1, 3, 0])
    left = b.Reshape(left, b.const([groups, elements * depth_in, -1]))
    right = b.Transpose(b.Reshape(grad, b.const([-1, groups, depth_out // groups])), perm=[1, 0, 2])
    return b.Transpose(b.MatMul(left, right), perm=[1, 0, 2])


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
