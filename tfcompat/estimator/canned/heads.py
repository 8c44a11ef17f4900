"""The heads of classifiers and regressors, and those of `tf.contrib.estimator`."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.heads.base import MEAN, SingleHead
from tfcompat.estimator.heads.binary import BinaryClassHead
from tfcompat.estimator.heads.multi_class import MultiClassHead
from tfcompat.estimator.heads.multi_head import MultiHead
from tfcompat.estimator.heads.multi_label import MultiLabelHead
from tfcompat.estimator.heads.regression import LogisticRegressionHead, PoissonRegressionHead, RegressionHead


def classifier_head(n_classes: int, weight_column: Any, label_vocabulary: Any, loss_reduction: str) -> SingleHead:
    """The head of a classifier of `n_classes`."""
    if n_classes == 2:
        return BinaryClassHead(weight_column, None, label_vocabulary, loss_reduction)
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction)


def regressor_head(label_dimension: int, weight_column: Any, loss_reduction: str) -> SingleHead:
    """The head of a regressor of `label_dimension` numbers."""
    return RegressionHead(label_dimension, weight_column, loss_reduction)


def binary_classification_head(
    weight_column: Any = None,
    thresholds: Any = None,
    label_vocabulary: Any = None,
    loss_reduction: str = MEAN,
    loss_fn: Any = None,
    name: str | None = None,
) -> BinaryClassHead:
    """A `BinaryClassHead` of these arguments."""
    return BinaryClassHead(weight_column, thresholds, label_vocabulary, loss_reduction, loss_fn, name)


def multi_class_head(
    n_classes: int,
    weight_column: Any = None,
    label_vocabulary: Any = None,
    loss_reduction: str = MEAN,
    loss_fn: Any = None,
    name: str | None = None,
) -> MultiClassHead:
    """A `MultiClassHead` of these arguments."""
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction, loss_fn, name)


def multi_label_head(
    n_classes: int,
    weight_column: Any = None,
    thresholds: Any = None,
    label_vocabulary: Any = None,
    loss_reduction: str = MEAN,
    loss_fn: Any = None,
    classes_for_class_based_metrics: Any = None,
    name: str | None = None,
) -> MultiLabelHead:
    """A `MultiLabelHead` of these arguments."""
    return MultiLabelHead(
        n_classes,
        weight_column,
        thresholds,
        label_vocabulary,
        loss_reduction,
        loss_fn,
        classes_for_class_based_metrics,
        name,
    )


def regression_head(
    weight_column: Any = None,
    label_dimension: int = 1,
    loss_reduction: str = MEAN,
    loss_fn: Any = None,
    inverse_link_fn: Any = None,
    name: str | None = None,
) -> RegressionHead:
    """A `RegressionHead` of these arguments."""
    return RegressionHead(label_dimension, weight_column, loss_reduction, loss_fn, inverse_link_fn, name)


def poisson_regression_head(
    weight_column: Any = None,
    label_dimension: int = 1,
    loss_reduction: str = MEAN,
    compute_full_loss: bool = True,
    name: str | None = None,
) -> PoissonRegressionHead:
    """A `PoissonRegressionHead` of these arguments."""
    return PoissonRegressionHead(label_dimension, weight_column, loss_reduction, compute_full_loss, name)


def logistic_regression_head(
    weight_column: Any = None, loss_reduction: str = MEAN, name: str | None = None
) -> LogisticRegressionHead:
    """A `LogisticRegressionHead` of these arguments."""
    return LogisticRegressionHead(weight_column, loss_reduction, name)


def multi_head(heads: Any, head_weights: Any = None) -> MultiHead:
    """A `MultiHead` of these arguments."""
    return MultiHead(heads, head_weights)
