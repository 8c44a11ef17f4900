"""Positions and weights of resized images as nodes, for sizes that only the run tells; see `tfcompat.graph.resampling`.

The arithmetic is that of the functions there, step by step in float32.
"""

from __future__ import annotations

from converters.builder import Builder, Value
from tfcompat.graph import dtypes


class RunSizes:
    """One axis: its size and the size wanted, as int64 scalars, and the options of the operation."""

    def __init__(self, b: Builder, size: Value, wanted: Value, align_corners: bool, half_pixel_centers: bool):
        self._b, self._size, self._wanted = b, size, wanted
        self._align_corners, self._half_pixel_centers = align_corners, half_pixel_centers

    def nearest(self) -> Value:
        """The input position of each output position: int64 [wanted]."""
        b = self._b
        at = self._at()
        exact = b.Mul(b.Add(at, 0.5) if self._half_pixel_centers else at, self._scale())
        rounded = b.Floor(b.Add(exact, 0.5) if self._align_corners else exact)
        return self._clipped(b.cast(rounded, dtypes.int64))

    def linear(self) -> tuple[Value, Value, Value]:
        """The lower and the upper input position, int64 [wanted], and how far between them to go, float32 [wanted]."""
        b = self._b
        at = self._at()
        if self._half_pixel_centers:
            exact = b.Sub(b.Mul(b.Add(at, 0.5), self._scale()), 0.5)
        else:
            exact = b.Mul(at, self._scale())
        floor = b.Floor(exact)
        lower, upper = (self._clipped(b.cast(x, dtypes.int64)) for x in (floor, b.Ceil(exact)))
        return lower, upper, b.Sub(exact, floor)

    def _at(self) -> Value:
        b = self._b
        count: Value = b.Range(b.const(0.0), b.cast(self._wanted, dtypes.float32), b.const(1.0))
        return count

    def _scale(self) -> Value:
        b = self._b
        size, wanted = (b.cast(x, dtypes.float32) for x in (self._size, self._wanted))
        plain: Value = b.Div(size, wanted)
        if not self._align_corners:
            return plain
        steps = b.Sub(wanted, 1.0)
        aligned = b.Div(b.Sub(size, 1.0), b.Max(steps, 1.0))
        return b.Where(b.Greater(steps, 0.0), aligned, plain)  # type: ignore[no-any-return]

    def _clipped(self, positions: Value) -> Value:
        b = self._b
        return b.Max(b.Min(positions, b.Sub(self._size, 1)), 0)  # type: ignore[no-any-return]
