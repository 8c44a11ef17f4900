"""ONNX forms of choosing boxes that overlap little, and of cutting boxes out of images."""

from __future__ import annotations

import numpy as np

from converters import guards
from converters.builder import Builder, Value
from converters.padding import pad
from converters.registry import NotConvertible, converts
from converters.suppression import chosen_in_turn, corners, overlaps_of
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

# ---------------------------------------------------------------- choosing boxes


def _chosen(b: Builder, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value | None) -> Value:
    """int64 [chosen, 3]: batch, class and box, the best first; boxes [batch, n, 4], scores [batch, classes, n]."""
    limits = [None if v is None else b.Reshape(b.cast(v, dtypes.float32), [1]) for v in (overlap, least)]
    count = b.Max(b.Reshape(b.int64(limit), [1]), 0)
    return b.NonMaxSuppression(*(b.cast(v, dtypes.float32) for v in (boxes, scores)), count, *limits)  # type: ignore[no-any-return]


def _one_image(
    b: Builder, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value | None
) -> tuple[Value, Value]:
    """Positions of the chosen boxes, int64, and how many there are, int64 [1]."""
    if boxes.rank != 2 or scores.rank != 1:
        raise NotConvertible(f"boxes of rank {boxes.rank} and scores of rank {scores.rank}")
    found = _chosen(b, b.Unsqueeze(boxes, [0]), b.Unsqueeze(scores, [0, 1]), limit, overlap, least)
    chosen = b.Gather(found, b.const(np.array(2, np.int64)), axis=1)
    return chosen, b.Shape(chosen)


@converts("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3")
def _plain(b: Builder, op: Operation, boxes: Value, scores: Value, limit: Value, *thresholds: Value) -> Value:
    overlap = thresholds[0] if thresholds else b.const(float(op.attrs["iou_threshold"]))
    chosen, _ = _one_image(b, boxes, scores, limit, overlap, thresholds[1] if len(thresholds) > 1 else None)
    return b.cast(chosen, dtypes.int32)


@converts("NonMaxSuppressionV4", "NonMaxSuppressionV5")
def _counted(
    b: Builder, op: Operation, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value, *sigma: Value
) -> list[Value]:
    if sigma and (sigma[0].const is None or sigma[0].const != 0):
        chosen, falling = _with_falling_scores(b, boxes, scores, limit, overlap, least, sigma[0])
        count = b.Shape(chosen)
        values = [b.cast(chosen, dtypes.int32), b.cast(falling, scores.dtype)]
    else:
        chosen, count = _one_image(b, boxes, scores, limit, overlap, least)
        values = [b.cast(chosen, dtypes.int32)] + ([b.Gather(scores, chosen, axis=0)] if sigma else [])
    if op.attrs["pad_to_max_output_size"]:
        missing = b.Sub(b.Max(b.Reshape(b.int64(limit), [1]), 0), count)
        values = [pad(b, v, 1, [0], [0], missing) for v in values]
    return [*values, b.Squeeze(b.cast(count, dtypes.int32), [0])]


def _with_falling_scores(
    b: Builder, boxes: Value, scores: Value, limit: Value, overlap: Value, least: Value, sigma: Value
) -> tuple[Value, Value]:
    if not b.for_export or sigma.const is None:
        raise NotConvertible("scores that fall with overlap")
    boxes, scores, overlap, least, sigma = (b.cast(v, dtypes.float32) for v in (boxes, scores, overlap, least, sigma))
    low, high = corners(b, boxes)
    return chosen_in_turn(b, lambda b, i: overlaps_of(b, low, high, i), scores, limit, overlap, least, sigma)


@converts("CombinedNonMaxSuppression")
def _combined(
    b: Builder, op: Operation, boxes: Value, scores: Value, limit: Value, total: Value, overlap: Value, least: Value
) -> list[Value]:
    """Chosen per class, then the best of all classes of an image; what is missing is zero."""
    if boxes.rank != 4 or scores.rank != 3 or boxes.shape is None or boxes.shape[2] is None:
        raise NotConvertible("boxes whose number for each class is not known")
    shared = boxes.shape[2] == 1
    sizes = b.Shape(scores)
    batch, count, classes = (b.Gather(sizes, b.const([i]), axis=0) for i in range(3))
    one = b.const([1])
    by_class = b.Transpose(scores, perm=[0, 2, 1])
    if shared:
        candidates, rated = b.Squeeze(boxes, [2]), by_class
    else:
        candidates = b.Reshape(
            b.Transpose(boxes, perm=[0, 2, 1, 3]), b.Concat(b.Mul(batch, classes), count, [4], axis=0)
        )
        rated = b.Reshape(by_class, b.Concat(b.Mul(batch, classes), one, count, axis=0))
    found = _chosen(b, candidates, rated, limit, overlap, least)
    lists = classes if shared else one
    weights = b.Concat(b.Mul(lists, count), count, one, axis=0)
    flat = b.ReduceSum(b.Mul(found, weights), [1], keepdims=1)
    everything = b.Reshape(by_class, [-1])
    kept = b.ScatterND(
        b.Expand(b.const(-np.inf, dtypes.float32), b.Shape(everything)),
        flat,
        b.Gather(everything, b.Squeeze(flat, [1]), axis=0),
    )
    size = b.Reshape(b.int64(total), [1])
    filled = pad(b, b.Reshape(kept, b.Concat(batch, [-1], axis=0)), 2, [1], [0], size, b.const(-np.inf, dtypes.float32))
    if op.attrs["pad_per_class"]:
        size = b.Min(size, b.Mul(b.Reshape(b.int64(limit), [1]), classes))
    values, places = b.TopK(filled, size, axis=1, outputs=2)
    there = b.Not(b.IsInf(values))
    places = b.Where(there, places, b.const(np.int64(0)))
    length = b.Max(count, 1)
    kinds, positions = b.Div(places, length), b.Mod(places, length)
    first = b.Unsqueeze(b.Range(b.const(np.int64(0)), b.Squeeze(batch, [0]), b.const(np.int64(1))), [1])
    rows = b.Add(b.Mul(first, count), positions) if shared else b.Add(b.Mul(first, b.Mul(classes, count)), places)
    one_more = b.Concat(b.Reshape(candidates, [-1, 4]), b.const(np.zeros((1, 4), np.float32)), axis=0)
    chosen = b.Gather(one_more, rows, axis=0)
    if op.attrs["clip_boxes"]:
        chosen = b.Clip(chosen, b.const(0.0), b.const(1.0))
    zero = b.const(0.0)
    return [
        b.Where(b.Unsqueeze(there, [2]), chosen, zero),
        b.Where(there, values, zero),
        b.Where(there, b.cast(kinds, dtypes.float32), zero),
        b.ReduceSum(b.cast(there, dtypes.int32), [1], keepdims=0),
    ]


