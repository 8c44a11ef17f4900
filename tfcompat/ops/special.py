"""Special functions: gamma, error, Bessel, Fresnel and exponential integrals."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.math import REAL, Formula, exp, log, reciprocal, register_formulas, sign, square
from tfcompat.ops.recorders import scoped_unary, unary
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.shapes import merge_shapes

# fmt: off
lgamma  = unary("Lgamma", "lgamma math.lgamma", "The logarithm of the absolute value of the gamma function.", REAL)
digamma = unary("Digamma", "digamma math.digamma", "The derivative of lgamma.", REAL)
erf     = unary("Erf", "erf math.erf", "The error function, 2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x.",
                REAL, sparse=True)
erfc    = unary("Erfc", "erfc math.erfc", "1 - erf(x), exact for large x too.", REAL)

erfinv = scoped_unary("Erfinv", "erfinv", "math.erfinv", "The inverse of erf; NaN outside [-1, 1].", REAL)
ndtri  = scoped_unary("Ndtri", "ndtri", "math.ndtri", "The inverse of the normal distribution function.", REAL)

_SCOPED = {
    "bessel_i0":   ("BesselI0",   "The modified Bessel function of the first kind of order 0."),
    "bessel_i1":   ("BesselI1",   "The modified Bessel function of the first kind of order 1."),
    "bessel_i0e":  ("BesselI0e",  "bessel_i0(x) * e ** -|x|."),
    "bessel_i1e":  ("BesselI1e",  "bessel_i1(x) * e ** -|x|."),
    "bessel_j0":   ("BesselJ0",   "The Bessel function of the first kind of order 0."),
    "bessel_j1":   ("BesselJ1",   "The Bessel function of the first kind of order 1."),
    "bessel_y0":   ("BesselY0",   "The Bessel function of the second kind of order 0."),
    "bessel_y1":   ("BesselY1",   "The Bessel function of the second kind of order 1."),
    "bessel_k0":   ("BesselK0",   "The modified Bessel function of the second kind of order 0."),
    "bessel_k1":   ("BesselK1",   "The modified Bessel function of the second kind of order 1."),
    "bessel_k0e":  ("BesselK0e",  "bessel_k0(x) * e ** x."),
    "bessel_k1e":  ("BesselK1e",  "bessel_k1(x) * e ** x."),
    "dawsn":       ("Dawsn",      "Dawson's integral, e ** -x**2 times the integral of e ** t**2 from 0 to x."),
    "expint":      ("Expint",     "The exponential integral Ei, the integral of e ** t / t from -inf to x."),
    "fresnel_cos": ("FresnelCos", "The integral of cos(pi / 2 * t**2) from 0 to x."),
    "fresnel_sin": ("FresnelSin", "The integral of sin(pi / 2 * t**2) from 0 to x."),
    "spence":      ("Spence",     "The integral of log(t) / (1 - t) from 1 to x."),
}
# fmt: on
_ALSO_IN_MATH = ("bessel_i0", "bessel_i1", "bessel_i0e", "bessel_i1e")

for _name, (_op_type, _doc) in _SCOPED.items():
    _public = f"math.{_name} math.special.{_name}" if _name in _ALSO_IN_MATH else f"math.special.{_name}"
    globals()[_name] = scoped_unary(_op_type, _name, _public, _doc, REAL)


@tf_export("math.erfcinv")
def erfcinv(x: Any, name: str | None = None) -> Tensor:
    """The inverse of erfc.

    Args:
        x: tensor of float32 or float64, in [0, 2].
        name: name of the operations.
    """
    with name_scope(name, "erfcinv", [x]):
        x = convert_to_tensor(x, name="start")
        return -ndtri(0.5 * x) * math.sqrt(0.5)  # type: ignore[no-any-return]


@tf_export("lbeta", "math.lbeta")
def lbeta(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the absolute value of the beta function of the numbers along the last axis.

    sum(lgamma(x)) - lgamma(sum(x)).

    Args:
        x: tensor of a floating-point type, rank >= 1.
        name: name of the operations.

    Returns:
        A tensor without the last axis.
    """
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        total = reduce_sum(lgamma(x), axis=[-1])
        return total - lgamma(reduce_sum(x, axis=[-1]))  # type: ignore[no-any-return]


@tf_export("igamma", "math.igamma")
def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The lower regularised incomplete gamma function P(a, x).

    Args:
        a: tensor of a floating-point type, positive.
        x: tensor of the type of `a`, not negative.
        name: name of the operation.
    """
    return raw_ops.Igamma(a=a, x=x, name=name)  # type: ignore[no-any-return]


@tf_export("igammac", "math.igammac")
def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The upper regularised incomplete gamma function, 1 - igamma(a, x). Arguments as for `igamma`."""
    return raw_ops.Igammac(a=a, x=x, name=name)  # type: ignore[no-any-return]


