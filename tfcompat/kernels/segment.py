"""Host kernels of reductions of segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


def _limits(dtype: np.dtype) -> tuple[Any, Any]:
    """The lowest and highest finite values."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return info.min, info.max
    from ml_dtypes import finfo

    limits = finfo(dtype) if dtype.name == "bfloat16" else np.finfo(dtype)
    return limits.min, limits.max


def _accumulate(kind: str, data: Array, ids: Array, rows: int, start: Any) -> Array:
    """Reduces the rows of `data` into `rows` segments that begin with `start`; narrow numbers in wider ones."""
    wide = data.astype(np.float64) if data.dtype.kind in "fV" else data
    wide = wide.astype(np.complex128) if data.dtype.kind == "c" else wide
    out = np.full((rows, *data.shape[1:]), start, wide.dtype)
    with np.errstate(all="ignore"):
        if kind in ("Max", "Min") and wide.dtype.kind == "f" and np.isnan(wide).any():
            _extremes_in_order(kind, out, ids, wide)
        else:
            {"Sum": np.add, "Prod": np.multiply, "Max": np.maximum, "Min": np.minimum}[kind].at(out, ids, wide)  # type: ignore[attr-defined]
        return out.astype(data.dtype)


def _extremes_in_order(kind: str, out: Array, ids: Array, data: Array) -> None:
    """A NaN stays only as long as nothing comes after it, since no comparison with it holds."""
    for row, segment in zip(data, ids, strict=True):
        held = out[segment]
        out[segment] = np.where(held > row if kind == "Max" else held < row, held, row)


def _counts(ids: Array, rows: int, like: Array) -> Array:
    number = np.maximum(np.bincount(ids, minlength=rows)[:rows], 1)
    return number.reshape(-1, *[1] * (like.ndim - 1))


def _divided(total: Array, number: Array) -> Array:
    if total.dtype.kind in "iu":
        quotient = np.floor_divide(total, number.astype(total.dtype))
        remainder = total - quotient * number.astype(total.dtype)
        return quotient + ((remainder != 0) & (total < 0)).astype(total.dtype)
    wide = np.complex128 if total.dtype.kind == "c" else np.float64
    return (total.astype(wide) / number).astype(total.dtype)


def _check_sorted(k: KernelContext, ids: Array, length: int) -> None:
    if ids.size != length:
        raise InvalidArgumentError(None, k.op, "segment_ids should be the same size as dimension 0 of input.")
    if not ids.size or ids[0] >= 0 and (np.diff(ids) >= 0).all():
        return
    rows = int(ids[-1]) + 1
    if rows <= 0:
        raise InvalidArgumentError(None, k.op, "segment ids must be >= 0")
    # as the reference does: from segment to segment, each checked against the next one and then against the last
    starts = ids[np.append(True, ids[1:] != ids[:-1])]
    for segment, following in zip(starts, [*starts[1:], None], strict=True):
        if following is not None and following < segment:
            raise InvalidArgumentError(None, k.op, "segment ids are not increasing")
        if not 0 <= segment < rows:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Segment id {segment} out of range [0, {rows}), possibly because 'segment_ids' input is not sorted.",
            )


_STARTS = {"Sum": 0, "Mean": 0, "Prod": 1, "Max": 0, "Min": 0}


@kernel("SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin")
def _segment(k: KernelContext, data: Array, ids: Array) -> Array:
    _check_sorted(k, ids, data.shape[0])
    kind = k.op.type.removeprefix("Segment")
    rows = int(ids[-1]) + 1 if ids.size else 0
    if kind in ("Max", "Min"):
        low, high = _limits(data.dtype)
        out = _accumulate(kind, data, ids, rows, low if kind == "Max" else high)
        empty = np.bincount(ids, minlength=rows) == 0
        out[empty] = 0
        return out
    if kind != "Mean":
        return _accumulate(kind, data, ids, rows, _STARTS[kind])
    if data.dtype.kind in "iu":
        return _divided(_accumulate("Sum", data, ids, rows, 0), _counts(ids, rows, data))
    wide = data.astype(np.complex128 if data.dtype.kind == "c" else np.float64)
    return _divided(_accumulate("Sum", wide, ids, rows, 0), _counts(ids, rows, data)).astype(data.dtype)


