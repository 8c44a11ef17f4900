"""bias_add, its gradient, and l2_loss."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merge_dims, scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import at_least_rank, exact_rank


@tf_export("nn.bias_add")
def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """`value` plus a vector along its channels.

    Args:
        value: rank >= 2, a number type.
        bias: `[channels]`, the type of `value`.
        data_format: None or "N...C": the channels are the last dimension; "NC...": the second.
        name: name of the operation.

    Raises:
        ValueError: another data format, or sizes that differ.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        if data_format is not None:
            if not data_format.startswith(("NC", "N")) or not (
                data_format.startswith("NC") or data_format.endswith("C")
            ):
                raise ValueError(
                    f"`data_format` must be of the form `N...C` or `NC...`. Received: data_format={data_format}"
                )
            data_format = "NCHW" if data_format.startswith("NC") else "NHWC"
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return raw_ops.BiasAdd(value=value, bias=bias, data_format=data_format, name=scope)


@tf_export("nn.l2_loss")
def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """sum(t ** 2) / 2 as a scalar; `t` is float16, bfloat16, float32 or float64."""
    return raw_ops.L2Loss(t=t, name=name)


@shape_of("BiasAdd", "BiasAddV1")
def _bias_add_shape(c: InferenceContext, value: TensorShape, bias: TensorShape) -> list[TensorShape]:
    (size,) = exact_rank(bias, 1).tuple or (None,)
    dims = at_least_rank(value, 2).tuple
    if dims is None:
        return [UNKNOWN]
    axis = _channel(c.op, len(dims))
    return [TensorShape.of((*dims[:axis], merge_dims(dims[axis], size), *dims[axis + 1 :]))]


def _channel(op: Operation, rank: int) -> int:
    return 1 if op.attrs.get("data_format") == b"NCHW" else rank - 1


@shape_of("BiasAddGrad")
def _bias_add_grad_shape(c: InferenceContext, grad: TensorShape) -> list[TensorShape]:
    dims = at_least_rank(grad, 2).tuple
    return [unknown_shape(1) if dims is None else TensorShape.of((dims[_channel(c.op, len(dims))],))]


shape_of("L2Loss")(scalar)


@gradient_of("BiasAdd")
def _bias_add_gradient(op: Operation, grad: Tensor) -> tuple[Any, Any]:
    return grad, raw_ops.BiasAddGrad(out_backprop=grad, data_format=op.attrs["data_format"])


@gradient_of("BiasAddV1")
def _bias_add_v1_gradient(op: Operation, grad: Tensor) -> tuple[Any, Any]:
    return grad, raw_ops.BiasAddGrad(out_backprop=grad)


@gradient_of("BiasAddGrad")
def _bias_add_grad_gradient(op: Operation, grad: Tensor) -> Tensor:
    """The sum over all dimensions but the channels spreads back to all of them."""
    x = op.inputs[0]
    if op.attrs["data_format"] == b"NCHW":
        inner = raw_ops.OnesLike(
            x=raw_ops.StridedSlice(input=raw_ops.Shape(input=x), begin=[2], end=[0], strides=[1], end_mask=1)
        )
        grad = raw_ops.Reshape(tensor=grad, shape=raw_ops.ConcatV2(values=[[-1], inner], axis=0))
    return raw_ops.BroadcastTo(input=grad, shape=raw_ops.Shape(input=x))


@gradient_of("L2Loss")
def _l2_loss_grad(op: Operation, grad: Tensor) -> Tensor:
    return op.inputs[0] * grad
