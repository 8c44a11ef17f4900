"""Scores of whole batches: the F score of precision and recall, and the coefficient of determination."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.keras.metrics.metric import Metric
from tfcompat.ops import array, binary, math
from tfcompat.ops.cast import cast
from tfcompat.ops.grouping import group
from tfcompat.ops.masks import where_v2
from tfcompat.ops.reduction import reduce_max, reduce_mean, reduce_sum
from tfcompat.ops.weights_broadcast import broadcast_weights


class _OfColumns(Metric):
    """Metrics whose variables have a number for each column, made at the first batch."""

    def _pair(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Both as tensors; makes the variables at first."""
        y_true, y_pred = (convert_to_tensor(y, dtype=self.dtype) for y in (y_true, y_pred))
        if not self.built:
            self._make(self._columns(y_true.shape, y_pred.shape))
            self.built = True
        return y_true, y_pred

    def _make(self, columns: int) -> None:
        """Makes the variables."""
        raise NotImplementedError

    def build(self, y_true_shape: Any, y_pred_shape: Any) -> None:  # type: ignore[override]
        """Makes the variables; ValueError unless there are columns."""
        self._make(self._columns(y_true_shape, y_pred_shape))
        self.built = True

    def _columns(self, y_true_shape: Any, y_pred_shape: Any) -> int:
        shapes = tuple(y_true_shape), tuple(y_pred_shape)
        if any(len(shape) != 2 or shape[-1] is None for shape in shapes):
            raise ValueError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim), with output_dim fully "
                f"defined (not None). Received input shapes: y_pred.shape={y_pred_shape} and "
                f"y_true.shape={y_true_shape}."
            )
        return int(y_pred_shape[-1])


@tf_export("keras.metrics.FBetaScore")
class FBetaScore(_OfColumns):
    """(1 + beta ** 2) * precision * recall / (beta ** 2 * precision + recall) of classes that are columns.

    Args:
        average: "micro" (of all columns as one), "macro" (the mean over columns), "weighted" (that by how often labels
            have them), or None (a number for each column).
        beta: how much more recall counts, above 0.
        threshold: above which a prediction is positive; when None it is the largest one of each row.
        name: its name.
        dtype: see `Metric`.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', 'weighted'}. "
                f"Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float, and it should be > 0. "
                f"Received: beta={beta}"
            )
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float, and it should verify "
                f"0 < threshold <= 1. Received: threshold={threshold}"
            )
        self.average, self.beta, self.threshold = average, beta, threshold
        self.built = False

    def _make(self, columns: int) -> None:
        shape = [] if self.average == "micro" else [columns]
        self.true_positives, self.false_positives, self.false_negatives, self.intermediate_weights = (
            self.add_weight(name, shape=shape, initializer="zeros")
            for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch.

        Args:
            y_true: zeros and ones of shape [samples, classes].
            y_pred: probabilities of the same shape.
            sample_weight: weights of the samples; 1 when None.
        """
        y_true, y_pred = self._pair(y_true, y_pred)
        if self.threshold is None:
            largest = reduce_max(y_pred, axis=-1, keepdims=True)
            positive = binary.logical_and(binary.greater_equal(y_pred, largest), binary.greater(math.abs(y_pred), 1e-9))
        else:
            positive = binary.greater(y_pred, self.threshold)
        decisions: Any = cast(positive, self.dtype)
        weights = 1.0 if sample_weight is None else array.expand_dims(cast(sample_weight, self.dtype), 1)
        axis = None if self.average == "micro" else 0
        return group(
            *(
                variable.assign_add(reduce_sum(counted * weights, axis=axis))
                for variable, counted in (
                    (self.true_positives, decisions * y_true),
                    (self.false_positives, decisions * (1 - y_true)),
                    (self.false_negatives, (1 - decisions) * y_true),
                    (self.intermediate_weights, y_true),
                )
            )
        )

    def result(self) -> Any:
        """The score, or one for each column."""
        right = self.true_positives
        precision = binary.div_no_nan(right, right + self.false_positives)
        recall = binary.div_no_nan(right, right + self.false_negatives)
        square = self.beta**2
        score: Any = binary.div_no_nan(precision * recall, square * precision + recall) * (1 + square)
        if self.average == "weighted":
            occurring = self.intermediate_weights
            return reduce_sum(score * binary.div_no_nan(occurring, reduce_sum(occurring)))
        return score if self.average is None else reduce_mean(score)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


@tf_export("keras.metrics.F1Score")
class F1Score(FBetaScore):
    """`FBetaScore` whose `beta` is 1, the harmonic mean of precision and recall; arguments as there."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ):
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        config = super().get_config()
        del config["beta"]
        return config


@tf_export("keras.metrics.R2Score")
class R2Score(_OfColumns):
    """The coefficient of determination: 1 - sum((y_true - y_pred) ** 2) / sum((y_true - mean(y_true)) ** 2).

    Args:
        class_aggregation: "uniform_average" (the mean over columns), "variance_weighted_average" (that by the second
            sum), or None (a number for each column).
        num_regressors: how many independent variables the model has, for the adjusted score; 0 for the score itself.
        name: its name.
        dtype: see `Metric`.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        known = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in known:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {known}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_weight("num_samples", dtype="int32", initializer="zeros")
        self.built = False

    def _make(self, columns: int) -> None:
        self.squared_sum, self.sum, self.total_mse, self.count = (
            self.add_weight(name, shape=[columns], initializer="zeros")
            for name in ("squared_sum", "sum", "residual", "count")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch.

        Args:
            y_true: numbers of shape [samples, columns].
            y_pred: predictions of the same shape.
            sample_weight: weights of the samples, or of each number; 1 when None.
        """
        y_true, y_pred = self._pair(y_true, y_pred)
        weights: Any = convert_to_tensor(1.0 if sample_weight is None else sample_weight, dtype=self.dtype)
        weights = array.expand_dims(weights, 1) if weights.shape.ndims == 1 else weights
        weights = broadcast_weights(weights, y_true)
        return group(
            self.sum.assign_add(reduce_sum(y_true * weights, axis=0)),
            self.squared_sum.assign_add(reduce_sum(y_true * (y_true * weights), axis=0)),
            self.total_mse.assign_add(reduce_sum((y_true - y_pred) ** 2 * weights, axis=0)),
            self.count.assign_add(reduce_sum(weights, axis=0)),
            self.num_samples.assign_add(array.size(y_true)),
        )

    def result(self) -> Any:
        """The score, or one for each column; not adjusted where there are too few numbers for that."""
        total: Any = self.squared_sum - self.sum * (self.sum / self.count)
        scores: Any = 1 - self.total_mse / total
        scores = where_v2(math.is_inf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = reduce_mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = reduce_sum(total * scores) / reduce_sum(total)
        if self.num_regressors:
            samples: Any = cast(self.num_samples, scores.dtype)
            left = samples - float(self.num_regressors) - 1.0
            adjusted = 1.0 - binary.div_no_nan((1.0 - scores) * (samples - 1.0), left)
            scores = where_v2(binary.greater(left, 0.0), adjusted, scores)
        return scores

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        more = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **more}
