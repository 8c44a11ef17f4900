"""CRC-32C (Castagnoli polynomial), plain and masked as in record files and checkpoints.

The checksum is linear over GF(2): the remainder of a message is the XOR of the remainders of its parts, each shifted by
the bytes that follow it. Short data runs byte by byte in Python; middling data looks up every byte in a table made for
its distance from the end and XORs the results; long data is first folded: rows of 16 KiB are shifted by one row and
XORed onto the next, which leaves one row with the remainder of the whole.

Very long data is made shorter before that, by XOR alone. The polynomial divides x^6777 + x^484 + x^100 + 1, and so, by
squaring six times, the same with all exponents times 64. Words of 64 bits can therefore be dropped from the front when
they are XORed onto the words 6293, 6677 and 6777 places on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78  # bits reversed
_ALL_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8
_SHORT = 48  # bytes up to which plain Python is faster
_BLOCK = 512  # bytes a position table covers
_ROW = 1 << 14  # bytes folded at once
_LONG = 2 * _ROW  # bytes from which folding is faster
_DEGREE, _MIDDLE, _LOW = 6777, 484, 100  # exponents of the multiple of the polynomial, in words of 64 bits
_DROPPED = _DEGREE - _MIDDLE  # words dropped at once
_VERY_LONG = 8 * 4 * _DEGREE  # bytes from which dropping words is faster


def crc32c(data: bytes | bytearray | memoryview, value: int = 0) -> int:
    """The CRC-32C of `data`; with `value`, the checksum of what came before, that of both in a row."""
    state = value ^ _ALL_ONES
    if len(data) <= _SHORT:
        return _bytewise(data, state) ^ _ALL_ONES
    array = np.frombuffer(data, np.uint8)
    if len(array) >= _VERY_LONG:
        array, state = _shortened(array, state), 0
    remainder = _fold if len(array) >= _LONG else _blockwise
    return remainder(array, state) ^ _ALL_ONES


def mask(crc: int) -> int:
    """The masked form in which files store a checksum: rotated right by 15 bits, plus a constant."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ALL_ONES


def unmask(masked: int) -> int:
    """The checksum whose masked form is `masked`."""
    rotated = (masked - _MASK_DELTA) & _ALL_ONES
    return ((rotated >> 17) | (rotated << 15)) & _ALL_ONES


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """The masked CRC-32C of `data`."""
    return mask(crc32c(data))


def _make_byte_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_BYTE_TABLE = _make_byte_table()


def _bytewise(data: Any, state: int) -> int:
    table = _BYTE_TABLE
    for byte in data:
        state = table[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state


@functools.cache
def _position_table() -> Words:
    """The remainder of byte value v at i bytes from the end of a block, flat, at index 256 * (_BLOCK - 1 - i) + v."""
    steps = np.array(_BYTE_TABLE, np.uint32)
    table = np.empty((_BLOCK, 256), np.uint32)
    table[-1] = steps
    for row in range(_BLOCK - 2, -1, -1):
        table[row] = steps[table[row + 1] & 0xFF] ^ (table[row + 1] >> 8)
    return table.reshape(-1)


@functools.cache
def _starts() -> npt.NDArray[np.intp]:
    """Where the entries of each position of a block start in the position table."""
    return np.arange(_BLOCK, dtype=np.intp) * 256


@functools.cache
def _block_start() -> list[int]:
    """The position table of the first four bytes of a block."""
    entries: list[int] = _position_table()[: 4 * 256].tolist()
    return entries


def _blockwise(array: npt.NDArray[np.uint8], state: int) -> int:
    """The remainder of `array` after the remainder `state`."""
    head = len(array) % _BLOCK
    if head < 4:
        state = _bytewise(array[:head].tolist(), state)
    else:
        index = array[:head] + _starts()[-head:]
        remainder = int(np.bitwise_xor.reduce(_position_table().take(index)))
        state = _shifted(state, _position_table().item, 256 * (_BLOCK - head)) ^ remainder
    if head == len(array):
        return state
    blocks = array[head:].reshape(-1, _BLOCK)
    entry = _block_start().__getitem__
    for remainder in np.bitwise_xor.reduce(_position_table().take(blocks + _starts()), axis=1).tolist():
        state = _shifted(state, entry, 0) ^ remainder
    return state


def _shifted(state: int, entry: Callable[[int], int], start: int) -> int:
    """What the remainder becomes when its four bytes stand where `start` begins in the position table `entry`."""
    return (
        entry(start + (state & 0xFF))
        ^ entry(start + 256 + ((state >> 8) & 0xFF))
        ^ entry(start + 512 + ((state >> 16) & 0xFF))
        ^ entry(start + 768 + (state >> 24))
    )


@functools.cache
def _row_shift() -> tuple[Words, Words]:
    """For the low and the high half of a remainder: what its values become `_ROW` bytes later."""
    zeros = np.zeros(_ROW, np.uint8)
    tables = np.zeros((2, 1 << 16), np.uint32)
    for bit in range(32):
        table, size = tables[bit // 16], 1 << (bit % 16)
        np.bitwise_xor(table[:size], np.uint32(_blockwise(zeros, 1 << bit)), out=table[size : 2 * size])
    return tables[0], tables[1]


def _shortened(array: npt.NDArray[np.uint8], state: int) -> npt.NDArray[np.uint8]:
    """Shorter data that has after the remainder 0 the remainder that `array` has after the remainder `state`."""
    words = array[: len(array) // 8 * 8].view("<u8")
    pending = np.zeros(_DEGREE, "<u8")
    pending[0] = state
    dropped = np.empty(_DROPPED, "<u8")
    at = 0
    while at + _DROPPED + _DEGREE <= len(words):
        np.bitwise_xor(words[at : at + _DROPPED], pending[:_DROPPED], out=dropped)
        kept = pending[_DROPPED:].copy()
        pending[:_DROPPED] = dropped
        pending[_DROPPED:] = 0
        for place in (_MIDDLE - _LOW, _MIDDLE):
            target = pending[place : place + _DROPPED]
            np.bitwise_xor(target, dropped, out=target)
        pending[:_MIDDLE] ^= kept
        at += _DROPPED
    rest = array[8 * at :].copy()
    first = rest[: 8 * _DEGREE].view("<u8")
    np.bitwise_xor(first, pending, out=first)
    return rest


def _fold(array: npt.NDArray[np.uint8], state: int) -> int:
    """The remainder of many rows after the remainder `state`."""
    low_table, high_table = _row_shift()
    tail = len(array) % _ROW
    rows = array[: len(array) - tail].view("<u4").reshape(-1, _ROW // 4)
    folded = rows[0].astype(np.uint32)
    folded[0] ^= np.uint32(state)
    low, high = np.empty(folded.shape, np.intp), np.empty(folded.shape, np.intp)
    low_part, high_part = np.empty_like(folded), np.empty_like(folded)
    for row in rows[1:]:
        np.bitwise_and(folded, 0xFFFF, out=low)
        np.right_shift(folded, 16, out=high)
        low_table.take(low, out=low_part, mode="wrap")
        high_table.take(high, out=high_part, mode="wrap")
        np.bitwise_xor(low_part, high_part, out=folded)
        np.bitwise_xor(folded, row, out=folded)
    state = _blockwise(folded.astype("<u4").view(np.uint8), 0)
    return _blockwise(array[len(array) - tail :], state)
