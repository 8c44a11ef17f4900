"""Checkpoints of version 1: one table whose entries are `SavedTensorSlices` messages; only read."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.errors import DataLossError, NotFoundError
from tfcompat.io.checkpoint.slices import Extent, put_together
from tfcompat.io.checkpoint.table import read_table

_FIELDS = {
    "float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val", "string": "string_val",
    "float16": "half_val", "bfloat16": "half_val", "uint32": "uint32_val", "uint64": "uint64_val",
    "complex64": "scomplex_val", "complex128": "dcomplex_val",
    **dict.fromkeys(("int32", "uint8", "int16", "int8", "uint16", "qint8", "quint8", "qint16", "quint16", "qint32"),
                    "int_val"),
}  # fmt: skip


class Version1Reader:
    """Reads a checkpoint of version 1.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it is damaged.
    """

    def __init__(self, path: str):
        self._path = path
        try:
            data = pathlib.Path(path).read_bytes()
        except OSError:
            raise NotFoundError(
                None, None, f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {path}"
            ) from None
        entries = dict(read_table(data, path))
        meta = self._parsed(entries.get(b"", b"")).meta
        self._tensors = {t.name: t for t in meta.tensor}
        self._parts: dict[str, list[Any]] = {}
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
