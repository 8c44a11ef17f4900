"""Tensor bundles: checkpoints of version 2, `<prefix>.index` and `<prefix>.data-00000-of-00001`.

The index is a table from tensor name to `BundleEntryProto` (type, shape, shard, offset, size, masked crc32c), with a
`BundleHeaderProto` under the empty key. The shards hold the tensors' bytes in sequence; strings as their lengths,
a checksum of these, and their bytes. A tensor written in slices has an entry that lists them, and an entry per slice.
"""

from __future__ import annotations

import glob
import os
import pathlib
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.errors import DataLossError, InvalidArgumentError, NotFoundError
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.io.checkpoint.slices import Extent, put_together, slice_key
from tfcompat.io.checkpoint.table import build_table, read_table
from tfcompat.io.checkpoint.variants import decoded, encoded, holds_variants
from tfcompat.io.checkpoint.varint import read_varint, write_varint
from tfcompat.io.crc32c import crc32c, mask

_PIECE = 1 << 20
_NEXT = ".next"


def index_path(prefix: str) -> str:
    """The index file of a checkpoint."""
    return f"{prefix}.index"


def shard_path(prefix: str, shard: int, count: int) -> str:
    """A data file of a checkpoint."""
    return f"{prefix}.data-{shard:05d}-of-{count:05d}"


