"""Sizes that are known while building or computed in the run: plain ints, or int64 Values of shape [1]."""

from __future__ import annotations

from collections.abc import Sequence

from converters.builder import Builder, Value

Size = int | Value


def sizes_of(b: Builder, x: Value) -> list[Size]:
    """The sizes of the dimensions of `x`."""
    rank = x.rank
    known = x.shape or (None,) * rank
    if None not in known:
        return list(known)  # type: ignore[arg-type]
    whole = b.Shape(x)
    return [d if d is not None else b.Slice(whole, [i], [i + 1]) for i, d in enumerate(known)]


def times(b: Builder, size: Size, factor: Size) -> Size:
    """The product of two sizes."""
    if isinstance(size, int) and isinstance(factor, int):
        return size * factor
    if isinstance(size, int):
        size, factor = factor, size
    return size if factor == 1 else b.Mul(size, factor)  # type: ignore[no-any-return]


def divided(b: Builder, size: Size, by: int) -> Size:
    """The whole quotient of a size; a remainder shows when a tensor is reshaped with it."""
    return size // by if isinstance(size, int) else size if by == 1 else b.Div(size, by)


def product(b: Builder, sizes: Sequence[Size]) -> Size:
    """The product of sizes."""
    total: Size = 1
    for size in sizes:
        total = times(b, total, size)
    return total


def vector(b: Builder, sizes: Sequence[Size]) -> Value:
    """Sizes as an int64 vector."""
    if all(isinstance(s, int) for s in sizes):
        return b.const(list(sizes))
    return b.Concat(*[b.const([s]) if isinstance(s, int) else s for s in sizes], axis=0)


def reshape(b: Builder, x: Value, sizes: Sequence[Size]) -> Value:
    """`x` with these sizes; the result knows those that are ints."""
    result = b.Reshape(x, vector(b, sizes), allowzero=1)
    result.shape = tuple(s if isinstance(s, int) else None for s in sizes)
    return result
