"""Registration of gradients by users, and the gradient that belongs to an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import NOT_DIFFERENTIABLE, gradient_of

F = TypeVar("F", bound=Callable[..., Any])
GradientFunction = Callable[..., Any]


@tf_export("RegisterGradient")
class RegisterGradient:
    """Decorator that registers the gradient of an op type.

    Args:
        op_type: the op type, or a name that `Graph.gradient_override_map` maps op types to.

    The decorated function is called as fn(op, *output_gradients) and gives one gradient (Tensor, IndexedSlices or
    None) per input of `op`, alone or in a list.

    Raises:
        TypeError: `op_type` is no string.
        KeyError: it has a gradient already.
    """

    def __init__(self, op_type: str):
        if not isinstance(op_type, str):
            raise TypeError(f"op_type must be a string; got {op_type!r}")
        self._op_type = op_type

    def __call__(self, f: F) -> F:
        _add(self._op_type, f)
        return f


@tf_export("no_gradient", "NoGradient", "NotDifferentiable")
def no_gradient(op_type: str) -> None:
    """Declares that no gradient flows through operations of type `op_type`.

    Raises:
        TypeError: `op_type` is no string.
        KeyError: it has a gradient already.
    """
    if not isinstance(op_type, str):
        raise TypeError(f"op_type must be a string; got {op_type!r}")
    _add(op_type, NOT_DIFFERENTIABLE)


def _add(op_type: str, value: Any) -> None:
    if op_type in gradient_of:
        raise KeyError(
            f"Registering two gradient with name '{op_type}'! It was registered before as {gradient_of.get(op_type)!r}."
        )
    gradient_of.add(op_type, value)


def gradient_function(op: Operation) -> GradientFunction | None:
    """The gradient of `op`; None when no gradient flows through it.

    `op._gradient_function`, where an operation has it, comes before the type's, and `gradient_override_map` renames the
    type.

    Raises:
        LookupError: nothing is known about gradients of its type.
    """
    if not op._inputs:
        return None
    own = getattr(op, "_gradient_function", None)
    if own is not None:
        return own  # type: ignore[no-any-return]
    override = op.attrs.get("_gradient_op_type")
    name = override.decode() if override else op.type
    found = gradient_of.get(name)
    if found is None:
        raise LookupError(f"gradient registry has no entry for: {name}")
    return None if found is NOT_DIFFERENTIABLE else found  # type: ignore[no-any-return]
