"""`ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`: LSTMs whose products are convolutions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.keras.layers.cells import LSTMCell
from tfcompat.keras.layers.recurrent import of_its_cell
from tfcompat.keras.layers.rnn import RNN
from tfcompat.layers.arguments import data_format_of, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.windows import attribute_format, channels_axis, known_padding, normalized, output_sizes
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.concat import split
from tfcompat.ops.dilated import convolution
from tfcompat.ops.reduction import reduce_sum


class _ConvLSTMCell(LSTMCell):
    """An `LSTMCell` of `rank` spatial axes, whose products are convolutions; see `ConvLSTM`."""

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        **kwargs: Any,
    ):
        super().__init__(filters, **kwargs)
        self.rank, self.filters = rank, filters
        self.kernel_size = normalized(kernel_size, rank, "kernel_size")
        self.strides = normalized(strides, rank, "strides")
        self.padding = known_padding(padding)
        self.data_format = data_format_of(data_format)
        self.dilation_rate = normalized(dilation_rate, rank, "dilation_rate")

    def build(self, input_shape: Any) -> None:
        """Makes `kernel`, `recurrent_kernel` and `bias`; ValueError when the channels are unknown."""
        channels = TensorShape(input_shape).as_list()[channels_axis(self.data_format, self.rank)]
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs (last axis) should be defined. Found None. Full input shape "
                f"received: input_shape={input_shape}"
            )
        width = self.gates * self.filters
        self.kernel = self.add_part("kernel", [*self.kernel_size, channels, width])
        self.recurrent_kernel = self.add_part("recurrent_kernel", [*self.kernel_size, self.filters, width], "recurrent")
        self.bias = self._add_bias() if self.use_bias else None
        self.built = True

    def spatial_sizes(self, input_shape: Any) -> list[Any]:
        """The sizes of a state without the batch, for the shape of the inputs of a step."""
        shape = output_sizes(
            input_shape,
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
            self.data_format,
            self.filters,
        )
        return shape.as_list()[1:]

    def convolved(self, inputs: Tensor, kernel: Any) -> Tensor:
        """The convolution of inputs of a step."""
        return self._convolution(inputs, kernel, self.padding, list(self.strides), list(self.dilation_rate))

    def _convolution(self, value: Tensor, kernel: Any, padding: str, strides: list[int], rates: list[int]) -> Tensor:
        data_format = attribute_format(self.data_format, self.rank)
        return convolution(value, kernel, padding.upper(), strides, rates, data_format=data_format)

    def _sums(self, inputs: Tensor, before: Tensor, masks: Any, recurrent_masks: Any) -> list[Tensor]:
        ones = [1] * self.rank
        axis = channels_axis(self.data_format, self.rank)
        new = self._convolutions(inputs, self.kernel, masks, self.convolved, axis)
        old = self._convolutions(
            before,
            self.recurrent_kernel,
            recurrent_masks,
            lambda v, k: self._convolution(v, k, "same", ones, ones),
            axis,
        )
        sums = [x + h for x, h in zip(new, old, strict=True)]  # type: ignore[operator]
        if self.bias is None:
            return sums
        add = PUBLIC["keras.backend.bias_add"]
        return [add(s, b, data_format=self.data_format) for s, b in zip(sums, split(self.bias, 4), strict=True)]

    def _convolutions(self, value: Tensor, kernel: Any, masks: Any, convolve: Any, axis: int) -> list[Tensor]:
        """`value` convolved with each quarter of `kernel`, with a dropout mask for each."""
        if masks is None:
            return split(convolve(value, kernel), 4, axis=axis)
        quarters = split(kernel, 4, axis=self.rank + 1)
        return [convolve(value * mask, quarter) for mask, quarter in zip(masks, quarters, strict=True)]  # type: ignore[operator]


@of_its_cell
class ConvLSTM(RNN):
    """Base of LSTMs over [batch, time, ...] images, whose products with the weights are convolutions.

    Source: Shi et al., "Convolutional LSTM Network", 2015.

    Args:
        filters: number of channels of the outputs and of each state.
        kernel_size: size of both kernels.
        strides: steps of the kernel of the inputs.
        padding: "valid" or "same", of the inputs; states are padded so that they keep their size.
        data_format: "channels_last" or "channels_first".
        dilation_rate: distance of the taps of the kernel of the inputs.
        activation, recurrent_activation, use_bias: see `LSTMCell`.
        kernel_initializer, recurrent_initializer, bias_initializer, unit_forget_bias: see `LSTMCell`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: see `LSTMCell`.
        activity_regularizer: function of the outputs that gives a loss.
        kernel_constraint, recurrent_constraint, bias_constraint: see `LSTMCell`.
        return_sequences, return_state, go_backwards, stateful: see `RNN`.
        dropout, recurrent_dropout: see `LSTMCell`.
        kwargs: see `RNN`.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        **kwargs: Any,
    ):
        cell = _ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
        )
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, **kwargs)
        self.take({"activity_regularizer": activity_regularizer})
        self.input_spec = [InputSpec(ndim=self.rank + 3)]

    def build(self, input_shape: Any) -> None:
        """Makes the cell's variables, and those of the states of a stateful layer."""
        first = input_shape[0] if isinstance(input_shape, list) else input_shape
        self._sizes_of_state = self.cell.spatial_sizes(self._step_shape(TensorShape(first)))
        super().build(input_shape)

    def _state_sizes(self) -> list[list[Any]]:
        return [self._sizes_of_state, self._sizes_of_state]

    def get_initial_state(self, inputs: Any) -> list[Any]:
        """Zeros of the size of the outputs."""
        sizes = self.cell.spatial_sizes(self._step_shape(inputs.shape))
        if None not in sizes:
            zeros = PUBLIC["zeros"]([tensor_shape(inputs)[0], *sizes], inputs.dtype)  # type: ignore[index]
        else:
            step = reduce_sum(PUBLIC["zeros_like"](inputs), axis=1)
            kernel = self.cell.kernel.shape.as_list()[:-1]
            zeros = self.cell.convolved(step, PUBLIC["zeros"]([*kernel, self.cell.filters], inputs.dtype))
        return [zeros, zeros]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs; with `return_state` a list of it and those of the states."""
        shape = TensorShape(nest.flatten(input_shape[0] if isinstance(input_shape, list) else input_shape)[0])
        batch, time = shape.as_list()[:2]
        sizes = self.cell.spatial_sizes(self._step_shape(shape))
        outputs = TensorShape([batch, time, *sizes] if self.return_sequences else [batch, *sizes])
        return [outputs, *[TensorShape([batch, *sizes])] * 2] if self.return_state else outputs


_LEFT_OUT = ("cell",)


@keras_layer("ConvLSTM1D", without=_LEFT_OUT)
class ConvLSTM1D(ConvLSTM):
    """An LSTM over [batch, time, width, channels]; see `ConvLSTM`."""

    rank = 1


@keras_layer("ConvLSTM2D", without=_LEFT_OUT)
class ConvLSTM2D(ConvLSTM):
    """An LSTM over [batch, time, height, width, channels]; see `ConvLSTM`."""

    rank = 2


@keras_layer("ConvLSTM3D", without=_LEFT_OUT)
class ConvLSTM3D(ConvLSTM):
    """An LSTM over [batch, time, depth, height, width, channels]; see `ConvLSTM`."""

    rank = 3
