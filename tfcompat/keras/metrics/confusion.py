"""Counts of right and wrong decisions at thresholds: the four counts, precision and recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.keras.losses.weighting import squeeze_or_expand_dimensions
from tfcompat.keras.metrics.metric import Metric
from tfcompat.ops import array, binary, math
from tfcompat.ops.assertion import assert_greater_equal, assert_less_equal  # type: ignore[attr-defined]
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import one_hot
from tfcompat.ops.grouping import group
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.topk import top_k as largest
from tfcompat.ops.weights_broadcast import broadcast_weights

LOWEST = -1e10
"""What predictions that are not among the largest `k` become, and a threshold that all others are above."""

TP, FP, TN, FN = "true_positives", "false_positives", "true_negatives", "false_negatives"
_WANTED = {TP: (True, True), FP: (False, True), TN: (False, False), FN: (True, False)}
"""Count -> (what the label is, what the decision is)."""


def check_thresholds(thresholds: Any) -> list[float]:
    """`thresholds` as a list; ValueError for one outside [0, 1]."""
    made = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    outside = [t for t in made if t is None or t < 0 or t > 1]
    if outside:
        raise ValueError(f"Threshold values must be in [0, 1]. Invalid values: {outside}")
    return made


def updates_of_counts(
    variables: Mapping[str, Any],
    y_true: Any,
    y_pred: Any,
    thresholds: Any,
    top_k: int | None = None,
    class_id: int | None = None,
    sample_weight: Any = None,
) -> Any:
    """The operation that adds a batch to counts of decisions.

    Args:
        variables: name of a count -> variable, one number a threshold.
        y_true: labels, 0 and 1.
        y_pred: predictions in [0, 1], of the same shape; another value is an InvalidArgumentError.
        thresholds: above one the decision is positive.
        top_k: how many of the largest predictions of the last dimension may be positive; all when None.
        class_id: index in the last dimension that counts alone; all when None.
        sample_weight: weights that broadcast with the predictions; 1 when None.
    """
    y_pred, y_true = cast(y_pred, "float32"), cast(y_true, "float32")
    y_pred.shape.assert_is_compatible_with(y_true.shape)
    checks = [
        assert_greater_equal(y_pred, cast(0.0, y_pred.dtype), message="predictions must be >= 0"),
        assert_less_equal(y_pred, cast(1.0, y_pred.dtype), message="predictions must be <= 1"),
    ]
    with control_dependencies(checks):
        weights = None if sample_weight is None else convert_to_tensor(sample_weight)
        y_pred, y_true, weights = squeeze_or_expand_dimensions(y_pred, y_true, weights)
        if top_k is not None:
            y_pred = _without_all_but(y_pred, top_k)
        if class_id is not None:
            y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
        return group(*_added(variables, y_true, y_pred, thresholds, weights))


def _added(variables: Mapping[str, Any], y_true: Any, y_pred: Any, thresholds: Any, weights: Any) -> list[Any]:
    """The operations that add to the counts, one column a prediction and one row a threshold."""
    predictions = array.reshape(y_pred, [1, -1])
    positive = binary.greater(predictions, array.expand_dims(constant(list(thresholds), "float32"), 1))
    labels = array.reshape(cast(y_true, "bool"), [1, -1])
    if weights is not None:
        weights = array.reshape(broadcast_weights(cast(weights, "float32"), y_pred), [1, -1])
    updates = []
    for name, variable in variables.items():
        label, decision = _WANTED[name]
        both = binary.logical_and(
            labels if label else math.logical_not(labels), positive if decision else math.logical_not(positive)
        )
        counted: Any = cast(both, "float32")
        counted = counted if weights is None else counted * weights
        updates.append(variable.assign_add(cast(reduce_sum(counted, 1), variable.dtype)))
    return updates


def _without_all_but(y_pred: Any, k: int) -> Any:
    """Predictions of which all but the largest `k` of the last dimension are `LOWEST`."""
    kept: Any = reduce_sum(one_hot(largest(y_pred, k, sorted=False)[1], array.shape(y_pred)[-1], axis=-1), axis=-2)  # type: ignore[index]
    return y_pred * kept + LOWEST * (1 - kept)


class _Thresholds(Metric):
    """Metrics with counts at thresholds that are given as one number, as several, or not at all."""

    _counts: tuple[str, ...] = ()

    def _take_thresholds(self, thresholds: Any, default: float) -> None:
        self.init_thresholds = thresholds
        self.thresholds = [default] if thresholds is None else check_thresholds(thresholds)

    def _first_of_one(self, result: Any) -> Any:
        """The number where there is one threshold, else the vector."""
        return result[0] if len(self.thresholds) == 1 else result

    def reset_states(self) -> None:
        """Sets all counts to 0."""
        self._reset([(v, np.zeros(v.shape.as_list())) for v in self.variables])


class _Count(_Thresholds):
    """One of the four counts."""

    def __init__(self, kind: str, thresholds: Any, name: str | None, dtype: Any):
        super().__init__(name=name, dtype=dtype)
        self._kind = kind
        self._take_thresholds(thresholds, 0.5)
        self.accumulator = self.add_weight("accumulator", shape=(len(self.thresholds),), initializer="zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch of labels and predictions in [0, 1]."""
        return updates_of_counts(
            {self._kind: self.accumulator}, y_true, y_pred, self.thresholds, sample_weight=sample_weight
        )

    def result(self) -> Any:
        """The count; one for each threshold when there are several."""
        return convert_to_tensor(self._first_of_one(self.accumulator))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


