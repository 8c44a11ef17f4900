"""Cells of recurrent layers: plain, LSTM and GRU, with dropout."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.keras.layers.stacked_cells import initial_state_of
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.keras.core import learning_phase_for
from tfcompat.ops.bias import bias_add
from tfcompat.ops.concat import concat, split
from tfcompat.ops.control_flow import smart_cond, static_predicate
from tfcompat.ops.filling import ones_like
from tfcompat.ops.matmul import matmul
from tfcompat.ops.nn_misc import dropout
from tfcompat.ops.packing import unstack


class RecurrentCell(FromArguments):
    """Base of cells of `gates` products of the inputs and of the last output with parts of two weights.

    Args:
        units: size of the outputs and of each state.
        activation: function of what is new, or its name.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the weight of the inputs, `[inputs, gates * units]`.
        recurrent_initializer: initializer of the weight of the last output, `[units, gates * units]`.
        bias_initializer: initializer of the bias.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: functions of them that give losses.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to them after updates.
        dropout: share of the inputs that training drops, the same ones at all steps.
        recurrent_dropout: the same for the last output.
        kwargs: `implementation`, 1 for dropout with a choice for each gate, 2 for one for all; see `Layer`.
    """

    gates = 1

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        **kwargs: Any,
    ):
        if units <= 0:
            raise ValueError(
                f"Received an invalid value for argument `units`, expected a positive integer, got {units}."
            )
        super().__init__(**kwargs)
        self.take(locals())
        self.dropout, self.recurrent_dropout = min(1.0, max(0.0, dropout)), min(1.0, max(0.0, recurrent_dropout))
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    implementation = 2

    @property
    def state_size(self) -> Any:
        """The size of the state, or of each of several."""
        return self.units

    @property
    def output_size(self) -> int:
        """The size of the outputs."""
        return self.units

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros; batch size and type are those of `inputs` where it is given."""
        return initial_state_of(self, inputs, batch_size, dtype)

    # ---------------------------------------------------------------- variables

    def build(self, input_shape: Any) -> None:
        """Makes `kernel`, `recurrent_kernel` and `bias`."""
        width = self.gates * self.units
        self.kernel = self.add_part("kernel", [TensorShape(input_shape).as_list()[-1], width])
        self.recurrent_kernel = self.add_part("recurrent_kernel", [self.units, width], "recurrent")
        self.bias = self._add_bias() if self.use_bias else None
        self.built = True

    def _add_bias(self) -> Any:
        return self.add_part("bias", [self.gates * self.units])

    # ---------------------------------------------------------------- dropout

    def reset_dropout_mask(self) -> None:
        """Lets the next step make new masks for the inputs."""
        self._dropout_masks = _Masks()

    def reset_recurrent_dropout_mask(self) -> None:
        """Lets the next step make new masks for the last output."""
        self._recurrent_dropout_masks = _Masks()

    def get_dropout_mask_for_cell(self, inputs: Any, training: Any, count: int = 1) -> list[Tensor] | None:
        """`count` masks for `inputs`, made at the first step and kept; None without dropout."""
        return self._dropout_masks.get(inputs, self.dropout, training, count)

    def get_recurrent_dropout_mask_for_cell(self, inputs: Any, training: Any, count: int = 1) -> list[Tensor] | None:
        """The same for the last output."""
        return self._recurrent_dropout_masks.get(inputs, self.recurrent_dropout, training, count)

    def _masks(self, inputs: Any, state: Any, training: Any, count: int) -> tuple[Any, Any]:
        return (
            self.get_dropout_mask_for_cell(inputs, training, count),
            self.get_recurrent_dropout_mask_for_cell(state, training, count),
        )

    # ---------------------------------------------------------------- products

    def _products(self, value: Tensor, weight: Any, masks: list[Tensor] | None, parts: int) -> list[Tensor]:
        """`value` times each of the equal parts of `weight`, with a mask for each or one for all."""
        if masks is None or self.implementation != 1:
            value = value if masks is None else value * masks[0]  # type: ignore[operator]
            return split(matmul(value, weight), parts, axis=1) if parts > 1 else [matmul(value, weight)]
        weights = split(weight, parts, axis=1) if parts > 1 else [weight]
        return [matmul(value * mask, w) for mask, w in zip(masks, weights, strict=False)]  # type: ignore[operator]


