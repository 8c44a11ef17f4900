"""Choices between the elements of two tensors.

ONNX Runtime's Where takes ten times as long as a product. Of large floats the chosen ones are therefore multiplied by
one and the others by nothing, which is exact unless one of the others is infinite or NaN: then Where runs after all.
"""

from __future__ import annotations

import math

from converters.branches import if_else
from converters.builder import Builder, Dims, Value
from tfcompat.graph import dtypes

LARGE_ELEMENTS = 1 << 13
"""Below this, Where costs less than what it takes to do without it."""

_TYPES = (dtypes.float32, dtypes.float64)


def choose(b: Builder, condition: Value, x: Value, y: Value) -> Value:
    """`x` where `condition` holds, else `y`; the three broadcast.

    Args:
        b: the builder.
        condition: bool tensor.
        x: tensor.
        y: tensor of the same type.
    """
    shape = _broadcast(condition.shape, x.shape, y.shape)
    if (
        not b.strict
        or shape is None
        or x.dtype not in _TYPES
        or condition.const is not None
        or math.prod(shape) < LARGE_ELEMENTS
    ):
        return b.Where(condition, x, y)  # type: ignore[no-any-return]
    parts = [(v, chosen) for v, chosen in ((x, True), (y, False)) if not _is_zero(v)]
    if not parts:
        return b.Where(condition, x, y)  # type: ignore[no-any-return]
    total = None
    for value, _ in parts:
        part = value if value.shape == () else b.ReduceSum(value, keepdims=0)
        total = part if total is None else b.Add(total, part)

    def masked(i: Builder) -> Value:
        result = None
        for value, chosen in parts:
            term = i.Mul(value, i.cast(condition if chosen else i.Not(condition), x.dtype))
            result = term if result is None else i.Add(result, term)
        assert result is not None
        return result

    doubt = b.IsNaN(b.Sub(total, total))
    return if_else(b, doubt, lambda i: i.Where(condition, x, y), masked, x.dtype, shape, rare=True)


def _is_zero(value: Value) -> bool:
    return value.const is not None and not value.const.any()


def _broadcast(*shapes: Dims | None) -> tuple[int, ...] | None:
    """The common shape where all are known and one of them has it, else None."""
    known: list[tuple[int, ...]] = []
    for shape in shapes:
        if shape is None or None in shape:
            return None
        known.append(tuple(d or 0 for d in shape))
    result = max(known, key=lambda s: (len(s), math.prod(s)))
    fits = all(d in (1, r) for s in known for d, r in zip(reversed(s), reversed(result), strict=False))
    return result if fits else None
