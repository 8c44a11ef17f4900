"""softmax and log_softmax along any axis, and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import rank
from tfcompat.ops.shape_checks import at_least_rank


@tf_export("nn.softmax", "math.softmax")
def softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """exp(x) / reduce_sum(exp(x), axis).

    Args:
        logits: float16, bfloat16, float32 or float64, rank >= 1.
        axis: dimension to normalise; -1 (the last) when not given.
        name: name of the operation.
        dim: deprecated alias of `axis`.

    Returns:
        A tensor of the type and shape of `logits`; each slice along `axis` sums to 1.

    Raises:
        InvalidArgumentError: `axis` is outside [-rank, rank).
    """
    return _along_axis(raw_ops.Softmax, logits, one_of("axis", axis, "dim", dim), name)


@tf_export("nn.log_softmax", "math.log_softmax")
def log_softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """x - log(reduce_sum(exp(x), axis)); the arguments are those of `softmax`."""
    return _along_axis(raw_ops.LogSoftmax, logits, one_of("axis", axis, "dim", dim), name)


def _along_axis(record: Callable[..., Any], logits: Any, axis: int | None, name: str | None) -> Tensor:
    """Records `record`, which works on the last dimension, with `axis` moved there and back."""
    axis = -1 if axis is None else axis
    logits = convert_to_tensor(logits)
    shape = logits.shape
    if axis == -1 or (shape.rank is not None and axis == shape.rank - 1):
        return record(logits=logits, name=name)
    if shape.rank is None:
        raise TypeError(f"softmax along axis {axis} needs logits of known rank.")
    if not -shape.rank <= axis < shape.rank:
        raise InvalidArgumentError(
            None,
            None,
            f"`dim` must be in the range [{-shape.rank}, {shape.rank}) where "
            f"{shape.rank} is the number of dimensions in the input. Received: dim={axis}",
        )
    dim: Any = axis
    size = rank(logits)
    if axis < 0:
        dim = raw_ops.AddV2(x=axis, y=size, name="add")
        size = rank(logits)
        dim = raw_ops.FloorMod(x=dim, y=shape.rank, name="mod")
    else:
        size = rank(logits)
    moved = _exchanged(logits, dim, size)
    output = _exchanged(record(logits=moved), dim, size, name)
    output.set_shape(shape)
    return output


def _exchanged(x: Tensor, dim: Any, size: Tensor, name: str | None = None) -> Tensor:
    """`x` with dimension `dim` exchanged with the last one."""
    last = raw_ops.Sub(x=size, y=1)
    before = raw_ops.Range(start=0, limit=dim, delta=1, name="range")
    following = raw_ops.AddV2(x=dim, y=1, name="add") if isinstance(dim, Tensor) else dim + 1
    between = raw_ops.Range(start=following, limit=last, delta=1, name="range")
    order = raw_ops.ConcatV2(values=[before, [last], between, [dim]], axis=0, name="concat")
    return raw_ops.Transpose(x=x, perm=order, name=name or "transpose")


@shape_of("Softmax", "LogSoftmax")
def _softmax_shape(c: InferenceContext, logits: TensorShape) -> list[TensorShape]:
    return [at_least_rank(logits, 1)]


def _sum_last(x: Tensor) -> Tensor:
    return raw_ops.Sum(input=x, reduction_indices=[-1], keep_dims=True)


@gradient_of("Softmax")
def _softmax_grad(op: Operation, grad: Tensor) -> Tensor:
    """dx = (g - sum(g * y)) * y."""
    y = op.outputs[0]
    return (grad - _sum_last(grad * y)) * y


@gradient_of("LogSoftmax")
def _log_softmax_grad(op: Operation, grad: Tensor) -> Tensor:
    """dx = g - sum(g) * exp(y)."""
    return grad - _sum_last(grad) * raw_ops.Exp(x=op.outputs[0])
