"""ONNX forms of resizing images to sizes known before a run: gathered slices and their weights."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes, resampling
from tfcompat.graph.operation import Operation


def _sizes(b: Builder, images: Value, size: Value) -> list[tuple[int, int, int]]:
    """(axis, size, wanted size) of height and width."""
    wanted = b.constant(size, "size")
    if images.shape is None or len(images.shape) != 4 or wanted.shape != (2,):
        raise NotConvertible("images of unknown rank")
    pairs = []
    for axis in (1, 2):
        own = images.shape[axis]
        if own is None or own == 0 or wanted[axis - 1] <= 0:
            raise NotConvertible("height or width of the images is unknown or 0")
        pairs.append((axis, own, int(wanted[axis - 1])))
    return pairs


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
    for axis, own, wanted in _sizes(b, images, size):
        images = _slices(b, images, resampling.nearest(own, wanted, *_mode(op)), axis)
    return images


@converts("ResizeBilinear")
def _bilinear(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    pairs = _sizes(b, images, size)
    result = b.cast(images, dtypes.float32)
    for axis, own, wanted in reversed(pairs):
        low, high, share = resampling.linear(own, wanted, *_mode(op))
        start = _slices(b, result, low, axis)
        step = b.Sub(_slices(b, result, high, axis), start)
        result = b.Add(start, b.Mul(step, b.const(_along(share, axis))))
    return result


@converts("ResizeBicubic", "ResizeArea")
def _weighted(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    pairs = _sizes(b, images, size)
    result = b.cast(images, dtypes.float32)
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
        result = terms[0]
        for term in terms[1:]:
            result = b.Add(result, term)
    return result
