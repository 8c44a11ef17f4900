"""Convolution layers."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec, Layer
from tfcompat.layers.windows import attribute_format, channels_axis, normalized, output_sizes, transposed_size
from tfcompat.ops import raw_ops
from tfcompat.ops.bias import bias_add
from tfcompat.ops.conv import conv2d as conv2d_op
from tfcompat.ops.conv import conv3d as conv3d_op
from tfcompat.ops.conv_transpose import conv1d as conv1d_op
from tfcompat.ops.conv_transpose import conv2d_transpose as conv2d_transpose_op
from tfcompat.ops.conv_transpose import conv3d_transpose as conv3d_transpose_op
from tfcompat.ops.dilated import convolution
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.packing import stack


class Conv(Layer):
    """Base of convolution layers: activation(convolution of the inputs with a kernel, + bias).

    Args:
        filters: number of output channels.
        kernel_size: size of the kernel, one number or one per spatial axis.
        strides: steps of the kernel.
        padding: "valid" or "same" (or "causal" for one spatial axis).
        data_format: "channels_last" or "channels_first".
        dilation_rate: distance of the kernel's taps.
        activation: function of the result; None for none.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel; the scope's default when None.
        bias_initializer: initializer of the bias.
        kernel_regularizer: function of the kernel that gives a loss.
        bias_regularizer: the same for the bias.
        activity_regularizer: the same for the outputs.
        kernel_constraint: function applied to the kernel after updates.
        bias_constraint: the same for the bias.
        trainable: whether its variables are trainable.
        name: its name.
        kwargs: see `Layer`.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.filters = int(filters)
        self.kernel_size = normalized(kernel_size, self.rank, "kernel_size")
        self.strides = normalized(strides, self.rank, "strides")
        self.padding = padding.lower()
        if self.padding not in ("valid", "same"):
            raise ValueError(f'The `padding` argument must be one of "valid", "same". Received: {padding}')
        self.data_format = data_format
        self._channels_axis = channels_axis(data_format, self.rank)
        self.dilation_rate = normalized(dilation_rate, self.rank, "dilation_rate")
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = Zeros() if bias_initializer is None else bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._activity_regularizer = activity_regularizer
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _input_channels(self, input_shape: Any) -> int:
        channels = dimension_value(TensorShape(input_shape)[self._channels_axis])
        if channels is None:
            raise ValueError(
                f"The channel dimension of the inputs should be defined. Found None. Full input shape "
                f"received: {input_shape}"
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channels_axis: channels})
        return channels

    def _add_bias(self) -> None:
        self.bias = (
            self.add_weight(
                "bias",
                [self.filters],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
            if self.use_bias
            else None
        )

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`; ValueError when the channels are unknown."""
        shape = [*self.kernel_size, self._input_channels(input_shape), self.filters]
        self.kernel = self.add_weight(
            "kernel",
            shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias()
        self.built = True

    def _finished(self, outputs: Tensor) -> Tensor:
        """`outputs` with bias and activation."""
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format=attribute_format(self.data_format, self.rank))
        return outputs if self.activation is None else self.activation(outputs)

    def call(self, inputs: Any, **kwargs: Any) -> Tensor:
        """The outputs for `inputs`."""
        return self._finished(self._convolved(inputs))

    def _convolved(self, inputs: Any) -> Tensor:
        padding = self.padding.upper()
        data_format = attribute_format(self.data_format, self.rank)
        if self.rank == 1:
            return conv1d_op(
                inputs,
                self.kernel,
                list(self.strides),
                padding,
                data_format=data_format,
                dilations=list(self.dilation_rate),
                name=type(self).__name__,
            )
        if self.rank == 2:
            return conv2d_op(
                inputs,
                self.kernel,
                list(self.strides),
                padding,
                data_format=data_format,
                dilations=list(self.dilation_rate),
                name=type(self).__name__,
            )
        return convolution(
            inputs,
            self.kernel,
            padding,
            list(self.strides),
            list(self.dilation_rate),
            data_format=data_format,
            name=type(self).__name__,
        )

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


@tf_export("layers.Conv1D")
class Conv1D(Conv):
    """A convolution over one spatial axis; see `Conv`."""

    rank = 1


@tf_export("layers.Conv2D")
class Conv2D(Conv):
    """A convolution over two spatial axes; see `Conv`."""

    rank = 2


@tf_export("layers.Conv3D")
class Conv3D(Conv):
    """A convolution over three spatial axes; see `Conv`."""

    rank = 3

    def _convolved(self, inputs: Any) -> Tensor:
        spread = (lambda v: [1, 1, *v]) if self.data_format == "channels_first" else (lambda v: [1, *v, 1])
        return conv3d_op(
            inputs,
            self.kernel,
            spread(self.strides),
            self.padding.upper(),
            data_format=attribute_format(self.data_format, 3),
            dilations=spread(self.dilation_rate),
            name=type(self).__name__,
        )


class ConvTranspose(Conv):
    """Base of transposed convolutions: the kernel has the output channels before the input channels."""

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`."""
        shape = [*self.kernel_size, self.filters, self._input_channels(input_shape)]
        self.kernel = self.add_weight(
            "kernel",
            shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias()
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Tensor:
        """The outputs for `inputs`; their size follows from the inputs', the strides and the padding."""
        sizes = raw_ops.Shape(input=inputs)
        first = self.data_format == "channels_first"
        batch = _element(sizes, 0)
        axes = range(2, 2 + self.rank) if first else range(1, 1 + self.rank)
        known = inputs.shape.as_list()
        space = [
            transposed_size(known[axis], k, s, self.padding)
            if known[axis] is not None
            else self._computed(sizes, axis, k, s)
            for axis, k, s in zip(axes, self.kernel_size, self.strides, strict=True)
        ]
        shape = stack([batch, self.filters, *space] if first else [batch, *space, self.filters])
        _element(shape, 0)  # nothing takes it; the reference records it
        steps = [1, 1, *self.strides] if first else [1, *self.strides, 1]
        transpose = conv2d_transpose_op if self.rank == 2 else conv3d_transpose_op
        outputs = transpose(
            inputs,
            self.kernel,
            shape,
            steps,
            padding=self.padding.upper(),
            data_format=attribute_format(self.data_format, self.rank),
        )
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return self._finished(outputs)

    def _computed(self, sizes: Tensor, axis: int, window: int, stride: int) -> Any:
        size = _element(sizes, axis) * stride
        return size + max(window - stride, 0) if self.padding == "valid" else size

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs."""
        dims = TensorShape(input_shape).as_list()
        first = self.data_format == "channels_first"
        space = dims[2:] if first else dims[1:-1]
        sizes = [
            transposed_size(d, k, s, self.padding)
            for d, k, s in zip(space, self.kernel_size, self.strides, strict=True)
        ]
        return TensorShape([dims[0], self.filters, *sizes] if first else [dims[0], *sizes, self.filters])


def _element(vector: Tensor, index: int) -> Tensor:
    return vector[index]  # type: ignore[no-any-return,index]


@tf_export("layers.Conv2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over two spatial axes; see `Conv`."""

    rank = 2


@tf_export("layers.Conv3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over three spatial axes; see `Conv`."""

    rank = 3


# ---------------------------------------------------------------- functions

_ARGUMENTS = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation", "use_bias",
              "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
              "activity_regularizer", "kernel_constraint", "bias_constraint", "trainable", "name", "reuse")  # fmt: skip


def layer_function(name: str, cls: type[Conv], arguments: tuple[str, ...]) -> None:
    """Publishes a function that makes a layer and applies it; positional arguments in the order of `arguments`."""

    def function(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(arguments):
            raise TypeError(f"{name}() takes at most {len(arguments) + 1} arguments, got {len(args) + 1}")
        for argument, value in zip(arguments, args, strict=False):
            if argument in kwargs:
                raise TypeError(f"{name}() got multiple values for argument {argument!r}")
            kwargs[argument] = value
        reuse = kwargs.pop("reuse", None)
        return cls(**kwargs, _reuse=reuse, _scope=kwargs.get("name")).apply(inputs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"A `{cls.__name__}` layer applied to `inputs`; arguments: {', '.join(arguments)}. `reuse` finds the "
        "variables of an earlier one of the same name."
    )
    export(f"layers.{name}", function)


_TRANSPOSED = tuple(a for a in _ARGUMENTS if a != "dilation_rate")
for _name, _cls, _names in (
    ("conv1d", Conv1D, _ARGUMENTS), ("conv2d", Conv2D, _ARGUMENTS), ("conv3d", Conv3D, _ARGUMENTS),
    ("conv2d_transpose", Conv2DTranspose, _TRANSPOSED), ("conv3d_transpose", Conv3DTranspose, _TRANSPOSED),
):  # fmt: skip
    layer_function(_name, _cls, _names)
