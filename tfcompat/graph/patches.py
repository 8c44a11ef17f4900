"""Where the patches of an image or volume lie, shared by inference, kernels and converters."""

from __future__ import annotations

import numpy as np


def count(size: int, kernel: int, stride: int, rate: int, padding: bytes) -> int:
    """The number of patches along a dimension of `size`; ValueError when there is no room for one."""
    if padding == b"SAME":
        return -(-size // stride)
    extent = (kernel - 1) * rate + 1
    if size < extent:
        raise ValueError(f"Negative dimension size caused by subtracting {extent} from {size}")
    return (size - extent) // stride + 1


def positions(size: int, kernel: int, stride: int, rate: int, padding: bytes) -> np.ndarray:
    """The position in the dimension of every element of every patch; -1 outside of it.

    Returns:
        int64 of shape [number of patches, kernel].
    """
    patches = count(size, kernel, stride, rate, padding)
    extent = (kernel - 1) * rate + 1
    before = 0 if padding == b"VALID" else max((patches - 1) * stride + extent - size, 0) // 2
    found = np.arange(patches)[:, None] * stride + np.arange(kernel) * rate - before
    return np.where((found >= 0) & (found < size), found, -1).astype(np.int64)
