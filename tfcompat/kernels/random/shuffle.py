"""Shuffles along the first dimension, and the permutation that needs no table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tfcompat.kernels.random.philox import Philox, PhiloxState

_MIN_BLOCK_BITS = 16
_ROUND_CONSTANT = 0xFFFFFFFC
_ROUND_BITS = 0x7369F885192C0EF5


def permutation(stream: Philox, size: int) -> np.ndarray:
    """A permutation of range(size), by Fisher and Yates from the front; one word a step, reduced modulo what is left.

    Returns:
        int64, shape [size].
    """
    order = list(range(size))
    if size > 1:
        left = np.arange(size, 1, -1, dtype=np.uint32)
        words = stream.words(-(-(size - 1) // 4)).reshape(-1)[: size - 1]
        for i, step in enumerate((words % left).tolist()):
            order[i], order[i + step] = order[i + step], order[i]
    return np.array(order, np.int64)


def random_shuffle(state: PhiloxState, value: np.ndarray) -> np.ndarray:
    """One run of RandomShuffle: the rows of `value` in another order, as a new array.

    Args:
        state: the operation's generator; it moves on only where there is something to shuffle.
        value: any dtype and shape; a scalar comes back as it is.
    """
    if value.ndim == 0 or value.size <= 1 or len(value) <= 1:
        return value.copy()
    stream = state.reserve(-(-(len(value) - 1) // 4))
    return value[permutation(stream, len(value))]


class _Simon:
    """The Simon block cipher with words of `bits` bits: a permutation of the numbers of 2 * `bits` bits.

    Args:
        bits: width of a word, from 8 to 32.
        key: three words of 32 bits.
        rounds: even number of rounds, at least 4.
    """

    def __init__(self, bits: int, key: Sequence[int], rounds: int) -> None:
        self._bits, self._mask = bits, (1 << bits) - 1
        keys = [k & self._mask for k in key]
        for i in range(3, rounds):
            constant = (_ROUND_CONSTANT & self._mask) ^ ((_ROUND_BITS & self._mask) >> (i - 3) & 1)
            turned = self._left(keys[-1], bits - 3) ^ self._left(keys[-1], bits - 4)
            keys.append(constant ^ keys[i - 3] ^ turned)
        self._keys = keys

    def _left(self, x: int, by: int) -> int:
        return ((x << by) | (x >> (self._bits - by))) & self._mask

    def _mix(self, x: int) -> int:
        return (self._left(x, 1) & self._left(x, 8)) ^ self._left(x, 2)

    def __call__(self, value: int) -> int:
        upper, lower = value >> self._bits & self._mask, value & self._mask
        for first, second in zip(self._keys[0::2], self._keys[1::2], strict=True):
            upper ^= self._mix(lower) ^ first
            lower ^= self._mix(upper) ^ second
        return upper << self._bits | lower


def index_shuffle(index: int, seed: Sequence[int], max_index: int, rounds: int) -> int:
    """Where a pseudo-random permutation of 0 to `max_index` takes `index`, without making the permutation.

    Args:
        index: from 0 to `max_index`.
        seed: three integers, of which the lower 32 bits count.
        max_index: greatest number that is permuted.
        rounds: even number of cipher rounds, at least 4.
    """
    if max_index == 0:
        return 0
    bits = math.ceil(math.log2(max_index))
    cipher = _Simon(max(bits + bits % 2, _MIN_BLOCK_BITS) // 2, [s & 0xFFFFFFFF for s in seed], rounds)
    while True:
        index = cipher(index)
        if index <= max_index:
            return index
