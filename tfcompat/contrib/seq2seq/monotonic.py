"""Attention that moves forward only: the chance that each row is the one that is attended to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones, zeros
from tfcompat.ops.folds import scan
from tfcompat.ops.random import random_normal
from tfcompat.ops.scan import cumprod, cumsum
from tfcompat.rnn.cells import sigmoid


@tf_export("contrib.seq2seq.safe_cumprod")
def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`tf.cumprod` of values in [0, 1] as exp(cumsum(log(x))), with x at least the smallest normal number.

    Args:
        x: floating point.
        args: as for `tf.cumsum`.
        kwargs: the same.
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return raw_ops.Exp(x=cumsum(raw_ops.Log(x=clip_by_value(x, tiny, 1)), *args, **kwargs))


@tf_export("contrib.seq2seq.monotonic_attention")
def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Any:
    """The alignments when row i, once reached, is chosen with probability `p_choose_i`.

    Args:
        p_choose_i: `[batch, rows]`, in [0, 1].
        previous_attention: the alignments of the step before.
        mode: "recursive" (exact, row after row), "parallel" (fast, inexact where probabilities are close to 0 or 1),
            or "hard" (probabilities are 0 or 1, and alignments too).

    Returns:
        `[batch, rows]`.

    Raises:
        ValueError: another mode.
    """
    p = convert_to_tensor(p_choose_i, name="p_choose_i")
    before = convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        batch = dimension_value(p.shape[0]) or shape(p)[0]
        passed = concat([ones([batch, 1]), 1 - p[:, :-1]], 1)
        reached = scan(
            lambda x, yz: reshape(yz[0] * x + yz[1], [batch]), [transpose(passed), transpose(before)], zeros([batch])
        )
        return p * transpose(reached)
    if mode == "parallel":
        passed = safe_cumprod(1 - p, axis=1, exclusive=True)
        return p * passed * cumsum(before / clip_by_value(passed, 1e-10, 1.0), axis=1)
    if mode == "hard":
        p = p * cumsum(before, axis=1)
        return p * cumprod(1 - p, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def from_scores(noise: float, mode: str, seed: int | None) -> Callable[[Any, Any], Any]:
    """The probability function of monotonic attention."""

    def probability(score: Any, previous: Any) -> Any:
        if noise > 0:
            score = score + noise * random_normal(shape(score), dtype=score.dtype, seed=seed)
        chosen = cast(score > 0, score.dtype) if mode == "hard" else sigmoid(score)
        return monotonic_attention(chosen, previous, mode)

    return probability
