"""Elementwise functions of one argument."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

# op type -> ONNX operator of the same function
_SAME = {
    "Abs": "Abs", "Ceil": "Ceil", "Cos": "Cos", "Exp": "Exp", "Floor": "Floor", "Invert": "BitwiseNot",
    "IsInf": "IsInf", "IsNan": "IsNaN", "Log": "Log", "LogicalNot": "Not", "Neg": "Neg", "Rint": "Round",
    "Sin": "Sin", "Sqrt": "Sqrt", "Tanh": "Tanh", "Reciprocal": "Reciprocal", "Inv": "Reciprocal",
    "Acos": "Acos", "Asin": "Asin", "Atan": "Atan",
}  # fmt: skip


@converts(*_SAME)
def _same(b: Builder, op: Operation, x: Value) -> Value:
    return b.node(_SAME[op.type], [x])  # type: ignore[no-any-return]


@converts("Round")
def _round(b: Builder, op: Operation, x: Value) -> Value:
    return x if x.dtype.is_integer else b.Round(x)


@converts("Square")
def _square(b: Builder, op: Operation, x: Value) -> Value:
    return b.Mul(x, x)


@converts("IsFinite")
def _is_finite(b: Builder, op: Operation, x: Value) -> Value:
    return b.Not(b.Or(b.IsInf(x), b.IsNaN(x)))


def widely(b: Builder, rule: Callable[..., Value], *inputs: Value, halves: bool = False) -> Value:
    """`rule(b, *inputs)` with 16-bit numbers as float32 in between, so that only the result is rounded.

    With `halves`, float16 stays in files that are not strict: ONNX Runtime widens it itself where it must.
    """
    dtype = inputs[0].dtype
    if dtype.is_complex:
        raise NotConvertible(f"ONNX has no tensors of {dtype.name}")
    if not (dtype.is_floating and dtype.size == 2) or (halves and dtype is dtypes.float16 and not b.strict):
        return rule(b, *inputs)
    return b.cast(rule(b, *(b.cast(v, dtypes.float32) for v in inputs)), dtype)


def sigmoid(b: Builder, x: Value) -> Value:
    """ONNX Runtime's own Sigmoid has an absolute error of 1e-7 and is 0 below -18: for files only."""
    if not b.strict:
        return b.Sigmoid(x)  # type: ignore[no-any-return]
    return b.Reciprocal(b.Add(b.Exp(b.Neg(x)), 1))


def log1p(b: Builder, u: Value) -> Value:
    """log(1 + u) without loss for small u: log(w) - ((w - 1) - u) / w, w being 1 + u as it is rounded.

    Written without a choice, which would cost as much as all the rest; the bounds keep infinity and -1 apart from NaN.
    """
    limits = np.finfo(u.dtype.as_numpy_dtype)
    largest, smallest = (b.const(v, u.dtype) for v in (limits.max, limits.tiny))
    w = b.Add(u, 1)
    lost = b.Sub(b.Sub(b.Min(w, largest), 1), b.Min(u, largest))
    return b.Sub(b.Log(w), b.Div(lost, b.Max(w, smallest)))


def expm1(b: Builder, x: Value) -> Value:
    """exp(x) - 1 without loss for small x: (u - 1) * x / log(u), u being exp(x) as it is rounded."""
    u = b.Exp(x)
    difference = b.Sub(u, 1)
    tiny, small = b.Equal(u, 1), b.Less(b.Abs(x), 0.5)
    log_u = b.Log(b.Where(b.And(small, b.Not(tiny)), u, b.const(2, x.dtype)))
    near_zero = b.Where(tiny, x, b.Mul(difference, b.Div(x, log_u)))
    return b.Where(small, near_zero, difference)


def _double_sided(b: Builder, x: Value, of_magnitude: Callable[[Value], Value]) -> Value:
    """An odd function from its values for magnitudes; the sign of a zero is kept."""
    return b.Where(b.Equal(x, 0), x, b.Mul(b.Sign(x), of_magnitude(b.Abs(x))))


def _asinh(b: Builder, x: Value) -> Value:
    def of_magnitude(m: Value) -> Value:
        """log1p(m + m^2 / (1 + sqrt(m^2 + 1))), with the square root as m * sqrt(1 + 1/m^2) where m^2 overflows."""
        large = b.Greater(m, 1e100)
        safe = b.Where(large, b.const(1, m.dtype), m)
        squared = b.Mul(safe, safe)
        ordinary = log1p(b, b.Add(safe, b.Div(squared, b.Add(b.Sqrt(b.Add(squared, 1)), 1))))
        return b.Where(large, b.Add(b.Log(m), 0.6931471805599453), ordinary)

    return _double_sided(b, x, of_magnitude)


