"""Elementwise functions of one argument: the public functions, their shapes and their gradients.

The functions of special.py (gamma and Bessel functions, error functions) and of complex.py are their siblings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import merged, unchanged
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.recorders import on_values, unary

REAL = "bfloat16, float16, float32 or float64"
FLOAT = REAL + ", complex64 or complex128"
NUMBER = "a floating-point, integer or complex type"

# fmt: off
square      = unary("Square", "square math.square", "The square, x * x; integers wrap.", NUMBER, sparse=True)
sqrt        = unary("Sqrt", "sqrt math.sqrt", "The square root; NaN below 0.", FLOAT, sparse=True)
rsqrt       = unary("Rsqrt", "rsqrt math.rsqrt", "One over the square root, 1 / sqrt(x); inf at 0.", FLOAT)
reciprocal  = unary("Reciprocal", "reciprocal math.reciprocal", "The reciprocal, 1 / x.", FLOAT)
negative    = unary("Neg", "negative math.negative", "The negative, -x; integers wrap.", NUMBER, sparse=True)
exp         = unary("Exp", "exp math.exp", "The exponential, e ** x.", FLOAT)
expm1       = unary("Expm1", "expm1 math.expm1", "e ** x - 1, exact near 0 too.", FLOAT)
log         = unary("Log", "log math.log", "The natural logarithm; -inf at 0, NaN below.", FLOAT)
log1p       = unary("Log1p", "log1p math.log1p", "The natural logarithm of 1 + x, exact near 0 too.", FLOAT)
sin         = unary("Sin", "sin math.sin", "The sine of an angle in radians.", FLOAT)
cos         = unary("Cos", "cos math.cos", "The cosine of an angle in radians.", FLOAT)
tan         = unary("Tan", "tan math.tan", "The tangent of an angle in radians.", FLOAT)
asin        = unary("Asin", "asin math.asin", "The angle in [-pi/2, pi/2] whose sine is x.", FLOAT)
acos        = unary("Acos", "acos math.acos", "The angle in [0, pi] whose cosine is x.", FLOAT)
atan        = unary("Atan", "atan math.atan", "The angle in (-pi/2, pi/2) whose tangent is x.", FLOAT)
sinh        = unary("Sinh", "sinh math.sinh", "The hyperbolic sine.", FLOAT)
cosh        = unary("Cosh", "cosh math.cosh", "The hyperbolic cosine.", FLOAT)
tanh        = unary("Tanh", "tanh math.tanh nn.tanh", "The hyperbolic tangent.", FLOAT, sparse=True)
asinh       = unary("Asinh", "asinh math.asinh", "The inverse hyperbolic sine.", FLOAT)
acosh       = unary("Acosh", "acosh math.acosh", "The inverse hyperbolic cosine; NaN below 1.", FLOAT)
atanh       = unary("Atanh", "atanh math.atanh", "The inverse hyperbolic tangent; NaN outside [-1, 1].", FLOAT)
sigmoid     = unary("Sigmoid", "sigmoid math.sigmoid nn.sigmoid", "The logistic function, 1 / (1 + e ** -x).", FLOAT)
floor       = unary("Floor", "floor math.floor", "The largest integer not above x.", REAL)
ceil        = unary("Ceil", "ceil math.ceil", "The smallest integer not below x.", REAL)
rint        = unary("Rint", "rint math.rint", "The nearest integer; halves go to the even one.", REAL)
is_nan      = unary("IsNan", "is_nan math.is_nan debugging.is_nan", "Whether x is NaN.", REAL, returns="bool")
is_inf      = unary("IsInf", "is_inf math.is_inf debugging.is_inf", "Whether x is infinite.", REAL, returns="bool")
is_finite   = unary("IsFinite", "is_finite math.is_finite debugging.is_finite",
                    "Whether x is neither infinite nor NaN.", REAL, returns="bool")
logical_not = unary("LogicalNot", "logical_not math.logical_not", "Not x.", "bool")
invert      = unary("Invert", "bitwise.invert", "Every bit inverted; for signed integers -1 - x.", "an integer type")
# fmt: on


@tf_export("abs", "math.abs")
def abs(x: Any, name: str | None = None) -> Any:
    """The absolute value; for a complex number its magnitude.

    Args:
        x: tensor of a real or complex number type, or a SparseTensor of it.
        name: name of the operation.

    Returns:
        A tensor of the shape of `x`, for complex types of the real type of the same precision.
    """
    if isinstance(x, SparseTensor):
        return on_values("Abs", x, name)
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return raw_ops.ComplexAbs(x=x, Tout=x.dtype.real_dtype, name=scope)
        return raw_ops.Abs(x=x, name=scope)


@tf_export("sign", "math.sign")
def sign(x: Any, name: str | None = None) -> Any:
    """-1, 0 or 1 by the sign of x; x / |x| for complex numbers, and 0 at 0.

    Args:
        x: tensor of a real or complex number type, or a SparseTensor of it.
        name: name of the operation.

    Returns:
        A tensor of the shape and type of `x`.
    """
    if isinstance(x, SparseTensor):
        return x.with_values(sign(x.values, name))
    x = convert_to_tensor(x)
    if not x.dtype.is_complex:
        return raw_ops.Sign(x=x, name=name)
    magnitude = raw_ops.Cast(x=raw_ops.ComplexAbs(x=x, Tout=x.dtype.real_dtype), DstT=x.dtype)
    return raw_ops.DivNoNan(x=x, y=magnitude, name=name)


@tf_export("round", "math.round")
def round(x: Any, name: str | None = None) -> Tensor:
    """The nearest integer as a number of the same type; halves go to the even one.

    Args:
        x: tensor of a real or complex number type; integers pass through.
        name: name of the operation.

    Returns:
        A tensor of the shape and type of `x`.
    """
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else raw_ops.Round(x=x, name=name)


@tf_export("log_sigmoid", "math.log_sigmoid")
def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the logistic function, -softplus(-x), which does not underflow.

    Args:
        x: tensor of bfloat16, float16, float32 or float64.
        name: name of the operation.

    Returns:
        A tensor of the shape and type of `x`.
    """
    with name_scope(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return raw_ops.Neg(x=raw_ops.Softplus(features=raw_ops.Neg(x=x)), name=scope)  # type: ignore[no-any-return]


_DIFFERENTIABLE = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Exp", "Expm1", "Floor", "Inv",
    "Log", "Log1p", "Neg", "Reciprocal", "Rint", "Round", "Rsqrt", "Sigmoid", "Sign", "Sin", "Sinh", "Sqrt", "Square",
    "Tan", "Tanh",
)  # fmt: skip
_GRADIENT_OPS = ("InvGrad", "ReciprocalGrad", "RsqrtGrad", "SigmoidGrad", "SqrtGrad", "TanhGrad")

