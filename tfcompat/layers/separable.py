"""Separable convolution layers."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.layers.convolutional import Conv, layer_function
from tfcompat.layers.windows import attribute_format
from tfcompat.ops.array import expand_dims, squeeze
from tfcompat.ops.bias import bias_add
from tfcompat.ops.dilated import separable_conv2d
from tfcompat.ops.initializers import Zeros

_ZEROS = Zeros()


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
        depthwise_initializer: initializer of the first kernel.
        pointwise_initializer: initializer of the second kernel.
        depthwise_regularizer: function of the first kernel that gives a loss.
        pointwise_regularizer: the same for the second.
        depthwise_constraint: function applied to the first kernel after updates.
        pointwise_constraint: the same for the second.
        kwargs: see `Conv`.
    """

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
            activation,
            use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer, self.pointwise_initializer = depthwise_initializer, pointwise_initializer
        self.depthwise_regularizer, self.pointwise_regularizer = depthwise_regularizer, pointwise_regularizer
        self.depthwise_constraint, self.pointwise_constraint = depthwise_constraint, pointwise_constraint

    def build(self, input_shape: Any) -> None:
        """Makes `depthwise_kernel`, `pointwise_kernel` and `bias`."""
        channels = self._input_channels(input_shape)
        middle = channels * self.depth_multiplier
        for kind, shape in (
            ("depthwise", [*self.kernel_size, channels, self.depth_multiplier]),
            ("pointwise", [*[1] * self.rank, middle, self.filters]),
        ):
            options = {key: getattr(self, f"{kind}_{key}") for key in ("initializer", "regularizer", "constraint")}
            setattr(self, f"{kind}_kernel", self.add_weight(f"{kind}_kernel", shape, **options))
        self._add_bias()
        self.built = True

    def _separable(self, inputs: Any, depthwise: Any, pointwise: Any, strides: list[int], rate: list[int]) -> Tensor:
        """The convolution of images, with the bias."""
        data_format = attribute_format(self.data_format, 2)
        steps = [1, 1, *strides] if self.data_format == "channels_first" else [1, *strides, 1]
        padding = "VALID" if self.padding == "causal" else self.padding.upper()
        outputs = separable_conv2d(inputs, depthwise, pointwise, steps, padding, rate, data_format=data_format)
        return bias_add(outputs, self.bias, data_format=data_format) if self.use_bias else outputs


@tf_export("layers.SeparableConv1D")
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
            expand_dims(self.depthwise_kernel, 0),  # type: ignore[attr-defined]
            expand_dims(self.pointwise_kernel, 0),  # type: ignore[attr-defined]
            [*self.strides, *self.strides],
            [1, *self.dilation_rate],
        )
        outputs = squeeze(outputs, [axis])
        return outputs if self.activation is None else self.activation(outputs)


@tf_export("layers.SeparableConv2D")
class SeparableConv2D(SeparableConv):
    """A separable convolution of images; see `SeparableConv`."""

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        outputs = self._separable(
            inputs,
            self.depthwise_kernel,  # type: ignore[attr-defined]
            self.pointwise_kernel,  # type: ignore[attr-defined]
            list(self.strides),
            list(self.dilation_rate),
        )
        return outputs if self.activation is None else self.activation(outputs)


layer_function("separable_conv1d", SeparableConv1D)
layer_function("separable_conv2d", SeparableConv2D)
