"""Uniform values: how the bits of the stream become floats and integers.

Functions that take a `Philox` position read from it on; those that take a `PhiloxState` reserve what one run of the
operation reserves. All return new arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import ml_dtypes
import numpy as np

from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.threads import in_parts

Transform = Callable[[np.ndarray, np.ndarray], None]
"""Turns words (uint32, [n, 4], may be overwritten) into values, written to a flat array of n * values-per-block."""

RESERVED_PER_VALUE = 256
"""Blocks by which a stateful operation moves its counter for every value it returns."""

_BLOCKS_PER_THREAD = 1 << 13

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def size_of(shape: Sequence[int]) -> int:
    """Number of elements of an array of `shape`."""
    return math.prod(int(n) for n in shape)


def fill(stream: Philox, size: int, dtype: np.dtype, per_block: int, transform: Transform) -> np.ndarray:
    """Runs `transform` over as many blocks as `size` values need.

    Args:
        stream: position of the first block.
        size: number of values.
        dtype: type of the values.
        per_block: values that one block gives.
        transform: the mapping from words to values.

    Returns:
        Values of `dtype`, shape [size]; the rest of the last block is dropped.
    """
    blocks = -(-size // per_block)
    out = np.empty(blocks * per_block, dtype)

    def part(first: int, end: int) -> None:
        for start, words in stream.skip(first).chunks(end - first):
            at = first + start
            transform(words, out[at * per_block : (at + len(words)) * per_block])

    in_parts(part, blocks, _BLOCKS_PER_THREAD)
    return out[:size]


def unit_float32(words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Floats in [0, 1) with 23 random bits, one for each uint32, in `out` or `words`, which is overwritten."""
    np.bitwise_and(words, np.uint32(0x7FFFFF), out=words)
    np.bitwise_or(words, np.uint32(0x3F800000), out=words)
    values = words.view(np.float32)
    return np.subtract(values, np.float32(1), out=values if out is None else out)


def unit_float64(words: np.ndarray) -> np.ndarray:
    """Doubles in [0, 1) with 52 random bits, the upper 20 from the even words, the lower 32 from the odd ones.

    Args:
        words: uint32, shape [n, 4].

    Returns:
        float64, shape [n, 2].
    """
    pairs = words.view(np.uint64)
    bits = pairs & np.uint64(0xFFFFF)
    bits <<= np.uint64(32)
    bits |= pairs >> np.uint64(32)
    bits |= np.uint64(1023 << 52)
    values = bits.view(np.float64)
    values -= 1.0
    return values


def _float32(words: np.ndarray, out: np.ndarray) -> None:
    unit_float32(words.reshape(-1), out)


def _float64(words: np.ndarray, out: np.ndarray) -> None:
    out[...] = unit_float64(words).reshape(-1)


def _short_float(words: np.ndarray, out: np.ndarray) -> None:
    """float16 takes 10, bfloat16 7 bits; the subtraction is exact in either type."""
    bits = ml_dtypes.finfo(out.dtype).nmant
    one = np.ones((), out.dtype).view(np.uint16)
    mantissa = words.reshape(-1).astype(np.uint16) & np.uint16((1 << bits) - 1)
    np.subtract((mantissa | one).view(out.dtype), np.ones((), out.dtype), out=out)


_FLOATS: dict[np.dtype, tuple[int, Transform]] = {
    np.dtype(np.float16): (4, _short_float),
    BFLOAT16: (4, _short_float),
    np.dtype(np.float32): (4, _float32),
    np.dtype(np.float64): (2, _float64),
}


def units(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floats in [0, 1) of blocks: uint32 [n, 4] to `dtype` [n, values per block]; `words` is overwritten."""
    per_block, transform = _FLOATS[np.dtype(dtype)]
    out = np.empty((len(words), per_block), dtype)
    transform(words, out.reshape(-1))
    return out


def uniform(stream: Philox, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Floats uniform in [0, 1).

    Args:
        stream: position to read from.
        shape: shape of the result.
        dtype: float16, bfloat16, float32 or float64.
    """
    per_block, transform = _FLOATS[np.dtype(dtype)]
    return fill(stream, size_of(shape), np.dtype(dtype), per_block, transform).reshape(shape)


def full_int(stream: Philox, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Integers uniform over all values of the type: a word each, or two with the lower half first.

    Args:
        stream: position to read from.
        shape: shape of the result.
        dtype: int32, uint32, int64 or uint64.
    """
    dtype = np.dtype(dtype)
    size, per_block = size_of(shape), 16 // dtype.itemsize
    words = stream.words(-(-size // per_block))
    return words.reshape(-1).view(dtype)[:size].reshape(shape)


def uniform_int(stream: Philox, shape: Sequence[int], minval: int, maxval: int, dtype: np.dtype) -> np.ndarray:
    """Integers in [minval, maxval): minval + bits modulo (maxval - minval), slightly biased as the modulo is.

    Args:
        stream: position to read from.
        shape: shape of the result.
        minval: lower bound, included.
        maxval: upper bound, excluded; greater than `minval`.
        dtype: int32 or int64.
    """
    dtype = np.dtype(dtype)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    bits = full_int(stream, shape, unsigned)
    np.remainder(bits, unsigned.type(int(maxval) - int(minval)), out=bits)
    lowest = np.asarray(minval, dtype).view(unsigned)
    return np.add(bits, lowest, out=bits).view(dtype)


def random_uniform(state: PhiloxState, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """One run of RandomUniform: floats in [0, 1) of `shape` and `dtype`; see `uniform`."""
    return uniform(state.reserve(size_of(shape) * RESERVED_PER_VALUE), shape, dtype)


def random_uniform_int(
    state: PhiloxState, shape: Sequence[int], minval: int, maxval: int, dtype: np.dtype
) -> np.ndarray:
    """One run of RandomUniformInt: integers in [minval, maxval) of `shape` and `dtype`; see `uniform_int`."""
    return uniform_int(state.reserve(size_of(shape) * RESERVED_PER_VALUE), shape, minval, maxval, dtype)
