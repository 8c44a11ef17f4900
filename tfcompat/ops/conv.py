"""Convolutions over one to three spatial dimensions, and depthwise ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.windows import channel_axis, check_attributes, explicit_padding, full_sequence, slid_shape


@tf_export("nn.conv2d")
def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """2-D convolution (cross-correlation): out[b, i, j, k] = sum over di, dj, q of
    input[b, s * i + d * di, s * j + d * dj, q] * filter[di, dj, q, k], strides s, dilations d.

    Args:
        input: `[batch, height, width, channels]`, or with the channels second for `data_format` NCHW; a float type
            or int32.
        filter: `[height, width, channels / groups, out_channels]`, the type of `input`.
        strides: one number, one a spatial dimension, or four.
        padding: "SAME" (ceil(size / stride) outputs, zeros around), "VALID" (whole windows), or four pairs of zeros
            to add.
        use_cudnn_on_gpu: recorded as an attribute.
        data_format: "NHWC" or "NCHW".
        dilations: distance between filter taps, in the forms of `strides`.
        name: name of the operation.
        filters: alias of `filter`.

    Returns:
        The outputs in `data_format`.

    Raises:
        ValueError: shapes, strides or paddings do not fit.
    """
    filter = one_of("filter", filter, "filters", filters)
    padding, explicit = explicit_padding(padding)
    data_format = "NHWC" if data_format is None else data_format
    channel = channel_axis(data_format, 4)
    return raw_ops.Conv2D(
        input=input,
        filter=filter,
        strides=full_sequence(strides, 2, channel, "strides"),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=full_sequence(dilations, 2, channel, "dilations"),
        name=name,
    )


@tf_export("nn.conv3d")
def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NDHWC",
    dilations: Any = (1, 1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """3-D convolution; the arguments are those of `conv2d` with five dimensions, strides and dilations in full.

    Args:
        input: `[batch, depth, height, width, channels]`, or channels second for NCDHW.
        filter: `[depth, height, width, channels, out_channels]`.
        strides: five numbers.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        dilations: five numbers.
        name: name of the operation.
        filters: alias of `filter`.
    """
    filter = one_of("filter", filter, "filters", filters)
    return raw_ops.Conv3D(
        input=input,
        filter=filter,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@tf_export("nn.depthwise_conv2d_native")
def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Depthwise 2-D convolution: out[b, i, j, q * m + k] = sum over di, dj of
    input[b, s * i + d * di, s * j + d * dj, q] * filter[di, dj, q, k].

    Args:
        input: `[batch, height, width, channels]`, or channels second for NCHW; a float type.
        filter: `[height, width, channels, m]`.
        strides: four numbers, height and width equal.
        padding: "SAME", "VALID" or four pairs.
        data_format: "NHWC" or "NCHW".
        dilations: four numbers.
        name: name of the operation.
    """
    padding, explicit = explicit_padding(padding)
    return raw_ops.DepthwiseConv2dNative(
        input=input,
        filter=filter,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


# ---------------------------------------------------------------- shapes


@shape_of("Conv2D", "Conv3D", "_FusedConv2D")
def _conv_shape(c: InferenceContext, x: TensorShape, filter: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    rank = 5 if c.op.type == "Conv3D" else 4
    dims = exact_rank(x, rank).tuple or (None,) * rank
    *window, depth_in, depth_out = exact_rank(filter, rank).tuple or (None,) * rank
    check_attributes(c, rank, ("strides", "dilations"))
    _check_depths(dims[channel_axis(c.attr("data_format"), rank)], depth_in, depth_out)
    spatial = in_format(window, c.attr("data_format"))
    return [slid_shape(c, x, rank, spatial, depth_out, c.attr("dilations"))]


def in_format(values: Sequence[Any], data_format: bytes) -> list[Any]:
    """One value a spatial dimension, with 1 for batch and channels, in the order of the data format."""
    return [1, 1, *values] if data_format.startswith(b"NC") else [1, *values, 1]


def _check_depths(depth: int | None, depth_in: int | None, depth_out: int | None) -> None:
    if depth is None or depth_in is None:
        return
    if depth_in <= 0 or depth % depth_in:
        raise ValueError(f"Depth of input ({depth}) is not a multiple of input depth of filter ({depth_in})")
    groups = depth // depth_in
    if groups and depth_out is not None and depth_out % groups:
        raise ValueError(f"Depth of output ({depth_out}) is not a multiple of the number of groups ({groups})")


@shape_of("DepthwiseConv2dNative", "_FusedDepthwiseConv2dNative")
def _depthwise_shape(c: InferenceContext, x: TensorShape, filter: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    dims = exact_rank(x, 4).tuple or (None,) * 4
    *window, depth_in, multiplier = exact_rank(filter, 4).tuple or (None,) * 4
    check_attributes(c, 4, ("strides", "dilations"))
    depth = merge_dims(dims[channel_axis(c.attr("data_format"), 4)], depth_in)
    out = None if depth is None or multiplier is None else depth * multiplier
    return [slid_shape(c, x, 4, in_format(window, c.attr("data_format")), out, c.attr("dilations"))]
