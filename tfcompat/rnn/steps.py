"""What the functions that run a cell over time share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.default import colocate_with, get_default_graph
from tfcompat.graph.export import export_internal
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops.array import rank, shape, transpose
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.masks import where
from tfcompat.ops.sequences import range
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.variable_scope import variable_scope


@contextlib.contextmanager
def rnn_scope(scope: Any) -> Iterator[Any]:
    """The variable scope of a recurrent network: outside of loops, its variables are read once for all steps."""
    with variable_scope(scope or "rnn") as opened:
        if opened._caching_device is None and not get_default_graph().building_function:
            opened._caching_device = lambda op: op.device
        yield opened


def transpose_batch_time(x: Any) -> Any:
    """`x` with its first two dimensions exchanged; `x` itself when it has less than two."""
    before = x.shape
    if before.rank is not None and before.rank < 2:
        return x
    turned = transpose(x, concat([[1, 0], range(2, rank(x))], axis=0))
    known = before.as_list() if before.rank is not None else [None, None]
    rest = before[2:] if before.rank is not None else TensorShape(None)
    turned.set_shape(TensorShape([known[1], known[0]]).concatenate(rest))
    return turned


def batch_size_of(flat_input: Sequence[Tensor]) -> Any:
    """The batch size of time-major inputs: a number, or a scalar tensor when none of them knows it.

    Raises:
        ValueError: an input has less than two dimensions.
    """
    for tensor in flat_input:
        if tensor.shape.rank is None:
            continue
        if tensor.shape.rank < 2:
            raise ValueError(f"Input tensor should have rank >= 2. Received input={tensor} of rank {tensor.shape.rank}")
        size = tensor.shape.as_list()[1]
        if size is not None:
            return size
    return shape(flat_input[0])[1]


def state_dtype(explicit: Any, state: Any) -> Any:
    """`explicit`, or the one type of the tensors of `state`; ValueError when there is not one."""
    if explicit is not None:
        return explicit
    found = [t.dtype for t in nest.flatten(state)]
    if not found:
        raise ValueError(f"Unable to infer dtype from argument state={state}.")
    if any(t != found[0] for t in found):
        raise ValueError(
            f"Argument state={state} has tensors of different inferred dtypes. Unable to infer a single "
            f"representative dtype. Dtypes received: {found}"
        )
    return found[0]


def initial_state_of(cell: Any, batch_size: Any, dtype: Any) -> Any:
    """The state in which `cell` begins; ValueError when there is no `dtype`."""
    if not dtype:
        raise ValueError("If no initial_state is provided, argument `dtype` must be specified")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def known_size(size: Any) -> TensorShape:
    """The shape that a size, which may be a tensor, says."""
    if isinstance(size, Tensor):
        return as_shape(get_static_value(size))
    return TensorShape([size]) if isinstance(size, int) else as_shape(size)


def where_finished(finished: Any, before: Any, after: Any) -> Any:
    """`before` in the rows that are finished, `after` in the others; arrays and scalars go on."""
    if isinstance(before, TensorArray) or before.shape.rank == 0:
        return after
    with colocate_with(after):
        return where(finished, before, after)


class Lengths:
    """The lengths of the sequences of a batch, int32 `[batch]`, with the smallest and the largest."""

    def __init__(self, lengths: Tensor, smallest: Tensor, largest: Tensor):
        self.lengths, self.smallest, self.largest = lengths, smallest, largest


def masked_step(
    time: Any, lengths: Lengths, zero_output: Any, state: Any, step: Callable[[], Any], always: bool = False
) -> Any:
    """One step of a cell: zero outputs and the old state where a sequence has ended.

    Args:
        time: the number of the step.
        lengths: where the sequences end.
        zero_output: the outputs behind the end.
        state: the state before.
        step: runs the cell and gives (output, state).
        always: whether the cell runs even where all sequences have ended.

    Returns:
        (output, state) in the structures of `zero_output` and `state`.
    """
    flat_state, flat_zero = nest.flatten(state), nest.flatten(zero_output)
    finished = time >= lengths.lengths

    def run() -> tuple[list[Any], list[Any]]:
        output, after = step()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, after)
        return nest.flatten(output), nest.flatten(after)

    def mixed(output: list[Any], after: list[Any]) -> list[Any]:
        return [
            *(where_finished(finished, o, n) for o, n in zip(flat_zero, output, strict=True)),
            *(where_finished(finished, o, n) for o, n in zip(flat_state, after, strict=True)),
        ]

    def run_or_mix() -> Any:
        output, after = run()
        return cond(time < lengths.smallest, lambda: output + after, lambda: mixed(output, after))

    if always:
        results = mixed(*run())
    else:
        results = cond(time >= lengths.largest, lambda: flat_zero + flat_state, run_or_mix)
    for result, like in zip(results, flat_zero + flat_state, strict=True):
        if not isinstance(result, TensorArray):
            result.set_shape(like.shape)
    count = len(flat_zero)
    return nest.pack_sequence_as(zero_output, results[:count]), nest.pack_sequence_as(state, results[count:])


export_internal("python.ops.rnn._transpose_batch_time", transpose_batch_time)
export_internal("python.ops.rnn._best_effort_input_batch_size", batch_size_of)
export_internal("python.ops.rnn._infer_state_dtype", state_dtype)
