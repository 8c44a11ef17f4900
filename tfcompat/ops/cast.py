"""Conversions between element types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar, unchanged
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import at_least_rank


@tf_export("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """`x` with elements of another type.

    Floating-point numbers are cut off towards zero when they become integers; complex numbers lose their imaginary part
    when they become real; bool is whether a number is not 0.

    Args:
        x: tensor, SparseTensor or IndexedSlices (whose values are cast) of a number type or bool.
        dtype: the type to give.
        name: name of the operation; none is recorded when `x` has the type already.

    Raises:
        TypeError: `x` cannot be converted to a tensor.
    """
    base = dtypes.as_dtype(dtype).base_dtype
    if (isinstance(x, Tensor) or _is_resource_variable(x)) and x.dtype.base_dtype is base:
        return x
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return x.with_values(cast(x.values, base, scope))
        if isinstance(x, IndexedSlices):
            return IndexedSlices(cast(x.values, base, scope), x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        return x if x.dtype.base_dtype is base else raw_ops.Cast(x=x, DstT=base, name=scope)


def _is_resource_variable(x: Any) -> bool:
    return isinstance(getattr(x, "handle", None), Tensor)


def _caster(dtype: dtypes.DType, function: str, default_name: str) -> Callable[..., Any]:
    def convert(x: Any, name: str | None = None) -> Any:
        return cast(x, dtype, name)

    convert.__name__ = convert.__qualname__ = function
    convert.__defaults__ = (default_name,)
    convert.__doc__ = f"`cast(x, tf.{dtype.name})` under the name `{default_name}`. Deprecated."
    export(function, convert)
    return convert


# fmt: off
to_float      = _caster(dtypes.float32, "to_float", "ToFloat")
to_double     = _caster(dtypes.float64, "to_double", "ToDouble")
to_int32      = _caster(dtypes.int32, "to_int32", "ToInt32")
to_int64      = _caster(dtypes.int64, "to_int64", "ToInt64")
to_bfloat16   = _caster(dtypes.bfloat16, "to_bfloat16", "ToBFloat16")
to_complex64  = _caster(dtypes.complex64, "to_complex64", "ToComplex64")
to_complex128 = _caster(dtypes.complex128, "to_complex128", "ToComplex128")
# fmt: on


@tf_export("saturate_cast", "dtypes.saturate_cast")
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """`value` clamped to the range of `dtype`, then cast to it.

    Args:
        value: tensor of a number type; of a complex one the real part is taken when `dtype` is real.
        dtype: the type to give.
        name: name of the operation.

    Raises:
        TypeError: `dtype` has no range.
    """
    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        wanted = dtypes.as_dtype(dtype).base_dtype
        if value.dtype.is_complex and not wanted.is_complex:
            value = raw_ops.Real(input=value, Tout=value.dtype.real_dtype)
        return cast(_clamped(value, wanted), wanted, scope)  # type: ignore[no-any-return]


def _clamped(value: Tensor, wanted: dtypes.DType) -> Tensor:
    """`value` within the range of `wanted`; itself when its type has no wider range."""
    own = value.dtype.base_dtype
    for dtype in (own, wanted):
        if dtype.is_bool:
            raise TypeError(f"Cannot find minimum value of {dtype} with type {dtype}.")
    own_range, range_ = own.real_dtype, wanted.real_dtype
    with np.errstate(over="ignore"):  # limits of integers compared with those of half floats
        fits = own_range.min >= range_.min and own_range.max <= range_.max
        limits = (_limit(own_range, max(own_range.min, range_.min)), _limit(own_range, min(own_range.max, range_.max)))
    if fits:
        return value
    if own.is_complex:
        limits = tuple(complex(limit, limit) for limit in limits)  # type: ignore[assignment]
    low, high = (convert_to_tensor(np.array(limit, own.as_numpy_dtype)) for limit in limits)
    return raw_ops.ClipByValue(t=value, clip_value_min=low, clip_value_max=high, name="clamp")  # type: ignore[no-any-return]


def _limit(dtype: dtypes.DType, limit: Any) -> Any:
    """`limit` as a number of type `dtype`, rounded towards zero where that shows in float64."""
    nearest = np.array(limit).astype(dtype.as_numpy_dtype)
    if abs(float(nearest)) > abs(float(limit)):
        nearest = np.nextafter(nearest, np.zeros_like(nearest))
    return nearest[()]


@tf_export("bitcast")
def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """The bytes of `input` as elements of another type.

    Args:
        input: tensor of a number type.
        type: the type to give. A narrower one adds a last dimension, a wider one takes the last dimension away.
        name: name of the operation.

    Raises:
        ValueError: the last dimension does not fit a wider type.
    """
    return raw_ops.Bitcast(input=input, type=type, name=name)  # type: ignore[no-any-return]


shape_of("Cast")(unchanged)
shape_of("ToBool")(scalar)
not_differentiable("ToBool")


@gradient_of("Cast")
def _cast_gradient(op: Operation, grad: Tensor) -> Tensor | None:
    """Flows between floating-point and complex types alone."""
    kinds = (op.inputs[0].dtype.base_dtype, grad.dtype.base_dtype)
    if not all(t.is_floating or t.is_complex for t in kinds):
        return None
    return cast(grad, kinds[0])  # type: ignore[no-any-return]


@shape_of("Bitcast")
def _bitcast_shape(c: InferenceContext, shape: TensorShape) -> list[TensorShape]:
    source, target = c.attr("T").size, c.attr("type").size
    dims = shape.tuple
    if source < target:
        at_least_rank(shape, 1)
    if dims is None or source == target:
        return [shape]
    if source > target:
        return [TensorShape.of((*dims, source // target))]
    ratio = target // source
    if dims[-1] not in (None, ratio):
        raise ValueError(
            f"Cannot bitcast from {c.attr('T').as_datatype_enum} to {c.attr('type').as_datatype_enum} due "
            f"to shape. {dims[-1]} does not match {ratio}"
        )
    return [TensorShape.of(dims[:-1])]
