"""`tf.nn.raw_rnn`: a loop whose inputs, states and outputs a function decides step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_at_index, dimension_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.filling import zeros
from tfcompat.ops.reduction import reduce_all  # type: ignore[attr-defined]
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.while_loop import while_loop
from tfcompat.rnn.cell import assert_like_cell
from tfcompat.rnn.sizes import joined
from tfcompat.rnn.steps import known_size, rnn_scope, where_finished


@tf_export("nn.raw_rnn")
def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Runs a cell in a loop that `loop_fn` steers.

    Args:
        cell: an RNNCell.
        loop_fn: called as `loop_fn(time, cell_output, cell_state, loop_state)`, first with time 0 and None for the
            rest; gives (elements_finished, next_input, next_cell_state, emit_output, next_loop_state):
            bool `[batch]`, the inputs and the state of the next step, what this step puts out (at first: the
            structure and shapes of that, without the batch; the cell's output when None), and anything else to carry.
        parallel_iterations: accepted; steps follow one another.
        swap_memory: accepted.
        scope: variable scope, "rnn" by default.

    Returns:
        (TensorArrays of what was put out, zeros for finished rows; the final state; the final loop state).

    Raises:
        TypeError: `cell` is no cell, or `loop_fn` cannot be called.
        ValueError: structures differ from step to step.
    """
    assert_like_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError(f"Argument `loop_fn` must be a callable. Received: {loop_fn}.")
    with rnn_scope(scope):
        time = constant(0, dtypes.int32)
        finished, inputs, state, emitted, first_loop_state = loop_fn(time, None, None, None)
        loop_state = constant(0, dtypes.int32) if first_loop_state is None else first_loop_state
        batch_size, known_batch = _batch(nest.flatten(inputs))
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, state)
        emits = _Emits(cell, emitted, state, batch_size, known_batch)

        def going_on(time: Tensor, finished: Tensor, *_: Any) -> Tensor:
            return raw_ops.LogicalNot(x=reduce_all(finished))  # type: ignore[no-any-return]

        def step(time: Any, finished: Any, inputs: Any, arrays: Any, state: Any, loop_state: Any) -> Any:
            output, after = cell(inputs, state)
            nest.assert_same_structure(state, after)
            nest.assert_same_structure(cell.output_size, output)
            next_time = time + 1
            now, next_inputs, next_state, emit, next_loop_state = loop_fn(next_time, output, after, loop_state)
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(inputs, next_inputs)
            nest.assert_same_structure(arrays, emit)
            emit = nest.map_structure(lambda old, new: where_finished(finished, old, new), emits.zero, emit)
            next_state = nest.map_structure(lambda old, new: where_finished(finished, old, new), state, next_state)
            arrays = nest.map_structure(lambda array, value: array.write(time, value), arrays, emit)
            finished = raw_ops.LogicalOr(x=finished, y=now)
            carried = loop_state if next_loop_state is None else next_loop_state
            return next_time, finished, next_inputs, arrays, next_state, carried

        results = while_loop(
            going_on,
            step,
            [time, finished, inputs, emits.arrays, state, loop_state],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
    arrays, final, carried = results[-3:]
    return arrays, final, None if first_loop_state is None else carried


def _batch(inputs: list[Tensor]) -> tuple[Any, int | None]:
    """(batch size as a number or tensor, as a number if it is known)."""
    first = dimension_at_index(inputs[0].shape, 0)
    for tensor in inputs:
        first.assert_is_compatible_with(dimension_at_index(tensor.shape, 0))
    known = dimension_value(first)
    return (shape(inputs[0])[0] if known is None else known), known


class _Emits:
    """What the steps put out: `arrays` to write to, and `zero` for finished rows."""

    def __init__(self, cell: Any, emitted: Any, state: Any, batch_size: Any, known_batch: int | None):
        if emitted is not None:
            flat = nest.flatten(emitted)
            sizes = [t.shape if t.shape.is_fully_defined() else shape(t) for t in flat]
            types = [t.dtype for t in flat]
            structure = emitted
        else:
            structure = cell.output_size
            sizes = nest.flatten(structure)
            types = [nest.flatten(state)[0].dtype] * len(sizes)
        arrays = [
            TensorArray(
                dtype,
                dynamic_size=True,
                element_shape=TensorShape([known_batch]).concatenate(known_size(size)),
                size=0,
                name=f"rnn_output_{index}",
            )
            for index, (dtype, size) in enumerate(zip(types, sizes, strict=True))
        ]
        self.arrays = nest.pack_sequence_as(structure, arrays)
        zero = [zeros(joined(batch_size, size), dtype) for size, dtype in zip(sizes, types, strict=True)]
        self.zero = nest.pack_sequence_as(structure, zero)
