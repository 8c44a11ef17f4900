"""Constants: Python values and arrays to `numpy` arrays of a dtype, and `Const` operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.op_def import op_def
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape

_PYTHON_KINDS: dict[str, tuple[type, ...]] = {
    "float": (int, float, np.floating, np.integer),
    "int": (int, np.integer),
    "complex": (int, float, complex, np.number),
    "bool": (bool, np.bool_),
    "string": (str, bytes, np.str_, np.bytes_, bytearray),
}


def as_array(
    value: Any,
    dtype: dtypes.DType | None = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = True,
) -> np.ndarray:
    """`value` as the array of a constant.

    Args:
        value: scalar, nested list, numpy array, or object with `__array__`. Python ints become int32 (int64 when they
            need it), floats float32, strings byte strings; arrays keep their type.
        dtype: the type to give; a value that does not fit it is an error, never rounded to it silently.
        shape: the shape to give; a single element is repeated, several are laid out in order.
        verify_shape: whether `value` must already have `shape`.
        allow_broadcast: whether a single element may be repeated to `shape`.

    Raises:
        TypeError: the value does not fit the type.
        ValueError: it has the wrong shape or number of elements, is None, or holds mixed or ragged rows.
    """
    if value is None:
        raise ValueError("None values not supported.")
    base = None if dtype is None else dtype.base_dtype
    array = _from_python(value, base) if not _is_array(value) else _from_array(value, base)
    if shape is None:
        return array
    return _with_shape(array, as_shape(shape), verify_shape, allow_broadcast)


def _is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic))


def _from_array(value: Any, dtype: dtypes.DType | None) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind in "SUO":
        return _strings(array, dtype)
    if dtype is None:
        dtypes.as_dtype(array.dtype)
        array = array.astype(array.dtype.newbyteorder("=")) if array.dtype.byteorder == ">" else array
        return array if all(array.strides) else np.ascontiguousarray(array)
    if dtype is dtypes.string:
        raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype string.")
    return array.astype(dtype.as_numpy_dtype)


def _from_python(value: Any, dtype: dtypes.DType | None) -> np.ndarray:
    if dtype is not None and dtype.is_quantized:
        try:
            return np.array(value, dtype.as_numpy_dtype)
        except ValueError:
            raise TypeError(f"Expected {dtype.name}, but got {value!r} of type '{type(value).__name__}'.") from None
    if dtype is not None:
        _check_kind(value, dtype)
    if dtype is dtypes.string:
        return _strings(np.array(value, object), dtype)
    try:
        array = np.array(value, None if dtype is None else _intermediate(dtype))
    except (ValueError, OverflowError) as error:
        raise _conversion_error(value, dtype, error) from None
    if array.dtype.kind in "SUO":
        # numpy's own strings lose zero bytes at their end
        return _strings(np.array(value, object), dtype)
    if dtype is not None:
        return array.astype(dtype.as_numpy_dtype, copy=False)
    return _default_type(value, array)


def _intermediate(dtype: dtypes.DType) -> Any:
    return np.dtype(dtype.as_numpy_dtype) if dtype.as_numpy_dtype is not np.object_ else np.object_


def _conversion_error(value: Any, dtype: dtypes.DType | None, error: Exception) -> Exception:
    if isinstance(error, OverflowError) or "out of bounds" in str(error):
        return ValueError(f"Python integer out of range for {dtype.name if dtype else 'any dtype'}: {value!r}")
    return ValueError(f"Can't convert non-rectangular Python sequence to Tensor: {error}")


def _default_type(value: Any, array: np.ndarray) -> np.ndarray:
    """The type the reference gives a Python value: float32 and int32 where numpy says float64 and int64.

    A list that holds numpy scalars or arrays keeps numpy's type.
    """
    if array.size == 0 and not _is_array(_first_leaf(value)):
        return array.astype(np.float32) if array.dtype == np.float64 else array
    leaf = _first_leaf(value)
    if isinstance(leaf, np.generic) or _is_array(leaf):
        return array
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.int64:
        small = array.astype(np.int32)
        return small if np.array_equal(small, array) else array
    dtypes.as_dtype(array.dtype)
    return array


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple)) and len(value):
        value = value[0]
    return value


def _strings(array: np.ndarray, dtype: dtypes.DType | None) -> np.ndarray:
    if dtype is not None and dtype is not dtypes.string:
        first = array.reshape(-1)[0] if array.size else array
        raise TypeError(f"Expected {dtype.name}, but got {first!r} of type '{type(first).__name__}'.")
    out = np.empty(array.shape, object)
    flat = out.reshape(-1)
    for i, item in enumerate(array.reshape(-1)):
        if isinstance(item, str):
            item = item.encode("utf-8")
        elif isinstance(item, (bytes, bytearray, np.bytes_)):
            item = bytes(item)
        elif item is None:
            raise ValueError("None values not supported.")
        else:
            raise TypeError(f"Expected binary or unicode string, got {item!r}")
        flat[i] = item
    return out


def _check_kind(value: Any, dtype: dtypes.DType) -> None:
    """Raises TypeError when a leaf of `value` is not of a Python type that `dtype` takes."""
    kind = (
        "float"
        if dtype.is_floating
        else "int"
        if dtype.is_integer
        else "complex"
        if dtype.is_complex
        else "bool"
        if dtype.is_bool
        else "string"
        if dtype is dtypes.string
        else None
    )
    if kind is None:
        return
    allowed = _PYTHON_KINDS[kind]
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, (list, tuple)):
            pending.extend(reversed(item))
        elif item is None:
            raise TypeError(f"Expected {dtype.name}, but got None of type 'NoneType'.")
        elif isinstance(item, (bool, np.bool_)) and kind == "string":
            raise TypeError(f"Expected {dtype.name}, but got {item!r} of type 'bool'.")
        elif isinstance(item, Tensor):
            raise TypeError(f"Expected {dtype.name}, but got {item!r} of type 'Tensor'.")
        elif not isinstance(item, allowed) and not hasattr(item, "__array__"):
            if kind == "int" and hasattr(item, "__index__"):
                continue
            raise TypeError(f"Expected {dtype.name}, but got {item!r} of type '{type(item).__name__}'.")


def _with_shape(array: np.ndarray, shape: TensorShape, verify_shape: bool, allow_broadcast: bool) -> np.ndarray:
    size = shape.num_elements()
    if size is None:
        raise ValueError(f"The shape of a constant must be fully known, got {shape}.")
    target: tuple[int, ...] = shape.tuple  # type: ignore[assignment]
    if array.shape == target:
        return array
    if verify_shape:
        raise TypeError(f"Expected Tensor's shape: {target}, got {array.shape}.")
    if array.size == size or size == 0 and allow_broadcast:
        return array.reshape(-1)[:size].reshape(target)
    if array.size == 1 and allow_broadcast:
        return np.broadcast_to(array.reshape(()), target)
    if not allow_broadcast:
        raise TypeError(f"Expected Tensor's shape: {target}, got {array.shape}.")
    if array.size > size or array.size == 0:
        raise ValueError(f"Too many elements provided. Needed at most {size}, but received {array.size}")
    flat = array.reshape(-1)
    return np.concatenate([flat, np.full(size - flat.size, flat[-1], flat.dtype)]).reshape(target)


@tf_export("constant")
def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const", verify_shape: bool = False
) -> Tensor:
    """Records a constant.

    Args:
        value: scalar, nested list or array (see `as_array` for the types it gives).
        dtype: type of the result; by default the value's own.
        shape: shape of the result; one element is repeated, the last of several fills up.
        name: name of the operation.
        verify_shape: whether to raise unless `value` has `shape` already.

    Returns:
        A tensor with the value.

    Raises:
        TypeError: the value does not fit `dtype`, or `verify_shape` fails.
        ValueError: it has too many elements, or ragged rows.
    """
    if isinstance(value, Tensor):
        raise TypeError("Expected any non-tensor type, but got a tensor instead.")
    array = as_array(value, None if dtype is None else dtypes.as_dtype(dtype), shape, verify_shape)
    return constant_op(array, None if dtype is None else dtypes.as_dtype(dtype).base_dtype, name)


def constant_op(array: np.ndarray, dtype: dtypes.DType | None = None, name: str | None = None) -> Tensor:
    """Records a `Const` of `array`, which must never change afterwards."""
    dtype = dtype or dtypes.as_dtype(array.dtype)
    attrs = {"value": array, "dtype": dtype}
    op = get_default_graph().add_op(op_def("Const"), [], attrs, [dtype], name)
    op.outputs[0]._shape = TensorShape.of(array.shape)
    return op.outputs[0]
