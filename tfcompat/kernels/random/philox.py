"""Philox 4x32-10: the counter-based generator behind every random operation.

A generator is a 64-bit key and a 128-bit counter; counter value c yields one block of four 32-bit words,
independent of every other block. Streams are therefore addressed, never stepped: the blocks of a run are computed
together, in chunks that stay in the processor's cache.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_M0, _M1 = 0xD2511F53, 0xCD9E8D57
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
_MASK32 = 0xFFFFFFFF
_MASK64 = 0xFFFFFFFFFFFFFFFF
_MASK128 = (1 << 128) - 1
_CHUNK = 16384  # four uint64 buffers of this length fit half a second-level cache; shorter ones cost as much in calls
_SCALAR_LIMIT = 4  # up to this many blocks, integers beat ninety numpy calls

_U64 = np.uint64


def _operand(value: int) -> np.ndarray:
    """A uint64 that array operations take without converting it."""
    return np.array(value, _U64)


_SHIFT, _MUL0, _MUL1 = _operand(32), _operand(_M0), _operand(_M1)


@functools.lru_cache(maxsize=256)
def _round_keys(key: int) -> list[tuple[int, int]]:
    """Both 32-bit keys of every round."""
    k0, k1 = key & _MASK32, key >> 32
    return [((k0 + i * _W0) & _MASK32, (k1 + i * _W1) & _MASK32) for i in range(_ROUNDS)]


@functools.lru_cache(maxsize=256)
def _upper_keys(key: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The keys of the rounds from the third on, in the upper halves of 64 bits."""
    return [(_operand(k0 << 32), _operand(k1 << 32)) for k0, k1 in _round_keys(key)[2:]]


def block(key: int, counter: int) -> tuple[int, int, int, int]:
    """Four 32-bit words of one counter value, as Python integers.

    Args:
        key: 64-bit key.
        counter: 128-bit counter, least significant word first.

    Returns:
        The words in the order in which the generator hands them out.
    """
    c0, c1 = counter & _MASK32, (counter >> 32) & _MASK32
    c2, c3 = (counter >> 64) & _MASK32, (counter >> 96) & _MASK32
    for k0, k1 in _round_keys(key):
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & _MASK32, (p0 >> 32) ^ c3 ^ k1, p0 & _MASK32
    return c0, c1, c2, c3


def _fill_blocks(key: int, base: int, low: np.ndarray, out: np.ndarray) -> None:
    """Writes the blocks of counters `base` with the lowest 32 bits replaced by `low` into `out`.

    Words are kept in pairs, c0 above c1 and c2 above c3, so that one round of a pair is two shifts, one product and
    two exclusive-ors. The three upper words are the same for all blocks: the first two rounds are half scalar.

    Args:
        key: 64-bit key.
        base: 128-bit counter; its lowest 32 bits are ignored.
        low: uint64, shape [n], values below 2**32.
        out: uint32, shape [n, 4], C-contiguous.
    """
    (k00, k01), (k10, k11) = _round_keys(key)[:2]
    c1, c2, c3 = (base >> 32) & _MASK32, (base >> 64) & _MASK32, (base >> 96) & _MASK32
    first = (c2 * _M1) ^ ((c1 ^ k00) << 32)
    b = low * _MUL0
    b ^= _operand((c3 ^ k01) << 32)
    a = b >> _SHIFT
    a *= _MUL1
    a ^= _operand(((first & _MASK32) ^ k10) << 32)
    b <<= _SHIFT
    b ^= _operand(((first >> 32) * _M0) ^ (k11 << 32))
    p, q = np.empty_like(a), np.empty_like(a)
    for k0, k1 in _upper_keys(key):
        np.right_shift(a, _SHIFT, p)
        np.multiply(p, _MUL0, p)
        np.right_shift(b, _SHIFT, q)
        np.multiply(q, _MUL1, q)
        np.left_shift(a, _SHIFT, a)
        np.bitwise_xor(a, q, a)
        np.bitwise_xor(a, k0, a)
        np.left_shift(b, _SHIFT, b)
        np.bitwise_xor(b, p, b)
        np.bitwise_xor(b, k1, b)
    pairs = out.view(_U64)
    for half, column in ((a, pairs[:, 0]), (b, pairs[:, 1])):
        np.left_shift(half, _SHIFT, p)
        np.right_shift(half, _SHIFT, half)
        np.bitwise_or(half, p, column)


