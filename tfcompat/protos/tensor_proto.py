"""`TensorProto` and numpy arrays: what the reference's `make_tensor_proto` writes and `make_ndarray` reads.

Arrays of more than one element go as raw bytes into `tensor_content` where their type allows it; everything else goes
value by value into the field of the type (`float_val`, ...). A field with fewer values than the shape has elements
stands for a tensor whose remaining elements repeat the last value.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from tfcompat.protos import pool

Array = np.ndarray[Any, Any]
_MAX_ELEMENTS = 2**63 - 1
_MANY_BYTES = 1 << 28
_MOST_REPEATS = 1 << 16


@dataclass(frozen=True, slots=True)
class _Type:
    """How one `DataType` is stored.

    `field` is the field of single values, `wire` the numpy type of what that field holds, `bits` the type whose bits
    stand there (None: the values themselves), `raw` whether `tensor_content` is written.
    """

    name: str
    dtype: np.dtype[Any]
    field: str
    wire: np.dtype[Any]
    bits: np.dtype[Any] | None = None
    raw: bool = True


def _row(name: str, dtype: Any, field: str, wire: str, bits: str | None = None, raw: bool = True) -> _Type:
    return _Type(name, np.dtype(dtype), field, np.dtype(wire), None if bits is None else np.dtype(bits), raw)


# fmt: off
_STRING = 7
_TYPES: dict[int, _Type] = {
    1:  _row("DT_FLOAT",      "f4",  "float_val", "f4"),
    2:  _row("DT_DOUBLE",     "f8",  "double_val", "f8"),
    3:  _row("DT_INT32",      "i4",  "int_val", "i4"),
    4:  _row("DT_UINT8",      "u1",  "int_val", "i4"),
    5:  _row("DT_INT16",      "i2",  "int_val", "i4"),
    6:  _row("DT_INT8",       "i1",  "int_val", "i4"),
    7:  _row("DT_STRING",     "O",   "string_val", "O", raw=False),
    8:  _row("DT_COMPLEX64",  "c8",  "scomplex_val", "f4", raw=False),
    9:  _row("DT_INT64",      "i8",  "int64_val", "i8"),
    10: _row("DT_BOOL",       "?",   "bool_val", "?", raw=False),
    11: _row("DT_QINT8",      [("qint8", "i1")], "int_val", "i4", bits="i1"),
    12: _row("DT_QUINT8",     [("quint8", "u1")], "int_val", "i4", bits="u1"),
    13: _row("DT_QINT32",     [("qint32", "i4")], "int_val", "i4", bits="i4"),
    14: _row("DT_BFLOAT16",   ml_dtypes.bfloat16, "half_val", "i4", bits="u2"),
    15: _row("DT_QINT16",     [("qint16", "i2")], "int_val", "i4", bits="i2"),
    16: _row("DT_QUINT16",    [("quint16", "u2")], "int_val", "i4", bits="u2"),
    17: _row("DT_UINT16",     "u2",  "int_val", "i4", raw=False),
    18: _row("DT_COMPLEX128", "c16", "dcomplex_val", "f8", raw=False),
    19: _row("DT_HALF",       "f2",  "half_val", "i4", bits="u2"),
    22: _row("DT_UINT32",     "u4",  "uint32_val", "u4"),
    23: _row("DT_UINT64",     "u8",  "uint64_val", "u8"),
    24: _row("DT_FLOAT8_E5M2",   ml_dtypes.float8_e5m2, "float8_val", "u1", bits="u1"),
    25: _row("DT_FLOAT8_E4M3FN", ml_dtypes.float8_e4m3fn, "float8_val", "u1", bits="u1"),
    29: _row("DT_INT4",       ml_dtypes.int4, "int_val", "i4", raw=False),
    30: _row("DT_UINT4",      ml_dtypes.uint4, "int_val", "i4", raw=False),
}
# fmt: on


def numpy_dtype(dtype_enum: int) -> np.dtype[Any]:
    """The numpy type of a `DataType` number; quantized types are structured (`[("qint8", "i1")]`), strings object.

    Raises TypeError when tensors of that type have no array form (resource, variant, reference types).
    """
    return _type(dtype_enum).dtype


def array_to_tensor_proto(array: Array, dtype_enum: int, shape: Iterable[int] | None = None) -> Any:
    """The `TensorProto` of an array.

    Args:
        array: of the numpy type of `dtype_enum`; quantized types may also come as their plain integers, strings as
            object arrays of bytes or str, or as numpy `S` or `U` arrays.
        dtype_enum: number of the `tensorflow.DataType`.
        shape: the tensor's shape, the array's own when None. It may have more elements than the array; the last one
            then stands for the rest.

    Returns:
        A `tensorflow.TensorProto`, encoded as the reference encodes it: one value for an array that is one value in
        memory.

    Raises:
        TypeError: the array's type does not fit, or the type has no array form.
        ValueError: the array has more elements than the shape, or the shape has negative dimensions.
    """
    kind = _type(dtype_enum)
    array = np.asarray(array)
    dims = array.shape if shape is None else tuple(int(size) for size in shape)
    elements = _element_count(dims)
    if array.size > elements:
        raise ValueError(f"Too many elements provided. Takes at most {elements}, but got {array.size}.")
    proto = pool.message_class("tensorflow.TensorProto")(dtype=dtype_enum)
    proto.tensor_shape.SetInParent()
    for size in dims:
        proto.tensor_shape.dim.add(size=size)
    if dtype_enum == _STRING:
        strings = _string_values(array if not is_repeated(array) else array.reshape(-1)[:1])
        proto.string_val.extend(_as_bytes(value) for value in strings)
        return proto
    values = _native(array, kind) if not is_repeated(array) else _native(array.reshape(-1)[:1], kind)
    if kind.raw and values.size == elements and values.size > 1:
        proto.tensor_content = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    else:
        _put_values(proto, kind, values.ravel())
    return proto


def tensor_proto_to_array(proto: Any) -> Array:
    """The array that a `TensorProto` describes: a fresh, writable array of the type that `numpy_dtype` gives.

    Raises:
        TypeError: tensors of that type have no array form.
        ValueError: the message is corrupt: unknown or negative dimensions, bytes or values that do not fit the shape;
            or the tensor is larger than the memory of the machine.
    """
    kind = _type(proto.dtype)
    dims = _dims(proto.tensor_shape)
    elements = _element_count(dims)
    if not proto.tensor_content and elements * kind.dtype.itemsize > _physical_memory():
        raise ValueError(f"a {kind.name} tensor of shape {dims} does not fit into memory")
    try:
        if proto.tensor_content:
            values = _read_content(proto.tensor_content, kind, elements)
        else:
            values = _fill(_get_values(proto, kind), kind, elements)
    except MemoryError as error:
        raise ValueError(f"a {kind.name} tensor of shape {dims} does not fit into memory") from error
    return values.reshape(dims)


@functools.cache
def _physical_memory() -> float:
    """The bytes of memory of the machine; infinity where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return math.inf


