"""Host kernels of elementwise functions of two arguments, for every type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.elementwise import in_float32, register

Array = np.ndarray


def _is_int(x: Array) -> bool:
    return x.dtype.kind in "iu"


def truncated_quotient(x: Array, y: Array) -> Any:
    """Integer division towards zero; the lowest integer over -1 is itself."""
    floor = np.floor_divide(x, y)
    inexact_negative = (np.remainder(x, y) != 0) & ((x < 0) != (y < 0))
    return floor + inexact_negative.astype(x.dtype)


def floor_mod(x: Array, y: Array) -> Any:
    """The remainder with the sign of y."""
    if _is_int(x):
        return np.remainder(x, y)
    remainder = np.fmod(x, y)
    return np.where((remainder != 0) & ((y < 0) != (remainder < 0)), remainder + y, remainder)


def squared_difference(x: Array, y: Array) -> Any:
    """(x - y) * conj(x - y)."""
    difference = x - y
    if difference.dtype.kind != "c":
        return difference * difference
    return difference.real * difference.real + difference.imag * difference.imag


def _complex(real: Array, imag: Array) -> Array:
    real, imag = np.broadcast_arrays(real, imag)
    out = np.empty(real.shape, np.result_type(real.dtype, np.complex64))
    out.real, out.imag = real, imag
    return out


def _unless_zero(tested: int, function: Callable[[Array, Array], Any]) -> Callable[[Array, Array], Any]:
    """`function`, and 0 where argument number `tested` is 0."""

    def run(x: Array, y: Array) -> Any:
        zero = (x, y)[tested] == 0
        return np.where(zero, x.dtype.type(0), function(x, y))

    return run


def _shift_amount(x: Array, y: Array) -> Array:
    return np.clip(y, 0, x.dtype.itemsize * 8 - 1).astype(y.dtype)


register(
    {
        "Add": np.add,
        "AddV2": np.add,
        "Sub": np.subtract,
        "Mul": np.multiply,
        "RealDiv": np.divide,
        "Maximum": np.maximum,
        "Minimum": np.minimum,
        "SquaredDifference": squared_difference,
        "DivNoNan": in_float32(_unless_zero(1, np.divide)),
        "MulNoNan": _unless_zero(1, np.multiply),
        "Xlogy": in_float32(_unless_zero(0, lambda x, y: x * np.log(y))),
        "Xlog1py": in_float32(_unless_zero(0, lambda x, y: x * np.log1p(y))),
        "Xdivy": in_float32(_unless_zero(0, np.divide)),
        "Atan2": np.arctan2,
        "NextAfter": np.nextafter,
        "Complex": _complex,
        "Less": np.less,
        "LessEqual": np.less_equal,
        "Greater": np.greater,
        "GreaterEqual": np.greater_equal,
        "LogicalAnd": np.logical_and,
        "LogicalOr": np.logical_or,
        "BitwiseAnd": np.bitwise_and,
        "BitwiseOr": np.bitwise_or,
        "BitwiseXor": np.bitwise_xor,
        "LeftShift": lambda x, y: np.left_shift(x, _shift_amount(x, y)),
        "RightShift": lambda x, y: np.right_shift(x, _shift_amount(x, y)),
    }
)

# op type -> (function of integers, function of floating-point numbers)
_DIVISIONS: dict[str, tuple[Any, Any]] = {
    "Div": (truncated_quotient, np.divide),
    "TruncateDiv": (truncated_quotient, lambda x, y: np.trunc(x / y)),
    "FloorDiv": (np.floor_divide, lambda x, y: np.floor(x / y)),
    "FloorMod": (floor_mod, floor_mod),
    "Mod": (lambda x, y: x - truncated_quotient(x, y) * y, np.fmod),
    "TruncateMod": (lambda x, y: x - truncated_quotient(x, y) * y, np.fmod),
}


@kernel(*_DIVISIONS)
def _divide(k: KernelContext, x: Array, y: Array) -> Array:
    of_integers, of_floats = _DIVISIONS[k.op.type]
    if _is_int(x) and x.size and not np.all(y):
        raise InvalidArgumentError(None, k.op, "Integer division by zero")
    with np.errstate(all="ignore"):
        return np.asarray((of_integers if _is_int(x) else of_floats)(x, y), x.dtype)


@kernel("Pow")
def _pow(k: KernelContext, x: Array, y: Array) -> Array:
    if _is_int(x) and np.any(y < 0):
        raise InvalidArgumentError(None, k.op, "Integers to negative integer powers are not allowed")
    with np.errstate(all="ignore"):
        return np.asarray(np.power(x, y), x.dtype)


@kernel("Equal", "NotEqual")
def _equal(k: KernelContext, x: Array, y: Array) -> Array:
    compare = np.equal if k.op.type == "Equal" else np.not_equal
    if not k.attr("incompatible_shape_error"):
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            return np.array(k.op.type == "NotEqual")
    return np.asarray(compare(x, y), bool)


@kernel("ApproximateEqual")
def _approximately_equal(k: KernelContext, x: Array, y: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(x - y) < k.attr("tolerance"), bool)


@kernel("BroadcastGradientArgs")
def _broadcast_gradient_args(k: KernelContext, s0: Array, s1: Array) -> tuple[Array, Array]:
    """The axes along which each of two shapes is repeated when they broadcast."""
    rank = max(s0.size, s1.size)
    first, second = (np.concatenate([np.ones(rank - s.size, s.dtype), s]) for s in (s0, s1))
    both_one = (first == 1) & (second == 1)
    clash = (first != second) & (first != 1) & (second != 1)
    if clash.any():
        raise InvalidArgumentError(None, k.op, f"Incompatible shapes: {s0.tolist()} vs. {s1.tolist()}")
    axes = [
        np.flatnonzero((s == 1) & ((other != 1) | both_one)).astype(s.dtype)
        for s, other in ((first, second), (second, first))
    ]
    return axes[0], axes[1]
