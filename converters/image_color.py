"""ONNX forms of colors: hue, saturation and value, and changes of contrast."""

from __future__ import annotations

from converters import sums
from converters.builder import Builder, Value
from converters.math import widely
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


def _parts(b: Builder, colors: Value) -> list[Value]:
    """The three components, each with a last dimension of 1."""
    if colors.rank == 0 or colors.shape is None or colors.shape[-1] != 3:
        raise NotConvertible("colors that are not known to have three components")
    return b.Split(colors, [1, 1, 1], axis=-1, outputs=3)  # type: ignore[no-any-return]


def _to_hsv(b: Builder, red: Value, green: Value, blue: Value) -> tuple[Value, Value, Value]:
    value, least = b.Max(red, green, blue), b.Min(red, green, blue)
    span, zero = b.Sub(value, least), b.const(0, red.dtype)
    saturation = b.Where(b.Greater(value, 0), b.Div(span, value), zero)
    norm = b.Div(b.const(1.0 / 6.0, red.dtype), span)
    of_green = b.Add(b.Mul(norm, b.Sub(blue, red)), 2.0 / 6.0)
    of_blue = b.Add(b.Mul(norm, b.Sub(red, green)), 4.0 / 6.0)
    rest = b.Where(b.Equal(green, value), of_green, of_blue)
    hue = b.Where(b.Equal(red, value), b.Mul(norm, b.Sub(green, blue)), rest)
    hue = b.Where(b.Greater(span, 0), hue, zero)
    return b.Where(b.Less(hue, 0), b.Add(hue, 1), hue), saturation, value


def _to_rgb(b: Builder, hue: Value, saturation: Value, value: Value) -> Value:
    turned = b.Mul(hue, 6)
    zero, one = b.const(0, hue.dtype), b.const(1, hue.dtype)
    shares = [b.Sub(b.Abs(b.Sub(turned, 3)), 1), b.Sub(2, b.Abs(b.Sub(turned, 2))), b.Sub(2, b.Abs(b.Sub(turned, 4)))]
    white = b.Sub(1, saturation)
    parts = [b.Mul(b.Add(white, b.Mul(saturation, b.Min(b.Max(s, zero), one))), value) for s in shares]
    return b.Concat(*parts, axis=-1)  # type: ignore[no-any-return]


def _shaped(b: Builder, images: Value, rule: object, *scalars: Value) -> Value:
    """`rule` on float32 where `images` have 16 bits, with the shape known inside."""

    def inside(i: Builder, x: Value, *rest: Value) -> Value:
        x.shape = images.shape
        return rule(i, x, *rest)  # type: ignore[operator, no-any-return]

    return widely(b, inside, images, *scalars)


@converts("RGBToHSV")
def _rgb_to_hsv(b: Builder, op: Operation, images: Value) -> Value:
    return _shaped(b, images, lambda i, x: i.Concat(*_to_hsv(i, *_parts(i, x)), axis=-1))


@converts("HSVToRGB")
def _hsv_to_rgb(b: Builder, op: Operation, images: Value) -> Value:
    return _shaped(b, images, lambda i, x: _to_rgb(i, *_parts(i, x)))


@converts("AdjustSaturation")
def _adjust_saturation(b: Builder, op: Operation, images: Value, factor: Value) -> Value:
    def rule(i: Builder, x: Value, by: Value) -> Value:
        hue, saturation, value = _to_hsv(i, *_parts(i, x))
        scaled = i.Min(i.Max(i.Mul(saturation, by), i.const(0, x.dtype)), i.const(1, x.dtype))
        return _to_rgb(i, hue, scaled, value)

    return _shaped(b, images, rule, factor)


@converts("AdjustHue")
def _adjust_hue(b: Builder, op: Operation, images: Value, delta: Value) -> Value:
    def rule(i: Builder, x: Value, by: Value) -> Value:
        hue, saturation, value = _to_hsv(i, *_parts(i, x))
        turned = i.Add(hue, by)
        return _to_rgb(i, i.Sub(turned, i.Floor(turned)), saturation, value)

    return _shaped(b, images, rule, delta)


@converts("AdjustContrastv2")
def _adjust_contrast(b: Builder, op: Operation, images: Value, factor: Value) -> Value:
    def rule(i: Builder, x: Value, by: Value) -> Value:
        rank = x.rank
        if rank < 3:
            raise NotConvertible(f"images of rank {rank}")
        axes = [rank - 3, rank - 2]
        sizes = i.Shape(x, start=rank - 3, end=rank - 1)
        count = i.cast(i.ReduceProd(sizes, keepdims=0), dtypes.float64)
        total = i.cast(sums.float_sum(i, x, axes, True), dtypes.float64)
        mean = i.cast(i.Div(total, count), x.dtype)
        return i.Add(i.Mul(i.Sub(x, mean), by), mean)  # type: ignore[no-any-return]

    return _shaped(b, images, rule, factor)
