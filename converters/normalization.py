"""Batch normalisation and local response normalisation, with their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from converters.sums import count_of, float_sum, runtime_count
from converters.windows import Axis, channel_axis, padded, sum_taps
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


class _Channels:
    """Sums over all dimensions but the channels, and vectors that broadcast along these, in float32."""

    def __init__(self, b: Builder, op: Operation, like: Value):
        self.b = b
        self.rank = len(op.attrs["data_format"])
        self.channel = channel_axis(op.attrs["data_format"], self.rank)
        self.axes = [i for i in range(self.rank) if i != self.channel]
        self.shape = like.shape
        self.epsilon = op.attrs["epsilon"]
        count = count_of(like, self.axes)
        self.count = (
            b.const(count, dtypes.float32)
            if count is not None
            else b.cast(runtime_count(b, like, self.axes), dtypes.float32)
        )
        self.known_count = count

    def image(self, x: Value) -> Value:
        """`x` in float32, with the shape of the images."""
        wide = self.b.cast(x, dtypes.float32)
        wide.shape = self.shape
        return wide

    def sum(self, x: Value, squares: bool = False) -> Value:
        """The sum of `x` (or of its squares) over everything but the channels, `[channels]`."""
        x.shape = self.shape
        return float_sum(self.b, x, self.axes, False, "ReduceSumSquare" if squares else "ReduceSum")

    def mean(self, x: Value, squares: bool = False) -> Value:
        """The mean of `x` (or of its squares), `[channels]`."""
        total = self.sum(x, squares)
        return total if self.known_count == 1 else self.b.Div(total, self.count)

    def unbiased(self, variance: Value) -> Value:
        """`variance` * n / (n - 1)."""
        b, n = self.b, self.known_count
        if n is None:
            return b.Mul(variance, b.Div(self.count, b.Max(b.Sub(self.count, 1), b.const(1.0))))
        return b.Mul(variance, n / (n - 1)) if n > 1 else variance

    def wide(self, v: Value) -> Value:
        """A vector `[channels]` that broadcasts to the images."""
        if self.channel == self.rank - 1:
            return v
        return self.b.Reshape(v, self.b.const([-1] + [1] * (self.rank - 1 - self.channel)))

    def inverse(self, variance: Value) -> Value:
        """1 / sqrt(variance + epsilon)."""
        b = self.b
        return b.Reciprocal(b.Sqrt(b.Add(variance, self.epsilon)))


@converts("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def _fused_batch_norm(
    b: Builder, op: Operation, x: Value, scale: Value, offset: Value, mean: Value, variance: Value
) -> list[Value]:
    moments = _training if op.attrs["is_training"] else _inference
    y, outputs = moments(b, op, x, scale, offset, mean, variance)
    if op.type == "FusedBatchNormV3":
        outputs.append(b.const(0.0))
    return [b.cast(y, x.dtype), *outputs]


def _inference(
    b: Builder, op: Operation, x: Value, scale: Value, offset: Value, mean: Value, variance: Value
) -> tuple[Value, list[Value]]:
    rank = len(op.attrs["data_format"])
    last = channel_axis(op.attrs["data_format"], rank) == rank - 1
    image = b.cast(x, dtypes.float32)
    moved = b.Transpose(image, perm=[0, rank - 1, *range(1, rank - 1)]) if last else image
    y = b.BatchNormalization(moved, scale, offset, mean, variance, epsilon=op.attrs["epsilon"])
    return b.Transpose(y, perm=[0, *range(2, rank), 1]) if last else y, [mean, variance, mean, variance]


def _training(
    b: Builder, op: Operation, x: Value, scale: Value, offset: Value, old_mean: Value, old_variance: Value
) -> tuple[Value, list[Value]]:
    c = _Channels(b, op, x)
    image = c.image(x)
    mean = c.mean(image)
    centered = b.Sub(image, c.wide(mean))
    variance = c.mean(centered, squares=True)
    y = b.Add(b.Mul(centered, c.wide(b.Mul(c.inverse(variance), scale))), c.wide(offset))
    new = op.attrs["exponential_avg_factor"]
    outputs = [mean, c.unbiased(variance)]
    if new != 1.0:
        outputs = [
            b.Add(b.Mul(old, 1.0 - new), b.Mul(v, float(new)))
            for old, v in zip((old_mean, old_variance), outputs, strict=True)
        ]
    return y, [*outputs, mean, variance]


@converts("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
def _fused_batch_norm_grad(
    b: Builder, op: Operation, grad: Value, x: Value, scale: Value, mean: Value, variance: Value, *unused: Value
) -> list[Value]:
    """dx = scale / std * (g - mean(g) - n * mean(g * n)), n = (x - mean) / std; fixed moments: scale / std * g."""
    c = _Channels(b, op, x)
    g, image = c.image(grad), c.image(x)
    inverse = c.inverse(variance)
    centered = b.Sub(image, c.wide(mean))
    for_offset = c.sum(g)
    for_scale = b.Mul(c.sum(b.Mul(g, centered)), inverse)
    factor = b.Mul(scale, inverse)
    if op.attrs["is_training"]:
        share = b.Div(b.Mul(for_scale, inverse), c.count)
        inner = b.Sub(b.Sub(g, c.wide(b.Div(for_offset, c.count))), b.Mul(centered, c.wide(share)))
    else:
        inner = g
    dx = b.cast(b.Mul(inner, c.wide(factor)), grad.dtype)
    empty = b.const([], dtypes.float32)
    return [dx, for_scale, for_offset, empty, empty]


# ---------------------------------------------------------------- local response normalisation


@converts("LRN")
def _lrn(b: Builder, op: Operation, x: Value) -> Value:
    size = 2 * op.attrs["depth_radius"] + 1
    y = b.LRN(
        b.Transpose(x, perm=[0, 3, 1, 2]),
        size=size,
        bias=float(op.attrs["bias"]),
        beta=float(op.attrs["beta"]),
        alpha=float(op.attrs["alpha"]) * size,
    )
    return b.Transpose(y, perm=[0, 2, 3, 1])


@converts("LRNGrad")
def _lrn_grad(b: Builder, op: Operation, grad: Value, x: Value, y: Value) -> Value:
    """dx = g * norm ** -beta - 2 * alpha * beta * x * sum over the window of g * y / norm."""
    radius, bias, alpha, beta = (op.attrs[k] for k in ("depth_radius", "bias", "alpha", "beta"))
    dtype = grad.dtype
    if dtype not in (dtypes.float16, dtypes.bfloat16, dtypes.float32):
        raise NotConvertible(f"LRNGrad of {dtype.name}")
    g, image, out = (b.cast(v, dtypes.float32) for v in (grad, x, y))
    axes = [Axis(3, 2 * radius + 1, 1, 1, radius, radius, None if x.shape is None else x.shape[3])]
    norm = b.Add(b.Mul(_window_sum(b, b.Mul(image, image), axes), float(alpha)), float(bias))
    shared = _window_sum(b, b.Div(b.Mul(g, out), norm), axes)
    direct = b.Mul(g, b.Pow(norm, -float(beta)))
    return b.cast(b.Sub(direct, b.Mul(b.Mul(image, shared), 2.0 * alpha * beta)), dtype)


def _window_sum(b: Builder, x: Value, axes: Sequence[Axis]) -> Any:
    return sum_taps(b, padded(b, x, axes, rank=4), axes)
