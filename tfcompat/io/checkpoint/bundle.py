"""Tensor bundles: checkpoints of version 2, `<prefix>.index` and `<prefix>.data-00000-of-00001`.

The index is a table from tensor name to `BundleEntryProto` (type, shape, shard, offset, size, masked crc32c), with a
`BundleHeaderProto` under the empty key. The shards hold the tensors' bytes in sequence; strings as their lengths,
a checksum of these, and their bytes. A tensor written in slices has an entry that lists them, and an entry per slice.
`bundle_writer` writes them.
"""

from __future__ import annotations

import os
import pathlib
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.confinement import check_path
from tfcompat.graph.errors import DataLossError, InvalidArgumentError, NotFoundError
from tfcompat.io.checkpoint.slices import Extent, put_together, slice_key
from tfcompat.io.checkpoint.table import read_table
from tfcompat.io.checkpoint.variants import decoded
from tfcompat.io.checkpoint.varint import read_varint
from tfcompat.io.crc32c import crc32c, mask

_PIECE = 1 << 20

NEXT = ".next"
"""Ending of the files of a save that overwrites a checkpoint. Once there is such an index, it is the valid one,
with the data files that have the ending where there are such, and those without it elsewhere."""


def index_path(prefix: str) -> str:
    """The index file of a checkpoint."""
    return f"{prefix}.index"


def shard_path(prefix: str, shard: int, count: int) -> str:
    """A data file of a checkpoint."""
    return f"{prefix}.data-{shard:05d}-of-{count:05d}"


def lengths_crc(values: list[bytes]) -> int:
    """The checksum of strings' lengths as fixed-size integers, which is what the format protects."""
    return crc32c(b"".join(struct.pack("<I" if len(v) < 1 << 32 else "<Q", len(v)) for v in values))


