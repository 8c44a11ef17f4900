"""ONNX form of ScaleAndTranslate: two products with constant weights."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NeedsFullShapes, NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.graph.scaled_sampling import KERNELS, weights

_LARGEST_SIDE = 1 << 14


@converts("ScaleAndTranslate")
def _scale_and_translate(
    b: Builder, op: Operation, images: Value, size: Value, scale: Value, translation: Value
) -> Value:
    """[n, h, w, c]: rows first, as [h', h] x [n, h, w c], then columns, as [w', w] x [n, h', w, c]."""
    if images.shape is None or None in images.shape[1:3]:
        raise NeedsFullShapes("the weights follow from height and width of the images")
    wanted, factors, offsets = (
        b.constant(value, name) for value, name in ((size, "size"), (scale, "scale"), (translation, "translation"))
    )
    name = op.attrs["kernel_type"]
    name = name.decode() if isinstance(name, bytes) else name
    _, height, width, channels = images.shape
    assert height is not None
    assert width is not None
    sides = [height, width, *wanted.tolist()]
    if name not in KERNELS or np.any(factors <= 0) or min(sides) <= 0 or max(sides) > _LARGEST_SIDE:
        raise NotConvertible(f"{height} x {width} pixels to {wanted.tolist()} by {factors.tolist()} with {name}")
    rows, columns = (
        b.const(weights(own, int(wanted[i]), factors[i], offsets[i], name, op.attrs["antialias"]))
        for i, own in enumerate((height, width))
    )
    row = -1 if channels is None else width * channels
    flat = b.Reshape(b.cast(images, dtypes.float32), [0, height, row])
    scaled = b.Reshape(b.MatMul(rows, flat), [0, int(wanted[0]), width, -1 if channels is None else channels])
    return b.MatMul(columns, scaled)  # type: ignore[no-any-return]
