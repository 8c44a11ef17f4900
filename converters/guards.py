"""Checks inside a model: what the reference refuses must fail in ONNX Runtime too, where it would go on.

Files that are not strict go without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible
from tfcompat.graph import dtypes

_LARGEST = {"int32": np.iinfo(np.int32).max, "int64": np.iinfo(np.int64).max}


def require(b: Builder, ok: Value, x: Value, always: bool = False) -> Value:
    """`x`, an int64 vector, in a run in which the bool scalar `ok` is true; else the run fails.

    With `always`, files that are not strict check it too: where the result would look like one.

    The failing node is a Reshape of one element to two. It must not be followed by another operator that only changes
    the shape: ONNX Runtime would merge the two and drop the failure.
    """
    if not (b.strict or always):
        return x
    wrong = b.cast(b.Not(ok), dtypes.int64)
    one_if_ok = b.Add(b.Reshape(wrong, [1]), 1)
    return b.Add(x, b.Reshape(b.const(np.zeros(1, np.int64)), one_if_ok))


def only_if(b: Builder, ok: Value, x: Value) -> Value:
    """`x` in a run in which the bool scalar `ok` is true; else the run of any file fails, whatever is done with `x`."""
    same: Value = b.Expand(x, require(b, ok, b.Shape(x), always=True))
    same.shape = x.shape
    return same


def non_negative(b: Builder, indices: Value, size: int | None = None) -> Value:
    """Indices for operators that count negative ones from the end: those become too large, which the operators refuse.

    Args:
        b: the builder.
        indices: integers; small types become int64.
        size: the size of the indexed dimension, if known: constant indices are checked against it at once.

    Raises:
        NotConvertible: a constant index is out of range.
    """
    if indices.dtype.name not in _LARGEST:
        indices = b.int64(indices)
    if indices.const is not None:
        values = indices.const
        if values.size and (values.min() < 0 or size is not None and values.max() >= size):
            raise NotConvertible("a constant index is out of range")
        return indices
    if not b.strict:
        return indices
    largest = np.array(_LARGEST[indices.dtype.name], indices.dtype.as_numpy_dtype)
    return b.Where(b.Less(indices, b.const(np.zeros((), largest.dtype))), b.const(largest), indices)


def same_shape(b: Builder, x: Value, like: Value) -> Value:
    """`x`, in a run in which it has the shape of `like`, of the same rank; else the run fails.

    Raises:
        NotConvertible: the shapes are known to differ.
    """
    if x.rank != like.rank:
        raise NotConvertible(f"the ranks {x.rank} and {like.rank} differ")
    pairs = list(zip(x.shape or (), like.shape or (), strict=True))
    if any(p is not None and q is not None and p != q for p, q in pairs):
        raise NotConvertible(f"the shapes {x.shape} and {like.shape} differ")
    unknown = [i for i, (p, q) in enumerate(pairs) if p is None or q is None]
    if not unknown or not b.strict:
        return x
    wanted = b.Shape(like)
    if len(unknown) > 1 or any(q == 0 for _, q in pairs):
        wanted = require(b, b.ReduceMin(b.Equal(b.Shape(x), wanted), keepdims=0), wanted)
    return b.Reshape(x, wanted, allowzero=1)


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape as errors spell it."""
    return f"[{','.join('?' if d is None else str(d) for d in shape)}]"
