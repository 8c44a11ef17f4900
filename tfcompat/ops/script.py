"""Python functions as operations: py_func and numpy_function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import py_functions
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import unknown
from tfcompat.ops import raw_ops


@tf_export("py_func")
def py_func(func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """Calls a Python function on arrays while the graph runs.

    Args:
        func: takes one numpy array (numpy scalar for rank 0, bytes for strings) per tensor of `inp`; returns one array,
            or a list of them.
        inp: list of tensors.
        Tout: type of the result, or list of types. What `func` returns must have exactly these types.
        stateful: whether `func` may return something else for the same arguments.
        name: name of the operation.

    Returns:
        A tensor, or a list of them when `Tout` is a list; the operation when `Tout` is empty.

    Errors: a run fails with InvalidArgumentError when `func` returns another number of arrays or other types; with
    UnknownError (InvalidArgumentError for ValueError and TypeError) when it raises.
    """
    return _call(func, inp, Tout, stateful, name)


@tf_export("numpy_function")
def numpy_function(
    func: Callable[..., Any] | None = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """`tf.py_func` under its newer name."""
    assert func is not None
    return _call(func, inp, Tout, stateful, name)


def _call(func: Callable[..., Any], inp: Any, types: Any, stateful: bool, name: str | None) -> Any:
    is_list = isinstance(types, (list, tuple))
    graph = get_default_graph()
    while getattr(graph, "outer_graph", None) is not None:
        graph = graph.outer_graph  # type: ignore[attr-defined]
    token = py_functions.register(func, graph)
    record = raw_ops.PyFunc if stateful else raw_ops.PyFuncStateless
    result = record(
        input=list(inp) if inp is not None else [], token=token, Tout=list(types) if is_list else [types], name=name
    )
    if not is_list:
        return result[0]
    return result if result or not stateful else get_default_graph()._ops[-1]


shape_of("PyFunc", "PyFuncStateless", "EagerPyFunc")(unknown)
not_differentiable("PyFunc", "PyFuncStateless")
