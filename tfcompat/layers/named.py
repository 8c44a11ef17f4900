"""Activations and initializers that layers know by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.ops import initializers

_ACTIVATIONS = {
    name: f"nn.{name}"
    for name in ("elu", "gelu", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish",
                 "tanh")
} | {"exponential": "exp"}  # fmt: skip

_INITIALIZERS: dict[str, Callable[[], Any]] = {
    "zeros": initializers.Zeros,
    "ones": initializers.Ones,
    "constant": initializers.Constant,
    "random_uniform": partial(initializers.RandomUniform, -0.05, 0.05),
    "random_normal": partial(initializers.RandomNormal, stddev=0.05),
    "truncated_normal": partial(initializers.TruncatedNormal, stddev=0.05),
    "glorot_uniform": initializers.GlorotUniform,
    "glorot_normal": initializers.GlorotNormal,
    "variance_scaling": initializers.VarianceScaling,
    "orthogonal": initializers.Orthogonal,
    "identity": initializers.Identity,
    **{
        f"{name}_{kind}": partial(initializers.VarianceScaling, scale, "fan_in", distribution)
        for name, scale in (("he", 2.0), ("lecun", 1.0))
        for kind, distribution in (("normal", "truncated_normal"), ("uniform", "uniform"))
    },
}
_SHORT = {"zero": "zeros", "one": "ones", "uniform": "random_uniform", "normal": "random_normal"}


def activation_of(value: Any) -> Any:
    """The function named `value`; None for "linear"; other values as they are. ValueError for an unknown name."""
    if value == "linear":
        return None
    return PUBLIC[_named(value, _ACTIVATIONS, "activation function")] if isinstance(value, str) else value


def initializer_of(value: Any) -> Any:
    """An initializer of the kind named `value`, in snake or camel case; other values as they are."""
    if not isinstance(value, str):
        return value
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in value).lstrip("_")
    return _named(_SHORT.get(snake, snake), _INITIALIZERS, "initializer")()


def _named(value: str, table: dict[str, Any], kind: str) -> Any:
    if value not in table:
        raise ValueError(f"Unknown {kind}: {value!r}. Known by name: {', '.join(sorted(table))}.")
    return table[value]