class _Masks:
    """Dropout masks of a cell, by the graph that they were made in; bodies of loops take those around them."""

    def __init__(self) -> None:
        self._made: dict[Any, list[Tensor]] = {}

    def __deepcopy__(self, memo: Any) -> _Masks:
        return _Masks()

    def get(self, inputs: Tensor, rate: float, training: Any, count: int) -> list[Tensor] | None:
        """The masks for inputs like `inputs`; None when nothing is dropped."""
        if rate == 0 or training is not None and static_predicate(training) is False:
            return None
        graph: Any = get_default_graph()
        around = graph
        while around is not None:
            if around in self._made:
                return self._made[around]
            around = getattr(around, "outer_graph", None)
        ones, training = ones_like(inputs), learning_phase_for(training)
        self._made[graph] = [smart_cond(training, lambda: dropout(ones, rate=rate), lambda: ones) for _ in range(count)]
        return self._made[graph]


@keras_layer("SimpleRNNCell")
class SimpleRNNCell(RecurrentCell):
    """h' = activation(x kernel + h recurrent_kernel + bias); see `RecurrentCell`."""

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Tensor, Any]:  # type: ignore[override]
        """The output of a step, and [it] as the new state."""
        (before,) = states if isinstance(states, (list, tuple)) else [states]
        masks, recurrent_masks = self._masks(inputs, before, training, 1)
        (new,) = self._products(inputs, self.kernel, masks, 1)
        if self.bias is not None:
            new = bias_add(new, self.bias)
        new += self._products(before, self.recurrent_kernel, recurrent_masks, 1)[0]  # type: ignore[operator]
        output = new if self.activation is None else self.activation(new)
        return output, [output] if isinstance(states, (list, tuple)) else output


_FIRST = (
    "units", "activation", "recurrent_activation", "use_bias", "kernel_initializer", "recurrent_initializer",
    "bias_initializer",
)  # fmt: skip


@keras_layer("LSTMCell", first=(*_FIRST, "unit_forget_bias"))
class LSTMCell(RecurrentCell):
    """A cell with a memory: c' = f c + i activation(g), h' = o activation(c'), gates i, f, o of inputs and h.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997.

    Args:
        units, activation: see `RecurrentCell`.
        recurrent_activation: function of the gates, or its name.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer: see `RecurrentCell`; the parts of the
            weights are those of i, f, g and o.
        unit_forget_bias: whether the bias of f begins with ones.
        kwargs: see `RecurrentCell`.
    """

    gates = 4

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        implementation: int = 1,
        **kwargs: Any,
    ):
        super().__init__(
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
            **kwargs,
        )
        self.recurrent_activation = PUBLIC["keras.activations.get"](recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.implementation = 1 if self.recurrent_dropout and implementation not in (0, 1) else implementation

    @property
    def state_size(self) -> list[int]:
        """The sizes of h and c."""
        return [self.units, self.units]

    def _add_bias(self) -> Any:
        if not self.unit_forget_bias:
            return super()._add_bias()
        made, ones, count = self.bias_initializer, PUBLIC["keras.initializers.get"]("ones"), self._gates_before_forget

        def initial(shape: Any, *args: Any, **kwargs: Any) -> Tensor:
            behind = shape[0] - (count + 1) * self.units
            parts = [made([count * self.units], *args, **kwargs), ones([self.units], *args, **kwargs)]
            return concat([*parts, made([behind], *args, **kwargs)], axis=-1)

        return self.add_weight(
            name="bias",
            shape=self._bias_shape(),
            initializer=initial,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )

    _gates_before_forget = 1

    def _bias_shape(self) -> list[int]:
        return [self.gates * self.units]

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Tensor, list[Tensor]]:  # type: ignore[override]
        """The output h' of a step, and [h', c'] as the new states."""
        before, memory = states
        masks, recurrent_masks = self._masks(inputs, before, training, 4)
        i, f, g, o = self._sums(inputs, before, masks, recurrent_masks)
        return self._stepped(memory, i, f, g, o)

    def _sums(self, inputs: Tensor, before: Tensor, masks: Any, recurrent_masks: Any) -> list[Tensor]:
        """What the activations of i, f, g and o take."""
        if masks is None and recurrent_masks is None:
            total = matmul(inputs, self.kernel) + matmul(before, self.recurrent_kernel)  # type: ignore[operator]
            return split(self._biased(total), 4, axis=1)
        new = self._products(inputs, self.kernel, masks, 4)
        old = self._products(before, self.recurrent_kernel, recurrent_masks, 4)
        biases = [None] * 4 if self.bias is None else split(self._whole_bias(), 4)
        sums = [x + h for x, h in zip(new, old, strict=True)]  # type: ignore[operator]
        return [s if b is None else bias_add(s, b) for s, b in zip(sums, biases, strict=True)]

    def _biased(self, total: Tensor) -> Tensor:
        return total if self.bias is None else bias_add(total, self._whole_bias())

    def _whole_bias(self) -> Any:
        return self.bias

    def _stepped(self, memory: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, list[Tensor]]:
        gate = self.recurrent_activation
        memory = gate(f) * memory + gate(i) * self.activation(g)
        output = gate(o) * self.activation(memory)
        return output, [output, memory]


