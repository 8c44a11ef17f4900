"""Host kernels of quantized numbers: integers that stand for the numbers of a range."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray
F32 = np.float32


def integers(array: Array) -> Array:
    """The integers of an array of a quantized type."""
    return array.view(array.dtype[0]) if array.dtype.names else array  # type: ignore[no-any-return]


def _limits(dtype: DType) -> tuple[int, int]:
    """The least and the largest integer of a quantized type."""
    info = np.iinfo(np.dtype(dtype.as_numpy_dtype)[0])
    return int(info.min), int(info.max)


def _packed(values: Array, dtype: DType) -> Array:
    """Integers as an array of a quantized type."""
    kind = np.dtype(dtype.as_numpy_dtype)
    return np.ascontiguousarray(values).astype(kind[0]).view(kind).reshape(values.shape)  # type: ignore[no-any-return]


def _away(x: Array) -> Array:
    """Rounded, halves away from zero."""
    return np.copysign(np.floor(np.abs(x) + x.dtype.type(0.5)), x)  # type: ignore[no-any-return]


def _by_axis(k: KernelContext, x: Array, *ends: Array) -> list[Array]:
    """The ends of ranges in the shape in which they apply to `x`; InvalidArgumentError when they do not."""
    axis = int(k.attr("axis"))
    shaped = []
    for end in ends:
        if axis == -1:
            if end.size != 1:
                raise InvalidArgumentError(None, k.op, f"min_range must be a scalar, got {list(end.shape)}")
            shaped.append(end.reshape(()))
        else:
            if end.ndim != 1 or axis >= x.ndim or len(end) != x.shape[axis]:
                raise InvalidArgumentError(
                    None,
                    k.op,
                    f"input has {list(x.shape)} elements along axis {axis}, but the ranges {list(end.shape)}",
                )
            shaped.append(end.reshape([-1 if i == axis else 1 for i in range(x.ndim)]))
    return shaped


# ---------------------------------------------------------------- to integers and back


@kernel("QuantizeV2")
def _quantize(k: KernelContext, x: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    if np.any(low > high):
        raise InvalidArgumentError(None, k.op, "input_max_range must be larger than input_min_range.")
    shape = low.shape
    low, high = _by_axis(k, x, low, high)
    least, most = _limits(k.output_dtype())
    spread = np.maximum(F32(1), np.maximum(np.abs(low), np.abs(high))) * F32(k.attr("ensure_minimum_range"))
    low = np.minimum(F32(0), low)
    high = np.maximum(F32(0), np.maximum(high, low + spread)).astype(F32)
    mode = k.attr("mode")
    if mode == b"SCALED":
        least += int(k.attr("narrow_range"))
        step = np.minimum(_scale(least, low), _scale(most, high))
        low, high = (
            np.where(np.abs(e) < np.finfo(F32).tiny, F32(0), e).astype(F32) for e in (least / step, most / step)
        )
        scaled = np.clip(x, low, high) * step
        values = np.rint(scaled) if k.attr("round_mode") == b"HALF_TO_EVEN" else _away(scaled)
    elif mode == b"MIN_FIRST":
        values = _first(x, low, high, least, most)
    else:
        step = ((float(most) - float(least)) / (high - low)).astype(F32)
        scaled = (np.clip(x, low, high) - low) * step
        values = _away(scaled - F32((most - least + 1) / 2)) if least < 0 else np.trunc(scaled + F32(0.5))
    values = np.clip(values.astype(np.float64), *_limits(k.output_dtype()))
    return _packed(values, k.output_dtype()), low.reshape(shape).astype(F32), high.reshape(shape).astype(F32)


def _scale(end: int, value: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(end * value > 0, F32(end) / value, np.finfo(F32).max).astype(F32)


def _first(x: Array, low: Array, high: Array, least: int, most: int) -> Array:
    """Integers whose steps begin at the least one, without clipping to their type."""
    steps = most - least + 1
    span = (high - low).astype(np.float64) * (steps / (steps - 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        per_step = np.where(span == 0, 0, steps / span)
    if x.dtype == F32:
        per_step = per_step.astype(F32)
    return _away(x * per_step) - (_away(low * per_step) - least)  # type: ignore[no-any-return]


@kernel("Dequantize")
def _dequantize(k: KernelContext, x: Array, low: Array, high: Array) -> Array:
    least, most = _limits(k.input_dtype())
    values = integers(x).astype(F32)
    low, high = _by_axis(k, x, low.astype(F32), high.astype(F32))
    mode = k.attr("mode")
    if mode == b"SCALED":
        step = high / F32(most)
        if least < 0:
            step = np.maximum(low / F32(least + int(k.attr("narrow_range"))), step)
        result = values * step
    elif mode == b"MIN_FIRST":
        result = _floats(integers(x).astype(np.float64), low, high, least, most)
    else:
        half = F32(0 if least >= 0 else (most - least + 1) / 2)
        step = (high - low) / (F32(most) - F32(least))
        result = (values + half) * step + low
    return result.astype(k.output_dtype().as_numpy_dtype)


def _floats(values: Array, low: Array, high: Array, least: int, most: int) -> Array:
    """What integers whose steps begin at the least one stand for."""
    step = (high - low).astype(np.float64) / (most - least)
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.where(step == 0, low, _away(low / step) * step)
    return np.where(low == high, low, start + (values - least) * step).astype(F32)


@kernel("QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4")
def _there_and_back(k: KernelContext, x: Array, low: Any = None, high: Any = None, bits: Any = None) -> Array:
    attrs = k.op.attrs
    count = int(attrs["num_bits"] if bits is None else bits)
    signed = attrs["signed_input"]
    if not 1 + signed <= count <= 62:
        raise InvalidArgumentError(None, k.op, f"num_bits is out of range: {count} with signed_input {int(signed)}")
    if low is None:
        low, high = np.asarray(attrs["input_min"]), np.asarray(attrs["input_max"])
    given, axis = attrs["range_given"], int(attrs.get("axis", -1))
    kind = x.dtype if x.dtype == np.float64 else np.dtype(F32)
    wide = x.astype(kind)
    if given:
        if np.any(low > high):
            raise InvalidArgumentError(None, k.op, f"Invalid range: input_min {low} > input_max {high}")
        ends = [
            e.astype(kind).reshape([-1 if i == axis else 1 for i in range(x.ndim)] if axis >= 0 else ())
            for e in (low, high)
        ]
    else:
        over = tuple(i for i in range(x.ndim) if i != axis)
        ends = [wide.min(over, keepdims=True, initial=0), wide.max(over, keepdims=True, initial=0)] if not x.size else [
            wide.min(over, keepdims=True), wide.max(over, keepdims=True)]  # fmt: skip
    least = -(1 << count - 1) + int(attrs.get("narrow_range", False)) if signed else 0
    most = (1 << count - 1) - 1 if signed else (1 << count) - 1
    start, end = ends
    with np.errstate(divide="ignore", invalid="ignore"):
        from_start = np.where(least * start > 0, kind.type(least) / start, np.finfo(kind).max)
        from_end = np.where(most * end > 0, kind.type(most) / end, np.finfo(kind).max)
        by_start = from_start < from_end
        step = np.where(by_start, from_start, from_end)
        inverse = np.where(by_start, start / kind.type(least or 1), end / kind.type(most))
    if given:
        wide = np.clip(wide, np.where(by_start, start, least * inverse), np.where(by_start, most * inverse, end))
    scaled = wide * step
    half_up = attrs.get("round_mode", b"HALF_TO_EVEN") == b"HALF_UP"
    return ((np.floor(scaled + kind.type(0.5)) if half_up else np.rint(scaled)) * inverse).astype(x.dtype)  # type: ignore[no-any-return]


@kernel("QuantizeAndDequantizeV4Grad")
def _there_and_back_gradient(
    k: KernelContext, grad: Array, x: Array, low: Array, high: Array
) -> tuple[Array, Array, Array]:
    axis = int(k.attr("axis"))
    ends = [e.reshape([-1 if i == axis else 1 for i in range(x.ndim)] if axis >= 0 else ()) for e in (low, high)]
    inside = (x >= ends[0]) & (x <= ends[1])
    return np.where(inside, grad, np.zeros((), grad.dtype)), np.zeros_like(low), np.zeros_like(high)


# ---------------------------------------------------------------- arithmetic


def _zero(low: Array, high: Array, dtype: DType) -> int:
    """The integer that stands for 0, not clipped to the type."""
    least, most = _limits(dtype)
    if low == high:
        return 0
    zero = np.zeros((), F32)
    return int(_first(zero, low.astype(F32), high.astype(F32), least, most))


def _product_range(k: KernelContext, low: list[Array], high: list[Array]) -> tuple[Array, Array]:
    """The range of sums of products of two quantized types as 32-bit integers."""
    steps = 1.0
    for index in (0, 1):
        least, most = _limits(k.input_dtype(index))
        steps *= float(F32(high[index] - low[index]) / F32(most - least))
    least, most = _limits(k.output_dtype())
    return np.array(steps * least, F32), np.array(steps * most, F32)


def _centered(k: KernelContext, x: Array, index: int, low: Array, high: Array) -> Array:
    """The integers less the one that stands for 0."""
    return integers(x).astype(np.int64) - _zero(low, high, k.input_dtype(index))  # type: ignore[no-any-return]


@kernel("QuantizedMatMul")
def _matmul(
    k: KernelContext, a: Array, b: Array, low_a: Array, high_a: Array, low_b: Array, high_b: Array
) -> tuple[Array, Array, Array]:
    x, y = _centered(k, a, 0, low_a, high_a), _centered(k, b, 1, low_b, high_b)
    x, y = (x.T if k.attr("transpose_a") else x), (y.T if k.attr("transpose_b") else y)
    if x.shape[1] != y.shape[0]:
        raise InvalidArgumentError(None, k.op, f"Matrix size-incompatible: {list(x.shape)}, {list(y.shape)}")
    return _packed(x @ y, k.output_dtype()), *_product_range(k, [low_a, low_b], [high_a, high_b])


@kernel("QuantizedConv2D")
def _conv(
    k: KernelContext, x: Array, w: Array, low_x: Array, high_x: Array, low_w: Array, high_w: Array
) -> tuple[Array, Array, Array]:
    image, weights = _centered(k, x, 0, low_x, high_x), _centered(k, w, 1, low_w, high_w)
    if any(d != 1 for d in k.attr("dilations")):
        raise InvalidArgumentError(None, k.op, "Current implementation only supports dilations of 1")
    rows, columns, _, depth_out = weights.shape
    strides = k.attr("strides")[1:3]
    sizes, amounts = [], [(0, 0)]
    for size, window, stride in zip(image.shape[1:3], (rows, columns), strides, strict=True):
        same = k.attr("padding") == b"SAME"
        count = -(-size // stride) if same else -(-(size - window + 1) // stride)
        total = max((count - 1) * stride + window - size, 0) if same else 0
        sizes.append(max(count, 0))
        amounts.append((total // 2, total - total // 2))
    padded = np.pad(image, [*amounts, (0, 0)])
    out = np.zeros((len(image), *sizes, depth_out), np.int64)
    for i in range(rows):
        for j in range(columns):
            part = padded[:, i : i + sizes[0] * strides[0] : strides[0], j : j + sizes[1] * strides[1] : strides[1]]
            out += part[:, : sizes[0], : sizes[1]] @ weights[i, j]
    return _packed(out, k.output_dtype()), *_product_range(k, [low_x, low_w], [high_x, high_w])


@kernel("QuantizedMul")
def _mul(
    k: KernelContext, x: Array, y: Array, low_x: Array, high_x: Array, low_y: Array, high_y: Array
) -> tuple[Array, Array, Array]:
    product = _centered(k, x, 0, low_x, high_x) * _centered(k, y, 1, low_y, high_y)
    return _packed(product, k.output_dtype()), *_product_range(k, [low_x, low_y], [high_x, high_y])


@kernel("QuantizedRelu", "QuantizedRelu6")
def _relu(k: KernelContext, x: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    least, most = _limits(k.input_dtype())
    values = np.maximum(integers(x), np.clip(_zero(low, high, k.input_dtype()), least, most))
    if k.op.type == "QuantizedRelu6":
        six = int(_first(np.asarray(6, F32), low.astype(F32), high.astype(F32), least, most))
        values = np.minimum(values, np.clip(six, least, most))
    return _packed(values, k.output_dtype()), low, high


@kernel("QuantizedReshape")
def _reshape(k: KernelContext, x: Array, shape: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    return x.reshape(shape.tolist()), low, high


@kernel("QuantizedMaxPool", "QuantizedAvgPool")
def _pool(k: KernelContext, x: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    values = integers(x).astype(np.int64)
    (rows, columns), strides = k.attr("ksize")[1:3], k.attr("strides")[1:3]
    least, most = _limits(k.input_dtype())
    out, counts = None, None
    sizes, amounts = [], [(0, 0)]
    for size, window, stride in zip(values.shape[1:3], (rows, columns), strides, strict=True):
        same = k.attr("padding") == b"SAME"
        count = -(-size // stride) if same else -(-(size - window + 1) // stride)
        total = max((count - 1) * stride + window - size, 0) if same else 0
        sizes.append(max(count, 0))
        amounts.append((total // 2, total - total // 2))
    takes_most = k.op.type == "QuantizedMaxPool"
    padded = np.pad(values, [*amounts, (0, 0)], constant_values=least if takes_most else 0)
    inside = np.pad(np.ones(values.shape, np.int64), [*amounts, (0, 0)])
    for i in range(rows):
        for j in range(columns):
            at = (
                slice(None),
                slice(i, i + sizes[0] * strides[0], strides[0]),
                slice(j, j + sizes[1] * strides[1], strides[1]),
            )
            part, there = padded[at][:, : sizes[0], : sizes[1]], inside[at][:, : sizes[0], : sizes[1]]
            if out is None or counts is None:
                out, counts = part, there
            else:
                out, counts = np.maximum(out, part) if takes_most else out + part, counts + there
    assert out is not None
    assert counts is not None
    if not takes_most:
        out = np.clip(out // np.maximum(counts, 1), least, most)
    return _packed(out, k.output_dtype()), low, high


# ---------------------------------------------------------------- other ranges


def _actual(k: KernelContext, x: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The least and the largest number there is, 0 between them."""
    least, most = _limits(k.input_dtype())
    values = integers(x)
    ends = np.array([values.min(initial=most), values.max(initial=least)], np.float64)
    step = (high - low).astype(np.float64) / (most - least)
    found = (low + (ends - least) * step).astype(F32)
    return np.minimum(F32(0), found[0]), np.maximum(F32(0), found[1])