shape_of(*_DIFFERENTIABLE, "Invert", "IsFinite", "IsInf", "IsNan", "LogicalNot", "PopulationCount")(unchanged)
shape_of(*_GRADIENT_OPS)(merged)
not_differentiable("Invert", "IsFinite", "IsInf", "IsNan", "LogicalNot", "PopulationCount")


def conjugate(x: Tensor) -> Tensor:
    """The complex conjugate; `x` itself when it is real."""
    return raw_ops.Conj(input=x) if x.dtype.is_complex else x


def _product(x: Tensor, y: Tensor) -> Tensor:
    return raw_ops.Mul(x=x, y=y)  # type: ignore[no-any-return]


Formula = Callable[[Tensor, Tensor, Tensor], Any]

# (g, x, y) -> gradient of the input; x and y are the conjugates of input and output, g the gradient of the output
FORMULAS: dict[str, Formula] = {
    "Acos":   lambda g, x, y: -g / sqrt(1.0 - square(x)),
    "Acosh":  lambda g, x, y: g / sinh(y),
    "Asin":   lambda g, x, y: g / sqrt(1.0 - square(x)),
    "Asinh":  lambda g, x, y: g / cosh(y),
    "Atan":   lambda g, x, y: g / (1.0 + square(x)),
    "Atanh":  lambda g, x, y: g / (1.0 - square(x)),
    "Ceil":   lambda g, x, y: None,
    "Cos":    lambda g, x, y: -g * sin(x),
    "Cosh":   lambda g, x, y: g * sinh(x),
    "Exp":    lambda g, x, y: g * y,
    "Expm1":  lambda g, x, y: g * exp(x),
    "Floor":  lambda g, x, y: None,
    "Log":    lambda g, x, y: g * reciprocal(x),
    "Log1p":  lambda g, x, y: g * reciprocal(1.0 + x),
    "Neg":    lambda g, x, y: -g,
    "Rint":   lambda g, x, y: None,
    "Round":  lambda g, x, y: None,
    "Sin":    lambda g, x, y: g * cos(x),
    "Sinh":   lambda g, x, y: g * cosh(x),
    "Square": lambda g, x, y: _product(g, _product(x, constant(2.0, x.dtype))),
    "Tan":    lambda g, x, y: g * square(reciprocal(cos(x))),
}  # fmt: skip

