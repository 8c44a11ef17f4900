"""PNG files with 16 bits a channel, which Pillow would cut to 8.

Source: the PNG specification (chunks, filters of rows, Adam7 interlacing).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

Array = np.ndarray

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, step of rows and step of columns of each pass."""


class DamagedPng(ValueError):
    """The bytes are no whole PNG file."""


def header(data: bytes) -> tuple[int, int, int, int, int]:
    """(width, height, bits a channel, color type, interlacing); DamagedPng when there is none."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise DamagedPng("no header")
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if color not in _CHANNELS or not width or not height:
        raise DamagedPng("header is wrong")
    return width, height, depth, color, interlaced


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content) of each chunk up to the end of the file or its damage."""
    at = 8
    while at + 12 <= len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if at + 12 + size > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def decode_wide(data: bytes) -> tuple[Array, Array | None]:
    """The pixels of a file with 16 bits a channel.

    Returns:
        uint16 [height, width, channels of the file], and the color that counts as transparent, if there is one.

    Raises:
        DamagedPng: the file ends early or is wrong.
    """
    width, height, _, color, interlaced = header(data)
    parts = list(chunks(data))
    channels = _CHANNELS[color]
    expected = (2 * channels * width + 1) * height + 16 * (width + height) * channels
    engine = zlib.decompressobj()
    try:
        raw = np.frombuffer(engine.decompress(b"".join(c for kind, c in parts if kind == b"IDAT"), expected), np.uint8)
    except zlib.error as error:
        raise DamagedPng(str(error)) from None
    pixels = np.zeros((height, width, channels), np.uint16)
    for row, column, row_step, column_step in _PASSES if interlaced else ((0, 0, 1, 1),):
        target = pixels[row::row_step, column::column_step]
        if target.size:
            used = target.shape[0] * (2 * channels * target.shape[1] + 1)
            if len(raw) < used:
                raise DamagedPng("too few rows")
            target[...] = _unfiltered(raw[:used].reshape(target.shape[0], -1), 2 * channels).reshape(target.shape)
            raw = raw[used:]
    transparent = [np.frombuffer(c, ">u2").astype(np.uint16) for kind, c in parts if kind == b"tRNS"]
    return pixels, transparent[0] if transparent and color in (0, 2) else None


def _unfiltered(rows: Array, step: int) -> Array:
    """Big-endian uint16 values of rows that begin with their filter."""
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    done = np.empty((len(rows), rows.shape[1] - 1), np.uint8)
    for index, row in enumerate(rows):
        above = done[index] = _row(int(row[0]), row[1:], above, step)
    return done.view(">u2").astype(np.uint16)


def _row(kind: int, row: Array, above: Array, step: int) -> Array:
    if kind == 0:
        return row
    if kind == 1:
        return np.cumsum(row.reshape(-1, step), 0, np.uint8).reshape(-1)  # type: ignore[no-any-return]
    if kind == 2:
        return row + above  # type: ignore[no-any-return]
    if kind not in (3, 4):
        raise DamagedPng("unknown filter")
    given, up = row.tolist(), above.tolist()
    out = [0] * len(given)
    for i, value in enumerate(given):
        left, corner = (out[i - step], up[i - step]) if i >= step else (0, 0)
        out[i] = (value + ((left + up[i]) >> 1 if kind == 3 else _paeth(left, up[i], corner))) & 255
    return np.array(out, np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    """Whichever is nearest to left + up - corner."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner
