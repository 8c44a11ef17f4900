"""Metrics of all thresholds: areas under curves, and sensitivity and specificity of each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras import backend
from tfcompat.keras.metrics.confusion import (
    FN,
    FP,
    TN,
    TP,
    all_counts,
    evenly_spaced,
    updates_of_counts,
)
from tfcompat.keras.metrics.metric import Metric
from tfcompat.ops import binary, math
from tfcompat.ops.argmax import argmin
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like, zeros_like
from tfcompat.ops.masks import where_v2
from tfcompat.ops.reduction import reduce_max, reduce_sum


class _AllThresholds(Metric):
    """Metrics that keep the four counts at many thresholds."""

    thresholds: list[float]
    num_thresholds: int
    class_id: int | None = None
    _variables: dict[str, Any]

    def _make_counts(self) -> None:
        self._variables = all_counts(self, self.num_thresholds)

    def _add_batch(self, y_true: Any, y_pred: Any, sample_weight: Any) -> Any:
        return updates_of_counts(
            self._variables, y_true, y_pred, self.thresholds, class_id=self.class_id, sample_weight=sample_weight
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch of labels and predictions in [0, 1]."""
        return self._add_batch(y_true, y_pred, sample_weight)

    def _share(self, of: str, other: str) -> Any:
        """A count divided by its sum with another; 0 of nothing."""
        count = self._variables[of]
        return binary.div_no_nan(count, count + self._variables[other])

    def reset_states(self) -> None:
        """Sets all counts to 0."""
        self._reset([(v, np.zeros((self.num_thresholds,))) for v in self.variables])


class _AtValue(_AllThresholds):
    """One share at the threshold where another one is closest to a value."""

    _what = ""

    def __init__(self, value: float, num_thresholds: int, name: str | None, dtype: Any):
        if value < 0 or value > 1:
            raise ValueError(f"`{self._what}` must be in the range [0, 1].")
        if num_thresholds <= 0:
            raise ValueError("`num_thresholds` must be > 0.")
        super().__init__(name=name, dtype=dtype)
        self.value, self.num_thresholds = value, num_thresholds
        setattr(self, self._what, value)
        self.thresholds = [0.5] if num_thresholds == 1 else [0.0, *evenly_spaced(num_thresholds), 1.0]
        self._make_counts()

    def _at_closest(self, shares: Any, of: str, other: str) -> Any:
        place = cast(argmin(math.abs(shares - self.value), axis=0), "int32")
        count, rest = self._variables[of][place], self._variables[other][place]
        return binary.div_no_nan(count, count + rest)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "num_thresholds": self.num_thresholds, self._what: self.value}


@tf_export("keras.metrics.SensitivityAtSpecificity")
class SensitivityAtSpecificity(_AtValue):
    """The share of positive labels that are predicted, at the threshold where the specificity is closest to a value.

    Specificity is the share of negative labels that are predicted.

    Args:
        specificity: the value, in [0, 1].
        num_thresholds: how many thresholds there are.
        name: its name.
        dtype: see `Metric`.

    Raises:
        ValueError: an argument is outside its range.
    """

    _what = "specificity"

    def __init__(self, specificity: float, num_thresholds: int = 200, name: str | None = None, dtype: Any = None):
        super().__init__(specificity, num_thresholds, name, dtype)

    def result(self) -> Any:
        """The sensitivity."""
        return self._at_closest(self._share(TN, FP), TP, FN)


@tf_export("keras.metrics.SpecificityAtSensitivity")
class SpecificityAtSensitivity(_AtValue):
    """The share of negative labels that are predicted, at the threshold where the sensitivity is closest to a value.

    Sensitivity is the share of positive labels that are predicted.

    Args:
        sensitivity: the value, in [0, 1].
        num_thresholds: how many thresholds there are.
        name: its name.
        dtype: see `Metric`.

    Raises:
        ValueError: an argument is outside its range.
    """

    _what = "sensitivity"

    def __init__(self, sensitivity: float, num_thresholds: int = 200, name: str | None = None, dtype: Any = None):
        super().__init__(sensitivity, num_thresholds, name, dtype)

    def result(self) -> Any:
        """The specificity."""
        return self._at_closest(self._share(TP, FN), TN, FP)


class _LargestUnder(_AtValue):
    """The largest one share at the thresholds where another one is at least a value; 0 where there is none."""

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any):
        super().__init__(value, num_thresholds, name, dtype)
        self.class_id = class_id

    def _largest(self, wanted: Any, held: Any) -> Any:
        return reduce_max(where_v2(binary.greater_equal(held, self.value), wanted, zeros_like(wanted)))


