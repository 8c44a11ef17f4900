"""Gradients of the elementwise functions of two arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.broadcasting import reduce_to_shapes_of
from tfcompat.ops.math import conjugate, exp, log, square

Pair = tuple[Any, Any]
Formula = Callable[[Tensor, Tensor, Tensor, Tensor], Pair]


def _mul(x: Tensor, y: Tensor) -> Tensor:
    return raw_ops.Mul(x=x, y=y)  # type: ignore[no-any-return]


def _quotient(g: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Pair:
    def over_y(value: Tensor) -> Tensor:
        return raw_ops.RealDiv(x=value, y=y)  # type: ignore[no-any-return]

    return over_y(g), g * over_y(over_y(-x))


def _mul_no_nan(x: Tensor, y: Tensor) -> Tensor:
    return raw_ops.MulNoNan(x=x, y=y)  # type: ignore[no-any-return]


def _div_no_nan(x: Tensor, y: Tensor) -> Tensor:
    return raw_ops.DivNoNan(x=x, y=y, name="div_no_nan")  # type: ignore[no-any-return]


def _xdivy(x: Tensor, y: Tensor) -> Tensor:
    return raw_ops.Xdivy(x=x, y=y)  # type: ignore[no-any-return]


def _not_zero(x: Tensor) -> Tensor:
    """1 where x is not 0, else 0."""
    return raw_ops.Cast(x=raw_ops.NotEqual(x=x, y=0.0), DstT=x.dtype)  # type: ignore[no-any-return]


def _pow(g: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Pair:
    """The logarithm of a base that is not positive (complex: that is 0) counts as 0."""
    positive = raw_ops.NotEqual(x=x, y=0.0) if x.dtype.is_complex else raw_ops.Greater(x=x, y=0.0)
    safe = raw_ops.SelectV2(condition=positive, t=x, e=raw_ops.OnesLike(x=x))
    log_x = raw_ops.SelectV2(condition=positive, t=log(safe), e=raw_ops.ZerosLike(x=x))
    return g * y * raw_ops.Pow(x=x, y=y - 1.0), g * z * log_x


def _squared_difference(g: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Pair:
    grad = 2.0 * g * (x - y)
    return grad, -grad


def _larger_or_smaller(selects_x: str) -> Formula:
    """Maximum and minimum: the gradient goes to the selected input, to the first where both are equal."""

    def formula(g: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Pair:
        takes_x = getattr(raw_ops, selects_x)(x=x, y=y)
        zeros = raw_ops.ZerosLike(x=g)
        return raw_ops.SelectV2(condition=takes_x, t=g, e=zeros), raw_ops.SelectV2(condition=takes_x, t=zeros, e=g)

    return formula


def _atan2(g: Tensor, y: Tensor, x: Tensor, z: Tensor) -> Pair:
    scaled = g / (square(x) + square(y))
    return x * scaled, -y * scaled


def _gamma_density(a: Tensor, x: Tensor) -> Tensor:
    """The derivative of the lower regularised incomplete gamma function by x."""
    return exp(-x + (a - 1.0) * log(x) - raw_ops.Lgamma(x=a))  # type: ignore[no-any-return]


def _igamma(g: Tensor, a: Tensor, x: Tensor, z: Tensor) -> Pair:
    return g * raw_ops.IgammaGradA(a=a, x=x), g * _gamma_density(a, x)


def _igammac(g: Tensor, a: Tensor, x: Tensor, z: Tensor) -> Pair:
    by_a, by_x = _igamma(g, a, x, z)
    return -by_a, -by_x


# (g, x, y, z) -> gradients by x and y before summing over broadcast axes; x, y, z are conjugates of inputs and output
FORMULAS: dict[str, Formula] = {
    "Add":      lambda g, x, y, z: (g, g),
    "AddV2":    lambda g, x, y, z: (g, g),
    "Sub":      lambda g, x, y, z: (g, -g),
    "Mul":      lambda g, x, y, z: (_mul(g, y), _mul(x, g)),
    "Div":      _quotient,
    "RealDiv":  _quotient,
    "DivNoNan": lambda g, x, y, z: (_div_no_nan(g, y), g * _div_no_nan(_div_no_nan(-x, y), y)),
    "MulNoNan": lambda g, x, y, z: (_mul_no_nan(g, y), _mul_no_nan(x, g)),
    "FloorMod": lambda g, x, y, z: (g, g * -raw_ops.FloorDiv(x=x, y=y)),
    "Pow":      _pow,
    "Maximum":  _larger_or_smaller("GreaterEqual"),
    "Minimum":  _larger_or_smaller("LessEqual"),
    "SquaredDifference": _squared_difference,
    "Xlogy":    lambda g, x, y, z: (raw_ops.Xlogy(x=_not_zero(x), y=y) * g, _xdivy(x, y) * g),
    "Xlog1py":  lambda g, x, y, z: (raw_ops.Xlog1py(x=_not_zero(x), y=y) * g, _xdivy(x, y + 1.0) * g),
    "Xdivy":    lambda g, x, y, z: (_xdivy(_not_zero(x), y) * g, _xdivy(-x, square(y)) * g),
    "Atan2":    _atan2,
    "NextAfter": lambda g, x, y, z: (g, raw_ops.ZerosLike(x=g)),
    "Igamma":   _igamma,
    "Igammac":  _igammac,
    "Zeta":     lambda g, x, q, z: (None, g * -x * raw_ops.Zeta(x=x + 1.0, q=q)),
    "Polygamma": lambda g, n, x, z: (None, g * raw_ops.Polygamma(a=n + 1.0, x=x)),
}  # fmt: skip


_NEVER_CONJUGATED = ("MulNoNan", "SquaredDifference", "Xdivy", "Xlog1py", "Xlogy")
"""Op types whose formulas the reference applies to complex numbers as they are."""


def _register(op_type: str, formula: Formula) -> None:
    def gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
        x, y = op.inputs
        values = (x, y, op.outputs[0])
        grads = formula(grad, *(values if op_type in _NEVER_CONJUGATED else map(conjugate, values)))
        return list(reduce_to_shapes_of(x, y, *grads))

    gradient_of.add(op_type, gradient)


for _op_type, _formula in FORMULAS.items():
    _register(_op_type, _formula)


@gradient_of("FloorDiv", "TruncateDiv")
def _rounded_division_gradient(op: Operation, grad: Tensor) -> list[None]:
    return [None, None]


@gradient_of("Betainc")
def _betainc_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """By x alone: x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b); a and b get none."""
    a, b, x = op.inputs
    log_beta = raw_ops.Lgamma(x=a) + raw_ops.Lgamma(x=b) - raw_ops.Lgamma(x=a + b)
    density = exp(raw_ops.Xlog1py(x=b - 1.0, y=-x) + raw_ops.Xlogy(x=a - 1.0, y=x) - log_beta)
    return [None, None, reduce_to_shapes_of(x, a, grad * density, None)[0]]
