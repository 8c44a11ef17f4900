"""Sliding windows in ONNX: geometry, taps (one shifted slice per window element), and the way back from taps.

A window operation over an array is a sum (or maximum) over taps: slices of the padded array, one for every element of
the window, each holding that element for all window positions. This gives convolutions and pools in every dtype, in any
layout and without transposes; ONNX's own Conv and pool operators are used where they are faster.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters.builder import Builder, Value
from converters.padding import pad
from converters.registry import NeedsFullShapes
from tfcompat.graph.operation import Operation

INT64_MAX = (1 << 63) - 1
Dim = int | None


@dataclass(frozen=True, slots=True)
class Axis:
    """A window's way along one axis.

    Attributes:
        axis: position of the axis in the array.
        window: elements of the window.
        stride: distance between window positions.
        dilation: distance between window elements.
        before, after: padding.
        size: size of the unpadded axis, or None.
        same: whether the padding is found in the run, so that there is a position for every `stride` elements.
    """

    axis: int
    window: int
    stride: int
    dilation: int
    before: int
    after: int
    size: Dim
    same: bool = False

    @property
    def extent(self) -> int:
        """Distance from the first to one past the last element of the window."""
        return (self.window - 1) * self.dilation + 1

    @property
    def positions(self) -> Dim:
        """The number of window positions; None when the size is not known."""
        if self.size is None:
            return None
        return max((self.size + self.before + self.after - self.extent) // self.stride + 1, 0)

    def known_size(self) -> int:
        """The size; NeedsFullShapes when it is not known."""
        if self.size is None:
            raise NeedsFullShapes("a spatial size is not known while the model is built")
        return self.size

    def known_positions(self) -> int:
        """The number of window positions; NeedsFullShapes when it is not known."""
        self.known_size()
        return self.positions  # type: ignore[return-value]


def spatial_axes(data_format: bytes, rank: int) -> list[int]:
    """The axes over which windows slide."""
    return list(range(2, rank)) if data_format.startswith(b"NC") else list(range(1, rank - 1))


def channel_axis(data_format: bytes, rank: int) -> int:
    """The axis of the channels."""
    return 1 if data_format.startswith(b"NC") else rank - 1


def window_axes(
    op: Operation,
    sizes: Sequence[Dim],
    windows: Sequence[int],
    rank: int,
    axes: Sequence[int] | None = None,
    in_run: bool = False,
) -> list[Axis]:
    """The geometry of a window operation.

    Args:
        op: operation with the attributes strides, padding, and perhaps data_format, dilations, explicit_paddings.
        sizes: sizes of the input, per axis of the array.
        windows: window sizes, per entry of `axes`.
        rank: rank of the input.
        axes: the axes to slide over; the spatial ones by default.
        in_run: whether SAME padding may be left to the run, where it depends on a size that is not known.

    Raises:
        NeedsFullShapes: SAME padding depends on a size that is not known.
    """
    axes = spatial_axes(op.attrs.get("data_format", b"NHWC"), rank) if axes is None else axes
    dilations = op.attrs.get("dilations") or op.attrs.get("rates") or [1] * rank
    explicit = op.attrs.get("explicit_paddings") or [0] * (2 * rank)
    found = []
    for axis, window in zip(axes, windows, strict=True):
        stride, dilation = op.attrs["strides"][axis], dilations[axis]
        if in_run and op.attrs["padding"] == b"SAME" and sizes[axis] is None and stride > 1 and dilation == 1:
            found.append(Axis(axis, window, stride, dilation, 0, 0, None, same=True))
            continue
        before, after = _padding(
            op.attrs["padding"], sizes[axis], window, stride, dilation, (explicit[2 * axis], explicit[2 * axis + 1])
        )
        found.append(Axis(axis, window, stride, dilation, before, after, sizes[axis]))
    return found


def _padding(
    kind: bytes, size: Dim, window: int, stride: int, dilation: int, explicit: tuple[int, int]
) -> tuple[int, int]:
    if kind == b"VALID":
        return 0, 0
    if kind == b"EXPLICIT":
        return explicit
    extent = (window - 1) * dilation + 1
    if stride == 1:
        total = extent - 1
    elif size is None:
        raise NeedsFullShapes("SAME padding with a stride depends on a size that is not known while the model is built")
    else:
        total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def pad_lists(axes: Sequence[Axis]) -> list[int]:
    """The `pads` attribute of ONNX's window operators."""
    return [a.before for a in axes] + [a.after for a in axes]


def onnx_padding(axes: Sequence[Axis]) -> dict[str, Any]:
    """The attributes of ONNX's window operators that say how to pad."""
    return {"auto_pad": "SAME_UPPER"} if any(a.same for a in axes) else {"pads": pad_lists(axes)}


def padded(b: Builder, x: Value, axes: Sequence[Axis], fill: Any = None, rank: int | None = None) -> Value:
    """`x` with the windows' padding added; `fill` is its value, zero by default; `rank` where `x` does not know it."""
    if any(a.same for a in axes):
        raise NeedsFullShapes("SAME padding with a stride depends on a size that is not known while the model is built")
    axes = [a for a in axes if a.before or a.after]
    return _pad(b, x, [(a.axis, a.before, a.after) for a in axes], x.rank if rank is None else rank, fill)


