"""tf.contrib.layers: initializers of weights and regularizers."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.ops import raw_ops
from tfcompat.ops.add_n import add_n
from tfcompat.ops.random import random_uniform, truncated_normal
from tfcompat.ops.reduction import reduce_sum

Regularizer = Callable[[Any], Any]


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = dtypes.float32,
) -> Callable[..., Any]:
    """An initializer of random numbers with variance factor / n.

    Args:
        factor: see above.
        mode: what n is: "FAN_IN" inputs, "FAN_OUT" outputs, or "FAN_AVG" their mean, times the kernel's size.
        uniform: numbers in [-limit, limit], limit = sqrt(3 * factor / n), instead of a truncated normal distribution
            of standard deviation sqrt(1.3 * factor / n).
        seed: of the numbers.
        dtype: their type.

    Raises:
        TypeError: `dtype` is not floating-point, or `mode` is unknown.
    """
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")

    def initialize(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Any:
        if not dtypes.as_dtype(dtype).is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        whole = [float(n) for n in shape]  # of the slice, where a variable is cut
        fan_in = whole[-2] if len(whole) > 1 else (whole[-1] if whole else 1.0)
        fan_out = whole[-1] if whole else 1.0
        size = math.prod(whole[:-2])
        n = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode] * size
        if uniform:
            limit = math.sqrt(3.0 * factor / n)
            return random_uniform(shape, -limit, limit, dtype, seed=seed)
        return truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / n), dtype, seed=seed)

    return initialize


def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: Any = dtypes.float32
) -> Callable[..., Any]:
    """`variance_scaling_initializer` of variance 1 over the mean of inputs and outputs."""
    return variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)


for _prefix in ("layers", "slim"):
    export(f"contrib.{_prefix}.variance_scaling_initializer", variance_scaling_initializer)
    export(f"contrib.{_prefix}.xavier_initializer", xavier_initializer)
    export(f"contrib.{_prefix}.xavier_initializer_conv2d", xavier_initializer)


def _checked(scale: Any) -> bool:
    """Whether there is anything to add; ValueError for what is no number >= 0."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}")
    return scale != 0.0


@tf_export("contrib.layers.l1_regularizer", "contrib.slim.l1_regularizer")
def l1_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """A function of weights: scale * sum(|weights|); None for scale 0. ValueError for a negative or integer scale."""
    if not _checked(scale):
        return lambda _: None

    def loss(weights: Any, name: str | None = None) -> Any:
        with name_scope(scope, "l1_regularizer", [weights]) as own:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return raw_ops.Mul(x=factor, y=reduce_sum(raw_ops.Abs(x=weights)), name=own)

    return loss


@tf_export("contrib.layers.l2_regularizer", "contrib.slim.l2_regularizer")
def l2_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """A function of weights: scale * sum(weights^2) / 2; None for scale 0. ValueError as of `l1_regularizer`."""
    if not _checked(scale):
        return lambda _: None

    def loss(weights: Any) -> Any:
        with name_scope(scope, "l2_regularizer", [weights]) as own:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return raw_ops.Mul(x=factor, y=raw_ops.L2Loss(t=weights), name=own)

    return loss


@tf_export("contrib.layers.l1_l2_regularizer", "contrib.slim.l1_l2_regularizer")
def l1_l2_regularizer(scale_l1: float = 1.0, scale_l2: float = 1.0, scope: str | None = None) -> Regularizer:
    """The sum of `l1_regularizer(scale_l1)` and `l2_regularizer(scale_l2)`."""
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


@tf_export("contrib.layers.sum_regularizer")
def sum_regularizer(regularizer_list: Any, scope: str | None = None) -> Any:
    """A function of weights: the sum of several, None where all of them give None; None for an empty list."""
    regularizers = [r for r in regularizer_list if r is not None]
    if not regularizers:
        return None

    def loss(weights: Any) -> Any:
        with name_scope(scope, "sum_regularizer", [weights]) as own:
            losses = [x for x in (r(weights) for r in regularizers) if x is not None]
            return add_n(losses, name=own) if losses else None

    return loss
