"""ONNX forms of choosing boxes that overlap little."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


def _chosen(b: Builder, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value) -> Value:
    """The positions of the chosen boxes, best first: int32 [at most `limit`]."""
    if boxes.dtype is not dtypes.float32 or scores.dtype is not dtypes.float32:
        raise NotConvertible(f"boxes of type {boxes.dtype.name}")
    if boxes.rank != 2 or scores.rank != 1:
        raise NotConvertible("boxes of another rank than 2")
    counts = b.Reshape(b.int64(limit), [1])
    thresholds = [b.Reshape(b.cast(x, dtypes.float32), [1]) for x in (overlap, least)]
    found = b.NonMaxSuppression(b.Unsqueeze(boxes, [0]), b.Unsqueeze(scores, [0, 1]), counts, *thresholds)
    return b.cast(b.Gather(found, b.const(np.array(2, np.int64)), axis=1), dtypes.int32)


@converts("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3")
def _plain(b: Builder, op: Operation, boxes: Value, scores: Value, limit: Value, *thresholds: Value) -> Value:
    overlap = thresholds[0] if thresholds else b.const(op.attrs["iou_threshold"])
    least = thresholds[1] if len(thresholds) > 1 else b.const(-np.inf)
    return _chosen(b, boxes, scores, limit, overlap, least)


@converts("NonMaxSuppressionV4")
def _counted(
    b: Builder, op: Operation, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value
) -> list[Value]:
    return _with_count(b, op, [_chosen(b, boxes, scores, limit, overlap, least)], limit)


@converts("NonMaxSuppressionV5")
def _scored(
    b: Builder, op: Operation, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value, sigma: Value
) -> list[Value]:
    if sigma.const is None or float(sigma.const) != 0:
        raise NotConvertible("scores are lowered where boxes overlap (soft_nms_sigma is not 0)")
    chosen = _chosen(b, boxes, scores, limit, overlap, least)
    return _with_count(b, op, [chosen, b.Gather(scores, chosen, axis=0)], limit)


def _with_count(b: Builder, op: Operation, columns: list[Value], limit: Value) -> list[Value]:
    """`columns`, with zeros up to `limit` behind where the operation asks for that, and how many there were."""
    count = b.Shape(columns[0])
    number = b.cast(b.Reshape(count, b.const(np.zeros(0, np.int64))), dtypes.int32)
    if op.attrs["pad_to_max_output_size"]:
        missing = b.Concat(b.const([0]), b.Max(b.Sub(b.Reshape(b.int64(limit), [1]), count), 0), axis=0)
        columns = [b.Pad(c, missing, b.const(np.zeros((), c.dtype.as_numpy_dtype))) for c in columns]
    return [*columns, number]