class BundleReader:
    """Reads a checkpoint of any number of shards.

    Attributes:
        header: the `BundleHeaderProto`.
        entries: key to serialized `BundleEntryProto`.

    Raises:
        NotFoundError: there is no such checkpoint.
        DataLossError: a file is damaged.
    """

    def __init__(self, prefix: str):
        self._prefix = prefix
        path = index_path(prefix) + NEXT
        self._is_interrupted = os.path.exists(path)
        if not self._is_interrupted:
            path = index_path(prefix)
        try:
            data = pathlib.Path(path).read_bytes()
        except OSError:
            raise NotFoundError(
                None,
                None,
                f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}",
            ) from None
        self.entries: dict[bytes, bytes] = dict(read_table(data, path))
        try:
            self.header = protos.BundleHeaderProto.FromString(self.entries.pop(b""))
        except Exception:
            raise DataLossError(None, None, f"{path}: the header of the checkpoint is missing or damaged") from None
        for key in self.entries:
            if not key.startswith(b"\0") and not _is_text(key):
                raise DataLossError(None, None, f"{path}: the name {key!r} is damaged")
        if self.header.endianness != 0:
            raise InvalidArgumentError(None, None, f"{path}: written on a big-endian machine, which is not supported")

    def names(self) -> Iterator[str]:
        """The tensors' names, in order."""
        for key in self.entries:
            if not key.startswith(b"\0"):
                yield key.decode()

    def stored(self) -> Iterator[tuple[bytes, str, list[int]]]:
        """(key, name of the element type, shape) of everything that has bytes in a shard, in order of the keys."""
        for key in self.entries:
            entry = self._parsed(key, key.decode(errors="replace"))
            if not entry.slices:
                yield key, protos.DataType.Name(entry.dtype), [d.size for d in entry.shape.dim]

    def __contains__(self, name: str) -> bool:
        return name.encode() in self.entries

    def entry(self, name: str) -> Any:
        """The `BundleEntryProto` of a tensor; NotFoundError when there is none."""
        return self._parsed(name.encode(), name)

    def _parsed(self, key: bytes, name: str) -> Any:
        raw = self.entries.get(key)
        if raw is None:
            raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
        try:
            return protos.BundleEntryProto.FromString(raw)
        except Exception:
            raise DataLossError(None, None, f"{index_path(self._prefix)}: the entry of {name} is damaged") from None

    def dtype(self, name: str) -> dtypes.DType:
        """The element type of a tensor; DataLossError when there is no such type."""
        return self._dtype(name, self.entry(name))

    def _dtype(self, name: str, entry: Any) -> dtypes.DType:
        try:
            return dtypes.as_dtype(entry.dtype)
        except TypeError:
            raise DataLossError(None, None, f"{self._prefix}: {name} has the unknown type {entry.dtype}") from None

    def shape(self, name: str) -> list[int]:
        """The shape of a tensor."""
        return [d.size for d in self.entry(name).shape.dim]

    def read(self, name: str) -> np.ndarray:
        """A tensor; slices are put together.

        Raises:
            NotFoundError: there is none of that name.
            DataLossError: a checksum does not fit, or a file is too short.
        """
        entry = self.entry(name)
        if not entry.slices:
            return self._stored(name, entry)
        shape = [d.size for d in entry.shape.dim]
        parts: list[tuple[list[Extent], np.ndarray]] = []
        for spec in entry.slices:
            extents: list[Extent] = [(e.start, e.length) if e.WhichOneof("has_length") else None for e in spec.extent]
            parts.append((extents, self._stored(name, self._parsed(slice_key(name, extents), name))))
        return put_together(shape, parts, self._dtype(name, entry).as_numpy_dtype, f"{self._prefix}: {name}")

    def _data_path(self, shard: int) -> str:
        path = shard_path(self._prefix, shard, self.header.num_shards)
        return path + NEXT if self._is_interrupted and os.path.exists(path + NEXT) else path

    def _stored(self, name: str, entry: Any) -> np.ndarray:
        shape = [d.size for d in entry.shape.dim]
        dtype = self._dtype(name, entry)
        count = int(np.prod(shape, dtype=np.int64))
        path = self._data_path(entry.shard_id)
        check_path(path)
        where = f"{path}: tensor {name} at offset {entry.offset}"
        try:
            available = os.path.getsize(path) - entry.offset
        except OSError:
            raise NotFoundError(None, None, f"{path}; No such file or directory") from None
        sized = dtype not in (dtypes.string, dtypes.variant)
        expected = None if not sized else count * np.dtype(dtype.as_numpy_dtype).itemsize
        is_inside = entry.offset >= 0 and 0 <= entry.size <= available
        if min(shape, default=0) < 0 or not is_inside or expected not in (None, entry.size):
            raise DataLossError(None, None, f"{where}: {entry.size} bytes do not fit shape {shape} or the file")
        data = _bytes_of(path, entry.offset, entry.size)
        if data is None:
            raise DataLossError(None, None, f"{where}: the file ends within the tensor")
        if dtype is dtypes.string:
            return _strings(data.tobytes(), count, where, entry.crc32c).reshape(shape)
        variants, checksum = decoded(data.tobytes(), count, where) if not sized else (None, crc32c(data.data))
        if mask(checksum) != entry.crc32c:
            raise DataLossError(None, None, f"{where}: checksum mismatch")
        return (data.view(dtype.as_numpy_dtype) if variants is None else variants).reshape(shape)


def _bytes_of(path: str, offset: int, size: int) -> np.ndarray | None:
    """A part of a file; None when it ends before. Large reads in pieces, unbuffered, cost a fourth of one read."""
    data = np.empty(size, np.uint8)
    done = 0
    with open(path, "rb", buffering=0) as file:
        file.seek(offset)
        while done < size:
            got = file.readinto(data[done : done + _PIECE].data)
            if not got:
                return None
            done += got
    return data


def _is_text(key: bytes) -> bool:
    try:
        key.decode()
    except UnicodeDecodeError:
        return False
    return True


def _strings(data: bytes, count: int, where: str, checksum: int) -> np.ndarray:
    if count > len(data):
        raise DataLossError(None, None, f"{where}: {count} strings in {len(data)} bytes")
    lengths = []
    position = 0
    for _ in range(count):
        length, position = read_varint(data, position)
        lengths.append(length)
    body = position + 4
    if body + sum(lengths) != len(data):
        raise DataLossError(None, None, f"{where}: the strings' lengths do not fit their bytes")
    out = np.empty(count, object)
    start = body
    for i, length in enumerate(lengths):
        out[i] = data[start : start + length]
        start += length
    if mask(crc32c(data[body:], crc32c(data[position:body], lengths_crc(out.tolist())))) != checksum:
        raise DataLossError(None, None, f"{where}: checksum mismatch")
    return out
