"""Hashes of byte strings as formulas on words of 64 bits: a Murmur hash, FarmHash's fingerprint and SipHash.

The formulas take what has the bytes (`Text`): Python's integers for host kernels, ONNX values for files.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

MASK = (1 << 64) - 1
Word: TypeAlias = Any
"""An unsigned integer of 64 bits; `& MASK` brings what arithmetic makes of it back to that."""

_MURMUR = 0xC6A4A7935BD1E995
_SEED = 0xDECAFCAFFE
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


class Text(Protocol):
    """Bytes that are read as words, lowest byte first; what lies behind the end reads as zeros."""

    @property
    def size(self) -> Word:
        """How many bytes there are."""

    def word(self, place: Word, length: int = 8) -> Word:
        """The `length` bytes from `place` on."""


def _rotate(value: Word, count: int) -> Word:
    """`value` with its 64 bits rotated right."""
    return ((value >> count) | (value << (64 - count))) & MASK


def _mix(value: Word) -> Word:
    return value ^ (value >> 47)


# ---------------------------------------------------------------- MurmurHash64A


def murmur_start(t: Text) -> Word:
    """The state before the first word."""
    return (t.size * _MURMUR & MASK) ^ _SEED


def murmur_step(h: Word, word: Word) -> Word:
    """The state after a whole word."""
    return (h ^ _mix(word * _MURMUR & MASK) * _MURMUR & MASK) * _MURMUR & MASK


def murmur_rest(h: Word, word: Word) -> Word:
    """The state after the bytes that make no whole word, of which there is at least one."""
    return (h ^ word) * _MURMUR & MASK


def murmur_end(h: Word) -> Word:
    """The hash."""
    return _mix(_mix(h) * _MURMUR & MASK)


# ---------------------------------------------------------------- FarmHash's Fingerprint64, by size


EMPTY = _K2
"""The fingerprint of no bytes."""


def _pair(u: Word, v: Word, factor: Word) -> Word:
    a = _mix((u ^ v) * factor & MASK)
    return _mix((v ^ a) * factor & MASK) * factor & MASK


def up_to_3(t: Text) -> Word:
    """1 to 3 bytes."""
    y = t.word(0, 1) + (t.word(t.size >> 1, 1) << 8)
    z = t.size + (t.word(t.size - 1, 1) << 2)
    return _mix((y * _K2 & MASK) ^ (z * _K0 & MASK)) * _K2 & MASK


def up_to_7(t: Text) -> Word:
    """4 to 7 bytes."""
    factor = (t.size * 2 + _K2) & MASK
    return _pair((t.size + (t.word(0, 4) << 3)) & MASK, t.word(t.size - 4, 4), factor)


def up_to_16(t: Text) -> Word:
    """8 to 16 bytes."""
    factor = (t.size * 2 + _K2) & MASK
    a, b = (t.word(0) + _K2) & MASK, t.word(t.size - 8)
    c, d = (_rotate(b, 37) * factor + a) & MASK, (_rotate(a, 25) + b) * factor & MASK
    return _pair(c, d, factor)


def up_to_32(t: Text) -> Word:
    """17 to 32 bytes."""
    factor = (t.size * 2 + _K2) & MASK
    a, b = t.word(0) * _K1 & MASK, t.word(8)
    c, d = t.word(t.size - 8) * factor & MASK, t.word(t.size - 16) * _K2 & MASK
    u = (_rotate((a + b) & MASK, 43) + _rotate(c, 30) + d) & MASK
    return _pair(u, (a + _rotate((b + _K2) & MASK, 18) + c) & MASK, factor)


def up_to_64(t: Text) -> Word:
    """33 to 64 bytes."""
    factor = (t.size * 2 + _K2) & MASK
    a, b = t.word(0) * _K2 & MASK, t.word(8)
    c, d = t.word(t.size - 8) * factor & MASK, t.word(t.size - 16) * _K2 & MASK
    y = (_rotate((a + b) & MASK, 43) + _rotate(c, 30) + d) & MASK
    z = _pair(y, (a + _rotate((b + _K2) & MASK, 18) + c) & MASK, factor)
    e, f = t.word(16) * factor & MASK, t.word(24)
    g, h = (y + t.word(t.size - 32)) * factor & MASK, (z + t.word(t.size - 24)) * factor & MASK
    u = (_rotate((e + f) & MASK, 43) + _rotate(g, 30) + h) & MASK
    return _pair(u, (e + _rotate((f + a) & MASK, 18) + g) & MASK, factor)


State = tuple[Word, Word, Word, Word, Word, Word, Word]


def _weak(t: Text, place: Word, a: Word, b: Word) -> tuple[Word, Word]:
    w, x, y, z = (t.word(place + 8 * i) for i in range(4))
    a = (a + w) & MASK
    b = _rotate((b + a + z) & MASK, 21)
    c = a
    a = (a + x + y) & MASK
    return (a + z) & MASK, (b + _rotate(a, 44) + c) & MASK


def long_start(t: Text) -> State:
    """The state before the first 64 of more bytes."""
    y = (81 * _K1 + 113) & MASK
    z = _mix((y * _K2 + 113) & MASK) * _K2 & MASK
    return ((81 * _K2 & MASK) + t.word(0)) & MASK, y, z, 0, 0, 0, 0


def long_step(t: Text, place: Word, state: State) -> State:
    """The state after the 64 bytes from `place` on."""
    x, y, z, v0, v1, w0, w1 = state
    x = _rotate((x + y + v0 + t.word(place + 8)) & MASK, 37) * _K1 & MASK
    y = _rotate((y + v1 + t.word(place + 48)) & MASK, 42) * _K1 & MASK
    x = x ^ w1
    y = (y + v0 + t.word(place + 40)) & MASK
    z = _rotate((z + w0) & MASK, 33) * _K1 & MASK
    v0, v1 = _weak(t, place, v1 * _K1 & MASK, (x + w0) & MASK)
    w0, w1 = _weak(t, place + 32, (z + w1) & MASK, (y + t.word(place + 16)) & MASK)
    return z, y, x, v0, v1, w0, w1


def long_end(t: Text, state: State) -> Word:
    """The fingerprint, from the last 64 bytes."""
    x, y, z, v0, v1, w0, w1 = state
    factor = (((z & 0xFF) << 1) + _K1) & MASK
    last = t.size - 64
    w0 = (w0 + ((t.size - 1) & 63)) & MASK
    v0 = (v0 + w0) & MASK
    w0 = (w0 + v0) & MASK
    x = _rotate((x + y + v0 + t.word(last + 8)) & MASK, 37) * factor & MASK
    y = _rotate((y + v1 + t.word(last + 48)) & MASK, 42) * factor & MASK
    x = x ^ (w1 * 9 & MASK)
    y = (y + v0 * 9 + t.word(last + 40)) & MASK
    z = _rotate((z + w0) & MASK, 33) * factor & MASK
    v0, v1 = _weak(t, last, v1 * factor & MASK, (x + w0) & MASK)
    w0, w1 = _weak(t, last + 32, (z + w1) & MASK, (y + t.word(last + 16)) & MASK)
    first = (_pair(v0, w0, factor) + _mix(y) * _K0 + x) & MASK
    return _pair(first, (_pair(v1, w1, factor) + z) & MASK, factor)


class FourBytes:
    """The lower four bytes of a word as a `Text`."""

    size = 4

    def __init__(self, low: Word):
        self.low = low

    def word(self, place: Word, length: int = 8) -> Word:
        """The only four bytes there are."""
        return self.low


LARGEST_BUCKETS = (1 << 63) - 1
"""How many buckets there are where the number is not given."""


def combined(first: Word, second: Word) -> Word:
    """One fingerprint of two."""
    mixed = _mix(second * _MURMUR & MASK) * _MURMUR & MASK
    return murmur_end((mixed ^ first ^ _MURMUR) * _MURMUR & MASK)


# ---------------------------------------------------------------- SipHash-2-4


SipState = tuple[Word, Word, Word, Word]


def sip_start(key: tuple[int, int]) -> SipState:
    """The state before the first word, under a key of two words."""
    low, high = key[0] & MASK, key[1] & MASK
    return low ^ 0x736F6D6570736575, high ^ 0x646F72616E646F6D, low ^ 0x6C7967656E657261, high ^ 0x7465646279746573


def sip_step(state: SipState, word: Word) -> SipState:
    """The state after a word; the last one ends in the size, in its highest byte."""
    a, b, c, d = state
    a, b, c, d = _sip_rounds((a, b, c, d ^ word), 2)
    return a ^ word, b, c, d


def sip_end(state: SipState) -> Word:
    """The hash."""
    a, b, c, d = state
    a, b, c, d = _sip_rounds((a, b, c ^ 0xFF, d), 4)
    return a ^ b ^ c ^ d


def _sip_rounds(state: SipState, count: int) -> SipState:
    a, b, c, d = state
    for _ in range(count):
        a, c = (a + b) & MASK, (c + d) & MASK
        b, d = _rotate(b, 51) ^ a, _rotate(d, 48) ^ c
        a = _rotate(a, 32)
        c, a = (c + b) & MASK, (a + d) & MASK
        b, d = _rotate(b, 47) ^ c, _rotate(d, 43) ^ a
        c = _rotate(c, 32)
    return a, b, c, d
