"""How much of each input position makes an output position of a scaled and translated dimension."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
F32 = np.float32
_LEAST_SUM = F32(1000) * np.finfo(F32).tiny


def _lanczos(radius: int) -> Callable[[Array], Array]:
    """sinc(x) sinc(x / radius) within `radius`."""

    def kernel(x: Array) -> Array:
        near = np.where(x <= 1e-3, 1, x) * np.pi
        wave = np.sin(near) * np.sin(near / radius) * radius / (near * near)
        return np.where(x > radius, 0, np.where(x <= 1e-3, 1, wave))

    return kernel


def _gaussian(x: Array) -> Array:
    return np.where(x >= 1.5, 0, np.exp(-x * x / 0.5))


def _box(x: Array) -> Array:
    return np.where(x < 0.5, 1, np.where(x == 0.5, 0.5, 0))


def _triangle(x: Array) -> Array:
    return np.maximum(1 - x, 0)


def _keys_cubic(x: Array) -> Array:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0, np.where(x >= 1, far, near))


def _mitchell_cubic(x: Array) -> Array:
    near = ((7 * x - 12) * x * x + 16 / 3) / 6
    far = (((-7 / 3 * x + 12) * x - 20) * x + 32 / 3) / 6
    return np.where(x >= 2, 0, np.where(x >= 1, far, near))


KERNELS: dict[str, tuple[float, Callable[[Array], Array]]] = {
    "lanczos1": (1, _lanczos(1)),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, _gaussian),
    "box": (0.5, _box),
    "triangle": (1, _triangle),
    "keyscubic": (2, _keys_cubic),
    "mitchellcubic": (2, _mitchell_cubic),
}
"""Name -> (radius, weight at a distance >= 0)."""


def weights(size: int, wanted: int, scale: float, translation: float, kernel: str, antialias: bool) -> Array:
    """The matrix that makes `wanted` output positions of `size` input positions.

    Output position x lies at input position (x + 0.5 - translation) / scale; the kernel weighs input positions by their
    distance from it and the weights add up to 1. Output positions whose place is outside the input are 0.

    Args:
        size: number of input positions.
        wanted: number of output positions.
        scale: output positions per input position, not 0.
        translation: output position of input position 0.
        kernel: a name in `KERNELS`.
        antialias: whether the kernel becomes wider where the output is smaller than the input.

    Returns:
        float32 [wanted, size].
    """
    radius, weight = KERNELS[kernel]
    inverse = F32(1) / F32(scale)
    stretch = max(inverse, F32(1)) if antialias else F32(1)
    places = (np.arange(wanted, dtype=F32) + F32(0.5)) * inverse - inverse * F32(translation)
    reach = F32(radius) * stretch
    last = size - 1
    first = np.clip(np.ceil(places - reach - F32(0.5)), 0, last)[:, None]
    end = np.clip(np.floor(places + reach - F32(0.5)), 0, last)[:, None]
    inputs = np.arange(size)
    distances = np.abs(inputs.astype(F32) + F32(0.5) - places[:, None]) / stretch
    found = np.where((inputs >= first) & (inputs <= end), weight(distances), 0).astype(F32)
    sums = found.sum(1, dtype=F32, keepdims=True)
    inside = ((places >= 0) & (places <= size))[:, None] & (np.abs(sums) >= _LEAST_SUM)
    return np.where(inside, found / np.where(inside, sums, 1), 0).astype(F32)
