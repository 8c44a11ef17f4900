"""ONNX forms of resizing images: gathered slices and their weights."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.registry import NotConvertible, converts
from converters.resize_positions import RunSizes
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


def _run_sizes(b: Builder, op: Operation, images: Value, size: Value) -> list[tuple[int, RunSizes]] | None:
    """(axis, sizes) of height and width where only the run tells them; None where they are known."""
    if images.rank != 4 or size.rank != 1:
        raise NotConvertible("images of another rank than 4")
    if size.const is not None and images.shape is not None and None not in images.shape[1:3]:
        return None
    wanted = b.int64(size)
    wanted = require(b, b.Greater(b.ReduceMin(wanted, keepdims=0), 0), wanted)
    own = b.Shape(images)
    return [(axis, RunSizes(b, _element(b, own, axis), _element(b, wanted, axis - 1), *_mode(op))) for axis in (1, 2)]


def _element(b: Builder, vector: Value, index: int) -> Value:
    return b.Gather(vector, b.const(np.array(index, np.int64)))  # type: ignore[no-any-return]


@converts("ResizeNearestNeighbor")
def _nearest(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    at_run = _run_sizes(b, op, images, size)
    if at_run is not None:
        for axis, sizes in at_run:
            images = b.Gather(images, sizes.nearest(), axis=axis)
        return images
    for axis, own, wanted in _sizes(b, images, size):
        images = _slices(b, images, resampling.nearest(own, wanted, *_mode(op)), axis)
    return images


@converts("ResizeBilinear")
def _bilinear(b: Builder, op: Operation, images: Value, size: Value) -> Value:
    at_run = _run_sizes(b, op, images, size)
    result = b.cast(images, dtypes.float32)
    if at_run is not None:
        for axis, sizes in reversed(at_run):
            below, above, part = sizes.linear()
            start = b.Gather(result, below, axis=axis)
            step = b.Sub(b.Gather(result, above, axis=axis), start)
            result = b.Add(start, b.Mul(step, b.Unsqueeze(part, list(range(1, 4 - axis)))))
        return result
    for axis, own, wanted in reversed(_sizes(b, images, size)):
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
