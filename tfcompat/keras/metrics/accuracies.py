"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import backend
from tfcompat.keras.metrics.means import MeanMetricWrapper, mean_of
from tfcompat.ops import array
from tfcompat.ops.argmax import argmax
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.topk import in_top_k


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where predictions equal labels, else 0; ValueError for other shapes."""
    y_true, y_pred = convert_to_tensor(y_true), convert_to_tensor(y_pred)
    y_pred.shape.assert_is_compatible_with(y_true.shape)
    if y_true.dtype != y_pred.dtype:
        y_pred = cast(y_pred, y_true.dtype)
    return cast(equal(y_true, y_pred), backend.floatx())


@tf_export("keras.metrics.binary_accuracy")
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """The share of the last dimension in which (y_pred > threshold) equals y_true.

    Args:
        y_true: 0 and 1.
        y_pred: predictions of the same shape.
        threshold: above it a prediction counts as 1.
    """
    y_pred = convert_to_tensor(y_pred)
    positive = cast(y_pred > cast(threshold, y_pred.dtype), y_pred.dtype)
    return backend.mean(equal(y_true, positive), axis=-1)  # type: ignore[no-any-return]


@tf_export("keras.metrics.categorical_accuracy")
def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest prediction is that of the class of the largest label, else 0."""
    return cast(equal(argmax(y_true, -1), argmax(y_pred, -1)), backend.floatx())


@tf_export("keras.metrics.sparse_categorical_accuracy")
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest prediction is that of the class that the label names, else 0.

    Args:
        y_true: numbers of classes; a last dimension of size 1 is fine.
        y_pred: predictions of the classes, in the last dimension.
    """
    y_true, y_pred = convert_to_tensor(y_true), convert_to_tensor(y_pred)
    if y_true.shape.ndims is not None and y_true.shape.ndims == y_pred.shape.ndims:
        y_true = array.squeeze(y_true, [-1])
    best: Any = argmax(y_pred, axis=-1)
    if best.dtype != y_true.dtype:
        best = cast(best, y_true.dtype)
    return cast(equal(y_true, best), backend.floatx())


@tf_export("keras.metrics.top_k_categorical_accuracy")
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the class of the largest label is among the `k` with the largest predictions, else 0."""
    return cast(in_top_k(y_pred, argmax(y_true, axis=-1), k), backend.floatx())


@tf_export("keras.metrics.sparse_top_k_categorical_accuracy")
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the class that the label names is among the `k` with the largest predictions, else 0.

    Args:
        y_true: numbers of classes.
        y_pred: predictions of the classes, in the last dimension.
        k: how many.
    """
    y_true, y_pred = convert_to_tensor(y_true), convert_to_tensor(y_pred)
    true_rank, pred_rank = y_true.shape.ndims, y_pred.shape.ndims
    if true_rank is not None and pred_rank is not None:
        if pred_rank > 2:
            y_pred = array.reshape(y_pred, [-1, y_pred.shape.as_list()[-1]])
        if true_rank > 1:
            y_true = array.reshape(y_true, [-1])
    return cast(in_top_k(y_pred, cast(y_true, "int32"), k), backend.floatx())


Accuracy = mean_of("Accuracy", accuracy, "accuracy", "How often predictions equal labels.")
CategoricalAccuracy = mean_of(
    "CategoricalAccuracy",
    categorical_accuracy,
    "categorical_accuracy",
    "How often the largest prediction is that of the class of the largest label.",
)
SparseCategoricalAccuracy = mean_of(
    "SparseCategoricalAccuracy",
    sparse_categorical_accuracy,
    "sparse_categorical_accuracy",
    "How often the largest prediction is that of the class that the label names.",
)


@tf_export("keras.metrics.BinaryAccuracy")
class BinaryAccuracy(MeanMetricWrapper):
    """How often (prediction > threshold) equals the label.

    Args:
        name: its name.
        dtype: see `Metric`.
        threshold: above it a prediction counts as 1.
    """

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5):
        super().__init__(binary_accuracy, name, dtype=dtype, threshold=threshold)


@tf_export("keras.metrics.TopKCategoricalAccuracy")
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class of the largest label is among the `k` with the largest predictions.

    Args:
        k: how many.
        name: its name.
        dtype: see `Metric`.
    """

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(top_k_categorical_accuracy, name, dtype=dtype, k=k)


@tf_export("keras.metrics.SparseTopKCategoricalAccuracy")
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class that the label names is among the `k` with the largest predictions.

    Args:
        k: how many.
        name: its name.
        dtype: see `Metric`.
    """

    def __init__(self, k: int = 5, name: str | None = "sparse_top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype=dtype, k=k)
