"""Cells of tf.contrib.rnn with few gates: UGRNN, intersection, NAS, SRU, independently recurrent ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.contrib.rnn.projections import Linear
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.bias import bias_add
from tfcompat.ops.concat import concat, split
from tfcompat.ops.initializers import Constant, RandomUniform, Zeros
from tfcompat.ops.matmul import matmul
from tfcompat.ops.tiling import tile
from tfcompat.ops.variable_scope import get_variable_scope, variable_scope
from tfcompat.rnn.cell import LayerRNNCell, LSTMStateTuple, RNNCell, named_function
from tfcompat.rnn.cells import sigmoid, tanh


def relu(x: Any) -> Any:
    """max(x, 0)."""
    return raw_ops.Relu(features=x)


def input_depth(inputs: Any) -> int:
    """The size of `inputs`, `[batch, size]`; ValueError when it is not known."""
    depth = dimension_value(inputs.shape.with_rank(2)[1])
    if depth is None:
        raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
    return depth


class SizedCell(RNNCell):
    """A cell whose state and output have `num_units`, and whose variables are made when it is called."""

    def __init__(self, num_units: int, reuse: Any, **kwargs: Any):
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units

    @property
    def state_size(self) -> Any:
        """num_units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """num_units."""
        return self._num_units


@tf_export("contrib.rnn.UGRNNCell")
class UGRNNCell(SizedCell):
    """Update gate network: state' = output = g * state + (1 - g) * activation(c).

    Args:
        num_units: size of the state.
        initializer: default initializer of the variables.
        forget_bias: added to the gate's argument.
        activation: function of the candidate.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Callable[[Any], Any] = tanh,
        reuse: Any = None,
    ):
        super().__init__(num_units, reuse)
        self._initializer, self._forget_bias, self._activation = initializer, forget_bias, activation
        self._linear: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, the same as next state)."""
        input_depth(inputs)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            joined = concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 2 * self._num_units, True)
            gate, candidate = split(self._linear(joined), 2, axis=1)
            candidate = self._activation(candidate)
            gate = sigmoid(gate + self._forget_bias)
            after = gate * state + (1.0 - gate) * candidate
        return after, after


@tf_export("contrib.rnn.IntersectionRNNCell")
class IntersectionRNNCell(SizedCell):
    """A cell that is gated along time and along depth.

    state' = gh * state + (1 - gh) * tanh(h); output = gy * inputs + (1 - gy) * y_activation(y).

    Args:
        num_units: size of inputs, state and output.
        num_in_proj: when given, inputs of another size are projected.
        initializer: default initializer of the variables.
        forget_bias: added to the gates' arguments.
        y_activation: function of y.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Callable[[Any], Any] = relu,
        reuse: Any = None,
    ):
        super().__init__(num_units, reuse)
        self._num_input_proj, self._initializer = num_in_proj, initializer
        self._forget_bias, self._y_activation = forget_bias, y_activation
        self._projection: Linear | None = None
        self._linear: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        units = self._num_units
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            if input_depth(inputs) != units:
                inputs = self._projected(inputs)
            joined = concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 4 * units, True)
            gh, h, gy, y = split(self._linear(joined), 4, axis=1)
            h, y = tanh(h), self._y_activation(y)
            gh, gy = sigmoid(gh + self._forget_bias), sigmoid(gy + self._forget_bias)
            after = gh * state + (1.0 - gh) * h
            output = gy * inputs + (1.0 - gy) * y
        return output, after

    def _projected(self, inputs: Any) -> Any:
        if not self._num_input_proj:
            raise ValueError(
                "Must have input size == output size for Intersection RNN. To fix, num_in_proj should be set to "
                "num_units at cell init."
            )
        with variable_scope("in_projection"):
            if self._projection is None:
                self._projection = Linear(inputs, self._num_units, True)
            return self._projection(inputs)


class BuiltCell(LayerRNNCell):
    """A cell that makes its variables in `build`, for inputs of a known size."""

    def __init__(self, num_units: int, activation: Any, reuse: Any, name: Any, dtype: Any, **kwargs: Any):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = named_function("nn", activation, tanh)

    @property
    def state_size(self) -> Any:
        """num_units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """num_units."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes the variables; ValueError when the size of the inputs is not known."""
        depth = dimension_value(TensorShape(input_shape)[1])
        if depth is None:
            raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {input_shape}")
        self._build(depth, self._num_units)
        self.built = True

    def _build(self, depth: int, units: int) -> None:
        raise NotImplementedError

    def _diagonal(self, name: str, size: int) -> Any:
        """A row of weights, uniform in [-1, 1)."""
        return self.add_weight(name, [1, size], initializer=RandomUniform(-1.0, 1.0))


