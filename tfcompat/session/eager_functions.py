"""`tf.py_function`: Python functions on tensors that have values, called while a graph runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes, py_functions
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.errors import InternalError, InvalidArgumentError
from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, kernel
from tfcompat.graph.tensor import Tensor
from tfcompat.kernels.script import raised_as
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.variable_base import Variable


class ValueGraph(Graph):
    """A graph all of whose tensors follow from constants, so that each has a value at once."""

    def __init__(self) -> None:
        super().__init__()
        self._lock_of_session = threading.Lock()
        self._session_of_values: Any = None
        self._known: dict[Tensor, Any] = {}

    def value_of(self, tensor: Tensor) -> Any:
        """The value of `tensor`."""
        if tensor not in self._known:
            from tfcompat.session.session import Session

            with self._lock_of_session:
                if self._session_of_values is None:
                    self._session_of_values = Session(graph=self)
                self._known[tensor] = self._session_of_values.run(tensor)
        return self._known[tensor]

    def close(self) -> None:
        """Ends the session that computes values."""
        if self._session_of_values is not None:
            self._session_of_values.close()


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


def _tensors(k: KernelContext, token: str, returned: Any, types: list[dtypes.DType]) -> list[Tensor]:
    """What a function returned as tensors of the promised types."""
    if returned is None:
        values: list[Any] = []
    else:
        values = list(returned) if isinstance(returned, (list, tuple)) and len(types) != 1 else [returned]
        if isinstance(returned, (list, tuple)) and len(types) == 1 and len(returned) == 1:
            values = list(returned)
    if len(values) != len(types):
        text = f"{token} returns {len(values)} values, but expects to see {len(types)} values."
        raise InvalidArgumentError(None, k.op, text)
    tensors = []
    for value, dtype in zip(values, types, strict=True):
        if isinstance(value, Variable):
            raise RuntimeError("Attempting to return a variable from an eagerly executed py_func.")
        if value is None:
            tensors.append(constant(0.0, dtype=dtype))
        elif isinstance(value, Tensor):
            tensors.append(value if value.dtype.base_dtype is dtype.base_dtype else cast(value, dtype))
        else:
            tensors.append(convert_to_tensor(value, dtype=dtype))
    return tensors


@kernel("EagerPyFunc")
def _eager_py_func(k: KernelContext, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    token = k.attr("token").decode()
    function = py_functions.find(token, k.op.graph)
    if function is None:
        raise InternalError(None, k.op, f"callback {token} is not found")
    types = k.attr("Tout")
    graph = ValueGraph()
    try:
        with graph.as_default(), raised_as(k.op):
            arguments = [constant(x, dtype=k.input_dtype(i)) for i, x in enumerate(inputs)]
            results = _tensors(k, token, function(*arguments), types)
            values = [np.asarray(graph.value_of(t)) for t in results]
    finally:
        graph.close()
    return tuple(v.astype(object) if t.base_dtype is dtypes.string else v for v, t in zip(values, types, strict=True))


@gradient_of("EagerPyFunc")
def _eager_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    """Another such function: the gradient of what the function does with the same tensors."""
    from tfcompat.gradients.api import gradients

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
