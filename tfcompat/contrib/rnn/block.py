"""Cells of tf.contrib.rnn that are one operation each, and the fused LSTM."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec, Layer
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.initializers import Constant
from tfcompat.ops.masks import sequence_mask
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.reduction import reduce_max
from tfcompat.ops.sequences import range
from tfcompat.rnn.cell import LayerRNNCell, LSTMStateTuple


class _Weights:
    """The variables of an LSTM: `kernel`, `bias`, and the peepholes `w_i_diag`, `w_f_diag` and `w_o_diag`."""

    def __init__(self, layer: Layer, depth: int, units: int, peephole: bool):
        self.kernel = layer.add_weight("kernel", [depth + units, 4 * units])
        self.bias = layer.add_weight("bias", [4 * units], initializer=Constant(0.0))
        self.peepholes = [layer.add_weight(f"w_{gate}_diag", [units]) for gate in "ifo"] if peephole else None

    def diagonals(self, units: int, dtype: Any) -> list[Any]:
        """The peepholes, or zeros."""
        return self.peepholes or [zeros([units], dtype)] * 3


@tf_export("contrib.rnn.LSTMBlockCell")
class LSTMBlockCell(LayerRNNCell):
    """An LSTM cell that is one operation; its variables are those of `LSTMCell`.

    Args:
        num_units: size of c and h.
        forget_bias: added to the forget gate's argument.
        cell_clip: largest magnitude in c; none when None.
        use_peephole: whether the gates see c.
        dtype: type of its variables.
        reuse: whether its variables exist already.
        name: its name.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: Any = None,
        name: str = "lstm_cell",
    ):
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self._num_units, self._forget_bias, self._use_peephole = num_units, forget_bias, use_peephole
        self._cell_clip = cell_clip if cell_clip is not None else -1
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple(num_units, num_units)."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> Any:
        """num_units."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes the variables."""
        depth = dimension_value(TensorShape(input_shape)[1])
        if not depth:
            raise ValueError(f"Expecting inputs_shape[1] to be set: {input_shape}")
        self._weights = _Weights(self, depth, self._num_units, self._use_peephole)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        wci, wcf, wco = self._weights.diagonals(self._num_units, self.dtype)
        _, c, *_, h = raw_ops.LSTMBlockCell(
            x=inputs,
            cs_prev=state[0],
            h_prev=state[1],
            w=self._weights.kernel,
            wci=wci,
            wcf=wcf,
            wco=wco,
            b=self._weights.bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return h, LSTMStateTuple(c, h)


@tf_export("contrib.rnn.LSTMBlockWrapper")
class LSTMBlockWrapper(Layer):
    """Base of LSTMs that are called with all steps at once; subclasses give `num_units` and `_call_cell`."""

    @property
    def num_units(self) -> int:
        """Size of c and h."""
        raise NotImplementedError

    def _call_cell(
        self, inputs: Any, initial_cell_state: Any, initial_output: Any, dtype: Any, sequence_length: Any
    ) -> tuple[Any, Any]:
        """(c after every step, h after every step), each `[time, batch, num_units]`."""
        raise NotImplementedError

    def call(  # type: ignore[override]
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None
    ) -> Any:
        """Runs all steps.

        Args:
            inputs: `[time, batch, size]`, or a list of `[batch, size]`.
            initial_state: (c, h); zeros of `dtype` when None.
            dtype: type of the initial state.
            sequence_length: integer `[batch]`.

        Returns:
            (outputs in the form of the inputs, final LSTMStateTuple).
        """
        is_list = isinstance(inputs, list)
        inputs = stack(inputs) if is_list else inputs
        dims = inputs.shape.with_rank(3)
        if dimension_value(dims[2]) is None:
            raise ValueError(f"Expecting inputs_shape[2] to be set: {dims}")
        time: Any = dimension_value(dims[0])
        batch: Any = dimension_value(dims[1])
        batch = shape(inputs)[1] if batch is None else batch
        time = shape(inputs)[0] if time is None else time
        if initial_state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            zero = zeros(stack([batch, self.num_units]), dtype)
            initial_state = (zero, zero)
        elif len(initial_state) != 2:
            raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
        dtype = initial_state[0].dtype if dtype is None else dtype
        lengths = None if sequence_length is None else convert_to_tensor(sequence_length)
        c, h = initial_state
        cells, outputs = self._call_cell(inputs, c, h, dtype, lengths)
        if lengths is None:
            final = LSTMStateTuple(cells[-1], outputs[-1])
        else:
            mask = transpose(sequence_mask(lengths, time, dtype=dtype), [1, 0])
            outputs = outputs * expand_dims(mask, -1)
            final = LSTMStateTuple(_at(lengths, c, cells, batch), _at(lengths, h, outputs, batch))
        return (unstack(outputs) if is_list else outputs), final


def _at(lengths: Any, first: Any, steps: Any, batch: Any) -> Any:
    """The value after as many steps as each member of the batch has."""
    rows = stack([lengths, range(cast(batch, lengths.dtype))], axis=1)
    return gather_nd(concat([expand_dims(first, 0), steps], 0), rows)


@tf_export("contrib.rnn.LSTMBlockFusedCell")
class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM over all steps as one operation; its variables are those of `LSTMBlockCell`.

    Args:
        num_units: size of c and h.
        forget_bias: added to the forget gate's argument.
        cell_clip: largest magnitude in c; none when None.
        use_peephole: whether the gates see c.
        reuse: whether its variables exist already.
        dtype: type of its variables.
        name: its name.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: Any = None,
        dtype: Any = None,
        name: str = "lstm_fused_cell",
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units, self._forget_bias, self._use_peephole = num_units, forget_bias, use_peephole
        self._cell_clip = cell_clip if cell_clip is not None else -1
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self) -> int:
        """Size of c and h."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes the variables."""
        depth = dimension_value(TensorShape(input_shape)[2])
        assert depth is not None
        self._weights = _Weights(self, depth, self._num_units, self._use_peephole)
        self.built = True

    def _call_cell(
        self, inputs: Any, initial_cell_state: Any, initial_output: Any, dtype: Any, sequence_length: Any
    ) -> tuple[Any, Any]:
        steps: Any = dimension_value(inputs.shape[0])
        if sequence_length is not None:
            steps = reduce_max(sequence_length)
        elif steps is None:
            steps = shape(inputs)[0]
        wci, wcf, wco = self._weights.diagonals(self._num_units, dtype)
        _, cells, _, _, _, _, outputs = raw_ops.BlockLSTM(
            seq_len_max=cast(steps, dtypes.int64),
            x=inputs,
            cs_prev=initial_cell_state,
            h_prev=initial_output,
            w=self._weights.kernel,
            wci=wci,
            wcf=wcf,
            wco=wco,
            b=self._weights.bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return cells, outputs


@tf_export("contrib.rnn.GRUBlockCell")
class GRUBlockCell(LayerRNNCell):
    """A GRU cell that is one operation, with the variables `w_ru`, `b_ru`, `w_c` and `b_c`.

    Args:
        num_units: size of the state.
        cell_size: deprecated name of `num_units`.
        reuse: whether its variables exist already.
        name: its name.
    """

    _NAMES = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(
        self, num_units: int | None = None, cell_size: int | None = None, reuse: Any = None, name: str = "gru_cell"
    ):
        super().__init__(_reuse=reuse, name=name)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self._cell_size: Any = cell_size if num_units is None else num_units
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self) -> Any:
        """num_units."""
        return self._cell_size

    @property
    def output_size(self) -> Any:
        """num_units."""
        return self._cell_size

    def build(self, input_shape: Any) -> None:
        """Makes the variables."""
        depth = dimension_value(TensorShape(input_shape)[1])
        if depth is None:
            raise ValueError("Expecting input_size to be set.")
        units = self._cell_size
        gate_kernel, gate_bias, kernel, bias = self._NAMES
        self._gate_kernel = self.add_weight(gate_kernel, [depth + units, 2 * units])
        self._gate_bias = self.add_weight(gate_bias, [2 * units], initializer=Constant(1.0))
        self._candidate_kernel = self.add_weight(kernel, [depth + units, units])
        self._candidate_bias = self.add_weight(bias, [units], initializer=Constant(0.0))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, the same as next state)."""
        size = state.shape.with_rank(2)[1]
        if size != self._cell_size:
            raise ValueError(f"Shape of h_prev[1] incorrect: cell_size {self._cell_size} vs {size}")
        *_, after = raw_ops.GRUBlockCell(
            x=inputs,
            h_prev=state,
            w_ru=self._gate_kernel,
            w_c=self._candidate_kernel,
            b_ru=self._gate_bias,
            b_c=self._candidate_bias,
        )
        return after, after


@tf_export("contrib.rnn.GRUBlockCellV2")
class GRUBlockCellV2(GRUBlockCell):
    """`GRUBlockCell` with the names of variables that `GRUCell` has."""

    _NAMES = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