@tf_export("contrib.rnn.NASCell")
class NASCell(LayerRNNCell):
    """The cell that neural architecture search found.

    Args:
        num_units: size of c.
        num_proj: size of the output when it is projected.
        use_bias: whether there is a bias.
        reuse: whether the variables exist already.
        kwargs: see `tf.layers.Layer`.
    """

    def __init__(
        self, num_units: int, num_proj: int | None = None, use_bias: bool = False, reuse: Any = None, **kwargs: Any
    ):
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units, self._num_proj, self._use_bias = num_units, num_proj, use_bias

    @property
    def output_size(self) -> Any:
        """num_proj, or num_units."""
        return self._num_units if self._num_proj is None else self._num_proj

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, output_size)."""
        return LSTMStateTuple(self._num_units, self.output_size)

    def build(self, input_shape: Any) -> None:
        """Makes the variables."""
        depth = dimension_value(TensorShape(input_shape).with_rank(2)[1])
        if depth is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        wide = 8 * self._num_units
        self.recurrent_kernel = self.add_weight("recurrent_kernel", [self.output_size, wide])
        self.kernel = self.add_weight("kernel", [depth, wide])
        if self._use_bias:
            self.bias = self.add_weight("bias", [wide], initializer=Zeros())
        if self._num_proj is not None:
            self.projection_weights = self.add_weight("projection_weights", [self._num_units, self._num_proj])
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, m = state
        recurrent = matmul(m, self.recurrent_kernel)
        read = matmul(inputs, self.kernel)
        if self._use_bias:
            recurrent = bias_add(recurrent, self.bias)
        r, x = split(recurrent, 8, axis=1), split(read, 8, axis=1)
        first = tanh(sigmoid(x[0] + r[0]) * relu(x[1] + r[1]))
        second = tanh(sigmoid(x[2] + r[2]) + relu(x[3] * r[3]))
        third = tanh(tanh(x[4] + r[4]) * sigmoid(x[5] + r[5]))
        fourth = sigmoid(tanh(x[6] + r[6]) + sigmoid(x[7] + r[7]))
        new_c = tanh(first + c) * second
        new_m = tanh(new_c * tanh(third + fourth))
        if self._num_proj is not None:
            new_m = matmul(new_m, self.projection_weights)
        return new_m, LSTMStateTuple(new_c, new_m)


@tf_export("contrib.rnn.SRUCell")
class SRUCell(BuiltCell):
    """Simple recurrent unit: c' = f * c + (1 - f) * x; output = r * activation(c') + (1 - r) * x'.

    Args:
        num_units: size of the state.
        activation: function of c'; tanh by default.
        reuse: whether the variables exist already.
        name: its name.
        kwargs: see `tf.layers.Layer`.
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, **kwargs: Any
    ):
        super().__init__(num_units, activation, reuse, name, kwargs.pop("dtype", None), **kwargs)

    def _build(self, depth: int, units: int) -> None:
        self._kernel = self.add_weight("kernel", [depth, 4 * units])
        self._bias = self.add_weight("bias", [2 * units], initializer=Zeros())

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        x, f, r, through = split(matmul(inputs, self._kernel), 4, axis=1)
        f, r = split(sigmoid(bias_add(concat([f, r], 1), self._bias)), 2, axis=1)
        c = f * state + (1.0 - f) * x
        return r * self._activation(c) + (1.0 - r) * through, c


