"""The largest elements along the last axis."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


def _largest(b: Builder, x: Value, k: Value, largest: int = 1) -> list[Value]:
    """Values and int64 indices of the `k` largest (or smallest), in order."""
    wide = b.cast(x, dtypes.float32) if x.dtype.is_floating and x.dtype.size == 2 else x
    values, indices = b.node(
        "TopK", [wide, b.Reshape(b.int64(k), [1])], outputs=2, dtype=dtypes.int64, axis=-1, largest=largest, sorted=1
    )
    return [b.cast(values, x.dtype), indices]


@converts("TopK", "TopKV2")
def _top_k(b: Builder, op: Operation, x: Value, *k: Value) -> list[Value]:
    count = k[0] if k else b.const(op.attrs["k"])
    size = x.shape[-1] if x.shape else None
    if count.const is not None and size is not None and not 0 <= int(count.const) <= size:
        raise NotConvertible("more elements than there are")
    values, indices = _largest(b, x, count)
    return [values, b.cast(indices, op.outputs[1].dtype.base_dtype)]


@converts("NthElement")
def _nth_element(b: Builder, op: Operation, x: Value, n: Value) -> Value:
    position = int(b.constant(n, "the position"))
    if position < 0 or x.shape is None or x.shape[-1] is None or position >= x.shape[-1]:
        raise NotConvertible("a position that may be outside")
    values, _ = _largest(b, x, b.const(position + 1), largest=int(op.attrs["reverse"]))
    return b.Squeeze(b.Slice(values, [position], [position + 1], [-1]), [-1])  # type: ignore[no-any-return]


@converts("InTopK", "InTopKV2")
def _in_top_k(b: Builder, op: Operation, predictions: Value, targets: Value, *k: Value) -> Value:
    """Fewer than k predictions above the target's, and all of them finite."""
    count = b.int64(k[0]) if k else b.const(op.attrs["k"])
    classes = b.Slice(b.Shape(predictions), [1], [2], [0])
    wanted = b.int64(targets)
    valid = b.And(b.GreaterOrEqual(wanted, 0), b.Less(wanted, classes))
    column = b.Unsqueeze(b.Where(valid, wanted, b.const(0)), [1])
    target = b.GatherElements(predictions, column, axis=1)
    better = b.cast(b.Greater(predictions, target), dtypes.int64)
    endless = b.cast(b.Or(b.IsInf(predictions), b.IsNaN(predictions)), dtypes.int64)
    above, odd = (b.ReduceSum(v, b.const(np.array([1])), keepdims=0) for v in (better, endless))
    return b.And(b.And(valid, b.Less(above, count)), b.Equal(odd, 0))  # type: ignore[no-any-return]
