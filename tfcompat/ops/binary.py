"""Elementwise functions of two arguments, which broadcast: arithmetic, comparisons, logic, bits."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import broadcast, broadcast_shapes
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.recorders import binary

FLOAT = "bfloat16, float16, float32 or float64"
FLOAT_OR_COMPLEX = FLOAT + ", complex64 or complex128"
REAL = "a floating-point or integer type"
NUMBER = "a floating-point, integer or complex type"

# fmt: off
subtract      = binary("Sub", "subtract math.subtract", "x - y; integers wrap.", NUMBER)
multiply      = binary("Mul", "multiply math.multiply", "x * y; integers wrap.", NUMBER)
realdiv       = binary("RealDiv", "realdiv", "x / y.", FLOAT_OR_COMPLEX)
truncatediv   = binary("TruncateDiv", "truncatediv", "x / y rounded towards zero.", REAL)
truncatemod   = binary("TruncateMod", "truncatemod", "The remainder of truncatediv; it has the sign of x.", REAL)
floor_div     = binary("FloorDiv", "floor_div", "The largest integer not above x / y.", NUMBER)
floormod      = binary("FloorMod", "mod floormod math.mod math.floormod",
                       "The remainder of floor division; it has the sign of y.", REAL)
maximum       = binary("Maximum", "maximum math.maximum", "The larger of x and y; NaN when one is.", REAL)
minimum       = binary("Minimum", "minimum math.minimum", "The smaller of x and y; NaN when one is.", REAL)
squared_difference = binary("SquaredDifference", "squared_difference math.squared_difference",
                            "(x - y) ** 2, for complex numbers (x - y) * conj(x - y).", NUMBER)
less          = binary("Less", "less math.less", "Whether x < y.", REAL, returns="bool")
less_equal    = binary("LessEqual", "less_equal math.less_equal", "Whether x <= y.", REAL, returns="bool")
greater       = binary("Greater", "greater math.greater", "Whether x > y.", REAL, returns="bool")
greater_equal = binary("GreaterEqual", "greater_equal math.greater_equal", "Whether x >= y.", REAL, returns="bool")
equal         = binary("Equal", "equal math.equal", "Whether x equals y.", "any type", returns="bool")
not_equal     = binary("NotEqual", "not_equal math.not_equal", "Whether x differs from y.", "any type", returns="bool")
logical_and   = binary("LogicalAnd", "logical_and math.logical_and", "x and y.", "bool")
logical_or    = binary("LogicalOr", "logical_or math.logical_or", "x or y.", "bool")
bitwise_and   = binary("BitwiseAnd", "bitwise.bitwise_and", "The bits that x and y both have.", "an integer type")
bitwise_or    = binary("BitwiseOr", "bitwise.bitwise_or", "The bits that x or y has.", "an integer type")
bitwise_xor   = binary("BitwiseXor", "bitwise.bitwise_xor", "The bits in which x and y differ.", "an integer type")
left_shift    = binary("LeftShift", "bitwise.left_shift",
                       "x moved left by y bits; y is first brought into [0, bits of the type).", "an integer type")
right_shift   = binary("RightShift", "bitwise.right_shift",
                       "x moved right by y bits, keeping its sign; y is first brought into [0, bits of the type).",
                       "an integer type")
# fmt: on


def _converted(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors, `y` of the type of `x` if it can be."""
    x = convert_to_tensor(x, name="x")
    return x, convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")


@tf_export("add", "math.add")
def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x + y; integers wrap, strings are joined.

    Args:
        x: tensor of a number type or string.
        y: tensor of the type of `x`.
        name: name of the operation.

    Returns:
        A tensor of the shape the inputs broadcast to.

    Raises:
        TypeError: the types differ.
        ValueError: the shapes do not broadcast.
    """
    with name_scope(name, "Add", [x, y]) as scope:
        x, y = _converted(x, y)
        record = raw_ops.Add if x.dtype is dtypes.string else raw_ops.AddV2
        return record(x=x, y=y, name=scope)  # type: ignore[no-any-return]


# type of x and y -> type in which true division works; None: as they are
_DIVISION_TYPES: dict[str, dtypes.DType | None] = {
    "uint8": dtypes.float32, "int8": dtypes.float32, "uint16": dtypes.float32, "int16": dtypes.float32,
    "int32": dtypes.float64, "int64": dtypes.float64, "uint32": dtypes.float64, "uint64": dtypes.float64,
    "bfloat16": None, "float16": None, "float32": None, "float64": None, "complex64": None, "complex128": None,
}  # fmt: skip


def division_inputs(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors of a type that true division takes; integers become floating-point numbers."""
    x, y = _converted(x, y)
    if x.dtype.base_dtype != y.dtype.base_dtype:
        raise TypeError(f"`x` and `y` must have the same dtype, got {x.dtype.base_dtype!r} != {y.dtype.base_dtype!r}.")
    name = x.dtype.base_dtype.name
    if name not in _DIVISION_TYPES:
        known = ", ".join(f"tf.{k}" for k in _DIVISION_TYPES)
        raise TypeError(f"Invalid dtype {x.dtype!r} in __truediv__. Expected one of {{{known}}}.")
    wanted = _DIVISION_TYPES[name]
    return (x, y) if wanted is None else (raw_ops.Cast(x=x, DstT=wanted), raw_ops.Cast(x=y, DstT=wanted))


