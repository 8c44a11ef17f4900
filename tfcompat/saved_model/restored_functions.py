"""Functions of SavedModels of TensorFlow 2 as Python callables that record calls."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfcompat.gradients.function import ConcreteFunction, Function
from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import LibraryFunction, function_graphs, instantiate
from tfcompat.graph.handles import copy_handle_data
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import FuncRef
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.type_spec import TensorSpec, TypeSpec
from tfcompat.ops.variable_base import Variable


class RestoredConcreteFunction(ConcreteFunction):
    """One traced function of a SavedModel.

    Args:
        function: its message, in a library.
        library: all functions of the model by name.
        outer: the graph that the model was loaded into.
        captured: the tensors of that graph which it uses.
        signature: the specs of its arguments, (positional, by name).
        results: what it returns, with specs in the places of tensors.
        variables: all variables of the model.
        keywords: the names of its tensors, in their order.
        positional: how many of them may be given without a name.
    """

    def __init__(
        self,
        function: LibraryFunction,
        library: Mapping[str, LibraryFunction],
        outer: Any,
        captured: Sequence[Tensor],
        signature: Any,
        results: Any,
        variables: Sequence[Any] = (),
        keywords: Sequence[str] = (),
        positional: int = 0,
    ):
        self._keywords = sorted(signature[1]) or list(keywords)
        self._positional = len(keywords) if len(keywords) == 1 else positional
        self._function = function
        self._functions = library
        self._outer = outer
        self._captured = list(captured)
        self._results = results
        self._all_variables = variables
        self.structured_input_signature = signature
        self._specs = [
            part
            for spec in nest.flatten(signature)
            if isinstance(spec, TypeSpec)
            for part in nest.flatten(spec._component_specs)
        ]
        self._arguments = len(self._specs)

    def check(self) -> None:
        """Raises ValueError unless the function takes and gives what its descriptions say."""
        definition = self._function.definition
        given = [s.dtype for s in self._specs] + [t.dtype.base_dtype for t in self._captured]
        results = [
            p.dtype
            for s in nest.flatten(self._results)
            if isinstance(s, TypeSpec)
            for p in nest.flatten(s._component_specs)
        ]
        for what, said, real in (
            ("takes", given, [a.type for a in definition.inputs]),
            ("gives", results, [a.type for a in definition.outputs]),
        ):
            if said != real:
                raise ValueError(f"The function {definition.name!r} {what} {real}, and its description says {said}.")

    @functools.cached_property
    def graph(self) -> FuncGraph:  # type: ignore[override]
        """Its body, in a graph of its own."""
        caller: Any = types.SimpleNamespace(graph=self._outer)
        outside: Any = [*[None] * self._arguments, *self._captured]
        shapes = [s.shape for s in self._specs] + [t.shape for t in self._captured]
        graph = instantiate(self._function, caller, {}, outside, shapes)
        graph._captures = dict(zip(self._captured, graph.inputs[self._arguments :], strict=True))
        return graph

    @property
    def structured_outputs(self) -> Any:  # type: ignore[override]
        """What it returns, with specs in the places of tensors."""
        return self._results

    @property
    def name(self) -> bytes:
        return self._function.name.encode()

    @property
    def captured_inputs(self) -> list[Tensor]:
        return list(self._captured)

    @property
    def function_def(self) -> Any:
        return self._function.function_def()

    @property
    def variables(self) -> tuple[Any, ...]:
        handles = set(self._captured)
        return tuple(v for v in self._all_variables if v.handle in handles)

    def add_to_graph(self, g: Any = None) -> None:
        self._reference(g or get_default_graph())

    def _reference(self, graph: Any) -> FuncRef:
        """Puts the functions of the model into the library that `graph` belongs to; the reference to this one."""
        library = graph._library()
        for name, function in self._functions.items():
            library.setdefault(name, function)
        return FuncRef(self._function.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records a call.

        Args:
            args: the arguments in the structure that was traced, or its tensors one by one.
            kwargs: tensors, or what converts to them, by name.

        Raises:
            TypeError: an argument is missing, unknown or of another type.
        """
        found: list[Tensor] = []
        expected = self.structured_input_signature
        if _fits([*args], [*expected[0]], True, found) and _fits(kwargs, expected[1], True, found):
            return self.call(found)
        names = self._keywords
        values = dict(zip(names, args, strict=False))
        missing = [n for n in names if n not in values and n not in kwargs]
        unknown = sorted(set(kwargs) - set(names))
        problem = (
            f"too many positional arguments: {len(args)} where {self._positional} may be"
            if len(args) > self._positional
            else f"got multiple values for: {', '.join(set(values) & set(kwargs))}"
            if set(values) & set(kwargs)
            else f"missing a required argument: {', '.join(missing)}"
            if missing
            else f"got an unexpected keyword argument: {', '.join(unknown)}"
            if unknown or len(names) != len(self._specs)
            else ""
        )
        if problem:
            raise TypeError(
                f"Binding inputs to tf.function failed due to `{problem}`. Received args: {args} and kwargs: {kwargs} "
                f"for signature: {self._function.name}({', '.join(names)})."
            )
        values.update(kwargs)
        return self.call([_as_tensor(values[n], s) for n, s in zip(names, self._specs, strict=True)])

    def call(self, given: list[Tensor]) -> Any:
        outer = get_default_graph()
        inputs = [t if t.graph is outer else outer.capture(t, "", "") for t in [*given, *self._captured]]
        types_of = [a.type for a in self._function.definition.outputs]
        kind = "StatefulPartitionedCall" if self._function.definition.is_stateful else "PartitionedCall"
        definition = op_def(kind)
        attrs = {
            **{key: value.default for key, value in definition.attrs.items() if value.has_default},
            "Tin": [t.dtype.base_dtype for t in inputs],
            "Tout": types_of,
            "f": self._reference(outer),
        }
        op = outer.add_op(definition, inputs, attrs, types_of, kind)  # type: ignore[arg-type]
        for tensor, inner in zip(op.outputs, function_graphs(op)[0].outputs, strict=True):
            tensor._shape = inner.shape
            copy_handle_data(inner, tensor)
        return op if self._results is None and not op.outputs else _with_tensors(self._results, op.outputs)

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self._function.name} {self.structured_input_signature} -> {self._results}>"


