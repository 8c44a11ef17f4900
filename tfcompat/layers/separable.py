"""`tf.layers`: separable convolutions, as classes and as functions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.layers.base import Layer
from tfcompat.layers.convolutional import layer_function
from tfcompat.layers.keras import separable as keras
from tfcompat.ops.initializers import Zeros

_ZEROS = Zeros()


class _SeparableConv(keras.SeparableConv, Layer):
    """Keras' separable convolution with variables in a variable scope; initializers that are None are the scope's."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            depth_multiplier,
            activation,
            use_bias,
            depthwise_initializer,
            pointwise_initializer,
            bias_initializer,
            depthwise_regularizer,
            pointwise_regularizer,
            bias_regularizer,
            activity_regularizer,
            depthwise_constraint,
            pointwise_constraint,
            bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )


@tf_export("layers.SeparableConv1D")
class SeparableConv1D(_SeparableConv, keras.SeparableConv1D):
    """A separable convolution over one spatial axis; see Keras' `SeparableConv1D`."""


@tf_export("layers.SeparableConv2D")
class SeparableConv2D(_SeparableConv, keras.SeparableConv2D):
    """A separable convolution of images; see Keras' `SeparableConv2D`."""


layer_function("separable_conv1d", SeparableConv1D)
layer_function("separable_conv2d", SeparableConv2D)
