"""ONNX forms of operations on complex numbers, which are pairs of real tensors inside a model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converters.binary import atan2
from converters.builder import Builder, Value
from converters.complex_value import ComplexValue, pair
from converters.matmul import matrix_product, transposed
from converters.registry import converts_complex
from tfcompat.graph.operation import Operation


def zeros_like(b: Builder, x: Value) -> Value:
    """Zeros of the type and shape of `x`."""
    zero = np.zeros((), x.dtype.as_numpy_dtype)
    if x.shape is not None and None not in x.shape:
        return b.const(np.broadcast_to(zero, x.shape))  # type: ignore[arg-type]
    made: Value = b.Expand(b.const(zero), b.Shape(x))
    made.shape = x.shape
    return made


@converts_complex("Complex")
def _complex(b: Builder, op: Operation, real: Value, imag: Value) -> Value:
    if real.shape is None or real.shape != imag.shape or None in real.shape:
        real, imag = b.Expand(real, b.Shape(imag)), b.Expand(imag, b.Shape(real))
    return pair(b, real, imag)


@converts_complex("Real")
def _real(b: Builder, op: Operation, x: ComplexValue) -> Value:
    return x.real


@converts_complex("Imag")
def _imag(b: Builder, op: Operation, x: ComplexValue) -> Value:
    return x.imag


@converts_complex("Cast")
def _cast(b: Builder, op: Operation, x: Value) -> Value:
    target = op.attrs["DstT"]
    if not target.is_complex:
        assert isinstance(x, ComplexValue)
        return b.cast(x.real, target)
    part = target.real_dtype
    if isinstance(x, ComplexValue):
        return pair(b, b.cast(x.real, part), b.cast(x.imag, part))
    real = b.cast(x, part)
    return pair(b, real, zeros_like(b, real))


@converts_complex("OnesLike")
def _ones_like(b: Builder, op: Operation, x: ComplexValue) -> Value:
    zeros = zeros_like(b, x.real)
    return pair(b, b.Add(zeros, 1), zeros)


@converts_complex("Equal", "NotEqual")
def _equal(b: Builder, op: Operation, x: ComplexValue, y: ComplexValue) -> Value:
    equal: Value = b.And(b.Equal(x.real, y.real), b.Equal(x.imag, y.imag))
    return equal if op.type == "Equal" else b.Not(equal)


# ---------------------------------------------------------------- of one argument


def magnitude(b: Builder, x: ComplexValue) -> Value:
    """The absolute value, the longer part times what the shorter one adds: no square overflows."""
    width, height = b.Abs(x.real), b.Abs(x.imag)
    longer, shorter = b.Max(width, height), b.Min(width, height)
    plain = b.Or(b.Equal(longer, 0), b.IsInf(longer))
    ratio = b.Where(plain, b.const(0, longer.dtype), b.Div(shorter, longer))
    result: Value = b.Mul(longer, b.Sqrt(b.Add(b.Mul(ratio, ratio), 1)))
    return result


@converts_complex("ComplexAbs")
def _abs(b: Builder, op: Operation, x: ComplexValue) -> Value:
    return magnitude(b, x)


@converts_complex("Angle")
def _angle(b: Builder, op: Operation, x: ComplexValue) -> Value:
    return atan2(b, x.imag, x.real)


def _exp(b: Builder, x: ComplexValue) -> Value:
    size = b.Exp(x.real)
    return pair(b, b.Mul(size, b.Cos(x.imag)), b.Mul(size, b.Sin(x.imag)))


def _sqrt(b: Builder, x: ComplexValue) -> Value:
    """The root with a real part that is not negative; its longer part first, since the other one cancels."""
    longer = b.Sqrt(b.Mul(b.Add(magnitude(b, x), b.Abs(x.real)), 0.5))
    is_zero = b.Equal(longer, 0)
    other = b.Div(x.imag, b.Where(is_zero, b.const(1, longer.dtype), b.Mul(longer, 2)))
    right = b.GreaterOrEqual(x.real, 0)
    signed = b.Where(b.Less(x.imag, 0), b.Neg(longer), longer)
    return pair(b, b.Where(right, longer, b.Abs(other)), b.Where(right, other, signed))


# op type -> function of one complex number
_UNARY: dict[str, Callable[[Builder, ComplexValue], Value]] = {
    "Conj": lambda b, x: pair(b, x.real, b.Neg(x.imag)),
    "Exp": _exp,
    "Inv": lambda b, x: _quotient(b, _one(b, x), x),
    "Log": lambda b, x: pair(b, b.Log(magnitude(b, x)), atan2(b, x.imag, x.real)),
    "Reciprocal": lambda b, x: _quotient(b, _one(b, x), x),
    "Sqrt": _sqrt,
    "Square": lambda b, x: _product(b, x, x),
}


@converts_complex(*_UNARY)
def _unary(b: Builder, op: Operation, x: ComplexValue) -> Value:
    return _UNARY[op.type](b, x)


# ---------------------------------------------------------------- of two arguments


def _one(b: Builder, like: ComplexValue) -> ComplexValue:
    return pair(b, b.const(1, like.real.dtype), b.const(0, like.real.dtype))


def _product(b: Builder, x: ComplexValue, y: ComplexValue) -> ComplexValue:
    real = b.Sub(b.Mul(x.real, y.real), b.Mul(x.imag, y.imag))
    return pair(b, real, b.Add(b.Mul(x.real, y.imag), b.Mul(x.imag, y.real)))


def _quotient(b: Builder, x: ComplexValue, y: ComplexValue) -> ComplexValue:
    """`x` * conj(y) / |y|^2, with `y` divided by its longer part first, so that no square overflows."""
    longer = b.Max(b.Abs(y.real), b.Abs(y.imag))
    real, imag = b.Div(y.real, longer), b.Div(y.imag, longer)
    size = b.Add(b.Mul(y.real, real), b.Mul(y.imag, imag))
    upper = b.Add(b.Mul(x.real, real), b.Mul(x.imag, imag))
    lower = b.Sub(b.Mul(x.imag, real), b.Mul(x.real, imag))
    return pair(b, b.Div(upper, size), b.Div(lower, size))


def _quotient_or_zero(b: Builder, x: ComplexValue, y: ComplexValue) -> ComplexValue:
    is_zero = b.And(b.Equal(y.real, 0), b.Equal(y.imag, 0))
    whole = _quotient(b, x, y)
    zero = b.const(0, y.real.dtype)
    return pair(b, b.Where(is_zero, zero, whole.real), b.Where(is_zero, zero, whole.imag))


def _squared_difference(b: Builder, x: ComplexValue, y: ComplexValue) -> ComplexValue:
    """(x - y) * conj(x - y)."""
    real, imag = b.Sub(x.real, y.real), b.Sub(x.imag, y.imag)
    size = b.Add(b.Mul(real, real), b.Mul(imag, imag))
    return pair(b, size, b.Sub(real, real))


# op type -> function of two complex numbers
_BINARY: dict[str, Callable[[Builder, ComplexValue, ComplexValue], Value]] = {
    "Div": _quotient,
    "DivNoNan": _quotient_or_zero,
    "Mul": _product,
    "RealDiv": _quotient,
    "SquaredDifference": _squared_difference,
}


@converts_complex(*_BINARY)
def _binary(b: Builder, op: Operation, x: ComplexValue, y: ComplexValue) -> Value:
    return _BINARY[op.type](b, x, y)


# ---------------------------------------------------------------- matrix products


def _of_parts(b: Builder, x: ComplexValue, y: ComplexValue, product: Callable[[Value, Value], Value]) -> Value:
    real = b.Sub(product(x.real, y.real), product(x.imag, y.imag))
    return pair(b, real, b.Add(product(x.real, y.imag), product(x.imag, y.real)))


@converts_complex("MatMul")
def _matmul(b: Builder, op: Operation, x: ComplexValue, y: ComplexValue) -> Value:
    flips = op.attrs["transpose_a"], op.attrs["transpose_b"]
    return _of_parts(b, x, y, lambda p, q: matrix_product(b, p, q, *flips))


@converts_complex("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul(b: Builder, op: Operation, x: ComplexValue, y: ComplexValue) -> Value:
    x, y = (_adjoint(b, v) if op.attrs[flag] else v for v, flag in ((x, "adj_x"), (y, "adj_y")))
    return _of_parts(b, x, y, lambda p, q: b.MatMul(p, q))


def _adjoint(b: Builder, x: ComplexValue) -> ComplexValue:
    rank = x.real.rank
    return pair(b, transposed(b, x.real, rank), b.Neg(transposed(b, x.imag, rank)))
