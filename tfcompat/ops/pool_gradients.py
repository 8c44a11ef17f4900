"""Gradients of pools as operations, to any order."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.shape_checks import exact_rank

_SHARED = ("ksize", "strides", "padding", "explicit_paddings", "data_format", "include_batch_in_index")


def _record(op_type: str, op: Operation, **inputs: Any) -> Any:
    """Records `op_type` with the window attributes of `op`."""
    record = getattr(raw_ops, op_type)
    attrs = {k: op.attrs[k] for k in _SHARED if k in op.attrs}
    if op_type.endswith("GradGrad") and not attrs.get("explicit_paddings"):
        attrs.pop("explicit_paddings", None)
    return record(**inputs, **attrs)


# ---------------------------------------------------------------- shapes


@shape_of("MaxPoolGrad", "MaxPool3DGrad", "MaxPoolGradV2", "MaxPoolGradWithArgmax")
def _like_input(c: InferenceContext, x: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    return [exact_rank(x, 5 if c.op.type == "MaxPool3DGrad" else 4)]


@shape_of("MaxPoolGradGrad", "MaxPool3DGradGrad", "MaxPoolGradGradV2")
def _like_output(c: InferenceContext, x: TensorShape, y: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    return [exact_rank(y, 5 if c.op.type == "MaxPool3DGradGrad" else 4)]


@shape_of("MaxPoolGradGradWithArgmax")
def _like_argmax(c: InferenceContext, x: TensorShape, grad: TensorShape, argmax: TensorShape) -> list[TensorShape]:
    return [exact_rank(argmax, 4)]


@shape_of("AvgPoolGrad", "AvgPool3DGrad")
def _as_given(c: InferenceContext, sizes: TensorShape, grad: TensorShape) -> list[TensorShape]:
    return [exact_rank(c.shape_value(0), 5 if c.op.type == "AvgPool3DGrad" else 4)]


# ---------------------------------------------------------------- gradients

for _suffix in ("", "3D"):

    @gradient_of(f"MaxPool{_suffix}")
    def _max_pool_grad(op: Operation, grad: Tensor) -> Tensor:
        return _record(op.type + "Grad", op, orig_input=op.inputs[0], orig_output=op.outputs[0], grad=grad)

    @gradient_of(f"MaxPool{_suffix}Grad")
    def _max_pool_grad_grad(op: Operation, grad: Tensor) -> tuple[Any, Any, Any]:
        x, y, _ = op.inputs
        return (
            raw_ops.ZerosLike(x=x),
            raw_ops.ZerosLike(x=y),
            _record(op.type + "Grad", op, orig_input=x, orig_output=y, grad=grad),
        )

    @gradient_of(f"MaxPool{_suffix}GradGrad")
    def _max_pool_grad_grad_grad(op: Operation, grad: Tensor) -> tuple[Any, Any, Any]:
        x, y, _ = op.inputs
        return (
            raw_ops.ZerosLike(x=x),
            raw_ops.ZerosLike(x=y),
            _record(op.type.removesuffix("Grad"), op, orig_input=x, orig_output=y, grad=grad),
        )

    @gradient_of(f"AvgPool{_suffix}")
    def _avg_pool_grad(op: Operation, grad: Tensor) -> Tensor:
        return _record(op.type + "Grad", op, orig_input_shape=shape(op.inputs[0]), grad=grad)

    @gradient_of(f"AvgPool{_suffix}Grad")
    def _avg_pool_grad_grad(op: Operation, grad: Tensor) -> tuple[None, Any]:
        source = {"value" if op.type == "AvgPoolGrad" else "input": grad}
        return None, _record(op.type.removesuffix("Grad"), op, **source)


@gradient_of("MaxPoolWithArgmax")
def _max_pool_with_argmax_grad(op: Operation, grad: Tensor, _: Any) -> Tensor:
    return _record("MaxPoolGradWithArgmax", op, input=op.inputs[0], grad=grad, argmax=op.outputs[1])


@gradient_of("MaxPoolV2")
def _max_pool_v2_grad(op: Operation, grad: Tensor) -> tuple[Any, None, None]:
    x, ksize, strides = op.inputs
    return (
        _record("MaxPoolGradV2", op, orig_input=x, orig_output=op.outputs[0], grad=grad, ksize=ksize, strides=strides),
        None,
        None,
    )


@gradient_of("MaxPoolGradV2")
def _max_pool_grad_v2_grad(op: Operation, grad: Tensor) -> tuple[Any, Any, Any, None, None]:
    x, y, _, ksize, strides = op.inputs
    return (
        raw_ops.ZerosLike(x=x),
        raw_ops.ZerosLike(x=y),
        _record("MaxPoolGradGradV2", op, orig_input=x, orig_output=y, grad=grad, ksize=ksize, strides=strides),
        None,
        None,
    )
