"""Confusion matrices, and squeezing a last dimension of 1 so that labels fit predictions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, squeeze
from tfcompat.ops.assertion import assert_less, assert_non_negative  # type: ignore[attr-defined]
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import ones_like
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.identity import identity
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_max


def may_end_in_one(tensor: Tensor) -> bool:
    """Whether the last dimension of `tensor`, of known rank >= 1, may be 1."""
    return tensor.shape.as_list()[-1] in (1, None)


def squeezed_if(condition: Any, tensor: Tensor) -> Tensor:
    """`tensor` without its last dimension, of size 1, in runs in which `condition` is true."""
    return cond(condition, lambda: squeeze(tensor, [-1]), lambda: identity(tensor))  # type: ignore[no-any-return]


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """`labels` and `predictions`, one of them without a last dimension of 1 if the ranks would not fit otherwise.

    Args:
        labels: tensor.
        predictions: tensor of any type.
        expected_rank_diff: rank of `predictions` minus that of `labels` as it should be.
        name: name scope.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        ranks = predictions.shape.rank, labels.shape.rank
        if ranks[0] is not None and ranks[1] is not None:
            difference = ranks[0] - ranks[1]
            if difference == expected_rank_diff + 1 and may_end_in_one(predictions):
                predictions = squeeze(predictions, [-1])
            elif difference == expected_rank_diff - 1 and may_end_in_one(labels):
                labels = squeeze(labels, [-1])
            return labels, predictions
        dynamic = rank(predictions) - rank(labels)
        if ranks[0] is None or (ranks[0] and may_end_in_one(predictions)):
            predictions = squeezed_if(raw_ops.Equal(x=expected_rank_diff + 1, y=dynamic), predictions)
        if ranks[1] is None or (ranks[1] and may_end_in_one(labels)):
            labels = squeezed_if(raw_ops.Equal(x=expected_rank_diff - 1, y=dynamic), labels)
        return labels, predictions


@tf_export("confusion_matrix", "math.confusion_matrix")
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """How often, or with what weight, label i was predicted as j, at [i, j].

    Args:
        labels: integers from 0 on, of rank 1 after a last dimension of 1 is squeezed.
        predictions: integers like `labels`.
        num_classes: size of the matrix; one more than the largest label or prediction when None.
        dtype: type of the result.
        name: name scope.
        weights: one for each prediction; all 1 when None.

    Returns:
        [num_classes, num_classes].

    Raises:
        ValueError: the shapes of predictions and weights do not fit.
        A run fails with InvalidArgumentError for negative values, and values from `num_classes` on.
    """
    with name_scope(name, "confusion_matrix", (predictions, labels, num_classes, weights)):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"), convert_to_tensor(predictions, name="predictions")
        )
        predictions, labels = cast(predictions, dtypes.int64), cast(labels, dtypes.int64)
        labels = with_dependencies([assert_non_negative(labels, message="`labels` contains negative values")], labels)
        check = assert_non_negative(predictions, message="`predictions` contains negative values")
        predictions = with_dependencies([check], predictions)
        if num_classes is None:
            num_classes = raw_ops.Maximum(x=reduce_max(predictions), y=reduce_max(labels)) + 1
        else:
            bound = cast(num_classes, dtypes.int64)
            labels = with_dependencies([assert_less(labels, bound, message="`labels` out of bound")], labels)
            check = assert_less(predictions, bound, message="`predictions` out of bound")
            predictions = with_dependencies([check], predictions)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, dtype)
        sizes = stack([num_classes, num_classes])
        indices = stack([labels, predictions], axis=1)
        values = ones_like(predictions, dtype) if weights is None else weights
        return raw_ops.ScatterNd(indices=indices, updates=values, shape=cast(sizes, dtypes.int64))  # type: ignore[no-any-return]


export_internal("python.ops.confusion_matrix.remove_squeezable_dimensions", remove_squeezable_dimensions)
export_internal("python.ops.confusion_matrix.confusion_matrix", confusion_matrix)
