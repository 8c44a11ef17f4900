"""Which input positions, with which weights, make an output position of a resized image."""

from __future__ import annotations

import functools

import numpy as np

Array = np.ndarray
_TABLE_SIZE = 1024
F32 = np.float32


def scale(size: int, wanted: int, align_corners: bool) -> np.float32:
    """Input positions per output position, in float32."""
    if align_corners and wanted > 1:
        return F32(F32(size - 1) / F32(wanted - 1))
    return F32(F32(size) / F32(wanted))


def _centers(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Array:
    at = np.arange(wanted, dtype=F32)
    step = scale(size, wanted, align_corners)
    return (at + F32(0.5)) * step - F32(0.5) if half_pixel_centers else at * step


def nearest(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Array:
    """The input position of each output position: int64 [wanted]."""
    at = np.arange(wanted, dtype=F32)
    step = scale(size, wanted, align_corners)
    exact = (at + F32(0.5)) * step if half_pixel_centers else at * step
    rounded = np.floor(exact + F32(0.5)) if align_corners else np.floor(exact)
    return np.clip(rounded.astype(np.int64), 0, size - 1)


def linear(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> tuple[Array, Array, Array]:
    """The lower and the upper input position, int64 [wanted], and how far between them to go, float32 [wanted]."""
    exact = _centers(size, wanted, align_corners, half_pixel_centers)
    floor = np.floor(exact)
    lower = np.maximum(floor.astype(np.int64), 0)
    upper = np.minimum(np.ceil(exact).astype(np.int64), size - 1)
    return np.minimum(lower, size - 1), np.maximum(upper, 0), (exact - floor).astype(F32)


@functools.cache
def _cubic_table(a: float) -> Array:
    """Weights at distances i / 1024 and 1 + i / 1024, as float32 [1025, 2]."""
    x = (np.arange(_TABLE_SIZE + 1) / _TABLE_SIZE).astype(F32)
    c = F32(a)
    near = ((c + F32(2)) * x - (c + F32(3))) * x * x + F32(1)
    y = x + F32(1)
    far = ((c * y - F32(5) * c) * y + F32(8) * c) * y - F32(4) * c
    return np.stack([near, far], 1).astype(F32)


def cubic(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> tuple[Array, Array]:
    """Four input positions, int64 [wanted, 4], and their weights, float32 [wanted, 4]."""
    exact = _centers(size, wanted, align_corners, half_pixel_centers)
    floor = np.floor(exact)
    offset = np.rint((exact - floor) * F32(_TABLE_SIZE)).astype(np.int64)
    table = _cubic_table(-0.5 if half_pixel_centers else -0.75)
    rest = _TABLE_SIZE - offset
    weights = np.stack([table[offset, 1], table[offset, 0], table[rest, 0], table[rest, 1]], 1)
    free = floor.astype(np.int64)[:, None] + np.arange(-1, 3)
    positions = np.clip(free, 0, size - 1)
    if half_pixel_centers:
        weights = np.where(positions == free, weights, F32(0))
        total = weights.sum(1, keepdims=True, dtype=F32)
        weights = np.where(np.abs(total) >= 1000 * np.finfo(F32).tiny, weights / total, weights)
    return positions, weights.astype(F32)


def area(size: int, wanted: int, align_corners: bool) -> tuple[Array, Array]:
    """The input positions that an output position covers, int64 [wanted, n], and their shares, float32 [wanted, n]."""
    step = scale(size, wanted, align_corners)
    start = np.arange(wanted, dtype=F32) * step
    end = np.arange(1, wanted + 1, dtype=F32) * step
    first, last = np.floor(start).astype(np.int64), np.ceil(end).astype(np.int64)
    count = int((last - first).max(initial=1))
    free = first[:, None] + np.arange(count)
    low, high = free.astype(F32), (free + 1).astype(F32)
    covered = np.minimum(high, end[:, None]) - np.maximum(low, start[:, None])
    weights = np.where(free < last[:, None], covered / step, F32(0)).astype(F32)
    return np.clip(free, 0, size - 1), weights
