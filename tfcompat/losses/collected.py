"""The losses of a graph: the collections that losses and regularizers join, and their sums."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import add_to_collection, get_collection
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.add_n import add_n


@tf_export("losses.add_loss")
def add_loss(loss: Any, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Adds `loss`, a tensor, to a collection of losses; to none when `loss_collection` is None or empty."""
    if loss_collection:
        add_to_collection(loss_collection, loss)


@tf_export("losses.get_losses")
def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[Any]:
    """The losses of a collection, those whose names start with `scope` if it is given."""
    return get_collection(loss_collection, scope)


@tf_export("losses.get_regularization_losses")
def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses that regularizers of variables gave, those whose names start with `scope` if it is given."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@tf_export("losses.get_regularization_loss")
def get_regularization_loss(scope: str | None = None, name: str = "total_regularization_loss") -> Tensor:
    """The sum of the regularization losses: a float scalar, 0 when there is none.

    Args:
        scope: start of the names of the losses that count.
        name: name of the operation.
    """
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else constant(0.0)


@tf_export("losses.get_total_loss")
def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Tensor:
    """The sum of the collected losses.

    Args:
        add_regularization_losses: whether regularization losses count too.
        name: name of the operation.
        scope: start of the names of the losses that count.

    Raises:
        ValueError: there is no loss, or the losses differ in type or shape.
    """
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope=scope)
    return add_n(losses, name=name)