@kernel("UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin")
def _unsorted_segment(k: KernelContext, data: Array, ids: Array, num_segments: Array) -> Array:
    if num_segments.ndim:
        raise InvalidArgumentError(None, k.op, f"num_segments should be a scalar, not shape {list(num_segments.shape)}")
    kind, rows = k.op.type.removeprefix("UnsortedSegment"), int(num_segments)
    if rows < 0:
        raise InvalidArgumentError(None, k.op, f"Input num_segments == {rows} must not be negative.")
    if data.shape[: ids.ndim] != ids.shape:
        raise InvalidArgumentError(
            None, k.op, f"data.shape = {list(data.shape)} does not start with segment_ids.shape = {list(ids.shape)}"
        )
    flat = ids.reshape(-1)
    too_large = np.flatnonzero(flat >= rows)
    if too_large.size:
        place = np.unravel_index(int(too_large[0]), ids.shape)
        raise InvalidArgumentError(
            None, k.op, f"segment_ids[{','.join(map(str, place))}] = {flat[too_large[0]]} is out of range [0, {rows})"
        )
    low, high = (0, 0) if kind in ("Sum", "Prod") else _limits(data.dtype)
    start = {"Sum": 0, "Prod": 1, "Max": low, "Min": high}[kind]
    kept = flat >= 0
    values = data.reshape(flat.size, *data.shape[ids.ndim :])
    return _accumulate(kind, values[kept], flat[kept], rows, start)


def _checked_rows(k: KernelContext, data: Array, indices: Array) -> Array:
    wrong = np.flatnonzero((indices < 0) | (indices >= data.shape[0]))
    if wrong.size:
        raise InvalidArgumentError(
            None, k.op, f"indices[{wrong[0]}] == {indices[wrong[0]]} out of range [0, {data.shape[0]})"
        )
    return data[indices]


def _divisor(kind: str, number: Array) -> Array:
    return np.sqrt(number) if kind == "SqrtN" else number if kind == "Mean" else np.ones_like(number)


_SPARSE = tuple(
    f"SparseSegment{kind}{suffix}" for kind in ("Sum", "Mean", "SqrtN") for suffix in ("", "WithNumSegments")
)


@kernel(*_SPARSE)
def _sparse_segment(k: KernelContext, data: Array, indices: Array, ids: Array, *num_segments: Array) -> Array:
    if indices.size != ids.size:
        raise InvalidArgumentError(None, k.op, "segment_ids and indices should have same size.")
    _check_sorted(k, ids, ids.size)
    kind = k.op.type.removeprefix("SparseSegment").removesuffix("WithNumSegments")
    rows = int(ids[-1]) + 1 if ids.size else 0
    if num_segments:
        if rows > int(num_segments[0]):
            raise InvalidArgumentError(None, k.op, "segment ids must be < num_segments")
        rows = int(num_segments[0])
    picked = _checked_rows(k, data, indices)
    if kind == "Sum":
        return _accumulate("Sum", picked, ids, rows, 0)
    total = _accumulate("Sum", picked.astype(np.float64), ids, rows, 0)
    return (total / _divisor(kind, _counts(ids, rows, data))).astype(data.dtype)


@kernel("SparseSegmentSumGrad", "SparseSegmentMeanGrad", "SparseSegmentSqrtNGrad")
def _sparse_segment_grad(k: KernelContext, grad: Array, indices: Array, ids: Array, rows: Array) -> Array:
    kind = k.op.type.removeprefix("SparseSegment").removesuffix("Grad")
    segments = grad.shape[0]
    if ids.size and int(ids[-1]) + 1 > segments:
        raise InvalidArgumentError(None, k.op, "Invalid number of segments")
    outside = np.flatnonzero((ids < 0) | (ids >= segments))
    if outside.size:
        raise InvalidArgumentError(None, k.op, f"Segment id {ids[outside[0]]} out of range [0, {segments}).")
    scaled = grad.astype(np.float64) / _divisor(kind, _counts(ids, grad.shape[0], grad))
    wrong = np.flatnonzero((indices < 0) | (indices >= int(rows)))
    if wrong.size:
        raise InvalidArgumentError(None, k.op, f"Index {indices[wrong[0]]} out of range [0, {int(rows)}).")
    return _accumulate("Sum", _checked_rows(k, scaled, ids), indices, int(rows), 0).astype(grad.dtype)
