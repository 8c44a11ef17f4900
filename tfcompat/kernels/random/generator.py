"""One 32-bit word after the other, for operations that draw as they go."""

from __future__ import annotations

import secrets

from tfcompat.kernels.random import philox

_MASK = (1 << 64) - 1


class WordStream:
    """The words of the Philox generator with key `seed` whose counter starts at `seed2` * 2**64.

    Args:
        seed: first seed.
        seed2: second seed; when both are 0 the stream is different every time.
    """

    def __init__(self, seed: int, seed2: int):
        if not seed and not seed2:
            seed, seed2 = secrets.randbits(64), secrets.randbits(64)
        self._key = seed & _MASK
        self._counter = (seed2 & _MASK) << 64
        self._ready: tuple[int, ...] = ()
        self._at = 0

    @property
    def position(self) -> tuple[int, int, int]:
        """Where it is: key, counter, and how many words of the last block were given."""
        return self._key, self._counter, self._at if self._ready else 4

    def move_to(self, key: int, counter: int, at: int) -> None:
        """Goes to a place that `position` gave."""
        self._key, self._counter, self._at = key, counter, at
        self._ready = philox.block(key, counter - 1)

    def next(self) -> int:
        """The next word."""
        if self._at == len(self._ready):
            self._ready = philox.block(self._key, self._counter)
            self._counter += 1
            self._at = 0
        word = self._ready[self._at]
        self._at += 1
        return word
