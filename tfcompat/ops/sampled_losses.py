"""Losses over a random sample of classes: noise-contrastive estimation and sampled softmax."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape
from tfcompat.ops.candidate_sampling import compute_accidental_hits
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.cross_entropy import sigmoid_cross_entropy_with_logits, softmax_cross_entropy_with_logits_v2
from tfcompat.ops.embedding import embedding_lookup
from tfcompat.ops.filling import ones, ones_like, zeros_like
from tfcompat.ops.matmul import matmul
from tfcompat.ops.packing import stack
from tfcompat.ops.slicing import slice_


@tf_export("nn.nce_loss")
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """Noise-contrastive estimation: logistic losses of the true classes and of sampled ones, summed.

    Args:
        weights: `[num_classes, dim]`, or a list of its partitions.
        biases: `[num_classes]`.
        labels: `[batch, num_true]`, int64.
        inputs: `[batch, dim]`.
        num_sampled: classes to sample for the batch.
        num_classes: number of classes.
        num_true: true classes of an example.
        sampled_values: (classes, expected counts of the true, expected counts of the sampled), as a candidate sampler
            gives them; the log-uniform one draws them by default.
        remove_accidental_hits: whether sampled classes that are true ones do not count.
        partition_strategy: "mod" or "div".
        name: name of the scope.

    Returns:
        The loss of every example, `[batch]`.
    """
    logits, targets = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, True,
        remove_accidental_hits, partition_strategy, name, None)  # fmt: skip
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name="sampled_losses")
    return _row_sums(losses)


@tf_export("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """Cross-entropy of a softmax over the true and the sampled classes; the arguments are those of `nce_loss`."""
    logits, targets = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, True,
        remove_accidental_hits, partition_strategy, name, seed)  # fmt: skip
    targets = raw_ops.StopGradient(input=targets, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=targets, logits=logits)


def _row_sums(x: Tensor) -> Tensor:
    """The sums of the rows, as a product with ones."""
    columns = shape(x)[1]  # type: ignore[index]
    column = ones(stack([columns, 1]), x.dtype)
    return reshape(matmul(x, column), [-1])


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    subtract_log_q: bool,
    remove_accidental_hits: bool,
    partition_strategy: str,
    name: str,
    seed: int | None,
) -> tuple[Tensor, Tensor]:
    """Logits of the true, then of the sampled classes, and what they should be: both `[batch, num_true + sampled]`."""
    tables = weights if isinstance(weights, (list, tuple)) else [weights]
    with name_scope(name, "compute_sampled_logits", [*tables, biases, inputs, labels]):
        if labels.dtype != dtypes.int64:
            labels = cast(labels, dtypes.int64)
        flat = reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = PUBLIC["random.log_uniform_candidate_sampler"](
                true_classes=labels, num_true=num_true, num_sampled=num_sampled, unique=True, range_max=num_classes,
                seed=seed)  # fmt: skip
        sampled, true_counts, sampled_counts = (raw_ops.StopGradient(input=s) for s in sampled_values)
        sampled = cast(sampled, dtypes.int64)
        ids = concat([flat, sampled], 0)
        rows = embedding_lookup(weights, ids, partition_strategy=partition_strategy)
        if rows.dtype != inputs.dtype:
            rows = cast(rows, inputs.dtype)
        true_rows = slice_(rows, [0, 0], stack([shape(flat)[0], -1]))  # type: ignore[index]
        sampled_rows = slice_(rows, stack([shape(flat)[0], 0]), [-1, -1])  # type: ignore[index]
        sampled_logits: Any = matmul(inputs, sampled_rows, transpose_b=True)
        offsets = embedding_lookup(biases, ids, partition_strategy=partition_strategy)
        if offsets.dtype != inputs.dtype:
            offsets = cast(offsets, inputs.dtype)
        true_offsets = slice_(offsets, [0], shape(flat))
        sampled_offsets = slice_(offsets, shape(flat), [-1])
        true_logits: Any = _true_logits(true_rows, inputs, num_true)
        true_logits = true_logits + reshape(true_offsets, [-1, num_true])
        sampled_logits = sampled_logits + sampled_offsets
        if remove_accidental_hits:
            sampled_logits = sampled_logits + _accidental(labels, sampled, num_true, num_sampled, sampled_logits.dtype)
        if subtract_log_q:
            true_logits = true_logits - raw_ops.Log(x=true_counts)
            sampled_logits = sampled_logits - raw_ops.Log(x=sampled_counts)
        logits = concat([true_logits, sampled_logits], 1)
        certain = ones_like(true_logits) / num_true  # type: ignore[operator]
        targets = concat([certain, zeros_like(sampled_logits)], 1)
        return logits, targets


def _true_logits(rows: Tensor, inputs: Tensor, num_true: int) -> Tensor:
    """The products of every input with the rows of its true classes, `[batch, num_true]`."""
    dim = shape(rows)[1:2]  # type: ignore[index]
    form = concat([[-1, num_true], dim], 0)
    products = raw_ops.Mul(x=expand_dims(inputs, 1), y=reshape(rows, form))
    sums = _row_sums(reshape(products, concat([[-1], dim], 0)))
    return reshape(sums, [-1, num_true])


def _accidental(labels: Tensor, sampled: Tensor, num_true: int, num_sampled: int, dtype: Any) -> Tensor:
    """Very negative numbers where a sampled class is a true one, `[batch, sampled]`."""
    rows, ids, numbers = compute_accidental_hits(labels, sampled, num_true=num_true)
    places = concat([reshape(rows, [-1, 1]), reshape(cast(ids, dtypes.int32), [-1, 1])], 1, "sparse_indices")
    form = concat([shape(labels)[:1], expand_dims(num_sampled, 0)], 0)  # type: ignore[index]
    if numbers.dtype != dtype:
        numbers = cast(numbers, dtype)
    return raw_ops.SparseToDense(
        sparse_indices=places, output_shape=form, sparse_values=numbers, default_value=0.0, validate_indices=False
    )
