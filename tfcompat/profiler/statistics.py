"""How many floating-point operations an operation takes, from its static shapes."""

from __future__ import annotations

import math
from collections.abc import Callable

from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor


class _UnknownShape(Exception):
    """A size that the number depends on is not known."""


def _count(tensor: Tensor) -> int:
    found = tensor.shape.num_elements()
    if found is None:
        raise _UnknownShape
    return found


def _sizes(tensor: Tensor) -> list[int]:
    if not tensor.shape.is_fully_defined():
        raise _UnknownShape
    return tensor.shape.as_list()  # type: ignore[return-value]


def _channels_last(op: Operation) -> None:
    if op.get_attr("data_format") != b"NHWC":
        raise _UnknownShape


def _of_inputs(factor: int, less: int = 0) -> Callable[[Operation], int]:
    return lambda op: _count(op.inputs[0]) * factor - less


def _of_outputs(factor: int) -> Callable[[Operation], int]:
    return lambda op: _count(op.outputs[0]) * factor


def _reduction(finalize: int) -> Callable[[Operation], int]:
    return lambda op: _count(op.inputs[0]) + _count(op.outputs[0]) * (finalize - 1)


def _convolution(depthwise: bool) -> Callable[[Operation], int]:
    def flops(op: Operation) -> int:
        *window, depth, _ = _sizes(op.inputs[1])
        return _count(op.outputs[0]) * math.prod(window) * (1 if depthwise else depth) * 2

    return flops


def _dilation(op: Operation) -> int:
    return _count(op.outputs[0]) * math.prod(_sizes(op.inputs[1])[:2]) * 2


def _product(transposed: str) -> Callable[[Operation], int]:
    def flops(op: Operation) -> int:
        sizes = _sizes(op.inputs[0])
        return 2 * _count(op.outputs[0]) * sizes[-2 if op.get_attr(transposed) else -1]

    return flops


def _pool(op: Operation) -> int:
    _channels_last(op)
    return math.prod(op.get_attr("ksize")) * _count(op.outputs[0])


def _pool_gradient(per_output: int, more: int) -> Callable[[Operation], int]:
    def flops(op: Operation) -> int:
        _channels_last(op)
        return (math.prod(op.get_attr("ksize")) * per_output + more) * _count(op.inputs[1])

    return flops


def _convolution_gradient(op: Operation) -> int:
    _channels_last(op)
    image, kernel = op.outputs[0], op.inputs[1]
    if op.type == "Conv2DBackpropFilter":
        image, kernel = op.inputs[0], op.outputs[0]
    strides = op.get_attr("strides")
    return 2 * _count(image) * _count(kernel) // (_sizes(image)[-1] * strides[1] * strides[2])


def _sum(op: Operation) -> int:
    return _count(op.inputs[0]) * (len(op.inputs) - 1)


_FLOPS: dict[str, Callable[[Operation], int]] = {
    **dict.fromkeys(("Reciprocal", "Square", "Log", "Neg", "AssignSub", "AssignAdd", "BiasAdd"), _of_inputs(1)),
    "Rsqrt": _of_inputs(2),
    "L2Loss": _of_inputs(3, 1),
    "Softmax": _of_inputs(5),
    **dict.fromkeys(
        ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "Pow", "GreaterEqual", "Greater", "LessEqual",
         "Less", "Equal", "NotEqual"),
        _of_outputs(1),
    ),
    "SquaredDifference": _of_outputs(2),
    "RsqrtGrad": _of_outputs(4),
    "Mean": _reduction(1),
    **dict.fromkeys(("Sum", "ArgMax", "ArgMin", "BiasAddGrad"), _reduction(0)),
    **dict.fromkeys(("AvgPool", "MaxPool"), _pool),
    "AvgPoolGrad": _pool_gradient(2, 0),
    "MaxPoolGrad": _pool_gradient(1, 1),
    **dict.fromkeys(("Conv2D", "Conv3D"), _convolution(False)),
    "DepthwiseConv2dNative": _convolution(True),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv2DBackpropFilter"), _convolution_gradient),
    "Dilation2D": _dilation,
    "AddN": _sum,
    "MatMul": _product("transpose_a"),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _product("adj_x")),
}  # fmt: skip


def float_operations(op: Operation) -> int:
    """The number for one operation; 0 where there is no rule, or a shape is not known."""
    rule = _FLOPS.get(op.type)
    try:
        return 0 if rule is None else rule(op)
    except _UnknownShape:
        return 0


def parameters(op: Operation) -> int:
    """How many numbers a variable or a placeholder holds; 0 for other operations and unknown shapes."""
    if op.type in ("Variable", "VariableV2", "Placeholder"):
        return op.outputs[0].shape.num_elements() or 0
    if op.type == "VarHandleOp":
        shape = op.get_attr("shape")
        return math.prod(d.size for d in shape.dim) if not shape.unknown_rank else 0
    return 0