@tf_export("contrib.rnn.IndRNNCell")
class IndRNNCell(BuiltCell):
    """output = state' = activation(inputs @ kernel_w + state * kernel_u + bias): units see their own state only.

    Args:
        num_units: size of the state.
        activation: a function; tanh by default.
        reuse: whether the variables exist already.
        name: its name.
        dtype: type of the variables.
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, dtype: Any = None
    ):
        super().__init__(num_units, activation, reuse, name, dtype)

    def _build(self, depth: int, units: int) -> None:
        self._kernel_w = self.add_weight("kernel_w", [depth, units])
        self._kernel_u = self._diagonal("kernel_u", units)
        self._bias = self.add_weight("bias", [units], initializer=Zeros())

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, the same as next state)."""
        output = self._activation(bias_add(matmul(inputs, self._kernel_w) + state * self._kernel_u, self._bias))
        return output, output


class _Initialized(BuiltCell):
    """A cell with initializers for its kernels and biases."""

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(num_units, activation, reuse, name, dtype)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer


@tf_export("contrib.rnn.IndyGRUCell")
class IndyGRUCell(_Initialized):
    """A GRU whose units see their own state only.

    Args:
        num_units: size of the state.
        activation: function of the candidate; tanh by default.
        reuse: whether the variables exist already.
        kernel_initializer: of the kernels of the inputs.
        bias_initializer: of the biases; 1 for the gates and 0 for the candidate by default.
        name: its name.
        dtype: type of the variables.
    """

    def _build(self, depth: int, units: int) -> None:
        kernel, bias = self._kernel_initializer, self._bias_initializer
        self._gate_kernel_w = self.add_weight("gates/kernel_w", [depth, 2 * units], initializer=kernel)
        self._gate_kernel_u = self._diagonal("gates/kernel_u", 2 * units)
        self._gate_bias = self.add_weight("gates/bias", [2 * units], initializer=bias or Constant(1.0))
        self._candidate_kernel_w = self.add_weight("candidate/kernel", [depth, units], initializer=kernel)
        self._candidate_kernel_u = self._diagonal("candidate/kernel_u", units)
        self._candidate_bias = self.add_weight("candidate/bias", [units], initializer=bias or Zeros())

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, the same as next state)."""
        gates = matmul(inputs, self._gate_kernel_w) + tile(state, [1, 2]) * self._gate_kernel_u
        r, u = split(sigmoid(bias_add(gates, self._gate_bias)), 2, axis=1)
        candidate = matmul(inputs, self._candidate_kernel_w) + r * state * self._candidate_kernel_u
        candidate = self._activation(bias_add(candidate, self._candidate_bias))
        after = u * state + (1 - u) * candidate
        return after, after


@tf_export("contrib.rnn.IndyLSTMCell")
class IndyLSTMCell(_Initialized):
    """An LSTM whose units see their own state only.

    Args:
        num_units: size of c and h.
        forget_bias: added to the forget gate's argument.
        activation: a function; tanh by default.
        reuse: whether the variables exist already.
        kernel_initializer: of the kernel of the inputs.
        bias_initializer: of the bias; 0 by default.
        name: its name.
        dtype: type of the variables.
    """

    def __init__(self, num_units: int, forget_bias: float = 1.0, *args: Any, **kwargs: Any):
        super().__init__(num_units, *args, **kwargs)
        self._forget_bias = forget_bias

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, num_units)."""
        return LSTMStateTuple(self._num_units, self._num_units)

    def _build(self, depth: int, units: int) -> None:
        self._kernel_w = self.add_weight("kernel_w", [depth, 4 * units], initializer=self._kernel_initializer)
        self._kernel_u = self._diagonal("kernel_u", 4 * units)
        self._bias = self.add_weight("bias", [4 * units], initializer=self._bias_initializer or Zeros())

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, h = state
        gates = matmul(inputs, self._kernel_w) + tile(h, [1, 4]) * self._kernel_u
        i, j, f, o = split(bias_add(gates, self._bias), 4, axis=1)
        new_c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * self._activation(j)
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)