def tensor_proto_to_constant(proto: Any) -> Array:
    """`tensor_proto_to_array` for arrays that nobody writes to; it raises the same.

    Few values that stand for a huge tensor are refused. A tensor for which the message has one value, or none, takes
    the memory of one value (`is_repeated`), however large its shape is.
    """
    kind = _type(proto.dtype)
    count = 0 if proto.tensor_content else len(getattr(proto, kind.field))
    elements = _element_count(_dims(proto.tensor_shape))
    if count > (2 if kind.dtype.kind == "c" else 1) or proto.tensor_content or elements < 2:
        if not proto.tensor_content and elements * kind.dtype.itemsize > max(_MANY_BYTES, _MOST_REPEATS * count):
            raise ValueError(f"{count} values stand for a {kind.name} tensor of shape {_dims(proto.tensor_shape)}")
        return tensor_proto_to_array(proto)
    if elements * kind.dtype.itemsize > _MAX_ELEMENTS:
        raise ValueError(f"a {kind.name} tensor of shape {_dims(proto.tensor_shape)} does not fit into memory")
    return np.broadcast_to(_fill(_get_values(proto, kind), kind, 1).reshape(()), _dims(proto.tensor_shape))


def is_repeated(array: Array) -> bool:
    """Whether an array is one value in memory."""
    return array.size > 1 and not any(array.strides)


def _type(dtype_enum: int) -> _Type:
    if dtype_enum not in _TYPES:
        names = {number: name for name, number in pool.enum("tensorflow.DataType").items()}
        raise TypeError(f"Unsupported tensor type: {names.get(dtype_enum, dtype_enum)} has no array form.")
    return _TYPES[dtype_enum]


def _dims(shape: Any) -> tuple[int, ...]:
    if shape.unknown_rank:
        raise ValueError("the tensor's shape has an unknown rank")
    return tuple(dim.size for dim in shape.dim)


