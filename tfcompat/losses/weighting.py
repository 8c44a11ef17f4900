"""Losses with weights, reduced to one number."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.losses.collected import add_loss
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, size
from tfcompat.ops.binary import div_no_nan, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like, zeros_like
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.weights_broadcast import assert_broadcastable, broadcast_weights


@tf_export("losses.Reduction")
class Reduction:
    """How weighted losses become one.

    NONE keeps them; SUM adds them; MEAN divides the sum by that of the weights; SUM_OVER_BATCH_SIZE divides it by the
    number of losses; SUM_BY_NONZERO_WEIGHTS (also SUM_OVER_NONZERO_WEIGHTS) by the number of losses whose weight is
    not 0.
    """

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All keys."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: Any) -> None:
        """ValueError unless `key` is a key."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}. Key should be one of {cls.all()}.")


def num_present(losses: Tensor, weights: Any, per_batch: bool = False) -> Tensor:
    """How many of `losses` have a weight other than 0, for each of the batch if `per_batch`: a float32."""
    with name_scope(None, "num_present", (losses, weights)) as scope:
        weights = cast(weights, dtypes.float32)
        present = where(raw_ops.Equal(x=weights, y=0.0), zeros_like(weights), ones_like(weights))
        present = broadcast_weights(present, losses)
        if per_batch:
            return reduce_sum(present, axis=range_of(1, rank(present)), keepdims=True, name=scope)
        return reduce_sum(present, name=scope)


def _num_elements(losses: Tensor) -> Tensor:
    with name_scope(None, "num_elements", values=[losses]) as scope:
        return cast(size(losses, name=scope), losses.dtype)  # type: ignore[no-any-return]


@tf_export("losses.compute_weighted_loss")
def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """losses * weights, reduced as `reduction` says, in float32.

    Args:
        losses: tensor of numbers.
        weights: scalar, or of the rank of `losses` with dimensions that are 1 or those of `losses`.
        scope: name scope.
        loss_collection: collection that the result joins.
        reduction: a key of `Reduction`.

    Returns:
        The type of `losses`; a scalar unless `reduction` is NONE.

    Raises:
        ValueError: the weights do not fit or are None, or the key is unknown.
    """
    Reduction.validate(reduction)
    with (
        name_scope(scope, "weighted_loss", (losses, weights)),
        control_dependencies((assert_broadcastable(weights, losses),)),
    ):
        losses = convert_to_tensor(losses)
        input_dtype = losses.dtype
        losses = cast(losses, dtypes.float32)
        weights = cast(weights, dtypes.float32)
        loss = multiply(losses, weights)
        if reduction != Reduction.NONE:
            loss = _reduced(loss, losses, weights, reduction)
        loss = cast(loss, input_dtype)
        add_loss(loss, loss_collection)
        return loss  # type: ignore[no-any-return]


def _reduced(weighted: Tensor, losses: Tensor, weights: Tensor, reduction: str) -> Tensor:
    total = reduce_sum(weighted)
    if reduction == Reduction.MEAN:
        count = reduce_sum(ones_like(losses) * weights)
    elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
        count = num_present(losses, weights)
    elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
        count = _num_elements(losses)
    else:
        return total
    return div_no_nan(reduce_sum(total), count, name="value")