def true_divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`truediv`, as the operator `/` records it."""
    with name_scope(name, "truediv", [x, y]) as scope:
        x, y = division_inputs(x, y)
        return raw_ops.RealDiv(x=x, y=y, name=scope)  # type: ignore[no-any-return]


@tf_export("truediv", "math.truediv")
def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y; integers are divided as floating-point numbers.

    Args:
        x: tensor of a number type. 8- and 16-bit integers become float32, wider ones float64.
        y: tensor of the type of `x`.
        name: name of the operation.

    Returns:
        A tensor of the shape the inputs broadcast to.

    Raises:
        TypeError: the types differ, or cannot be divided.
    """
    return true_divide(x, y, name)


@tf_export("divide", "math.divide")
def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y by the rules of Python's operator; `name`, if given, is the name of the result. See `truediv`."""
    if name is not None:
        return true_divide(x, y, name)
    if not _has_operators(x):
        x = convert_to_tensor(x, dtype=y.dtype.base_dtype if _has_operators(y) else None)
    return x / y


def _has_operators(value: Any) -> bool:
    """Whether `value` is a tensor, a variable or made of tensors, so that its operators record operations."""
    return isinstance(getattr(value, "dtype", None), dtypes.DType)


def python2_divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`div`: floor division of integers, true division of other numbers."""
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        if x.dtype.base_dtype != y.dtype.base_dtype:
            raise TypeError(f"`x` and `y` must have the same dtype, got {x.dtype!r} != {y.dtype!r}.")
        if x.dtype.is_floating or x.dtype.is_complex:
            return raw_ops.RealDiv(x=x, y=y, name=scope)  # type: ignore[no-any-return]
        return raw_ops.FloorDiv(x=x, y=y, name=scope)  # type: ignore[no-any-return]


@tf_export("div")
def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y as Python 2 divides: integers round down, other numbers divide truly. Deprecated.

    Args:
        x: tensor of a number type.
        y: tensor of the type of `x`.
        name: name of the operation.
    """
    return python2_divide(x, y, name)


@tf_export("floordiv", "math.floordiv")
def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The largest integer not above x / y.

    Args:
        x: tensor of a number type.
        y: tensor of the type of `x`.
        name: name of the operation.

    Returns:
        A tensor of the type of `x` and the shape the inputs broadcast to.
    """
    with name_scope(name, "floordiv", [x, y]) as scope:
        return floor_div(x, y, scope)  # type: ignore[no-any-return]


@tf_export("div_no_nan", "math.divide_no_nan")
def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, and 0 where y is 0.

    Args:
        x: tensor of a number type; integers are divided as `truediv` does.
        y: tensor of the type of `x`.
        name: name of the operation.
    """
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        x, y = division_inputs(x, y)
        return raw_ops.DivNoNan(x=x, y=y, name=scope)  # type: ignore[no-any-return]


@tf_export("math.multiply_no_nan")
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x * y, and 0 where y is 0, even if x is infinite or NaN.

    Args:
        x: tensor of a floating-point or complex type.
        y: tensor of the type of `x`.
        name: name of the operation.
    """
    with name_scope(name, "multiply_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        if x.dtype.base_dtype != y.dtype.base_dtype:
            raise TypeError(f"`x` and `y` must have the same dtype, got {x.dtype!r} != {y.dtype!r}")
        return raw_ops.MulNoNan(x=x, y=y, name=scope)  # type: ignore[no-any-return]


@tf_export("pow", "math.pow")
def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x to the power of y; integers wrap, and a negative integer power is an error when run.

    Args:
        x: tensor of a number type.
        y: tensor of the type of `x`.
        name: name of the operation.
    """
    with name_scope(name, "Pow", [x]) as scope:
        return raw_ops.Pow(x=x, y=y, name=scope)  # type: ignore[no-any-return]


