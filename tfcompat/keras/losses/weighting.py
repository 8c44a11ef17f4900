"""Weights of losses, and one number from many."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.ops import array
from tfcompat.ops.binary import div_no_nan, equal, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.confusion_matrix import remove_squeezable_dimensions
from tfcompat.ops.control_flow import cond
from tfcompat.ops.reduction import reduce_sum


class Reduction:
    """How the losses of a batch become one.

    AUTO is SUM_OVER_BATCH_SIZE, the sum divided by how many losses there are; SUM is the sum; NONE keeps them all.
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """The four of them."""
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE

    @classmethod
    def validate(cls, key: str) -> None:
        """ValueError for what is no reduction."""
        if key not in cls.all():
            raise ValueError(f'Invalid Reduction Key: {key}. Expected keys are "{cls.all()}"')


def squeeze_or_expand_dimensions(y_pred: Any, y_true: Any = None, sample_weight: Any = None) -> tuple[Any, Any, Any]:
    """Predictions, labels and weights whose ranks fit: a last dimension of size 1 goes from what has one more.

    Weights get one that they lack.
    """
    pred_rank = y_pred.shape.ndims
    if y_true is not None:
        true_rank = y_true.shape.ndims
        if true_rank is not None and pred_rank is not None:
            if pred_rank - true_rank != 0 or y_pred.shape.as_list()[-1] == 1:
                y_true, y_pred = remove_squeezable_dimensions(y_true, y_pred)
        else:
            squeezed = remove_squeezable_dimensions(y_true, y_pred)
            fits = equal(1, array.shape(y_pred)[-1])  # type: ignore[index]
            y_true, y_pred = cond(fits, lambda: squeezed, lambda: (y_true, y_pred))
    if sample_weight is None:
        return y_pred, y_true, None
    weights_rank = sample_weight.shape.ndims
    if weights_rank == 0:
        return y_pred, y_true, sample_weight
    pred_rank = y_pred.shape.ndims
    if pred_rank is not None and weights_rank is not None:
        if weights_rank - pred_rank == 1:
            sample_weight = array.squeeze(sample_weight, [-1])
        elif pred_rank - weights_rank == 1:
            sample_weight = array.expand_dims(sample_weight, -1)
        return y_pred, y_true, sample_weight
    return y_pred, y_true, _fitting_weights(y_pred, sample_weight)


def _fitting_weights(y_pred: Any, weights: Any) -> Any:
    """Weights of a rank that fits, where a rank is known in the run only."""
    weights_rank: Any = array.rank(weights)
    more: Any = weights_rank - array.rank(y_pred)

    def expanded() -> Any:
        return cond(equal(more, -1), lambda: array.expand_dims(weights, -1), lambda: weights)

    def adjusted() -> Any:
        return cond(equal(more, 1), lambda: array.squeeze(weights, [-1]), expanded)

    return cond(equal(weights_rank, 0), lambda: weights, adjusted)


def reduce_weighted_loss(weighted_losses: Any, reduction: str = Reduction.SUM_OVER_BATCH_SIZE) -> Any:
    """The losses as `reduction` says."""
    if reduction == Reduction.NONE:
        return weighted_losses
    total = reduce_sum(weighted_losses)
    if reduction != Reduction.SUM_OVER_BATCH_SIZE:
        return total
    with name_scope("num_elements") as scope:
        count = cast(array.size(weighted_losses, name=scope), total.dtype)
    # the scalar is summed once more, as the reference records it
    return div_no_nan(reduce_sum(total), count, name="value")


def compute_weighted_loss(
    losses: Any, sample_weight: Any = None, reduction: str = Reduction.SUM_OVER_BATCH_SIZE, name: str | None = None
) -> Any:
    """The losses times their weights, reduced.

    Args:
        losses: tensor.
        sample_weight: weights that broadcast with them; 1 when None.
        reduction: see `Reduction`.
        name: name scope.

    Returns:
        A tensor of the type of `losses`; a scalar unless `reduction` is NONE.

    Raises:
        ValueError: an unknown reduction.
    """
    Reduction.validate(reduction)
    if reduction == Reduction.AUTO:
        reduction = Reduction.SUM_OVER_BATCH_SIZE
    if sample_weight is None:
        sample_weight = 1.0
    with name_scope(name or "weighted_loss"):
        sample_weight = convert_to_tensor(sample_weight)
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        losses = losses if dtype.is_floating else cast(losses, "float32")
        sample_weight = cast(sample_weight, losses.dtype)
        losses, _, sample_weight = squeeze_or_expand_dimensions(losses, None, sample_weight)
        made = reduce_weighted_loss(multiply(losses, sample_weight), reduction)
        return cast(made, dtype)
