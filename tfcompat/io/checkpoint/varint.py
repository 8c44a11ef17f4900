"""Variable-length integers: seven bits a byte, the lowest first."""

from __future__ import annotations

from tfcompat.graph.errors import DataLossError


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The integer at `position`, and the position after it; DataLossError when it does not end within ten bytes."""
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise DataLossError(None, None, f"A variable-length integer at offset {position} does not end.")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def write_varint(value: int) -> bytes:
    """`value` >= 0 in as few bytes as it takes."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
