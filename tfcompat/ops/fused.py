"""Op types that an optimizer of graphs makes of several others: convolutions and products with what follows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import decomposes, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import text_of

_ACTIVATIONS: dict[str, Callable[[Operation, Tensor], Tensor]] = {
    "Identity": lambda op, x: x,
    "Relu": lambda op, x: raw_ops.Relu(features=x),
    "Relu6": lambda op, x: raw_ops.Relu6(features=x),
    "Elu": lambda op, x: raw_ops.Elu(features=x),
    "LeakyRelu": lambda op, x: raw_ops.LeakyRelu(features=x, alpha=op.attrs["leakyrelu_alpha"]),
    "Tanh": lambda op, x: raw_ops.Tanh(x=x),
    "Sigmoid": lambda op, x: raw_ops.Sigmoid(x=x),
    "GeluExact": lambda op, x: 0.5 * x * (1.0 + raw_ops.Erf(x=x * 0.7071067811865476)),
    "GeluApproximate": lambda op, x: 0.5 * x * (1.0 + raw_ops.Tanh(x=0.7978845608028654 * (x + 0.044715 * x * x * x))),
}


def _followed(op: Operation, x: Tensor, args: Sequence[Tensor]) -> Tensor:
    """`x` through the op types that `fused_ops` names; UnimplementedError for one that is not known."""
    data_format = op.attrs.get("data_format", b"NHWC")
    remaining = list(args)
    for name in map(text_of, op.attrs["fused_ops"]):
        if name == "BiasAdd":
            x = raw_ops.BiasAdd(value=x, bias=remaining.pop(0), data_format=data_format)
        elif name == "Add":
            x = x + remaining.pop(0)
        elif name == "FusedBatchNorm":
            scale, offset, mean, variance = remaining[:4]
            del remaining[:4]
            x = raw_ops.FusedBatchNormV3(
                x=x, scale=scale, offset=offset, mean=mean, variance=variance, epsilon=op.attrs["epsilon"],
                data_format=data_format, is_training=False,
            )[0]  # fmt: skip
        elif name in _ACTIVATIONS:
            x = _ACTIVATIONS[name](op, x)
        else:
            raise UnimplementedError(None, op, f"{op.type} fused with {name} is not supported")
    return x


@decomposes("_FusedConv2D")
def _convolution(op: Operation, x: Tensor, filter: Tensor, *args: Tensor) -> Tensor:
    names = ("strides", "padding", "explicit_paddings", "data_format", "dilations")
    made = raw_ops.Conv2D(input=x, filter=filter, **{name: op.attrs[name] for name in names})
    return _followed(op, made, args[: op.attrs["num_args"]])


@decomposes("_FusedDepthwiseConv2dNative")
def _depthwise(op: Operation, x: Tensor, filter: Tensor, *args: Tensor) -> Tensor:
    names = ("strides", "padding", "data_format", "dilations")
    made = raw_ops.DepthwiseConv2dNative(input=x, filter=filter, **{name: op.attrs[name] for name in names})
    return _followed(op, made, args)


@decomposes("_FusedMatMul")
def _product(op: Operation, a: Tensor, b: Tensor, *args: Tensor) -> Tensor:
    made = raw_ops.MatMul(a=a, b=b, transpose_a=op.attrs["transpose_a"], transpose_b=op.attrs["transpose_b"])
    return _followed(op, made, args)


@decomposes("_FusedBatchNormEx")
def _normalization(
    op: Operation, x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, *side: Tensor
) -> list[Tensor]:
    """Batch normalization, the sum with another input if there is one, and an activation."""
    names = ("epsilon", "exponential_avg_factor", "data_format", "is_training")
    y, *rest = raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=mean, variance=variance, **{name: op.attrs[name] for name in names}
    )
    y = y + side[0] if side else y
    return [_ACTIVATIONS[text_of(op.attrs["activation_mode"])](op, y), *rest]


@decomposes("FusedPadConv2D", "FusedResizeAndPadConv2D")
def _padded_convolution(op: Operation, x: Tensor, *rest: Tensor) -> Tensor:
    """Images resized if there is a size, mirrored at their borders, and convolved."""
    *size, paddings, filter = rest
    if size:
        x = raw_ops.ResizeBilinear(images=x, size=size[0], align_corners=op.attrs["resize_align_corners"])
    padded = raw_ops.MirrorPad(input=x, paddings=paddings, mode=op.attrs["mode"])
    return raw_ops.Conv2D(  # type: ignore[no-any-return]
        input=padded, filter=filter, strides=op.attrs["strides"], padding=op.attrs["padding"]
    )


@shape_of("FusedPadConv2D", "FusedResizeAndPadConv2D")
def _padded_convolution_shape(c: InferenceContext, x: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    depth = rest[-1].as_list()[3] if rest[-1].rank == 4 else None
    return [TensorShape([x.as_list()[0] if x.rank == 4 else None, None, None, depth])]
