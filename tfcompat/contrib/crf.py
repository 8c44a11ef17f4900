"""tf.contrib.crf: linear chain conditional random fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.ops import raw_ops
from tfcompat.ops.argmax import argmax
from tfcompat.ops.array import expand_dims, reshape, shape, squeeze
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import fill, zeros_like
from tfcompat.ops.gather import gather, gather_nd
from tfcompat.ops.masks import sequence_mask, where
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_logsumexp, reduce_max, reduce_sum
from tfcompat.ops.reversal import reverse_sequence
from tfcompat.ops.sequences import range
from tfcompat.ops.slicing import slice_ as slice
from tfcompat.ops.variable_scope import get_variable
from tfcompat.rnn.cell import RNNCell
from tfcompat.rnn.dynamic import dynamic_rnn


def _by_length(inputs: Any, one: Callable[[], Any], more: Callable[[], Any]) -> Any:
    """What `one` gives for sequences of one step, else what `more` gives."""
    steps = dimension_value(inputs.shape[1])
    if steps is not None:
        return one() if steps == 1 else more()
    return cond(equal(shape(inputs)[1], 1), one, more)


def _where_present(lengths: Any, values: Any) -> Any:
    """`values`, but 0 for sequences without steps."""
    return where(lengths <= 0, zeros_like(values), values)


def _one_less(lengths: Any) -> Any:
    return raw_ops.Maximum(x=raw_ops.Cast(x=0, DstT=lengths.dtype), y=lengths - 1)


@tf_export("contrib.crf.crf_sequence_score")
def crf_sequence_score(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The score of a sequence of tags, not normalized.

    Args:
        inputs: float32 `[batch, time, tags]`, scores of the tags at each step.
        tag_indices: integer `[batch, time]`.
        sequence_lengths: integer `[batch]`.
        transition_params: `[tags, tags]`, scores of one tag after another.

    Returns:
        `[batch]`.
    """

    def one() -> Any:
        rows = reshape(range(shape(inputs, out_type=tag_indices.dtype)[0], dtype=tag_indices.dtype), [-1, 1])
        scores = gather_nd(squeeze(inputs, [1]), concat([rows, tag_indices], axis=1))
        return _where_present(sequence_lengths, scores)

    def more() -> Any:
        unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
        return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)

    return _by_length(inputs, one, more)  # type: ignore[no-any-return]


