"""Complex numbers: their parts, their magnitude and angle, and how they are made."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.broadcasting import reduce_to_shapes_of
from tfcompat.ops.filling import ones_like, zeros_like
from tfcompat.ops.masks import where

_OF_PARTS = {"float32": dtypes.complex64, "float64": dtypes.complex128}


@tf_export("complex", "dtypes.complex")
def complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """Complex numbers from their real and imaginary parts.

    Args:
        real: tensor of float32 or float64.
        imag: tensor of the type of `real`, broadcast against it.
        name: name of the operation.

    Returns:
        complex64 or complex128.

    Raises:
        TypeError: the parts have different or other types.
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        if real.dtype.base_dtype is not imag.dtype.base_dtype or real.dtype.base_dtype.name not in _OF_PARTS:
            raise TypeError(
                f"The `real` and `imag` components have incorrect types: {real.dtype.name} "
                f"{imag.dtype.name}. They must be consistent, and one of {[dtypes.float32, dtypes.float64]}"
            )
        return _complex(real, imag, scope)


def _complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    kind = (real if isinstance(real, Tensor) else imag).dtype.base_dtype.name
    return raw_ops.Complex(real=real, imag=imag, Tout=_OF_PARTS[kind], name=name)  # type: ignore[no-any-return]


@tf_export("real", "math.real")
def real(input: Any, name: str | None = None) -> Tensor:
    """The real part of complex numbers; real numbers pass through.

    Args:
        input: tensor of a number type.
        name: name of the operation.
    """
    with name_scope(name, "Real", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        return raw_ops.Real(input=input, Tout=input.dtype.real_dtype, name=scope) if input.dtype.is_complex else input


@tf_export("imag", "math.imag")
def imag(input: Any, name: str | None = None) -> Tensor:
    """The imaginary part of complex numbers; zeros for real ones.

    Args:
        input: tensor of a number type.
        name: name of the operation.
    """
    with name_scope(name, "Imag", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw_ops.Imag(input=input, Tout=input.dtype.real_dtype, name=scope)  # type: ignore[no-any-return]
        return zeros_like(input)


@tf_export("angle", "math.angle")
def angle(input: Any, name: str | None = None) -> Tensor:
    """The angle of complex numbers in (-pi, pi]; 0 or pi for real ones.

    Args:
        input: tensor of a floating-point or complex type.
        name: name of the operation.
    """
    with name_scope(name, "Angle", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw_ops.Angle(input=input, Tout=input.dtype.real_dtype, name=scope)  # type: ignore[no-any-return]
        return where(input < 0, math.pi * ones_like(input), zeros_like(input))


@tf_export("conj", "math.conj")
def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugate; real numbers pass through.

    Args:
        x: tensor of a number type.
        name: name of the operation.

    Raises:
        TypeError: `x` is of another type.
    """
    if isinstance(x, Tensor) and (x.dtype.is_floating or x.dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex or x.dtype.base_dtype is dtypes.variant:
            return raw_ops.Conj(input=x, name=scope)  # type: ignore[no-any-return]
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}.")


shape_of("Angle", "ComplexAbs", "Conj", "Imag", "Real")(unchanged)


@gradient_of("Conj")
def _conj_gradient(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.Conj(input=grad)  # type: ignore[no-any-return]


@gradient_of("Real")
def _real_gradient(op: Operation, grad: Tensor) -> Tensor:
    return _complex(grad, constant(0, dtype=grad.dtype))


@gradient_of("Imag")
def _imag_gradient(op: Operation, grad: Tensor) -> Tensor:
    return _complex(constant(0, dtype=grad.dtype), grad)


@gradient_of("Complex")
def _complex_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    x, y = op.inputs
    part = grad.dtype.real_dtype
    return list(reduce_to_shapes_of(x, y, raw_ops.Real(input=grad, Tout=part), raw_ops.Imag(input=grad, Tout=part)))


@gradient_of("ComplexAbs")
def _complex_abs_gradient(op: Operation, grad: Tensor) -> Tensor:
    """grad * x / |x|, and 0 at 0."""
    size = op.outputs[0]
    zeros = raw_ops.ZerosLike(x=grad)
    return raw_ops.DivNoNan(x=_complex(grad, zeros) * op.inputs[0], y=_complex(size, raw_ops.ZerosLike(x=size)))  # type: ignore[no-any-return]


@gradient_of("Angle")
def _angle_gradient(op: Operation, grad: Tensor) -> Tensor:
    x = op.inputs[0]
    part = x.dtype.real_dtype
    turned = _complex(raw_ops.Imag(input=x, Tout=part), raw_ops.Real(input=x, Tout=part))
    return -_complex(grad, constant(0, dtype=grad.dtype)) * raw_ops.Reciprocal(x=turned)  # type: ignore[no-any-return]
