"""`tf.keras.layers`: convolutions of each channel by itself, alone or followed by one across channels."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.layers.arguments import keras_layer
from tfcompat.layers.keras.convolutional import Conv
from tfcompat.layers.windows import attribute_format, output_sizes
from tfcompat.ops.array import expand_dims, squeeze
from tfcompat.ops.bias import bias_add
from tfcompat.ops.dilated import depthwise_conv2d, separable_conv2d


class SeparableConv(Conv):
    """Base of convolutions of each channel by itself, then across channels at each place; see `Conv`.

    Args:
        filters: number of output channels.
        kernel_size: size of the first kernel.
        strides: its steps.
        padding: "valid" or "same", or, for one spatial axis, "causal".
        data_format: "channels_last" or "channels_first".
        dilation_rate: distance of its taps.
        depth_multiplier: channels that each input channel gives in between.
        activation, use_bias: see `Conv`.
        depthwise_initializer, pointwise_initializer, bias_initializer: initializers of the two kernels and the bias.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: functions of them that give losses.
        activity_regularizer: function of the outputs that gives a loss.
        depthwise_constraint, pointwise_constraint, bias_constraint: functions applied to them after updates.
        kwargs: see `Conv`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        own = dict(locals())
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.take({k: v for k, v in own.items() if k.startswith(("depth", "pointwise"))})

    def build(self, input_shape: Any) -> None:
        """Makes `depthwise_kernel`, `pointwise_kernel` and `bias`."""
        channels = self._input_channels(input_shape)
        middle = channels * self.depth_multiplier
        depthwise = [*self.kernel_size, channels, self.depth_multiplier]
        pointwise = [*[1] * self.rank, middle, self.filters]
        self.depthwise_kernel = self.add_part("depthwise_kernel", depthwise, "depthwise")
        self.pointwise_kernel = self.add_part("pointwise_kernel", pointwise, "pointwise")
        self.bias = self.add_part("bias", [self.filters]) if self.use_bias else None
        self.built = True

    def _separable(self, inputs: Any, depthwise: Any, pointwise: Any, strides: list[int], rate: list[int]) -> Tensor:
        """The convolution of images, with the bias."""
        data_format = attribute_format(self.data_format, 2)
        steps = [1, 1, *strides] if self.data_format == "channels_first" else [1, *strides, 1]
        padding = "VALID" if self.padding == "causal" else self.padding.upper()
        outputs = separable_conv2d(inputs, depthwise, pointwise, steps, padding, rate, data_format=data_format)
        return bias_add(outputs, self.bias, data_format=data_format) if self.use_bias else outputs


@keras_layer("SeparableConv1D", "SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """A separable convolution over one spatial axis; see `SeparableConv`."""

    rank = 1
    causal = True

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`, which become images of one row."""
        if self.padding == "causal":
            inputs = self._padded(inputs)
        axis = 2 if self.data_format == "channels_first" else 1
        outputs = self._separable(
            expand_dims(inputs, axis),
            expand_dims(self.depthwise_kernel, 0),
            expand_dims(self.pointwise_kernel, 0),
            [*self.strides, *self.strides],
            [1, *self.dilation_rate],
        )
        outputs = squeeze(outputs, [axis])
        return outputs if self.activation is None else self.activation(outputs)


@keras_layer("SeparableConv2D", "SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """A separable convolution of images; see `SeparableConv`."""

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        outputs = self._separable(
            inputs, self.depthwise_kernel, self.pointwise_kernel, list(self.strides), list(self.dilation_rate)
        )
        return outputs if self.activation is None else self.activation(outputs)


class DepthwiseConv(Conv):
    """Base of convolutions of each channel by itself; see `Conv`.

    Args:
        kernel_size: size of the kernel.
        strides: its steps, the same along both axes.
        padding: "valid" or "same".
        depth_multiplier: how many output channels each input channel gives.
        data_format: "channels_last" or "channels_first".
        dilation_rate: distance of its taps.
        activation, use_bias: see `Conv`.
        depthwise_initializer, bias_initializer: initializers of kernel and bias.
        depthwise_regularizer, bias_regularizer: functions of them that give losses.
        activity_regularizer: function of the outputs that gives a loss.
        depthwise_constraint, bias_constraint: functions applied to them after updates.
        kwargs: see `Conv`.
    """

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        own = dict(locals())
        super().__init__(
            1,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.take({k: v for k, v in own.items() if k.startswith("depth")})

    def _check_filters(self) -> None:
        """There is no number of filters to check."""

    def build(self, input_shape: Any) -> None:
        """Makes `depthwise_kernel` and `bias`."""
        channels = self._input_channels(input_shape)
        kernel = [*self.kernel_size, channels, self.depth_multiplier]
        self.depthwise_kernel = self.add_part("depthwise_kernel", kernel, "depthwise")
        self.bias = self.add_part("bias", [channels * self.depth_multiplier]) if self.use_bias else None
        self.built = True

    def _depthwise(self, inputs: Any, kernel: Any, strides: list[int], rate: list[int]) -> Tensor:
        """The convolution of images, with the bias."""
        data_format = attribute_format(self.data_format, 2)
        steps = [1, 1, *strides] if self.data_format == "channels_first" else [1, *strides, 1]
        outputs = depthwise_conv2d(inputs, kernel, steps, self.padding.upper(), rate, data_format=data_format)
        return bias_add(outputs, self.bias, data_format=data_format) if self.use_bias else outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs."""
        channels = list(input_shape)[self._channels_axis]
        return output_sizes(
            input_shape,
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
            self.data_format,
            getattr(channels, "value", channels) * self.depth_multiplier,
        )


_WITHOUT_FILTERS = ("filters", "kernel_initializer", "kernel_regularizer", "kernel_constraint")


@keras_layer("DepthwiseConv1D", without=_WITHOUT_FILTERS)
class DepthwiseConv1D(DepthwiseConv):
    """A convolution of each channel by itself over one spatial axis; see `DepthwiseConv`."""

    rank = 1

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`, which become images of one row."""
        axis = 2 if self.data_format == "channels_first" else 1
        outputs = self._depthwise(
            expand_dims(inputs, axis),
            expand_dims(self.depthwise_kernel, 0),
            [*self.strides, *self.strides],
            [1, *self.dilation_rate],
        )
        outputs = squeeze(outputs, [axis])
        return outputs if self.activation is None else self.activation(outputs)


@keras_layer("DepthwiseConv2D", without=_WITHOUT_FILTERS)
class DepthwiseConv2D(DepthwiseConv):
    """A convolution of each channel of images by itself; see `DepthwiseConv`."""

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        outputs = self._depthwise(inputs, self.depthwise_kernel, list(self.strides), list(self.dilation_rate))
        return outputs if self.activation is None else self.activation(outputs)
