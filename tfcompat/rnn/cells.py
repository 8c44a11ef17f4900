"""The cells of `tf.nn.rnn_cell`: a simple one, GRU, and two LSTMs."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.bias import bias_add
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.concat import concat, split
from tfcompat.ops.initializers import Constant, Zeros
from tfcompat.ops.matmul import matmul
from tfcompat.ops.partitioners import fixed_size_partitioner
from tfcompat.ops.slicing import slice_ as slice
from tfcompat.platform import logging
from tfcompat.rnn.cell import LayerRNNCell, LSTMStateTuple, check_float, named_function


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x))."""
    return raw_ops.Sigmoid(x=x)  # type: ignore[no-any-return]


def tanh(x: Any) -> Tensor:
    """The hyperbolic tangent."""
    return raw_ops.Tanh(x=x)  # type: ignore[no-any-return]


def linear(inputs: Any, kernel: Any, bias: Any) -> Tensor:
    """The `inputs`, `[batch, ...]`, beside one another, times `kernel`, plus `bias`."""
    return bias_add(matmul(concat(inputs, 1), kernel), bias)


class UnitsCell(LayerRNNCell):
    """A cell of `num_units` units, which reads matrices.

    Args:
        num_units: the number of units.
        activation: a function, or the name of one in `tf.nn`; tanh by default.
        reuse: whether its variables exist already.
        name: its name.
        dtype: type of its variables; that of the first inputs by default.
        kwargs: see `Layer`.
    """

    def __init__(self, num_units: int, activation: Any, reuse: Any, name: str | None, dtype: Any, **kwargs: Any):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_float(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = named_function("nn", activation, tanh)

    @property
    def state_size(self) -> Any:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The number of units."""
        return self._num_units

    def _depth(self, input_shape: Any) -> int:
        """The size of the inputs; ValueError when it is not known."""
        depth = dimension_value(TensorShape(input_shape)[-1])
        if depth is None:
            shape = tuple(TensorShape(input_shape).as_list())
            raise ValueError(f"Expected inputs.shape[-1] to be known, received shape: {shape}")
        check_float(self.dtype)
        return depth

    def _zeros(self) -> Any:
        """The initializer of biases."""
        return Zeros(dtype=self.dtype or "float32")


@tf_export("nn.rnn_cell.BasicRNNCell")
class BasicRNNCell(UnitsCell):
    """output = state' = activation([inputs, state] @ kernel + bias).

    Args:
        num_units: size of the state and the output.
        activation: a function, or the name of one in `tf.nn`; tanh by default.
        reuse: whether its variables, `kernel` and `bias`, exist already.
        name: its name; "basic_rnn_cell" by default.
        dtype: type of its variables; that of the first inputs by default.
        kwargs: see `tf.layers.Layer`.
    """

    _CONFIG = ("num_units", "activation", "reuse")

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`."""
        units, depth = self._num_units, self._depth(input_shape)
        self._kernel = self.add_weight("kernel", [depth + units, units])
        self._bias = self.add_weight("bias", [units], initializer=self._zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, the same as next state)."""
        check_float(inputs, state)
        output = self._activation(linear([inputs, state], self._kernel, self._bias))
        return output, output


@tf_export("nn.rnn_cell.GRUCell")
class GRUCell(UnitsCell):
    """Gated recurrent unit: u * state + (1 - u) * activation([inputs, r * state] @ candidate/kernel + candidate/bias).

    The gates r and u are the halves of sigmoid([inputs, state] @ gates/kernel + gates/bias).

    Args:
        num_units: size of the state and the output.
        activation: a function, or the name of one in `tf.nn`; tanh by default.
        reuse: whether its variables exist already.
        kernel_initializer: of both kernels; the scope's default when None.
        bias_initializer: of both biases; 1 for the gates and 0 for the candidate when None.
        name: its name; "gru_cell" by default.
        dtype: type of its variables; that of the first inputs by default.
        kwargs: see `tf.layers.Layer`.
    """

    _CONFIG = ("num_units", "kernel_initializer", "bias_initializer", "activation", "reuse")

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer = named_function("initializers", kernel_initializer)
        self._bias_initializer = named_function("initializers", bias_initializer)

    def build(self, input_shape: Any) -> None:
        """Makes the kernels and biases of the gates and the candidate."""
        units, depth = self._num_units, self._depth(input_shape)
        ones = Constant(1.0, dtype=dtypes.as_dtype(self.dtype or "float32"))
        kernel, bias = self._kernel_initializer, self._bias_initializer
        self._gate_kernel = self.add_weight("gates/kernel", [depth + units, 2 * units], initializer=kernel)
        self._gate_bias = self.add_weight("gates/bias", [2 * units], initializer=ones if bias is None else bias)
        self._candidate_kernel = self.add_weight("candidate/kernel", [depth + units, units], initializer=kernel)
        self._candidate_bias = self.add_weight(
            "candidate/bias", [units], initializer=self._zeros() if bias is None else bias
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, the same as next state)."""
        check_float(inputs, state)
        gates = sigmoid(linear([inputs, state], self._gate_kernel, self._gate_bias))
        r, u = split(gates, 2, axis=1)
        candidate = self._activation(linear([inputs, r * state], self._candidate_kernel, self._candidate_bias))
        output = u * state + (1 - u) * candidate
        return output, output


@tf_export("nn.rnn_cell.BasicLSTMCell")
class BasicLSTMCell(UnitsCell):
    """LSTM without peepholes, clipping and projection: c' = c * sigmoid(f + forget_bias) + sigmoid(i) * activation(j).

    The output is h' = activation(c') * sigmoid(o); i, j, f and o are the quarters of [inputs, h] @ kernel + bias.

    Args:
        num_units: size of c and h.
        forget_bias: added to the forget gate's argument; must be 0 for cells of CudnnLSTM checkpoints.
        state_is_tuple: whether the state is an LSTMStateTuple, or c and h beside one another.
        activation: a function, or the name of one in `tf.nn`; tanh by default.
        reuse: whether its variables, `kernel` and `bias`, exist already.
        name: its name; "basic_lstm_cell" by default.
        dtype: type of its variables; that of the first inputs by default.
        kwargs: see `tf.layers.Layer`.
    """

    _CONFIG = ("num_units", "forget_bias", "state_is_tuple", "activation", "reuse")

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        warn_of_concatenated_state(self, state_is_tuple)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, num_units), or 2 * num_units."""
        units = self._num_units
        return LSTMStateTuple(units, units) if self._state_is_tuple else 2 * units

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`."""
        units, depth = self._num_units, self._depth(input_shape)
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=self._zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        check_float(inputs, state)
        one = constant(1, dtypes.int32)
        c, h = state if self._state_is_tuple else split(state, 2, axis=one)
        i, j, f, o = split(linear([inputs, h], self._kernel, self._bias), 4, axis=one)
        kept = _product(c, sigmoid(_sum(f, constant(self._forget_bias, f.dtype))))
        new_c = _sum(kept, _product(sigmoid(i), self._activation(j)))
        new_h = _product(self._activation(new_c), sigmoid(o))
        return new_h, LSTMStateTuple(new_c, new_h) if self._state_is_tuple else concat([new_c, new_h], 1)


