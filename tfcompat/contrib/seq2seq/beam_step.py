"""One step of beam search: which beams go on, and with which symbols."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.seq2seq.attention_wrapper import AttentionWrapperState
from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import fill, one_hot, ones_like
from tfcompat.ops.gather import gather
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_mean, reduce_sum
from tfcompat.ops.sequences import range
from tfcompat.ops.softmax import log_softmax
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.tiling import tile
from tfcompat.ops.topk import top_k


def attention_probabilities(cell_state: Any, coverage_penalty_weight: float) -> Any:
    """What the cell attended to, `[batch, beams, rows]`; None when it does not count.

    Raises:
        ValueError: it counts, and the cell does not attend.
    """
    if coverage_penalty_weight == 0.0:
        return None
    if isinstance(cell_state, AttentionWrapperState):
        found = [_mean(cell_state.alignments)]
    else:
        states = cell_state if isinstance(cell_state, tuple) else ()
        found = [_mean(state.alignments) for state in states if isinstance(state, AttentionWrapperState)]
    if not found:
        raise ValueError("coverage_penalty_weight must be 0.0 if no cell is attentional.")
    return found[0] if len(found) == 1 else _mean(tuple(found))


def _mean(alignments: Any) -> Any:
    if not isinstance(alignments, tuple):
        return alignments
    return reduce_mean(concat([expand_dims(a, -1) for a in alignments], -1), -1)


def beam_step(
    logits: Any,
    cell_state: Any,
    state: Any,
    batch_size: Any,
    width: int,
    end_token: Any,
    length_penalty_weight: Any,
    coverage_penalty_weight: Any,
) -> tuple[tuple[Any, Any, Any], dict[str, Any]]:
    """((scores, symbols, parents) `[batch, width]`, fields of the next state)."""
    running = raw_ops.LogicalNot(x=state.finished)
    log_probs = _finished_rows(log_softmax(logits), end_token, state.finished)
    totals = expand_dims(state.log_probs, 2) + log_probs
    symbols: Any = dimension_value(logits.shape[-1])
    symbols = shape(logits)[-1] if symbols is None else symbols
    one, none = convert_to_tensor(1, dtypes.int64), convert_to_tensor(0, dtypes.int64)
    longer = one_hot(fill([batch_size, width], end_token), symbols, none, one, dtype=dtypes.int64)
    longer = longer * expand_dims(cast(running, dtypes.int64), 2)
    lengths = longer + expand_dims(state.lengths, 2)
    attended = attention_probabilities(cell_state, coverage_penalty_weight)
    if attended is not None:
        attended = attended * expand_dims(cast(running, dtypes.float32), 2)
        attended = state.accumulated_attention_probs + attended
    scores = totals / cast(_length_penalty(lengths, length_penalty_weight), totals.dtype)
    scores = scores + _coverage_penalty(attended, coverage_penalty_weight, state.finished)
    best, indices = top_k(reshape(scores, [batch_size, -1]), k=convert_to_tensor(width, dtypes.int32))
    known = get_static_value(batch_size)
    dims = [None if known is None else int(known), width]
    best.set_shape(dims)
    indices.set_shape(dims)
    gatherer = _Gatherer(batch_size, width)
    log_probs = gatherer.take(indices, totals, width * symbols, [-1])
    ids = cast(raw_ops.FloorMod(x=indices, y=symbols, name="next_beam_word_ids"), dtypes.int32)
    parents = raw_ops.FloorDiv(x=indices, y=symbols, name="next_beam_parent_ids")
    was_finished = gatherer.take(parents, state.finished, width, [-1])
    finished = raw_ops.LogicalOr(x=was_finished, y=equal(ids, end_token), name="next_beam_finished")
    lengths = gatherer.take(parents, state.lengths, width, [-1])
    lengths = lengths + cast(raw_ops.LogicalNot(x=was_finished), dtypes.int64)
    flat = [batch_size * width, -1]
    fields = {
        "cell_state": nest.map_structure(lambda t: gatherer.take_state(parents, t, flat), cell_state),
        "log_probs": log_probs,
        "lengths": lengths,
        "finished": finished,
        "accumulated_attention_probs": () if attended is None else gatherer.take(parents, attended, width, flat),
    }
    return (best, ids, parents), fields


def _finished_rows(log_probs: Any, end_token: Any, finished: Any) -> Any:
    """`log_probs`, but where a beam has finished, 0 for the end token and the lowest number for all others."""
    dtype = log_probs.dtype
    symbols = shape(log_probs)[2]
    zero, never = convert_to_tensor(0.0, dtype), convert_to_tensor(dtype.min, dtype)
    row = one_hot(end_token, symbols, zero, never, dtype=dtype)
    rows = tile(reshape(row, [1, 1, -1]), concat([shape(finished), [1]], 0))
    mask = tile(expand_dims(finished, 2), [1, 1, symbols])
    return where(mask, rows, log_probs)


def _length_penalty(lengths: Any, factor: Any) -> Any:
    factor = convert_to_tensor(factor, name="penalty_factor")
    factor.set_shape(())
    known = get_static_value(factor)
    if known is not None and known == 0:
        return 1.0
    return (5.0 + cast(lengths, dtypes.float32)) ** factor / (5.0 + 1.0) ** factor


def _coverage_penalty(attended: Any, weight: Any, finished: Any) -> Any:
    weight = convert_to_tensor(weight, name="coverage_penalty_weight")
    if weight.shape.rank != 0:
        raise ValueError(f"coverage_penalty_weight should be a scalar, but saw shape: {weight.shape}")
    if get_static_value(weight) == 0.0:
        return 0.0
    if attended is None:
        raise ValueError("accumulated_attention_probs can be None only if coverage penalty is disabled.")
    attended = where(equal(attended, 0.0), ones_like(attended), attended)
    penalty = reduce_sum(raw_ops.Log(x=raw_ops.Minimum(x=attended, y=1.0)), 2)
    return expand_dims(penalty * cast(finished, dtypes.float32) * weight, 2)


class _Gatherer:
    """Takes values of the beams that go on."""

    def __init__(self, batch_size: Any, width: int):
        self._batch_size, self._width = batch_size, width

    def take(self, indices: Any, values: Any, count: Any, form: list[Any]) -> Any:
        """`values` at `indices`, of which there are `count` for each member of the batch, in the shape `form`."""
        base = expand_dims(range(self._batch_size) * count, 1)
        chosen = gather(reshape(values, form), reshape(indices + base, [-1]))
        dims = len(form) + 1
        known = get_static_value(self._batch_size)
        made = reshape(chosen, shape(values)[:dims] if dims > 2 else shape(indices))
        batch = None if known is None else int(known)
        rest = values.shape[1:dims] if dims > 2 else [self._width]
        made.set_shape(TensorShape([batch]).concatenate(rest))
        return made

    def take_state(self, indices: Any, values: Any, form: list[Any]) -> Any:
        """The same for a part of a cell's state; arrays and what has no beams stay."""
        if isinstance(values, TensorArray) or values.shape.rank < len(form):
            return values
        return self.take(indices, values, self._width, form)