def _element_count(dims: tuple[int, ...]) -> int:
    if any(size < 0 for size in dims):
        raise ValueError(f"the tensor's shape {dims} has a negative dimension")
    count = math.prod(dims)
    if count > _MAX_ELEMENTS:
        raise ValueError(f"the tensor's shape {dims} is too large (more than 2**63 - 1 entries)")
    return count


def _native(array: Array, kind: _Type) -> Array:
    """The array in native byte order, as its bits where the type is stored by bits."""
    dtype = array.dtype.newbyteorder("=")
    if dtype != kind.dtype and not (kind.dtype.fields and dtype == kind.bits):
        raise TypeError(f"a {kind.name} tensor takes an array of type {kind.dtype}, got {array.dtype}")
    native = np.ascontiguousarray(array, dtype)
    return native if kind.bits is None else native.view(kind.bits)


def _put_values(proto: Any, kind: _Type, values: Array) -> None:
    if values.dtype.kind == "c":
        values = values.view(kind.wire)
    if kind.field == "float8_val":
        proto.float8_val = values.tobytes()
    else:
        getattr(proto, kind.field).extend(values.astype(kind.wire, copy=False).tolist())


def _string_values(array: Array) -> Iterable[Any]:
    if array.dtype.kind not in "OSU":
        raise TypeError(f"a DT_STRING tensor takes an array of bytes, got {array.dtype}")
    return array.ravel().tolist()


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    raise TypeError(f"Expected binary or unicode string, got {value!r}")


def _get_values(proto: Any, kind: _Type) -> Array:
    """The values that the type's own field holds, in one dimension."""
    stored = getattr(proto, kind.field)
    if kind.wire.hasobject:
        return _object_array(list(stored))
    if kind.field == "float8_val":
        return np.frombuffer(stored, kind.dtype)
    values = np.fromiter(stored, kind.wire, len(stored))
    if kind.dtype.kind == "c":
        return values[: len(values) // 2 * 2].view(kind.dtype)
    if kind.bits is not None:
        return values.astype(kind.bits).view(kind.dtype)
    return values.astype(kind.dtype, copy=False)


def _object_array(values: list[bytes]) -> Array:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _fill(values: Array, kind: _Type, elements: int) -> Array:
    """`elements` values: the given ones, then the last of them again; zeros (empty strings) when there is none."""
    if len(values) > elements:
        raise ValueError(f"{kind.field} holds {len(values)} values for a tensor of {elements} elements")
    if len(values) == elements:
        return values.copy()
    if not len(values) and not kind.dtype.hasobject:
        return np.zeros(elements, kind.dtype)
    filled = np.empty(elements, kind.dtype)
    filled[: len(values)] = values
    filled[len(values) :] = values[-1] if len(values) else b""
    return filled


def _read_content(content: bytes, kind: _Type, elements: int) -> Array:
    """The elements that `tensor_content` holds as raw bytes."""
    if kind.dtype.hasobject:
        return _object_array(_split_strings(content, elements))
    expected = elements * kind.dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"tensor_content of {elements} {kind.name} elements has {len(content)} bytes, expected {expected}"
        )
    if kind.dtype.kind == "b" and content.translate(None, b"\0\1"):
        raise ValueError("tensor_content of a DT_BOOL tensor has bytes other than 0 and 1")
    return np.frombuffer(content, kind.dtype.newbyteorder("<")).astype(kind.dtype)


def _split_strings(content: bytes, elements: int) -> list[bytes]:
    """The strings of a content that starts with all their lengths as varints."""
    if elements > len(content):
        raise ValueError(f"tensor_content of {len(content)} bytes cannot hold {elements} strings")
    lengths, start = [], 0
    for _ in range(elements):
        length, start = _varint(content, start)
        lengths.append(length)
    if start + sum(lengths) != len(content):
        raise ValueError(f"tensor_content has {len(content)} bytes, its strings need {start + sum(lengths)}")
    strings = []
    for length in lengths:
        strings.append(content[start : start + length])
        start += length
    return strings


def _varint(content: bytes, start: int) -> tuple[int, int]:
    """The number whose varint starts at `start`, and where it ends."""
    value = shift = 0
    for position in range(start, min(start + 10, len(content))):
        value |= (content[position] & 0x7F) << shift
        shift += 7
        if content[position] < 0x80:
            return value, position + 1
    raise ValueError("tensor_content ends inside the length of a string")