def _with_tensors(results: Any, tensors: Sequence[Tensor]) -> Any:
    """`results` with tensors in the places of specs."""
    remaining: Iterator[Tensor] = iter(tensors)

    def leaf(spec: Any) -> Any:
        if not isinstance(spec, TypeSpec):
            return spec
        parts = [next(remaining) for _ in nest.flatten(spec._component_specs)]
        structure = spec._component_specs
        return spec._from_components(nest.pack_sequence_as(structure, parts) if nest.is_nested(structure) else parts[0])

    return nest.map_structure(leaf, results) if nest.is_nested(results) else leaf(results)


def _as_tensor(value: Any, spec: TensorSpec) -> Tensor:
    tensor: Tensor = convert_to_tensor(value, spec.dtype)
    if not spec.shape.is_compatible_with(tensor.shape):
        raise TypeError(
            f"Binding inputs to tf.function failed due to `Can not cast TensorSpec(shape={tensor.shape}, "
            f"dtype={tensor.dtype!r}, name={spec.name!r}) to {spec!r}`."
        )
    return tensor


class RestoredFunction(Function):
    """A `tf.function` of a SavedModel: the traced function that fits the arguments is called.

    Args:
        name: name of the attribute that it was.
        functions: the traced functions.
        signature: its Python signature.
        input_signature: the specs that it was restricted to, or None.
        absent: why other traced functions of it are not there.
    """

    def __init__(
        self,
        name: str,
        functions: Sequence[RestoredConcreteFunction],
        signature: inspect.Signature,
        input_signature: Any = None,
        absent: Sequence[str] = (),
    ):
        self._absent = absent
        super().__init__(self._never, name, input_signature)
        self._functions = list(functions)
        self._signature = signature

    @staticmethod
    def _never(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("The Python function behind a function of a SavedModel is not in the model.")

    @property
    def concrete_functions(self) -> list[RestoredConcreteFunction]:
        """The traced functions."""
        return list(self._functions)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records a call of the traced function that fits the arguments.

        Raises:
            TypeError: the arguments do not fit the Python signature, or the `input_signature` of the function.
            ValueError: no traced function takes such arguments.
        """
        function, values = self._chosen(args, kwargs)
        return function.call(values)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> RestoredConcreteFunction:
        """The traced function that fits arguments, which may be given as specs."""
        if not args and not kwargs and (self._input_signature is not None or len(self._functions) == 1):
            return self._functions[0]
        return self._chosen(args, kwargs)[0]

    def _chosen(self, args: Any, kwargs: Any) -> tuple[RestoredConcreteFunction, list[Tensor]]:
        if not self._functions:
            raise ValueError("\n".join(["Found zero restored functions for caller function.", *self._absent]))
        positional, named = self._bound(args, kwargs)
        for convert in (False, True):
            for function in self._functions:
                expected = function.structured_input_signature
                found: list[Tensor] = []
                if _fits([*positional], [*expected[0]], convert, found) and _fits(named, expected[1], convert, found):
                    return function, found
        if self._input_signature is not None:
            raise TypeError(
                f"Binding inputs to tf.function failed due to `Can not cast {_shown(positional)} to "
                f"{_shown(self._functions[0].structured_input_signature[0])}`. Received args: {args} and kwargs: "
                f"{kwargs} for signature: {self._signature}."
            )
        options = "\n\n".join(
            f"Option {i}:\n  {_listed(*f.structured_input_signature)}" for i, f in enumerate(self._functions, start=1)
        )
        raise ValueError(
            "Could not find matching concrete function to call loaded from the SavedModel. Got:\n  "
            f"{_listed(positional, named)}\n\n Expected these arguments to match one of the following "
            f"{len(self._functions)} option(s):\n\n{options}"
        )

    def _bound(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments by the Python signature, defaults filled in."""
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"Binding inputs to tf.function failed due to `{error}`. Received args: {args} and kwargs: {kwargs} "
                f"for signature: {self._signature}."
            ) from None
        bound.apply_defaults()
        return bound.args, bound.kwargs


