"""Helpers for scheduled sampling: now and then a decoder that is trained reads its own outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.contrib.seq2seq.helpers import TrainingHelper, draw_bernoulli, draw_categorical, lookup, unstacked
from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import fill
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_all, reduce_any
from tfcompat.ops.scatter import scatter_nd
from tfcompat.rnn.steps import transpose_batch_time


def _probability(value: Any) -> Tensor:
    tensor = convert_to_tensor(value, name="sampling_probability")
    if tensor.shape.rank not in (0, 1):
        raise ValueError(f"sampling_probability must be either a scalar or a vector. saw shape: {tensor.shape}")
    return tensor


def _mixed(chosen: Any, given: Any, replacement: Callable[[Any], Any]) -> Any:
    """`given`, but in the rows that are `chosen` `replacement(indices of those rows)`."""
    rows = cast(where(chosen), dtypes.int32)
    others = cast(where(raw_ops.LogicalNot(x=chosen)), dtypes.int32)
    whole = shape(given)
    return scatter_nd(rows, replacement(rows), whole) + scatter_nd(others, gather_nd(given, others), whole)


@tf_export("contrib.seq2seq.ScheduledEmbeddingTrainingHelper")
class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """A TrainingHelper that at random reads symbols drawn from the outputs.

    Args:
        inputs: `[batch, time, size]`, `[time, batch, size]` when `time_major`.
        sequence_length: int32 `[batch]`.
        embedding: a table of rows, or a function from ids to inputs.
        sampling_probability: how likely that is: a number, or one for each member of the batch.
        time_major: whether time is the first dimension.
        seed: seed of the symbols drawn.
        scheduling_seed: seed of the choice.
        name: name scope.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ):
        with name_scope(name, "ScheduledEmbeddingSamplingWrapper"):
            self._embedding_fn = lookup(embedding)
            self._sampling_probability = _probability(sampling_probability)
            self._seed, self._scheduling_seed = seed, scheduling_seed
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None, **unused: Any) -> Any:
        """Drawn symbols where they are read, -1 elsewhere."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperSample"):
            chosen = draw_bernoulli(self._sampling_probability, self.batch_size, dtypes.bool, self._scheduling_seed)
            return where(chosen, draw_categorical(outputs, seed=self._seed), fill([self.batch_size], -1))

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None, **unused: Any
    ) -> Any:
        """(finished, next inputs, `state`)."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(time, outputs, state, sample_ids, name)
            following = cond(
                reduce_all(finished),
                lambda: given,
                lambda: _mixed(sample_ids > -1, given, lambda rows: self._embedding_fn(gather_nd(sample_ids, rows))),
            )
            return finished, following, state


@tf_export("contrib.seq2seq.ScheduledOutputTrainingHelper")
class ScheduledOutputTrainingHelper(TrainingHelper):
    """A TrainingHelper that at random reads the outputs themselves.

    Args:
        inputs: `[batch, time, size]`, `[time, batch, size]` when `time_major`.
        sequence_length: int32 `[batch]`.
        sampling_probability: how likely that is: a number, or one for each member of the batch.
        time_major: whether time is the first dimension.
        seed: seed of the choice.
        next_inputs_fn: function from outputs to inputs; outputs are the inputs when None.
        auxiliary_inputs: put beside the inputs of every step, and beside outputs that are read.
        name: name scope.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[[Any], Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ):
        with name_scope(name, "ScheduledOutputTrainingHelper"):
            self._sampling_probability = _probability(sampling_probability)
            self._seed, self._next_inputs_fn = seed, next_inputs_fn
            self._auxiliary: Any = None
            if auxiliary_inputs is not None:
                inputs = convert_to_tensor(inputs, name="inputs")
                auxiliary = convert_to_tensor(auxiliary_inputs, name="auxiliary_inputs")
                inputs = concat([inputs, auxiliary], -1)
                self._auxiliary = unstacked(auxiliary if time_major else transpose_batch_time(auxiliary))
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None, **unused: Any) -> Any:
        """1 where outputs are read, 0 elsewhere."""
        with name_scope(name, "ScheduledOutputTrainingHelperSample"):
            return draw_bernoulli(self._sampling_probability, self.batch_size, dtypes.int32, self._seed)

    def _beside(self, values: Any, time: Any, rows: Any = None) -> Any:
        """`values` with what stands beside them in the next step."""
        if self._auxiliary is None:
            return values
        auxiliary = self._auxiliary.read(time + 1)
        if rows is not None:
            auxiliary = gather_nd(auxiliary, rows)
        return nest.map_structure(lambda value: concat([value, auxiliary], -1), values)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None, **unused: Any
    ) -> Any:
        """(finished, next inputs, `state`)."""
        with name_scope(name, "ScheduledOutputTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(time, outputs, state, sample_ids, name)
            chosen = cast(sample_ids, dtypes.bool)
            convert = self._next_inputs_fn

            def mixed() -> Any:
                if convert is None:
                    return where(chosen, self._beside(outputs, time), given)
                return _mixed(chosen, given, lambda rows: self._beside(convert(gather_nd(outputs, rows)), time, rows))

            none = raw_ops.LogicalNot(x=reduce_any(chosen))
            following = cond(raw_ops.LogicalOr(x=reduce_all(finished), y=none), lambda: given, mixed)
            return finished, following, state
