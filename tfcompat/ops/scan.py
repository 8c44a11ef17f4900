"""Running sums, products and log-sum-exps along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.math import exp, log


def _scan(op_type: str, name: str, names: tuple[str, ...], doc: str, types: str) -> Callable[..., Tensor]:
    def running(
        x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
    ) -> Tensor:
        with name_scope(name, op_type, [x]) as scope:
            x = convert_to_tensor(x, name="x")
            return getattr(raw_ops, op_type)(x=x, axis=axis, exclusive=exclusive, reverse=reverse, name=scope)  # type: ignore[no-any-return]

    running.__name__ = running.__qualname__ = name
    running.__doc__ = f"""{doc}

    Args:
        x: tensor of {types}.
        axis: the axis, in [-rank, rank).
        exclusive: whether an element itself is left out of its result.
        reverse: whether to go from the last element to the first.
        name: name of the operation.

    Returns:
        A tensor of the shape and type of `x`.
    """
    return tf_export(*names)(running)


_NUMBERS = "a floating-point, integer or complex type"

cumsum = _scan("Cumsum", "cumsum", ("cumsum", "math.cumsum"), "The running sum along an axis.", _NUMBERS)
cumprod = _scan("Cumprod", "cumprod", ("cumprod", "math.cumprod"), "The running product along an axis.", _NUMBERS)
cumulative_logsumexp = _scan(
    "CumulativeLogsumexp",
    "cumulative_logsumexp",
    ("math.cumulative_logsumexp",),
    "The logarithm of the running sum of exponentials along an axis; -inf over nothing.",
    "bfloat16, float16, float32 or float64",
)

shape_of("Cumsum", "Cumprod", "CumulativeLogsumexp")(unchanged)


def _direction(op: Operation) -> dict[str, Any]:
    """The attributes of the scan that goes the other way."""
    return {"axis": op.inputs[1], "exclusive": op.attrs["exclusive"], "reverse": not op.attrs["reverse"]}


@gradient_of("Cumsum")
def _cumsum_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [raw_ops.Cumsum(x=grad, **_direction(op)), None]


@gradient_of("Cumprod")
def _cumprod_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """The running sum of product times gradient, divided by the element; 0 where the element is 0."""
    total = raw_ops.Cumsum(x=op.outputs[0] * grad, **_direction(op))
    return [raw_ops.DivNoNan(x=total, y=op.inputs[0]), None]


@gradient_of("CumulativeLogsumexp")
def _cumulative_logsumexp_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """In logarithms, apart for positive and negative gradients, so that nothing overflows."""
    x, y = op.inputs[0], op.outputs[0]
    lowest = grad.dtype.min

    def part(signed: Tensor) -> Tensor:
        logs = raw_ops.SelectV2(condition=raw_ops.Greater(x=signed, y=0.0), t=log(signed), e=lowest)
        return exp(raw_ops.CumulativeLogsumexp(x=logs - y, **_direction(op)) + x)  # type: ignore[no-any-return]

    return [part(grad) - part(-grad), None]