@tf_export("keras.experimental.PeepholeLSTMCell")
class PeepholeLSTMCell(LSTMCell):
    """An `LSTMCell` whose gates see the memory too, i and f the one before the step, o the one after it.

    Source: Gers and Schmidhuber, "Recurrent nets that time and count", 2000.
    """

    def build(self, input_shape: Any) -> None:
        """Makes the variables of `LSTMCell` and three vectors of weights."""
        super().build(input_shape)
        for gate in ("input_gate", "forget_gate", "output_gate"):
            weights = self.add_weight(
                name=f"{gate}_peephole_weights", shape=[self.units], initializer=self.kernel_initializer
            )
            setattr(self, f"{gate}_peephole_weights", weights)

    def _stepped(self, memory: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, list[Tensor]]:
        gate = self.recurrent_activation
        i = gate(i + self.input_gate_peephole_weights * memory)
        f = gate(f + self.forget_gate_peephole_weights * memory)
        memory = f * memory + i * self.activation(g)  # type: ignore[operator]
        output = gate(o + self.output_gate_peephole_weights * memory) * self.activation(memory)
        return output, [output, memory]


@keras_layer("GRUCell", first=_FIRST)
class GRUCell(RecurrentCell):
    """h' = z h + (1 - z) activation(g), with gates z and r of inputs and h, and g of inputs and r h.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014.

    Args:
        units, activation: see `RecurrentCell`.
        recurrent_activation: function of the gates, or its name.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer: see `RecurrentCell`; the parts of the
            weights are those of z, r and g.
        reset_after: whether r multiplies the product of h with its weight, which then has a bias of its own.
        kwargs: see `RecurrentCell`.
    """

    gates = 3

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = False,
        implementation: int = 1,
        **kwargs: Any,
    ):
        super().__init__(
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
            **kwargs,
        )
        self.recurrent_activation = PUBLIC["keras.activations.get"](recurrent_activation)
        self.reset_after = reset_after
        self.implementation = 1 if self.recurrent_dropout and implementation not in (0, 1) else implementation

    def _add_bias(self) -> Any:
        width = self.gates * self.units
        return self.add_part("bias", [2, width] if self.reset_after else [width])

    def _biases(self) -> tuple[Any, Any]:
        """The bias of the products of the inputs, and that of the products of h."""
        if self.bias is None:
            return None, None
        if not self.reset_after:
            return self.bias, None
        of_inputs, of_state = unstack(self.bias)
        return of_inputs, of_state

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Tensor, Any]:  # type: ignore[override]
        """The output h' of a step, and [h'] as the new state."""
        (before,) = states if isinstance(states, (list, tuple)) else [states]
        masks, recurrent_masks = self._masks(inputs, before, training, 3)
        bias, recurrent_bias = self._biases()
        x_z, x_r, x_g = self._gated(inputs, self.kernel, masks, bias)
        gate = self.recurrent_activation
        if self.reset_after:
            h_z, h_r, h_g = self._gated(before, self.recurrent_kernel, recurrent_masks, recurrent_bias)
            z, r = gate(x_z + h_z), gate(x_r + h_r)  # type: ignore[operator]
            candidate = x_g + r * h_g  # type: ignore[operator]
        else:
            for_gates, for_candidate = split(self.recurrent_kernel, [2 * self.units, self.units], axis=1)
            h_z, h_r = self._products(before, for_gates, recurrent_masks, 2)
            z, r = gate(x_z + h_z), gate(x_r + h_r)  # type: ignore[operator]
            kept = before if recurrent_masks is None else before * recurrent_masks[2]
            candidate = x_g + matmul(r * kept, for_candidate)  # type: ignore[operator]
        output = z * before + (1 - z) * self.activation(candidate)
        return output, [output] if isinstance(states, (list, tuple)) else output

    def _gated(self, value: Tensor, weight: Any, masks: Any, bias: Any) -> list[Tensor]:
        """The products of `value` for z, r and g, with the bias."""
        if masks is None:
            total = matmul(value, weight)
            return split(total if bias is None else bias_add(total, bias), 3, axis=1)
        products = self._products(value, weight, masks, 3)
        biases = [None] * 3 if bias is None else split(bias, 3)
        return [p if b is None else bias_add(p, b) for p, b in zip(products, biases, strict=True)]
