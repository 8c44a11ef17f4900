"""Conversion of Python values to tensors, open to other types by registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import constant, dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import Dimension, TensorShape

Conversion = Callable[..., Any]

_registered: dict[int, list[tuple[Any, Conversion]]] = {}
_cache: dict[type, list[tuple[Any, Conversion]]] = {}


@tf_export("register_tensor_conversion_function")
def register_tensor_conversion_function(base_type: Any, conversion_func: Conversion, priority: int = 100) -> None:
    """Registers how instances of `base_type` become tensors.

    Args:
        base_type: a type or tuple of types.
        conversion_func: called as fn(value, dtype=None, name=None, as_ref=False); gives a Tensor or NotImplemented.
        priority: lower ones are asked first; registrations of equal priority in their order.

    Raises:
        TypeError: `base_type` is no type, or the function is not callable.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not types or not all(isinstance(t, type) for t in types):
        raise TypeError(f"Argument `base_type` must be a type or a tuple of types. Obtained: {base_type}")
    if not callable(conversion_func):
        raise TypeError(f"Argument `conversion_func` must be callable. Received {conversion_func}.")
    _registered.setdefault(priority, []).append((base_type, conversion_func))
    _cache.clear()


def _conversions(kind: type) -> list[tuple[Any, Conversion]]:
    found = _cache.get(kind)
    if found is None:
        found = [
            entry for priority in sorted(_registered) for entry in _registered[priority] if issubclass(kind, entry[0])
        ]
        _cache[kind] = found
    return found


@tf_export("convert_to_tensor")
def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """`value` as a tensor of the default graph.

    Args:
        value: Tensor, Variable, number, string, list, array, or an instance of a registered type. Lists may hold
            tensors: they are packed.
        dtype: type it must have; a tensor of another type is an error.
        name: name of a constant that is made.
        preferred_dtype: type to try first when `dtype` is None.
        dtype_hint: newer name of `preferred_dtype`.
        as_ref: whether a ref variable gives its mutable tensor.

    Raises:
        TypeError: no conversion is registered for its type.
        ValueError: it is a tensor of another type than `dtype`.
        RuntimeError: a registered conversion returns a tensor of the wrong type.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if type(value) is Tensor:
        return _checked(value, wanted, as_ref)
    preferred_dtype = dtype_hint if preferred_dtype is None else preferred_dtype
    for base, conversion in _conversions(type(value)):
        result: Any = NotImplemented
        if wanted is None and preferred_dtype is not None:
            try:
                result = conversion(value, dtype=preferred_dtype, name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                result = NotImplemented
            else:
                if (
                    result is not NotImplemented
                    and result.dtype.base_dtype != dtypes.as_dtype(preferred_dtype).base_dtype
                ):
                    raise TypeError(
                        "convert_to_tensor did not convert to the preferred dtype: "
                        f"{result.dtype.base_dtype} vs {dtypes.as_dtype(preferred_dtype).base_dtype}"
                    )
        if result is NotImplemented:
            result = conversion(value, dtype=wanted, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if not isinstance(result, Tensor):
            raise RuntimeError(
                f"{_prefix(name)}Conversion function {conversion!r} for type {base} returned non-Tensor: {result!r}"
            )
        if wanted is not None and not wanted.is_compatible_with(result.dtype):
            raise RuntimeError(
                f"{_prefix(name)}Conversion function {conversion!r} for type {base} returned "
                f"incompatible dtype: requested = {wanted.base_dtype.name}, "
                f"actual = {result.dtype.base_dtype.name}"
            )
        return result
    if isinstance(value, Tensor):
        return _checked(value, wanted, as_ref)
    raise TypeError(
        f"{_prefix(name)}Cannot convert {value!r} with type {type(value)} to Tensor: no conversion function registered."
    )


def _prefix(name: str | None) -> str:
    return f"{name}: " if name else ""


def _checked(tensor: Tensor, wanted: dtypes.DType | None, as_ref: bool) -> Tensor:
    if wanted is not None and not wanted.is_compatible_with(tensor.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype {tensor.dtype.name}: {tensor!r}"
        )
    return tensor


@tf_export("convert_to_tensor_or_indexed_slices")
def convert_to_tensor_or_indexed_slices(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` itself when it is IndexedSlices (of type `dtype`, if given), else `convert_to_tensor(value)`."""
    if hasattr(value, "indices") and hasattr(value, "dense_shape"):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Incompatible tensor conversion requested to `dtype` {dtypes.as_dtype(dtype).name} for "
                f"`value` ({value}) with dtype {value.dtype.name}"
            )
        return value
    return convert_to_tensor(value, dtype, name)


def _constant(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    return constant.constant(value, dtype=dtype, name=name or "Const")


def _shape_constant(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape {value} to a Tensor.")
    sizes = value.as_list()
    if dtype is None:
        dtype = dtypes.int64 if any(s > np.iinfo(np.int32).max for s in sizes) else dtypes.int32
    elif dtypes.as_dtype(dtype) not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype {dtypes.as_dtype(dtype).name}.")
    return constant.constant(sizes, dtype=dtype, name=name or "shape_as_tensor", shape=[len(sizes)])


def _dimension_constant(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if value.value is None:
        raise ValueError("Cannot convert an unknown Dimension to a Tensor.")
    if dtype is None:
        dtype = dtypes.int64 if value.value > np.iinfo(np.int32).max else dtypes.int32
    elif dtypes.as_dtype(dtype) not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a Dimension to dtype {dtypes.as_dtype(dtype).name}.")
    return constant.constant(value.value, dtype=dtype, name=name or "shape_as_tensor")


register_tensor_conversion_function(
    (bool, int, float, complex, str, bytes, bytearray, np.ndarray, np.generic), _constant, 100
)
register_tensor_conversion_function((list, tuple), _constant, 100)
register_tensor_conversion_function(object, _constant, 200)
register_tensor_conversion_function(TensorShape, _shape_constant, 100)
register_tensor_conversion_function(Dimension, _dimension_constant, 100)
