"""LSTMs of tf.contrib.rnn: with layer normalization, coupled gates, groups, phases, and over frequencies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tfcompat.contrib.layers.normalization import layer_norm
from tfcompat.contrib.rnn.gated import input_depth
from tfcompat.contrib.rnn.projections import Linear
from tfcompat.graph import dtypes
from tfcompat.graph.default import add_to_collection, get_collection
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.concat import concat, split
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import stop_gradient
from tfcompat.ops.initializers import Constant, RandomUniform, Zeros
from tfcompat.ops.masks import where
from tfcompat.ops.matmul import matmul
from tfcompat.ops.nn_misc import dropout
from tfcompat.ops.random import random_uniform
from tfcompat.ops.slicing import slice_ as slice
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope
from tfcompat.rnn.cell import LSTMStateTuple, RNNCell
from tfcompat.rnn.cells import sigmoid, tanh, warn_of_concatenated_state


def _normalized(inputs: Any, scope: str, gain: float, shift: float, dtype: Any) -> Any:
    """Layer normalization with `gamma` and `beta` below `scope`."""
    size = inputs.shape[-1:]
    with variable_scope(scope):
        get_variable("gamma", shape=size, dtype=dtype, initializer=Constant(gain))
        get_variable("beta", shape=size, dtype=dtype, initializer=Constant(shift))
    return layer_norm(inputs, reuse=True, scope=scope)


class _Projecting(RNNCell):
    """A cell with a state (c, h), h of another size than c when it is projected."""

    def __init__(self, num_units: int, num_proj: int | None, reuse: Any, state_is_tuple: bool = True):
        super().__init__(_reuse=reuse)
        warn_of_concatenated_state(self, state_is_tuple)
        self._num_units, self._num_proj, self._state_is_tuple = num_units, num_proj, state_is_tuple

    @property
    def output_size(self) -> Any:
        """num_proj, or num_units."""
        return self._num_proj or self._num_units

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, output_size), or the sum of both."""
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self.output_size)
        return self._num_units + self.output_size

    def _parts(self, state: Any) -> Any:
        if self._state_is_tuple:
            return state
        units = self._num_units
        return slice(state, [0, 0], [-1, units]), slice(state, [0, units], [-1, self.output_size])

    def _packed(self, c: Any, h: Any) -> Any:
        return LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


@tf_export("contrib.rnn.LayerNormBasicLSTMCell")
class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM with layer normalization of its gates and its memory, and dropout of its candidate.

    Args:
        num_units: size of c and h.
        forget_bias: added to the forget gate's argument.
        input_size: accepted.
        activation: function of the candidate and of c.
        layer_norm: whether there is layer normalization.
        norm_gain: initial gamma.
        norm_shift: initial beta.
        dropout_keep_prob: share of the candidate to keep, a number or a scalar tensor.
        dropout_prob_seed: seed of the dropout.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Callable[[Any], Any] = tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._forget_bias, self._activation = num_units, forget_bias, activation
        self._layer_norm, self._norm_gain, self._norm_shift = layer_norm, norm_gain, norm_shift
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, num_units)."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> Any:
        """num_units."""
        return self._num_units

    def _norm(self, inputs: Any, scope: str) -> Any:
        if not self._layer_norm:
            return inputs
        return _normalized(inputs, scope, self._norm_gain, self._norm_shift, inputs.dtype)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, h = state
        joined = concat([inputs, h], 1)
        wide = 4 * self._num_units
        gates = matmul(joined, get_variable("kernel", [joined.shape[-1], wide], joined.dtype))
        if not self._layer_norm:
            gates = bias_add(gates, get_variable("bias", [wide], joined.dtype))
        parts = zip(split(gates, 4, axis=1), ("input", "transform", "forget", "output"), strict=True)
        i, j, f, o = (self._norm(part, scope) for part, scope in parts)
        candidate = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            candidate = dropout(candidate, rate=1 - self._keep_prob, seed=self._seed)
        new_c = self._norm(c * sigmoid(f + self._forget_bias) + sigmoid(i) * candidate, "state")
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


