"""`tf.function` in graphs: Python functions traced once for each kind of arguments, and called as operations."""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.func_graph import FuncGraph, registered, unique_function_name
from tfcompat.graph.function_def import LibraryFunction, instantiate
from tfcompat.graph.handles import copy_handle_data
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.type_spec import TensorSpec, TypeSpec, type_spec_from_value
from tfcompat.ops.identity import identity
from tfcompat.ops.variable_base import Variable

_READERS = frozenset({
    "ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarIsInitializedOp", "VariableShape", "LookupTableFindV2",
    "LookupTableSizeV2", "LookupTableExportV2",
})  # fmt: skip


class ConcreteFunction:
    """A traced function of tensors.

    Attributes:
        graph: what was traced.
        inputs: its arguments, then what it captured.
        outputs: what it returns, flat.
        structured_outputs: the same as the function returned it.
        structured_input_signature: the specs of its arguments, and of its keyword arguments.
    """

    def __init__(self, graph: FuncGraph, structure: Any, arguments: int, signature: Any):
        self.graph = graph
        self.structured_outputs = structure
        self.structured_input_signature = signature
        self._arguments = arguments
        self._is_called = False
        self._places = [t for t in nest.flatten(structure, expand_composites=True) if isinstance(t, Tensor)]

    @property
    def name(self) -> bytes:
        """Its name in the graph's library."""
        return self.graph.name.encode()

    @property
    def inputs(self) -> list[Tensor]:
        return self.graph.inputs

    @property
    def outputs(self) -> list[Tensor]:
        return self.graph.outputs

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors and variables outside that it uses."""
        return self.graph.external_captures

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that it uses."""
        handles = set(self.graph.external_captures)
        found = [v for key in ("variables", "local_variables") for v in self.graph.get_collection(key)]
        return tuple(dict.fromkeys(v for v in found if getattr(v, "handle", None) in handles))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that are trainable."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def function_def(self) -> Any:
        """The function as a `FunctionDef` message."""
        return self.graph.function_def()

    def add_to_graph(self, g: Any = None) -> None:
        """Puts it into the library of a graph, the default one when None."""
        registered(g or get_default_graph(), self.graph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls it with its tensors, in their order, or by their names."""
        given = [
            t
            for t in nest.flatten(list(args), expand_composites=True)
            if isinstance(t, (Tensor, Variable, np.ndarray, np.generic, float, int, str, bytes))
        ]
        names = [t.op.name for t in self.graph.inputs[: self._arguments]]
        given += [kwargs[n] for n in names[len(given) :] if n in kwargs]
        if len(given) != self._arguments:
            raise TypeError(
                f"{self.graph.name} takes {self._arguments} tensors ({', '.join(names)}), got {len(given)}."
            )
        return self.call(
            [convert_to_tensor(v, t.dtype.base_dtype) for v, t in zip(given, self.graph.inputs, strict=False)]
        )

    def call(self, given: list[Tensor]) -> Any:
        """Records a call with tensors; returns the structure of what the function returned."""
        outer = get_default_graph()
        graph, captured = self._body_of_call(), self.graph.external_captures
        inputs = [
            outer.capture(t) if t.graph is not outer and isinstance(outer, FuncGraph) else t for t in given + captured
        ]
        returned = [t.dtype.base_dtype for t in graph.outputs]
        kind = "StatefulPartitionedCall" if graph.is_stateful else "PartitionedCall"
        definition = op_def(kind)
        attrs = {
            **{key: value.default for key, value in definition.attrs.items() if value.has_default},
            "Tin": [t.dtype.base_dtype for t in inputs],
            "Tout": returned,
            "f": registered(outer, graph),
        }
        op = outer.add_op(definition, inputs, attrs, returned, kind)
        op._function_graphs = [graph]  # type: ignore[attr-defined]
        for tensor, inner in zip(op.outputs, graph.outputs, strict=True):
            tensor._shape = inner.shape
            copy_handle_data(inner, tensor)
        return _replaced(self.structured_outputs, dict(zip(self._places, op.outputs, strict=True)))

    def _body_of_call(self) -> FuncGraph:
        """The graph of the next call. Gradients change bodies, so that only the first call has the traced one."""
        if not self._is_called:
            self._is_called = True
            return self.graph
        copy = self._copy(unique_function_name(self.graph.outer_graph, self.graph.name))
        del copy.outputs[len(self._places) :]
        return copy

    def _copy(self, name: str) -> FuncGraph:
        """The graph once more, as `name`."""
        own = self.graph
        caller: Any = types.SimpleNamespace(graph=own.outer_graph)
        outside: Any = [*[None] * self._arguments, *own.external_captures]
        copy = instantiate(LibraryFunction(own.function_def()), caller, {}, outside, [t.shape for t in own.inputs])
        copy.name = name
        copy._captures = dict(zip(own.external_captures, copy.inputs[self._arguments :], strict=True))
        twins = {op.name: op for op in copy.get_operations()}
        for op in own.get_operations():
            for tensor, twin in zip(op.outputs, twins[op.name].outputs if op.name in twins else (), strict=False):
                twin.set_shape(tensor.shape)
                copy_handle_data(tensor, twin)
        return copy

    def prune(self, feeds: Any, fetches: Any, name: str | None = None, input_signature: Any = None) -> ConcreteFunction:
        """The function from the tensors `feeds` to `fetches`, both inside it."""
        own = self.graph
        copy = self._copy(name or unique_function_name(own.outer_graph, f"{own.name}_pruned"))
        captured = copy.inputs[self._arguments :]
        twins = dict(zip(own.inputs, copy.inputs, strict=True))

        def twin(element: Any) -> Any:
            found = own.as_graph_element(element)
            return twins[found] if found in twins else copy.as_graph_element(found.name)

        copy.inputs = [twin(f) for f in nest.flatten(feeds)] + captured
        structure = nest.map_structure(twin, fetches) if nest.is_nested(fetches) else twin(fetches)
        leaves = nest.flatten(structure)
        copy.outputs = [t for t in leaves if isinstance(t, Tensor)]
        copy.__dict__["_effects"] = [op for op in leaves if isinstance(op, Operation)]
        plain = [None if isinstance(v, Operation) else v for v in leaves]
        structure = nest.pack_sequence_as(structure, plain) if nest.is_nested(structure) else plain[0]
        return ConcreteFunction(copy, structure, len(copy.inputs) - len(captured), input_signature)


def _replaced(structure: Any, results: dict[Tensor, Tensor]) -> Any:
    """`structure` with tensors of a function's graph replaced by the outputs of a call."""

    def leaf(value: Any) -> Any:
        if isinstance(value, CompositeTensor):
            return value.with_component_tensors([results[t] for t in value.component_tensors()])
        return results[value] if isinstance(value, Tensor) else value

    return nest.map_structure(leaf, structure) if nest.is_nested(structure) else leaf(structure)


def trace(
    name: str, function: Callable[[list[Tensor]], Any], specs: list[tuple[TensorSpec, str]], signature: Any
) -> ConcreteFunction:
    """Traces `function`, which is called with one tensor for each of `specs`."""
    outer = get_default_graph()
    graph = FuncGraph(unique_function_name(outer, f"__inference_{name.strip('<>')}"), outer)
    arguments = [graph.argument(spec.dtype, spec.shape, label) for spec, label in specs]
    with graph.as_default(), graph.control_dependencies(None):
        returned = function(arguments)
        structure = _as_outputs(graph, returned)
    flat = [t for t in nest.flatten(structure, expand_composites=True) if isinstance(t, Tensor)]
    graph.outputs = flat
    in_order(graph)
    return ConcreteFunction(graph, structure, len(arguments), signature)


def _as_outputs(graph: FuncGraph, returned: Any) -> Any:
    """What a function returned, its leaves tensors of `graph` that nothing else stands for."""

    def leaf(value: Any) -> Any:
        if value is None or isinstance(value, Operation):
            return None
        if isinstance(value, CompositeTensor):
            return value.with_component_tensors([identity(t) for t in value.component_tensors()])
        return identity(convert_to_tensor(value))

    return nest.map_structure(leaf, returned) if nest.is_nested(returned) else leaf(returned)


def in_order(graph: FuncGraph) -> None:
    """Makes the stateful operations of a function run, those on one resource in the order of their recording."""
    writes: dict[Any, Operation] = {}
    reads: dict[Any, list[Operation]] = {}
    effects = []
    for op in graph.get_operations():
        if not op.definition.is_stateful or op.type in ("Placeholder", "Const"):
            continue
        resources: list[Any] = [t for t in op.inputs if t.dtype.base_dtype.name == "resource" or t.dtype._is_ref_dtype]
        reading = op.type in _READERS
        before: list[Operation] = []
        for key in resources or [None]:
            if key in writes:
                before.append(writes[key])
            if reading:
                reads.setdefault(key, []).append(op)
            else:
                before += reads.pop(key, [])
                writes[key] = op
        known = set(op.control_inputs) | {t.op for t in op.inputs}
        op._add_control_inputs([b for b in dict.fromkeys(before) if b not in known and b is not op])
        if not reading:
            effects.append(op)
    graph.__dict__["_effects"] = effects


class Function:
    """What `tf.function` makes of a Python function."""

    def __init__(self, python_function: Callable[..., Any], name: str, input_signature: Any = None):
        for key in ("__name__", "__doc__", "__module__", "__qualname__"):
            if hasattr(python_function, key) and not isinstance(python_function, functools.partial):
                setattr(self, key, getattr(python_function, key))
        self._python_function = python_function
        self._name = name
        self._input_signature = None if input_signature is None else tuple(input_signature)
        self._traced: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()

    @property
    def python_function(self) -> Callable[..., Any]:
        """The function that is traced."""
        return self._python_function

    @property
    def input_signature(self) -> Any:
        """The specs of the arguments, when they are fixed."""
        return self._input_signature

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        bound = self.__dict__.setdefault("_bound", weakref.WeakKeyDictionary())
        if instance not in bound:
            method = functools.partial(self._python_function, weakref.proxy(instance))
            bound[instance] = Function(method, self._name, self._input_signature)
        return bound[instance]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        concrete, given = self._concrete(args, kwargs)
        return concrete.call(given)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The traced function for arguments of this kind; tensors may be given as specs."""
        if not args and not kwargs and self._input_signature is not None:
            args = self._input_signature
        return self._concrete(args, kwargs)[0]

    def experimental_get_tracing_count(self) -> int:
        """How often the function has been traced."""
        return sum(map(len, self._traced.values()))

    def _concrete(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[ConcreteFunction, list[Tensor]]:
        args, kwargs = self._canonical(args, kwargs)
        leaves = nest.flatten([args, kwargs], expand_composites=False)
        names = _names(self._python_function, args, kwargs)
        specs: list[tuple[TensorSpec, str]] = []
        given: list[Tensor] = []
        key: list[Any] = []
        plan: list[Any] = []
        for leaf, label in zip(leaves, names, strict=True):
            spec = leaf if isinstance(leaf, TypeSpec) else _spec_of(leaf)
            if spec is None:
                key.append(leaf if _is_hashable(leaf) else id(leaf))
                plan.append(leaf)
                continue
            key.append(spec)
            parts = nest.flatten(spec._component_specs)
            plan.append((spec, len(specs), len(parts)))
            specs += [(part, label if i == 0 else f"{label}_{i}") for i, part in enumerate(parts)]
            if not isinstance(leaf, TypeSpec):
                given += nest.flatten(spec._to_components(leaf))
        outer = get_default_graph()
        while isinstance(outer, FuncGraph):
            outer = outer.outer_graph
        known = self._traced.setdefault(outer, {})
        full = (tuple(key), _form([args, kwargs]))
        if full not in known:

            def traced(arguments: list[Tensor]) -> Any:
                values = [
                    p[0]._from_components(_packed(p[0], arguments[p[1] : p[1] + p[2]]))
                    if isinstance(p, tuple) and p and isinstance(p[0], TypeSpec)
                    else p
                    for p in plan
                ]
                positional, named = nest.pack_sequence_as([args, kwargs], values)
                return self._python_function(*positional, **named)

            known[full] = trace(self._name, traced, specs, (args, kwargs))
        return known[full], given

    def _canonical(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with defaults filled in and arrays as tensors; of the fixed signature if there is one."""
        try:
            bound = inspect.signature(self._python_function).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        except ValueError:
            pass
        if self._input_signature is not None:
            if len(args) < len(self._input_signature) or kwargs:
                raise ValueError(
                    f"Structure of Python function inputs does not match input_signature: {self._input_signature}."
                )
            count = len(self._input_signature)
            fitted = [_fitted(v, s) for v, s in zip(args, self._input_signature, strict=False)]
            return (*fitted, *args[count:]), {}

        def leaf(value: Any) -> Any:
            return convert_to_tensor(value) if isinstance(value, (np.ndarray, np.generic)) else value

        return tuple(nest.map_structure(leaf, list(args))) if args else (), nest.map_structure(
            leaf, kwargs
        ) if kwargs else {}


class _Fitted:
    """A tensor that is given for a spec of a fixed signature."""

    def __init__(self, tensor: Tensor, spec: TensorSpec):
        if not spec.shape.is_compatible_with(tensor.shape) or spec.dtype != tensor.dtype.base_dtype:
            raise TypeError(f"Can not cast {tensor!r} to {spec!r}, which the input_signature has.")
        self.tensor, self.spec = tensor, spec


def _fitted(value: Any, spec: Any) -> Any:
    """`value`, a structure of tensors or specs, for a structure of specs."""
    if isinstance(spec, TypeSpec):
        if isinstance(value, (TypeSpec, CompositeTensor)):
            return value
        assert isinstance(spec, TensorSpec)
        return _Fitted(convert_to_tensor(value, spec.dtype), spec)
    if isinstance(spec, dict):
        return {key: _fitted(value[key], inner) for key, inner in spec.items()}
    return type(spec)([_fitted(v, s) for v, s in zip(value, spec, strict=True)])


def _spec_of(value: Any) -> TypeSpec | None:
    if isinstance(value, _Fitted):
        return _FittedSpec(value.spec.shape, value.spec.dtype)
    if isinstance(value, Variable):
        return None
    if isinstance(value, (Tensor, CompositeTensor)):
        return type_spec_from_value(value)
    return None


class _FittedSpec(TensorSpec):
    def _to_components(self, value: Any) -> Any:
        return value.tensor if isinstance(value, _Fitted) else value


def _packed(spec: TypeSpec, parts: list[Tensor]) -> Any:
    structure = spec._component_specs
    return nest.pack_sequence_as(structure, parts) if nest.is_nested(structure) else parts[0]


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _form(structure: Any) -> Any:
    """A hashable key of the nesting of a structure."""
    if isinstance(structure, dict):
        return tuple((k, _form(v)) for k, v in sorted(structure.items()))
    if isinstance(structure, (list, tuple)):
        return (type(structure).__name__, *map(_form, structure))
    return type(structure) if isinstance(structure, (bool, int, float)) else None


def _names(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """A name for each leaf of the arguments."""
    try:
        parameters = [p.name for p in inspect.signature(function).parameters.values() if p.kind < 2]
    except ValueError:
        parameters = []
    names: list[str] = []
    for i, value in enumerate(args):
        label = parameters[i] if i < len(parameters) else f"args_{i}"
        leaves = nest.flatten(value)
        names += [label] * len(leaves)
    for key in sorted(kwargs):
        names += [key] * len(nest.flatten(kwargs[key]))
    return names


@tf_export("function")
def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: Any = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: Any = None,
    experimental_compile: Any = None,
    experimental_follow_type_hints: Any = None,
) -> Any:
    """Makes a function that is traced once for each kind of arguments and then called as one operation.

    Args:
        func: a Python function of tensors, nested structures of them, and other values; without it `function` is a
            decorator.
        input_signature: list of specs of the arguments; by default each new kind of arguments is traced anew.
        autograph: accepted; Python's `if` and `while` on tensors are not converted.
        jit_compile: accepted, and the other arguments too.

    Returns:
        A callable with `get_concrete_function`. In it, operations on one variable run in the order of the program.
    """
    if func is None:
        return functools.partial(function, input_signature=input_signature)
    name = getattr(func, "__name__", type(func).__name__)
    return Function(func, name, input_signature)


class WrappedFunction(ConcreteFunction):
    """What `tf.wrap_function` makes: a traced function that keeps the variables made in it."""


@tf_export("wrap_function")
def wrap_function(fn: Callable[..., Any], signature: Any, name: str | None = None) -> ConcreteFunction:
    """Traces `fn` once, for arguments of the specs `signature`; variables that it makes are made once.

    Args:
        fn: a Python function of tensors.
        signature: list of specs, one for each argument.
        name: name of the function.

    Returns:
        A callable of tensors with `prune(feeds, fetches)`, `graph` and `variables`.
    """
    specs = [(s, s.name or f"arg_{i}") for i, s in enumerate(nest.flatten(list(signature)))]

    def traced(arguments: list[Tensor]) -> Any:
        return fn(*nest.pack_sequence_as(list(signature), arguments))

    made = trace(str(name or getattr(fn, "__name__", "wrapped")), traced, specs, signature)
    made.__class__ = WrappedFunction
    return made
