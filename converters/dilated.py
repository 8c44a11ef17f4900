"""Convolutions between SpaceToBatchND and BatchToSpaceND: they are dilated convolutions of the images before the split.

A value of SpaceToBatchND remembers what was split, one of a convolution of it how to compute the dilated convolution;
BatchToSpaceND asks for that. Nodes in between that nothing else takes are then not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converters.builder import Builder, Value
from converters.windows import Axis
from tfcompat.graph.operation import Operation

Pairs = tuple[tuple[int, int], ...]
Joined = Callable[[Builder, Sequence[int], Pairs], Value | None]
"""From the blocks and crops of BatchToSpaceND to its output; None where they do not belong to the split."""


@dataclass(frozen=True)
class Split:
    """What SpaceToBatchND took: its input, and blocks and paddings of the axes after the batch."""

    source: Value
    blocks: tuple[int, ...]
    paddings: Pairs

    def expanded(self, b: Builder, axis: int) -> Split | None:
        """The split of an input with one more `axis`, of size 1; None where that is not among its axes."""
        if not 1 <= axis <= len(self.blocks) + 1:
            return None
        at = axis - 1
        return Split(
            b.Unsqueeze(self.source, [axis]),
            (*self.blocks[:at], 1, *self.blocks[at:]),
            (*self.paddings[:at], (0, 0), *self.paddings[at:]),
        )


def joined_convolution(
    op: Operation, split: Split | None, window: Sequence[int], convolve: Callable[[Builder, Value, list[Axis]], Value]
) -> Joined | None:
    """How to compute the convolution `op` of a split input on what was split.

    Args:
        op: the convolution.
        split: of its input; None for one that is none.
        window: sizes of its filter.
        convolve: the convolution of an input along axes.
    """
    rank = len(op.attrs["strides"])
    ones = op.attrs.get("dilations") or [1] * rank
    plain = op.attrs["padding"] == b"VALID" and all(n == 1 for n in (*op.attrs["strides"], *ones))
    if split is None or not plain or op.attrs["data_format"].startswith(b"NC") or len(split.blocks) != len(window):
        return None

    def joined(b: Builder, blocks: Sequence[int], crops: Pairs) -> Value | None:
        pads = [(p[0] - c[0], p[1] - c[1]) for p, c in zip(split.paddings, crops, strict=True)]
        if tuple(blocks) != split.blocks or any(n < 0 for pair in pads for n in pair):
            return None
        sizes = split.source.shape or (None,) * rank
        axes = [
            Axis(i + 1, k, 1, block, *pair, sizes[i + 1])
            for i, (k, block, pair) in enumerate(zip(window, blocks, pads, strict=True))
        ]
        if any(a.size is not None and not a.positions for a in axes):
            return None
        return convolve(b, split.source, axes)

    return joined


def squeezed(inner: Joined | None, axis: int) -> Joined | None:
    """The same for the output without `axis`, which has the size 1 and is not split."""
    if inner is None or axis < 1:
        return None

    def joined(b: Builder, blocks: Sequence[int], crops: Pairs) -> Value | None:
        at = axis - 1
        value = inner(b, (*blocks[:at], 1, *blocks[at:]), (*crops[:at], (0, 0), *crops[at:]))
        return None if value is None else b.Squeeze(value, [axis])

    return joined
