"""Writing tensor bundles, so that a save that is killed leaves what was there before, or what it was writing.

Files are written under temporary names. A new checkpoint gets its data files first and its index last. Where there is
one already, all new files are first put beside the old ones with the ending `NEXT`, the index last: this one renaming
makes the new checkpoint the valid one. Then they take the places of the old files; a later save goes on with that.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pathlib
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.io.checkpoint.bundle import NEXT, BundleReader, index_path, lengths_crc, shard_path
from tfcompat.io.checkpoint.slices import Extent, slice_key
from tfcompat.io.checkpoint.table import build_table
from tfcompat.io.checkpoint.variants import encoded, holds_variants
from tfcompat.io.checkpoint.varint import write_varint
from tfcompat.io.crc32c import crc32c, mask


class BundleWriter:
    """Writes one shard. The files appear under their names when `finish` has written them completely.

    Args:
        prefix: path without the endings.
    """

    def __init__(self, prefix: str):
        self._prefix = prefix
        os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
        _settle(prefix, ())
        self._entries: dict[bytes, Any] = {}
        self._path = shard_path(prefix, 0, 1)
        self._temporary = f"{self._path}.tempstate{os.getpid()}{id(self)}"
        self._file = open(self._temporary, "wb")  # noqa: SIM115  (closed by `finish` or `discard`)
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
        _put_in_place(self._prefix, header, self._entries, [(self._temporary, self._path)])

    def discard(self) -> None:
        """Removes what was written."""
        self._file.close()
        pathlib.Path(self._temporary).unlink(missing_ok=True)


def _raw(array: np.ndarray) -> memoryview:
    contiguous = np.ascontiguousarray(array)
    return contiguous.reshape(-1).view(np.uint8).data if contiguous.size else memoryview(b"")


def _string_parts(array: np.ndarray) -> list[bytes]:
    values = array.reshape(-1).tolist()
    lengths = b"".join(write_varint(len(v)) for v in values)
    return [lengths, struct.pack("<I", mask(lengths_crc(values))), b"".join(values)]


def _string_checksum(array: np.ndarray, parts: list[bytes]) -> int:
    return crc32c(parts[2], crc32c(parts[1], lengths_crc(array.reshape(-1).tolist())))


def _put_in_place(prefix: str, header: Any, entries: dict[bytes, Any], moves: list[tuple[str, str]]) -> None:
    """Writes the index, and gives data files (where they are, where they belong) and index their names."""
    table = build_table(
        [(b"", header.SerializeToString()), *((k, entries[k].SerializeToString()) for k in sorted(entries))]
    )
    final = index_path(prefix)
    temporary = f"{final}.tempstate{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(table)
            file.flush()
            os.fsync(file.fileno())
        if not os.path.exists(final):
            for source, target in moves:
                os.replace(source, target)
            os.replace(temporary, final)
            return
        _settle(prefix, [temporary, *(source for source, _ in moves)])
        for source, target in moves:
            os.replace(source, target + NEXT)
        os.replace(temporary, final + NEXT)
    except OSError:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise
    _settle(prefix, ())


def _settle(prefix: str, own: Sequence[str]) -> None:
    """Finishes or removes what an earlier save of `prefix` has left; `own` are the files of this one."""
    final = index_path(prefix)
    waiting = _files(prefix, f".data-*{NEXT}")
    if os.path.exists(final + NEXT):
        for path in waiting:
            os.replace(path, path.removesuffix(NEXT))
        os.replace(final + NEXT, final)
        waiting = []
    unfinished = _files(prefix, ".data-*.tempstate*") + _files(prefix, ".index.tempstate*")
    for path in {*waiting, *unfinished} - set(own):
        os.remove(path)


def _files(prefix: str, ending: str) -> list[str]:
    return glob.glob(glob.escape(prefix) + ending)


def merge(prefixes: list[str], target: str, delete_old_dirs: bool = True) -> None:
    """Makes one checkpoint `target` of several, whose data files become its shards.

    Raises:
        InvalidArgumentError: two of them have the same tensor.
    """
    header = None
    entries: dict[bytes, Any] = {}
    moves: list[tuple[str, str]] = []
    readers = [BundleReader(p) for p in prefixes]
    total = sum(r.header.num_shards for r in readers)
    base = 0
    for prefix, reader in zip(prefixes, readers, strict=True):
        header = header or reader.header
        for key, raw in reader.entries.items():
            entry = protos.BundleEntryProto.FromString(raw)
            entry.shard_id += base
            present = entries.get(key)
            if present is not None and entry.slices:
                present.slices.extend(entry.slices)
            elif present is not None:
                raise InvalidArgumentError(None, None, f"Duplicate tensor keyed by {key.decode(errors='replace')}")
            else:
                entries[key] = entry
        count = reader.header.num_shards
        moves += [(shard_path(prefix, i, count), shard_path(target, base + i, total)) for i in range(count)]
        base += count
    assert header is not None
    header.num_shards = total
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    _put_in_place(target, header, entries, moves)
    for prefix in prefixes:
        if prefix != target:
            pathlib.Path(index_path(prefix)).unlink(missing_ok=True)
    if delete_old_dirs:
        for folder in {os.path.dirname(p) for p in prefixes} - {os.path.dirname(target)}:
            with contextlib.suppress(OSError):
                os.rmdir(folder)