@dataclass(frozen=True, slots=True)
class Philox:
    """A position in a stream: `key` (64 bits) and `counter` (128 bits) as Python integers."""

    key: int
    counter: int

    def skip(self, blocks: int) -> Philox:
        """The position `blocks` blocks further on."""
        return Philox(self.key, (self.counter + blocks) & _MASK128)

    def words(self, blocks: int) -> np.ndarray:
        """The next `blocks` blocks: uint32, shape [blocks, 4]."""
        out = np.empty((blocks, 4), np.uint32)
        for start, words in self.chunks(blocks):
            out[start : start + len(words)] = words
        return out

    def chunks(self, blocks: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yields (index of the first block, uint32 words [n, 4]) over the next `blocks` blocks.

        The array is a buffer that the next step overwrites.
        """
        if blocks <= _SCALAR_LIMIT:
            if blocks:
                yield 0, np.array([block(self.key, (self.counter + i) & _MASK128) for i in range(blocks)], np.uint32)
            return
        size = min(_CHUNK, blocks)
        ramp, out = np.arange(size, dtype=_U64), np.empty((size, 4), np.uint32)
        start = 0
        while start < blocks:
            at = (self.counter + start) & _MASK128
            count = min(size, blocks - start, (1 << 32) - (at & _MASK32))
            _fill_blocks(self.key, at, ramp[:count] + _U64(at & _MASK32), out[:count])
            yield start, out[:count]
            start += count

    def words_at(self, offsets: np.ndarray) -> np.ndarray:
        """Blocks at chosen distances from this position.

        Args:
            offsets: int64, shape [n], ascending, not negative.

        Returns:
            uint32, shape [n, 4].
        """
        out = np.empty((len(offsets), 4), np.uint32)
        low = self.counter & _MASK32
        start = 0
        while start < len(offsets):
            high = (int(offsets[start]) + low) >> 32
            stop = min(start + _CHUNK, len(offsets))
            stop = start + int(np.searchsorted(offsets[start:stop], ((high + 1) << 32) - low))
            at = (self.counter - low + (high << 32)) & _MASK128
            positions = (offsets[start:stop] + (low - (high << 32))).astype(_U64)
            _fill_blocks(self.key, at, positions, out[start:stop])
            start = stop
        return out


class PhiloxState:
    """The generator that one random operation keeps between the runs of a session.

    Every run reserves its part of the stream; the counter moves on by the reservation, whatever the run consumed.
    """

    __slots__ = ("_lock", "counter", "key")

    def __init__(self, key: int, counter: int) -> None:
        self.key = key & _MASK64
        self.counter = counter & _MASK128
        self._lock = threading.Lock()

    @classmethod
    def from_seeds(cls, seed: int, seed2: int) -> PhiloxState:
        """State at the start of a session, from an operation's attributes `seed` and `seed2`.

        The key is `seed`, the upper half of the counter `seed2`; (0, 0) asks for a stream that differs every time.
        """
        if seed == 0 and seed2 == 0:
            return cls(int.from_bytes(os.urandom(8), "little"), int.from_bytes(os.urandom(8), "little") << 64)
        return cls(seed & _MASK64, (seed2 & _MASK64) << 64)

    def reserve(self, blocks: int) -> Philox:
        """Returns the current position and moves on by `blocks` blocks; safe to call from many threads."""
        with self._lock:
            position = Philox(self.key, self.counter)
            self.counter = (self.counter + blocks) & _MASK128
        return position
