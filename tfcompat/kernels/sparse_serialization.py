"""Host kernels: sparse tensors as strings or variants, three elements each, and back."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, variant_kernel
from tfcompat.kernels.sparse_places import Array, listed, require
from tfcompat.protos import pool
from tfcompat.protos.tensor_proto import numpy_dtype, tensor_proto_to_array


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _written(array: Array) -> bytes:
    """A TensorProto whose content holds all elements; strings as their lengths and then their bytes."""
    message = pool.message_class("tensorflow.TensorProto")()
    if array.dtype == object:
        message.dtype = dtypes.string.as_datatype_enum
        items = array.reshape(-1).tolist()
        message.tensor_content = b"".join([*(_varint(len(i)) for i in items), *items])
    else:
        message.dtype = dtypes.as_dtype(array.dtype).as_datatype_enum
        message.tensor_content = np.ascontiguousarray(array).tobytes()
    message.tensor_shape.SetInParent()
    for size in array.shape:
        message.tensor_shape.dim.add().size = size
    return message.SerializeToString()  # type: ignore[no-any-return]


def _read(k: KernelContext, data: Any, what: str, place: int) -> Array:
    if isinstance(data, np.ndarray):
        return data
    message = pool.message_class("tensorflow.TensorProto")()
    try:
        message.ParseFromString(data)
        sizes = [d.size for d in message.tensor_shape.dim]
        if not message.tensor_content:
            return tensor_proto_to_array(message)
        if message.dtype != dtypes.string.as_datatype_enum:
            return np.frombuffer(message.tensor_content, numpy_dtype(message.dtype)).reshape(sizes).copy()
        return _read_strings(message.tensor_content, sizes)
    except Exception:
        raise InvalidArgumentError(
            None, k.op, f"Could not parse serialized proto of serialized_sparse[{place}, {what}]"
        ) from None


def _read_strings(data: bytes, sizes: list[int]) -> Array:
    count = int(np.prod(sizes, dtype=np.int64))
    lengths, place = [], 0
    for _ in range(count):
        length, place = _read_varint(data, place)
        lengths.append(length)
    ends = [place, *itertools.accumulate(lengths, initial=place)][1:]
    out = np.empty(count, object)
    out[:] = [data[begin:end] for begin, end in itertools.pairwise(ends)]
    return out.reshape(sizes)


def _triples(k: KernelContext, parts: list[tuple[Array, Array, Array]]) -> Array:
    out = np.empty((len(parts), 3), object)
    as_text = k.output_dtype() is dtypes.string
    for row, part in enumerate(parts):
        for column, array in enumerate(part):
            out[row, column] = _written(array) if as_text else array
    return out


def variant_triple(indices: Array, values: Array, shape: Array) -> Array:
    """The three variants of a sparse tensor."""
    out = np.empty(3, object)
    for column, array in enumerate((indices, values, shape)):
        out[column] = array
    return out


def _check(k: KernelContext, indices: Array, values: Array, shape: Array) -> None:
    for array, rank, what, kind in ((indices, 2, "indices", "matrix"), (values, 1, "values", "vector"),
                                    (shape, 1, "shape", "vector")):  # fmt: skip
        text = f"Input {what} should be a {kind} but received shape {listed(array.shape)}"
        require(k, array.ndim == rank, text)


@kernel("SerializeSparse")
def _serialize(k: KernelContext, indices: Array, values: Array, shape: Array) -> Array:
    _check(k, indices, values, shape)
    return _triples(k, [(indices, values, shape)])[0]  # type: ignore[no-any-return]


@kernel("SerializeManySparse")
def _serialize_many(k: KernelContext, indices: Array, values: Array, shape: Array) -> Array:
    _check(k, indices, values, shape)
    require(k, len(shape) > 1, f"Rank of input SparseTensor should be > 1, but saw rank: {len(shape)}")
    rows = indices[:, 0]
    outside = np.flatnonzero((rows < 0) | (rows >= int(shape[0])))
    if len(outside):
        where = f"({rows[outside[0]]}, N={shape[0]})"
        raise InvalidArgumentError(None, k.op, f"Received unexpected column 0 value in input SparseTensor: {where}")
    parts = [(indices[rows == i, 1:], values[rows == i], shape[1:]) for i in range(int(shape[0]))]
    return _triples(k, parts)


def _part(k: KernelContext, triple: Array, number: int, dtype: dtypes.DType) -> tuple[Array, Array, Array]:
    indices, values, shape = (_read(k, item, str(j), number) for j, item in enumerate(triple.tolist()))
    where = f"SparseTensor[{number}]"
    for array, wanted, j in ((indices, dtypes.int64, 0), (values, dtype, 1), (shape, dtypes.int64, 2)):
        found = dtypes.string if array.dtype == object else dtypes.as_dtype(array.dtype)
        asked = f"Requested SparseTensor of type {dtype.name} but {where}.values.dtype() == {found.name}"
        other = f"Expected serialized_sparse[{number}, {j}] to represent an int64 tensor"
        require(k, found is wanted.base_dtype, asked if j == 1 else other)
    for array, rank, what in ((indices, 2, "index matrix"), (values, 1, "values vector"), (shape, 1, "shape vector")):
        text = f"Expected serialized_sparse[{number}] to represent a {what} but received shape {listed(array.shape)}"
        require(k, array.ndim == rank, text)
    text = f"Expected row counts of {where}.indices and {where}.values to match but they do not: "
    require(k, len(indices) == len(values), f"{text}{len(indices)} vs. {len(values)}")
    text = f"Expected column counts of {where}.indices to match size of {where}.shape but they do not: "
    require(k, indices.shape[1] == len(shape), f"{text}{indices.shape[1]} vs. {len(shape)}")
    return indices, values, shape


def _deserialized(k: KernelContext, serialized: Array, batch: list[int]) -> tuple[Array, Array, Array]:
    dtype = k.attr("dtype").base_dtype
    triples = serialized.reshape(-1, 3)
    parts = [_part(k, triple, i, dtype) for i, triple in enumerate(triples)]
    ranks = [len(p[2]) for p in parts]
    for number, rank in enumerate(ranks):
        prior = f"rank prior to SparseTensor[{number}] was: {ranks[0]}"
        text = f"Inconsistent shape across SparseTensors: {prior} but rank of SparseTensor[{number}] is: {rank}"
        require(k, rank == ranks[0], text)
    own = ranks[0] if ranks else 0
    places = list(itertools.product(*map(range, batch)))
    indices = [np.concatenate([np.tile(np.array([at], np.int64), (len(p[0]), 1)), p[0]], axis=1)
               for at, p in zip(places, parts, strict=True)]  # fmt: skip
    values: Any = np.concatenate([p[1] for p in parts]) if parts else np.empty(0, dtype.as_numpy_dtype)
    largest = np.max([p[2] for p in parts], axis=0) if parts else np.zeros(0, np.int64)
    whole = np.concatenate(indices) if indices else np.zeros((0, len(batch) + own), np.int64)
    return whole.astype(np.int64), values, np.concatenate([np.array(batch, np.int64), largest]).astype(np.int64)


@kernel("DeserializeManySparse")
def _deserialize_many(k: KernelContext, serialized: Array) -> tuple[Array, Array, Array]:
    text = listed(serialized.shape)
    require(k, serialized.ndim == 2, f"Serialized sparse should be a matrix but received shape {text}")
    require(k, serialized.shape[1] == 3, f"Serialized sparse should have 3 columns but received shape {text}")
    return _deserialized(k, serialized, [len(serialized)])


@variant_kernel("DeserializeSparse")
@kernel("DeserializeSparse")
def _deserialize(k: KernelContext, serialized: Array) -> tuple[Array, Array, Array]:
    text = f"Serialized sparse should have 3 as the last dimension {listed(serialized.shape)}"
    require(k, serialized.ndim > 0 and serialized.shape[-1] == 3, text)
    return _deserialized(k, serialized, list(serialized.shape[:-1]))