class BundleWriter:
    """Writes one shard. The files appear under their names when `finish` has written them completely.

    Args:
        prefix: path without the endings.
    """

    def __init__(self, prefix: str):
        self._prefix = prefix
        os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
        _settle(prefix, set())
        self._entries: dict[bytes, Any] = {}
        self._path = shard_path(prefix, 0, 1)
        self._temporary = f"{self._path}.tempstate{os.getpid()}{id(self)}"
        self._file = open(self._temporary, "wb")  # noqa: SIM115  (closed by `finish` or `abort`)
        self._offset = 0

    def add(self, name: str, array: np.ndarray) -> None:
        """Appends a tensor; InvalidArgumentError when the name was added before."""
        self._entries[self._new_key(name.encode())] = self._written(array)

    def add_slice(self, name: str, shape: list[int], extents: list[Extent], array: np.ndarray) -> None:
        """Appends a slice of a tensor of `shape`."""
        key = name.encode()
        whole = self._entries.get(key)
        if whole is None:
            whole = self._entries[key] = protos.BundleEntryProto(
                dtype=dtypes.as_dtype(array.dtype).as_datatype_enum, shape=TensorShape(shape).as_proto()
            )
        spec = whole.slices.add()
        for extent in extents:
            dim = spec.extent.add()
            if extent is not None:
                dim.start, dim.length = extent
        self._entries[self._new_key(slice_key(name, extents))] = self._written(array)

    def _new_key(self, key: bytes) -> bytes:
        if key in self._entries:
            raise InvalidArgumentError(None, None, f"Adding duplicate key: {key.decode(errors='replace')}")
        return key

    def _written(self, array: np.ndarray) -> Any:
        dtype = dtypes.variant if holds_variants(array) else dtypes.as_dtype(array.dtype)
        entry = protos.BundleEntryProto(
            dtype=dtype.as_datatype_enum, shape=TensorShape(array.shape).as_proto(), offset=self._offset
        )
        parts: list[Any]
        if dtype is dtypes.variant:
            data, checksum = encoded(array)
            parts = [data]
        elif dtype is dtypes.string:
            parts = _string_parts(array)
            checksum = _string_checksum(array, parts)
        else:
            parts = [_raw(array)]
            checksum = crc32c(parts[0])
        for part in parts:
            self._file.write(part)
            entry.size += len(part)
        self._offset += entry.size
        entry.crc32c = mask(checksum)
        return entry

    def finish(self) -> None:
        """Writes the index and puts both files in place."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        header = protos.BundleHeaderProto(num_shards=1)
        header.version.producer = 1
        _write_index(self._prefix, header, self._entries, [(self._temporary, self._path)])

    def discard(self) -> None:
        """Removes what was written."""
        self._file.close()
        if os.path.exists(self._temporary):
            pathlib.Path(index_path(self._prefix) + _NEXT).unlink(missing_ok=True)
            os.remove(self._temporary)


def _write_index(prefix: str, header: Any, entries: dict[bytes, Any], moves: list[tuple[str, str]]) -> None:
    """Writes the index beside its place, moves the data files, then the index."""
    table = build_table(
        [(b"", header.SerializeToString()), *((k, entries[k].SerializeToString()) for k in sorted(entries))]
    )
    final = index_path(prefix)
    temporary = f"{final}.tempstate{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(table)
        file.flush()
        os.fsync(file.fileno())
    if os.path.exists(final):
        _settle(prefix, {source for source, _ in moves})
        moves = [(_staged(source, target), target) for source, target in moves]
        os.replace(temporary, final + _NEXT)
        temporary = final + _NEXT
    for source, target in moves:
        os.replace(source, target)
    os.replace(temporary, final)


def _staged(source: str, target: str) -> str:
    """`source` under a name from which `_unfinished` sees that it is not in place."""
    staged = source if source.startswith(target) else f"{target}.tempstate{os.getpid()}"
    if staged != source:
        os.replace(source, staged)
    return staged


def _settle(prefix: str, own: set[str]) -> None:
    """Finishes or removes what an earlier save of `prefix` has left; `own` are the files of this one."""
    final = index_path(prefix)
    stale = set(_unfinished(prefix)) - own
    if os.path.exists(final + _NEXT):
        if stale:
            os.remove(final + _NEXT)
        else:
            os.replace(final + _NEXT, final)
    for path in stale:
        os.remove(path)


def _unfinished(prefix: str) -> list[str]:
    """Data files of a save of `prefix` that has not put them in place."""
    return glob.glob(f"{glob.escape(prefix)}.data-*.tempstate*")


def _valid_index(prefix: str) -> str:
    """The index file that fits the data files.

    A save that overwrites a checkpoint first puts its index beside the old one, then its data, then its index in place.
    Where it was killed after the data, the index that waits is the valid one.
    """
    final = index_path(prefix)
    return final + _NEXT if os.path.exists(final + _NEXT) and not _unfinished(prefix) else final


def _raw(array: np.ndarray) -> memoryview:
    contiguous = np.ascontiguousarray(array)
    return contiguous.reshape(-1).view(np.uint8).data if contiguous.size else memoryview(b"")


def _string_parts(array: np.ndarray) -> list[bytes]:
    values = array.reshape(-1).tolist()
    lengths = b"".join(write_varint(len(v)) for v in values)
    return [lengths, struct.pack("<I", mask(_lengths_crc(values))), b"".join(values)]


def _lengths_crc(values: list[bytes]) -> int:
    """The checksum of the lengths as fixed-size integers, which is what the format protects."""
    return crc32c(b"".join(struct.pack("<I" if len(v) < 1 << 32 else "<Q", len(v)) for v in values))


def _string_checksum(array: np.ndarray, parts: list[bytes]) -> int:
    return crc32c(parts[2], crc32c(parts[1], _lengths_crc(array.reshape(-1).tolist())))


class BundleReader:
    """Reads a checkpoint of any number of shards.

    Raises:
        NotFoundError: there is no such checkpoint.
        DataLossError: a file is damaged.
    """

    def __init__(self, prefix: str):
        self._prefix = prefix
        path = _valid_index(prefix)
        try:
            data = pathlib.Path(path).read_bytes()
        except OSError:
            raise NotFoundError(
                None,
                None,
                f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}",
            ) from None
        self._entries: dict[bytes, bytes] = dict(read_table(data, path))
        try:
            self._header = protos.BundleHeaderProto.FromString(self._entries.pop(b""))
        except Exception:
            raise DataLossError(None, None, f"{path}: the header of the checkpoint is missing or damaged") from None
        for key in self._entries:
            if not key.startswith(b"\0") and not _is_text(key):
                raise DataLossError(None, None, f"{path}: the name {key!r} is damaged")
        if self._header.endianness != 0:
            raise InvalidArgumentError(None, None, f"{path}: written on a big-endian machine, which is not supported")

    def names(self) -> Iterator[str]:
        """The tensors' names, in order."""
        for key in self._entries:
            if not key.startswith(b"\0"):
                yield key.decode()

    def stored(self) -> Iterator[tuple[bytes, str, list[int]]]:
        """(key, name of the element type, shape) of everything that has bytes in a shard, in order of the keys."""
        for key in self._entries:
            entry = self._parsed(key, key.decode(errors="replace"))
            if not entry.slices:
                yield key, protos.DataType.Name(entry.dtype), [d.size for d in entry.shape.dim]

    def __contains__(self, name: str) -> bool:
        return name.encode() in self._entries

    def entry(self, name: str) -> Any:
        """The `BundleEntryProto` of a tensor; NotFoundError when there is none."""
        return self._parsed(name.encode(), name)

    def _parsed(self, key: bytes, name: str) -> Any:
        raw = self._entries.get(key)
        if raw is None:
            raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
        try:
            return protos.BundleEntryProto.FromString(raw)
        except Exception:
            raise DataLossError(None, None, f"{index_path(self._prefix)}: the entry of {name} is damaged") from None

    def dtype(self, name: str) -> dtypes.DType:
        """The element type of a tensor."""
        return dtypes.as_dtype(self.entry(name).dtype)

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
        return put_together(shape, parts, dtypes.as_dtype(entry.dtype).as_numpy_dtype, f"{self._prefix}: {name}")

    def _stored(self, name: str, entry: Any) -> np.ndarray:
        shape = [d.size for d in entry.shape.dim]
        dtype = dtypes.as_dtype(entry.dtype)
        count = int(np.prod(shape, dtype=np.int64))
        path = shard_path(self._prefix, entry.shard_id, self._header.num_shards)
        where = f"{path}: tensor {name} at offset {entry.offset}"
        try:
            available = os.path.getsize(path) - entry.offset
        except OSError:
            raise NotFoundError(None, None, f"{path}; No such file or directory") from None
        sized = dtype not in (dtypes.string, dtypes.variant)
        expected = None if not sized else count * np.dtype(dtype.as_numpy_dtype).itemsize
        if min(shape, default=0) < 0 or entry.size > available or expected not in (None, entry.size):
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
    if mask(crc32c(data[body:], crc32c(data[position:body], _lengths_crc(out.tolist())))) != checksum:
        raise DataLossError(None, None, f"{where}: checksum mismatch")
    return out


