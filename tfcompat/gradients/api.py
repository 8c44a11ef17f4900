"""`tf.gradients`."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Sequence
from typing import Any

from tfcompat.gradients import aggregation, zeros
from tfcompat.gradients.walk import propagate
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops


@tf_export("UnconnectedGradients")
class UnconnectedGradients(enum.Enum):
    """What `gradients` gives for an `x` on which no `y` depends: None, or zeros of its shape."""

    NONE = "none"
    ZERO = "zero"


@tf_export("gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """Symbolic derivatives: for each x the sum over ys of d(y)/d(x), weighted with the gradient of y.

    Args:
        ys: a tensor or list of tensors.
        xs: a tensor, variable, or list of them.
        grad_ys: the gradient that arrives at each y, of its shape; None (for one or all) means ones.
        name: name of the scope of the operations made.
        colocate_gradients_with_ops: whether each gradient is placed with the operation it belongs to.
        gate_gradients: whether an operation's input gradients wait for each other.
        aggregation_method: one of `AggregationMethod`.
        stop_gradients: tensors to take as constants.
        unconnected_gradients: what to give for an x that no y depends on, see `UnconnectedGradients`.

    Returns:
        A list with one entry per x: a tensor of its type and shape, IndexedSlices, or None.

    Raises:
        LookupError: an operation between has no gradient.
        ValueError: lengths differ, an argument is unknown, or shapes contradict each other.
        TypeError: a y is complex and has no gradient given, or a gradient is of the wrong kind of type.
    """
    aggregation.check_method(aggregation_method)
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}") from None
    ys, xs = _as_list(ys), [_as_handle(x) for x in _as_list(xs)]
    stops = [] if stop_gradients is None else _as_list(stop_gradients)
    given = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    with name_scope(name, "gradients", [*ys, *xs, *stops, *given]):
        ys = [_as_tensor(y, f"y_{i}") for i, y in enumerate(ys)]
        xs = [_as_tensor(x, f"x_{i}", as_ref=True) for i, x in enumerate(xs)]
        stops = [_as_tensor(_as_handle(s), f"stop_gradients_{i}", as_ref=True) for i, s in enumerate(stops)]
        starts = _start_gradients(given, ys, colocate_gradients_with_ops)
        found = propagate(ys, xs, starts, stops, colocate_gradients_with_ops, gate_gradients, aggregation_method)
    if unconnected is UnconnectedGradients.ZERO:
        found = [zeros.zero_gradient(x) if g is None else g for x, g in zip(xs, found, strict=True)]
    return found


def _as_list(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _as_handle(value: Any) -> Any:
    """The handle of a resource variable; other values as they are."""
    handle = getattr(value, "handle", None)
    return handle if isinstance(handle, Tensor) else value


def _as_tensor(value: Any, name: str, as_ref: bool = False) -> Any:
    return value if isinstance(value, IndexedSlices) else convert_to_tensor(value, name=name, as_ref=as_ref)


def _start_gradients(grad_ys: Sequence[Any], ys: Sequence[Any], colocate: bool) -> list[Any]:
    """The gradients of `ys` as tensors: those given, checked, and ones."""
    if len(grad_ys) != len(ys):
        raise ValueError(f"Length mismatch. Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
    grads = [None if g is None else _as_tensor(g, f"grad_y_{i}") for i, g in enumerate(grad_ys)]
    starts = []
    for i, (grad, y) in enumerate(zip(grads, ys, strict=True)):
        if grad is None and y.dtype.is_complex:
            raise TypeError(f"Gradients of complex tensors ({y}) must set grad_ys (y.dtype = {y.dtype.name})")
        if grad is not None:
            _check_type(grad, y)
        with get_default_graph().colocate_with(y.op) if colocate else contextlib.nullcontext():
            starts.append(zeros.ones_like(y, f"grad_ys_{i}") if grad is None else _named(grad, f"grad_ys_{i}"))
    return starts


def _check_type(grad: Any, y: Any) -> None:
    """TypeError unless a gradient of `grad`'s type can belong to `y`."""
    kind = y.dtype.base_dtype.name
    if y.dtype.is_floating or y.dtype.is_integer:
        fits, wanted = grad.dtype.is_floating or grad.dtype.is_integer, "real or integer"
    elif y.dtype.is_complex:
        fits, wanted = grad.dtype.is_complex, "complex"
    elif kind == "variant":
        fits, wanted = grad.dtype.base_dtype.name == "variant", "variant"
    elif kind == "resource":
        fits, wanted = grad.dtype.base_dtype.name != "resource", "a number"
    else:
        raise TypeError(f"Tensor {y} with type {y.dtype.name} must be numeric to obtain a default gradient")
    if not fits:
        raise TypeError(
            f"Gradient type {grad.dtype.name} generated for tensor {y} with type {y.dtype.name} must be {wanted}"
        )


def _named(grad: Any, name: str) -> Any:
    """`grad` as an operation inside the scope of this call."""
    if not isinstance(grad, IndexedSlices):
        return raw_ops.Identity(input=grad, name=name)
    indices = raw_ops.Identity(input=grad.indices, name=name + "_indices")
    values = raw_ops.Identity(input=grad.values, name=name + "_values")
    shape = None if grad.dense_shape is None else raw_ops.Identity(input=grad.dense_shape, name=name + "_shape")
    return IndexedSlices(values, indices, shape)