def _moved(k: KernelContext, x: Array, old: tuple[Array, Array], new: tuple[Array, Array]) -> Array:
    """The integers of another type that stand for the same numbers in another range."""
    own, wanted = _limits(k.input_dtype()), _limits(k.output_dtype())
    numbers = _floats(integers(x).astype(np.float64), *old, *own)
    low, high = (np.asarray(end, F32) for end in new)
    values = _first(numbers, low, high, *wanted)
    return _packed(np.clip(values, *wanted), k.output_dtype())


@kernel("RequantizationRange")
def _range(k: KernelContext, x: Array, low: Array, high: Array) -> tuple[Array, Array]:
    if not x.size:
        return np.zeros((), F32), np.zeros((), F32)
    start, end = _actual(k, x, low, high)
    return np.asarray(start, F32), np.asarray(end, F32)


@kernel("Requantize")
def _requantize(
    k: KernelContext, x: Array, low: Array, high: Array, new_low: Array, new_high: Array
) -> tuple[Array, Array, Array]:
    if new_low > 0:
        raise InvalidArgumentError(None, k.op, f"requested_output_min must be <= 0, but got {new_low}")
    if new_high < new_low:
        raise InvalidArgumentError(None, k.op, "requested_output_max must be >= requested_output_min")
    return _moved(k, x, (low, high), (new_low, new_high)), new_low, new_high


@kernel("QuantizeDownAndShrinkRange")
def _shrink(k: KernelContext, x: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    start, end = _actual(k, x, low, high)
    new = np.asarray(start, F32), np.asarray(end, F32)
    return _moved(k, x, (low, high), new), *new
