"""The reverse walk: from the gradients of `ys` to those of `xs`, one registered gradient after another."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Sequence
from typing import Any

from tfcompat.gradients import aggregation
from tfcompat.gradients.gating import completed_together
from tfcompat.gradients.reach import Received, Walk, is_trainable
from tfcompat.gradients.register import gradient_function
from tfcompat.gradients.zeros import zero_gradient
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor


def propagate(
    ys: Sequence[Tensor],
    xs: Sequence[Any],
    grad_ys: Sequence[Any],
    stop_gradients: Sequence[Tensor],
    colocate: bool,
    gate: bool,
    method: int | None,
) -> list[Any]:
    """The gradient of each of `xs`, None where no path leads to it.

    Args:
        ys: tensors to differentiate.
        xs: tensors (or IndexedSlices) to differentiate with respect to.
        grad_ys: the gradient that arrives at each of `ys`.
        stop_gradients: tensors to take as constants.
        colocate: whether gradients are placed with the operations they belong to.
        gate: whether an operation's input gradients are all computed before one is used.
        method: one of `AggregationMethod`, or None.

    Raises:
        LookupError: an operation on a path has no gradient.
        ValueError: a registered gradient gives the wrong number of gradients, or one of the wrong shape.
    """
    walk = Walk(ys, xs, stop_gradients)
    received = Received({})
    for y, grad_y in zip(ys, grad_ys, strict=True):
        received.add(y, grad_y)
    totals: dict[Operation, list[Any]] = {}
    queue = collections.deque(walk.starts)
    while queue:
        op = queue.popleft()
        with _placed_with(op, colocate):
            out_grads = aggregation.aggregated(op, received.of(op), method)
            totals[op] = list(out_grads)
            if op not in walk.stops and any(g is not None for g in out_grads):
                in_grads = _input_gradients(op, out_grads, gate)
                for tensor, gradient in zip(walk.inputs(op), in_grads, strict=True):
                    if gradient is not None:
                        _check_shape(op, tensor, gradient, in_grads)
                        received.add(tensor, gradient)
        queue.extend(walk.completed_by(op))
    return [totals[x.op][x.value_index] if x.op in totals else None for x in map(_as_output, xs)]


def _as_output(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else x.values  # type: ignore[no-any-return]


def _placed_with(op: Operation, colocate: bool) -> Any:
    return get_default_graph().colocate_with(op) if colocate else contextlib.nullcontext()


def _input_gradients(op: Operation, out_grads: list[Any], gate: bool) -> list[Any]:
    """Calls the registered gradient of `op`; one gradient or None per input."""
    function = _gradient_function(op)
    if function is None:
        return [None] * len(op._inputs)
    if not getattr(function, "takes_none", False):
        for index, gradient in enumerate(out_grads):
            if gradient is None and is_trainable(op._outputs[index]):
                out_grads[index] = zero_gradient(op._outputs[index])
    with name_scope(op.name + "_grad"):
        result = function(op, *out_grads)
        in_grads = list(result) if isinstance(result, (list, tuple)) else [result]
        if len(in_grads) != len(op._inputs):
            raise ValueError(
                f"Num gradients {len(in_grads)} generated for op {op.node_def} do not match num inputs "
                f"{len(op._inputs)}"
            )
        if gate and sum(g is not None for g in in_grads) > 1:
            in_grads = completed_together(in_grads)
    return in_grads


def _gradient_function(op: Operation) -> Any:
    try:
        return gradient_function(op)
    except LookupError:
        raise LookupError(
            f"No gradient defined for operation '{op.name}' (op type: {op.type}). Register one with "
            "`@tf.RegisterGradient`, or cut the path with `tf.stop_gradient` where the value may count as a constant."
        ) from None


def _check_shape(op: Operation, tensor: Tensor, gradient: Any, in_grads: list[Any]) -> None:
    if not isinstance(gradient, Tensor) or tensor.dtype.base_dtype.name == "resource":
        return
    if gradient.graph is not get_default_graph():
        return  # a gradient from outside of a branch has the shape of the branch only where that one runs
    try:
        gradient.set_shape(tensor.shape)
    except ValueError:
        if getattr(op.graph, "in_line", False):
            return  # a branch that is not taken may have another shape than the one that is
        index = next(i for i, g in enumerate(in_grads) if g is gradient)
        raise ValueError(
            "Incompatible shapes between op input and calculated input gradient. Forward operation: "
            f"{op.name}. Input index: {index}. Original input shape: {tensor.shape}. Calculated input gradient shape: "
            f"{gradient.shape}"
        ) from None
