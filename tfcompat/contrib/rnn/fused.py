"""Networks of tf.contrib.rnn that are called with all steps at once."""

from __future__ import annotations

import abc
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.reversal import reverse, reverse_sequence
from tfcompat.rnn.dynamic import dynamic_rnn
from tfcompat.rnn.static import static_rnn


@tf_export("contrib.rnn.FusedRNNCell")
class FusedRNNCell(abc.ABC):
    """Base of what is called as `cell(inputs, initial_state, dtype, sequence_length, scope)` on all steps.

    The inputs are `[time, batch, size]`, or a list of `[batch, size]`; the result is (outputs in the same form, final
    state).
    """

    @abc.abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Runs all steps."""


@tf_export("contrib.rnn.FusedRNNCellAdaptor")
class FusedRNNCellAdaptor(FusedRNNCell):
    """An RNNCell as a fused one.

    Args:
        cell: the cell.
        use_dynamic_rnn: whether it runs in a loop, or is recorded step by step.
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False):
        self._cell, self._use_dynamic_rnn = cell, use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Runs all steps."""
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            joined = stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(
                self._cell, joined, sequence_length, initial_state, dtype, time_major=True, scope=scope
            )
            return (unstack(outputs) if is_list else outputs), state
        steps = inputs if is_list else unstack(inputs)
        results, state = static_rnn(self._cell, steps, initial_state, dtype, sequence_length, scope)
        return (results if is_list else stack(results)), state


@tf_export("contrib.rnn.TimeReversedFusedRNN")
class TimeReversedFusedRNN(FusedRNNCell):
    """A fused network that reads its inputs from the end, and gives its outputs in the order of the inputs.

    Args:
        cell: the fused network.
    """

    def __init__(self, cell: Any):
        self._cell = cell

    @staticmethod
    def _turned(steps: Any, lengths: Any) -> Any:
        if isinstance(steps, list):
            return list(reversed(steps))
        return reverse(steps, [0]) if lengths is None else reverse_sequence(steps, lengths, 0, 1)

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Runs all steps."""
        outputs, state = self._cell(
            self._turned(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return self._turned(outputs, sequence_length), state