def _shown(values: Any) -> str:
    return ", ".join(repr(TensorSpec(v.shape, v.dtype)) if isinstance(v, Tensor) else repr(v) for v in values)


def _listed(positional: Any, named: Any) -> str:
    lines = "\n".join(f"    * {v!r}" for v in positional)
    return f"Positional arguments ({len(positional)} total):\n{lines}\n  Keyword arguments: {named}"


def _fits(value: Any, expected: Any, convert: bool, found: list[Tensor]) -> bool:
    """Whether a value is what a traced function expects; appends its tensors to `found`.

    Args:
        value: an argument, or specs in its place.
        expected: the same with specs, as it was traced.
        convert: whether arrays, numbers and lists may become tensors.
        found: takes the tensors, in the order of the function's inputs.
    """
    if isinstance(expected, TypeSpec):
        return _fits_spec(value, expected, convert, found)
    if isinstance(expected, Mapping):
        return (
            isinstance(value, Mapping)
            and set(value) == set(expected)
            and all(_fits(value[k], expected[k], convert, found) for k in sorted(expected))
        )
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and isinstance(value, list) == isinstance(expected, list)
            and len(value) == len(expected)
            and all(_fits(v, e, convert, found) for v, e in zip(value, expected, strict=True))
        )
    if isinstance(value, (Tensor, CompositeTensor, Variable, TypeSpec)):
        return False
    return type(value) is type(expected) and bool(value == expected)


def _fits_spec(value: Any, expected: TypeSpec, convert: bool, found: list[Tensor]) -> bool:
    if isinstance(value, TypeSpec):
        return expected.is_compatible_with(value)
    if isinstance(value, Variable):
        value = convert_to_tensor(value)
    if isinstance(expected, TensorSpec):
        if not isinstance(value, Tensor):
            if not convert or isinstance(value, CompositeTensor) or value is None:
                return False
            try:
                value = convert_to_tensor(value, expected.dtype)
            except (TypeError, ValueError):
                return False
        if value.dtype.base_dtype != expected.dtype or not expected.shape.is_compatible_with(value.shape):
            return False
        found.append(value)
        return True
    if not isinstance(value, CompositeTensor) or not expected.is_compatible_with(value):
        return False
    found.extend(nest.flatten(expected._to_components(value)))
    return True
