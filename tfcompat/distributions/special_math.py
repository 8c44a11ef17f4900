"""The normal distribution's function and its logarithm, exact far from the mean too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfcompat.distributions.kullback_leibler import tensor
from tfcompat.distributions.util import public, select, zeros_like
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export_internal
from tfcompat.ops import raw_ops
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import exp, log, square

LIMITS = {"float32": (-10.0, 5.0), "float64": (-20.0, 8.0)}
"""Below the first number log_ndtr takes a series, above the second it is near 0."""


def _checked(x: Any, function: str) -> Any:
    x = tensor(x, name="x")
    if x.dtype.base_dtype.name not in LIMITS:
        raise TypeError(f"{function}: x.dtype={x.dtype} is not handled, see docstring for supported types.")
    return x


def ndtr(x: Any, name: str = "ndtr") -> Any:
    """The probability that a standard normal number is below `x`; float32 or float64."""
    with name_scope(name, None, [x]):
        return _ndtr(_checked(x, "ndtr"))


def _ndtr(x: Any) -> Any:
    half_sqrt_2 = public("constant")(0.5 * math.sqrt(2.0), dtype=x.dtype, name="half_sqrt_2")
    w = x * half_sqrt_2
    z = absolute(w)
    erf, erfc = public("erf"), public("erfc")
    near = raw_ops.Less(x=z, y=half_sqrt_2)
    inner = 1.0 + erf(w)
    return 0.5 * select(near, inner, select(raw_ops.Greater(x=w, y=0.0), 2.0 - erfc(z), erfc(z)))


def log_ndtr(x: Any, series_order: int = 3, name: str = "log_ndtr") -> Any:
    """log(ndtr(x)), by an asymptotic series of `series_order` terms where that would underflow."""
    if not isinstance(series_order, int):
        raise TypeError("series_order must be a Python integer.")
    if not 0 <= series_order <= 30:
        raise ValueError("series_order must be non-negative and at most 30.")
    with name_scope(name, None, [x]):
        x = _checked(x, "log_ndtr")
        lower, upper = LIMITS[x.dtype.base_dtype.name]
        above = raw_ops.Greater(x=x, y=upper)
        near_zero = -_ndtr(-x)
        inside = raw_ops.Greater(x=x, y=lower)
        middle = log(_ndtr(raw_ops.Maximum(x=x, y=lower)))
        series = _series(raw_ops.Minimum(x=x, y=lower), series_order)
        return select(above, near_zero, select(inside, middle, series))


def _series(x: Any, order: int) -> Any:
    scale = -0.5 * square(x) - log(-x) - 0.5 * math.log(2.0 * math.pi)
    if order == 0:
        return scale
    return scale + log(_asymptotic(x, order))


def _asymptotic(x: Any, order: int) -> Any:
    """1 + sum over n of (-1)^n (2n - 1)!! / x^(2n)."""
    squares = square(x)
    even, odd = zeros_like(x), zeros_like(x)
    power = squares
    for n in range(1, order + 1):
        term = float(np.prod(np.arange(2 * n - 1, 0, -2.0))) / power
        if n % 2:
            odd = odd + term
        else:
            even = even + term
        power = power * squares
    return 1.0 + even - odd


def ndtri(p: Any, name: str = "ndtri") -> Any:
    """The inverse of `ndtr`."""
    with name_scope(name, None, [p]):
        p = _checked(p, "ndtri")
        below, above = raw_ops.LessEqual(x=p, y=0.0), raw_ops.GreaterEqual(x=p, y=1.0)
        numpy_type, dims = p.dtype.as_numpy_dtype, public("shape")(p)
        half, infinity = (public("fill")(dims, np.array(v, numpy_type)) for v in (0.5, np.inf))
        inside = raw_ops.Ndtri(x=select(raw_ops.LogicalOr(x=below, y=above), half, p))
        return select(below, -infinity, select(above, infinity, inside))


def erfinv(x: Any, name: str = "erfinv") -> Any:
    """The inverse of erf, for float32 and float64."""
    with name_scope(name, None, [x]):
        return ndtri((_checked(x, "erfinv") + 1.0) / 2.0) / math.sqrt(2)


def log_cdf_laplace(x: Any, name: str = "log_cdf_laplace") -> Any:
    """The logarithm of the probability that a standard Laplace number is below `x`."""
    with name_scope(name, None, [x]):
        x = tensor(x, name="x")
        lower = -math.log(2.0) + x
        upper = public("log1p")(-0.5 * exp(-absolute(x)))
        return select(raw_ops.Less(x=x, y=0.0), lower, upper)


for _function in (ndtr, log_ndtr, ndtri, erfinv, log_cdf_laplace):
    export_internal(f"python.ops.distributions.special_math.{_function.__name__}", _function)
for _type, _limits in LIMITS.items():
    for _side, _limit in zip(("LOWER", "UPPER"), _limits, strict=True):
        export_internal(
            f"python.ops.distributions.special_math.LOGNDTR_{_type.upper()}_{_side}",
            np.array(_limit, _type),
        )
