"""Host kernels: ragged tensors as variants. A variant holds (list of row splits, values)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed

Parts = tuple[list[np.ndarray], np.ndarray]


class _Held:
    """What a variant holds; no sequence, which arrays of objects would take apart."""

    def __init__(self, parts: Parts):
        self.parts = parts

    def __add__(self, other: _Held) -> _Held:
        """The sum of the values of two of the same rows, as gradients are added."""
        return _Held((self.parts[0], self.parts[1] + other.parts[1]))


def held(splits: list[np.ndarray], values: np.ndarray) -> np.ndarray:
    """A variant of a ragged tensor."""
    return boxed(_Held((splits, values)))


def _row(splits: list[np.ndarray], values: np.ndarray, at: int) -> Parts:
    """Row `at`, which has one row split less; of plain values, the slice."""
    if not splits:
        return [], np.asarray(values[at])
    begin, end = int(splits[0][at]), int(splits[0][at + 1])
    inner = []
    for below in splits[1:]:
        part = below[begin : end + 1]
        begin, end = int(part[0]), int(part[-1])
        inner.append(part - part[:1])
    return inner, values[begin:end]


@kernel("RaggedTensorToVariant")
def _to_variant(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    splits, values = list(inputs[:-1]), inputs[-1]
    if not k.attr("batched_input"):
        return boxed(_Held(([s.copy() for s in splits], values.copy())))
    if not splits and not values.ndim:
        raise InvalidArgumentError(None, k.op, "a batched input has one axis at least, and this one is a scalar")
    rows = len(splits[0]) - 1 if splits else len(values)
    out = np.empty(rows, object)
    for at in range(rows):
        out[at] = _Held(_row(splits, values, at))
    return out


def _joined(k: KernelContext, parts: list[Parts], splits_dtype: Any) -> Parts:
    """Parts one below the other: their lengths make the outermost row splits."""
    found = {len(p[0]) for p in parts}
    if len(found) > 1:
        raise InvalidArgumentError(None, k.op, f"Encoded ragged tensors have different ragged ranks: {sorted(found)}")
    depth = found.pop()
    shapes = {p[1].shape[1:] for p in parts}
    if len(shapes) > 1:
        raise InvalidArgumentError(
            None, k.op, f"All flat_values must have compatible shapes. Got inner shapes {sorted(shapes)}"
        )
    levels = []
    for level in range(depth):
        offset, pieces = 0, [np.zeros(1, splits_dtype)]
        for splits, _ in parts:
            pieces.append(splits[level][1:] + offset)
            offset += int(splits[level][-1])
        levels.append(np.concatenate(pieces).astype(splits_dtype))
    lengths = [len(s[0]) - 1 if s else len(v) for s, v in parts]
    outer = np.cumsum([0, *lengths]).astype(splits_dtype)
    return [outer, *levels], np.concatenate([v for _, v in parts])


def _merged(k: KernelContext, encoded: np.ndarray, ranks: int, splits_dtype: Any, dtype: Any) -> Parts:
    if encoded.ndim == 0:
        return encoded.item().parts  # type: ignore[no-any-return]
    if not len(encoded):
        return [np.zeros(1, splits_dtype)] * ranks, np.empty((0,), dtype)
    parts = [_merged(k, encoded[i, ...], ranks - 1, splits_dtype, dtype) for i in range(len(encoded))]
    if ranks <= 0:
        return [], np.stack([v for _, v in parts])
    return _joined(k, parts, splits_dtype)


@kernel("RaggedTensorFromVariant")
def _from_variant(k: KernelContext, encoded: np.ndarray) -> tuple[np.ndarray, ...]:
    wanted, given = k.attr("output_ragged_rank"), k.attr("input_ragged_rank")
    if given != -1 and given + encoded.ndim != wanted:
        raise InvalidArgumentError(
            None,
            k.op,
            "output_ragged_rank must be equal to input_ragged_rank + encoded_ragged.dims(); output_ragged_rank: "
            f"{wanted}, input_ragged_rank: {given}, encoded_ragged.dims(): {encoded.ndim}.",
        )
    dtype = k.attr("Tvalues")
    splits, values = _merged(k, encoded, wanted, k.attr("Tsplits").as_numpy_dtype, dtype.as_numpy_dtype)
    if values.dtype != np.dtype(dtype.as_numpy_dtype):
        raise InvalidArgumentError(
            None, k.op, f"Expected values Tensor dtype: {dtype.name}, found: {values.dtype.name}"
        )
    if len(splits) != wanted:
        raise InvalidArgumentError(
            None, k.op, f"Encoded input RaggedTensor has {len(splits)} row splits, expected {wanted}."
        )
    return *splits, values


@kernel("RaggedTensorToVariantGradient")
def _to_variant_gradient(
    k: KernelContext, encoded: np.ndarray, row_splits: np.ndarray, dense_values_shape: np.ndarray
) -> np.ndarray:
    """The values of all variants, one after the other, in the shape of what they are the gradient of."""
    dtype = k.attr("Tvalues").as_numpy_dtype
    parts = [held.parts[1].ravel() for held in encoded.ravel()]
    return np.concatenate([np.empty(0, dtype), *parts]).reshape(dense_values_shape)
