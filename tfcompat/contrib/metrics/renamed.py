"""tf.contrib.metrics: the metrics of `tf.metrics` as streaming_<name>, with the predictions before the labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, export
from tfcompat.metrics.at_k import name_at_k
from tfcompat.metrics.state import Result
from tfcompat.ops.binary import equal, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like
from tfcompat.ops.reduction import reduce_mean, reduce_sum

_ENDS = ("metrics_collections", "updates_collections", "name")
_DEFAULTS = {"weights": None, "num_thresholds": 200, "class_id": None, "curve": "ROC", **dict.fromkeys(_ENDS)}
_PAIR = "predictions labels"

# streaming name: (its name in tf.metrics, its arguments before the collections and the name)
_RENAMED = {
    **{name: (name, f"{_PAIR} weights") for name in (
        "true_positives", "true_negatives", "false_positives", "false_negatives", "accuracy", "precision", "recall",
        "mean_absolute_error", "mean_squared_error", "root_mean_squared_error",
    )},
    "mean": ("mean", "values weights"),
    "mean_tensor": ("mean_tensor", "values weights"),
    "percentage_less": ("percentage_below", "values threshold weights"),
    "mean_relative_error": ("mean_relative_error", f"{_PAIR} normalizer weights"),
    "mean_cosine_distance": ("mean_cosine_distance", f"{_PAIR} dim weights"),
    "mean_iou": ("mean_iou", f"{_PAIR} num_classes weights"),
    "auc": ("auc", f"{_PAIR} weights num_thresholds"),
    "specificity_at_sensitivity": ("specificity_at_sensitivity", f"{_PAIR} sensitivity weights num_thresholds"),
    "sensitivity_at_specificity": ("sensitivity_at_specificity", f"{_PAIR} specificity weights num_thresholds"),
    "precision_at_thresholds": ("precision_at_thresholds", f"{_PAIR} thresholds weights"),
    "recall_at_thresholds": ("recall_at_thresholds", f"{_PAIR} thresholds weights"),
    "sparse_recall_at_k": ("recall_at_k", f"{_PAIR} k class_id weights"),
    "sparse_precision_at_k": ("precision_at_k", f"{_PAIR} k class_id weights"),
    "sparse_average_precision_at_k": ("average_precision_at_k", f"{_PAIR} k weights"),
}  # fmt: skip
_TAILS = {"auc": ("metrics_collections", "updates_collections", "curve", "name")}


def _with_arguments(name: str, arguments: str, target: str) -> Callable[..., Result]:
    """A function of these arguments that calls `tf.metrics.<target>` with them by name."""
    parameters = [
        inspect.Parameter(p, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=_DEFAULTS.get(p, inspect.Parameter.empty))
        for p in (*arguments.split(), *_TAILS.get(name, _ENDS))
    ]
    signature = inspect.Signature(parameters)

    def metric(*args: Any, **kwargs: Any) -> Result:
        given = signature.bind(*args, **kwargs)
        return PUBLIC[f"metrics.{target}"](**given.arguments)  # type: ignore[no-any-return]

    metric.__name__ = metric.__qualname__ = f"streaming_{name}"
    metric.__signature__ = signature  # type: ignore[attr-defined]
    metric.__doc__ = f"`tf.metrics.{target}` of {', '.join(arguments.split())}; see there."
    return metric


def streaming_recall_at_k(
    predictions: Any,
    labels: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """How often the label, an integer for each row, is among the `k` highest predictions."""
    found = cast(PUBLIC["nn.in_top_k"](predictions, labels, k), "float32")
    mean = PUBLIC["metrics.mean"]
    return mean(  # type: ignore[no-any-return]
        found, weights, metrics_collections, updates_collections, name or f"recall_at_{k}"
    )


def streaming_sparse_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """`tf.metrics.precision_at_top_k` of the classes that were predicted."""
    with name_scope(name, name_at_k("precision", None, class_id), [top_k_predictions, labels, weights]) as scope:
        return PUBLIC["metrics.precision_at_top_k"](  # type: ignore[no-any-return]
            labels=labels,
            predictions_idx=top_k_predictions,
            class_id=class_id,
            weights=weights,
            metrics_collections=metrics_collections,
            updates_collections=updates_collections,
            name=scope,
        )


def sparse_recall_at_top_k(
    labels: Any,
    top_k_predictions: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """`tf.metrics.recall_at_top_k` of the classes that were predicted."""
    with name_scope(name, name_at_k("recall", None, class_id), [top_k_predictions, labels, weights]) as scope:
        return PUBLIC["metrics.recall_at_top_k"](  # type: ignore[no-any-return]
            labels=labels,
            predictions_idx=top_k_predictions,
            class_id=class_id,
            weights=weights,
            metrics_collections=metrics_collections,
            updates_collections=updates_collections,
            name=scope,
        )


def accuracy(predictions: Any, labels: Any, weights: Any = None, name: str | None = None) -> Any:
    """The share of predictions of one batch that equal their labels, weighted.

    Args:
        predictions: tensor of the type and shape of `labels`.
        labels: integers, booleans or strings.
        weights: number, or tensor of that shape; None for 1.

    Raises:
        ValueError: the types do not fit.
    """
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    if not (labels.dtype.is_integer or labels.dtype.name in ("bool", "string")):
        raise ValueError(f"Labels should have bool, integer, or string dtype, not {labels.dtype!r}")
    if not labels.dtype.is_compatible_with(predictions.dtype):
        raise ValueError(
            f"Dtypes of predictions and labels should match. Given: predictions ({predictions.dtype!r}) and "
            f"labels ({labels.dtype!r})"
        )
    with name_scope(name, "accuracy", values=[predictions, labels]):
        right = cast(equal(predictions, labels), "float32")
        if weights is None:
            return reduce_mean(right)
        right = multiply(right, weights)
        return reduce_sum(right) / reduce_sum(multiply(weights, ones_like(right)))


def aggregate_metrics(*value_update_tuples: Result) -> tuple[list[Any], list[Any]]:
    """(Values, updates) of several metrics; ValueError for none."""
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples: Mapping[str, Result]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(Values, updates) of metrics, both by name."""
    return {k: v[0] for k, v in names_to_tuples.items()}, {k: v[1] for k, v in names_to_tuples.items()}


def set_size(a: Any, validate_indices: bool = True) -> Any:
    """`tf.sets.size`."""
    return PUBLIC["sets.size"](a, validate_indices)


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> Any:
    """`tf.sets.intersection`."""
    return PUBLIC["sets.intersection"](a, b, validate_indices)


def set_difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> Any:
    """`tf.sets.difference`."""
    return PUBLIC["sets.difference"](a, b, aminusb, validate_indices)


def set_union(a: Any, b: Any, validate_indices: bool = True) -> Any:
    """`tf.sets.union`."""
    return PUBLIC["sets.union"](a, b, validate_indices)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
    weights: Any = None,
) -> Any:
    """`tf.math.confusion_matrix`."""
    return PUBLIC["math.confusion_matrix"](labels, predictions, num_classes, weights=weights, dtype=dtype, name=name)


_FUNCTIONS = (
    streaming_recall_at_k, streaming_sparse_precision_at_top_k, sparse_recall_at_top_k, accuracy, aggregate_metrics,
    aggregate_metric_map, set_size, set_intersection, set_difference, set_union, confusion_matrix,
    *(_with_arguments(name, arguments, target) for name, (target, arguments) in _RENAMED.items()),
)  # fmt: skip

for _function in _FUNCTIONS:
    for _place in ("metrics", "slim.metrics"):
        export(f"contrib.{_place}.{_function.__name__}", _function)
