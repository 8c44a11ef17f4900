"""ONNX forms of patches and buckets."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.padding import pad
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.sizes import product, reshape, sizes_of
from tfcompat.graph import dtypes, patches
from tfcompat.graph.operation import Operation


@converts("ExtractImagePatches", "ExtractVolumePatches")
def _extract_patches(b: Builder, op: Operation, x: Value) -> Value:
    """A gather along each dimension of space, with a zero behind the end for what lies outside."""
    rank, sizes, strides = x.rank, op.attrs["ksizes"], op.attrs["strides"]
    rates = op.attrs.get("rates", [1] * rank)
    space = rank - 2
    dims = x.shape[1:-1] if x.shape is not None else (None,)
    if None in dims:
        raise NeedsFullShapes("the size of the images must be known")
    outer = sizes_of(b, x)
    try:
        places = [
            patches.positions(d, sizes[i], strides[i], rates[i], op.attrs["padding"])  # type: ignore[arg-type]
            for i, d in enumerate(dims, 1)
        ]
    except ValueError as error:
        raise NotConvertible(str(error)) from None
    outside = [i for i, place in enumerate(places, 1) if (place < 0).any()]
    if outside:
        x = pad(b, x, rank, outside, [0] * len(outside), [1] * len(outside))
    for i, place in reversed(list(enumerate(places))):
        size = dims[i]
        x = b.Gather(x, b.const(np.where(place < 0, size, place)), axis=i + 1)
    order = [0, *range(1, 2 * space, 2), *range(2, 2 * space + 1, 2), 2 * space + 1]
    counts = [place.shape[0] for place in places]
    depth = product(b, [*(place.shape[1] for place in places), outer[-1]])
    return reshape(b, b.Transpose(x, perm=order), [outer[0], *counts, depth])


@converts("Bucketize")
def _bucketize(b: Builder, op: Operation, x: Value) -> Value:
    """How many boundaries are not above the value."""
    limits = np.array(op.attrs["boundaries"], np.float32)
    if (np.diff(limits) < 0).any():
        raise NotConvertible("the boundaries are not sorted")
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise NotConvertible(f"boundaries are compared with {x.dtype.name} on the host")
    above = b.LessOrEqual(b.const(limits.astype(x.dtype.as_numpy_dtype)), b.Unsqueeze(x, [-1]))
    return b.cast(b.ReduceSum(b.cast(above, dtypes.int64), b.const([-1]), keepdims=0), dtypes.int32)
