"""Intersection over union of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras.metrics.metric import Metric
from tfcompat.ops import array, binary
from tfcompat.ops.cast import cast
from tfcompat.ops.confusion_matrix import confusion_matrix
from tfcompat.ops.diagonals import diag_part
from tfcompat.ops.reduction import reduce_sum


@tf_export("keras.metrics.MeanIoU")
class MeanIoU(Metric):
    """The mean over classes of true positives / (true positives + false positives + false negatives).

    Classes that neither occur nor are predicted do not count.

    Args:
        num_classes: how many classes there are.
        name: its name.
        dtype: see `Metric`.
    """

    def __init__(self, num_classes: int, name: str | None = None, dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.num_classes = num_classes
        self.total_cm = self.add_weight(
            "total_confusion_matrix", shape=(num_classes, num_classes), initializer="zeros", dtype="float64"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch.

        Args:
            y_true: numbers of classes.
            y_pred: predicted ones, of the same shape.
            sample_weight: weights of the same shape; 1 when None.
        """
        y_true, y_pred = (self._flat(cast(y, self.dtype)) for y in (y_true, y_pred))
        if sample_weight is not None:
            sample_weight = self._flat(cast(sample_weight, self.dtype))
        matrix = confusion_matrix(y_true, y_pred, self.num_classes, weights=sample_weight, dtype="float64")
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
        valid = reduce_sum(cast(binary.not_equal(union, 0), self.dtype))
        return binary.div_no_nan(reduce_sum(binary.div_no_nan(right, union), name="mean_iou"), valid)

    def reset_states(self) -> None:
        """Sets the counts to 0."""
        self._reset([(self.total_cm, np.zeros((self.num_classes, self.num_classes)))])

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "num_classes": self.num_classes}
