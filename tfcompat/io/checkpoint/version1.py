"""Checkpoints of version 1: tables whose entries are `SavedTensorSlices` messages, one file or one a shard.

Under the empty key a table has names, shapes, types and slices of its tensors; under the key of a slice its values.
"""

from __future__ import annotations

import glob
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.errors import DataLossError, InvalidArgumentError, NotFoundError, UnimplementedError
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.io.checkpoint.slices import Extent, put_together, slice_key
from tfcompat.io.checkpoint.table import build_table, read_table

_FIELDS = {
    "float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val", "string": "string_val",
    "float16": "half_val", "bfloat16": "half_val", "uint32": "uint32_val", "uint64": "uint64_val",
    "complex64": "scomplex_val", "complex128": "dcomplex_val",
    **dict.fromkeys(("int32", "uint8", "int16", "int8", "uint16", "qint8", "quint8", "qint16", "quint16", "qint32"),
                    "int_val"),
}  # fmt: skip


_BYTES_AN_ITEM = {"float64": 8, "int64": 10, "uint64": 10, "complex128": 16, "bool": 1, "float32": 4, "complex64": 8}
_MOST_BYTES = (1 << 31) - 1


class Version1Writer:
    """Writes a checkpoint of version 1. The file appears under its name when `finish` has written it completely.

    Args:
        path: the file.
    """

    def __init__(self, path: str):
        self._path = path
        self._meta = protos.SavedTensorSlices()
        self._meta.meta.versions.producer = 1
        self._tensors: dict[str, Any] = {}
        self._entries: dict[bytes, bytes] = {}

    def add(self, name: str, array: np.ndarray) -> None:
        """Adds a tensor; raises as `add_slice`."""
        self.add_slice(name, list(array.shape), [None] * array.ndim, array)

    def add_slice(self, name: str, shape: list[int], extents: list[Extent], array: np.ndarray) -> None:
        """Adds a slice of a tensor of `shape`.

        Raises:
            InvalidArgumentError: it was added before, or with another shape or type, or has too many bytes.
            UnimplementedError: the format has no field for the type.
        """
        dtype = dtypes.as_dtype(array.dtype)
        field = _FIELDS.get(dtype.name)
        if field is None:
            raise UnimplementedError(
                None, None, f"Checkpoints of version 1 cannot hold {name}: its type is {dtype.name}"
            )
        tensor = self._tensors.get(name)
        shape_message = TensorShape(shape).as_proto()
        if tensor is None:
            tensor = self._tensors[name] = self._meta.meta.tensor.add(
                name=name, shape=shape_message, type=dtype.as_datatype_enum
            )
        elif tensor.shape != shape_message or tensor.type != dtype.as_datatype_enum:
            raise InvalidArgumentError(
                None, None, f"Mismatching shapes or types of the slices of tensor {name}: {shape}, {dtype.name}"
            )
        key = slice_key(name, extents)
        if key in self._entries:
            raise InvalidArgumentError(None, None, f"The tensor or slice {name} is written twice")
        _check_size(name, array, dtype)
        entry = protos.SavedTensorSlices()
        entry.data.name = name
        entry.data.slice.SetInParent()
        for message in (tensor.slice.add(), entry.data.slice):
            for extent in extents:
                dim = message.extent.add()
                if extent is not None:
                    dim.start, dim.length = extent
        getattr(entry.data.data, field).extend(_field_values(array, field))
        self._entries[key] = entry.SerializeToString()

    def finish(self) -> None:
        """Writes the file."""
        table = build_table([(b"", self._meta.SerializeToString()), *sorted(self._entries.items())])
        temporary = f"{self._path}.tempstate{os.getpid()}"
        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                file.write(table)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except OSError:
            pathlib.Path(temporary).unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        """Nothing was written before `finish`."""


def _check_size(name: str, array: np.ndarray, dtype: dtypes.DType) -> None:
    """Refuses what does not fit into one message."""
    if dtype is dtypes.string:
        size = sum(len(v) + 10 for v in array.reshape(-1).tolist())
    else:
        size = array.size * _BYTES_AN_ITEM.get(dtype.name, 5)
    if size > _MOST_BYTES:
        raise InvalidArgumentError(
            None, None, f"Tensor slice is too large to serialize (conservative estimate: {size} bytes): {name}"
        )


