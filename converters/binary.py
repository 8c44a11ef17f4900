"""Elementwise functions of two arguments."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from converters.builder import Builder, Value
from converters.math import log1p, widely
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

# op type -> ONNX operator of the same function
_SAME = {
    "AddV2": "Add", "Sub": "Sub", "Mul": "Mul", "RealDiv": "Div", "Maximum": "Max", "Minimum": "Min", "Less": "Less",
    "LessEqual": "LessOrEqual", "Greater": "Greater", "GreaterEqual": "GreaterOrEqual", "LogicalAnd": "And",
    "LogicalOr": "Or", "BitwiseAnd": "BitwiseAnd", "BitwiseOr": "BitwiseOr", "BitwiseXor": "BitwiseXor",
}  # fmt: skip


@converts(*_SAME)
def _same(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    return b.node(_SAME[op.type], [x, y])  # type: ignore[no-any-return]


@converts("Add")
def _add(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    if x.dtype is dtypes.string:
        raise NotConvertible("byte strings have no exact form in ONNX")
    return b.Add(x, y)


@converts("Equal", "NotEqual")
def _equal(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    if x.dtype is dtypes.string and not b.for_export:
        raise NotConvertible("byte strings have no exact form in ONNX")
    if not op.attrs["incompatible_shape_error"] and not _broadcasts(x, y):
        raise NotConvertible("shapes that may not broadcast make the comparison one value")
    equal = b.Equal(x, y)
    return equal if op.type == "Equal" else b.Not(equal)


def _broadcasts(x: Value, y: Value) -> bool:
    if x.shape is None or y.shape is None:
        return False
    return all(a == c or 1 in (a, c) for a, c in zip(x.shape[::-1], y.shape[::-1], strict=False))


@converts("SquaredDifference")
def _squared_difference(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    difference = b.Sub(x, y)
    return b.Mul(difference, difference)


# ---------------------------------------------------------------- division


def _may_be(y: Value, value: int) -> bool:
    return y.const is None or bool(np.any(y.const == value))


def truncated_quotient(b: Builder, x: Value, y: Value) -> Value:
    """Integer division towards zero; the lowest integer over -1, which kills ONNX Runtime, is itself."""
    if x.dtype.is_unsigned or not _may_be(y, -1):
        return b.Div(x, y)
    inverts = b.Equal(y, -1)
    return b.Where(inverts, b.Neg(x), b.Div(x, b.Where(inverts, b.const(1, y.dtype), y)))


def _integer_floor_quotient(b: Builder, x: Value, y: Value) -> Value:
    if x.dtype.is_unsigned:
        return truncated_quotient(b, x, y)
    if not b.strict and y.const is not None and (y.const > 0).all():
        return b.Div(b.Sub(x, b.Mod(x, y)), y)  # type: ignore[no-any-return]
    quotient, remainder = truncated_quotient(b, x, y), b.Mod(x, y, fmod=1)
    rounds_up = b.And(b.Not(b.Equal(remainder, 0)), b.Xor(b.Less(remainder, 0), b.Less(y, 0)))
    return b.Sub(quotient, b.cast(rounds_up, x.dtype))


def _truncated(b: Builder, x: Value) -> Value:
    return b.Where(b.Less(x, 0), b.Ceil(x), b.Floor(x))


def _float_floor_mod(b: Builder, x: Value, y: Value) -> Value:
    remainder = b.Mod(x, y, fmod=1)
    other_side = b.And(b.Not(b.Equal(remainder, 0)), b.Xor(b.Less(remainder, 0), b.Less(y, 0)))
    return b.Where(other_side, b.Add(remainder, y), remainder)


_Rule = Callable[[Builder, Value, Value], Value]

# op type -> (of integers, of floating-point numbers)
_DIVISIONS: dict[str, tuple[_Rule, _Rule]] = {
    "Div": (truncated_quotient, lambda b, x, y: b.Div(x, y)),
    "TruncateDiv": (truncated_quotient, lambda b, x, y: _truncated(b, b.Div(x, y))),
    "FloorDiv": (_integer_floor_quotient, lambda b, x, y: b.Floor(b.Div(x, y))),
    "FloorMod": (lambda b, x, y: b.Mod(x, y), _float_floor_mod),
    "Mod": (lambda b, x, y: b.Mod(x, y, fmod=1), lambda b, x, y: b.Mod(x, y, fmod=1)),
    "TruncateMod": (lambda b, x, y: b.Mod(x, y, fmod=1), lambda b, x, y: b.Mod(x, y, fmod=1)),
}


@converts(*_DIVISIONS)
def _divide(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    of_integers, of_floats = _DIVISIONS[op.type]
    return of_integers(b, x, y) if x.dtype.is_integer else widely(b, of_floats, x, y)


def _where_zero(b: Builder, tested: Value, otherwise: Value) -> Value:
    return b.Where(b.Equal(tested, 0), b.const(0, tested.dtype), otherwise)


# op type -> rule for real numbers
_GUARDED: dict[str, _Rule] = {
    "DivNoNan": lambda b, x, y: _where_zero(b, y, b.Div(x, y)),
    "MulNoNan": lambda b, x, y: _where_zero(b, y, b.Mul(x, y)),
    "Xlogy": lambda b, x, y: _where_zero(b, x, b.Mul(x, b.Log(y))),
    "Xlog1py": lambda b, x, y: _where_zero(b, x, b.Mul(x, log1p(b, y))),
    "Xdivy": lambda b, x, y: _where_zero(b, x, b.Div(x, y)),
}


@converts(*_GUARDED)
def _guarded(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    return widely(b, _GUARDED[op.type], x, y)


# ---------------------------------------------------------------- powers, angles, shifts

_MAX_UNROLLED_POWER = 64


@converts("Pow")
def _pow(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    power = None if y.const is None or y.const.size != 1 else y.const.reshape(-1)[0]
    scalar_like = power is not None and len(y.const.shape) <= (len(x.shape) if x.shape is not None else 0)  # type: ignore[union-attr]
    if scalar_like and power == 2:
        return b.Mul(x, x)
    if not x.dtype.is_integer:
        return b.Pow(x, y)
    if not scalar_like or not 0 < power <= _MAX_UNROLLED_POWER:  # type: ignore[operator]
        raise NotConvertible("ONNX Runtime's integer Pow saturates and is inexact")
    return _power(b, x, int(power))  # type: ignore[arg-type]


def _power(b: Builder, x: Value, power: int) -> Value:
    """x multiplied with itself, by squaring."""
    if power == 1:
        return x
    half = _power(b, x, power // 2)
    square = b.Mul(half, half)
    return b.Mul(square, x) if power % 2 else square


def _negative(b: Builder, x: Value) -> Value:
    """Whether the sign bit is set; -0.0 has it."""
    return b.Or(b.Less(x, 0), b.And(b.Equal(x, 0), b.Less(b.Reciprocal(x), 0)))


def atan2(b: Builder, y: Value, x: Value) -> Value:
    """The angle of the point (x, y): that of the shorter over the longer side, moved to its octant."""
    width, height = b.Abs(x), b.Abs(y)
    longer, shorter = b.Max(width, height), b.Min(width, height)
    ratio = b.Where(b.Equal(longer, 0), b.const(0, x.dtype), b.Div(shorter, longer))
    angle = b.Atan(b.Where(b.IsInf(shorter), b.const(1, x.dtype), ratio))
    angle = b.Where(b.Greater(height, width), b.Sub(math.pi / 2, angle), angle)
    angle = b.Where(_negative(b, x), b.Sub(math.pi, angle), angle)
    return b.Where(_negative(b, y), b.Neg(angle), angle)


@converts("Atan2")
def _atan2(b: Builder, op: Operation, y: Value, x: Value) -> Value:
    return widely(b, atan2, y, x)


_UNSIGNED = {"int8": dtypes.uint8, "int16": dtypes.uint16, "int32": dtypes.uint32, "int64": dtypes.uint64}


def _shift_amount(b: Builder, y: Value, bits: int) -> Value:
    """`y` brought into [0, bits)."""
    if y.const is not None:
        return b.const(np.clip(y.const, 0, bits - 1))
    limited = b.Min(y, bits - 1)
    return limited if y.dtype.is_unsigned else b.Max(limited, 0)


@converts("LeftShift", "RightShift")
def _shift(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    amount = _shift_amount(b, y, x.dtype.size * 8)
    direction = "LEFT" if op.type == "LeftShift" else "RIGHT"
    unsigned = _UNSIGNED.get(x.dtype.name)
    if unsigned is None:
        return b.BitShift(x, amount, direction=direction)
    amount = b.cast(amount, unsigned)
    if direction == "LEFT":
        return b.cast(b.BitShift(b.cast(x, unsigned), amount, direction=direction), x.dtype)
    negative = b.Less(x, 0)
    magnitude = b.cast(b.Where(negative, b.BitwiseNot(x), x), unsigned)
    shifted = b.cast(b.BitShift(magnitude, amount, direction=direction), x.dtype)
    return b.Where(negative, b.BitwiseNot(shifted), shifted)


# ---------------------------------------------------------------- broadcasting


@converts("BroadcastGradientArgs")
def _broadcast_gradient_args(b: Builder, op: Operation, s0: Value, s1: Value) -> list[Value]:
    """The axes along which each of two shapes has size 1 or no axis; summing one element changes nothing."""
    lengths = [s.full_shape[0] for s in (s0, s1)]
    return [_axes_of_size_one(b, s, max(lengths) - length) for s, length in zip((s0, s1), lengths, strict=True)]


def _axes_of_size_one(b: Builder, shape: Value, missing: int) -> Value:
    if shape.const is not None:
        padded = np.concatenate([np.ones(missing, shape.const.dtype), shape.const])
        return b.const(np.flatnonzero(padded == 1).astype(shape.const.dtype))
    padded_shape = b.Concat(b.const(np.ones(missing, shape.dtype.as_numpy_dtype)), shape, axis=0) if missing else shape
    return b.cast(b.Squeeze(b.NonZero(b.Equal(padded_shape, 1)), [0]), shape.dtype)
