"""Losses of logits against labels by cross entropy."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.losses.elementwise import require
from tfcompat.losses.weighting import Reduction, compute_weighted_loss
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, shape, squeeze
from tfcompat.ops.cast import cast
from tfcompat.ops.confusion_matrix import may_end_in_one, remove_squeezable_dimensions, squeezed_if
from tfcompat.ops.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from tfcompat.ops.identity import stop_gradient

_BY_NONZERO = Reduction.SUM_BY_NONZERO_WEIGHTS


@tf_export("losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The cross entropy of each label with sigmoid(logit), weighted and reduced.

    Args:
        multi_class_labels: probabilities of the shape of `logits`.
        logits: floating-point numbers.
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        label_smoothing: share s by which labels move to 1/2: labels * (1 - s) + s / 2.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(multi_class_labels=multi_class_labels, logits=logits)
    with name_scope(scope, "sigmoid_cross_entropy_loss", (logits, multi_class_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The cross entropy of each row of labels with softmax(logits), weighted and reduced.

    Args:
        onehot_labels: probabilities of the shape of `logits`.
        logits: floating-point numbers [..., classes].
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        label_smoothing: share s by which labels move to 1 / classes: labels * (1 - s) + s / classes.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(onehot_labels=onehot_labels, logits=logits)
    with name_scope(scope, "softmax_cross_entropy_loss", (logits, onehot_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = cast(shape(labels)[-1], logits.dtype)
            rest = label_smoothing / classes
            labels = labels * (1.0 - label_smoothing) + rest
        labels = stop_gradient(labels, name="labels_stop_gradient")
        losses = softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """The cross entropy of each class with softmax(logits), weighted and reduced.

    Args:
        labels: int32 or int64 classes, of the shape of `logits` without the last dimension, or with 1 in its place.
        logits: floating-point numbers [..., classes].
        weights: scalar, or of the rank of the labels with dimensions that are 1 or theirs.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, logits=logits)
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", (logits, labels, weights)) as scope:
        labels, logits = remove_squeezable_dimensions(labels, logits, expected_rank_diff=1)
        weights = _squeezed_weights(weights, labels)
        losses = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def _squeezed_weights(weights: Any, labels: Tensor) -> Tensor:
    """`weights` without a last dimension of 1 that `labels` lacks."""
    weights = convert_to_tensor(weights)
    own = weights.shape.rank
    if own == 0:
        return weights
    if own is not None and labels.shape.rank is not None:
        if own - labels.shape.rank == 1 and may_end_in_one(weights):
            weights = squeeze(weights, [-1])
        return weights
    if own is not None and not may_end_in_one(weights):
        return weights
    difference = rank(weights) - rank(labels)
    return squeezed_if(raw_ops.Equal(x=1, y=difference), weights)
