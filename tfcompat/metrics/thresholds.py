"""Metrics of scores in [0, 1] that count as positive above thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.metrics.state import EPSILON, FLOAT, Result, collected, fitted, metric_variable, spaced_thresholds
from tfcompat.ops import raw_ops
from tfcompat.ops.argmax import argmax, argmin
from tfcompat.ops.array import expand_dims, reshape, shape, transpose
from tfcompat.ops.assertion import assert_greater_equal, assert_less_equal  # type: ignore[attr-defined]
from tfcompat.ops.binary import div_no_nan, divide, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import where
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_min, reduce_sum
from tfcompat.ops.scan import cumsum
from tfcompat.ops.state import assign_add
from tfcompat.ops.tiling import tile
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.ops.weights_broadcast import broadcast_weights

_KINDS = {"tp": "true_positives", "fn": "false_negatives", "tn": "true_negatives", "fp": "false_positives"}


def unit_counts(
    labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, kinds: Sequence[str] = tuple(_KINDS)
) -> tuple[dict[str, Any], dict[str, Any]]:
    """`confusion_counts` of predictions that must be in [0, 1]."""
    low = assert_greater_equal(predictions, cast(0.0, dtype=predictions.dtype), message="predictions must be in [0, 1]")
    high = assert_less_equal(predictions, cast(1.0, dtype=predictions.dtype), message="predictions must be in [0, 1]")
    with control_dependencies([low, high]):
        predictions, labels, weights = fitted(cast(predictions, FLOAT), cast(labels, dtypes.bool), weights)
    return confusion_counts(labels, predictions, thresholds, weights, kinds)


def confusion_counts(
    labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, kinds: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Variables [thresholds] that count each of `kinds`, and their updates.

    Args:
        labels: tensor that is cast to bool.
        predictions: float32 tensor of its shape; positive above a threshold.
        thresholds: list of floats.
        weights: tensor that broadcasts to `predictions`; all 1 when None.
        kinds: of "tp", "fn", "tn" and "fp".
    """
    count = len(thresholds)
    column = reshape(predictions, [-1, 1])
    row = reshape(cast(labels, dtypes.bool), [1, -1])
    size: Any = column.shape.as_list()[0]
    if size is None:
        size = shape(column)[0]
    tiled = tile(expand_dims(constant(thresholds), [1]), stack([1, size]))
    positive = raw_ops.Greater(x=tile(transpose(column), [count, 1]), y=tiled)
    negative = raw_ops.LogicalNot(x=positive) if {"fn", "tn"} & set(kinds) else None
    label_positive = tile(row, [count, 1])
    label_negative = raw_ops.LogicalNot(x=label_positive) if {"fp", "tn"} & set(kinds) else None
    if weights is not None:
        weights = broadcast_weights(cast(weights, FLOAT), predictions)
        weights = tile(reshape(weights, [1, -1]), [count, 1])
        tiled.shape.assert_is_compatible_with(weights.shape)
    pairs = {
        "tp": (label_positive, positive),
        "fn": (label_positive, negative),
        "tn": (label_negative, negative),
        "fp": (label_negative, positive),
    }
    values, updates = {}, {}
    for kind in [k for k in _KINDS if k in kinds]:
        values[kind] = metric_variable([count], FLOAT, name=_KINDS[kind])
        found = cast(raw_ops.LogicalAnd(x=pairs[kind][0], y=pairs[kind][1]), FLOAT)
        if weights is not None:
            found = found * weights
        updates[kind] = assign_add(values[kind], reduce_sum(found, 1))
    return values, updates


def share(counts: dict[str, Any], hits: str, others: str, name: str | None = None) -> Tensor:
    """hits / (hits + others), two kinds of `confusion_counts`, almost 0 where both are 0."""
    return divide(counts[hits], EPSILON + counts[hits] + counts[others], name=name)


