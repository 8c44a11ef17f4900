"""Losses averaged over batches, and regularization losses, where one replica computes everything."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import shape
from tfcompat.ops.binary import div_no_nan, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.reduction import reduce_sum


@tf_export("nn.compute_average_loss")
def compute_average_loss(per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None) -> Tensor:
    """The sum of the losses of examples, weighted if wanted, divided by `global_batch_size`.

    Args:
        per_example_loss: losses, one or more for each example.
        sample_weight: weights that broadcast to the losses.
        global_batch_size: number of examples; the first size of the losses by default.

    Returns:
        A scalar of the type of the losses.

    Raises:
        ValueError: the losses are a scalar, or `global_batch_size` is negative.
        TypeError: `global_batch_size` is no integer.
    """
    losses = convert_to_tensor(per_example_loss)
    own = losses.dtype
    if losses.shape.rank == 0:
        raise ValueError(
            "Invalid value passed for `per_example_loss`. Expected a tensor with at least rank 1. Received "
            f"per_example_loss={losses} with rank 0"
        )
    if sample_weight is not None:
        losses = multiply(losses, convert_to_tensor(sample_weight))
    losses = cast(losses, own)
    if global_batch_size is None:
        global_batch_size = shape(losses)[0] * 1
    else:
        PUBLIC["debugging.assert_scalar"](global_batch_size, message="global_batch_size must be scalar.")
    PUBLIC["debugging.assert_integer"](global_batch_size, message="global_batch_size must be an integer.")
    PUBLIC["debugging.assert_non_negative"](global_batch_size, message="global_batch_size must be non-negative.")
    total = reduce_sum(losses)
    return div_no_nan(total, cast(global_batch_size, own))


@tf_export("nn.scale_regularization_loss")
def scale_regularization_loss(regularization_loss: Any) -> Tensor:
    """The sum of regularization losses, divided by the number of replicas, which is one."""
    total = reduce_sum(convert_to_tensor(regularization_loss))
    return total / 1.0  # type: ignore[no-any-return]
