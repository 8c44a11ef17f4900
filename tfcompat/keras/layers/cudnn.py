"""`CuDNNLSTM` and `CuDNNGRU`: the cells that cuDNN has, with its biases, computed like any other."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.keras.layers.cells import GRUCell, LSTMCell
from tfcompat.keras.layers.recurrent import of_its_cell
from tfcompat.keras.layers.rnn import RNN
from tfcompat.layers.arguments import keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops.concat import split


class _CuDNNLSTMCell(LSTMCell):
    """An `LSTMCell` with two biases in one vector, of which the second belongs to the last output."""

    _gates_before_forget = 5

    def _bias_shape(self) -> list[int]:
        return [2 * self.gates * self.units]

    def _whole_bias(self) -> Tensor:
        of_inputs, of_state = split(self.bias, 2)
        return of_inputs + of_state  # type: ignore[no-any-return,operator]


class _CuDNNGRUCell(GRUCell):
    """A `GRUCell` that resets after the product, with both biases in one vector."""

    def _add_bias(self) -> Any:
        return self.add_part("bias", [2 * self.gates * self.units])

    def _biases(self) -> tuple[Any, Any]:
        of_inputs, of_state = split(self.bias, 2)
        return of_inputs, of_state


class _CuDNNRNN(RNN):
    """Base of both layers: no masks, no dropout, sigmoid and tanh."""

    def __init__(self, cell: Any, **kwargs: Any):
        regularizer = kwargs.pop("activity_regularizer")
        super().__init__(cell, **kwargs)
        self.take({"activity_regularizer": regularizer})
        self.supports_masking = False
        self.input_spec = [InputSpec(ndim=3)]

    def call(self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None) -> Any:  # type: ignore[override]
        """The outputs for `inputs`; ValueError with a mask."""
        given = mask[0] if isinstance(mask, list) else mask
        if given is not None:
            raise ValueError("Masking is not supported for CuDNN RNNs.")
        return super().call(inputs, training=training, initial_state=initial_state)


@keras_layer("CuDNNLSTM", without=["cell", "unroll"])
@of_its_cell
class CuDNNLSTM(_CuDNNRNN):
    """An LSTM with sigmoid gates and two biases, `[8 * units]`.

    Args:
        units: size of the outputs and of each state.
        kernel_initializer, recurrent_initializer, bias_initializer, unit_forget_bias: see `LSTMCell`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: see `LSTMCell`.
        activity_regularizer: function of the outputs that gives a loss.
        kernel_constraint, recurrent_constraint, bias_constraint: see `LSTMCell`.
        return_sequences, return_state, go_backwards, stateful: see `RNN`.
        kwargs: see `RNN`.
    """

    def __init__(
        self,
        units: int,
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
        **kwargs: Any,
    ):
        cell = _CuDNNLSTMCell(
            units,
            recurrent_activation="sigmoid",
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
        )
        super().__init__(
            cell,
            activity_regularizer=activity_regularizer,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            **kwargs,
        )


@keras_layer("CuDNNGRU", without=["cell", "unroll"])
@of_its_cell
class CuDNNGRU(_CuDNNRNN):
    """A GRU with sigmoid gates that resets after the product, with two biases, `[6 * units]`.

    Args:
        units: size of the outputs.
        kernel_initializer, recurrent_initializer, bias_initializer: see `GRUCell`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: see `GRUCell`.
        activity_regularizer: function of the outputs that gives a loss.
        kernel_constraint, recurrent_constraint, bias_constraint: see `GRUCell`.
        return_sequences, return_state, go_backwards, stateful: see `RNN`.
        kwargs: see `RNN`.
    """

    def __init__(
        self,
        units: int,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
        **kwargs: Any,
    ):
        cell = _CuDNNGRUCell(
            units,
            recurrent_activation="sigmoid",
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            reset_after=True,
        )
        super().__init__(
            cell,
            activity_regularizer=activity_regularizer,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            **kwargs,
        )
