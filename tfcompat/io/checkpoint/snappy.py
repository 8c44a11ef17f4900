"""Decompression of snappy blocks, which tables from other writers may hold.

Source: the format description of the snappy project (tags: literal, and copies with 1, 2 or 4 offset bytes).
"""

from __future__ import annotations

from tfcompat.graph.errors import DataLossError
from tfcompat.io.checkpoint.varint import read_varint


def decompress(data: bytes, limit: int) -> bytes:
    """The bytes that snappy's raw format holds in `data`.

    Raises:
        DataLossError: the data is damaged, or claims more than `limit` bytes.
    """
    size, position = read_varint(data, 0)
    if size > limit:
        raise DataLossError(None, None, f"A snappy block claims {size} bytes, more than the {limit} possible.")
    out = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                extra = length - 59
                length = int.from_bytes(data[position : position + extra], "little")
                position += extra
            out += data[position : position + length + 1]
            position += length + 1
            continue
        if tag & 3 == 1:
            length, offset = 4 + ((tag >> 2) & 7), (tag >> 5) << 8 | data[position : position + 1][0]
            position += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(data[position : position + width], "little")
            position += width
        _copy(out, offset, length)
        if len(out) > size:
            break
    if len(out) != size:
        raise DataLossError(None, None, f"A snappy block holds {len(out)} bytes and claims {size}.")
    return bytes(out)


def _copy(out: bytearray, offset: int, length: int) -> None:
    """Appends `length` bytes from `offset` bytes before the end; the two may overlap."""
    start = len(out) - offset
    if offset == 0 or start < 0:
        raise DataLossError(None, None, "A snappy block copies from before its start.")
    if offset >= length:
        out += out[start : start + length]
        return
    pattern = bytes(out[start:])
    out += (pattern * (length // offset + 1))[:length]
