"""Functions as SavedModels of TensorFlow 2 keep them: their bodies, arguments and results."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tfcompat import protos
from tfcompat.gradients.function import ConcreteFunction, Function, trace
from tfcompat.graph import nest
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.handles import handle_type
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.type_spec import TensorSpec, TypeSpec, type_spec_from_value
from tfcompat.saved_model.restored_functions import RestoredConcreteFunction, RestoredFunction
from tfcompat.saved_model.structures import NotEncodableError, encoded


class FullArgSpec(NamedTuple):
    """What `inspect.getfullargspec` says of a function, in the form that messages have."""

    args: list[str]
    varargs: str | None
    varkw: str | None
    defaults: tuple[Any, ...] | None
    kwonlyargs: list[str]
    kwonlydefaults: dict[str, Any] | None
    annotations: dict[str, Any]


def traced_functions(function: Function) -> list[ConcreteFunction]:
    """The traces of a `tf.function` in the default graph; one is made when its arguments are fixed."""
    if isinstance(function, RestoredFunction):
        return list(function.concrete_functions)
    graph = get_default_graph()
    if function.input_signature is not None and not function._traced.get(graph):
        function.get_concrete_function()
    return list(function._traced.get(graph, {}).values())


def tensor_names(concrete: ConcreteFunction) -> list[str]:
    """The names of the arguments of a traced function, one for each tensor."""
    if isinstance(concrete, RestoredConcreteFunction):
        return list(concrete._keywords) or [s.name or f"arg_{i}" for i, s in enumerate(concrete._specs)]
    return [t.op.name for t in concrete.graph.inputs[: concrete._arguments]]


def argument_specs(concrete: ConcreteFunction) -> tuple[Any, Any]:
    """The arguments of a traced function, (positional, by name), with specs in the places of tensors."""
    names = iter(tensor_names(concrete))

    def leaf(value: Any) -> Any:
        spec = getattr(value, "spec", None)
        if isinstance(spec, TensorSpec):
            value = spec
        if isinstance(value, (Tensor, CompositeTensor)):
            value = type_spec_from_value(value)
        if not isinstance(value, TypeSpec):
            return value
        labels = [next(names) for _ in nest.flatten(value._component_specs)]
        return TensorSpec(value.shape, value.dtype, labels[0]) if isinstance(value, TensorSpec) else value

    given: Any = concrete.structured_input_signature or ((), {})
    if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict)):
        given = tuple(nest.flatten(given)), {}
    args, kwargs = given
    return tuple(nest.map_structure(leaf, list(args))) if args else (), nest.map_structure(leaf, kwargs)


def result_specs(concrete: ConcreteFunction) -> Any:
    """What a traced function returns, with specs in the places of tensors."""
    structure = concrete.structured_outputs

    def leaf(value: Any) -> Any:
        return type_spec_from_value(value) if isinstance(value, (Tensor, CompositeTensor)) else value

    return nest.map_structure(leaf, structure) if nest.is_nested(structure) else leaf(structure)


def concrete_message(concrete: ConcreteFunction, bound: list[int]) -> Any:
    """The `SavedConcreteFunction` of a traced function whose captures are the objects `bound`.

    Raises:
        NotEncodableError: its arguments or results have no form in messages.
    """
    message = protos.SavedConcreteFunction(bound_inputs=bound)
    message.canonicalized_input_signature.CopyFrom(encoded(argument_specs(concrete)))
    message.output_signature.CopyFrom(encoded(result_specs(concrete)))
    return message


def function_spec_message(function: Function) -> Any:
    """The `FunctionSpec` of a `tf.function`; defaults without a form in messages are left out."""
    if isinstance(function, RestoredFunction):
        signature = function._signature
    else:
        try:
            signature = inspect.signature(function.python_function)
        except ValueError:
            signature = inspect.Signature()
    full = _full_arg_spec(signature)
    message = protos.FunctionSpec()
    try:
        message.fullargspec.CopyFrom(encoded(full))
    except NotEncodableError:
        message.fullargspec.CopyFrom(encoded(full._replace(defaults=None, kwonlydefaults=None)))
    own = function.input_signature
    message.input_signature.CopyFrom(encoded(None if own is None else nest.map_structure(lambda s: s, tuple(own))))
    return message


def argument_names_message(names: list[str], by_name_only: bool) -> Any:
    """The `FunctionSpec` of a function that takes tensors of these names."""
    message = protos.FunctionSpec()
    args, keywords = ([], names) if by_name_only else (names, [])
    message.fullargspec.CopyFrom(encoded(FullArgSpec(args, None, None, None, keywords, None, {})))
    message.input_signature.CopyFrom(encoded(None))
    return message


def _full_arg_spec(signature: inspect.Signature) -> FullArgSpec:
    kinds = inspect.Parameter
    parameters = list(signature.parameters.values())
    positional = [p for p in parameters if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    keyword = [p for p in parameters if p.kind is kinds.KEYWORD_ONLY]
    variable = {p.kind: p.name for p in parameters}
    defaults = tuple(p.default for p in positional if p.default is not kinds.empty)
    by_name = {p.name: p.default for p in keyword if p.default is not kinds.empty}
    return FullArgSpec(
        [p.name for p in positional],
        variable.get(kinds.VAR_POSITIONAL),
        variable.get(kinds.VAR_KEYWORD),
        defaults or None,
        [p.name for p in keyword],
        by_name or None,
        {},
    )


def body_message(concrete: ConcreteFunction) -> Any:
    """The `FunctionDef` of a traced function, with what readers want to know of its arguments."""
    if isinstance(concrete, RestoredConcreteFunction):
        return concrete.function_def
    return body_of_graph(concrete.graph)


def body_of_graph(graph: FuncGraph) -> Any:
    """The `FunctionDef` of a function's graph: shapes and names of its arguments, what is behind handles."""
    message = graph.function_def()
    message.signature.control_output.extend(sorted(message.control_ret))
    shapes = message.attr["_input_shapes"].list.shape
    for i, (tensor, argument) in enumerate(zip(graph.inputs, message.signature.input_arg, strict=True)):
        shapes.add().CopyFrom(tensor.shape.as_proto())
        message.arg_attr[i].attr["_user_specified_name"].s = tensor.op.name.encode()
        known = handle_type(tensor) if tensor.dtype.base_dtype.name == "resource" else None
        if known is not None:
            data = argument.handle_data.add(dtype=known[1].as_datatype_enum)
            data.shape.CopyFrom(known[0].as_proto())
    return message


