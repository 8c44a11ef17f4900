"""Host kernels of elementwise functions of one argument, for every type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray
Function = Callable[..., Any]


def register(table: dict[str, Function]) -> None:
    """Registers functions of arrays as kernels; floating-point exceptions are silent, results get the output's type."""
    for op_type, function in table.items():
        kernel.add(op_type, _silent(function))


def _silent(function: Function) -> Function:
    def run(k: KernelContext, *inputs: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(function(*inputs), k.output_dtype().as_numpy_dtype, order="C")

    return run


def in_float32(function: Function) -> Function:
    """`function` of 16-bit numbers computed in float32, so that only the result is rounded."""

    def run(*inputs: Array) -> Array:
        if inputs[0].dtype.itemsize == 2:
            return function(*(x.astype(np.float32) for x in inputs)).astype(inputs[0].dtype)  # type: ignore[no-any-return]
        return function(*inputs)  # type: ignore[no-any-return]

    return run


def sign(x: Array) -> Any:
    """-1, 0 or 1; x / |x| for complex numbers."""
    if x.dtype.kind != "c":
        return np.sign(x)
    magnitude = np.abs(x)
    return np.where(magnitude == 0, 0, x / np.where(magnitude == 0, 1, magnitude))


def sigmoid(x: Array) -> Any:
    """1 / (1 + exp(-x)) without overflow on either side."""
    if x.dtype.kind == "c":
        return 1 / (1 + np.exp(-x))
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softplus(x: Array) -> Any:
    """log(1 + exp(x)) without overflow."""
    return np.maximum(x, x.dtype.type(0)) + np.log1p(np.exp(-np.abs(x)))


def _round(x: Array) -> Any:
    return x if x.dtype.kind in "iu" else np.rint(x)


def _sqrt_grad(y: Array, dy: Array) -> Any:
    """dy / (2 y), and 0 where dy is 0 even if y is 0 too."""
    return np.where(dy == 0, dy, dy / np.conj(y) / 2)


_ONES_IN_BYTE = np.array([bin(i).count("1") for i in range(256)], np.uint8)


def population_count(x: Array) -> Array:
    """The number of bits that are set."""
    parts = np.ascontiguousarray(x).view(np.uint8).reshape(*x.shape, x.dtype.itemsize)
    return _ONES_IN_BYTE[parts].sum(axis=-1, dtype=np.uint8)  # type: ignore[no-any-return]


register(
    {
        "Abs": np.abs,
        "ComplexAbs": np.abs,
        "Acos": np.arccos,
        "Acosh": np.arccosh,
        "Asin": np.arcsin,
        "Asinh": np.arcsinh,
        "Atan": np.arctan,
        "Atanh": np.arctanh,
        "Ceil": np.ceil,
        "Conj": np.conj,
        "Real": np.real,
        "Imag": np.imag,
        "Angle": np.angle,
        "Cos": np.cos,
        "Cosh": np.cosh,
        "Exp": np.exp,
        "Expm1": np.expm1,
        "Floor": np.floor,
        "Inv": np.reciprocal,
        "Invert": np.invert,
        "IsFinite": np.isfinite,
        "IsInf": np.isinf,
        "IsNan": np.isnan,
        "Log": np.log,
        "Log1p": np.log1p,
        "LogicalNot": np.logical_not,
        "Neg": np.negative,
        "PopulationCount": population_count,
        "Reciprocal": np.reciprocal,
        "Rint": np.rint,
        "Round": _round,
        "Rsqrt": in_float32(lambda x: 1 / np.sqrt(x)),
        "Sigmoid": in_float32(sigmoid),
        "Sign": sign,
        "Sin": np.sin,
        "Sinh": np.sinh,
        "Sqrt": np.sqrt,
        "Square": lambda x: x * x,
        "Tan": np.tan,
        "Tanh": np.tanh,
        "InvGrad": in_float32(lambda y, dy: -dy * np.conj(y) * np.conj(y)),
        "ReciprocalGrad": in_float32(lambda y, dy: -dy * np.conj(y) * np.conj(y)),
        "RsqrtGrad": in_float32(lambda y, dy: -dy * np.conj(y) * np.conj(y) * np.conj(y) / 2),
        "SigmoidGrad": in_float32(lambda y, dy: dy * y * (1 - y)),
        "SqrtGrad": in_float32(_sqrt_grad),
        "TanhGrad": in_float32(lambda y, dy: dy * (1 - y * y)),
    }
)