def merge(prefixes: list[str], target: str, delete_old_dirs: bool = True) -> None:
    """Makes one checkpoint `target` of several, whose data files become its shards.

    Raises:
        InvalidArgumentError: two of them have the same tensor.
    """
    header = None
    entries: dict[bytes, Any] = {}
    moves: list[tuple[str, str]] = []
    readers = [BundleReader(p) for p in prefixes]
    total = sum(r._header.num_shards for r in readers)
    base = 0
    for prefix, reader in zip(prefixes, readers, strict=True):
        header = header or reader._header
        for key, raw in reader._entries.items():
            entry = protos.BundleEntryProto.FromString(raw)
            entry.shard_id += base
            present = entries.get(key)
            if present is not None and entry.slices:
                present.slices.extend(entry.slices)
            elif present is not None:
                raise InvalidArgumentError(None, None, f"Duplicate tensor keyed by {key.decode(errors='replace')}")
            else:
                entries[key] = entry
        for shard in range(reader._header.num_shards):
            moves.append(
                (shard_path(prefix, shard, reader._header.num_shards), shard_path(target, base + shard, total))
            )
        base += reader._header.num_shards
    assert header is not None
    header.num_shards = total
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    _write_index(target, header, entries, moves)
    for prefix in prefixes:
        if prefix != target:
            pathlib.Path(index_path(prefix)).unlink(missing_ok=True)
    if delete_old_dirs:
        for folder in {os.path.dirname(p) for p in prefixes} - {os.path.dirname(target)}:
            try:
                os.rmdir(folder)
            except OSError:
                continue
