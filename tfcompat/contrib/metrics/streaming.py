"""tf.contrib.metrics: metrics that `tf.metrics` lacks: counts, rates at thresholds, covariance, correlation, F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import PUBLIC, export
from tfcompat.metrics import thresholds as at_thresholds
from tfcompat.metrics.counts import false_negatives, false_positives, true_negatives, true_positives
from tfcompat.metrics.state import EPSILON, Result, collected, fitted, metric_variable, spaced_thresholds
from tfcompat.ops.array import size
from tfcompat.ops.binary import div, greater, less_equal
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like
from tfcompat.ops.grouping import group
from tfcompat.ops.masks import where
from tfcompat.ops.math import sqrt
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.state import assign_add
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.ops.weights_broadcast import broadcast_weights


def count(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The number of elements of all batches, or the sum of their weights."""
    with variable_scope(name, "count", (values, weights)):
        total = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            here = cast(size(values), dtypes.float32)
        else:
            values = cast(values, dtypes.float32)
            values, _, weights = fitted(values, None, weights)
            here = reduce_sum(broadcast_weights(cast(weights, dtypes.float32), values))
        with control_dependencies([convert_to_tensor(values)]):
            update = assign_add(total, here)
        return collected(total.value(), update, metrics_collections, updates_collections)


def _rate(
    default_name: str,
    hits: Any,
    others: Any,
    predictions: Any,
    labels: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Result:
    """hits / (hits + others), two counters of `tf.metrics`; 0 where both are 0."""
    with variable_scope(name, default_name, (predictions, labels, weights)):
        predictions, labels, weights = fitted(cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights)
        counted = [f(labels=labels, predictions=predictions, weights=weights) for f in (hits, others)]

        def share(a: Any, b: Any, name: str) -> Any:
            return where(greater(a + b, 0), div(a, a + b), 0, name)

        value = share(counted[0][0], counted[1][0], "value")
        update = share(counted[0][1], counted[1][1], "update_op")
        return collected(value, update, metrics_collections, updates_collections)


def streaming_false_positive_rate(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The share of what is labelled false that is predicted true."""
    return _rate(
        "false_positive_rate", false_positives, true_negatives, predictions, labels, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


def streaming_false_negative_rate(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The share of what is labelled true that is predicted false."""
    return _rate(
        "false_negative_rate", false_negatives, true_positives, predictions, labels, weights,
        metrics_collections, updates_collections, name,
    )  # fmt: skip


def _counts(labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, keys: Sequence[str]) -> Any:
    predictions, labels, weights = fitted(predictions, labels, weights)
    return at_thresholds.confusion_counts(labels, predictions, thresholds, weights, keys)


def _counter_at_thresholds(kind: str, key: str) -> Any:
    def counter(predictions: Any, labels: Any, thresholds: Sequence[float], weights: Any = None) -> Result:
        values, updates = _counts(labels, predictions, thresholds, weights, (key,))
        return values[key], updates[key]

    counter.__name__ = counter.__qualname__ = f"streaming_{kind}_at_thresholds"
    counter.__doc__ = f"The number of {kind.replace('_', ' ')} when what lies above a threshold is predicted true."
    return counter


def _rate_at_thresholds(kind: str, hits: str, others: str) -> Any:
    def rate(
        predictions: Any,
        labels: Any,
        thresholds: Sequence[float],
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        with variable_scope(name, f"{kind}_at_thresholds", (predictions, labels, weights)):
            values, updates = _counts(labels, predictions, thresholds, weights, (hits, others))
            value, update = (at_thresholds.share(counts, hits, others) for counts in (values, updates))
            return collected(value, update, metrics_collections, updates_collections)

    rate.__name__ = rate.__qualname__ = f"streaming_{kind}_at_thresholds"
    rate.__doc__ = f"`streaming_{kind}` when what lies above a threshold is predicted true."
    return rate


def streaming_curve_points(
    labels: Any = None,
    predictions: Any = None,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
) -> Result:
    """Points [num_thresholds, 2] of a curve: false positive rate and recall ("ROC"), or recall and precision ("PR").

    Raises:
        ValueError: the curve is unknown.
    """
    with variable_scope(name, "curve_points", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
        keys = ("tp", "fn", "tn", "fp")
        values, updates = _counts(labels, predictions, spaced_thresholds(num_thresholds), weights, keys)
        tp, fn, tn, fp = (values[key] for key in keys)
        small = 1e-6
        recall = div(tp + small, tp + fn + small)
        if curve == "ROC":
            axes = div(fp, fp + tn + small), recall
        else:
            axes = recall, div(tp + small, tp + fp + small)
        update = group(*updates.values())
        return collected(stack(axes, axis=1), update, metrics_collections, updates_collections)


def f1_score(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The best F1 score, 2 * precision * recall / (precision + recall), over `num_thresholds` thresholds in [0, 1]."""
    with variable_scope(name, "f1", (labels, predictions, weights)):
        values, updates = at_thresholds.unit_counts(
            labels, convert_to_tensor(predictions), spaced_thresholds(num_thresholds), weights, ("tp", "fp", "fn")
        )

        def best(counts: Any) -> Any:
            precision, recall = (at_thresholds.share(counts, "tp", missed) for missed in ("fp", "fn"))
            return reduce_max(2.0 * precision * recall / (precision + recall + EPSILON))

        return collected(best(values), best(updates), metrics_collections, updates_collections)


def streaming_covariance(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The unbiased covariance of predictions and labels, NaN for at most one.

    Args:
        predictions: float32 tensor.
        labels: tensor of its shape.
        weights: tensor that broadcasts to it; None for 1.
    """
    with variable_scope(name, "covariance", (predictions, labels, weights)):
        predictions, labels, weights = fitted(predictions, labels, weights)
        names = ("count", "mean_prediction", "mean_label", "comoment")
        total, mean_p, mean_l, comoment = (metric_variable([], dtypes.float32, name=n) for n in names)
        if weights is None:
            here, factor = cast(size(labels), dtypes.float32), ones_like(labels)
        else:
            factor = broadcast_weights(weights, labels)
            here = reduce_sum(factor)
        count_now = assign_add(total, here)
        safe_div = PUBLIC["math.divide_no_nan"]

        def moved(average: Any, values: Any) -> tuple[Any, Any]:
            """The mean of this batch, and the average before it."""
            batch = safe_div(reduce_sum(values * factor), here)
            step = safe_div((batch - average) * here, count_now)
            return batch, assign_add(average, step) - step

        batch_p, before_p = moved(mean_p, predictions)
        batch_l, before_l = moved(mean_l, labels)
        inner = reduce_sum((predictions - batch_p) * (labels - batch_l) * factor)
        outer = (before_p - batch_p) * (before_l - batch_l) * ((count_now - here) * here / count_now)
        update = assign_add(comoment, inner + outer)

        def covariance(name: str) -> Any:
            return where(less_equal(total, 1.0), constant(float("nan")), comoment / (total - 1), name=name)

        value = covariance("covariance")
        with control_dependencies([update]):
            return collected(value, covariance("update_op"), metrics_collections, updates_collections)


def streaming_pearson_correlation(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The correlation of predictions and labels: their covariance over the root of the product of their variances."""
    with variable_scope(name, "pearson_r", (predictions, labels, weights)):
        predictions, labels, weights = fitted(predictions, labels, weights)
        if weights is not None:
            weights = broadcast_weights(weights, labels)
        both = streaming_covariance(predictions, labels, weights, name="covariance")
        of_predictions = streaming_covariance(predictions, predictions, weights, name="variance_predictions")
        of_labels = streaming_covariance(labels, labels, weights, name="variance_labels")
        value, update = (c / (sqrt(p) * sqrt(q)) for c, p, q in zip(both, of_predictions, of_labels, strict=True))
        return collected(value, update, metrics_collections, updates_collections)


_FUNCTIONS = (
    count, streaming_false_positive_rate, streaming_false_negative_rate, streaming_curve_points, f1_score,
    streaming_covariance, streaming_pearson_correlation,
    *(_counter_at_thresholds(kind, key) for kind, key in (
        ("true_positives", "tp"), ("true_negatives", "tn"), ("false_positives", "fp"), ("false_negatives", "fn"),
    )),
    _rate_at_thresholds("false_positive_rate", "fp", "tn"),
    _rate_at_thresholds("false_negative_rate", "fn", "tp"),
)  # fmt: skip

for _function in _FUNCTIONS:
    for _place in ("metrics", "slim.metrics"):
        export(f"contrib.{_place}.{_function.__name__}", _function)
