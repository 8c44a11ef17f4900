"""The range of simulated quantization: shared by its converters and host kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class QuantizedRange:
    """The numbers that simulated quantization can give: `minimum`, `minimum + step`, ..., `maximum`.

    Attributes:
        minimum: float32.
        maximum: float32.
        step: float32.
    """

    minimum: np.float32
    maximum: np.float32
    step: np.float32


def quantized_range(minimum: float, maximum: float, num_bits: int, narrow_range: bool) -> QuantizedRange:
    """The range [minimum, maximum] moved so that zero is among its numbers, in float32 arithmetic.

    Args:
        minimum: lower end of the range asked for.
        maximum: its upper end.
        num_bits: 2 to 16; the range has 2**num_bits numbers.
        narrow_range: whether it has one number less.

    Raises:
        ValueError: `num_bits` is not in its range, or `minimum` is not below `maximum`.
    """
    if not 2 <= num_bits <= 16:
        raise ValueError("num_bits must be between 2 and 16, inclusive")
    if minimum >= maximum:
        raise ValueError(f"min has to be smaller than max, was: {minimum:g} >= {maximum:g}")
    low, high = np.float32(1 if narrow_range else 0), np.float32(2**num_bits - 1)
    step = (np.float32(maximum) - np.float32(minimum)) / (high - low)
    zero = np.clip(np.floor(low - np.float32(minimum) / step + np.float32(0.5)), low, high)
    return QuantizedRange((low - zero) * step, (high - zero) * step, step)
