"""tf.contrib.losses, also tf.contrib.slim.losses: `tf.losses` with the predictions before the labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export
from tfcompat.losses import collected, cross_entropy, elementwise, weighting
from tfcompat.ops.array import expand_dims, shape, size
from tfcompat.ops.binary import maximum
from tfcompat.ops.cast import cast


def _exported(name: str, function: Any) -> None:
    for place in ("losses", "slim.losses"):
        export(f"contrib.{place}.{name}", function)


def _trailing(weights: Any, values: Any) -> Any:
    """`weights` of the first axes of `values`, with ones for the others."""
    weights = convert_to_tensor(weights)
    known, wanted = weights.shape.ndims, convert_to_tensor(values).shape.ndims
    if not known or wanted is None or known >= wanted:
        return weights
    for _ in range(wanted - known):
        weights = expand_dims(weights, -1)
    return weights


def _swapped(function: Callable[..., Any], first: str, labels: str, optional: bool = True) -> Any:
    """`function` of labels and predictions that takes first the predictions, `first`, and then `labels`."""
    options = {"log_loss": ("weights", "epsilon", "scope")}
    smoothed = ("weights", "label_smoothing", "scope")
    name = function.__name__
    rest = options.get(name, smoothed if name.startswith(("sig", "softmax")) else ("weights", "scope"))
    whole = "softmax" not in name
    names = [first, "labels" if optional else labels, *rest]

    def loss(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(names):
            raise TypeError(f"{name}() takes at most {len(names)} positional arguments but {len(args)} were given")
        given = dict(zip(names, args, strict=False))
        twice, unknown = given.keys() & kwargs.keys(), kwargs.keys() - set(names)
        if twice or unknown:
            problem = "multiple values for" if twice else "an unexpected keyword"
            raise TypeError(f"{name}() got {problem} argument '{min(twice or unknown)}'")
        given.update(kwargs)
        predictions = given.pop(first, None)
        if whole and "weights" in given and predictions is not None:
            given["weights"] = _trailing(given["weights"], predictions)
        return function(given.pop(labels, None), predictions, **given)

    loss.__name__ = loss.__qualname__ = name
    loss.__doc__ = f"""`tf.losses.{name}`({labels}, {first}): its mean over the elements whose weight is not 0.

    Takes {", ".join(names)}; the loss joins the collection LOSSES. ValueError where labels or predictions are None.
    """
    return loss


_function: Any
for _function, _labels in (
    (cross_entropy.sigmoid_cross_entropy, "multi_class_labels"),
    (cross_entropy.softmax_cross_entropy, "onehot_labels"),
    (cross_entropy.sparse_softmax_cross_entropy, "labels"),
):
    _exported(_function.__name__, _swapped(_function, "logits", _labels, optional=False))
for _function in (
    elementwise.absolute_difference,
    elementwise.log_loss,
    elementwise.mean_squared_error,
):
    _exported(_function.__name__, _swapped(_function, "predictions", "labels"))


def cosine_distance(
    predictions: Any,
    labels: Any = None,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: Any = None,
    dim: Any = None,
) -> Any:
    """`tf.losses.cosine_distance`: 1 - sum(predictions * labels) along `axis` (also `dim`), which must be given."""
    return elementwise.cosine_distance(
        labels, predictions, dim if axis is None else axis, _trailing(weights, predictions), scope
    )


def hinge_loss(logits: Any, labels: Any = None, scope: str | None = None) -> Any:
    """max(0, 1 - (2 * labels - 1) * logits) for each element, labels 0 or 1; it joins no collection."""
    with name_scope(scope, "hinge_loss", [logits, labels]):
        logits = convert_to_tensor(logits, dtypes.float32)
        signs = 2.0 * cast(labels, dtypes.float32) - 1.0
        return maximum(1.0 - signs * logits, 0.0)


def mean_pairwise_squared_error(predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None) -> Any:
    """The mean over pairs (i, j) of elements of a sample, i = j included, of ((p_i - p_j) - (l_i - l_j))^2, summed.

    `tf.losses.mean_pairwise_squared_error` leaves out the pairs of an element with itself. `weights` is a scalar or has
    one value a sample; the loss joins LOSSES.
    """
    predictions = convert_to_tensor(predictions)
    apart = elementwise.mean_pairwise_squared_error(
        labels, predictions, _trailing(weights, predictions), scope, loss_collection=None
    )
    elements = cast(size(predictions), apart.dtype) / cast(shape(predictions)[0], apart.dtype)
    loss = apart * (elements - 1.0) / elements
    collected.add_loss(loss)
    return loss


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None) -> Any:
    """The mean of `losses` times `weights` over the elements whose weight is not 0; it joins LOSSES."""
    with name_scope(scope, "weighted_loss", [losses, weights]) as scope:
        return weighting.compute_weighted_loss(losses, _trailing(weights, losses), scope)


_exported("cosine_distance", cosine_distance)
_exported("hinge_loss", hinge_loss)
_exported("mean_pairwise_squared_error", mean_pairwise_squared_error)
_exported("compute_weighted_loss", compute_weighted_loss)
for _function in (
    collected.add_loss,
    collected.get_losses,
    collected.get_regularization_losses,
    collected.get_total_loss,
):
    _exported(_function.__name__, _function)
