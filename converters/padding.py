"""Padding along some dimensions.

The operator's input `axes` is never used: when ONNX Runtime moves a Transpose over a Pad it permutes the amounts as if
they were given for every dimension, and pads along the wrong ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from converters.builder import Builder, Value

Amounts = Sequence[int] | Value
"""One amount per padded dimension: ints, or an int64 vector."""


def pad(
    b: Builder, x: Value, rank: int, axes: Sequence[int], before: Amounts, after: Amounts, value: Value | None = None
) -> Value:
    """`x` with elements added before and after along `axes`.

    Args:
        b: the builder.
        x: tensor of `rank`.
        rank: its rank.
        axes: dimensions, counted from the front, in ascending order.
        before: how many elements are added in front along each of `axes`.
        after: how many are added behind.
        value: the scalar that is added; zero when None.
    """
    sides = [_every(b, rank, axes, amounts) for amounts in (before, after)]
    if all(isinstance(side, list) for side in sides):
        return b.Pad(x, b.const(sides[0] + sides[1]), value)  # type: ignore[operator]
    return b.Pad(x, b.Concat(*[b.const(s) if isinstance(s, list) else s for s in sides], axis=0), value)


def _every(b: Builder, rank: int, axes: Sequence[int], amounts: Amounts) -> list[int] | Value:
    """Amounts for every dimension."""
    if not isinstance(amounts, Value):
        found = [0] * rank
        for axis, amount in zip(axes, amounts, strict=True):
            found[axis] = int(amount)
        return found
    if list(axes) == list(range(rank)):
        return amounts
    places = [list(axes).index(i) if i in axes else len(axes) for i in range(rank)]
    return b.Gather(b.Concat(amounts, b.const([0]), axis=0), b.const(places), axis=0)  # type: ignore[no-any-return]
