"""Losses of sequences, and networks for buckets of lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.add_n import add_n
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.cross_entropy import sparse_softmax_cross_entropy_with_logits
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.variable_scope import get_variable_scope, variable_scope

LossFunction = Callable[..., Any]


@tf_export("contrib.legacy_seq2seq.sequence_loss_by_example")
def sequence_loss_by_example(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    softmax_loss_function: LossFunction | None = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of each sequence of a batch.

    Args:
        logits: tensors `[batch, symbols]`, one for each step.
        targets: int32 `[batch]`.
        weights: float `[batch]`.
        average_across_timesteps: whether the sum is divided by the sum of the weights.
        softmax_loss_function: called as fn(labels=, logits=) in place of the cross entropy.
        name: name scope.

    Returns:
        float `[batch]`.

    Raises:
        ValueError: the lists have different lengths.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            f"Lengths of logits, weights, and targets must be the same {len(logits)}, {len(weights)}, {len(targets)}."
        )
    with name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                loss = sparse_softmax_cross_entropy_with_logits(labels=reshape(target, [-1]), logits=logit)
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total = add_n(losses)
        if average_across_timesteps:
            total = total / (add_n(list(weights)) + 1e-12)
    return total


@tf_export("contrib.legacy_seq2seq.sequence_loss")
def sequence_loss(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: LossFunction | None = None,
    name: str | None = None,
) -> Tensor:
    """The sum of `sequence_loss_by_example` over the batch.

    Args:
        logits: tensors `[batch, symbols]`, one for each step.
        targets: int32 `[batch]`.
        weights: float `[batch]`.
        average_across_timesteps: whether each sequence's sum is divided by the sum of its weights.
        average_across_batch: whether the sum is divided by the batch size.
        softmax_loss_function: called as fn(labels=, logits=) in place of the cross entropy.
        name: name scope.

    Returns:
        A scalar.
    """
    with name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        cost = reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps=average_across_timesteps,
                softmax_loss_function=softmax_loss_function,
            )
        )
        return cost / cast(shape(targets[0])[0], cost.dtype) if average_across_batch else cost


@tf_export("contrib.legacy_seq2seq.model_with_buckets")
def model_with_buckets(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    buckets: Sequence[tuple[int, int]],
    seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: LossFunction | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Any]]:
    """One network for each of several lengths, with the same weights.

    Args:
        encoder_inputs: tensors, one for each step of the longest bucket.
        decoder_inputs: the same for the decoder.
        targets: int32 `[batch]`, one for each step of the decoder.
        weights: float `[batch]`.
        buckets: (length of the encoder, length of the decoder) pairs, from the shortest on.
        seq2seq: function of the inputs of both that gives (outputs, state).
        softmax_loss_function: as in `sequence_loss`.
        per_example_loss: whether losses are those of each sequence.
        name: name scope.

    Returns:
        (outputs by bucket, losses by bucket).

    Raises:
        ValueError: a list is shorter than the last bucket.
    """
    last_in, last_out = buckets[-1]
    for what, given, least in (
        ("encoder_inputs", encoder_inputs, last_in),
        ("targets", targets, last_out),
        ("weights", weights, last_out),
    ):
        if len(given) < least:
            raise ValueError(f"Length of {what} ({len(given)}) must be at least that of last bucket ({least}).")
    outputs, losses = [], []
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    with name_scope(name, "model_with_buckets", [*encoder_inputs, *decoder_inputs, *targets, *weights]):
        for index, (read, written) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if index > 0 else None):
                result, _ = seq2seq(encoder_inputs[:read], decoder_inputs[:written])
                outputs.append(result)
                losses.append(
                    loss(
                        result,
                        targets[:written],
                        weights[:written],
                        softmax_loss_function=softmax_loss_function,
                    )
                )
    return outputs, losses