@tf_export("scalar_mul", "math.scalar_mul")
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """A scalar times a tensor.

    Args:
        scalar: 0-D, of the type of `x`.
        x: tensor, or IndexedSlices whose values are multiplied.
        name: name of the operation.

    Raises:
        ValueError: `scalar` is not a scalar.
    """
    base = x.dtype.base_dtype if hasattr(x, "dtype") else convert_to_tensor(x).dtype.base_dtype
    scalar = convert_to_tensor(scalar, dtype=base, name="scalar")
    if scalar.shape.rank not in (0, None):
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {scalar.shape}.")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(raw_ops.Mul(x=scalar, y=x.values, name=name), x.indices, x.dense_shape)
    return raw_ops.Mul(x=scalar, y=x, name=name)


@tf_export("logical_xor", "math.logical_xor")
def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Tensor:
    """Whether exactly one of x and y is true.

    Args:
        x: bool tensor.
        y: bool tensor that broadcasts against `x`.
        name: name of the operation.
    """
    either = raw_ops.LogicalOr(x=x, y=y)
    return raw_ops.LogicalAnd(x=either, y=raw_ops.LogicalNot(x=raw_ops.LogicalAnd(x=x, y=y)), name=name)  # type: ignore[no-any-return]


@tf_export("math.reciprocal_no_nan")
def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """1 / x, and 0 where x is 0.

    Args:
        x: tensor of a floating-point or complex type.
        name: name of the operation.
    """
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = convert_to_tensor(1, dtype=x.dtype.base_dtype, name="one")
        return raw_ops.DivNoNan(x=one, y=x, name=scope)  # type: ignore[no-any-return]


@tf_export("math.xlogy")
def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x * log(y), and 0 where x is 0.

    Args:
        x: tensor of a floating-point or complex type.
        y: tensor of the type of `x`.
        name: name of the operation.
    """
    return raw_ops.Xlogy(x=x, y=y, name=name)  # type: ignore[no-any-return]


@tf_export("math.xlog1py")
def xlog1py(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x * log(1 + y), and 0 where x is 0. Arguments as for `xlogy`."""
    with name_scope(name, "xlog1py", [x]):
        return raw_ops.Xlog1py(x=x, y=y)  # type: ignore[no-any-return]


@tf_export("math.xdivy")
def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, and 0 where x is 0. Arguments as for `xlogy`."""
    with name_scope(name, "xdivy", [x]):
        return raw_ops.Xdivy(x=x, y=y)  # type: ignore[no-any-return]


@tf_export("atan2", "math.atan2")
def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """The angle in [-pi, pi] of the point (x, y).

    Args:
        y: tensor of bfloat16, float16, float32 or float64, the height.
        x: tensor of the type of `y`.
        name: name of the operation.
    """
    return raw_ops.Atan2(y=y, x=x, name=name)  # type: ignore[no-any-return]


@tf_export("math.nextafter")
def nextafter(x1: Any, x2: Any, name: str | None = None) -> Tensor:
    """The number next to x1 in the direction of x2.

    Args:
        x1: tensor of float32 or float64.
        x2: tensor of the type of `x1`.
        name: name of the operation.
    """
    return raw_ops.NextAfter(x1=x1, x2=x2, name=name)  # type: ignore[no-any-return]


BROADCASTING = (
    "Add", "AddV2", "Atan2", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Complex", "Div", "DivNoNan", "FloorDiv",
    "FloorMod", "Greater", "GreaterEqual", "Igamma", "IgammaGradA", "Igammac", "LeftShift", "Less", "LessEqual",
    "LogicalAnd", "LogicalOr", "Maximum", "Minimum", "Mod", "Mul", "MulNoNan", "NextAfter", "Polygamma", "Pow",
    "RealDiv", "RightShift", "SquaredDifference", "Sub", "TruncateDiv", "TruncateMod", "Xdivy", "Xlog1py", "Xlogy",
    "Zeta",
)  # fmt: skip
"""The op types of two inputs whose output has the shape they broadcast to."""

shape_of(*BROADCASTING)(broadcast)
not_differentiable(
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
    "Equal",
    "Greater",
    "GreaterEqual",
    "LeftShift",
    "Less",
    "LessEqual",
    "LogicalAnd",
    "LogicalOr",
    "NotEqual",
    "RightShift",
    "ApproximateEqual",
)


@shape_of("Equal", "NotEqual")
def _equality_shape(c: InferenceContext, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    """Shapes that do not broadcast give one value unless the attribute makes them an error."""
    if c.attr("incompatible_shape_error"):
        return broadcast(c, x, y)
    try:
        shape = broadcast_shapes(x, y)
    except ValueError:
        return [SCALAR]
    sizes = zip(reversed(x.tuple or ()), reversed(y.tuple or ()), strict=False)
    doubtful = any(None in pair and 1 not in pair for pair in sizes)
    return [UNKNOWN if doubtful else shape]


@shape_of("ApproximateEqual")
def _approximate_equal_shape(c: InferenceContext, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    return [x.merge_with(y)]
