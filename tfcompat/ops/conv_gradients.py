"""Gradients of convolutions as operations, to any order, and transposed convolutions' shapes."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import export, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import shape
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.windows import channel_axis, explicit_padding, full_sequence


@tf_export("nn.conv2d_backprop_input")
def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Gradient of `conv2d` for its input.

    Args:
        input_sizes: int32 vector, the shape of the input.
        filter: `[height, width, channels, out_channels]`.
        out_backprop: gradient of the outputs.
        strides, padding, use_cudnn_on_gpu, data_format, dilations: as in `conv2d`.
        name: name of the operation.
        filters: alias of `filter`.

    Returns:
        A tensor of shape `input_sizes`.
    """
    filter = one_of("filter", filter, "filters", filters)
    padding, explicit = explicit_padding(padding)
    channel = channel_axis(data_format, 4)
    return raw_ops.Conv2DBackpropInput(
        input_sizes=input_sizes,
        filter=filter,
        out_backprop=out_backprop,
        strides=full_sequence(strides, 2, channel, "strides"),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=full_sequence(dilations, 2, channel, "dilations"),
        name=name,
    )


@tf_export("nn.conv2d_backprop_filter")
def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Gradient of `conv2d` for its filter, a tensor of shape `filter_sizes`; see `conv2d_backprop_input`."""
    padding, explicit = explicit_padding(padding)
    return raw_ops.Conv2DBackpropFilter(
        input=input,
        filter_sizes=filter_sizes,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@tf_export("nn.depthwise_conv2d_backprop_input", "nn.depthwise_conv2d_native_backprop_input")
def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Gradient of `depthwise_conv2d_native` for its input, a tensor of shape `input_sizes` (int32 vector)."""
    padding, explicit = explicit_padding(padding)
    return raw_ops.DepthwiseConv2dNativeBackpropInput(
        input_sizes=input_sizes,
        filter=filter,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@tf_export("nn.depthwise_conv2d_backprop_filter", "nn.depthwise_conv2d_native_backprop_filter")
def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Gradient of `depthwise_conv2d_native` for its filter, a tensor of shape `filter_sizes` (int32 vector)."""
    padding, explicit = explicit_padding(padding)
    return raw_ops.DepthwiseConv2dNativeBackpropFilter(
        input=input,
        filter_sizes=filter_sizes,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@tf_export("nn.conv3d_backprop_filter")
def conv3d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = (1, 1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Gradient of `conv3d` for its filter, a tensor of shape `filter_sizes` (int32 vector)."""
    return raw_ops.Conv3DBackpropFilterV2(
        input=input,
        filter_sizes=filter_sizes,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


export("nn.conv3d_backprop_filter_v2", conv3d_backprop_filter)


# ---------------------------------------------------------------- shapes


@shape_of("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def _backprop_input_shape(
    c: InferenceContext, sizes: TensorShape, filter: TensorShape, grad: TensorShape
) -> list[TensorShape]:
    rank = 4 if c.op.type == "Conv2DBackpropInput" else 5
    known = exact_rank(c.shape_value(0), rank)
    dims = exact_rank(grad, rank).tuple or (None,) * rank
    merge_dims(dims[channel_axis(c.attr("data_format"), rank)], (exact_rank(filter, rank).tuple or (None,) * rank)[-1])
    batch = dims[0] if rank == 4 else known.tuple[0]  # type: ignore[index]
    return [TensorShape.of((batch, *known.tuple[1:]))]  # type: ignore[index]


@shape_of("DepthwiseConv2dNativeBackpropInput")
def _depthwise_backprop_input_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [exact_rank(c.shape_value(0), 4)]


@shape_of("Conv2DBackpropFilter", "Conv3DBackpropFilterV2", "DepthwiseConv2dNativeBackpropFilter")
def _backprop_filter_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [exact_rank(c.shape_value(1), 5 if c.op.type.startswith("Conv3D") else 4)]


@shape_of("Conv3DBackpropInput", "Conv3DBackpropFilter")
def _old_backprop_shape(
    c: InferenceContext, x: TensorShape, filter: TensorShape, grad: TensorShape
) -> list[TensorShape]:
    return [exact_rank(x if c.op.type == "Conv3DBackpropInput" else filter, 5)]


# ---------------------------------------------------------------- gradients

_FAMILIES = {
    "Conv2D": ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"),
    "Conv3D": ("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"),
    "DepthwiseConv2dNative": (
        "DepthwiseConv2dNative",
        "DepthwiseConv2dNativeBackpropInput",
        "DepthwiseConv2dNativeBackpropFilter",
    ),
}
"""Convolution, its gradient for the input, its gradient for the filter: one bilinear form in three positions."""

_SHARED = ("strides", "padding", "explicit_paddings", "use_cudnn_on_gpu", "data_format", "dilations")


def _attributes(op: Operation) -> dict[str, Any]:
    return {name: op.attrs[name] for name in _SHARED if name in op.attrs}


def _convolve(family: str, op: Operation, x: Any, filter: Any) -> Any:
    return getattr(raw_ops, _FAMILIES[family][0])(input=x, filter=filter, **_attributes(op))


def _input_gradient(family: str, op: Operation, sizes: Any, filter: Any, grad: Any) -> Any:
    return getattr(raw_ops, _FAMILIES[family][1])(
        input_sizes=sizes, filter=filter, out_backprop=grad, **_attributes(op)
    )


def _filter_gradient(family: str, op: Operation, x: Any, sizes: Any, grad: Any) -> Any:
    return getattr(raw_ops, _FAMILIES[family][2])(input=x, filter_sizes=sizes, out_backprop=grad, **_attributes(op))


def _register(family: str) -> None:
    convolution, backprop_input, backprop_filter = _FAMILIES[family]

    @gradient_of(convolution)
    def _convolution_grad(op: Operation, grad: Tensor) -> tuple[Any, Any]:
        x, filter = op.inputs
        return (
            _input_gradient(family, op, shape(x), filter, grad),
            _filter_gradient(family, op, x, shape(filter), grad),
        )

    @gradient_of(backprop_input)
    def _backprop_input_grad(op: Operation, grad: Tensor) -> tuple[None, Any, Any]:
        _, filter, out_backprop = op.inputs
        return (
            None,
            _filter_gradient(family, op, grad, shape(filter), out_backprop),
            _convolve(family, op, grad, filter),
        )

    @gradient_of(backprop_filter)
    def _backprop_filter_grad(op: Operation, grad: Tensor) -> tuple[Any, None, Any]:
        x, _, out_backprop = op.inputs
        return (_input_gradient(family, op, shape(x), grad, out_backprop), None, _convolve(family, op, x, grad))


for _family in _FAMILIES:
    _register(_family)
