"""Activation functions, their gradients, and the softmax pair."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merged, unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.recorders import features as activation

# fmt: off
for _op_type, _names, _doc in (
    ("Relu",     "nn.relu", "max(x, 0)."),
    ("Relu6",    "nn.relu6", "min(max(x, 0), 6)."),
    ("Elu",      "nn.elu", "x where x > 0, else exp(x) - 1."),
    ("Selu",     "nn.selu", "s * x where x > 0, else s * a * (exp(x) - 1), s = 1.0507..., a = 1.6732..."),
    ("Softplus", "nn.softplus math.softplus", "log(1 + exp(x))."),
    ("Softsign", "nn.softsign math.softsign", "x / (1 + abs(x))."),
):
    activation(_op_type, _names, _doc)
# fmt: on

shape_of("Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Softplus", "Softsign")(unchanged)
shape_of("ReluGrad", "Relu6Grad", "EluGrad", "SeluGrad", "LeakyReluGrad", "SoftplusGrad", "SoftsignGrad")(merged)


@tf_export("nn.leaky_relu")
def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """x where x > 0, else alpha * x.

    Args:
        features: float16, bfloat16, float32, float64; integers are made float32.
        alpha: slope for negative values.
        name: name of the operation.

    Returns:
        A tensor of the shape of `features`.
    """
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = raw_ops.Cast(x=features, DstT=dtypes.float32)
        return raw_ops.LeakyRelu(features=features, alpha=alpha, name=scope)


@tf_export("nn.crelu")
def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """relu of `features` and of their negative, concatenated along `axis`, which doubles in size."""
    with name_scope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        both = raw_ops.ConcatV2(
            values=[features, raw_ops.Neg(x=features)], axis=convert_to_tensor(axis, name="axis"), name=scope
        )
        return raw_ops.Relu(features=both)


# ---------------------------------------------------------------- gradients


def _equal(x: Any, value: float) -> Any:
    return raw_ops.Less(x=x, y=convert_to_tensor(value, x.dtype.base_dtype))


def _where(condition: Any, x: Any, y: Any) -> Any:
    return raw_ops.SelectV2(condition=condition, t=x, e=y)


def _zeros(x: Any) -> Any:
    return raw_ops.ZerosLike(x=x)


@gradient_of("Relu")
def _relu_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.ReluGrad(gradients=grad, features=op.outputs[0])


@gradient_of("Relu6")
def _relu6_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.Relu6Grad(gradients=grad, features=op.outputs[0])


@gradient_of("ReluGrad", "Relu6Grad")
def _relu_grad_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    features = op.inputs[1]
    return getattr(raw_ops, op.type)(gradients=grad, features=features), _zeros(features)


@gradient_of("LeakyRelu")
def _leaky_relu_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.LeakyReluGrad(gradients=grad, features=op.inputs[0], alpha=op.attrs["alpha"])


@gradient_of("LeakyReluGrad")
def _leaky_relu_grad_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    features = op.inputs[1]
    return raw_ops.LeakyReluGrad(gradients=grad, features=features, alpha=op.attrs["alpha"]), _zeros(features)


@gradient_of("Elu")
def _elu_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.EluGrad(gradients=grad, outputs=op.outputs[0])


@gradient_of("Selu")
def _selu_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.SeluGrad(gradients=grad, outputs=op.outputs[0])


@gradient_of("EluGrad", "SeluGrad")
def _elu_grad_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    """Below zero the slope is the output plus a constant, so it changes with the output at rate `gradients`."""
    gradients, outputs = op.inputs
    below = raw_ops.Less(x=outputs, y=_zeros(outputs))
    return (
        getattr(raw_ops, op.type)(gradients=grad, outputs=outputs),
        _where(below, raw_ops.Mul(x=grad, y=gradients), _zeros(outputs)),
    )


@gradient_of("Softplus")
def _softplus_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.SoftplusGrad(gradients=grad, features=op.inputs[0])


@gradient_of("SoftplusGrad")
def _softplus_grad_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    """d sigmoid(x) = sigmoid(x) * sigmoid(-x)."""
    gradients, x = op.inputs
    slope = raw_ops.Mul(x=raw_ops.Sigmoid(x=x), y=raw_ops.Sigmoid(x=raw_ops.Neg(x=x)))
    return (raw_ops.SoftplusGrad(gradients=grad, features=x), raw_ops.Mul(x=raw_ops.Mul(x=grad, y=gradients), y=slope))


@gradient_of("Softsign")
def _softsign_grad(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.SoftsignGrad(gradients=grad, features=op.inputs[0])