def called_functions(message: Any, library: Mapping[str, Any]) -> Iterator[str]:
    """The functions of a library that a `FunctionDef` calls itself."""
    nodes: Any = message.node_def
    for node in nodes:
        if node.op in library:
            yield node.op
        for attribute in node.attr.values():
            kind = attribute.WhichOneof("value")
            for function in [attribute.func] if kind == "func" else attribute.list.func if kind == "list" else ():
                if function.name in library:
                    yield function.name


def checked_signatures(signatures: Any) -> dict[str, ConcreteFunction]:
    """Name -> traced function, from a function or a dictionary of them.

    Raises:
        ValueError: something is no function whose arguments are known.
    """
    from tfcompat.saved_model import constants

    if not isinstance(signatures, Mapping):
        signatures = {constants.DEFAULT_SIGNATURE: signatures}
    found = {}
    for name, function in signatures.items():
        concrete = _as_concrete(function)
        if concrete is None:
            raise ValueError(
                f"Expected a TensorFlow function for which to generate a signature, but got {function}. Only "
                "`tf.functions` with an input signature or concrete functions can be used as a signature."
            )
        if not isinstance(name, str):
            raise ValueError(f"Names of signatures must be strings, got {name!r}.")
        found[name] = concrete
    return found


def _as_concrete(function: Any) -> ConcreteFunction | None:
    if isinstance(function, ConcreteFunction):
        return function
    if isinstance(function, Function) and function.input_signature is not None:
        return function.get_concrete_function()
    return None