def sharded(name: str, size: list[int], dtype: Any, shards: int) -> Any:
    """A variable in `shards` parts, `<name>_0`, `<name>_1`, ..., put together."""
    rows, more = divmod(size[0], shards)
    if not rows:
        raise ValueError(f"Too many shards: shape={size}, num_shards={shards}")
    parts = [get_variable(f"{name}_{i}", [rows + (i < more), *size[1:]], dtype=dtype) for i in range(shards)]
    if len(parts) == 1:
        return parts[0]
    full_name = f"{get_variable_scope().name}/{name}/concat:0"
    for whole in get_collection("concatenated_variables"):
        if whole.name == full_name:
            return whole
    whole = concat(parts, 0, name=f"{name}/concat")
    add_to_collection("concatenated_variables", whole)
    return whole


@tf_export("contrib.rnn.CoupledInputForgetGateLSTMCell")
class CoupledInputForgetGateLSTMCell(_Projecting):
    """An LSTM whose input gate is 1 - its forget gate: c' = f * c + (1 - f) * activation(j).

    Args:
        num_units: size of c.
        use_peepholes: whether the gates see c.
        initializer: accepted.
        num_proj: size of h when it is projected.
        proj_clip: largest magnitude in a projected h.
        num_unit_shards: number of parts of the kernel.
        num_proj_shards: number of parts of the projection.
        forget_bias: added to the forget gate's argument.
        state_is_tuple: whether the state is an LSTMStateTuple, or c and h beside one another.
        activation: a function.
        reuse: whether the variables exist already.
        layer_norm: whether there is layer normalization.
        norm_gain: initial gamma.
        norm_shift: initial beta.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[[Any], Any] = tanh,
        reuse: Any = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ):
        super().__init__(num_units, num_proj, reuse, state_is_tuple)
        self._use_peepholes, self._proj_clip = use_peepholes, proj_clip
        self._num_unit_shards, self._num_proj_shards = num_unit_shards, num_proj_shards
        self._forget_bias, self._activation = forget_bias, activation
        self._layer_norm, self._norm_gain, self._norm_shift = layer_norm, norm_gain, norm_shift

    def _norm(self, inputs: Any, scope: str) -> Any:
        if not self._layer_norm:
            return inputs
        return _normalized(inputs, scope, self._norm_gain, self._norm_shift, None)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, h = self._parts(state)
        units, dtype, activation = self._num_units, inputs.dtype, self._activation
        kernel = sharded("W", [input_depth(inputs) + self.output_size, 3 * units], dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[3 * units], initializer=Zeros(), dtype=dtype)
        gates = matmul(concat([inputs, h], 1), kernel)
        if not self._layer_norm:
            gates = bias_add(gates, bias)
        parts = zip(split(gates, 3, axis=1), ("transform", "forget", "output"), strict=True)
        j, f, o = (self._norm(part, scope) for part, scope in parts)
        f = f + self._forget_bias
        if self._use_peepholes:
            diagonals = [get_variable(f"W_{gate}_diag", shape=[units], dtype=dtype) for gate in "FO"]
            f = f + diagonals[0] * c
        f = sigmoid(f)
        new_c = self._norm(f * c + (1 - f) * activation(j), "state")
        if self._use_peepholes:
            o = o + diagonals[1] * new_c
        new_h = sigmoid(o) * activation(new_c)
        if self._num_proj is not None:
            new_h = matmul(new_h, sharded("W_P", [units, self._num_proj], dtype, self._num_proj_shards))
            if self._proj_clip is not None:
                new_h = clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        return new_h, self._packed(new_c, new_h)


@tf_export("contrib.rnn.GLSTMCell")
class GLSTMCell(_Projecting):
    """An LSTM whose inputs and h are cut into groups with kernels of their own.

    Args:
        num_units: size of c.
        initializer: default initializer of the variables.
        num_proj: size of h when it is projected.
        number_of_groups: the number of groups; it divides all sizes.
        forget_bias: added to the forget gate's argument.
        activation: function of c'.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        num_proj: int | None = None,
        number_of_groups: int = 1,
        forget_bias: float = 1.0,
        activation: Callable[[Any], Any] = tanh,
        reuse: Any = None,
    ):
        super().__init__(int(num_units), num_proj and int(num_proj), reuse)
        for name, size in (("num_units", num_units), ("num_proj", num_proj)):
            if size and size % number_of_groups:
                raise ValueError(f"{name} must be divisible by number_of_groups")
        self._initializer, self._groups = initializer, int(number_of_groups)
        self._forget_bias, self._activation = forget_bias, activation
        self._linears: dict[Any, Linear] = {}

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, h = state
        units, groups, dtype = self._num_units, self._groups, inputs.dtype
        size = dimension_value(inputs.shape[1])
        if size is None:
            raise ValueError("input size must be statically known")
        if size % groups:
            raise ValueError(f"input size ({size}) must be divisible by number_of_groups ({groups})")
        batch: Any = dimension_value(inputs.shape[0])
        batch = shape(inputs)[0] if batch is None else batch
        own, kept = size // groups, self.output_size // groups
        parts = []
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            for group in range(groups):
                with variable_scope(f"group{group}"):
                    name = f"GLSTM_group{group}_input_generation"
                    joined = concat(
                        [
                            slice(inputs, [0, group * own], [batch, own], name=name),
                            slice(h, [0, group * kept], [batch, kept], name=name),
                        ],
                        axis=1,
                    )
                    if group not in self._linears:
                        self._linears[group] = Linear(joined, 4 * units // groups, False)
                    parts.append(split(self._linears[group](joined), 4, 1))
            i, j, f, o = (
                bias_add(
                    concat([part[index] for part in parts], axis=1),
                    get_variable(f"bias_{gate}", [units], dtype, Constant(0.0, dtype=dtype)),
                )
                for index, gate in enumerate("ijfo")
            )
        new_c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * tanh(j)
        new_h = sigmoid(o) * self._activation(new_c)
        if self._num_proj is not None:
            with variable_scope("projection"):
                if "out" not in self._linears:
                    self._linears["out"] = Linear(new_h, self._num_proj, False)
                new_h = self._linears["out"](new_h)
        return new_h, LSTMStateTuple(new_c, new_h)


@tf_export("contrib.rnn.PhasedLSTMCell")
class PhasedLSTMCell(RNNCell):
    """An LSTM whose units open in phases of their own; the inputs are (time `[batch, 1]`, values `[batch, size]`).

    Args:
        num_units: size of c and h.
        use_peepholes: whether the gates see c.
        leak: how much of a closed unit goes through.
        ratio_on: the share of a period in which a unit is open.
        trainable_ratio_on: whether that is trained.
        period_init_min: least initial period.
        period_init_max: largest initial period.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        leak: float = 0.001,
        ratio_on: float = 0.1,
        trainable_ratio_on: bool = True,
        period_init_min: float = 1.0,
        period_init_max: float = 1000.0,
        reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes, self._leak = num_units, use_peepholes, leak
        self._ratio_on, self._trainable_ratio_on = ratio_on, trainable_ratio_on
        self._periods = (math.log(period_init_min), math.log(period_init_max))
        self._linears: dict[str, Linear] = {}

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, num_units)."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> Any:
        """num_units."""
        return self._num_units

    def _layer(self, scope: str, inputs: list[Any], size: int) -> Any:
        with variable_scope(scope):
            if scope not in self._linears:
                self._linears[scope] = Linear(inputs, size, True)
            return self._linears[scope](inputs)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, h = state
        time, x = inputs
        units, seen = self._num_units, [x, h]
        gates = sigmoid(self._layer("mask_gates", [*seen, c] if self._use_peepholes else seen, 2 * units))
        entering, kept = split(gates, 2, axis=1)
        new_c = c * kept + entering * tanh(self._layer("new_input", seen, units))
        leaving = sigmoid(self._layer("output_gate", [*seen, new_c] if self._use_peepholes else seen, units))
        new_h = tanh(new_c) * leaving
        k = self._openness(time)
        new_c = k * new_c + (1 - k) * c
        new_h = k * new_h + (1 - k) * h
        return new_h, LSTMStateTuple(new_c, new_h)

    def _openness(self, time: Any) -> Any:
        units = [self._num_units]

        def spread(shape: Any, dtype: Any = dtypes.float32, partition_info: Any = None) -> Any:
            return raw_ops.Exp(x=random_uniform(shape, *self._periods, dtype))

        period = get_variable("period", units, initializer=spread)
        phase = get_variable("phase", units, initializer=RandomUniform(0.0, period.initial_value))
        ratio_on = get_variable(
            "ratio_on", units, initializer=Constant(self._ratio_on), trainable=self._trainable_ratio_on
        )
        shifted, turn = time - cast(phase, time.dtype), cast(period, time.dtype)
        inside = stop_gradient(raw_ops.FloorMod(x=shifted, y=turn) - shifted) + shifted
        cycle = cast(inside / turn, dtypes.float32)
        rising = 2 * cycle / ratio_on
        k = where(cycle < ratio_on, 2 - rising, self._leak * cycle)
        return where(cycle < 0.5 * ratio_on, rising, k)


@tf_export("contrib.rnn.TimeFreqLSTMCell")
class TimeFreqLSTMCell(RNNCell):
    """An LSTM that goes over windows of the inputs' frequencies within each step.

    Args:
        num_units: size of c and h of a window.
        use_peepholes: whether the gates see c.
        cell_clip: largest magnitude in c.
        initializer: accepted.
        num_unit_shards: number of parts of the kernel.
        forget_bias: added to the forget gate's argument.
        feature_size: size of a window.
        frequency_skip: distance of the windows.
        reuse: whether the variables exist already.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int = 1,
        reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._num_unit_shards, self._forget_bias = num_unit_shards, forget_bias
        self._feature_size: Any = feature_size
        self._frequency_skip = frequency_skip

    @property
    def state_size(self) -> Any:
        """2 * num_units: that of one window."""
        return 2 * self._num_units

    @property
    def output_size(self) -> Any:
        """num_units: that of one window."""
        return self._num_units

    def _windows(self, inputs: Any) -> list[Any]:
        size = dimension_value(inputs.shape.with_rank(2)[1])
        if size is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        count = (size - self._feature_size) // self._frequency_skip + 1
        return [slice(inputs, [0, w * self._frequency_skip], [-1, self._feature_size]) for w in range(count)]

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(outputs of all windows side by side, their states side by side)."""
        units, dtype = self._num_units, inputs.dtype
        windows = self._windows(inputs)
        depth = windows[0].shape.as_list()[1]
        kernel = sharded("W", [depth + 2 * units, 4 * units], dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[4 * units], initializer=Zeros(), dtype=dtype)
        diagonals = None
        if self._use_peepholes:
            diagonals = [get_variable(f"W_{gate}_diag", shape=[units], dtype=dtype) for gate in "FIO"]
        beside = zeros([dimension_value(inputs.shape[0]) or shape(inputs)[0], units], dtype)
        outputs, states = [], []
        for index, window in enumerate(windows):
            c = slice(state, [0, 2 * index * units], [-1, units])
            h = slice(state, [0, (2 * index + 1) * units], [-1, units])
            i, j, f, o = split(bias_add(matmul(concat([window, h, beside], 1), kernel), bias), 4, axis=1)
            f = f + self._forget_bias
            if diagonals:
                f, i = f + diagonals[0] * c, i + diagonals[1] * c
            c = sigmoid(f) * c + sigmoid(i) * tanh(j)
            if self._cell_clip is not None:
                c = clip_by_value(c, -self._cell_clip, self._cell_clip)
            beside = sigmoid(o + diagonals[2] * c if diagonals else o) * tanh(c)
            outputs.append(beside)
            states += [c, beside]
        return concat(outputs, 1), concat(states, 1)
