"""Losses of predictions that differ from labels."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.losses.collected import add_loss
from tfcompat.losses.weighting import Reduction, compute_weighted_loss, num_present
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import rank
from tfcompat.ops.binary import add, div_no_nan, multiply, subtract
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like, zeros_like
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.weights_broadcast import assert_broadcastable

_BY_NONZERO = Reduction.SUM_BY_NONZERO_WEIGHTS


def require(**arguments: Any) -> None:
    """ValueError for an argument that is None."""
    for name, value in arguments.items():
        if value is None:
            raise ValueError(f"Argument `{name}` must not be None.")


def _floats(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    """Both as float32; ValueError when their shapes differ."""
    predictions = cast(predictions, dtypes.float32)
    labels = cast(labels, dtypes.float32)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return labels, predictions


@tf_export("losses.absolute_difference")
def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """|predictions - labels| in float32, weighted and reduced; see `compute_weighted_loss`.

    Args:
        labels: numbers of the shape of `predictions`.
        predictions: numbers.
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, predictions=predictions)
    with name_scope(scope, "absolute_difference", (predictions, labels, weights)) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = raw_ops.Abs(x=subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.cosine_distance")
def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
    dim: int | None = None,
) -> Tensor:
    """1 - sum(predictions * labels) along `axis`, for vectors of length 1, weighted and reduced.

    Args:
        labels: numbers of the shape of `predictions`.
        predictions: numbers.
        axis: that of the vectors.
        weights: scalar, or of the rank of the losses, whose `axis` has size 1.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.
        dim: deprecated name of `axis`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    axis = one_of("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify argument `axis`.")
    require(labels=labels, predictions=predictions)
    with name_scope(scope, "cosine_distance_loss", (predictions, labels, weights)) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = 1 - reduce_sum(multiply(predictions, labels), axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.hinge_loss")
def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """max(0, 1 - (2 * labels - 1) * logits) for labels 0 and 1, weighted and reduced.

    Args:
        labels: 0 or 1, of the shape of `logits`.
        logits: numbers.
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, logits=logits)
    with name_scope(scope, "hinge_loss", (logits, labels, weights)) as scope:
        labels, logits = _floats(labels, logits)
        ones = ones_like(labels)
        signs = subtract(2 * labels, ones)
        losses = raw_ops.Relu(features=subtract(ones, multiply(signs, logits)))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.huber_loss")
def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """e^2 / 2 where e = |predictions - labels| <= delta, else delta * e - delta^2 / 2; weighted and reduced.

    Args:
        labels: numbers of the shape of `predictions`.
        predictions: numbers.
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        delta: where the parabola becomes a line.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, predictions=predictions)
    with name_scope(scope, "huber_loss", (predictions, labels, weights)) as scope:
        labels, predictions = _floats(labels, predictions)
        error = raw_ops.Abs(x=subtract(predictions, labels))
        quadratic = raw_ops.Minimum(x=error, y=delta)
        linear = subtract(error, quadratic)
        half = convert_to_tensor(0.5, dtype=quadratic.dtype)
        losses = add(multiply(half, multiply(quadratic, quadratic)), raw_ops.Mul(x=delta, y=linear), name="Add")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.log_loss")
def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """-labels * log(predictions + epsilon) - (1 - labels) * log(1 - predictions + epsilon), weighted and reduced.

    Args:
        labels: numbers of the shape of `predictions`.
        predictions: probabilities.
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        epsilon: keeps logarithms finite.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, predictions=predictions)
    with name_scope(scope, "log_loss", (predictions, labels, weights)) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = -multiply(labels, raw_ops.Log(x=predictions + epsilon)) - multiply(
            1 - labels, raw_ops.Log(x=1 - predictions + epsilon)
        )
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _BY_NONZERO,
) -> Tensor:
    """(predictions - labels)^2 in float32, weighted and reduced.

    Args:
        labels: numbers of the shape of `predictions`.
        predictions: numbers.
        weights: scalar, or of the rank of the losses with dimensions that are 1 or theirs.
        scope: name scope.
        loss_collection: collection that the loss joins.
        reduction: a key of `Reduction`.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_squared_error", (predictions, labels, weights)) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = raw_ops.SquaredDifference(x=predictions, y=labels)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@tf_export("losses.mean_pairwise_squared_error")
def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Tensor:
    """The mean over pairs of elements of one batch entry of ((p_i - p_j) - (l_i - l_j))^2, summed over the batch.

    Args:
        labels: numbers [batch, ...].
        predictions: numbers of the shape of `labels`.
        weights: scalar, [batch], or of the rank of `labels` with dimensions that are 1 or those of `labels`.
        scope: name scope.
        loss_collection: collection that the loss joins.

    Returns:
        A float32 scalar; 0 when all weights are 0.

    Raises:
        ValueError: an argument is None, or shapes do not fit.
    """
    require(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_pairwise_squared_error", (predictions, labels, weights)) as scope:
        weights = cast(weights, dtypes.float32)
        labels = cast(labels, dtypes.float32)
        with control_dependencies((assert_broadcastable(weights, labels),)):
            predictions = cast(predictions, dtypes.float32)
            predictions.shape.assert_is_compatible_with(labels.shape)
            differences = subtract(predictions, labels)
            axes = range_of(1, rank(differences))
            squares = reduce_sum(raw_ops.Square(x=differences), axis=axes, keepdims=True)
            present = num_present(differences, weights, per_batch=True)
            first = 2.0 * div_no_nan(squares, raw_ops.Maximum(x=present - 1, y=0), name="value")
            total = reduce_sum(differences, axis=axes, keepdims=True)
            second = 2.0 * div_no_nan(
                raw_ops.Square(x=total), raw_ops.Maximum(x=multiply(present, present - 1), y=0), name="value"
            )
            loss = reduce_sum(multiply(first - second, weights))
            mean = where(reduce_sum(present) > 0, loss, zeros_like(loss), name="value")
            add_loss(mean, loss_collection)
            return mean
