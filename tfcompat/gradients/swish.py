"""swish, whose gradient keeps no intermediate results."""

from __future__ import annotations

from typing import Any

from tfcompat.gradients.custom import custom_gradient
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.reduction import reduce_sum


@tf_export("nn.swish", "nn.silu")
def silu(features: Any, beta: Any = 1.0) -> Tensor:
    """x * sigmoid(beta * x).

    Args:
        features: a float type.
        beta: number or scalar tensor.

    Returns:
        A tensor of the shape and type of `features`.
    """
    features = convert_to_tensor(features, name="features")
    factor = cast(convert_to_tensor(beta, name="beta"), features.dtype)
    return _swish(features, factor)  # type: ignore[no-any-return]


@custom_gradient
def _swish(features: Any, beta: Any) -> Any:
    def grad(dy: Any) -> tuple[Any, Any]:
        """d/dx = s * (1 + beta * x * (1 - s)), d/dbeta = sum(dy * x ** 2 * s * (1 - s)), s = sigmoid(beta * x)."""
        with control_dependencies([dy]):
            s = raw_ops.Sigmoid(x=beta * features)
        slope = s * (1.0 + beta * features * (1.0 - s))
        for_beta = reduce_sum(dy * raw_ops.Square(x=features) * s * (1.0 - s))
        return dy * slope, for_beta

    return features * raw_ops.Sigmoid(x=beta * features), grad
