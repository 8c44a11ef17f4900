"""Stateless operations: where their stream starts, derived from a seed or given as key and counter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfcompat.kernels.random.philox import Philox, block

PHILOX, THREEFRY, AUTO_SELECT = 1, 2, 3
"""Numbers of the generator algorithms; the automatic choice is Philox."""

_SCRAMBLING_KEY = 0x02461E29_3EC8F720
_MASK64 = 0xFFFFFFFFFFFFFFFF


def stream_of_seed(seed: Sequence[int]) -> Philox:
    """The stream of a stateless operation that takes a seed.

    One block of the generator, with a fixed key and the seed as counter, gives the key (two words) and the upper half
    of the counter (two words), so that nearby seeds give unrelated streams.

    Args:
        seed: two integers of up to 64 bits; negative ones count as their two's complement.
    """
    w0, w1, w2, w3 = block(_SCRAMBLING_KEY, (int(seed[0]) & _MASK64) | (int(seed[1]) & _MASK64) << 64)
    return Philox(w0 | w1 << 32, (w2 | w3 << 32) << 64)


def key_and_counter(seed: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The stream of a seed as arrays: key (uint64, [1]) and counter (uint64, [2], lower half first)."""
    stream = stream_of_seed(seed)
    halves = [stream.counter & _MASK64, stream.counter >> 64]
    return np.array([stream.key], np.uint64), np.array(halves, np.uint64)


def stream_of_key(key: np.ndarray, counter: np.ndarray) -> Philox:
    """The stream of a key (uint64, [1]) and a counter (uint64, [2], lower half first)."""
    return Philox(int(key[0]), int(counter[0]) | int(counter[1]) << 64)