# ---------------------------------------------------------------- cutting boxes out


@converts("CropAndResize")
def _crop_and_resize(b: Builder, op: Operation, image: Value, boxes: Value, owners: Value, crop_size: Value) -> Value:
    wanted = b.constant(crop_size, "crop_size")
    if image.rank != 4 or boxes.rank != 2 or wanted.shape != (2,) or np.any(wanted <= 0):
        raise NotConvertible(f"boxes cut out to {wanted.tolist()}")
    sizes = b.Shape(image)
    count = b.Gather(sizes, b.const(np.array(0, np.int64)), axis=0)
    owners = b.int64(owners)
    wrong = b.Or(b.Less(owners, 0), b.GreaterOrEqual(owners, count))
    none = b.Equal(b.ReduceSum(b.int64(wrong), keepdims=0), 0)
    sizes = guards.require(b, none, sizes)
    height, width, depth = (b.Gather(sizes, b.const([i]), axis=0) for i in (1, 2, 3))
    flat = b.Reshape(b.cast(image, dtypes.float32), b.Concat([-1], depth, axis=0))
    rows, columns = (_sampled(b, boxes, a, n, int(wanted[a])) for a, n in ((0, height), (1, width)))
    start = b.Reshape(b.Mul(owners, b.Mul(height, width)), [-1, 1, 1])

    def at(row: Value, column: Value) -> Value:
        return b.Gather(  # type: ignore[no-any-return]
            flat, b.Add(b.Add(start, b.Mul(b.Unsqueeze(row, [2]), width)), b.Unsqueeze(column, [1])), axis=0
        )

    (down, in_rows), (across, in_columns) = (_cleaned(b, *pair) for pair in ((rows, height), (columns, width)))
    if op.attrs["method"] == b"nearest":
        result = at(*(b.int64(b.Floor(b.Add(v, 0.5))) for v in (down, across)))
    else:
        (top, bottom, y), (left, right, x) = (_neighbours(b, v) for v in (down, across))
        x, y = b.Unsqueeze(x, [1, 3]), b.Unsqueeze(y, [2, 3])
        upper, lower = (_toward(b, at(row, left), at(row, right), x) for row in (top, bottom))
        result = _toward(b, upper, lower, y)
    inside = b.And(b.Unsqueeze(in_rows, [2, 3]), b.Unsqueeze(in_columns, [1, 3]))
    return b.Where(inside, result, b.const(float(op.attrs["extrapolation_value"])))  # type: ignore[no-any-return]


def _sampled(b: Builder, boxes: Value, axis: int, size: Value, count: int) -> Value:
    """Positions [boxes, count] that divide the stretch of each box along an axis evenly."""
    last = b.Sub(b.cast(size, dtypes.float32), 1)
    start, end = (b.Gather(boxes, b.const([i]), axis=1) for i in (axis, axis + 2))
    if count == 1:
        return b.Mul(b.Mul(b.Add(start, end), 0.5), last)  # type: ignore[no-any-return]
    step = b.Div(b.Mul(b.Sub(end, start), last), float(count - 1))
    return b.Add(b.Mul(start, last), b.Mul(b.const(np.arange(count, dtype=np.float32)), step))  # type: ignore[no-any-return]


def _cleaned(b: Builder, positions: Value, size: Value) -> tuple[Value, Value]:
    """Positions, 0 where they are outside of the image, and where they are inside."""
    last = b.cast(b.Sub(size, 1), dtypes.float32)
    inside = b.And(b.GreaterOrEqual(positions, 0), b.LessOrEqual(positions, last))
    return b.Where(inside, positions, b.const(0.0)), inside


def _neighbours(b: Builder, positions: Value) -> tuple[Value, Value, Value]:
    low = b.Floor(positions)
    return b.int64(low), b.int64(b.Ceil(positions)), b.Sub(positions, low)


def _toward(b: Builder, start: Value, end: Value, share: Value) -> Value:
    return b.Add(start, b.Mul(b.Sub(end, start), share))  # type: ignore[no-any-return]
