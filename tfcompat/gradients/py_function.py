"""`tf.py_function`: Python functions on tensors that have values, called while a graph runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.gradients.api import gradients
from tfcompat.graph import py_functions
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.variable_base import Variable


@tf_export("py_function")
def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """Calls a Python function on tensors that have values, while the graph runs.

    Args:
        func: takes one tensor per tensor of `inp`; each has `numpy()`, and operations on them give such tensors.
            Returns a tensor, or a list of them, or None.
        inp: list of tensors.
        Tout: type of the result, or list of types; empty when there is none.
        name: name of the operation.

    Returns:
        A tensor, or a list of them when `Tout` is a list. Gradients flow through the operations that `func` does.

    Raises:
        ValueError: `func` is not callable.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable. Received func={func} of type {type(func)}.")
    return _recorded(func, list(inp) if inp is not None else [], Tout, name)


def _recorded(func: Callable[..., Any], inputs: list[Any], types: Any, name: str | None) -> Any:
    is_list = isinstance(types, (list, tuple))
    graph = get_default_graph()
    while getattr(graph, "outer_graph", None) is not None:
        graph = graph.outer_graph  # type: ignore[attr-defined]
    token = py_functions.register(func, graph)
    wanted = list(types) if is_list else ([] if types is None else [types])
    tensors = [v.value() if isinstance(v, Variable) else convert_to_tensor(v) for v in inputs]
    result = raw_ops.EagerPyFunc(input=tensors, token=token, Tout=wanted, name=name)
    if not wanted:
        return get_default_graph()._ops[-1]
    return result if is_list else result[0]


@gradient_of("EagerPyFunc")
def _eager_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    """Another such function: the gradient of what the function does with the same tensors."""
    token = op.get_attr("token")
    name = token.decode() if isinstance(token, bytes) else token
    function = py_functions.find(name, op.graph)
    count = len(op.inputs)
    types = [t.dtype.base_dtype for t in op.inputs]

    def backward(*values: Tensor) -> list[Tensor]:
        arguments, given = list(values[:count]), list(values[count:])
        assert function is not None
        returned = function(*arguments)
        results = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        pairs = [(r, g) for r, g in zip(results, given, strict=True) if isinstance(r, Tensor)]
        found = gradients([r for r, _ in pairs], arguments, [g for _, g in pairs]) if pairs else [None] * count
        return [zeros_like(a) if g is None else convert_to_tensor(g) for a, g in zip(arguments, found, strict=True)]

    made = _recorded(backward, [*op.inputs, *grads], types, None)
    return [t if t.dtype.is_floating or t.dtype.is_complex else None for t in made]
