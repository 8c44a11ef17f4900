"""Recurrent networks unrolled in the graph: `static_rnn`, its form in both directions, and the state-saving one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import dimension_value, unknown_shape
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.reduction import reduce_max, reduce_min  # type: ignore[attr-defined]
from tfcompat.ops.reversal import reverse_sequence
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.rnn.cell import assert_like_cell
from tfcompat.rnn.sizes import joined, known
from tfcompat.rnn.steps import Lengths, initial_state_of, masked_step, rnn_scope, state_dtype


@tf_export("nn.static_rnn")
def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Records one step of `cell` for each of `inputs`.

    Args:
        cell: an RNNCell.
        inputs: list of tensors `[batch, size]`, or of nested tuples of such, one for each step.
        initial_state: the state before the first step; the cell's zeros of `dtype` when None.
        dtype: type of the initial state.
        sequence_length: integer `[batch]`; behind the end of a sequence outputs are zero and its state stays.
        scope: variable scope, "rnn" by default.

    Returns:
        (list of the outputs, state after the last step).

    Raises:
        TypeError: `cell` is no cell, or `inputs` no list.
        ValueError: `inputs` is empty, sizes are unknown, or there is neither a state nor a dtype.
    """
    assert_like_cell("cell", cell)
    _check_list(inputs)
    outputs = []
    with rnn_scope(scope) as opened:
        first = inputs
        while nest.is_nested(first):
            first = first[0]
        fixed = _fixed_batch(first, inputs)
        batch_size = fixed or shape(first)[0]
        state = initial_state_of(cell, batch_size, dtype) if initial_state is None else initial_state
        lengths: Lengths | None = None
        if sequence_length is not None:
            ends = _vector(sequence_length, batch_size)
            zero_output = _zero_output(cell, batch_size, fixed, state_dtype(dtype, state))
            ends = cast(ends, dtypes.int32)
            lengths = Lengths(ends, reduce_min(ends), reduce_max(ends))
        for time, now in enumerate(inputs):
            if time > 0:
                opened.reuse_variables()
            if lengths is None:
                output, state = cell(now, state)
            else:
                output, state = masked_step(
                    time,
                    lengths,
                    zero_output,
                    state,
                    lambda now=now, state=state: cell(now, state),  # type: ignore[misc]
                )
            outputs.append(output)
        return outputs, state


def _check_list(inputs: Any) -> None:
    if not nest.is_nested(inputs):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")


def _fixed_batch(first: Tensor, inputs: Any) -> int | None:
    """The batch size where it is known; ValueError when the inputs do not fit each other."""
    if first.shape.rank == 1:
        return dimension_value(first.shape[0])
    fixed = first.shape.with_rank_at_least(2).dims[0]  # type: ignore[index]
    for tensor in nest.flatten(inputs):
        dims = tensor.shape.with_rank_at_least(2)
        fixed.assert_is_compatible_with(dims.dims[0])
        for index, size in enumerate(dims.as_list()[1:]):
            if size is None:
                raise ValueError(
                    f"Input size (dimension {index} of input {tensor}) must be accessible via shape inference, but "
                    "saw value None."
                )
    return dimension_value(fixed)


def _vector(sequence_length: Any, batch_size: Any) -> Tensor:
    ends = convert_to_tensor(sequence_length, name="sequence_length")
    if ends.shape.rank not in (None, 1):
        raise ValueError(
            f"Argument `sequence_length` must be a vector of length {batch_size}. Received sequence_length={ends}."
        )
    return ends


def _zero_output(cell: Any, batch_size: Any, fixed: int | None, dtype: Any) -> Any:
    def zero(size: Any) -> Tensor:
        made = zeros(stack(joined(batch_size, size)), dtype)
        made.set_shape(known(fixed if fixed is None else [fixed], size))
        return made

    return nest.map_structure(zero, cell.output_size)


