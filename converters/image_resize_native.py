"""ONNX's own Resize, in files: one operator, where it picks the pixels that the reference picks."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.conv import from_channels_first, to_channels_first
from tfcompat.graph import resampling
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

F32 = np.float32
_TYPES = ("float16", "float32", "int32", "int8", "uint8")
_TRANSFORMATIONS = {(False, False): "asymmetric", (False, True): "half_pixel", (True, False): "align_corners"}


def resized(
    b: Builder, op: Operation, images: Value, size: Value, pairs: list[tuple[int, int, int]] | None, mode: str
) -> Value | None:
    """The resized images; None where the model is strict or the operator might pick other pixels.

    Args:
        b: the builder.
        op: the operation.
        images: NHWC.
        size: height and width wanted.
        pairs: (axis, size, wanted size) of both, where they are known.
        mode: "nearest" or "linear".
    """
    corners, centers = op.attrs["align_corners"], op.attrs["half_pixel_centers"]
    transformation = _TRANSFORMATIONS.get((corners, centers))
    if b.strict or transformation is None or images.dtype.name not in _TYPES or images.rank != 4:
        return None
    factors = _factors(op, pairs)
    if mode == "nearest" and (corners or factors is None) and not _picks_the_same(pairs, corners, centers):
        return None
    moved = to_channels_first(b, images, b"NHWC", 4)
    if factors is not None and not corners:
        inputs = [moved, None, b.const(np.array([1, 1, *factors], F32))]
    else:
        inputs = [moved, None, None, b.Concat(b.Shape(moved, start=0, end=2), b.int64(size), axis=0)]
    rounding = "floor" if transformation == "asymmetric" else "round_prefer_ceil"
    nearest = {"nearest_mode": rounding} if mode == "nearest" else {}
    made = b.Resize(*inputs, mode=mode, coordinate_transformation_mode=transformation, **nearest)
    return from_channels_first(b, made, b"NHWC", 4)


def _factors(op: Operation, pairs: list[tuple[int, int, int]] | None) -> tuple[int, int] | None:
    """By which whole numbers height and width are multiplied, if they are."""
    if pairs is not None:
        found = [wanted // own if wanted % own == 0 else None for _, own, wanted in pairs]
        return None if None in found else (found[0] or 1, found[1] or 1)
    images, size = op.inputs
    if size.op.type != "Mul":
        return None
    for sizes, factors in (size.op.inputs, size.op.inputs[::-1]):
        number = factors.op.attrs["value"] if factors.op.type == "Const" else None
        if number is not None and np.all(np.asarray(number) >= 1) and _is_height_and_width(sizes, images):
            height, width = np.broadcast_to(np.asarray(number), (2,)).tolist()
            return height, width
    return None


def _is_height_and_width(sizes: Tensor, images: Tensor) -> bool:
    """Whether `sizes` is `tf.shape(images)[1:3]`."""
    op = sizes.op
    if op.type != "StridedSlice" or op.inputs[0].op.type != "Shape" or op.inputs[0].op.inputs[0] is not images:
        return False
    bounds = [t.op.attrs["value"].tolist() if t.op.type == "Const" else None for t in op.inputs[1:]]
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return bounds == [[1], [3], [1]] and not any(op.attrs[m] for m in masks)


def _picks_the_same(pairs: list[tuple[int, int, int]] | None, corners: bool, centers: bool) -> bool:
    """Whether the operator takes the pixels of the reference: both round numbers that may lie at a boundary."""
    return pairs is not None and all(
        (_positions(own, wanted, corners, centers) == resampling.nearest(own, wanted, corners, centers)).all()
        for _, own, wanted in pairs
    )


def _positions(own: int, wanted: int, corners: bool, centers: bool) -> np.ndarray:
    """The input position of each output position as ONNX Runtime computes it."""
    at = np.arange(wanted, dtype=F32)
    if corners:
        exact = at * F32(own - 1) / F32(wanted - 1) if wanted > 1 else at
    else:
        scale = F32(wanted) / F32(own)
        exact = (at + F32(0.5)) / scale - F32(0.5) if centers else at / scale
    rounded = np.floor(exact) if not (corners or centers) else np.floor(np.abs(exact) + F32(0.5))
    return np.clip(rounded.astype(np.int64), 0, own - 1)
