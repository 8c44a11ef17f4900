"""Functions of datasets: recorded once, run for every element."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.data.structure import from_tensors, returned_components, specs_of, to_tensors, types_and_shapes
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph, registered, unique_function_name
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.kernels.list_data import TensorList


class DatasetFunction:
    """A Python function recorded as a graph.

    Args:
        function: takes the components of an element, the parts of a tuple as separate arguments.
        spec: structure of specs of its argument.
        what: name of the transformation.
        as_one: whether a tuple is one argument.

    Attributes:
        graph: what was recorded.
        reference: names it in the library of the graph.
        captured: tensors from outside that it uses.
        output_spec: structure of specs of what it returns.
        returned: what it returned.
    """

    def __init__(self, function: Callable[..., Any], spec: Any, what: str, as_one: bool = False):
        outer = get_default_graph()
        name = unique_function_name(
            outer, f"__inference_Dataset_{what}_{getattr(function, '__name__', 'fn').strip('<>')}"
        )
        self.graph = FuncGraph(name, outer)
        types, shapes = types_and_shapes(spec)
        arguments = [
            self.graph.argument(t, s, "args_" + str(i)) for i, (t, s) in enumerate(zip(types, shapes, strict=True))
        ]
        with self.graph.as_default():
            value = from_tensors(spec, arguments)
            spread = type(spec) is tuple and not as_one
            self.returned = _components(function(*value) if spread else function(value), what)
            self.output_spec = specs_of(self.returned)
            self.graph.outputs = to_tensors(self.output_spec, self.returned)
            self.graph.outputs = [t if t.graph is self.graph else self.graph.capture(t) for t in self.graph.outputs]
        self.graph.__dict__["_effects"] = [
            op for op in self.graph.get_operations() if op.definition.is_stateful and op.type not in ("Placeholder",)
        ]
        self.reference: FuncRef = registered(outer, self.graph)
        self.captured: list[Tensor] = self.graph.external_captures


def _components(returned: Any, what: str) -> Any:
    try:
        return returned_components(returned)
    except (TypeError, ValueError) as error:
        raise TypeError(f"Unsupported return value from function passed to Dataset.{what}(): {returned}.") from error


class FunctionRunner:
    """Runs a recorded function in a session.

    Args:
        graph: the function.
        captured: values of what it uses from outside (None for variables).
        state: of the session.
    """

    def __init__(self, graph: FuncGraph, captured: Sequence[Any], state: Any):
        self._graph, self._captured, self._state = graph, list(captured), state
        self._body: Any = None
        self._making = threading.Lock()

    def __call__(self, components: Sequence[Any], context: Any = None) -> list[Any]:
        """The outputs for one element."""
        if self._body is None:
            with self._making:
                self._body = self._body or self._make()
        values = [*map(bare, components), *self._captured]
        return self._body.run(values, self._state, context)  # type: ignore[no-any-return]

    def _make(self) -> Any:
        bodies = self._graph.__dict__.setdefault("_dataset_bodies", {})
        key = tuple(c is None for c in self._captured), id(self._state)
        if key not in bodies:
            bodies[key] = self._compiled()
        return bodies[key]

    def _compiled(self) -> Any:
        from converters.lowering import Lowering
        from tfcompat.runtime.arrays import shape_of
        from tfcompat.runtime.compiler import Compiler
        from tfcompat.runtime.devices import DevicePolicy
        from tfcompat.runtime.host_control import _HostBody

        variables = self._state.variables

        def present(key: Any) -> Any:
            value = variables.get(key)
            return None if value is None else shape_of(value)

        compiler = Compiler(Lowering(), DevicePolicy.from_config(None), present)
        return _HostBody(compiler, self._graph, range(len(self._graph.outputs)))


def bare(value: Any) -> Any:
    """A component as operations take it: a list of tensors without the array around it."""
    boxed = isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0
    return value.item() if boxed and isinstance(value.item(), TensorList) else value


def function_graph(op: Operation, reference: FuncRef) -> FuncGraph | None:
    """The function that an attribute of `op` refers to; None when it is not in the library."""
    library: Any = op.graph
    while isinstance(library, FuncGraph):
        library = library.outer_graph
    found = library._functions.get(reference.name)
    if found is None or isinstance(found, FuncGraph):
        return found
    from tfcompat.graph.function_def import instantiate

    return instantiate(found, op, reference.attrs, [])


def runner_of(k: KernelContext, attr: str, captured: Sequence[Any]) -> FunctionRunner:
    """The function that attribute `attr` of an operation names, bound to what it uses from outside."""
    reference = k.attr(attr)
    graph = function_graph(k.op, reference)
    if graph is None:
        raise ValueError(
            f"{k.op.name} ({k.op.type}) calls the function {reference.name!r}, which is not in the library."
        )
    return FunctionRunner(graph, captured, k.state)


def as_array(value: Any) -> np.ndarray:
    """A component as an array."""
    return value if isinstance(value, np.ndarray) else np.asarray(value)
