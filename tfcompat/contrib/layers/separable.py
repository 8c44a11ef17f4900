"""tf.contrib.layers.separable_conv2d: convolutions of each channel by itself."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.layers.basic import Shared, finished, published, relu, renaming
from tfcompat.contrib.layers.initializers import xavier_initializer
from tfcompat.contrib.layers.utils import channel_dimension, two_element_tuple
from tfcompat.contrib.variables import collect, model_variable
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.layers.separable import SeparableConv2D
from tfcompat.ops.bias import bias_add
from tfcompat.ops.dilated import depthwise_conv2d
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.variable_scope import variable_scope


@published("separable_convolution2d")
def separable_conv2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Any,
    depth_multiplier: int = 1,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(),  # noqa: B008
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = Zeros(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """activation_fn(a convolution of each channel by itself, then one across channels at each place, + biases).

    Args:
        inputs: images.
        num_outputs: number of output channels; None leaves the second convolution out.
        kernel_size: size of the first kernel, `depthwise_weights`.
        depth_multiplier: channels that each input channel gives.
        stride: steps of the first kernel.
        padding: "SAME" or "VALID".
        data_format: "NHWC" or "NCHW".
        rate: distance of the taps of the first kernel.
        weights_initializer: of `depthwise_weights`.
        pointwise_initializer: of `pointwise_weights`; None for `weights_initializer`.
        activation_fn, normalizer_fn, normalizer_params, weights_regularizer, biases_initializer, biases_regularizer,
            reuse, variables_collections, outputs_collections, trainable: as of `fully_connected`.
        scope: variable scope, "SeparableConv2d" by default.
    """
    given = Shared.of(locals())
    with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=renaming) as opened:
        inputs = convert_to_tensor(inputs)
        dtype = inputs.dtype.base_dtype
        layout = "channels_first" if data_format.startswith("NC") else "channels_last"
        if num_outputs is not None:
            layer: Any = SeparableConv2D(
                num_outputs,
                kernel_size,
                strides=stride,
                padding=padding,
                data_format=layout,
                dilation_rate=two_element_tuple(rate),
                depth_multiplier=depth_multiplier,
                use_bias=given.has_biases,
                depthwise_initializer=weights_initializer,
                pointwise_initializer=pointwise_initializer or weights_initializer,
                bias_initializer=biases_initializer,
                depthwise_regularizer=weights_regularizer,
                pointwise_regularizer=weights_regularizer,
                bias_regularizer=biases_regularizer,
                trainable=trainable,
                name=opened.name,
                dtype=dtype,
                _scope=opened,
                _reuse=reuse,
            )
            outputs = layer.apply(inputs)
            collect(variables_collections, layer.depthwise_kernel, "weights")
            collect(variables_collections, layer.pointwise_kernel, "weights")
            if given.has_biases:
                collect(variables_collections, layer.bias, "biases")
        else:
            channels = channel_dimension(inputs.shape, layout, 4)
            weights = model_variable(
                "depthwise_weights",
                shape=[*two_element_tuple(kernel_size), channels, depth_multiplier],
                dtype=dtype,
                initializer=weights_initializer,
                regularizer=weights_regularizer,
                trainable=trainable,
            )
            collect(variables_collections, weights, "weights")
            steps = two_element_tuple(stride)
            strides = [1, 1, *steps] if layout == "channels_first" else [1, *steps, 1]
            rates = two_element_tuple(rate)
            outputs = depthwise_conv2d(inputs, weights, strides, padding, rate=rates, data_format=data_format)
            if given.has_biases:
                biases = model_variable(
                    "biases",
                    shape=[depth_multiplier * channels],
                    dtype=dtype,
                    initializer=biases_initializer,
                    regularizer=biases_regularizer,
                    trainable=trainable,
                )
                collect(variables_collections, biases, "biases")
                outputs = bias_add(outputs, biases, data_format=data_format)
        return finished(outputs, opened.name, given)