def _sum(x: Any, y: Any) -> Any:
    return raw_ops.AddV2(x=x, y=y, name="Add")


def _product(x: Any, y: Any) -> Any:
    return raw_ops.Mul(x=x, y=y)


def warn_of_concatenated_state(cell: Any, state_is_tuple: bool) -> None:
    """Logs a warning when the state of an LSTM is not a tuple."""
    if not state_is_tuple:
        logging.warning(
            "%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", cell
        )


@tf_export("nn.rnn_cell.LSTMCell")
class LSTMCell(UnitsCell):
    """LSTM with optional peepholes, clipping and projection.

    c' = sigmoid(f + forget_bias + w_f_diag * c) * c + sigmoid(i + w_i_diag * c) * activation(j), clipped;
    h' = (sigmoid(o + w_o_diag * c') * activation(c')) @ projection/kernel, clipped; i, j, f and o are the quarters of
    [inputs, h] @ kernel + bias.

    Args:
        num_units: size of c.
        use_peepholes: whether there are the terms with `w_*_diag`.
        cell_clip: largest magnitude in c.
        initializer: of all variables but the bias; the scope's default when None.
        num_proj: size of h when it is projected; num_units without projection when None.
        proj_clip: largest magnitude in a projected h.
        num_unit_shards: into how many slices the kernel is cut.
        num_proj_shards: into how many slices the projection is cut.
        forget_bias: added to the forget gate's argument.
        state_is_tuple: whether the state is an LSTMStateTuple, or c and h beside one another.
        activation: a function, or the name of one in `tf.nn`; tanh by default.
        reuse: whether its variables exist already.
        name: its name; "lstm_cell" by default.
        dtype: type of its variables; that of the first inputs by default.
        kwargs: see `tf.layers.Layer`.
    """

    _CONFIG = (
        "num_units",
        "use_peepholes",
        "cell_clip",
        "initializer",
        "num_proj",
        "proj_clip",
        "num_unit_shards",
        "num_proj_shards",
        "forget_bias",
        "state_is_tuple",
        "activation",
        "reuse",
    )

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        warn_of_concatenated_state(self, state_is_tuple)
        self._use_peepholes = use_peepholes
        self._cell_clip, self._proj_clip = cell_clip, proj_clip
        self._initializer = named_function("initializers", initializer)
        self._num_proj = num_proj
        self._num_unit_shards, self._num_proj_shards = num_unit_shards, num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._output_size = num_proj or num_units
        self._state_size = (
            LSTMStateTuple(num_units, self._output_size) if state_is_tuple else num_units + self._output_size
        )

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, output_size), or the sum of both."""
        return self._state_size

    @property
    def output_size(self) -> Any:
        """num_proj, or num_units without projection."""
        return self._output_size

    def build(self, input_shape: Any) -> None:
        """Makes `kernel`, `bias`, and what peepholes and projection need."""
        units, depth = self._num_units, self._depth(input_shape)
        projected = units if self._num_proj is None else self._num_proj
        self._kernel = self.add_weight(
            "kernel",
            [depth + projected, 4 * units],
            initializer=self._initializer,
            partitioner=_shards(self._num_unit_shards),
        )
        self._bias = self.add_weight("bias", [4 * units], initializer=self._zeros())
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_weight(f"w_{gate}_diag", [units], initializer=self._initializer) for gate in "fio"
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_weight(
                "projection/kernel",
                [units, self._num_proj],
                initializer=self._initializer,
                partitioner=_shards(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        check_float(inputs, state)
        c, h = self._parts(state)
        if dimension_value(inputs.shape.with_rank(2)[1]) is None:
            raise ValueError(
                f"Could not infer input size from inputs.get_shape()[-1].Received input shape: {inputs.shape}"
            )
        i, j, f, o = split(linear([inputs, h], self._kernel, self._bias), 4, axis=1)
        activation, peepholes = self._activation, self._use_peepholes
        if peepholes:
            new_c = sigmoid(f + self._forget_bias + self._w_f_diag * c) * c + sigmoid(
                i + self._w_i_diag * c
            ) * activation(j)
        else:
            new_c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * activation(j)
        if self._cell_clip is not None:
            new_c = clip_by_value(new_c, -self._cell_clip, self._cell_clip)
        gate = o + self._w_o_diag * new_c if peepholes else o
        new_h = sigmoid(gate) * activation(new_c)
        if self._num_proj is not None:
            new_h = matmul(new_h, self._proj_kernel)
            if self._proj_clip is not None:
                new_h = clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        return new_h, LSTMStateTuple(new_c, new_h) if self._state_is_tuple else concat([new_c, new_h], 1)

    def _parts(self, state: Any) -> Any:
        """(c, h) of a state."""
        if self._state_is_tuple:
            return state
        units = self._num_units
        projected = units if self._num_proj is None else self._num_proj
        return slice(state, [0, 0], [-1, units]), slice(state, [0, units], [-1, projected])


def _shards(count: int | None) -> Any:
    return None if count is None else fixed_size_partitioner(count)
