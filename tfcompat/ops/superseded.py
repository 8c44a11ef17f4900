"""Op types of old graphs that newer ones replaced: each runs as its successor.

They appear in imported graphs only: the reference no longer records most of them.
"""

from __future__ import annotations

from typing import Any

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import decomposes, gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.linalg import square
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.shape_checks import exact_rank

# ---------------------------------------------------------------- matrices


@decomposes("BatchMatrixBandPart", "BatchMatrixDiag", "BatchMatrixDiagPart", "BatchMatrixSetDiag")
def _renamed(op: Operation, *inputs: Tensor) -> Tensor:
    """The op type without "Batch" takes batches."""
    successor = getattr(raw_ops, op.type.removeprefix("Batch"))
    names = [argument.name for argument in op_def(op.type).inputs]
    return successor(**dict(zip(names, inputs, strict=True)))  # type: ignore[no-any-return]


@shape_of("SelfAdjointEig", "BatchSelfAdjointEig")
def _eigen_shape(c: InferenceContext, matrix: TensorShape) -> list[TensorShape]:
    dims = square(matrix).tuple
    if dims is None:
        return [TensorShape(None)]
    return [TensorShape.of((*dims[:-2], None if dims[-1] is None else dims[-1] + 1, dims[-1]))]


# ---------------------------------------------------------------- rows of a tensor


@shape_of("InplaceUpdate", "InplaceAdd", "InplaceSub", "AdjustContrast")
def _first_shape(c: InferenceContext, x: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    return [x]


@decomposes("InplaceUpdate", "InplaceAdd", "InplaceSub")
def _in_place(op: Operation, x: Tensor, i: Tensor, v: Tensor) -> Tensor:
    """Rows `i` of `x` set to, or changed by, `v`."""
    change = getattr(raw_ops, op.type.replace("Inplace", "TensorScatter"))
    return change(tensor=x, indices=expand_dims(i, 1), updates=v)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- images and nets


@decomposes("AdjustContrast")
def _contrast(op: Operation, images: Tensor, factor: Tensor, least: Tensor, most: Tensor) -> Tensor:
    """Contrast adjusted in float32, within `least` and `most`."""
    return clip_by_value(raw_ops.AdjustContrastv2(images=cast(images, "float32"), contrast_factor=factor), least, most)


@decomposes("BatchNormWithGlobalNormalization")
def _normalized(op: Operation, t: Tensor, m: Tensor, v: Tensor, beta: Tensor, gamma: Tensor) -> Tensor:
    """(t - m) / sqrt(v + epsilon) + beta, with factor gamma if scaled."""
    scale = raw_ops.Rsqrt(x=v + op.attrs["variance_epsilon"])
    if op.attrs["scale_after_normalization"]:
        scale = scale * gamma
    return t * scale + (beta - m * scale)


@gradient_of("BatchNormWithGlobalNormalization")
def _gradient_of_normalized(op: Operation, grad: Tensor) -> list[Tensor]:
    t, m, v, _, gamma = op.inputs
    kept = {name: op.attrs[name] for name in ("variance_epsilon", "scale_after_normalization")}
    return list(raw_ops.BatchNormWithGlobalNormalizationGrad(t=t, m=m, v=v, gamma=gamma, backprop=grad, **kept))


@decomposes("BatchNormWithGlobalNormalizationGrad")
def _normalized_gradient(
    op: Operation, t: Tensor, m: Tensor, v: Tensor, gamma: Tensor, backprop: Tensor
) -> list[Tensor]:
    """Gradients of t, m, v, beta and gamma (0 when not scaled)."""
    deviation = raw_ops.Rsqrt(x=v + op.attrs["variance_epsilon"])
    scaled = op.attrs["scale_after_normalization"]
    of_beta = reduce_sum(backprop, [0, 1, 2])
    of_gamma = reduce_sum(backprop * (t - m) * deviation, [0, 1, 2])
    scale = deviation * gamma if scaled else deviation
    of_v = reduce_sum(backprop * (t - m), [0, 1, 2]) * scale * deviation * deviation * -0.5
    return [backprop * scale, -of_beta * scale, of_v, of_beta, of_gamma if scaled else of_gamma * 0]


@shape_of("BatchNormWithGlobalNormalization")
def _normalized_shape(c: InferenceContext, t: TensorShape, *vectors: TensorShape) -> list[TensorShape]:
    known = exact_rank(t, 4).as_list()
    for vector in vectors:
        exact_rank(vector, 1).assert_is_compatible_with(known[3:])
    return [TensorShape(known)]


@shape_of("BatchNormWithGlobalNormalizationGrad")
def _normalized_gradient_shape(c: InferenceContext, t: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    return [exact_rank(t, 4), *[TensorShape(exact_rank(t, 4).as_list()[3:])] * 4]


@decomposes("Conv3DBackpropInput", "Conv3DBackpropFilter")
def _conv3d_gradient(op: Operation, x: Tensor, filter: Tensor, out_backprop: Tensor) -> Tensor:
    """The successor takes sizes in the place of the tensor that is not needed."""
    common: dict[str, Any] = {name: op.attrs[name] for name in ("strides", "padding", "dilations")}
    if op.type == "Conv3DBackpropInput":
        return raw_ops.Conv3DBackpropInputV2(  # type: ignore[no-any-return]
            input_sizes=shape(x), filter=filter, out_backprop=out_backprop, **common
        )
    return raw_ops.Conv3DBackpropFilterV2(  # type: ignore[no-any-return]
        input=x, filter_sizes=shape(filter), out_backprop=out_backprop, **common
    )
