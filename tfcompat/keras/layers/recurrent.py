"""`SimpleRNN`, `LSTM` and `GRU`: recurrent layers over one cell, whose arguments they take."""

from __future__ import annotations

import operator
from typing import Any

from tfcompat.keras.layers.cells import GRUCell, LSTMCell, SimpleRNNCell
from tfcompat.keras.layers.rnn import RNN
from tfcompat.layers.arguments import keras_layer
from tfcompat.layers.input_spec import InputSpec

_OF_CELLS = (
    "units", "activation", "recurrent_activation", "use_bias", "kernel_initializer", "recurrent_initializer",
    "bias_initializer", "unit_forget_bias", "kernel_regularizer", "recurrent_regularizer", "bias_regularizer",
    "kernel_constraint", "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout", "reset_after",
    "implementation", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate",
)  # fmt: skip


def of_its_cell(cls: type) -> type:
    """Class decorator: what is an argument of the layer's cell is read from there."""
    for name in _OF_CELLS:
        if not hasattr(cls, name):
            setattr(cls, name, property(operator.attrgetter(f"cell.{name}")))
    return cls


def _cell_options(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The options of `kwargs` that are for the cell as well."""
    return {key: kwargs[key] for key in ("dtype", "trainable") if kwargs.get(key) is not None}


@keras_layer("SimpleRNN", without=["cell"])
@of_its_cell
class SimpleRNN(RNN):
    """`SimpleRNNCell` along time.

    Args:
        units: size of the outputs.
        activation, use_bias: see `SimpleRNNCell`.
        kernel_initializer, recurrent_initializer, bias_initializer: see `SimpleRNNCell`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: see `SimpleRNNCell`.
        activity_regularizer: function of the outputs that gives a loss.
        kernel_constraint, recurrent_constraint, bias_constraint: see `SimpleRNNCell`.
        dropout, recurrent_dropout: see `SimpleRNNCell`.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        kwargs: see `RNN`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
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
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        **kwargs: Any,
    ):
        kwargs.pop("implementation", None)
        cell = SimpleRNNCell(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            **_cell_options(kwargs),
        )
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, **kwargs)
        self.take({"activity_regularizer": activity_regularizer})
        self.input_spec = [InputSpec(ndim=3)]


@keras_layer("LSTM", without=["cell"])
@of_its_cell
class LSTM(RNN):
    """`LSTMCell` along time.

    Args:
        units: size of the outputs and of each state.
        activation, recurrent_activation, use_bias: see `LSTMCell`.
        kernel_initializer, recurrent_initializer, bias_initializer, unit_forget_bias: see `LSTMCell`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: see `LSTMCell`.
        activity_regularizer: function of the outputs that gives a loss.
        kernel_constraint, recurrent_constraint, bias_constraint: see `LSTMCell`.
        dropout, recurrent_dropout, implementation: see `LSTMCell`.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        kwargs: see `RNN`.
    """

    def __init__(
        self,
        units: int,
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
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        implementation: int = 1,
        **kwargs: Any,
    ):
        cell = LSTMCell(
            units,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            implementation or 1,
            **_cell_options(kwargs),
        )
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, **kwargs)
        self.take({"activity_regularizer": activity_regularizer})
        self.input_spec = [InputSpec(ndim=3)]


@keras_layer("GRU", without=["cell"])
@of_its_cell
class GRU(RNN):
    """`GRUCell` along time.

    Args:
        units: size of the outputs.
        activation, recurrent_activation, use_bias: see `GRUCell`.
        kernel_initializer, recurrent_initializer, bias_initializer: see `GRUCell`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: see `GRUCell`.
        activity_regularizer: function of the outputs that gives a loss.
        kernel_constraint, recurrent_constraint, bias_constraint: see `GRUCell`.
        dropout, recurrent_dropout, reset_after, implementation: see `GRUCell`.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        kwargs: see `RNN`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True,
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
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = False,
        implementation: int = 1,
        **kwargs: Any,
    ):
        cell = GRUCell(
            units,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            reset_after,
            implementation or 1,
            **_cell_options(kwargs),
        )
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, **kwargs)
        self.take({"activity_regularizer": activity_regularizer})
        self.input_spec = [InputSpec(ndim=3)]
