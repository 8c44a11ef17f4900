"""ONNX forms of resizing images: gathered slices and their weights.

Positions and weights are constants where the sizes are known while the model is built, and computed in it elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters import resize_places
from converters.builder import Builder, Value
from converters.image_resize_native import resized
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes, resampling
from tfcompat.graph.operation import Operation

_LARGEST_SIDE = 1 << 26


def _sizes(b: Builder, images: Value, size: Value) -> list[tuple[int, int, int]] | None:
    """(axis, size, wanted size) of height and width; None when one of them is known only in the run."""
    if images.rank != 4:
        raise NotConvertible(f"images of rank {images.rank}")
    if size.const is None or images.shape is None or None in images.shape[1:3]:
        return None
    if size.const.shape != (2,) or 0 in images.shape[1:3] or np.any(size.const <= 0):
        raise NotConvertible("height or width of the images is 0")
    if np.any(size.const > _LARGEST_SIDE):
        raise NotConvertible(f"images of {size.const.tolist()} pixels")
    return [(axis, int(images.shape[axis] or 0), int(size.const[axis - 1])) for axis in (1, 2)]


def _mode(op: Operation) -> tuple[bool, bool]:
    return op.attrs["align_corners"], op.attrs["half_pixel_centers"]


def _slices(b: Builder, images: Value, positions: np.ndarray, axis: int) -> Value:
    return b.Gather(images, b.const(positions.astype(np.int64)), axis=axis)


def _along(weights: np.ndarray, axis: int) -> np.ndarray:
    shape = [1] * 4
    shape[axis] = -1
    return weights.astype(np.float32).reshape(shape)


@converts("ResizeNearestNeighbor")
def _nearest(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    pairs = _sizes(b, images, size)
    native = resized(b, op, images, size, pairs, "nearest")
    if native is not None:
        return native
    if pairs is None:
        for axis in (1, 2):
            images = b.Gather(images, resize_places.nearest(b, images, size, axis, *_mode(op)), axis=axis)
        return images
    for axis, own, wanted in pairs:
        images = _slices(b, images, resampling.nearest(own, wanted, *_mode(op)), axis)
    return images


@converts("ResizeBilinear")
def _bilinear(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    pairs = _sizes(b, images, size)
    result = b.cast(images, dtypes.float32)
    result.shape = images.shape
    native = resized(b, op, result, size, pairs, "linear")
    if native is not None:
        return native
    if pairs is None:
        for axis in (2, 1):
            places = resize_places.linear(b, images, size, axis, *_mode(op))
            result = _between(b, result, places[0], places[1], places[2], axis)
        return result
    for axis, own, wanted in reversed(pairs):
        low, high, share = resampling.linear(own, wanted, *_mode(op))
        places = (b.const(low.astype(np.int64)), b.const(high.astype(np.int64)), b.const(_along(share, axis)))
        result = _between(b, result, *places, axis)
    return result


def _between(b: Builder, images: Value, low: Value, high: Value, share: Value, axis: int) -> Value:
    start = b.Gather(images, low, axis=axis)
    step = b.Sub(b.Gather(images, high, axis=axis), start)
    return b.Add(start, b.Mul(step, share))  # type: ignore[no-any-return]


@converts("ResizeBicubic", "ResizeArea")
def _weighted(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    pairs = _sizes(b, images, size)
    result = b.cast(images, dtypes.float32)
    if pairs is None:
        if op.type == "ResizeArea":
            raise NotConvertible("means over areas of images of unknown size")
        for axis in (1, 2):
            taps = resize_places.cubic(b, images, size, axis, *_mode(op))
            result = _sum(b, [b.Mul(b.Gather(result, place, axis=axis), weight) for place, weight in taps])
        return result
    for axis, own, wanted in pairs:
        if op.type == "ResizeBicubic":
            positions, weights = resampling.cubic(own, wanted, *_mode(op))
        else:
            positions, weights = resampling.area(own, wanted, op.attrs["align_corners"])
        if positions.shape[1] > 16:
            raise NotConvertible("an output pixel covers more than 16 input rows or columns")
        terms = [
            b.Mul(_slices(b, result, positions[:, tap], axis), b.const(_along(weights[:, tap], axis)))
            for tap in range(positions.shape[1])
        ]
        result = _sum(b, terms)
    return result


def _sum(b: Builder, terms: Sequence[Value]) -> Value:
    total = terms[0]
    for term in terms[1:]:
        total = b.Add(total, term)
    return total