@tf_export("contrib.crf.crf_multitag_sequence_score")
def crf_multitag_sequence_score(inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The score of all sequences of tags that `tag_bitmap`, bool `[batch, time, tags]`, allows.

    Args:
        inputs: float32 `[batch, time, tags]`.
        tag_bitmap: bool of the same shape.
        sequence_lengths: integer `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """

    def allowed() -> Any:
        return where(tag_bitmap, inputs, fill(shape(inputs), float("-inf")))

    return _by_length(  # type: ignore[no-any-return]
        inputs,
        lambda: reduce_logsumexp(allowed(), axis=[1, 2]),
        lambda: crf_log_norm(allowed(), sequence_lengths, transition_params),
    )


@tf_export("contrib.crf.crf_log_norm")
def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The logarithm of the sum of exp(score) over all sequences of tags.

    Args:
        inputs: float32 `[batch, time, tags]`.
        sequence_lengths: integer `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """
    first = squeeze(slice(inputs, [0, 0, 0], [-1, 1, -1]), [1])

    def more() -> Any:
        _, alphas = dynamic_rnn(
            CrfForwardRnnCell(transition_params),
            slice(inputs, [0, 1, 0], [-1, -1, -1]),
            sequence_length=_one_less(sequence_lengths),
            initial_state=first,
            dtype=dtypes.float32,
        )
        return _where_present(sequence_lengths, reduce_logsumexp(alphas, [1]))

    return _by_length(  # type: ignore[no-any-return]
        inputs, lambda: _where_present(sequence_lengths, reduce_logsumexp(first, [1])), more
    )


@tf_export("contrib.crf.crf_log_likelihood")
def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Tensor, Any]:
    """The log likelihood of sequences of tags.

    Args:
        inputs: float32 `[batch, time, tags]`, scores of the tags at each step.
        tag_indices: integer `[batch, time]`.
        sequence_lengths: integer `[batch]`.
        transition_params: `[tags, tags]`; a variable `transitions` when None.

    Returns:
        (`[batch]`, the transition scores).
    """
    tags = dimension_value(inputs.shape[2])
    if transition_params is None:
        transition_params = get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


@tf_export("contrib.crf.crf_unary_score")
def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Tensor:
    """The sum of the scores of the tags themselves.

    Args:
        tag_indices: integer `[batch, time]`.
        sequence_lengths: integer `[batch]`.
        inputs: `[batch, time, tags]`.

    Returns:
        `[batch]`.
    """
    sizes = shape(inputs)
    rows, steps, tags = sizes[0], sizes[1], sizes[2]
    offsets = expand_dims(range(rows) * steps * tags, 1) + expand_dims(range(steps) * tags, 0)
    if tag_indices.dtype.base_dtype is dtypes.int64:
        offsets = cast(offsets, dtypes.int64)
    scores = reshape(gather(reshape(inputs, [-1]), reshape(offsets + tag_indices, [-1])), [rows, steps])
    mask = sequence_mask(sequence_lengths, maxlen=shape(tag_indices)[1], dtype=dtypes.float32)
    return reduce_sum(scores * mask, 1)


@tf_export("contrib.crf.crf_binary_score")
def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The sum of the scores of each tag after the one before.

    Args:
        tag_indices: integer `[batch, time]`.
        sequence_lengths: integer `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """
    tags = dimension_value(transition_params.shape[0])
    count = shape(tag_indices)[1] - 1
    before, after = (slice(tag_indices, [0, start], [-1, count]) for start in (0, 1))
    scores = gather(reshape(transition_params, [-1]), before * tags + after)
    mask = sequence_mask(sequence_lengths, maxlen=shape(tag_indices)[1], dtype=dtypes.float32)
    return reduce_sum(scores * slice(mask, [0, 1], [-1, -1]), 1)


class _TagCell(RNNCell):
    """A cell over the scores of tags; it has no variables."""

    def __init__(self, transition_params: Any):
        super().__init__()
        self._transition_params = expand_dims(transition_params, 0)
        self._num_tags = dimension_value(transition_params.shape[0])

    @property
    def state_size(self) -> Any:
        """The number of tags."""
        return self._num_tags

    @property
    def output_size(self) -> Any:
        """The number of tags."""
        return self._num_tags


@tf_export("contrib.crf.CrfForwardRnnCell")
class CrfForwardRnnCell(_TagCell):
    """Sums over the tags before, in logarithms: the forward pass.

    Args:
        transition_params: `[tags, tags]`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """(log sums for each tag, the same as next state)."""
        sums = inputs + reduce_logsumexp(expand_dims(state, 2) + self._transition_params, [1])
        return sums, sums


@tf_export("contrib.crf.CrfDecodeForwardRnnCell")
class CrfDecodeForwardRnnCell(_TagCell):
    """Finds the best tag before each tag.

    Args:
        transition_params: `[tags, tags]`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """(the tags before, int32; the best scores)."""
        scores = expand_dims(state, 2) + self._transition_params
        return cast(argmax(scores, 1), dtypes.int32), inputs + reduce_max(scores, [1])


@tf_export("contrib.crf.CrfDecodeBackwardRnnCell")
class CrfDecodeBackwardRnnCell(RNNCell):
    """Follows the best tags back.

    Args:
        num_tags: the number of tags.
    """

    def __init__(self, num_tags: int):
        super().__init__()
        self._num_tags = num_tags

    @property
    def state_size(self) -> Any:
        """1."""
        return 1

    @property
    def output_size(self) -> Any:
        """1."""
        return 1

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """(the tag before `[batch, 1]`, the same as next state)."""
        rows = range(shape(inputs)[0])
        tags = expand_dims(gather_nd(inputs, stack([rows, squeeze(state, axis=[1])], axis=1)), axis=-1)
        return tags, tags


@tf_export("contrib.crf.viterbi_decode")
def viterbi_decode(score: np.ndarray, transition_params: np.ndarray) -> tuple[list[Any], Any]:
    """The best sequence of tags for one sequence of scores, outside of graphs.

    Args:
        score: `[time, tags]`.
        transition_params: `[tags, tags]`.

    Returns:
        (list of tags, its score).
    """
    best, before = score[0], []
    for step in score[1:]:
        through = np.expand_dims(best, 1) + transition_params
        before.append(np.argmax(through, 0))
        best = step + np.max(through, 0)
    tags = [np.argmax(best)]
    for back in reversed(before):
        tags.append(back[tags[-1]])
    return tags[::-1], np.max(best)


@tf_export("contrib.crf.crf_decode")
def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> tuple[Tensor, Tensor]:
    """The best sequences of tags.

    Args:
        potentials: float32 `[batch, time, tags]`, scores of the tags at each step.
        transition_params: `[tags, tags]`.
        sequence_length: integer `[batch]`.

    Returns:
        (tags int32 `[batch, time]`, their scores `[batch]`).
    """

    def one() -> Any:
        scores = squeeze(potentials, [1])
        return cast(expand_dims(argmax(scores, axis=1), 1), dtypes.int32), reduce_max(scores, axis=1)

    def more() -> Any:
        lengths = _one_less(sequence_length)
        first = squeeze(slice(potentials, [0, 0, 0], [-1, 1, -1]), axis=[1])
        before, last = dynamic_rnn(
            CrfDecodeForwardRnnCell(transition_params),
            slice(potentials, [0, 1, 0], [-1, -1, -1]),
            sequence_length=lengths,
            initial_state=first,
            dtype=dtypes.int32,
        )
        tag = expand_dims(cast(argmax(last, axis=1), dtypes.int32), axis=-1)
        tags, _ = dynamic_rnn(
            CrfDecodeBackwardRnnCell(dimension_value(potentials.shape[2])),  # type: ignore[arg-type]
            reverse_sequence(before, lengths, seq_axis=1, batch_axis=0),
            sequence_length=lengths,
            initial_state=tag,
            dtype=dtypes.int32,
        )
        tags = concat([tag, squeeze(tags, axis=[2])], axis=1)
        return reverse_sequence(tags, sequence_length, seq_axis=1, batch_axis=0), reduce_max(last, axis=1)

    return _by_length(potentials, one, more)  # type: ignore[no-any-return]
