"""Host kernels of patches and buckets."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import patches
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


@kernel("ExtractImagePatches", "ExtractVolumePatches")
def _extract_patches(k: KernelContext, x: np.ndarray) -> np.ndarray:
    sizes, strides, space = k.attr("ksizes"), k.attr("strides"), x.ndim - 2
    rates = k.op.attrs.get("rates", [1] * x.ndim)
    try:
        places = [
            patches.positions(x.shape[i], sizes[i], strides[i], rates[i], k.attr("padding"))
            for i in range(1, x.ndim - 1)
        ]
    except ValueError as error:
        raise InvalidArgumentError(None, k.op, str(error)) from None
    padded = np.pad(x, [(0, 0), *[(0, 1)] * space, (0, 0)])  # position -1 is the zero behind the end
    grid: list[Any] = [slice(None)]
    for i, place in enumerate(places):
        form = [1] * (2 * space)
        form[i], form[space + i] = place.shape
        grid.append(place.reshape(form))
    found = padded[tuple(grid)]
    return found.reshape(*found.shape[: space + 1], -1)


@kernel("Bucketize")
def _bucketize(k: KernelContext, x: np.ndarray) -> np.ndarray:
    limits = np.array(k.attr("boundaries"), np.float32)
    if (np.diff(limits) < 0).any():
        raise InvalidArgumentError(None, k.op, "Expected sorted boundaries")
    return np.searchsorted(limits, x, "right").astype(np.int32)
