"""The weighted cross entropy of a batch of sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.binary import div_no_nan
from tfcompat.ops.cast import cast
from tfcompat.ops.cross_entropy import sparse_softmax_cross_entropy_with_logits
from tfcompat.ops.reduction import count_nonzero, reduce_sum


@tf_export("contrib.seq2seq.sequence_loss")
def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of sequences.

    Args:
        logits: `[batch, time, symbols]`.
        targets: integer `[batch, time]`.
        weights: `[batch, time]`, 0 behind the ends.
        average_across_timesteps: whether the sum over time is divided by the sum of the weights.
        average_across_batch: the same for the batch.
        sum_over_timesteps: whether the sum over time is divided by the number of weights that are not 0.
        sum_over_batch: the same for the batch.
        softmax_loss_function: called as fn(labels=, logits=) in place of the cross entropy.
        name: name scope.

    Returns:
        A scalar, `[time]`, `[batch]` or `[batch, time]`, after what is summed.

    Raises:
        ValueError: an argument has another rank, or both an average and a sum are asked for.
    """
    for what, tensor, rank, form in (
        ("Logits", logits, 3, "[batch_size x sequence_length x logits]"),
        ("Targets", targets, 2, "[batch_size x sequence_length]"),
        ("Weights", weights, 2, "[batch_size x sequence_length]"),
    ):
        if len(tensor.shape) != rank:
            raise ValueError(f"{what} must be a {form} tensor")
    for what, average, total in (
        ("timesteps", average_across_timesteps, sum_over_timesteps),
        ("batch", average_across_batch, sum_over_batch),
    ):
        if average and total:
            raise ValueError(f"average_across_{what} and sum_over_{what} cannot be set to True at same time.")
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        flat = reshape(logits, [-1, shape(logits)[2]])
        labels = reshape(targets, [-1])
        loss_function = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
        losses = loss_function(labels=labels, logits=flat) * reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return div_no_nan(reduce_sum(losses), reduce_sum(weights))
        if sum_over_timesteps and sum_over_batch:
            return div_no_nan(reduce_sum(losses), cast(count_nonzero(weights), losses.dtype))
        losses = reshape(losses, shape(logits)[0:2])
        if average_across_timesteps or average_across_batch:
            axis = [0] if average_across_batch else [1]
            return div_no_nan(reduce_sum(losses, axis), reduce_sum(weights, axis))
        if sum_over_timesteps or sum_over_batch:
            axis = [0] if sum_over_batch else [1]
            return div_no_nan(reduce_sum(losses, axis), cast(count_nonzero(weights, axis), losses.dtype))
        return losses
