"""Counts of true and false positives and negatives, precision and recall."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.metrics.state import FLOAT, Result, collected, fitted, metric_variable
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank
from tfcompat.ops.binary import divide, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.state import assign_add
from tfcompat.ops.type_checks import assert_rank_in, assert_type
from tfcompat.ops.variable_scope import variable_scope


def _counted(condition: Tensor, weights: Any, metrics_collections: Any, updates_collections: Any) -> Result:
    assert_type(condition, dtypes.bool)
    count = metric_variable([], FLOAT, name="count")
    values = cast(condition, FLOAT)
    if weights is not None:
        with control_dependencies((assert_rank_in(weights, (0, rank(values))),)):
            values = multiply(values, cast(weights, FLOAT))
    value = identity(count)
    return collected(value, assign_add(count, reduce_sum(values)), metrics_collections, updates_collections)


def _counter(kind: str, label: bool, prediction: bool) -> Any:
    """Publishes the count of predictions of one kind."""

    def count(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        with variable_scope(name, kind, (predictions, labels, weights)):
            predictions, labels, weights = fitted(cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights)
            matches = raw_ops.LogicalAnd(
                x=raw_ops.Equal(x=labels, y=label), y=raw_ops.Equal(x=predictions, y=prediction)
            )
            return _counted(matches, weights, metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = kind
    count.__doc__ = f"""The summed weights of predictions {prediction} of labels {label}.

    Args:
        labels: tensor that is cast to bool.
        predictions: tensor of the shape of `labels`, cast to bool.
        weights: tensor that broadcasts to `labels`; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: variable scope of `count`.

    Returns:
        The float32 sum so far, and a tensor that takes in a batch and gives the new sum.
    """
    export(f"metrics.{kind}", count)
    return count


true_positives = _counter("true_positives", True, True)
true_negatives = _counter("true_negatives", False, False)
false_positives = _counter("false_positives", False, True)
false_negatives = _counter("false_negatives", True, False)


def _share(hits: Any, others: Any, name: str) -> Tensor:
    """hits / (hits + others), 0 of nothing."""
    return where(raw_ops.Greater(x=hits + others, y=0), divide(hits, hits + others), 0, name)


def _shares(
    kind: str,
    missed: Any,
    labels: Any,
    predictions: Any,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> Result:
    with variable_scope(name, kind, (predictions, labels, weights)):
        predictions, labels, weights = fitted(cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights)
        hits, hits_update = true_positives(labels, predictions, weights)
        others, others_update = missed(labels, predictions, weights)
        return collected(
            _share(hits, others, "value"),
            _share(hits_update, others_update, "update_op"),
            metrics_collections,
            updates_collections,
        )


@tf_export("metrics.precision")
def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """True positives / (true + false positives), 0 without any; arguments as of `true_positives`."""
    return _shares(
        "precision", false_positives, labels, predictions, weights, metrics_collections, updates_collections, name
    )


@tf_export("metrics.recall")
def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """True positives / (true positives + false negatives), 0 without any; arguments as of `true_positives`."""
    return _shares(
        "recall", false_negatives, labels, predictions, weights, metrics_collections, updates_collections, name
    )