def _count_of(name: str, kind: str, meaning: str) -> Any:
    def init(self: Any, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        _Count.__init__(self, kind, thresholds, name, dtype)

    doc = f"""{meaning}

    Args:
        thresholds: above it a prediction counts as positive; a number or several, in [0, 1]; 0.5 when None.
        name: its name.
        dtype: see `Metric`.
    """
    return tf_export(f"keras.metrics.{name}")(
        type(name, (_Count,), {"__init__": init, "__doc__": doc, "__module__": __name__})
    )


TruePositives = _count_of("TruePositives", TP, "How many positive labels are predicted.")
FalsePositives = _count_of("FalsePositives", FP, "How many negative labels are predicted as positive.")
TrueNegatives = _count_of("TrueNegatives", TN, "How many negative labels are predicted.")
FalseNegatives = _count_of("FalseNegatives", FN, "How many positive labels are predicted as negative.")


class _Share(_Thresholds):
    """True positives divided by their sum with another count."""

    _other = ""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.top_k, self.class_id = top_k, class_id
        self._take_thresholds(thresholds, 0.5 if top_k is None else LOWEST)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_weight(TP, shape=shape, initializer="zeros")
        setattr(self, self._other, self.add_weight(self._other, shape=shape, initializer="zeros"))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch of labels and predictions in [0, 1]."""
        variables = {TP: self.true_positives, self._other: getattr(self, self._other)}
        return updates_of_counts(variables, y_true, y_pred, self.thresholds, self.top_k, self.class_id, sample_weight)

    def result(self) -> Any:
        """The share, 0 of nothing; one for each threshold when there are several."""
        whole = self.true_positives + getattr(self, self._other)
        return self._first_of_one(binary.div_no_nan(self.true_positives, whole))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


@tf_export("keras.metrics.Precision")
class Precision(_Share):
    """The share of positive labels among positive decisions.

    Args:
        thresholds: above it a prediction counts as positive; a number or several, in [0, 1]; 0.5 when None, or none at
            all with `top_k`.
        top_k: how many of the largest predictions of the last dimension may be positive.
        class_id: index in the last dimension that counts alone.
        name: its name.
        dtype: see `Metric`.
    """

    _other = FP


@tf_export("keras.metrics.Recall")
class Recall(_Share):
    """The share of positive decisions among positive labels; arguments as of `Precision`."""

    _other = FN


def all_counts(metric: Metric, size: int) -> dict[str, Any]:
    """The four counts as variables of `metric`, which become its attributes too."""
    made = {}
    for name in (TP, TN, FP, FN):
        made[name] = metric.add_weight(name, shape=(size,), initializer="zeros")
        setattr(metric, name, made[name])
    return made


def evenly_spaced(count: int) -> list[float]:
    """The inner ones of `count` thresholds from 0 to 1."""
    return [(i + 1) * 1.0 / (count - 1) for i in range(count - 2)]
