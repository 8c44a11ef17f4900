"""Kullback-Leibler divergences, by pairs of classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.ops.assertion import Assert
from tfcompat.ops.identity import identity
from tfcompat.ops.reduction import reduce_any

_DIVERGENCES: dict[tuple[type, type], Callable[..., Any]] = {}


def _registered(type_a: type, type_b: type) -> Callable[..., Any] | None:
    """The function of the nearest pair of base classes."""
    bases_a, bases_b = inspect.getmro(type_a), inspect.getmro(type_b)
    pairs = [(i + j, i, a, b) for i, a in enumerate(bases_a) for j, b in enumerate(bases_b)]
    found = [(distance, i, _DIVERGENCES[a, b]) for distance, i, a, b in pairs if (a, b) in _DIVERGENCES]
    return min(found, key=lambda entry: entry[:2])[2] if found else None


@tf_export("distributions.kl_divergence")
def kl_divergence(
    distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """The expectation under a of log a(x) - log b(x).

    Args:
        distribution_a: a distribution.
        distribution_b: a distribution for whose class, with that of a, a divergence is registered.
        allow_nan_stats: whether NaN may come out; otherwise the run fails.
        name: name of the operations.

    Returns:
        A tensor of the batch shape.

    Raises:
        NotImplementedError: no divergence is registered for the classes.
    """
    function = _registered(type(distribution_a), type(distribution_b))
    if function is None:
        raise NotImplementedError(
            "No KL(distribution_a || distribution_b) registered for distribution_a type "
            f"{type(distribution_a).__name__} and distribution_b type {type(distribution_b).__name__}"
        )
    with name_scope("KullbackLeibler"):
        divergence = function(distribution_a, distribution_b, name=name)
        if allow_nan_stats:
            return divergence
        divergence = identity(divergence, name="kl")
        message = (
            f"KL calculation between {distribution_a.name} and {distribution_b.name} returned NaN values "
            "(and was called with allow_nan_stats=False). Values:"
        )
        fine = PUBLIC["logical_not"](reduce_any(PUBLIC["is_nan"](divergence)))
        with get_default_graph().control_dependencies([Assert(fine, [message, divergence])]):
            return identity(divergence, name="checked_kl")


def cross_entropy(ref: Any, other: Any, allow_nan_stats: bool = True, name: str | None = None) -> Any:
    """The entropy of `ref` plus its divergence from `other`."""
    with name_scope(name, "cross_entropy"):
        return ref.entropy() + kl_divergence(ref, other, allow_nan_stats=allow_nan_stats)


@tf_export("distributions.RegisterKL")
class RegisterKL:
    """Decorator that registers a function (a, b, name=None) as the divergence of two classes of distributions."""

    def __init__(self, dist_cls_a: type, dist_cls_b: type):
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Registers the function.

        Raises:
            TypeError: it cannot be called.
            ValueError: the pair has one already.
        """
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _DIVERGENCES:
            names = [cls.__name__ for cls in self._key]
            raise ValueError(f"KL({names[0]} || {names[1]}) has already been registered to: {_DIVERGENCES[self._key]}")
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn


def tensor(value: Any, **kwargs: Any) -> Any:
    """`convert_to_tensor` whose result may be computed with by operators."""
    return convert_to_tensor(value, **kwargs)
