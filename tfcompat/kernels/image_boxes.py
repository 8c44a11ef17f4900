"""Host kernels of choosing boxes that overlap little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


def _overlap(box: Array, boxes: Array) -> Array:
    """Intersection over union of `box` with each of `boxes`, (y1, x1, y2, x2) with the corners in any order."""
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    own_low, own_high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    areas, own = (high - low).prod(1), (own_high - own_low).prod()
    common = np.maximum(np.minimum(high, own_high) - np.maximum(low, own_low), 0).prod(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((areas > 0) & (own > 0), common / (areas + own - common), 0)


def _suppressed(
    overlaps: Callable[[int], Array], scores: Array, limit: int, overlap: float, least: float, sigma: float
) -> tuple[list[int], list[float]]:
    """The positions of the chosen boxes and their scores, best first; `overlaps` gives those of one box with each.

    A box that overlaps a chosen one by more than `overlap` drops out; with `sigma` > 0, overlap lowers scores too.
    """
    current = np.where(scores > least, scores, -np.inf).astype(scores.dtype)
    chosen: list[int] = []
    values: list[float] = []
    while len(chosen) < limit and len(current):
        best = int(np.argmax(current))
        if current[best] == -np.inf:
            break
        chosen.append(best)
        values.append(current[best])
        common = overlaps(best)
        if sigma > 0:
            current = (current * np.exp(-0.5 / sigma * common * common)).astype(scores.dtype)
        current = np.where((common > overlap) | (current <= least), -np.inf, current)
        current[chosen] = -np.inf
    return chosen, values


def _run(
    k: KernelContext, boxes: Array, scores: Array, limit: Array, overlap: float, least: float, sigma: float = 0.0
) -> tuple[list[int], list[float]]:
    if not 0 <= overlap <= 1:
        raise InvalidArgumentError(None, k.op, "iou_threshold must be in [0, 1]")
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InvalidArgumentError(None, k.op, "boxes must have 4 columns")
    if scores.shape != boxes.shape[:1]:
        raise InvalidArgumentError(None, k.op, "scores has incompatible shape")
    boxes = boxes.astype(np.float32)
    return _suppressed(
        lambda i: _overlap(boxes[i], boxes), scores.astype(np.float32), int(limit), overlap, least, sigma
    )


@kernel("NonMaxSuppressionWithOverlaps")
def _with_overlaps(k: KernelContext, overlaps: Array, scores: Array, limit: Array, most: Array, least: Array) -> Array:
    if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1]:
        raise InvalidArgumentError(None, k.op, "overlaps must be square")
    if scores.shape != overlaps.shape[:1]:
        raise InvalidArgumentError(None, k.op, "scores has incompatible shape")
    chosen, _ = _suppressed(lambda i: overlaps[:, i], scores, int(limit), float(most), float(least), 0.0)
    return np.array(chosen, np.int32)


@kernel("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3")
def _plain(k: KernelContext, boxes: Array, scores: Array, limit: Array, *thresholds: Array) -> Array:
    overlap = float(thresholds[0]) if thresholds else float(k.attr("iou_threshold"))
    least = float(thresholds[1]) if len(thresholds) > 1 else -np.inf
    return np.array(_run(k, boxes, scores, limit, overlap, least)[0], np.int32)


def _padded(values: list, limit: int, pad: bool, dtype: np.dtype) -> Array:
    return np.array(values + [0] * (limit - len(values) if pad else 0), dtype)


@kernel("NonMaxSuppressionV4")
def _counted(
    k: KernelContext, boxes: Array, scores: Array, limit: Array, overlap: Array, least: Array
) -> tuple[Array, Array]:
    chosen, _ = _run(k, boxes, scores, limit, float(overlap), float(least))
    return (
        _padded(chosen, int(limit), k.attr("pad_to_max_output_size"), np.dtype(np.int32)),
        np.array(len(chosen), np.int32),
    )


@kernel("NonMaxSuppressionV5")
def _scored(
    k: KernelContext, boxes: Array, scores: Array, limit: Array, overlap: Array, least: Array, sigma: Array
) -> tuple[Array, Array, Array]:
    chosen, values = _run(k, boxes, scores, limit, float(overlap), float(least), float(sigma))
    pad = k.attr("pad_to_max_output_size")
    return (
        _padded(chosen, int(limit), pad, np.dtype(np.int32)),
        _padded(values, int(limit), pad, scores.dtype),
        np.array(len(chosen), np.int32),
    )
