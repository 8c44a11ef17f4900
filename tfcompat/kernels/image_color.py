"""Host kernels of colors: hue, saturation and value, and contrast."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


def _wide(images: Array) -> Array:
    return images if images.dtype in (np.float32, np.float64) else images.astype(np.float32)


def to_hsv(rgb: Array) -> Array:
    """Hue as part of a turn, saturation and value of colors along the last axis."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    value, least = rgb.max(-1), rgb.min(-1)
    span = value - least
    with np.errstate(divide="ignore", invalid="ignore"):
        saturation = np.where(value > 0, span / value, rgb.dtype.type(0))
        norm = rgb.dtype.type(1.0 / 6.0) / span
        hue = np.where(
            red == value,
            norm * (green - blue),
            np.where(
                green == value,
                norm * (blue - red) + rgb.dtype.type(2.0 / 6.0),
                norm * (red - green) + rgb.dtype.type(4.0 / 6.0),
            ),
        )
    hue = np.where(span > 0, hue, 0)
    return np.stack([np.where(hue < 0, hue + 1, hue), saturation, value], -1).astype(rgb.dtype)


def to_rgb(hsv: Array) -> Array:
    """Colors of hue, saturation and value along the last axis."""
    hue, saturation, value = hsv[..., 0] * 6, hsv[..., 1], hsv[..., 2]
    parts = [np.clip(np.abs(hue - 3) - 1, 0, 1), np.clip(2 - np.abs(hue - 2), 0, 1), np.clip(2 - np.abs(hue - 4), 0, 1)]
    return np.stack([(1 - saturation + saturation * part) * value for part in parts], -1).astype(hsv.dtype)


@kernel("RGBToHSV")
def _rgb_to_hsv(k: KernelContext, images: Array) -> Array:
    return to_hsv(_wide(images)).astype(images.dtype)


@kernel("HSVToRGB")
def _hsv_to_rgb(k: KernelContext, images: Array) -> Array:
    return to_rgb(_wide(images)).astype(images.dtype)


@kernel("AdjustSaturation")
def _adjust_saturation(k: KernelContext, images: Array, factor: Array) -> Array:
    hsv = to_hsv(_wide(images))
    hsv[..., 1] = np.clip(hsv[..., 1] * factor, 0, 1)
    return to_rgb(hsv).astype(images.dtype)


@kernel("AdjustHue")
def _adjust_hue(k: KernelContext, images: Array, delta: Array) -> Array:
    hsv = to_hsv(_wide(images))
    turned = hsv[..., 0] + delta
    hsv[..., 0] = turned - np.floor(turned)
    return to_rgb(hsv).astype(images.dtype)


@kernel("AdjustContrastv2")
def _adjust_contrast(k: KernelContext, images: Array, factor: Array) -> Array:
    wide = _wide(images)
    mean = wide.mean((-3, -2), keepdims=True, dtype=np.float64).astype(wide.dtype)
    return ((wide - mean) * factor + mean).astype(images.dtype)