@tf_export("keras.metrics.PrecisionAtRecall")
class PrecisionAtRecall(_LargestUnder):
    """The best precision at a threshold where the recall is at least a value.

    Args:
        recall: the value, in [0, 1].
        num_thresholds: how many thresholds there are.
        class_id: index in the last dimension that counts alone; all when None.
        name: its name.
        dtype: see `Metric`.

    Raises:
        ValueError: an argument is outside its range.
    """

    _what = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        """The precision."""
        return self._largest(self._share(TP, FP), self._share(TP, FN))


@tf_export("keras.metrics.RecallAtPrecision")
class RecallAtPrecision(_LargestUnder):
    """The best recall at a threshold where the precision is at least a value.

    Args:
        precision: the value, in [0, 1].
        num_thresholds: how many thresholds there are.
        class_id: index in the last dimension that counts alone; all when None.
        name: its name.
        dtype: see `Metric`.

    Raises:
        ValueError: an argument is outside its range.
    """

    _what = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        """The recall."""
        return self._largest(self._share(TP, FN), self._share(TP, FP))


_CURVES = ("ROC", "PR")
_SUMMATIONS = ("interpolation", "minoring", "majoring")


@tf_export("keras.metrics.AUC")
class AUC(_AllThresholds):
    """The area under the curve of pairs of rates, one pair a threshold.

    Args:
        num_thresholds: how many thresholds there are, more than 1, evenly spaced.
        curve: "ROC" (share of positive labels predicted, over share of negative labels predicted as positive) or "PR"
            (precision over recall).
        summation_method: "interpolation" (trapezes; for "PR" an interpolation of the counts), "minoring" or "majoring"
            (the lower or the higher of two neighbours).
        name: its name.
        dtype: see `Metric`.
        thresholds: the inner thresholds in place of evenly spaced ones.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
    ):
        if curve not in _CURVES:
            raise ValueError(f'Invalid AUC curve value "{curve}". Expected one of {_CURVES}')
        if summation_method.lower() not in _SUMMATIONS:
            raise ValueError(f'Invalid AUC summation method value "{summation_method}". Expected one of {_SUMMATIONS}')
        if thresholds is None and num_thresholds <= 1:
            raise ValueError("`num_thresholds` must be > 1.")
        inner = evenly_spaced(num_thresholds) if thresholds is None else sorted(thresholds)
        super().__init__(name=name, dtype=dtype)
        self.num_thresholds = len(inner) + 2
        self.thresholds = [0.0 - backend.epsilon(), *inner, 1.0 + backend.epsilon()]
        self.curve, self.summation_method = curve, summation_method.lower()
        self._make_counts()

    def interpolate_pr_auc(self) -> Any:
        """The area below precision over recall, with true positives linear in positive decisions between thresholds.

        Between two thresholds precision is slope + intercept / p, whose integral over recall has a logarithm.
        """
        tp, fn = self._variables[TP], self._variables[FN]
        positive: Any = tp + self._variables[FP]
        last = self.num_thresholds - 1
        gain = tp[:last] - tp[1:]
        slope = binary.div_no_nan(gain, binary.maximum(positive[:last] - positive[1:], 0))
        intercept = tp[1:] - binary.multiply(slope, positive[1:])
        both = binary.logical_and(positive[:last] > 0, positive[1:] > 0)
        ratio = binary.div_no_nan(positive[:last], binary.maximum(positive[1:], 0))
        ratio = where_v2(both, ratio, ones_like(positive[1:]))
        part = slope * (gain + intercept * math.log(ratio))  # type: ignore[operator]
        return reduce_sum(binary.div_no_nan(part, binary.maximum(tp[1:] + fn[1:], 0)))

    def result(self) -> Any:
        """The area."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        recall = self._share(TP, FN)
        x, y = (self._share(FP, TN), recall) if self.curve == "ROC" else (recall, self._share(TP, FP))
        last = self.num_thresholds - 1
        left, right = y[:last], y[1:]
        heights = {
            "interpolation": lambda: (left + right) / 2.0,
            "minoring": lambda: binary.minimum(left, right),
            "majoring": lambda: binary.maximum(left, right),
        }[self.summation_method]()
        return reduce_sum(binary.multiply(x[:last] - x[1:], heights))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "thresholds": self.thresholds[1:-1],
        }
