"""Hashes of byte strings: a Murmur hash, FarmHash's fingerprint and SipHash, all of 64 bits."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from tfcompat.graph import string_hashes as hashes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.strings import mapped


class _Bytes:
    """Bytes as a `Text` of Python's integers."""

    def __init__(self, data: bytes):
        self.data, self.size = data, len(data)

    def word(self, place: int, length: int = 8) -> int:
        return int.from_bytes(self.data[place : place + length], "little")


def murmur(data: bytes) -> int:
    """MurmurHash64A of `data`."""
    text = _Bytes(data)
    h = hashes.murmur_start(text)
    whole = text.size & ~7
    for place in range(0, whole, 8):
        h = hashes.murmur_step(h, text.word(place))
    if whole < text.size:
        h = hashes.murmur_rest(h, text.word(whole))
    return int(hashes.murmur_end(h))


_BY_SIZE = ((3, hashes.up_to_3), (7, hashes.up_to_7), (16, hashes.up_to_16), (32, hashes.up_to_32),
            (64, hashes.up_to_64))  # fmt: skip


def fingerprint(data: bytes) -> int:
    """FarmHash's Fingerprint64 of `data`."""
    text = _Bytes(data)
    if not data:
        return hashes.EMPTY
    for largest, formula in _BY_SIZE:
        if text.size <= largest:
            return int(formula(text))
    state = hashes.long_start(text)
    for place in range(0, (text.size - 1) // 64 * 64, 64):
        state = hashes.long_step(text, place, state)
    return int(hashes.long_end(text, state))


def siphash(data: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 of `data` under a key of two 64-bit words."""
    text, state = _Bytes(data), hashes.sip_start(key)
    whole = text.size & ~7
    for place in range(0, whole, 8):
        state = hashes.sip_step(state, text.word(place))
    return int(hashes.sip_end(hashes.sip_step(state, text.word(whole) | (text.size & 0xFF) << 56)))


def _buckets(k: KernelContext, text: np.ndarray, hashed: Callable[[bytes], int]) -> np.ndarray:
    count = k.attr("num_buckets")
    return mapped(lambda item: hashed(item) % count, text, np.int64)


@kernel("StringToHashBucket")
def _murmur_bucket(k: KernelContext, text: np.ndarray) -> np.ndarray:
    return _buckets(k, text, murmur)


@kernel("StringToHashBucketFast")
def _fast_bucket(k: KernelContext, text: np.ndarray) -> np.ndarray:
    return _buckets(k, text, fingerprint)


@kernel("StringToHashBucketStrong")
def _strong_bucket(k: KernelContext, text: np.ndarray) -> np.ndarray:
    key = tuple(k.attr("key"))
    if len(key) != 2:
        raise InvalidArgumentError(None, k.op, "Key must have 2 elements")
    return _buckets(k, text, functools.partial(siphash, key=key))


@kernel("Fingerprint")
def _fingerprint(k: KernelContext, data: np.ndarray, method: np.ndarray) -> np.ndarray:
    """The fingerprint of the bytes of each row, lowest byte first; strings count by their own fingerprints."""
    if method.item() != b"farmhash64":
        raise InvalidArgumentError(None, k.op, f"Unsupported fingerprint method: {method.item().decode()}")
    if data.ndim == 0:
        raise InvalidArgumentError(None, k.op, "`data` should have at least one dimension.")
    if data.dtype == object:
        own = np.array([fingerprint(text) for text in data.reshape(-1).tolist()], "<u8")
        if data.ndim == 1:
            return own.view(np.uint8).reshape(-1, 8)
        data = own.reshape(len(data), -1)
    rows = np.ascontiguousarray(data).reshape(len(data), -1)
    return np.array([fingerprint(row.tobytes()) for row in rows], "<u8").view(np.uint8).reshape(-1, 8)


@kernel("Fact")
def _fact(k: KernelContext) -> np.ndarray:
    out = np.empty((), object)
    out[()] = b"0! == 1"
    return out