@tf_export("nn.static_state_saving_rnn")
def static_state_saving_rnn(
    cell: Any, inputs: Any, state_saver: Any, state_name: Any, sequence_length: Any = None, scope: Any = None
) -> tuple[list[Any], Any]:
    """`static_rnn` that begins with a saved state and saves the one it ends with.

    Args:
        cell: an RNNCell.
        inputs: list of tensors, one for each step.
        state_saver: has `state(name)`, which gives a saved tensor, and `save_state(name, tensor)`, which gives an
            operation.
        state_name: names of the tensors of the state, in the structure of `cell.state_size`.
        sequence_length: as in `static_rnn`.
        scope: variable scope, "rnn" by default.

    Returns:
        (list of the outputs, final state); the last output and the state wait until the state is saved.

    Raises:
        ValueError: `state_name` does not fit the state.
    """
    size = cell.state_size
    nested = nest.is_nested(size)
    if nested != nest.is_nested(state_name):
        raise ValueError(
            "Argument `state_name` should be the same type as `cell.state_size`. Received: "
            f"state_name={state_name!s}, cell.state_size={size!s}."
        )
    names, sizes = nest.flatten(state_name), nest.flatten(size)
    if len(names) != len(sizes):
        raise ValueError(
            "Number of elements in argument `state_name` and `cell.state_size` are mismatched. Received "
            f"state_name={state_name} with {len(names)} elements and cell.state_size={size} with {len(sizes)} elements."
        )
    initial = nest.pack_sequence_as(size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(cell, inputs, initial_state=initial, sequence_length=sequence_length, scope=scope)
    saves = [state_saver.save_state(name, part) for name, part in zip(names, nest.flatten(state), strict=True)]
    with control_dependencies(saves):
        outputs[-1] = nest.map_structure(identity, outputs[-1])
        return outputs, nest.map_structure(identity, state)


@tf_export("nn.static_bidirectional_rnn")
def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """`static_rnn` of one cell forward and another backward in time.

    Args:
        cell_fw: the cell that goes forward.
        cell_bw: the cell that goes backward.
        inputs: list of tensors, one for each step.
        initial_state_fw: the forward cell's state before the first step.
        initial_state_bw: the backward cell's state before its first step.
        dtype: type of initial states that are not given.
        sequence_length: integer `[batch]`.
        scope: variable scope, "bidirectional_rnn" by default.

    Returns:
        (list of forward and backward outputs side by side, final state of the forward cell, of the backward cell).
    """
    assert_like_cell("cell_fw", cell_fw)
    assert_like_cell("cell_bw", cell_bw)
    _check_list(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as opened:
            forward, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=opened)
        with variable_scope("bw") as opened:
            turned = reversed_steps(inputs, sequence_length)
            backward, state_bw = static_rnn(cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=opened)
    backward = reversed_steps(backward, sequence_length)
    pairs = zip(nest.flatten(forward), nest.flatten(backward), strict=True)
    outputs = nest.pack_sequence_as(forward, [concat([f, b], 1) for f, b in pairs])
    return outputs, state_fw, state_bw


def reversed_steps(steps: Sequence[Any], lengths: Any) -> list[Any]:
    """The list of steps turned around, each member of the batch within its length."""
    if lengths is None:
        return list(reversed(steps))
    flat = [nest.flatten(step) for step in steps]
    turned: list[list[Tensor]] = [[] for _ in steps]
    for sequence in zip(*flat, strict=True):
        common = unknown_shape(rank=sequence[0].shape.rank)
        for tensor in sequence:
            common.assert_is_compatible_with(tensor.shape)
            tensor.set_shape(common)
        for row, result in zip(unstack(reverse_sequence(stack(sequence), lengths, 0, 1)), turned, strict=True):
            row.set_shape(common)
            result.append(row)
    return [nest.pack_sequence_as(step, parts) for step, parts in zip(steps, turned, strict=True)]
