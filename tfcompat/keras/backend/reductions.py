"""`tf.keras.backend`: sums, means and extremes along dimensions, and running ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import config
from tfcompat.ops import argmax as extremes
from tfcompat.ops import cast as casting
from tfcompat.ops import normalization, reduction, scan, topk

Axis = int | list[int] | tuple[int, ...] | None


def _reduction(name: str, record: Callable[..., Any], doc: str, to: str = "") -> Callable[..., Tensor]:
    """Publishes a reduction; `to` is the type that bools (or, for "bool", everything) are made first."""

    def function(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
        if to == "bool":
            x = casting.cast(x, dtypes.bool)
        elif to and x.dtype.base_dtype == dtypes.bool:
            x = casting.cast(x, config.floatx())
        return record(x, axis, keepdims)  # type: ignore[no-any-return]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{doc}

    Args:
        x: tensor or variable.
        axis: one dimension or several; all of them when None.
        keepdims: whether reduced dimensions stay, of size 1.
    """
    return tf_export(f"keras.backend.{name}")(function)


# fmt: off
max  = _reduction("max", reduction.reduce_max, "The largest element.")
min  = _reduction("min", reduction.reduce_min, "The smallest element.")
sum  = _reduction("sum", reduction.reduce_sum, "The sum of the elements.")
prod = _reduction("prod", reduction.reduce_prod, "The product of the elements.")
mean = _reduction("mean", reduction.reduce_mean, "The mean of the elements; bools count as 0 and 1.", to="float")
var  = _reduction("var", reduction.reduce_variance, "The variance of the elements; bools count as 0 and 1.", to="float")
std  = _reduction("std", reduction.reduce_std, "The standard deviation; bools count as 0 and 1.", to="float")
any  = _reduction("any", reduction.reduce_any, "Whether an element is not 0.", to="bool")
all  = _reduction("all", reduction.reduce_all, "Whether no element is 0.", to="bool")
# fmt: on


@tf_export("keras.backend.argmax")
def argmax(x: Any, axis: int = -1) -> Tensor:
    """The int64 index of the largest element along `axis`."""
    return extremes.argmax(x, axis)


@tf_export("keras.backend.argmin")
def argmin(x: Any, axis: int = -1) -> Tensor:
    """The int64 index of the smallest element along `axis`."""
    return extremes.argmin(x, axis)


@tf_export("keras.backend.cumsum")
def cumsum(x: Any, axis: int = 0) -> Tensor:
    """The sums of the elements up to each along `axis`."""
    return scan.cumsum(x, axis=axis)


@tf_export("keras.backend.cumprod")
def cumprod(x: Any, axis: int = 0) -> Tensor:
    """The products of the elements up to each along `axis`."""
    return scan.cumprod(x, axis=axis)


@tf_export("keras.backend.l2_normalize")
def l2_normalize(x: Any, axis: Axis = None) -> Tensor:
    """`x` divided by the root of the sum of its squares along `axis`."""
    return normalization.l2_normalize(x, axis=axis)


@tf_export("keras.backend.in_top_k")
def in_top_k(predictions: Any, targets: Any, k: int) -> Tensor:
    """Whether the class that `targets` names is among the `k` with the highest predictions, for each row."""
    return topk.in_top_k(predictions, targets, k)
