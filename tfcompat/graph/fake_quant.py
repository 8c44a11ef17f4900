"""The range of simulated quantization: shared by its converters and host kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class QuantizedRange:
    """The numbers that simulated quantization can give: `minimum`, `minimum + step`, ..., `maximum`.

    Attributes:
        minimum: float32, a scalar or one per channel.
        maximum: the same.
        step: the same.
        zero: which of the numbers, counted from `first`, is zero.
        first: the first number that is used: 1 in a narrow range, else 0.
    """

    minimum: Any
    maximum: Any
    step: Any
    zero: Any
    first: int


def checked_bits(num_bits: int) -> int:
    """`num_bits`; ValueError when it is not in 2 to 16."""
    if not 2 <= num_bits <= 16:
        raise ValueError("num_bits must be between 2 and 16, inclusive")
    return num_bits


def quantized_range(minimum: Any, maximum: Any, num_bits: int, narrow_range: bool) -> QuantizedRange:
    """The range [minimum, maximum] moved so that zero is among its numbers, in float32 arithmetic.

    Args:
        minimum: lower end of the range asked for, a float or an array of them.
        maximum: its upper end.
        num_bits: 2 to 16; the range has 2**num_bits numbers.
        narrow_range: whether it has one number less.

    Raises:
        ValueError: `num_bits` is not in its range, or `minimum` is not below `maximum`.
    """
    checked_bits(num_bits)
    ends = np.asarray(minimum, np.float32), np.asarray(maximum, np.float32)
    if np.any(ends[0] >= ends[1]):
        raise ValueError(f"min has to be smaller than max, was: {np.max(ends[0]):g} >= {np.min(ends[1]):g}")
    low, high = np.float32(1 if narrow_range else 0), np.float32(2**num_bits - 1)
    step = (ends[1] - ends[0]) / (high - low)
    zero = np.clip(np.floor(low - ends[0] / step + np.float32(0.5)), low, high)
    return QuantizedRange((low - zero) * step, (high - zero) * step, step, zero, int(low))
