"""Shapes and gradients of the fused batch normalisation operations, to second order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.windows import channel_axis

_FORWARD = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_BACKWARD = ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
Dim = int | None


def _merged(c: InferenceContext, x: TensorShape, vectors: Sequence[TensorShape]) -> tuple[TensorShape, Dim]:
    """The shape of `x` and its channels, with what the vectors `[channels]` say of them."""
    rank = len(c.attr("data_format"))
    dims = exact_rank(x, rank).tuple or (None,) * rank
    axis = channel_axis(c.attr("data_format"), rank)
    channels = dims[axis]
    for vector in vectors:
        (size,) = exact_rank(vector, 1).tuple or (None,)
        if channels is not None and size is not None and size != channels:
            raise ValueError(f"Dimensions must be equal, but are {channels} and {size}")
        channels = size if channels is None else channels
    return TensorShape.of((*dims[:axis], channels, *dims[axis + 1 :])), channels


@shape_of(*_FORWARD, "_FusedBatchNormEx")
def _fused_shape(c: InferenceContext, x: TensorShape, *vectors: TensorShape) -> list[TensorShape]:
    given = vectors[:2] if c.attr("is_training") else vectors[:4]
    y, channels = _merged(c, x, given)
    shapes = [y, *[TensorShape.of((channels,))] * 4]
    return [*shapes, UNKNOWN] if len(c.op.outputs) == 6 else shapes


@shape_of(*_BACKWARD)
def _fused_grad_shape(
    c: InferenceContext, grad: TensorShape, x: TensorShape, *vectors: TensorShape
) -> list[TensorShape]:
    dx, channels = _merged(c, grad.merge_with(x) if x.rank is not None else grad, vectors[:3])
    vector, empty = TensorShape.of((channels,)), TensorShape.of((0,))
    return [dx, vector, vector, empty, empty]


@gradient_of(*_FORWARD)
def _fused_gradient(op: Operation, grad: Tensor, *unused: Any) -> tuple[Any, Any, Any, None, None]:
    x, scale, _, mean, variance = op.inputs
    training = op.attrs["is_training"]
    inputs = {"y_backprop": grad, "x": x, "scale": scale}
    inputs |= {
        "reserve_space_1": op.outputs[3] if training else mean,
        "reserve_space_2": op.outputs[4] if training else variance,
    }
    if op.type == "FusedBatchNormV3":
        inputs["reserve_space_3"] = op.outputs[5]
    record = getattr(raw_ops, _BACKWARD[_FORWARD.index(op.type)])
    result = record(**inputs, epsilon=op.attrs["epsilon"], data_format=op.attrs["data_format"], is_training=training)
    return result[0], result[1], result[2], None, None


@gradient_of(*_BACKWARD)
def _fused_grad_gradient(
    op: Operation, grad_x: Tensor, grad_scale: Tensor, grad_offset: Tensor, *unused: Any
) -> list[Any]:
    """With n = (x - mean) / std, mean m over all but the channels and P(v) = v - m(v) - n * m(v * n), the outputs are

        dx = scale / std * P(g), dscale = sum(g * n), doffset = sum(g)

    P is symmetric, which gives the gradients for g and scale at once; x enters through n and through 1 / std.
    """
    f = _Formula(op)
    a, b, c = f.image(grad_x), f.vector(grad_scale), f.vector(grad_offset)
    g, n, s, inverse = f.g, f.n, f.scale, f.inverse
    if not op.attrs["is_training"]:
        return f.result(a * (s * inverse) + b * n + c, b * g * inverse, f.summed(a * g) * inverse)
    projected = f.projected(g)
    for_g = s * inverse * f.projected(a) + b * n + c
    for_scale = f.summed(a * projected) * inverse
    for_n = b * g - s * inverse * (a * f.mean(g * n) + g * f.mean(a * n))
    for_x = inverse * f.projected(for_n) - s * inverse * inverse * f.mean(a * projected) * n
    return f.result(for_g, for_x, for_scale)


class _Formula:
    """The quantities of the formula as float32 tensors; vectors are shaped to broadcast along the channels."""

    def __init__(self, op: Operation):
        self.op = op
        rank = len(op.attrs["data_format"])
        axis = channel_axis(op.attrs["data_format"], rank)
        self.axes = [i for i in range(rank) if i != axis]
        self._form = [-1 if i == axis else 1 for i in range(rank)]
        grad, x, scale, first, second = op.inputs[:5]
        self.g: Any = self.image(grad)
        self.scale: Any = self.vector(scale)
        source = self.image(x)
        if op.attrs["is_training"]:
            mean = self.mean(source)
            centered = source - mean
            variance = self.mean(centered * centered)
        else:
            centered = source - self.vector(first)
            variance = self.vector(second)
        self.inverse: Any = raw_ops.Rsqrt(x=variance + op.attrs["epsilon"])
        self.n: Any = centered * self.inverse

    def image(self, x: Any) -> Any:
        """`x` in the type of the moments."""
        wide = self.op.inputs[2].dtype.base_dtype
        return x if x.dtype.base_dtype is wide else raw_ops.Cast(x=x, DstT=wide)

    def vector(self, v: Any) -> Any:
        """`v`, one number a channel, to broadcast."""
        return raw_ops.Reshape(tensor=v, shape=self._form)

    def mean(self, x: Any) -> Any:
        """The mean over all but the channels, to broadcast."""
        return raw_ops.Mean(input=x, reduction_indices=self.axes, keep_dims=True)

    def summed(self, x: Any) -> Any:
        """The sum over all but the channels, to broadcast."""
        return raw_ops.Sum(input=x, reduction_indices=self.axes, keep_dims=True)

    def projected(self, v: Any) -> Any:
        """P(v)."""
        return v - self.mean(v) - self.n * self.mean(v * self.n)

    def result(self, for_g: Any, for_x: Any, for_scale: Any) -> list[Any]:
        """The gradients in the types and shapes of the inputs."""
        narrow = self.op.inputs[0].dtype.base_dtype
        images = [t if t.dtype.base_dtype is narrow else raw_ops.Cast(x=t, DstT=narrow) for t in (for_g, for_x)]
        vector = raw_ops.Reshape(tensor=for_scale, shape=[-1])
        return [*images, vector, *[None] * (len(self.op.inputs) - 3)]
