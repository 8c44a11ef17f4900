"""What metrics share: their variables, the collections they join, and the shapes of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import add_to_collections
from tfcompat.graph.export import export_internal
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, squeeze
from tfcompat.ops.confusion_matrix import may_end_in_one, remove_squeezable_dimensions
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.variable_base import Variable, VariableAggregation, VariableSynchronization

Result = tuple[Any, Any]
"""The value so far, and an operation or tensor that takes in a batch."""


def metric_variable(shape: Any, dtype: Any, validate_shape: bool = True, name: str | None = None) -> Any:
    """A variable of zeros in LOCAL_VARIABLES and METRIC_VARIABLES.

    Args:
        shape: its shape.
        dtype: its type.
        validate_shape: whether its shape must be known and stay.
        name: its name.
    """
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=validate_shape,
        synchronization=VariableSynchronization.ON_READ,
        aggregation=VariableAggregation.SUM,
        name=name,
    )


def collected(value: Any, update: Any, metrics_collections: Any, updates_collections: Any) -> Result:
    """Both, after they have joined their collections."""
    if metrics_collections:
        add_to_collections(metrics_collections, value)
    if updates_collections:
        add_to_collections(updates_collections, update)
    return value, update


def fitted(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Predictions, labels and weights of ranks that fit.

    Labels or predictions lose a last dimension of 1 that the other lacks; weights lose or gain one.

    Args:
        predictions: tensor.
        labels: tensor of that shape, or None.
        weights: tensor that broadcasts to it, or None.

    Raises:
        ValueError: the shapes of labels and predictions do not fit.
    """
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    own, wanted = weights.shape.rank, predictions.shape.rank
    if own == 0:
        return predictions, labels, weights
    if own is not None and wanted is not None:
        if own - wanted == 1:
            weights = squeeze(weights, [-1])
        elif wanted - own == 1:
            weights = expand_dims(weights, [-1])
        return predictions, labels, weights
    return predictions, labels, _fitted_in_a_run(weights, predictions)


def _fitted_in_a_run(weights: Tensor, predictions: Tensor) -> Tensor:
    """`weights` of the rank of `predictions`, or of rank 0, where a rank is unknown before a run."""
    weights_rank = rank(weights)
    difference = weights_rank - rank(predictions)

    def expanded() -> Any:
        return cond(raw_ops.Equal(x=difference, y=-1), lambda: expand_dims(weights, [-1]), lambda: identity(weights))

    def adjusted() -> Any:
        if weights.shape.rank is not None and not may_end_in_one(weights):
            return expanded()
        return cond(raw_ops.Equal(x=1, y=difference), lambda: squeeze(weights, [-1]), expanded)

    return cond(raw_ops.Equal(x=weights_rank, y=0), lambda: identity(weights), adjusted)  # type: ignore[no-any-return]


def flat(tensor: Tensor) -> Tensor:
    """`tensor` as a vector, itself when its rank is at most 1."""
    if tensor.shape.ndims is not None and tensor.shape.ndims <= 1:
        return tensor
    return raw_ops.Reshape(tensor=tensor, shape=[-1])  # type: ignore[no-any-return]


EPSILON = 1e-7
FLOAT = dtypes.float32


def spaced_thresholds(count: int, last: float = 1.0 + EPSILON) -> list[float]:
    """`count` thresholds from just below 0 to `last`, just above 1 or below it."""
    inner: Sequence[float] = [(i + 1) * 1.0 / (count - 1) for i in range(count - 2)]
    return [0.0 - EPSILON, *inner, last]


export_internal("python.ops.metrics_impl.metric_variable", metric_variable)
export_internal("python.ops.metrics_impl._remove_squeezable_dimensions", fitted)
