"""`tf.keras.backend.rnn`: a step function over the time of tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import array, cast, filling, packing, reversal
from tfcompat.ops.masks import where_v2
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.while_loop import while_loop

Step = Callable[[Any, Any], tuple[Any, Any]]


@tf_export("keras.backend.rnn")
def rnn(
    step_function: Step,
    inputs: Any,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: Any = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """Calls `step_function` for each step in time, with the states that the step before gave.

    Args:
        step_function: function of (the input of one step, the list of states and constants) that gives (the output,
            the list of new states); inputs and outputs may be nested.
        inputs: tensors [batch, time, ...], nested.
        initial_states: the states before the first step.
        go_backwards: whether to begin with the last step; outputs then are in the order of the steps taken.
        mask: bool [batch, time] (or [batch, time, 1]): where it is False, states stay and the output is the one before.
        constants: tensors that every step gets after the states.
        unroll: whether to record all steps one after another in place of a loop.
        input_length: bound of the number of steps of the loop.
        time_major: whether inputs, mask and outputs have time before the batch.
        zero_output_for_mask: whether outputs are 0 where the mask is False.
        return_all_outputs: whether the second result has all outputs; else it has the last one only.

    Returns:
        (the output of the last step, the outputs with the dimension of time, the states after the last step).

    Raises:
        ValueError: `unroll` with an unknown number of steps, or inputs of rank below 3.
    """
    if not time_major:
        inputs = nest.map_structure(_swapped, inputs)
    flat = nest.flatten(inputs)
    for tensor in flat:
        tensor.shape.with_rank_at_least(3)
    steps, batch = flat[0].shape.as_list()[:2]
    if mask is not None:
        mask = convert_to_tensor(mask)
        mask = mask if mask.dtype == dtypes.bool else cast.cast(mask, dtypes.bool)
        mask = array.expand_dims(mask, -1) if mask.shape.ndims == 2 else mask
        mask = mask if time_major else _swapped(mask)
    run = _Steps(step_function, inputs, tuple(initial_states), tuple(constants or ()), mask, zero_output_for_mask)
    if unroll:
        if not steps:
            raise ValueError("Unrolling requires a fixed number of timesteps.")
        outputs, states = run.one_after_another(steps, go_backwards)
    else:
        outputs, states = run.in_a_loop(steps, go_backwards, input_length)
    for tensor in nest.flatten(outputs):
        tensor.set_shape([steps, batch, *tensor.shape.as_list()[2:]])
    last = nest.map_structure(lambda t: t[-1], outputs)
    if not return_all_outputs:
        outputs = nest.map_structure(lambda t: array.expand_dims(t, 0), last)
    if not time_major:
        outputs = nest.map_structure(_swapped, outputs)
    return last, outputs, list(states)


def _swapped(x: Any) -> Any:
    """`x` with its first two dimensions exchanged."""
    return array.transpose(x, [1, 0, *range(2, x.shape.ndims)])


def _chosen(mask: Any, new: Any, old: Any) -> Any:
    """Rows of `new` where `mask`, [batch, 1], is True, else those of `old`."""
    for _ in range(new.shape.ndims - mask.shape.ndims):
        mask = array.expand_dims(mask, -1)
    made = where_v2(mask, new, old)
    made.set_shape(new.shape)
    return made


class _Steps:
    """The steps over time-major inputs."""

    def __init__(
        self,
        step: Step,
        inputs: Any,
        states: tuple[Any, ...],
        constants: tuple[Any, ...],
        mask: Any,
        zero_where_masked: bool,
    ):
        self._step, self._inputs, self._states, self._constants = step, inputs, states, constants
        self._mask, self._zero_where_masked = mask, zero_where_masked

    def _advance(self, now: Any, states: tuple[Any, ...], mask: Any, before: Any) -> tuple[Any, tuple[Any, ...]]:
        """One step: the output and the states after it. `before` is what masked outputs become."""
        output, after = self._step(now, states + self._constants)
        after = tuple(nest.flatten(after))
        old = tuple(nest.flatten(states))
        if mask is not None:
            output = nest.map_structure(lambda new, old: _chosen(mask, new, old), output, before)
            after = tuple(_chosen(mask, new, kept) for new, kept in zip(after, old, strict=True))
        for new, kept in zip(after, old, strict=True):
            if isinstance(new, Tensor):
                new.set_shape(kept.shape)
        return output, nest.pack_sequence_as(states, after)

    # ---------------------------------------------------------------- recorded one by one

    def one_after_another(self, steps: int, backwards: bool) -> tuple[Any, Any]:
        """All steps, unrolled: (time-major outputs, states)."""
        parts = [packing.unstack(t) for t in nest.flatten(self._inputs)]
        masks = packing.unstack(self._mask) if self._mask is not None else [None] * steps
        order = range(steps - 1, -1, -1) if backwards else range(steps)
        states, before = self._states, None
        made = []
        for time in order:
            now = nest.pack_sequence_as(self._inputs, [part[time] for part in parts])
            if masks[time] is not None and (before is None or self._zero_where_masked):
                before = self._zeros_like_output(now, states)
            before, states = self._advance(now, states, masks[time], before)
            made.append(before)
        return nest.map_structure(lambda *outputs: packing.stack(outputs), *made), states

    def _zeros_like_output(self, now: Any, states: tuple[Any, ...]) -> Any:
        output, _ = self._step(now, states + self._constants)
        return nest.map_structure(filling.zeros_like, output)

    # ---------------------------------------------------------------- a loop

    def in_a_loop(self, steps: int | None, backwards: bool, input_length: Any) -> tuple[Any, Any]:
        """All steps as a while loop: (time-major outputs, states)."""
        flat = nest.flatten(self._inputs)
        count = steps if steps is not None else array.shape(flat[0])[0]  # type: ignore[index]
        arrays = [self._unstacked(t, count, backwards) for t in flat]
        masks = None if self._mask is None else self._unstacked(self._mask, count, backwards)
        first = nest.pack_sequence_as(self._inputs, [t[0] for t in flat])
        output, _ = self._step(first, self._states + self._constants)
        written = [TensorArray(t.dtype, size=count, element_shape=t.shape) for t in nest.flatten(output)]
        zeros = nest.map_structure(filling.zeros_like, output) if masks is not None else ()
        keeps_last = masks is not None and not self._zero_where_masked

        def body(time: Any, written: Any, before: Any, states: Any) -> Any:
            now = nest.pack_sequence_as(self._inputs, [a.read(time) for a in arrays])
            for tensor, whole in zip(nest.flatten(now), flat, strict=True):
                tensor.set_shape(whole.shape[1:])
            mask = None if masks is None else masks.read(time)
            output, after = self._advance(now, states, mask, before if keeps_last else zeros)
            written = [a.write(time, t) for a, t in zip(written, nest.flatten(output), strict=True)]
            return time + 1, written, output if keeps_last else before, after

        _, written, _, states = while_loop(
            lambda time, *_: time < count,
            body,
            (constant(0, dtypes.int32, name="time"), written, zeros if keeps_last else (), self._states),
            maximum_iterations=input_length,
            parallel_iterations=32,
            swap_memory=True,
        )
        return nest.pack_sequence_as(output, [a.stack() for a in written]), states

    @staticmethod
    def _unstacked(tensor: Any, count: Any, backwards: bool) -> Any:
        made = TensorArray(tensor.dtype, size=count, element_shape=TensorShape(tensor.shape)[1:])
        return made.unstack(reversal.reverse(tensor, [0]) if backwards else tensor)
