"""The meaning of begin, end, strides and masks of strided slices, shared by inference, kernels and converters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")

NEW_AXIS = -1
"""Entry of `Layout.output_axes` for a dimension of size 1 that the slice inserts."""


@dataclass(slots=True)
class Axis:
    """What happens along one dimension of the input.

    Attributes:
        entry: position in begin, end and strides; -1 for dimensions that are taken whole.
        begin_open, end_open: whether the bound is left out.
        shrink: whether the entry is an index, which drops the dimension.
    """

    entry: int = -1
    begin_open: bool = True
    end_open: bool = True
    shrink: bool = False


@dataclass(slots=True)
class Layout:
    """A slice specification spread over the dimensions of its input.

    Attributes:
        axes: one `Axis` per input dimension.
        output_axes: per output dimension the input dimension it comes from, or NEW_AXIS.
    """

    axes: list[Axis] = field(default_factory=list)
    output_axes: list[int] = field(default_factory=list)


def layout(entries: int, rank: int, masks: Sequence[int]) -> Layout:
    """Spreads `entries` entries over `rank` dimensions.

    Args:
        entries: length of begin, end and strides.
        rank: rank of the input.
        masks: begin, end, ellipsis, new-axis and shrink mask, see `MASKS`.

    Raises:
        ValueError: there are too many entries, or two ellipses.
    """
    begin, end, ellipsis, new_axis, shrink = masks
    if bin(ellipsis).count("1") > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed")
    ordinary = [i for i in range(entries) if not (ellipsis | new_axis) >> i & 1]
    found = Layout()
    for i in range(entries):
        if ellipsis >> i & 1:
            later = len([j for j in ordinary if j > i])
            _take_whole(found, rank - later)
        elif new_axis >> i & 1:
            found.output_axes.append(NEW_AXIS)
        else:
            axis = len(found.axes)
            if axis == rank:
                raise ValueError(
                    "Attempting to slice scalar input."
                    if rank == 0
                    else f"Index out of range using input dim {axis}; input has only {rank} dims"
                )
            dropped = bool(shrink >> i & 1)
            found.axes.append(Axis(i, bool(begin >> i & 1), bool(end >> i & 1), dropped))
            if not dropped:
                found.output_axes.append(axis)
    _take_whole(found, rank)
    return found


def _take_whole(found: Layout, until: int) -> None:
    while len(found.axes) < until:
        found.output_axes.append(len(found.axes))
        found.axes.append(Axis())


def bounds(
    axis: Axis, dimension: int, size: int, begin: Sequence[int], end: Sequence[int], strides: Sequence[int]
) -> tuple[int, int, int]:
    """First position, limit and step along a dimension of known size.

    Positions lie in [0, size] for positive steps; for negative ones in [-1, size - 1], with -1 before the first.

    Raises:
        ValueError: an index is out of bounds, or a step is zero or, for an index, not positive.
    """
    if axis.entry < 0:
        return 0, size, 1
    step = strides[axis.entry]
    check_step(axis, step)
    first, limit = begin[axis.entry], end[axis.entry]
    if axis.shrink:
        first += size if first < 0 else 0
        if not 0 <= first < size:
            raise ValueError(f"slice index {first} of dimension {dimension} out of bounds.")
        return first, first + 1, 1
    low, high = (0, size) if step > 0 else (-1, size - 1)
    starts, stops = (low, high) if step > 0 else (high, low)
    first = starts if axis.begin_open else min(max(first + (size if first < 0 else 0), low), high)
    limit = stops if axis.end_open else min(max(limit + (size if limit < 0 else 0), low), high)
    return first, limit, step


def check_step(axis: Axis, step: int) -> None:
    """Raises ValueError when `step` is not allowed for `axis`."""
    if step == 0:
        raise ValueError(f"strides[{axis.entry}] must be non-zero")
    if axis.shrink and step < 0:
        raise ValueError("only stride 1 allowed on non-range indexing.")


def length(first: int, limit: int, step: int) -> int:
    """The number of positions from `first` towards `limit`."""
    return max(0, -(-(limit - first) // step))


def output_sizes(
    found: Layout,
    sizes: Sequence[int | None],
    begin: Sequence[int] | None,
    end: Sequence[int] | None,
    strides: Sequence[int],
) -> list[int | None]:
    """The sizes of the slice of an input of `sizes`; None where they depend on what is not known.

    Args:
        found: the layout.
        sizes: sizes of the input.
        begin: begin vector, or None when it is not known.
        end: end vector, or None when it is not known.
        strides: steps.

    Raises:
        ValueError: an index is out of bounds, or a step is not allowed.
    """
    kept: dict[int, int | None] = {}
    for dimension, (axis, size) in enumerate(zip(found.axes, sizes, strict=True)):
        if axis.entry >= 0:
            check_step(axis, strides[axis.entry])
        if axis.entry < 0:
            kept[dimension] = size
        elif size is None:
            kept[dimension] = None
        elif begin is not None and end is not None:
            kept[dimension] = length(*bounds(axis, dimension, size, begin, end, strides))
        elif axis.begin_open and axis.end_open and not axis.shrink:
            kept[dimension] = -(-size // abs(strides[axis.entry]))
        else:
            kept[dimension] = None
    return [1 if axis == NEW_AXIS else kept[axis] for axis in found.output_axes]
