"""Host kernels that read and write whole files, and that decode strings."""

from __future__ import annotations

import glob
import os
import zlib
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.confinement import check_path
from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.node_def import tensor_message
from tfcompat.graph.registry import kernel
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.kernels.handles import boxed, byte_array
from tfcompat.protos.tensor_proto import tensor_proto_to_array


def read_bytes(path: bytes) -> bytes:
    """The contents of a file.

    Raises:
        NotFoundError: there is no such file.
        FailedPreconditionError: it is a directory.
    """
    name = os.fsdecode(path)
    check_path(name)
    with translated_os_errors(name), open(name, "rb") as file:
        return file.read()


def _scalar(k: KernelContext, array: np.ndarray, what: str) -> bytes:
    if array.ndim:
        raise InvalidArgumentError(None, k.op, f"{what} tensor must be scalar, but had shape: {list(array.shape)}")
    value: bytes = array.item()
    return value


@kernel("ReadFile")
def _read_file(k: KernelContext, filename: np.ndarray) -> np.ndarray:
    return boxed(read_bytes(_scalar(k, filename, "Input filename")))


@kernel("WriteFile")
def _write_file(k: KernelContext, filename: np.ndarray, contents: np.ndarray) -> None:
    path = os.fsdecode(_scalar(k, filename, "Input filename"))
    check_path(path)
    data = _scalar(k, contents, "Contents")
    with translated_os_errors(path):
        if not os.path.exists(os.path.dirname(path) or "."):
            os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(data)


@kernel("MatchingFiles")
def _matching_files(k: KernelContext, pattern: np.ndarray) -> np.ndarray:
    for p in pattern.reshape(-1):
        check_path(p)
    found = {os.fsencode(name) for p in pattern.reshape(-1) for name in glob.glob(os.fsdecode(p))}
    return byte_array(sorted(found))


@kernel("DecodeRaw")
def _decode_raw(k: KernelContext, strings: np.ndarray) -> np.ndarray:
    flat = list(strings.reshape(-1))
    dtype = np.dtype(k.output_dtype().as_numpy_dtype)
    length = len(flat[0]) if flat else 0
    for index, text in enumerate(flat):
        if len(text) != length:
            raise InvalidArgumentError(
                None,
                k.op,
                "DecodeRaw requires input strings to all be the same size, but element "
                f"{index} has size {length} != {len(text)}",
            )
    if length % dtype.itemsize:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Input to DecodeRaw has length {length} that is not a multiple of "
            f"{dtype.itemsize}, the size of {_SIZE_NAMES.get(dtype.name, dtype.name)}",
        )
    raw = np.frombuffer(b"".join(flat), dtype)
    if not k.attr("little_endian"):
        raw = raw.byteswap()
    return raw.reshape(*strings.shape, length // dtype.itemsize).copy()


_SIZE_NAMES = {"float16": "half", "float32": "float", "float64": "double"}


@kernel("DecodePaddedRaw")
def _decode_padded_raw(k: KernelContext, strings: np.ndarray, fixed_length: np.ndarray) -> np.ndarray:
    dtype = np.dtype(k.output_dtype().as_numpy_dtype)
    length = int(fixed_length)
    if length <= 0 or length % dtype.itemsize:
        raise InvalidArgumentError(
            None,
            k.op,
            f"fixed_length ({length}) must be a positive multiple of the size of out_type ({dtype.itemsize})",
        )
    padded = b"".join(s[:length].ljust(length, b"\0") for s in strings.reshape(-1))
    raw = np.frombuffer(padded, dtype)
    if not k.attr("little_endian"):
        raw = raw.byteswap()
    return raw.reshape(*strings.shape, length // dtype.itemsize).copy()


@kernel("DecodeCompressed")
def _decode_compressed(k: KernelContext, strings: np.ndarray) -> np.ndarray:
    kind = k.attr("compression_type").decode()
    if kind not in ("", "ZLIB", "GZIP"):
        raise InvalidArgumentError(None, k.op, f"Only ZLIB, GZIP or NONE are supported, got {kind}")
    if not kind:
        return strings
    bits = zlib.MAX_WBITS + (16 if kind == "GZIP" else 0)
    out = np.empty(strings.shape, object)
    for index, text in np.ndenumerate(strings):
        try:
            out[index] = zlib.decompress(text, bits)
        except zlib.error as error:
            raise InvalidArgumentError(None, k.op, f"cannot decompress element {list(index)}: {error}") from None
    return out


@kernel("SerializeTensor")
def _serialize_tensor(k: KernelContext, tensor: np.ndarray) -> np.ndarray:
    if k.input_dtype(0) is not dtypes.variant:
        return boxed(tensor_message(tensor, k.input_dtype(0)).SerializeToString())
    message = protos.TensorProto(
        dtype=dtypes.variant.as_datatype_enum, tensor_shape=TensorShape(tensor.shape).as_proto()
    )
    for value in tensor.flat:
        if not isinstance(value, protos.VariantTensorDataProto):
            raise UnimplementedError(
                None, k.op, f"a variant that holds a {type(value).__name__} has no serialized form"
            )
        message.variant_val.append(value)
    return boxed(message.SerializeToString())


@kernel("ParseTensor")
def _parse_tensor(k: KernelContext, serialized: np.ndarray) -> np.ndarray:
    text = _scalar(k, serialized, "Input")
    try:
        message: Any = protos.TensorProto.FromString(text)
    except Exception:
        raise InvalidArgumentError(None, k.op, "Cannot parse tensor from proto") from None
    wanted = k.output_dtype()
    if message.dtype != wanted.as_datatype_enum:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Type mismatch between parsed tensor ({dtypes.as_dtype(message.dtype).name}) and dtype ({wanted.name})",
        )
    if wanted is dtypes.variant:
        out = np.empty(len(message.variant_val), object)
        out[:] = list(message.variant_val)
        return out.reshape([d.size for d in message.tensor_shape.dim])
    return np.asarray(tensor_proto_to_array(message))