def _pad(b: Builder, x: Value, amounts: Sequence[tuple[int, int, int]], rank: int, fill: Any = None) -> Value:
    """Pads (axis, before, after); negative amounts crop."""
    amounts = [a for a in amounts if a[1] or a[2]]
    if not amounts:
        return x
    value = b.const(np.asarray(0 if fill is None else fill), x.dtype)
    axes, before, after = zip(*sorted(amounts), strict=True)
    return pad(b, x, rank, axes, before, after, value)


def tap(b: Builder, x: Value, axes: Sequence[Axis], offsets: Sequence[int]) -> Value:
    """The slice of the padded array `x` that holds the window element `offsets` of every position."""
    starts, ends, steps = [], [], []
    for a, offset in zip(axes, offsets, strict=True):
        rest = (a.window - 1 - offset) * a.dilation
        starts.append(offset * a.dilation)
        ends.append(-rest if rest else INT64_MAX)
        steps.append(a.stride)
    if all(a.window == 1 and a.stride == 1 for a in axes):
        return x
    return b.Slice(x, b.const(starts), b.const(ends), b.const([a.axis for a in axes]), b.const(steps))


def offsets(axes: Sequence[Axis]) -> list[tuple[int, ...]]:
    """The window's elements in order."""
    return list(itertools.product(*(range(a.window) for a in axes)))


def taps(b: Builder, x: Value, axes: Sequence[Axis]) -> list[Value]:
    """All taps of the padded array `x`, in the order of the window's elements."""
    return [tap(b, x, axes, at) for at in offsets(axes)]


def spread(b: Builder, parts: Callable[[tuple[int, ...]], Value], axes: Sequence[Axis], rest: Sequence[Dim]) -> Value:
    """The adjoint of `taps`: adds each part to the elements that its tap was taken from.

    Args:
        parts: window element -> array of the shape of the window positions.
        axes: the axes in ascending order.
        rest: dimensions of the array after the last of `axes`.

    Returns:
        An array of the unpadded size along `axes`.
    """

    def combine(prefix: tuple[int, ...]) -> Value:
        depth = len(prefix)
        if depth == len(axes):
            return parts(prefix)
        a = axes[depth]
        after = [x.size for x in axes[depth + 1 :]] + list(rest)
        return _spread_axis(b, [combine((*prefix, t)) for t in range(a.window)], a, after)

    return combine(())


def _spread_axis(b: Builder, parts: Sequence[Value], a: Axis, rest: Sequence[Dim]) -> Value:
    """`spread` along one axis: element i of part t goes to stride * i + dilation * t - before."""
    if a.stride == 1 and a.window == 1 and not (a.before or a.after):
        return parts[0]
    size, positions = a.known_size(), a.known_positions()
    rank = a.axis + 1 + len(rest)
    if a.stride == 1:
        shifted = [
            _pad(b, part, [(a.axis, t * a.dilation - a.before, size - (t * a.dilation - a.before) - positions)], rank)
            for t, part in enumerate(parts)
        ]
        return _total(b, shifted)
    shifts = [divmod(t * a.dilation, a.stride) for t in range(a.window)]
    reach = max(q for q, _ in shifts)
    phases: list[Value | None] = []
    for phase in range(a.stride):
        terms = [_pad(b, parts[t], [(a.axis, q, reach - q)], rank) for t, (q, r) in enumerate(shifts) if r == phase]
        phases.append(_total(b, terms) if terms else None)
    return _interleaved(b, phases, a, positions + reach, size, rest)


def _interleaved(
    b: Builder, phases: Sequence[Value | None], a: Axis, length: int, size: int, rest: Sequence[Dim]
) -> Value:
    """Element i of phase r at stride * i + r, then cropped or padded to the unpadded axis."""
    if None in rest:
        raise NeedsFullShapes("a size is not known while the model is built")
    first = next(p for p in phases if p is not None)
    like = None
    columns = []
    for phase in phases:
        if phase is None:
            like = like or b.Expand(b.const(np.asarray(0), first.dtype), b.Shape(first))
        columns.append(b.Unsqueeze(phase or like, b.const([a.axis + 1])))
    stacked = b.Concat(*columns, axis=a.axis + 1)
    flat = b.Reshape(stacked, b.const([0] * a.axis + [length * a.stride, *rest]))
    return _pad(b, flat, [(a.axis, -a.before, size + a.before - length * a.stride)], a.axis + 1 + len(rest))


def _total(b: Builder, terms: Sequence[Value]) -> Value:
    """The sum; integers are added in turn, for which there is no Sum kernel."""
    if len(terms) == 1:
        return terms[0]
    if terms[0].dtype.is_floating:
        return b.Sum(*terms)
    total = terms[0]
    for term in terms[1:]:
        total = b.Add(total, term)
    return total


def sum_taps(b: Builder, x: Value, axes: Sequence[Axis]) -> Value:
    """The sum over every window of the padded array `x`, one axis after another."""
    for a in axes:
        x = _total(b, taps(b, x, [a]))
    return x
