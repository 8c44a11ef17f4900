"""Means over everything seen, and metrics that are such means: accuracy and errors."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.metrics.state import FLOAT, Result, collected, fitted, flat, metric_variable
from tfcompat.ops import raw_ops
from tfcompat.ops.array import size
from tfcompat.ops.binary import div_no_nan, divide, multiply, subtract
from tfcompat.ops.cast import cast
from tfcompat.ops.confusion_matrix import confusion_matrix, remove_squeezable_dimensions
from tfcompat.ops.filling import ones, ones_like, zeros_like
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_mean, reduce_sum
from tfcompat.ops.state import assign_add
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.ops.weights_broadcast import broadcast_weights


def _ratio(total: Any, count: Any, name: str | None = None) -> Tensor:
    return div_no_nan(total, raw_ops.Maximum(x=convert_to_tensor(count), y=0), name=name)


def _mean(values: Any, weights: Any, counts: Any, total: Any, count: Any, sums: Any) -> tuple[Tensor, Tensor]:
    """The mean in `total` and `count`, and its update by weighted `values`."""
    if weights is not None:
        values, _, weights = fitted(values, None, weights)
        weights = broadcast_weights(cast(weights, FLOAT), values)
        values = multiply(values, weights)
        counts = sums(weights) if counts is None else multiply(counts, weights)
    elif counts is None:
        counts = cast(size(values), FLOAT)
    update_total = assign_add(total, sums(values))
    with control_dependencies([values]):
        update_count = assign_add(count, counts)
    return _ratio(total, count, "value"), _ratio(update_total, update_count, "update_op")


@tf_export("metrics.mean")
def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The weighted mean of all elements seen: sum(values * weights) / sum(weights).

    Args:
        values: tensor of numbers.
        weights: tensor that broadcasts to `values`; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope of `total` and `count`.

    Returns:
        The float32 mean so far, 0 before the first batch, and a tensor that takes in a batch and gives the new mean.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, FLOAT)
        total, count = metric_variable([], FLOAT, name="total"), metric_variable([], FLOAT, name="count")
        result = _mean(values, weights, None, total, count, reduce_sum)
        return collected(*result, metrics_collections, updates_collections)


@tf_export("metrics.mean_tensor")
def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The weighted mean of each element over the batches seen; arguments and results as of `mean`."""
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, FLOAT)
        total = metric_variable(values.shape, FLOAT, name="total_tensor")
        count = metric_variable(values.shape, FLOAT, name="count_tensor")
        result = _mean(values, weights, ones_like(values), total, count, lambda x: x)
        return collected(*result, metrics_collections, updates_collections)


@tf_export("metrics.accuracy")
def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """How often predictions equal labels, as a weighted mean.

    Args:
        labels: tensor of the shape of `predictions`.
        predictions: tensor.
        weights: tensor that broadcasts to `labels`; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope of `total` and `count`.
    """
    predictions, labels, weights = fitted(predictions, labels, weights)
    predictions.shape.assert_is_compatible_with(labels.shape)
    if labels.dtype != predictions.dtype:
        predictions = cast(predictions, labels.dtype)
    correct = cast(raw_ops.Equal(x=predictions, y=labels), FLOAT)
    return mean(correct, weights, metrics_collections, updates_collections, name or "accuracy")


@tf_export("metrics.mean_absolute_error")
def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of |predictions - labels|; arguments as of `accuracy`."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    errors = raw_ops.Abs(x=predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