def _field_values(array: np.ndarray, field: str) -> Any:
    """The values of an array as members of a field of TensorProto."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if field == "half_val":
        return flat.view(np.uint16).tolist()
    if field.endswith("complex_val"):
        return flat.view(flat.real.dtype).tolist()
    return flat.tolist()


class Version1Reader:
    """Reads a checkpoint of version 1.

    Args:
        pattern: the file, or a pattern with `*` and `?` that its shards match.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it is damaged, or of another format.
    """

    def __init__(self, pattern: str):
        self._path = pattern
        paths = [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern))
        if not paths:
            raise NotFoundError(
                None,
                None,
                f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {pattern}",
            )
        self._tensors: dict[str, Any] = {}
        self._parts: dict[str, list[Any]] = {}
        for path in paths:
            self._take(path)

    def _take(self, path: str) -> None:
        try:
            data = pathlib.Path(path).read_bytes()
        except OSError as error:
            raise DataLossError(
                None,
                None,
                f"Unable to open table file {path}: {error.strerror}: perhaps your file is in a different file format "
                "and you need to use a different restore operator?",
            ) from None
        entries = dict(read_table(data, path))
        for tensor in self._parsed(entries.get(b"", b"")).meta.tensor:
            known = self._tensors.setdefault(tensor.name, tensor)
            if known.shape != tensor.shape or known.type != tensor.type:
                raise DataLossError(None, None, f"{path}: {tensor.name} has another shape or type than in other files")
        for key, raw in entries.items():
            if key:
                part = self._parsed(raw).data
                self._parts.setdefault(part.name, []).append(part)

    def _parsed(self, raw: bytes) -> Any:
        try:
            return protos.SavedTensorSlices.FromString(raw)
        except Exception:
            raise DataLossError(None, None, f"{self._path}: an entry is damaged") from None

    def names(self) -> Iterator[str]:
        """The tensors' names."""
        return iter(sorted(self._tensors))

    def stored(self) -> Iterator[tuple[bytes, str, list[int]]]:
        """(name, name of the element type, shape) of every tensor."""
        for name in self.names():
            yield name.encode(), protos.DataType.Name(self._tensors[name].type), self.shape(name)

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def dtype(self, name: str) -> dtypes.DType:
        """The element type of a tensor."""
        return dtypes.as_dtype(self._tensors[name].type)

    def shape(self, name: str) -> list[int]:
        """The shape of a tensor."""
        return [d.size for d in self._tensors[name].shape.dim]

    def read(self, name: str) -> np.ndarray:
        """A tensor, put together from its slices."""
        shape, dtype = self.shape(name), self.dtype(name)
        parts: list[tuple[list[Extent], np.ndarray]] = []
        for part in self._parts.get(name, []):
            extents: list[Extent] = [
                (e.start, e.length) if e.WhichOneof("has_length") else None for e in part.slice.extent
            ]
            with np.errstate(all="ignore"):
                parts.append((extents, self._values(name, part.data, dtype)))
        return put_together(shape, parts, dtype.as_numpy_dtype, f"{self._path}: {name}")

    def _values(self, name: str, data: Any, dtype: dtypes.DType) -> np.ndarray:
        """The values of a slice in order."""
        field = _FIELDS.get(dtype.name)
        if field is None:
            raise DataLossError(
                None, None, f"{self._path}: {name} is of type {dtype.name}, which version 1 does not have"
            )
        found = getattr(data, field)
        if dtype is dtypes.string:
            values = np.empty(len(found), object)
            values[:] = list(found)
        elif field == "half_val":
            values = np.array(found, np.int64).astype(np.uint16).view(dtype.as_numpy_dtype)
        elif field.endswith("complex_val"):
            part = np.float32 if dtype is dtypes.complex64 else np.float64
            values = np.array(found[: len(found) // 2 * 2], part).view(dtype.as_numpy_dtype)
        else:
            values = np.array(found, np.float64 if dtype.is_floating else None)
        return values