def _acosh(b: Builder, x: Value) -> Value:
    """log1p(t + sqrt(t * (t + 2))), t = x - 1; log(2 x) where the square overflows."""
    large = b.Greater(x, 1e100)
    t = b.Sub(b.Where(b.Less(b.Abs(x), 1e100), x, b.const(0, x.dtype)), 1)
    ordinary = log1p(b, b.Add(t, b.Sqrt(b.Mul(t, b.Add(t, 2)))))
    return b.Where(large, b.Add(b.Log(x), 0.6931471805599453), ordinary)


def _atanh(b: Builder, x: Value) -> Value:
    return _double_sided(b, x, lambda m: b.Mul(log1p(b, b.Div(b.Add(m, m), b.Sub(1, m))), 0.5))


def _sinh(b: Builder, x: Value) -> Value:
    """2 sinh(m / 2) cosh(m / 2) with u = expm1(m / 2) and e = u + 1; e^2 alone would overflow before the result."""

    def of_magnitude(m: Value) -> Value:
        u = expm1(b, b.Mul(m, 0.5))
        e = b.Add(u, 1)
        inverse = b.Reciprocal(e)
        twice_sinh = b.Where(b.Greater(m, 1), b.Sub(e, inverse), b.Add(u, b.Div(u, e)))
        return b.Mul(b.Mul(twice_sinh, 0.5), b.Add(e, inverse))

    return _double_sided(b, x, of_magnitude)


def _cosh(b: Builder, x: Value) -> Value:
    e = b.Exp(b.Mul(b.Abs(x), 0.5))
    inverse = b.Reciprocal(e)
    return b.Add(b.Mul(b.Mul(e, 0.5), e), b.Mul(b.Mul(inverse, 0.5), inverse))


def _tan(b: Builder, x: Value) -> Value:
    return b.Div(b.Sin(x), b.Cos(x))


# op type -> composition, where ONNX Runtime has no kernel for float64
_COMPOSED: dict[str, Callable[[Builder, Value], Value]] = {
    "Acosh": _acosh, "Asinh": _asinh, "Atanh": _atanh, "Cosh": _cosh, "Sinh": _sinh, "Tan": _tan,
}  # fmt: skip


@converts(*_COMPOSED)
def _composed_if_double(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype.name == "float64":
        return _COMPOSED[op.type](b, x)
    return b.node(op.type, [x])  # type: ignore[no-any-return]


_WIDE: dict[str, Callable[[Builder, Value], Value]] = {
    "Sign": lambda b, x: b.Sign(x),  # of 16-bit numbers it gives 0 for NaN
    "Expm1": expm1, "Log1p": log1p, "Rsqrt": lambda b, x: b.Reciprocal(b.Sqrt(x)), "Sigmoid": sigmoid,
}  # fmt: skip


@converts(*_WIDE)
def _wide(b: Builder, op: Operation, x: Value) -> Value:
    return widely(b, _WIDE[op.type], x, halves=op.type in ("Rsqrt", "Sigmoid"))


# op type -> gradient of the input from output y and its gradient dy
_GRADIENTS: dict[str, Callable[[Builder, Value, Value], Value]] = {
    "InvGrad": lambda b, y, dy: b.Mul(b.Neg(dy), b.Mul(y, y)),
    "ReciprocalGrad": lambda b, y, dy: b.Mul(b.Neg(dy), b.Mul(y, y)),
    "RsqrtGrad": lambda b, y, dy: b.Mul(b.Mul(dy, b.Mul(y, -0.5)), b.Mul(y, y)),
    "SigmoidGrad": lambda b, y, dy: b.Mul(b.Mul(dy, y), b.Sub(1, y)),
    "SqrtGrad": lambda b, y, dy: b.Where(b.Equal(dy, 0), dy, b.Div(b.Mul(dy, 0.5), y)),
    "TanhGrad": lambda b, y, dy: b.Mul(dy, b.Sub(1, b.Mul(y, y))),
}


@converts(*_GRADIENTS)
def _gradient(b: Builder, op: Operation, y: Value, dy: Value) -> Value:
    return widely(b, _GRADIENTS[op.type], y, dy)