@tf_export("metrics.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of (predictions - labels)^2; arguments as of `accuracy`."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    errors = raw_ops.SquaredDifference(x=labels, y=predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


@tf_export("metrics.root_mean_squared_error")
def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The square root of the mean of (predictions - labels)^2; arguments as of `accuracy`."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    value, update = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
    return collected(raw_ops.Sqrt(x=value), raw_ops.Sqrt(x=update), metrics_collections, updates_collections)


@tf_export("metrics.mean_relative_error")
def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean of |labels - predictions| / normalizer, 0 where `normalizer` is 0; arguments as of `accuracy`."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
    predictions.shape.assert_is_compatible_with(normalizer.shape)
    errors = where(
        raw_ops.Equal(x=normalizer, y=0.0), zeros_like(labels), divide(raw_ops.Abs(x=labels - predictions), normalizer)
    )
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


@tf_export("metrics.mean_cosine_distance")
def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """1 - the mean of sum(predictions * labels) along `dim`, for vectors of length 1; arguments as of `accuracy`."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    similarity = reduce_sum(multiply(predictions, labels), axis=[dim], keepdims=True)
    value, update = mean(similarity, weights, None, None, name or "mean_cosine_distance")
    return collected(subtract(1.0, value), subtract(1.0, update), metrics_collections, updates_collections)


@tf_export("metrics.percentage_below")
def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The weighted share of elements below `threshold`; other arguments as of `mean`."""
    below = cast(raw_ops.Less(x=values, y=threshold), FLOAT)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


@tf_export("metrics.mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean over classes of each one's accuracy.

    Args:
        labels: classes, integers from 0 on.
        predictions: classes, of the shape of `labels`.
        num_classes: how many classes there are.
        weights: tensor of the shape of `labels`; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope of `total` and `count`.

    Returns:
        The float32 mean, and a tensor [num_classes] that takes in a batch and gives each class's accuracy.
    """
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels, predictions = cast(labels, "int64"), convert_to_tensor(predictions)
        labels, predictions = flat(labels), flat(predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes], FLOAT, name="total")
        count = metric_variable([num_classes], FLOAT, name="count")
        seen = ones([size(labels)], FLOAT)
        if labels.dtype != predictions.dtype:
            predictions = cast(predictions, labels.dtype)
        correct = cast(raw_ops.Equal(x=predictions, y=labels), FLOAT)
        if weights is not None:
            weights = cast(flat(convert_to_tensor(weights)), FLOAT)
            correct, seen = correct * weights, seen * weights
        scatter_add = PUBLIC["scatter_add"]
        update_total = scatter_add(total, labels, seen)
        update_count = scatter_add(count, labels, correct)
        value = reduce_mean(_ratio(count, total), name="mean_accuracy")
        update = _ratio(update_count, update_total, "update_op")
        return collected(value, update, metrics_collections, updates_collections)


@tf_export("metrics.mean_iou")
def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean over classes of intersection over union: hits / (labels + predictions - hits).

    Classes that occur neither in labels nor in predictions do not count.

    Args:
        labels: classes, integers from 0 on.
        predictions: classes, of the shape of `labels`.
        num_classes: how many classes there are.
        weights: tensor of the shape of `labels`; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope of `total_confusion_matrix`.

    Returns:
        The float32 mean, and the confusion matrix after taking in a batch.
    """
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        predictions.shape.assert_is_compatible_with(labels.shape)
        total, update = _streaming_confusion_matrix(labels, predictions, num_classes, weights)
        return collected(_iou(total), update, metrics_collections, updates_collections)


def _streaming_confusion_matrix(labels: Any, predictions: Any, num_classes: int, weights: Any) -> Result:
    total = metric_variable([num_classes, num_classes], "float64", name="total_confusion_matrix")
    predictions, labels = cast(predictions, "int64"), cast(labels, "int64")
    classes = cast(num_classes, "int64")
    predictions, labels = flat(predictions), flat(labels)
    if weights is not None:
        weights = flat(convert_to_tensor(weights))
    batch = confusion_matrix(labels, predictions, classes, weights=weights, dtype="float64")
    return total, assign_add(total, batch)


def _iou(matrix: Any) -> Tensor:
    rows, columns = (cast(reduce_sum(matrix, axis), FLOAT) for axis in (0, 1))
    hits = cast(raw_ops.DiagPart(input=convert_to_tensor(matrix)), FLOAT)
    union = rows + columns - hits
    classes = reduce_sum(cast(raw_ops.NotEqual(x=union, y=0), FLOAT))
    union = where(raw_ops.Greater(x=union, y=0), union, ones_like(union))
    share = divide(hits, union)
    return where(raw_ops.Greater(x=classes, y=0), reduce_sum(share, name="mean_iou") / classes, 0)
