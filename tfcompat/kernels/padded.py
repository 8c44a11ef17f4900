"""Arrays of different sizes as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def padded_stack(arrays: Sequence[np.ndarray], sizes: Sequence[int], fill: Any) -> np.ndarray:
    """The arrays along a new first axis, each at the beginning of a block of `sizes` that is `fill` elsewhere.

    Args:
        arrays: of one type and of the rank `len(sizes)`, none larger than `sizes`.
        sizes: of a block.
        fill: a value of their type.
    """
    out = np.full((len(arrays), *sizes), fill, arrays[0].dtype)
    for row, array in enumerate(arrays):
        # The ellipsis makes a scalar string's value go in, and not its array.
        place: tuple[Any, ...] = (row, *(slice(0, n) for n in array.shape), ...)
        out[place] = array
    return out
