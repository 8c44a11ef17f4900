"""Names of tf.contrib.rnn for what `tf.nn` has, and stacks of bidirectional networks."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import export, tf_export
from tfcompat.ops.concat import concat
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.rnn.cell import LayerRNNCell, LSTMStateTuple, RNNCell
from tfcompat.rnn.cells import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell
from tfcompat.rnn.dropout import DropoutWrapper
from tfcompat.rnn.dynamic import bidirectional_dynamic_rnn
from tfcompat.rnn.static import static_bidirectional_rnn, static_rnn, static_state_saving_rnn
from tfcompat.rnn.steps import batch_size_of, transpose_batch_time
from tfcompat.rnn.wrappers import DeviceWrapper, MultiRNNCell, ResidualWrapper

for _object in (BasicLSTMCell, BasicRNNCell, DeviceWrapper, DropoutWrapper, GRUCell, LSTMCell, LSTMStateTuple,
                LayerRNNCell, MultiRNNCell, RNNCell, ResidualWrapper, static_bidirectional_rnn, static_rnn,
                static_state_saving_rnn, transpose_batch_time):  # fmt: skip
    export(f"contrib.rnn.{_object.__name__}", _object)
export("contrib.rnn.best_effort_input_batch_size", batch_size_of)


def _check_layers(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> None:
    """Raises ValueError unless there are as many forward and backward cells, and states if any, as layers."""
    for cells, direction in ((cells_fw, "fw"), (cells_bw, "bw")):
        if not cells:
            raise ValueError(f"Must specify at least one {direction} cell for BidirectionalRNN.")
    for cells, direction in ((cells_fw, "fw"), (cells_bw, "bw")):
        if not isinstance(cells, list):
            raise ValueError(f"cells_{direction} must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for states, direction in ((states_fw, "fw"), (states_bw, "bw")):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells_fw)):
            raise ValueError(f"initial_states_{direction} must be a list of state tensors (one per layer).")


@tf_export("contrib.rnn.stack_bidirectional_rnn")
def stack_bidirectional_rnn(
    cells_fw: list[Any],
    cells_bw: list[Any],
    inputs: Any,
    initial_states_fw: list[Any] | None = None,
    initial_states_bw: list[Any] | None = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], tuple[Any, ...], tuple[Any, ...]]:
    """Layers of `tf.nn.static_bidirectional_rnn`, each of which reads the outputs of the one before.

    Args:
        cells_fw: the forward cells, a list with one for each layer.
        cells_bw: the backward cells.
        inputs: list of tensors, one for each step.
        initial_states_fw: states of the forward cells before the first step.
        initial_states_bw: states of the backward cells.
        dtype: type of initial states that are not given.
        sequence_length: integer `[batch]`.
        scope: variable scope, "stack_bidirectional_rnn" by default.

    Returns:
        (list of outputs of the last layer, final states of the forward cells, of the backward cells).
    """
    _check_layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    finals_fw, finals_bw = [], []
    layer = inputs
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for index, (forward, backward) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{index}") as opened:
                layer, fw, bw = static_bidirectional_rnn(
                    forward,
                    backward,
                    layer,
                    initial_states_fw[index] if initial_states_fw else None,
                    initial_states_bw[index] if initial_states_bw else None,
                    dtype,
                    sequence_length,
                    scope=opened,
                )
            finals_fw.append(fw)
            finals_bw.append(bw)
    return layer, tuple(finals_fw), tuple(finals_bw)


@tf_export("contrib.rnn.stack_bidirectional_dynamic_rnn")
def stack_bidirectional_dynamic_rnn(
    cells_fw: list[Any],
    cells_bw: list[Any],
    inputs: Any,
    initial_states_fw: list[Any] | None = None,
    initial_states_bw: list[Any] | None = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Layers of `tf.nn.bidirectional_dynamic_rnn`, each of which reads the outputs of the one before.

    Args:
        cells_fw: the forward cells, a list with one for each layer.
        cells_bw: the backward cells.
        inputs: tensor `[batch, time, size]`, `[time, batch, size]` when `time_major`.
        initial_states_fw: states of the forward cells before the first step.
        initial_states_bw: states of the backward cells.
        dtype: type of initial states that are not given, and of the outputs.
        sequence_length: integer `[batch]`.
        parallel_iterations: accepted.
        time_major: whether time is the first dimension.
        scope: variable scope, "stack_bidirectional_rnn" by default.
        swap_memory: accepted.

    Returns:
        (outputs of the last layer, final states of the forward cells, of the backward cells).
    """
    _check_layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    finals_fw, finals_bw = [], []
    layer = inputs
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for index, (forward, backward) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{index}"):
                outputs, (fw, bw) = bidirectional_dynamic_rnn(
                    forward,
                    backward,
                    layer,
                    sequence_length,
                    initial_states_fw[index] if initial_states_fw else None,
                    initial_states_bw[index] if initial_states_bw else None,
                    dtype=dtype,
                    parallel_iterations=parallel_iterations,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                layer = concat(outputs, 2)
            finals_fw.append(fw)
            finals_bw.append(bw)
    return layer, tuple(finals_fw), tuple(finals_bw)