def default_signature(functions: Mapping[str, Any]) -> ConcreteFunction | None:
    """The only one of an object's functions that may serve as a signature."""
    found = [c for c in map(_as_concrete, functions.values()) if c is not None and _is_valid(c)]
    return found[0] if len(found) == 1 else None


def _is_valid(concrete: ConcreteFunction) -> bool:
    try:
        _named_results("", "", concrete.structured_outputs)
    except ValueError:
        return False
    names = tensor_names(concrete)
    arguments = [s for s in nest.flatten(argument_specs(concrete)) if isinstance(s, TypeSpec)]
    return len(set(names)) == len(names) and all(isinstance(a, TensorSpec) for a in arguments)


def _named_results(function: Any, signature: str, results: Any) -> dict[str, Any]:
    """The results of a signature by name.

    Raises:
        ValueError: they are no tensor, no sequence of tensors and no dictionary of tensors.
    """
    if results is None:
        return {}
    if not isinstance(results, Mapping):
        flat = list(results) if isinstance(results, (list, tuple)) else [results]
        results = {f"output_{i}": value for i, value in enumerate(flat)}
    for key, value in results.items():
        if not isinstance(key, str):
            raise ValueError(
                f"Got a dictionary with a non-string key {key!r} in the output of the function {function} used to "
                f"generate the SavedModel signature {signature!r}."
            )
        if not isinstance(value, (Tensor, CompositeTensor, TypeSpec)):
            raise ValueError(
                f"Got a non-Tensor value {value!r} for key {key!r} in the output of the function {function} used to "
                f"generate the SavedModel signature {signature!r}. Outputs for functions used as signatures must be a "
                "single Tensor, a sequence of Tensors, or a dictionary from string to Tensor."
            )
    return dict(results)


def signature_wrapper(name: str, concrete: ConcreteFunction) -> ConcreteFunction:
    """A function of tensors by name that calls `concrete` and gives a dictionary of tensors.

    Raises:
        ValueError: `concrete` returns something else than tensors, or two of its arguments have one name.
    """
    names = tensor_names(concrete)
    if len(set(names)) != len(names):
        raise ValueError(f"Two arguments of the function for the signature {name!r} have one name: {names}.")
    specs = dict(zip(names, _flat_specs(concrete), strict=True))
    ordered = sorted(names)

    def wrapper(arguments: list[Tensor]) -> Any:
        by_name = dict(zip(ordered, arguments, strict=True))
        results = _named_results(concrete.name.decode(), name, concrete.call([by_name[n] for n in names]))
        return {k: results[k] for k in sorted(results)}

    named = {n: TensorSpec(specs[n].shape, specs[n].dtype, n) for n in ordered}
    label = concrete.name.decode().removeprefix("__inference_").rstrip("0123456789").rstrip("_")
    return trace(f"signature_wrapper_{label}", wrapper, [(named[n], n) for n in ordered], ((), named))


def _flat_specs(concrete: ConcreteFunction) -> list[TensorSpec]:
    if isinstance(concrete, RestoredConcreteFunction):
        return concrete._specs
    return [TensorSpec(t.shape, t.dtype.base_dtype) for t in concrete.graph.inputs[: concrete._arguments]]


def functions_of(owner: Any) -> dict[str, Any]:
    """Name -> function for the attributes of an object that are functions."""
    found: dict[str, Any] = {}
    for name in dir(type(owner)) + list(vars(owner) if hasattr(owner, "__dict__") else ()):
        if name.startswith("__") and name != "__call__":
            continue
        own = vars(owner).get(name, getattr(type(owner), name, None))
        if isinstance(own, (Function, ConcreteFunction)):
            found[name] = own if name in vars(owner) else getattr(owner, name)
    return dict(sorted(found.items()))
