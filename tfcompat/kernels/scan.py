"""Host kernels of running sums, products and log-sum-exps, and of arithmetic sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


def _accumulator(x: Array) -> Any:
    return x.dtype if x.dtype.kind in "iu" else np.complex128 if x.dtype.kind == "c" else np.float64


# op type -> (running reduction, its neutral element)
_SCANS: dict[str, tuple[Callable[..., Any], float]] = {
    "Cumsum": (np.add.accumulate, 0),
    "Cumprod": (np.multiply.accumulate, 1),
    "CumulativeLogsumexp": (np.logaddexp.accumulate, -np.inf),
}


@kernel(*_SCANS)
def _scan(k: KernelContext, x: Array, axis: Array) -> Array:
    if axis.ndim:
        raise InvalidArgumentError(None, k.op, f"ScanOp: axis must be a scalar, not {list(axis.shape)}")
    if not -x.ndim <= int(axis) < x.ndim:
        raise InvalidArgumentError(
            None, k.op, f"ScanOp: Expected scan axis in the range [{-x.ndim}, {x.ndim}), but got {int(axis)}"
        )
    accumulate, neutral = _SCANS[k.op.type]
    wide = np.moveaxis(x, int(axis), 0).astype(_accumulator(x))
    wide = wide[::-1] if k.attr("reverse") else wide
    with np.errstate(all="ignore"):
        if k.attr("exclusive") and wide.shape[0]:
            wide = np.concatenate([np.full_like(wide[:1], neutral), wide[:-1]])
        result = accumulate(wide, axis=0) if wide.size else wide
        result = result[::-1] if k.attr("reverse") else result
        result = np.moveaxis(result, 0, int(axis))
        return np.ascontiguousarray(result.astype(x.dtype)).reshape(x.shape)


@kernel("Range")
def _range(k: KernelContext, start: Array, limit: Array, delta: Array) -> Array:
    for name, value in (("start", start), ("limit", limit), ("delta", delta)):
        if value.size != 1:
            raise InvalidArgumentError(None, k.op, f"{name} must be a scalar, not shape {list(value.shape)}")
    first, last, step = (v.reshape(())[()] for v in (start, limit, delta))
    if step == 0:
        raise InvalidArgumentError(None, k.op, f"Requires delta != 0: {step}")
    if step > 0 and first > last:
        raise InvalidArgumentError(None, k.op, f"Requires start <= limit when delta > 0: {first}/{last}")
    if step < 0 and first < last:
        raise InvalidArgumentError(None, k.op, f"Requires start >= limit when delta < 0: {first}/{last}")
    if start.dtype.kind in "iu":
        return np.arange(int(first), int(last), int(step)).astype(start.dtype)
    count = int(np.ceil(abs((float(last) - float(first)) / float(step))))
    return (float(first) + np.arange(count) * float(step)).astype(start.dtype)


@kernel("LinSpace")
def _lin_space(k: KernelContext, start: Array, stop: Array, num: Array) -> Array:
    if int(num) <= 0:
        raise InvalidArgumentError(None, k.op, f"Requires num > 0: {int(num)}")
    out = np.full(int(num), start, start.dtype)
    if int(num) > 1:
        step = (stop - start) / start.dtype.type(int(num) - 1)
        out = (start + step * np.arange(int(num)).astype(start.dtype)).astype(start.dtype)
        out[-1] = stop
    return out
