"""`tf.keras.layers`: convolutions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.windows import attribute_format, channels_axis, known_padding, normalized, output_sizes
from tfcompat.ops import raw_ops
from tfcompat.ops.bias import bias_add
from tfcompat.ops.conv import conv2d, conv3d
from tfcompat.ops.conv_transpose import conv1d
from tfcompat.ops.dilated import convolution
from tfcompat.ops.tiling import pad


class Conv(FromArguments):
    """Base of convolutions: activation(convolution of the inputs with a kernel, + bias).

    Args:
        filters: number of output channels.
        kernel_size: size of the kernel, one number or one per spatial axis.
        strides: steps of the kernel.
        padding: "valid", "same", or, for one spatial axis, "causal": as many zeros before the first place as the kernel
            needs to see no later ones.
        data_format: "channels_last" or "channels_first"; Keras' default when None.
        dilation_rate: distance of the kernel's taps.
        groups: in how many groups the channels are convolved separately.
        activation: function of the result, or its name; None for none.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel.
        bias_initializer: initializer of the bias.
        kernel_regularizer: function of the kernel that gives a loss.
        bias_regularizer: the same for the bias.
        activity_regularizer: the same for the outputs.
        kernel_constraint: function applied to the kernel after updates.
        bias_constraint: the same for the bias.
        kwargs: see `Layer`.

    Raises:
        ValueError: an argument out of its range, or strides together with dilation.
    """

    rank = 2
    causal = False

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.take(locals())
        self._check_filters()
        self.kernel_size = normalized(kernel_size, self.rank, "kernel_size")
        self.strides = normalized(strides, self.rank, "strides", least=0)
        if not all(self.strides):
            raise ValueError(f"The argument `strides` cannot contains 0(s). Received: {self.strides}")
        self.padding = known_padding(padding, "causal")
        if self.padding == "causal" and not self.causal:
            raise ValueError("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
        self._channels_axis = channels_axis(self.data_format, self.rank)
        self.dilation_rate = normalized(dilation_rate, self.rank, "dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _check_filters(self) -> None:
        self.filters: int = int(self.filters)
        if self.filters <= 0:
            raise ValueError(
                "Invalid value for argument `filters`. Expected a strictly positive value. Received "
                f"filters={self.filters}."
            )
        if self.groups <= 0:
            raise ValueError(f"The number of groups must be a positive integer. Received: groups={self.groups}.")
        if self.filters % self.groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. Received: "
                f"groups={self.groups}, filters={self.filters}."
            )

    def _input_channels(self, input_shape: Any) -> int:
        if TensorShape(input_shape).rank is None:
            raise ValueError(f"Layer {self.name} needs inputs of a known rank.")
        channels = dimension_value(TensorShape(input_shape)[self._channels_axis])
        if channels is None:
            raise ValueError(
                f"The channel dimension of the inputs should be defined. Found None. Full input shape "
                f"received: {input_shape}"
            )
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. Received "
                f"groups={self.groups}, but the input has {channels} channels (full input shape is {input_shape})."
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channels_axis: channels})
        return channels

    def _kernel_shape(self, channels: int) -> list[int]:
        return [*self.kernel_size, channels // self.groups, self.filters]

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`; ValueError when the channels are unknown."""
        self.kernel = self.add_part("kernel", self._kernel_shape(self._input_channels(input_shape)))
        self.bias = self.add_part("bias", [self.filters]) if self.use_bias else None
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        if self.padding == "causal":
            inputs = self._padded(inputs)
        return self._finished(self._convolved(inputs))

    def _finished(self, outputs: Tensor) -> Tensor:
        """`outputs` with bias and activation."""
        if self.use_bias and self.rank == 1 and self.data_format == "channels_first":
            outputs = outputs + raw_ops.Reshape(tensor=self.bias, shape=[1, self.filters, 1])  # type: ignore[operator]
        elif self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format=attribute_format(self.data_format, self.rank))
        return outputs if self.activation is None else self.activation(outputs)

    def _padded(self, inputs: Any) -> Tensor:
        """`inputs` with the zeros of causal padding before them."""
        zeros = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
        first = self.data_format == "channels_first"
        return pad(inputs, [[0, 0], [0, 0], zeros] if first else [[0, 0], zeros, [0, 0]])

    def _convolved(self, inputs: Any) -> Tensor:
        spread = (lambda v: [1, 1, *v]) if self.data_format == "channels_first" else (lambda v: [1, *v, 1])
        name, data_format = type(self).__name__, attribute_format(self.data_format, self.rank)
        padding = "VALID" if self.padding == "causal" else self.padding.upper()
        strides, rates = list(self.strides), list(self.dilation_rate)
        if max(rates) > 1:
            return convolution(inputs, self.kernel, padding, strides, rates, data_format=data_format, name=name)
        if self.rank == 3:
            return conv3d(inputs, self.kernel, spread(strides), padding, data_format, spread(rates), name=name)
        function = conv1d if self.rank == 1 else conv2d
        return function(inputs, self.kernel, strides, padding, data_format=data_format, dilations=rates, name=name)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs."""
        return output_sizes(
            input_shape,
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
            self.data_format,
            self.filters,
        )


@keras_layer("Conv1D", "Convolution1D")
class Conv1D(Conv):
    """A convolution over one spatial axis; see `Conv`."""

    rank = 1
    causal = True

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = "channels_last",
        *args: Any,
        **kwargs: Any,
    ):
        super().__init__(filters, kernel_size, strides, padding, data_format, *args, **kwargs)


@keras_layer("Conv2D", "Convolution2D")
class Conv2D(Conv):
    """A convolution over two spatial axes; see `Conv`."""

    rank = 2


@keras_layer("Conv3D", "Convolution3D")
class Conv3D(Conv):
    """A convolution over three spatial axes; see `Conv`."""

    rank = 3
