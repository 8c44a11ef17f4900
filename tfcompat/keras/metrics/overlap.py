"""Intersection over union of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras.metrics.metric import Metric
from tfcompat.ops import array, binary
from tfcompat.ops.argmax import argmax
from tfcompat.ops.cast import cast
from tfcompat.ops.confusion_matrix import confusion_matrix
from tfcompat.ops.diagonals import diag_part
from tfcompat.ops.gather import gather
from tfcompat.ops.masks import boolean_mask
from tfcompat.ops.reduction import reduce_sum


class _Overlap(Metric):
    """Metrics of a matrix that counts how often each class was predicted for each class.

    Args:
        num_classes: how many classes there are.
        name: see `Metric`.
        dtype: see `Metric`.
        ignore_class: the label whose samples do not count.
        sparse_y_true: whether labels are numbers of classes, not probabilities of each.
        sparse_y_pred: the same of predictions.
        axis: dimension of the classes in probabilities.
        state_dtype: type of the matrix; `dtype` when None.
    """

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1, state_dtype: Any = None,
    ):  # fmt: skip
        super().__init__(name=name, dtype=dtype)
        self.num_classes, self.ignore_class, self.axis = num_classes, ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.target_class_ids: list[int] | None = None
        self.total_cm = self.add_weight(
            "total_confusion_matrix", shape=(num_classes, num_classes), initializer="zeros", dtype=state_dtype
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch.

        Args:
            y_true: numbers of classes, or probabilities of each.
            y_pred: predicted ones, of the same shape.
            sample_weight: weights, one for each number of a class; 1 when None.
        """
        y_true = y_true if self.sparse_y_true else argmax(y_true, self.axis)
        y_pred = y_pred if self.sparse_y_pred else argmax(y_pred, self.axis)
        y_true, y_pred = (self._flat(cast(y, self.dtype)) for y in (y_true, y_pred))
        if sample_weight is not None:
            sample_weight = self._flat(cast(sample_weight, self.dtype))
        if self.ignore_class is not None:
            counts = binary.not_equal(y_true, cast(self.ignore_class, y_true.dtype))
            y_true, y_pred = boolean_mask(y_true, counts), boolean_mask(y_pred, counts)
            sample_weight = None if sample_weight is None else boolean_mask(sample_weight, counts)
        matrix = confusion_matrix(
            y_true, y_pred, self.num_classes, weights=sample_weight, dtype=self.total_cm.dtype.base_dtype
        )
        return self.total_cm.assign_add(matrix)

    @staticmethod
    def _flat(x: Any) -> Any:
        return array.reshape(x, [-1]) if x.shape.ndims > 1 else x

    def result(self) -> Any:
        """The mean, 0 of nothing."""
        rows: Any = cast(reduce_sum(self.total_cm, axis=0), self.dtype)
        columns = cast(reduce_sum(self.total_cm, axis=1), self.dtype)
        right = cast(diag_part(self.total_cm), self.dtype)
        union = rows + columns - right
        if self.target_class_ids is not None:
            right, union = gather(right, self.target_class_ids), gather(union, self.target_class_ids)
        valid = reduce_sum(cast(binary.not_equal(union, 0), self.dtype))
        return binary.div_no_nan(reduce_sum(binary.div_no_nan(right, union), name="mean_iou"), valid)

    def reset_states(self) -> None:
        """Sets the counts to 0."""
        self._reset([(self.total_cm, np.zeros((self.num_classes, self.num_classes)))])

    def _config(self, *names: str) -> dict[str, Any]:
        return {**Metric.get_config(self), **{name: getattr(self, name) for name in names}}


@tf_export("keras.metrics.MeanIoU")
class MeanIoU(_Overlap):
    """The mean over classes of true positives / (true positives + false positives + false negatives).

    Classes that neither occur nor are predicted do not count.

    Args:
        num_classes: how many classes there are.
        name: its name.
        dtype: see `Metric`.
        ignore_class: the label whose samples do not count.
        sparse_y_true: whether labels are numbers of classes, not probabilities of each.
        sparse_y_pred: the same of predictions.
        axis: dimension of the classes in probabilities.
    """

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ):  # fmt: skip
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis, "float64")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        defaults = {"ignore_class": None, "sparse_y_true": True, "sparse_y_pred": True, "axis": -1}
        return self._config("num_classes", *(k for k, value in defaults.items() if getattr(self, k) != value))


@tf_export("keras.metrics.OneHotMeanIoU")
class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of labels that are probabilities of the classes, or zeros and a one.

    Args:
        num_classes: see `MeanIoU`.
        name: see `MeanIoU`.
        dtype: see `MeanIoU`.
        ignore_class: see `MeanIoU`.
        sparse_y_pred: see `MeanIoU`.
        axis: see `MeanIoU`.
    """

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_pred: bool = False, axis: int = -1,
    ):  # fmt: skip
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config("num_classes", "ignore_class", "sparse_y_pred", "axis")


@tf_export("keras.metrics.IoU")
class IoU(_Overlap):
    """The mean over some classes of true positives / (true positives + false positives + false negatives).

    Args:
        num_classes: see `MeanIoU`.
        target_class_ids: numbers of the classes that count.
        name: see `MeanIoU`.
        dtype: see `MeanIoU`.
        ignore_class: see `MeanIoU`.
        sparse_y_true: see `MeanIoU`.
        sparse_y_pred: see `MeanIoU`.
        axis: see `MeanIoU`.

    Raises:
        ValueError: one of `target_class_ids` is no class.
    """

    def __init__(
        self, num_classes: int, target_class_ids: Any, name: str | None = None, dtype: Any = None,
        ignore_class: int | None = None, sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ):  # fmt: skip
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        if max(target_class_ids) >= num_classes:
            raise ValueError(f"Target class id {max(target_class_ids)} is out of range, which is [{0}, {num_classes}).")
        self.target_class_ids = list(target_class_ids)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")


@tf_export("keras.metrics.OneHotIoU")
class OneHotIoU(IoU):
    """`IoU` of labels that are probabilities of the classes, or zeros and a one.

    Args:
        num_classes: see `IoU`.
        target_class_ids: see `IoU`.
        name: see `IoU`.
        dtype: see `IoU`.
        ignore_class: see `IoU`.
        sparse_y_pred: see `IoU`.
        axis: see `IoU`.
    """

    def __init__(
        self, num_classes: int, target_class_ids: Any, name: str | None = None, dtype: Any = None,
        ignore_class: int | None = None, sparse_y_pred: bool = False, axis: int = -1,
    ):  # fmt: skip
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config("num_classes", "target_class_ids", "ignore_class", "sparse_y_pred", "axis")


@tf_export("keras.metrics.BinaryIoU")
class BinaryIoU(IoU):
    """`IoU` of the classes 0 and 1, of which predictions are probabilities of 1.

    Args:
        target_class_ids: see `IoU`.
        threshold: from which on a prediction is 1.
        name: see `IoU`.
        dtype: see `IoU`.
    """

    def __init__(
        self, target_class_ids: Any = (0, 1), threshold: float = 0.5, name: str | None = None, dtype: Any = None
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The operation that adds a batch; arguments as of `IoU`, with probabilities for `y_pred`."""
        y_pred = cast(y_pred, self.dtype)
        return super().update_state(
            y_true, cast(binary.greater_equal(y_pred, self.threshold), self.dtype), sample_weight
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config("target_class_ids", "threshold")
