"""`tf.nn.dynamic_rnn` and its form in both directions: a loop over time."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.assertion import Assert
from tfcompat.ops.binary import equal  # type: ignore[attr-defined]
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_all, reduce_max, reduce_min  # type: ignore[attr-defined]
from tfcompat.ops.reversal import reverse, reverse_sequence
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.ops.while_loop import while_loop
from tfcompat.rnn.cell import assert_like_cell
from tfcompat.rnn.sizes import joined, known
from tfcompat.rnn.steps import (
    Lengths,
    batch_size_of,
    initial_state_of,
    known_size,
    masked_step,
    rnn_scope,
    state_dtype,
    transpose_batch_time,
)


@tf_export("nn.dynamic_rnn")
def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Runs a cell over time in a loop.

    Args:
        cell: an RNNCell.
        inputs: tensors `[batch, time, ...]` (`[time, batch, ...]` when `time_major`) in the structure that the cell
            reads.
        sequence_length: int32 or int64 `[batch]`; behind the end of a sequence outputs are zero and its state stays.
        initial_state: the state before the first step; the cell's zeros of `dtype` when None.
        dtype: type of the initial state and the outputs.
        parallel_iterations: accepted; steps follow one another.
        swap_memory: accepted.
        time_major: whether inputs and outputs have time as their first dimension.
        scope: variable scope, "rnn" by default.

    Returns:
        (outputs, the tensors of the cell's outputs with the dimension of time; the state after the last step).

    Raises:
        TypeError: `cell` is no cell.
        ValueError: there is neither a state nor a dtype, or sizes of the inputs are unknown or differ.
    """
    assert_like_cell("cell", cell)
    with rnn_scope(scope):
        flat = nest.flatten(inputs)
        if not time_major:
            flat = [convert_to_tensor(t) for t in flat]
            flat = [transpose_batch_time(t) for t in flat]
        lengths = None if sequence_length is None else _lengths(sequence_length)
        batch_size = batch_size_of(flat)
        state = initial_state_of(cell, batch_size, dtype) if initial_state is None else initial_state
        if lengths is not None:
            with control_dependencies([_assert_shape(lengths, [batch_size])]):
                lengths = identity(lengths, name="CheckSeqLen")
        packed = nest.pack_sequence_as(inputs, flat)
        loop = _TimeLoop(cell, packed, state, lengths, dtype)
        outputs, final = loop.record(parallel_iterations or 32, swap_memory)
        if not time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
        return outputs, final


def _lengths(sequence_length: Any) -> Tensor:
    lengths = cast(sequence_length, dtypes.int32)
    if lengths.shape.rank not in (None, 1):
        raise ValueError(
            "Argument sequence_length must be a vector of length batch_size. Received "
            f"sequence_length={lengths} of shape: {lengths.shape}"
        )
    named: Tensor = identity(lengths, name="sequence_length")
    return named


def _assert_shape(tensor: Tensor, wanted: list[Any]) -> Any:
    found, expected = shape(tensor), stack(wanted)
    return Assert(
        reduce_all(equal(found, expected)),
        [f"Expected shape for Tensor {tensor.name} is ", expected, " but saw shape: ", found],
    )