@tf_export("zeta", "math.zeta")
def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """The Hurwitz zeta function, the sum of (q + n) ** -x over n = 0, 1, ...

    Args:
        x: tensor of float32 or float64, above 1.
        q: tensor of the type of `x`.
        name: name of the operation.
    """
    return raw_ops.Zeta(x=x, q=q, name=name)  # type: ignore[no-any-return]


@tf_export("polygamma", "math.polygamma")
def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The derivative of order `a` of digamma.

    Args:
        a: tensor of float32 or float64 that holds integers >= 0.
        x: tensor of the type of `a`.
        name: name of the operation.
    """
    return raw_ops.Polygamma(a=a, x=x, name=name)  # type: ignore[no-any-return]


@tf_export("betainc", "math.betainc")
def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """The regularised incomplete beta function.

    Args:
        a: tensor of float32 or float64, positive.
        b: tensor of the type of `a`, positive.
        x: tensor of the type of `a`, in [0, 1].
        name: name of the operation.
    """
    return raw_ops.Betainc(a=a, b=b, x=x, name=name)  # type: ignore[no-any-return]


def _order_one(g: Tensor, x: Tensor, slope: Tensor, at_zero: float) -> Tensor:
    """g times the slope of a function of order 1, which is computed apart at 0."""
    limit = raw_ops.Cast(x=at_zero, DstT=x.dtype)
    return g * raw_ops.SelectV2(condition=raw_ops.Equal(x=x, y=0.0), t=limit, e=slope)  # type: ignore[no-any-return]


def _spence(g: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """log(x) / (1 - x), and -1 at 1."""
    slope = log(x) / (1.0 - x)
    return g * raw_ops.SelectV2(condition=raw_ops.Equal(x=x, y=1.0), t=-raw_ops.OnesLike(x=x), e=slope)  # type: ignore[no-any-return]


def _half_pi_square(x: Tensor) -> Tensor:
    return (math.pi / 2.0) * square(x)  # type: ignore[no-any-return]


FORMULAS: dict[str, Formula] = {
    "BesselI0":  lambda g, x, y: g * raw_ops.BesselI1(x=x),
    "BesselI0e": lambda g, x, y: g * (raw_ops.BesselI1e(x=x) - sign(x) * y),
    "BesselI1":  lambda g, x, y: _order_one(g, x, raw_ops.BesselI0(x=x) - y / x, 1.0),
    "BesselI1e": lambda g, x, y: _order_one(g, x, raw_ops.BesselI0e(x=x) - y * (sign(x) + reciprocal(x)), 0.5),
    "BesselJ0":  lambda g, x, y: -g * raw_ops.BesselJ1(x=x),
    "BesselJ1":  lambda g, x, y: _order_one(g, x, raw_ops.BesselJ0(x=x) - y / x, 0.5),
    "BesselY0":  lambda g, x, y: -g * raw_ops.BesselY1(x=x),
    "BesselY1":  lambda g, x, y: g * (raw_ops.BesselY0(x=x) - y / x),
    "BesselK0":  lambda g, x, y: -g * raw_ops.BesselK1(x=x),
    "BesselK0e": lambda g, x, y: g * (y - raw_ops.BesselK1e(x=x)),
    "BesselK1":  lambda g, x, y: g * (-raw_ops.BesselK0(x=x) - y / x),
    "BesselK1e": lambda g, x, y: g * (y * (1.0 - reciprocal(x)) - raw_ops.BesselK0e(x=x)),
    "Dawsn":     lambda g, x, y: g * (1.0 - 2.0 * x * y),
    "Digamma":   lambda g, x, y: g * raw_ops.Polygamma(a=raw_ops.OnesLike(x=x), x=x),
    "Erf":       lambda g, x, y: g * (2.0 / math.sqrt(math.pi)) * exp(-square(x)),
    "Erfc":      lambda g, x, y: g * (-2.0 / math.sqrt(math.pi)) * exp(-square(x)),
    "Erfinv":    lambda g, x, y: g * (math.sqrt(math.pi) / 2.0) * exp(square(y)),
    "Expint":    lambda g, x, y: g * exp(x) / x,
    "FresnelCos": lambda g, x, y: g * raw_ops.Cos(x=_half_pi_square(x)),
    "FresnelSin": lambda g, x, y: g * raw_ops.Sin(x=_half_pi_square(x)),
    "Lgamma":    lambda g, x, y: g * raw_ops.Digamma(x=x),
    "Ndtri":     lambda g, x, y: g * math.sqrt(2.0 * math.pi) * exp(square(y) / 2.0),
    "Spence":    _spence,
}  # fmt: skip
register_formulas(FORMULAS)
shape_of(*FORMULAS)(unchanged)


@shape_of("Betainc")
def _betainc_shape(c: InferenceContext, a: TensorShape, b: TensorShape, x: TensorShape) -> list[TensorShape]:
    """All inputs have one shape, but scalars fit any."""
    result = UNKNOWN if any(s.rank is None for s in (a, b, x)) else SCALAR
    for shape in (a, b, x):
        if shape.rank:
            result = merge_shapes(result, shape) if result.rank else shape
    return [result]
