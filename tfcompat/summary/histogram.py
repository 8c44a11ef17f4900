"""Histograms as TensorBoard reads them: counts in buckets whose limits grow by a tenth each."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from tfcompat import protos

_FIRST, _LAST, _GROWTH = 1.0e-12, 1.0e20, 1.1


@functools.cache
def bucket_limits() -> np.ndarray:
    """The upper limits of the buckets, ascending, symmetric about 0; the outermost are the largest float64."""
    positive = []
    limit = _FIRST
    while limit < _LAST:
        positive.append(limit)
        limit *= _GROWTH
    positive.append(sys.float_info.max)
    return np.array([*(-v for v in reversed(positive)), 0.0, *positive])


def histogram_message(values: np.ndarray) -> Any:
    """The `HistogramProto` of finite `values`; runs of empty buckets become one."""
    flat = values.astype(np.float64).reshape(-1)
    limits = bucket_limits()
    message = protos.HistogramProto(num=flat.size, sum=float(flat.sum()), sum_squares=float((flat * flat).sum()))
    if flat.size:
        message.min, message.max = float(flat.min()), float(flat.max())
    else:
        message.min, message.max = sys.float_info.max, -sys.float_info.max
    counts = np.bincount(
        np.minimum(np.searchsorted(limits, flat, side="right"), limits.size - 1), minlength=limits.size
    )
    kept = (counts > 0) | np.append(counts[1:] > 0, True)
    if flat.size:
        message.bucket_limit.extend(limits[kept].tolist())
        message.bucket.extend(counts[kept].astype(float).tolist())
    else:
        message.bucket_limit.append(sys.float_info.max)
        message.bucket.append(0.0)
    return message