class _TimeLoop:
    """The loop of `dynamic_rnn` over time-major inputs."""

    def __init__(self, cell: Any, inputs: Any, state: Any, lengths: Tensor | None, dtype: Any):
        self._cell, self._inputs, self._state = cell, inputs, state
        flat = nest.flatten(inputs)
        self._steps = shape(flat[0])[0]
        self._batch_size = batch_size_of(flat)
        self._shapes = [t.shape.with_rank_at_least(3) for t in flat]
        self._known = self._shapes[0].as_list()[:2]
        for tensor, its in zip(flat, self._shapes, strict=True):
            self._check(tensor, its)
        self._dtype = dtype
        sizes = nest.flatten(cell.output_size)
        zero = [zeros(stack(joined(self._batch_size, size)), state_dtype(dtype, state)) for size in sizes]
        self._zero_output = nest.pack_sequence_as(cell.output_size, zero)
        self._lengths = None
        if lengths is not None:
            self._lengths = Lengths(lengths, reduce_min(lengths), reduce_max(lengths))

    def _check(self, tensor: Tensor, its: TensorShape) -> None:
        if not its[2:].is_fully_defined():
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw value None for "
                f"input={tensor}."
            )
        steps, batch = its.as_list()[:2]
        if steps != self._known[0]:
            raise ValueError(
                "Time steps is not the same for all the elements in the input in a batch. Received time "
                f"steps={steps} for input={tensor}."
            )
        if batch != self._known[1]:
            raise ValueError(
                "Batch_size is not the same for all the elements in the input. Received batch "
                f"size={batch} for input={tensor}."
            )

    def record(self, parallel_iterations: int, swap_memory: bool) -> tuple[Any, Any]:
        """Records the loop; returns (time-major outputs, final state)."""
        time = constant(0, dtypes.int32, name="time")
        with name_scope("dynamic_rnn"):
            pass
        sizes = nest.flatten(self._cell.output_size)
        outputs = tuple(
            TensorArray(
                state_dtype(self._dtype, self._state),
                size=self._steps,
                element_shape=TensorShape([self._known[1]]).concatenate(known_size(size)),
            )
            for size in sizes
        )
        flat = nest.flatten(self._inputs)
        arrays = [TensorArray(t.dtype, size=self._steps, element_shape=t.shape[1:]) for t in flat]
        self._arrays = [array.unstack(t) for array, t in zip(arrays, flat, strict=True)]
        last = self._lengths.largest if self._lengths is not None else self._steps
        bound = raw_ops.Minimum(x=self._steps, y=raw_ops.Maximum(x=1, y=last))
        _, written, final = while_loop(
            lambda time, *_: time < bound,
            self._step,
            (time, outputs, self._state),
            parallel_iterations=parallel_iterations,
            maximum_iterations=self._steps,
            swap_memory=swap_memory,
        )
        stacked = [array.stack() for array in written]
        for tensor, size in zip(stacked, sizes, strict=True):
            tensor.set_shape(known(self._known, size))
        return nest.pack_sequence_as(self._cell.output_size, stacked), final

    def _step(self, time: Tensor, outputs: Any, state: Any) -> Any:
        read = [array.read(time) for array in self._arrays]
        for tensor, its in zip(read, self._shapes, strict=True):
            tensor.set_shape(its[1:])
        now = nest.pack_sequence_as(self._inputs, read)
        if self._lengths is None:
            output, after = self._cell(now, state)
        else:
            output, after = masked_step(
                time, self._lengths, self._zero_output, state, lambda: self._cell(now, state), always=True
            )
        written = tuple(a.write(time, t) for a, t in zip(outputs, nest.flatten(output), strict=True))
        return time + 1, written, after


@tf_export("nn.bidirectional_dynamic_rnn")
def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Runs one cell forward and another backward in time; see `dynamic_rnn`.

    Args:
        cell_fw: the cell that goes forward.
        cell_bw: the cell that goes backward.
        inputs: as in `dynamic_rnn`.
        sequence_length: the same; without it every sequence is as long as the inputs.
        initial_state_fw: the forward cell's state before the first step.
        initial_state_bw: the backward cell's state before its first step.
        dtype: type of initial states that are not given, and of the outputs.
        parallel_iterations: accepted.
        swap_memory: accepted.
        time_major: whether inputs and outputs have time as their first dimension.
        scope: variable scope, "bidirectional_rnn" by default.

    Returns:
        ((forward outputs, backward outputs), (final state of the forward cell, of the backward cell)); backward
        outputs stand where their inputs stand.
    """
    assert_like_cell("cell_fw", cell_fw)
    assert_like_cell("cell_bw", cell_bw)
    axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(tensor: Any) -> Any:
        if sequence_length is None:
            return reverse(tensor, axis=[axis])
        return reverse_sequence(input=tensor, seq_lengths=sequence_length, seq_axis=axis, batch_axis=batch_axis)

    common = {"sequence_length": sequence_length, "dtype": dtype, "parallel_iterations": parallel_iterations,
              "swap_memory": swap_memory, "time_major": time_major}  # fmt: skip
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as opened:
            forward, state_fw = dynamic_rnn(cell_fw, inputs, initial_state=initial_state_fw, scope=opened, **common)
        with variable_scope("bw") as opened:
            backward, state_bw = dynamic_rnn(
                cell_bw, nest.map_structure(turned, inputs), initial_state=initial_state_bw, scope=opened, **common
            )
    return (forward, nest.map_structure(turned, backward)), (state_fw, state_bw)
