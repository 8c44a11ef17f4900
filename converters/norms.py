"""The cross product."""

from __future__ import annotations

from converters.builder import Builder, Value
from converters.registry import converts
from tfcompat.graph.operation import Operation


@converts("Cross")
def _cross(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    """Element i is x[i + 1] * y[i + 2] - x[i + 2] * y[i + 1], indices modulo 3."""
    one, two = b.const([1, 2, 0]), b.const([2, 0, 1])
    first = b.Mul(b.Gather(x, one, axis=-1), b.Gather(y, two, axis=-1))
    second = b.Mul(b.Gather(x, two, axis=-1), b.Gather(y, one, axis=-1))
    return b.Sub(first, second)
