"""Convolution layers."""

from __future__ import annotations

import inspect
from typing import Any

from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec, Layer
from tfcompat.layers.named import activation_of
from tfcompat.layers.windows import (
    attribute_format,
    channels_axis,
    known_padding,
    normalized,
    output_sizes,
    transposed_size,
)
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.conv import conv2d as conv2d_op
from tfcompat.ops.conv import conv3d as conv3d_op
from tfcompat.ops.conv_transpose import conv1d as conv1d_op
from tfcompat.ops.conv_transpose import conv2d_transpose as conv2d_transpose_op
from tfcompat.ops.conv_transpose import conv3d_transpose as conv3d_transpose_op
from tfcompat.ops.dilated import convolution
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.packing import stack
from tfcompat.ops.tiling import pad

_ZEROS = Zeros()


class Conv(Layer):
    """Base of convolution layers: activation(convolution of the inputs with a kernel, + bias).

    Args:
        filters: number of output channels.
        kernel_size: size of the kernel, one number or one per spatial axis.
        strides: steps of the kernel.
        padding: "valid", "same", or, for one spatial axis, "causal": as many zeros before the first place as the kernel
            needs to see no later ones.
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
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
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
        if self.filters <= 0:
            raise ValueError(
                "Invalid value for argument `filters`. Expected a strictly positive value. Received "
                f"filters={self.filters}."
            )
        self.kernel_size = normalized(kernel_size, self.rank, "kernel_size")
        self.strides = normalized(strides, self.rank, "strides", least=0)
        if not all(self.strides):
            raise ValueError(f"The argument `strides` cannot contains 0(s). Received: {self.strides}")
        self.padding = known_padding(padding, "causal")
        if self.padding == "causal" and not self.causal:
            raise ValueError("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
        self.data_format = data_format
        self._channels_axis = channels_axis(data_format, self.rank)
        self.dilation_rate = normalized(dilation_rate, self.rank, "dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.activation, self.use_bias = activation_of(activation), use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._activity_regularizer = activity_regularizer
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _input_channels(self, input_shape: Any) -> int:
        if TensorShape(input_shape).rank is None:
            raise ValueError(f"Layer {self.name} needs inputs of a known rank.")
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

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        if self.padding == "causal":
            inputs = self._padded(inputs)
        outputs = self._convolved(inputs)
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
            return conv3d_op(inputs, self.kernel, spread(strides), padding, data_format, spread(rates), name=name)
        function = conv1d_op if self.rank == 1 else conv2d_op
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


@tf_export("layers.Conv1D")
class Conv1D(Conv):
    """A convolution over one spatial axis; see `Conv`."""

    rank = 1
    causal = True


@tf_export("layers.Conv2D")
class Conv2D(Conv):
    """A convolution over two spatial axes; see `Conv`."""

    rank = 2


@tf_export("layers.Conv3D")
class Conv3D(Conv):
    """A convolution over three spatial axes; see `Conv`."""

    rank = 3


class ConvTranspose(Conv):
    """Base of transposed convolutions: the kernel has the output channels before the input channels."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
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
            1,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )

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

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`; their size follows from the inputs', the strides and the padding."""
        sizes = tensor_shape(inputs)
        first = self.data_format == "channels_first"
        batch = _element(sizes, 0)
        axes = range(2, 2 + self.rank) if first else range(1, 1 + self.rank)
        known = inputs.shape.as_list()
        computed = self.rank == 3
        space = [_element(sizes, a) if computed or known[a] is None else known[a] for a in axes]
        space = [
            transposed_size(n, k, s, self.padding)
            for n, k, s in zip(space, self.kernel_size, self.strides, strict=True)
        ]
        shape = stack([batch, self.filters, *space] if first else [batch, *space, self.filters])
        if self.rank == 2:
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


def layer_function(name: str, cls: type[Conv]) -> None:
    """Publishes a function of the inputs, the arguments of a layer and `reuse` that makes the layer and applies it."""
    parameters = list(inspect.signature(cls).parameters.values())[:-1]
    inputs, reuse = (
        inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for each, default in (("inputs", inspect.Parameter.empty), ("reuse", None))
    )
    own = [
        p.replace(default=(1,) * cls.rank) if cls.rank > 1 and p.name in ("strides", "dilation_rate") else p
        for p in parameters
    ]
    signature = inspect.Signature([inputs, *(p.replace(annotation=inspect.Parameter.empty) for p in own), reuse])

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        values, reuse = given.pop("inputs"), given.pop("reuse", None)
        return cls(**given, _reuse=reuse, _scope=given.get("name")).apply(values)

    function.__name__ = function.__qualname__ = name
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__doc__ = (
        f"A `{cls.__name__}` layer applied to `inputs`, see there for the other arguments. `reuse` finds the variables "
        "of an earlier one of the same name."
    )
    export(f"layers.{name}", function)


for _name, _cls in (
    ("conv1d", Conv1D), ("conv2d", Conv2D), ("conv3d", Conv3D), ("conv2d_transpose", Conv2DTranspose),
    ("conv3d_transpose", Conv3DTranspose),
):  # fmt: skip
    layer_function(_name, _cls)
