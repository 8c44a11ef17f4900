"""Batch normalisation and local response normalisation, with their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.builder import Builder, Value
from converters.conv import from_channels_first, to_channels_first
from converters.registry import NotConvertible, converts
from converters.sums import count_of, runtime_count
from converters.windows import Axis, channel_axis, padded, sum_taps
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


class _Channels:
    """Images as NCHW in float32, sums over all but their channels, and vectors `[channels]` applied to them.

    NCHW, for BatchNormalization needs it, and since the transpositions cancel against those of the convolutions around.
    """

    def __init__(self, b: Builder, op: Operation, like: Value):
        self.b = b
        self.data_format = op.attrs["data_format"]
        self.rank = len(self.data_format)
        self.epsilon = op.attrs["epsilon"]
        axes = [i for i in range(self.rank) if i != channel_axis(self.data_format, self.rank)]
        self.known_count = count_of(like, axes)
        known = self.known_count is not None
        count = b.const(self.known_count) if known else runtime_count(b, like, axes)
        self.count = b.cast(count, dtypes.float32)
        axis = channel_axis(self.data_format, self.rank)
        channels = None if like.shape is None else like.shape[axis]
        if channels is None:
            size = b.Slice(b.Shape(like), [axis], [axis + 1])
            self.ones, self.zeros = (b.Expand(b.const(v), size) for v in (1.0, 0.0))
        else:
            self.ones, self.zeros = (b.const(np.full(channels, v, np.float32)) for v in (1, 0))

    def image(self, x: Value) -> Value:
        """`x` in float32 as NCHW."""
        return to_channels_first(self.b, self.b.cast(x, dtypes.float32), self.data_format, self.rank)

    def back(self, x: Value) -> Value:
        """NCHW in the data format."""
        return from_channels_first(self.b, x, self.data_format, self.rank)

    def sum(self, x: Value) -> Value:
        """The sum over everything but the channels, `[channels]`: first of each image, which is fast and exact."""
        b = self.b
        each = b.ReduceSum(x, b.const(list(range(2, self.rank))), keepdims=0)
        return b.ReduceSum(each, b.const([0]), keepdims=0)  # type: ignore[no-any-return]

    def fresh_zeros(self, x: Value) -> list[Value]:
        """Two vectors of zeros that are made in every run.

        ONNX Runtime writes the moments of a batch over the moving ones it was given, even where these are constants,
        and into one vector when both are equal constants.
        """
        b, others = self.b, [0, *range(2, self.rank)]
        corner = b.Slice(x, b.const([0] * len(others)), b.const([1] * len(others)), b.const(others))
        some = b.ReduceSum(corner, b.const(others), keepdims=0)
        return [b.cast(b.Less(some, some), dtypes.float32), b.cast(b.Greater(some, some), dtypes.float32)]

    def normalized(self, x: Value, mean: Value, variance: Value) -> Value:
        """(x - mean) / sqrt(variance + epsilon)."""
        return self.b.BatchNormalization(x, self.ones, self.zeros, mean, variance, epsilon=self.epsilon)  # type: ignore[no-any-return]

    def scaled(self, x: Value, factor: Value, mean: Value | None = None) -> Value:
        """(x - mean) * factor."""
        mean = self.zeros if mean is None else mean
        return self.b.BatchNormalization(x, factor, self.zeros, mean, self.ones, epsilon=0.0)  # type: ignore[no-any-return]

    def unbiased(self, variance: Value) -> Value:
        """`variance` * n / (n - 1)."""
        b, n = self.b, self.known_count
        if n is None:
            return b.Mul(variance, b.Div(self.count, b.Max(b.Sub(self.count, 1), b.const(1.0))))  # type: ignore[no-any-return]
        return b.Mul(variance, n / (n - 1)) if n > 1 else variance


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
    data_format = op.attrs["data_format"]
    image = to_channels_first(b, b.cast(x, dtypes.float32), data_format, len(data_format))
    y = b.BatchNormalization(image, scale, offset, mean, variance, epsilon=op.attrs["epsilon"])
    return from_channels_first(b, y, data_format, len(data_format)), [mean, variance, mean, variance]


def _training(
    b: Builder, op: Operation, x: Value, scale: Value, offset: Value, old_mean: Value, old_variance: Value
) -> tuple[Value, list[Value]]:
    c = _Channels(b, op, x)
    image = c.image(x)
    y, mean, variance = b.node(
        "BatchNormalization",
        [image, scale, offset, *c.fresh_zeros(image)],
        outputs=3,
        epsilon=c.epsilon,
        momentum=0.0,
        training_mode=1,
    )
    new = op.attrs["exponential_avg_factor"]
    outputs = [mean, c.unbiased(variance)]
    if new != 1.0:
        outputs = [
            b.Add(b.Mul(old, 1.0 - new), b.Mul(v, float(new)))
            for old, v in zip((old_mean, old_variance), outputs, strict=True)
        ]
    return c.back(y), [*outputs, mean, variance]


@converts("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
def _fused_batch_norm_grad(
    b: Builder, op: Operation, grad: Value, x: Value, scale: Value, mean: Value, variance: Value, *unused: Value
) -> list[Value]:
    """dx = scale / std * (g - mean(g) - n * mean(g * n)), n = (x - mean) / std; fixed moments: scale / std * g."""
    c = _Channels(b, op, x)
    g = c.image(grad)
    normal = c.normalized(c.image(x), mean, variance)
    for_offset, for_scale = c.sum(g), c.sum(b.Mul(g, normal))
    factor = b.Div(scale, b.Sqrt(b.Add(variance, c.epsilon)))
    if op.attrs["is_training"]:
        share = c.scaled(normal, b.Div(b.Mul(for_scale, factor), c.count))
        dx = b.Sub(c.scaled(g, factor, b.Div(for_offset, c.count)), share)
    else:
        dx = c.scaled(g, factor)
    empty = b.const([], dtypes.float32)
    return [b.cast(c.back(dx), grad.dtype), for_scale, for_offset, empty, empty]


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
