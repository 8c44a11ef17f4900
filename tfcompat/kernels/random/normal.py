"""Normal values: Box-Muller pairs, and normal values cut off at two standard deviations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.random.uniform import (
    BFLOAT16,
    RESERVED_PER_VALUE,
    Transform,
    fill,
    size_of,
    unit_float32,
    unit_float64,
)

_SMALLEST = 1e-7  # the logarithm never sees less
_TWO_PI = 2 * np.pi
_CUT = 2.0
_STEP = 8192  # groups of truncated values that are followed together
_UNSURE = 4e-6  # twice the error of the fast float32 pair at the cut


def _float32_pairs(words: np.ndarray, out: np.ndarray, exact: bool = False) -> None:
    """Box-Muller in float32: (sin v, cos v) * sqrt(-2 log u), u and v / 2 pi from two words.

    Args:
        words: uint32, shape [n, 4]; overwritten.
        out: float32, shape [n * 4].
        exact: every elementary function rounded correctly, at several times the cost.
    """
    unit = unit_float32(words).reshape(-1, 2)
    u = np.maximum(unit[:, 0], np.float32(_SMALLEST))
    # The angle is a product in float64, rounded once.
    angle = np.multiply(unit[:, 1], _TWO_PI, dtype=np.float64).astype(np.float32)
    if exact:
        wide = angle.astype(np.float64)
        log, sin, cos = (f.astype(np.float32) for f in (np.log(u.astype(np.float64)), np.sin(wide), np.cos(wide)))
    else:
        log, sin, cos = np.log(u), np.sin(angle), np.cos(angle)
    radius = np.sqrt(np.multiply(log, np.float32(-2), out=log), out=log)
    pairs = out.reshape(-1, 2)
    np.multiply(sin, radius, out=pairs[:, 0])
    np.multiply(cos, radius, out=pairs[:, 1])


def box_muller_float64(words: np.ndarray) -> np.ndarray:
    """Box-Muller in float64: two normal values from each block, uint32 [n, 4] to float64 [n, 2]."""
    unit = unit_float64(words)
    angle = unit[:, 1] * _TWO_PI
    radius = np.sqrt(-2.0 * np.log(np.maximum(unit[:, 0], _SMALLEST)))
    np.multiply(np.sin(angle), radius, out=unit[:, 0])
    np.multiply(np.cos(angle), radius, out=unit[:, 1])
    return unit


def _float64_pairs(words: np.ndarray, out: np.ndarray) -> None:
    out[...] = box_muller_float64(words).reshape(-1)


def _short_pairs(words: np.ndarray, out: np.ndarray) -> None:
    """float16 and bfloat16 round the float32 value; exact pairs, for a last bit could turn the rounding."""
    values = np.empty(out.shape, np.float32)
    _float32_pairs(words, values, exact=True)
    out[...] = values


_PAIRS: dict[np.dtype, tuple[int, Transform]] = {
    np.dtype(np.float16): (4, _short_pairs),
    BFLOAT16: (4, _short_pairs),
    np.dtype(np.float32): (4, _float32_pairs),
    np.dtype(np.float64): (2, _float64_pairs),
}


def exact_normals(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Normal values of blocks, correctly rounded: uint32 [n, 4] to `dtype` [n, values per block].

    Args:
        words: overwritten.
        dtype: float16, bfloat16, float32 or float64.
    """
    if dtype == np.float64:
        return box_muller_float64(words)
    out = np.empty(words.shape, np.float32)
    _float32_pairs(words, out.reshape(-1), exact=True)
    return out.astype(dtype)


def normal(stream: Philox, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Values of the standard normal distribution.

    Args:
        stream: position to read from.
        shape: shape of the result.
        dtype: float16, bfloat16, float32 or float64.
    """
    per_block, transform = _PAIRS[np.dtype(dtype)]
    return fill(stream, size_of(shape), np.dtype(dtype), per_block, transform).reshape(shape)


def _candidates(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Normal values of blocks, uint32 [n, 4]: float64 [n, 2] for float64, else float32 [n, 4].

    float32 values too near the cut to be sure of are computed again exactly.
    """
    if dtype == np.float64:
        return box_muller_float64(words)
    out = np.empty(words.shape, np.float32)
    exact = dtype != np.float32
    _float32_pairs(words.copy(), out.reshape(-1), exact)
    if not exact:
        unsure = np.flatnonzero(np.abs(np.abs(out) - np.float32(_CUT)) < np.float32(_UNSURE)) // 4
        if unsure.size:
            again = np.empty((unsure.size, 4), np.float32)
            _float32_pairs(words[unsure], again.reshape(-1), exact=True)
            out[unsure] = again
    return out


def _truncated_groups(stream: Philox, first: int, count: int, stride: int, dtype: np.dtype) -> np.ndarray:
    """Groups `first` to `first + count` of truncated values, shape [count, values per block].

    Group g reads from block g * stride on and keeps its first values inside the cut. Most groups are complete after
    one block; the others read on, twice as many blocks each time.
    """
    starts = np.arange(first, first + count, dtype=np.int64) * stride
    result = _candidates(stream.words_at(starts), dtype)
    per_group = result.shape[1]
    pending = np.unique(np.flatnonzero(np.abs(result) >= _CUT) // per_group)
    blocks = 2
    while pending.size:
        words = stream.words_at((starts[pending, None] + np.arange(blocks)).reshape(-1))
        values = _candidates(words, dtype).reshape(pending.size, -1)
        inside = np.abs(values) < _CUT
        complete = np.count_nonzero(inside, axis=1) >= per_group
        # The order of the values is kept: a stable sort moves those outside to the end.
        chosen = np.argsort(~inside[complete], axis=1, kind="stable")[:, :per_group]
        result[pending[complete]] = np.take_along_axis(values[complete], chosen, axis=1)
        pending, blocks = pending[~complete], blocks * 2
    return result


def truncated_normal(stream: Philox, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Values of the standard normal distribution, those outside (-2, 2) drawn again.

    Args:
        stream: position to read from.
        shape: shape of the result.
        dtype: float16, bfloat16, float32 or float64.
    """
    dtype = np.dtype(dtype)
    size = size_of(shape)
    per_group = 2 if dtype == np.float64 else 4
    stride = per_group * RESERVED_PER_VALUE // 4
    groups = -(-size // per_group)
    out = np.empty((groups, per_group), dtype)
    for first in range(0, groups, _STEP):
        count = min(_STEP, groups - first)
        out[first : first + count] = _truncated_groups(stream, first, count, stride, dtype)
    return out.reshape(-1)[:size].reshape(shape)


def random_standard_normal(state: PhiloxState, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """One run of RandomStandardNormal: mean 0, standard deviation 1; see `normal`."""
    return normal(state.reserve(size_of(shape) * RESERVED_PER_VALUE), shape, dtype)


def random_truncated_normal(state: PhiloxState, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """One run of TruncatedNormal; see `truncated_normal`."""
    return truncated_normal(state.reserve(size_of(shape) * RESERVED_PER_VALUE), shape, dtype)
