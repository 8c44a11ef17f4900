"""Convolutions: ONNX's Conv in float32 and below; shifted slices and one matrix product in float64 and int32."""

from __future__ import annotations

from collections.abc import Sequence

from converters.builder import Builder, Value
from converters.dilated import joined_convolution
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.windows import Axis, Dim, channel_axis, offsets, onnx_padding, padded, tap, taps, window_axes
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation

_CONV_TYPES = ("float32", "float16")


def known(value: Dim, what: str) -> int:
    """`value`; NeedsFullShapes naming it when it is not known."""
    if value is None:
        raise NeedsFullShapes(f"{what} is not known while the model is built")
    return value


def to_channels_first(b: Builder, x: Value, data_format: bytes, rank: int) -> Value:
    """`x` of a data format as NCHW (or its like)."""
    return x if data_format.startswith(b"NC") else b.Transpose(x, perm=[0, rank - 1, *range(1, rank - 1)])


def from_channels_first(b: Builder, x: Value, data_format: bytes, rank: int) -> Value:
    """NCHW to a data format."""
    return x if data_format.startswith(b"NC") else b.Transpose(x, perm=[0, *range(2, rank), 1])


def to_channels_last(b: Builder, x: Value, data_format: bytes, rank: int) -> Value:
    """`x` of a data format as NHWC (or its like)."""
    return b.Transpose(x, perm=[0, *range(2, rank), 1]) if data_format.startswith(b"NC") else x


def from_channels_last(b: Builder, x: Value, data_format: bytes, rank: int) -> Value:
    """NHWC to a data format."""
    return b.Transpose(x, perm=[0, rank - 1, *range(1, rank - 1)]) if data_format.startswith(b"NC") else x


def as_channels_last(axes: Sequence[Axis], data_format: bytes) -> list[Axis]:
    """The axes with their positions in NHWC."""
    if not data_format.startswith(b"NC"):
        return list(axes)
    return [Axis(a.axis - 1, a.window, a.stride, a.dilation, a.before, a.after, a.size) for a in axes]


def check_strides(op: Operation) -> None:
    """Refuses strides and dilations over batch and channels."""
    rank = len(op.attrs["strides"])
    for axis in (0, channel_axis(op.attrs.get("data_format", b"NHWC"), rank)):
        if op.attrs["strides"][axis] != 1 or (op.attrs.get("dilations") or [1] * rank)[axis] != 1:
            raise NotConvertible("strides and dilations over the batch or the channels are not supported")


def working_type(dtype: DType) -> DType:
    """The type to compute in: float32 for the smaller floats."""
    return dtypes.float32 if dtype in (dtypes.float16, dtypes.bfloat16) else dtype


@converts("Conv2D", "Conv3D")
def _conv(b: Builder, op: Operation, x: Value, w: Value) -> Value:
    rank = len(op.attrs["strides"])
    check_strides(op)
    data_format = op.attrs["data_format"]
    *window, depth_in, depth_out = w.full_shape
    sizes = x.shape or (None,) * rank
    groups = known(sizes[channel_axis(data_format, rank)], "the number of input channels") // depth_in

    def convolve(b: Builder, x: Value, axes: Sequence[Axis]) -> Value:
        if x.dtype.name in _CONV_TYPES:
            kernel = b.Transpose(w, perm=[rank - 1, rank - 2, *range(rank - 2)])
            return _onnx_conv(b, op, x, kernel, axes, groups)
        dtype = working_type(x.dtype)
        last = to_channels_last(b, b.cast(x, dtype), data_format, rank)
        columns = image_columns(b, last, as_channels_last(axes, data_format))
        y = _grouped_product(b, columns, b.cast(w, dtype), groups, len(window), depth_out)
        return b.cast(from_channels_last(b, y, data_format, rank), op.outputs[0].dtype.base_dtype)

    y = convolve(b, x, window_axes(op, sizes, window, rank, in_run=True))
    y.joined = joined_convolution(op, x.split, window, convolve)
    return y


def _onnx_conv(b: Builder, op: Operation, x: Value, kernel: Value, axes: Sequence[Axis], groups: int) -> Value:
    """Conv with a kernel [out, in / groups, ...]."""
    data_format, rank = op.attrs["data_format"], len(op.attrs["strides"])
    if any(a.size is not None and not a.positions for a in axes):
        raise NotConvertible("the windows have no position")
    y = b.Conv(
        to_channels_first(b, x, data_format, rank),
        kernel,
        kernel_shape=[a.window for a in axes],
        strides=[a.stride for a in axes],
        dilations=[a.dilation for a in axes],
        group=groups,
        **onnx_padding(axes),
    )
    return from_channels_first(b, y, data_format, rank)


def image_columns(b: Builder, x: Value, axes: Sequence[Axis]) -> Value:
    """im2col of `x` (channels last): `[batch, ..., window elements * channels]`, window elements in order."""
    found = taps(b, padded(b, x, axes), axes)
    return found[0] if len(found) == 1 else b.Concat(*found, axis=-1)


def _grouped_product(b: Builder, columns: Value, w: Value, groups: int, spatial: int, depth_out: int) -> Value:
    """columns @ filter, group by group; `w` is [..., depth_in, depth_out]."""
    *window, depth_in, _ = w.full_shape
    elements = 1
    for size in window:
        elements *= size
    if groups == 1:
        return b.MatMul(columns, b.Reshape(w, b.const([elements * depth_in, depth_out])))
    lead = [0] * (spatial + 1)
    split = b.Reshape(columns, b.const([*lead, elements, groups, depth_in]))
    n = spatial + 1
    left = b.Reshape(
        b.Transpose(split, perm=[*range(n), n + 1, n, n + 2]), b.const([*lead, groups, 1, elements * depth_in])
    )
    right = b.Reshape(w, b.const([elements * depth_in, groups, depth_out // groups]))
    product = b.MatMul(left, b.Transpose(right, perm=[1, 0, 2]))
    return b.Reshape(product, b.const([*lead, depth_out]))


@converts("DepthwiseConv2dNative")
def _depthwise(b: Builder, op: Operation, x: Value, w: Value) -> Value:
    check_strides(op)
    data_format = op.attrs["data_format"]
    *window, channels, multiplier = w.full_shape
    axes = window_axes(op, x.shape or (None,) * 4, window, 4, in_run=True)
    if x.dtype.name in _CONV_TYPES:

        def convolve(b: Builder, x: Value, axes: Sequence[Axis]) -> Value:
            flat = b.Reshape(w, b.const([*window, 1, channels * multiplier]))
            return _onnx_conv(b, op, x, b.Transpose(flat, perm=[3, 2, 0, 1]), axes, channels)

        y = convolve(b, x, axes)
        y.joined = joined_convolution(op, x.split, window, convolve)
        return y
    dtype = working_type(x.dtype)
    x = to_channels_last(b, b.cast(x, dtype), data_format, 4)
    last = as_channels_last(axes, data_format)
    x = b.Unsqueeze(padded(b, x, last), b.const([4]))
    w = b.cast(w, dtype)
    total = None
    for at in offsets(last):
        element = b.Slice(w, b.const(list(at)), b.const([i + 1 for i in at]), b.const([0, 1]))
        term = b.Mul(tap(b, x, last, at), element)
        total = term if total is None else b.Add(total, term)
    y = b.Reshape(total, b.const([0, 0, 0, channels * multiplier]))
    return b.cast(from_channels_last(b, y, data_format, 4), op.outputs[0].dtype.base_dtype)