# op type -> op type that takes the output and its gradient
FROM_OUTPUT = {"Inv": "ReciprocalGrad", "Reciprocal": "ReciprocalGrad", "Rsqrt": "RsqrtGrad", "Sigmoid": "SigmoidGrad",
               "Sqrt": "SqrtGrad", "Tanh": "TanhGrad"}  # fmt: skip
_CONJUGATES_ITSELF = ("InvGrad", "ReciprocalGrad", "RsqrtGrad", "SqrtGrad")


def register_formulas(formulas: dict[str, Formula]) -> None:
    """Registers the gradients of elementwise op types of one input, given as formulas."""
    for op_type, formula in formulas.items():
        gradient_of.add(op_type, _from_formula(formula))


def _from_formula(formula: Formula) -> Callable[[Operation, Tensor], Any]:
    def gradient(op: Operation, grad: Tensor) -> Any:
        return formula(grad, conjugate(op.inputs[0]), conjugate(op.outputs[0]))

    return gradient


register_formulas(FORMULAS)


@gradient_of(*FROM_OUTPUT)
def _gradient_from_output(op: Operation, grad: Tensor) -> Tensor:
    grad_type = FROM_OUTPUT[op.type]
    output = op.outputs[0]
    y = output if grad_type in _CONJUGATES_ITSELF else conjugate(output)
    return getattr(raw_ops, grad_type)(y=y, dy=grad)  # type: ignore[no-any-return]


@gradient_of("Abs")
def _abs_gradient(op: Operation, grad: Tensor) -> Tensor:
    return grad * raw_ops.Sign(x=op.inputs[0])  # type: ignore[no-any-return]


@gradient_of("Sign")
def _sign_gradient(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.ZerosLike(x=op.inputs[0])  # type: ignore[no-any-return]


@gradient_of("ReciprocalGrad", "InvGrad")
def _reciprocal_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    """z = -dy * y ** 2."""
    y, dy = conjugate(op.inputs[0]), op.inputs[1]
    return [conjugate(grad) * -2.0 * dy * y, raw_ops.ReciprocalGrad(y=y, dy=grad)]


@gradient_of("RsqrtGrad")
def _rsqrt_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    """z = -0.5 * dy * y ** 3."""
    y, dy = conjugate(op.inputs[0]), op.inputs[1]
    return [conjugate(grad) * -1.5 * dy * square(y), raw_ops.RsqrtGrad(y=y, dy=grad)]


@gradient_of("SqrtGrad")
def _sqrt_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    """z = 0.5 * dy / y."""
    scaled = grad / op.inputs[0]
    return [-conjugate(scaled) * op.outputs[0], scaled * 0.5]


@gradient_of("SigmoidGrad")
def _sigmoid_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    """z = dy * y * (1 - y)."""
    y, dy = map(conjugate, op.inputs)
    scaled = grad * dy
    return [scaled - 2.0 * scaled * y, raw_ops.SigmoidGrad(y=y, dy=grad)]


@gradient_of("TanhGrad")
def _tanh_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    """z = dy * (1 - y ** 2)."""
    y, dy = map(conjugate, op.inputs)
    return [grad * -2.0 * dy * y, raw_ops.TanhGrad(y=y, dy=grad)]