def _at_thresholds(kind: str) -> None:
    """Publishes the counts of one kind at thresholds."""

    def count(
        labels: Any,
        predictions: Any,
        thresholds: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        with variable_scope(name, _KINDS[kind], (predictions, labels, weights)):
            values, updates = unit_counts(labels, _tensor(predictions), thresholds, weights, kinds=(kind,))
            return collected(identity(values[kind]), updates[kind], metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = f"{_KINDS[kind]}_at_thresholds"
    count.__doc__ = f"""The summed weights of {_KINDS[kind].replace("_", " ")} at each threshold.

    Args:
        labels: tensor that is cast to bool.
        predictions: scores in [0, 1] of the shape of `labels`; positive above a threshold.
        thresholds: list of floats.
        weights: tensor that broadcasts to `labels`; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope.

    Returns:
        float32 [thresholds], and a tensor that takes in a batch and gives the new sums.
    """
    export(f"metrics.{count.__name__}", count)


for _kind in _KINDS:
    _at_thresholds(_kind)


def _tensor(value: Any) -> Any:
    from tfcompat.graph.convert import convert_to_tensor

    return convert_to_tensor(value)


def _shares(
    kind: str,
    missed: str,
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Result:
    with variable_scope(name, f"{kind}_at_thresholds", (predictions, labels, weights)):
        both = unit_counts(labels, _tensor(predictions), thresholds, weights, kinds=("tp", missed))
        value, update = (
            share(counts, "tp", missed, f"{kind}_{n}") for counts, n in zip(both, ("value", "update_op"), strict=True)
        )
        return collected(value, update, metrics_collections, updates_collections)


@tf_export("metrics.precision_at_thresholds")
def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Precision at each threshold; arguments as of `true_positives_at_thresholds`."""
    return _shares(
        "precision", "fp", labels, predictions, thresholds, weights, metrics_collections, updates_collections, name
    )


@tf_export("metrics.recall_at_thresholds")
def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Recall at each threshold; arguments as of `true_positives_at_thresholds`."""
    return _shares(
        "recall", "fn", labels, predictions, thresholds, weights, metrics_collections, updates_collections, name
    )


@tf_export("metrics.auc")
def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Any = None,
) -> Result:
    """The area under a curve that thresholds approximate.

    Args:
        labels: tensor that is cast to bool.
        predictions: scores in [0, 1] of the shape of `labels`.
        weights: tensor that broadcasts to `labels`; all 1 when None.
        num_thresholds: how many thresholds, evenly spaced.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        curve: "ROC" (recall over the rate of false positives) or "PR" (precision over recall).
        name: variable scope.
        summation_method: "trapezoidal"; "minoring" or "majoring", which take the lower or upper end of each interval;
            or "careful_interpolation" for "PR".
        thresholds: thresholds in [0, 1] to use instead.

    Raises:
        ValueError: `curve` or `summation_method` is unknown.
    """
    with variable_scope(name, "auc", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
        limits = spaced_thresholds(num_thresholds) if thresholds is None else [0 - EPSILON, *thresholds, 1 + EPSILON]
        values, updates = unit_counts(labels, _tensor(predictions), limits, weights)
        value, update = (
            _area(c, len(limits), curve, summation_method, n) for c, n in ((values, "value"), (updates, "update_op"))
        )
        return collected(value, update, metrics_collections, updates_collections)


def _area(counts: dict[str, Any], size: int, curve: str, method: str, name: str) -> Tensor:
    tp, fn, tn, fp = (counts[k] for k in ("tp", "fn", "tn", "fp"))
    epsilon = 1.0e-6
    if curve == "PR" and method == "careful_interpolation":
        return _interpolated_area(tp, fp, fn, size)
    recall = divide(tp + epsilon, tp + fn + epsilon)
    if curve == "ROC":
        x, y = divide(fp, fp + tn + epsilon), recall
    else:
        x, y = recall, divide(tp + epsilon, tp + fp + epsilon)
    heights: dict[str, Callable[[], Any]] = {
        "minoring": lambda: raw_ops.Minimum(x=y[: size - 1], y=y[1:]),
        "majoring": lambda: raw_ops.Maximum(x=y[: size - 1], y=y[1:]),
        "trapezoidal": lambda: (y[: size - 1] + y[1:]) / 2.0,
    }
    heights["careful_interpolation"] = heights["trapezoidal"]
    if method not in heights:
        raise ValueError(f"Invalid summation_method: {method}")
    return reduce_sum(multiply(x[: size - 1] - x[1:], heights[method]()), name=name)


def _interpolated_area(tp: Any, fp: Any, fn: Any, size: int) -> Tensor:
    """The area below a curve of precision whose true positives are linear in the positives between thresholds."""
    step = tp[: size - 1] - tp[1:]
    positives = tp + fp
    slope = div_no_nan(step, raw_ops.Maximum(x=positives[: size - 1] - positives[1:], y=0), name="prec_slope")
    intercept = tp[1:] - multiply(slope, positives[1:])
    ratio = where(
        raw_ops.LogicalAnd(x=positives[: size - 1] > 0, y=positives[1:] > 0),
        div_no_nan(positives[: size - 1], raw_ops.Maximum(x=positives[1:], y=0), name="recall_relative_ratio"),
        ones_like(positives[1:]),
    )
    return reduce_sum(
        div_no_nan(
            slope * (step + intercept * raw_ops.Log(x=ratio)),
            raw_ops.Maximum(x=tp[1:] + fn[1:], y=0),
            name="pr_auc_increment",
        ),
        name="interpolate_pr_auc",
    )


@tf_export("metrics.sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Recall at the threshold whose specificity, tn / (tn + fp), is nearest to `specificity`.

    Args:
        labels: tensor that is cast to bool.
        predictions: scores in [0, 1] of the shape of `labels`.
        specificity: in [0, 1].
        weights: tensor that broadcasts to `labels`; all 1 when None.
        num_thresholds: how many thresholds, evenly spaced.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope.

    Raises:
        ValueError: `specificity` is outside [0, 1].
    """
    if specificity < 0 or specificity > 1:
        raise ValueError(f"`specificity` must be in the range [0, 1]. Currently, `specificity` is {specificity}.")

    def share(c: dict[str, Any], result: str) -> Tensor:
        found = divide(c["tn"], c["tn"] + c["fp"] + EPSILON)
        nearest = cast(argmin(raw_ops.Abs(x=found - specificity), 0), dtypes.int32)
        return divide(c["tp"][nearest], c["tp"][nearest] + c["fn"][nearest] + EPSILON, result)

    limits = spaced_thresholds(num_thresholds)
    return _at_nearest(
        "sensitivity_at_specificity",
        share,
        labels,
        predictions,
        weights,
        limits,
        metrics_collections,
        updates_collections,
        name,
    )


@tf_export("metrics.specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Specificity, tn / (tn + fp), at the last threshold whose recall is nearest to `sensitivity`.

    Arguments as of `sensitivity_at_specificity`.

    Raises:
        ValueError: `sensitivity` is outside [0, 1].
    """
    if sensitivity < 0 or sensitivity > 1:
        raise ValueError(f"`sensitivity` must be in the range [0, 1]. Currently, `sensitivity` is {sensitivity}.")

    def share(c: dict[str, Any], result: str) -> Tensor:
        found = divide(c["tp"], c["tp"] + c["fn"] + EPSILON)
        least = reduce_min(raw_ops.Abs(x=found - sensitivity))
        ties = raw_ops.Equal(x=raw_ops.Abs(x=found - sensitivity), y=least)
        last = cast(argmax(cumsum(cast(ties, dtypes.int64)), 0), dtypes.int32)
        return divide(c["tn"][last], c["tn"][last] + c["fp"][last] + EPSILON, result)

    limits = spaced_thresholds(num_thresholds, 1.0 - EPSILON)
    return _at_nearest(
        "specificity_at_sensitivity",
        share,
        labels,
        predictions,
        weights,
        limits,
        metrics_collections,
        updates_collections,
        name,
    )


def _at_nearest(
    scope: str,
    share: Callable[[dict[str, Any], str], Tensor],
    labels: Any,
    predictions: Any,
    weights: Any,
    thresholds: Sequence[float],
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Result:
    with variable_scope(name, scope, (predictions, labels, weights)):
        values, updates = unit_counts(labels, _tensor(predictions), thresholds, weights)
        return collected(share(values, "value"), share(updates, "update_op"), metrics_collections, updates_collections)
