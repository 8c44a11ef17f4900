"""Sorted string tables: the index files of checkpoints.

Source: the table format of LevelDB. A file is data blocks, a metaindex block, an index block and a footer. A block is
entries with shared key prefixes, restart offsets, a compression byte and a masked crc32c.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from tfcompat.graph.errors import DataLossError
from tfcompat.io.checkpoint.snappy import decompress
from tfcompat.io.checkpoint.varint import read_varint, write_varint
from tfcompat.io.crc32c import masked_crc32c

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
"""The last bytes of a table."""

_FOOTER = 48
_TRAILER = 5
_BLOCK_SIZE = 262144
_RESTART_INTERVAL = 16
_MAX_EXPANSION = 64


class _BlockBuilder:
    """Entries of one block."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._data = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self._last = b""

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since_restart < _RESTART_INTERVAL:
            limit = min(len(self._last), len(key))
            while shared < limit and self._last[shared] == key[shared]:
                shared += 1
        else:
            self._restarts.append(len(self._data))
            self._since_restart = 0
        self._data += write_varint(shared) + write_varint(len(key) - shared) + write_varint(len(value))
        self._data += key[shared:] + value
        self._last = key
        self._since_restart += 1

    @property
    def size(self) -> int:
        return len(self._data) + 4 * len(self._restarts) + 4

    @property
    def is_empty(self) -> bool:
        return not self._data

    def finish(self) -> bytes:
        return bytes(self._data) + struct.pack(f"<{len(self._restarts) + 1}I", *self._restarts, len(self._restarts))


def build_table(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The file that holds `entries`, which must be sorted by key; blocks are not compressed."""
    out = bytearray()
    index = _BlockBuilder()
    block = _BlockBuilder()
    last: bytes | None = None
    pending: bytes | None = None

    def flush() -> bytes:
        contents = block.finish()
        handle = write_varint(len(out)) + write_varint(len(contents))
        out.extend(_sealed(contents))
        block.reset()
        return handle

    for key, value in entries:
        if pending is not None:
            assert last is not None
            index.add(_separator(last, key), pending)
            pending = None
        block.add(key, value)
        last = key
        if block.size >= _BLOCK_SIZE:
            pending = flush()
    if not block.is_empty:
        pending = flush()
    meta_handle = write_varint(len(out)) + write_varint(8)
    out += _sealed(_BlockBuilder().finish())
    if pending is not None:
        assert last is not None
        index.add(_successor(last), pending)
    contents = index.finish()
    handles = meta_handle + write_varint(len(out)) + write_varint(len(contents))
    out += _sealed(contents)
    out += handles.ljust(_FOOTER - 8, b"\0") + MAGIC
    return bytes(out)


def _sealed(contents: bytes) -> bytes:
    """A block with its compression byte and checksum."""
    return contents + b"\0" + struct.pack("<I", masked_crc32c(contents + b"\0"))


def _separator(low: bytes, high: bytes) -> bytes:
    """A short key that is at least `low` and below `high`."""
    shared = 0
    while shared < min(len(low), len(high)) and low[shared] == high[shared]:
        shared += 1
    if shared < min(len(low), len(high)) and low[shared] < 0xFF and low[shared] + 1 < high[shared]:
        return low[:shared] + bytes([low[shared] + 1])
    return low


def _successor(key: bytes) -> bytes:
    """A short key that is at least `key`."""
    for i, byte in enumerate(key):
        if byte != 0xFF:
            return key[:i] + bytes([byte + 1])
    return key


def read_table(data: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a table, in order of their keys.

    Args:
        data: the whole file.
        name: of the file, for errors.

    Raises:
        DataLossError: the file is damaged; the message has the file and the offset.
    """
    if len(data) < _FOOTER or data[-8:] != MAGIC:
        raise DataLossError(None, None, f"{name}: not an sstable (bad magic number)")
    footer = data[-_FOOTER:]
    _, position = read_varint(footer, 0)
    _, position = read_varint(footer, position)
    left = len(data)
    for _, handle in _entries(_block(data, footer[position:], name), name):
        left -= read_varint(handle, read_varint(handle, 0)[1])[0]
        if left < 0:
            raise DataLossError(None, None, f"{name}: the blocks of the table overlap")
        yield from _entries(_block(data, handle, name), name)


def _block(data: bytes, handle: bytes, name: str) -> bytes:
    offset, position = read_varint(handle, 0)
    size, _ = read_varint(handle, position)
    end = offset + size
    if end + _TRAILER > len(data):
        raise DataLossError(
            None, None, f"{name}: block at offset {offset} of {size} bytes goes past the end of the file"
        )
    contents, kind = data[offset:end], data[end]
    (stored,) = struct.unpack("<I", data[end + 1 : end + _TRAILER])
    if masked_crc32c(data[offset : end + 1]) != stored:
        raise DataLossError(None, None, f"{name}: block checksum mismatch at offset {offset}")
    if kind == 0:
        return contents
    if kind == 1:
        return decompress(contents, _MAX_EXPANSION * max(size, 64))
    raise DataLossError(None, None, f"{name}: block at offset {offset} has unknown compression {kind}")


def _entries(block: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise DataLossError(None, None, f"{name}: a block is too short")
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise DataLossError(None, None, f"{name}: a block has {restarts} restart points, more than it has room for")
    position = 0
    key = b""
    while position < end:
        shared, position = read_varint(block, position)
        own, position = read_varint(block, position)
        length, position = read_varint(block, position)
        if shared > len(key) or position + own + length > end:
            raise DataLossError(None, None, f"{name}: a block entry goes past its block")
        key = key[:shared] + block[position : position + own]
        position += own
        yield key, block[position : position + length]
        position += length
