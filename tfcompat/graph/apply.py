"""Recording one operation from Python values: conversion of inputs, inference of attributes, defaults."""

from __future__ import annotations

import collections
import contextlib
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, usable_here
from tfcompat.graph.graph import Graph
from tfcompat.graph.op_def import ArgDef, AttrDef, OpDef, op_def
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape


def apply_op(op_type: str, name: str | None, values: Mapping[str, Any]) -> Any:
    """Records an operation of type `op_type`.

    Args:
        op_type: a type of the op-definition table.
        name: name of the operation; the op type when None.
        values: inputs and attributes by the names the definition gives them. Attributes that follow from the inputs
            need not be given; None means "use the default".

    Returns:
        The operation when it has no outputs, its tensor, its list of tensors, or a named tuple of these.

    Raises:
        TypeError: an input cannot become a tensor of the needed type, or an attribute is of the wrong kind.
        ValueError: an attribute has a value that is not allowed, or shapes do not fit.
    """
    definition = op_def(op_type)
    graph = _graph_of(values, definition)
    if graph is not get_default_graph():
        with graph.as_default():
            return _record(graph, definition, name, values)
    return _record(graph, definition, name, values)


def _graph_of(values: Mapping[str, Any], definition: OpDef) -> Graph:
    current = get_default_graph()
    if current.building_function:
        return current
    found = None
    for arg in definition.inputs:
        value = values.get(arg.name)
        for item in value if isinstance(value, (list, tuple)) else (value,):
            owner = getattr(item, "graph", None)
            if owner is None or not isinstance(owner, Graph):
                continue
            if found is None:
                found = owner
            elif owner is not found:
                raise ValueError(f"{item!r} must be from the same graph as the other inputs of {definition.name}.")
    return current if found is None else usable_here(found)


def _record(graph: Graph, definition: OpDef, name: str | None, values: Mapping[str, Any]) -> Any:
    names = graph._names
    scope = name[:-1] if name and name[-1] == "/" else names.unique(name or definition.name)
    outer, names.scope = names.scope, scope
    try:
        attrs: dict[str, Any] = {}
        _explicit_types(definition, values, attrs)
        inputs: list[Tensor] = []
        for arg in definition.inputs:
            if arg.name not in values:
                raise TypeError(f"No argument for input {arg.name} found in {definition.name}")
            if arg.type_list_attr:
                inputs += _mixed_list(definition, arg, values[arg.name], attrs)
            elif arg.number_attr:
                inputs += _uniform_list(definition, arg, values[arg.name], attrs)
            else:
                inputs.append(_single(definition, arg, values[arg.name], attrs))
        _complete_attrs(definition, values, attrs)
        types = definition.output_types(attrs)
        with _placed_with_variables(graph, definition, inputs):
            op = graph.add_op(definition, inputs, attrs, types, scope + "/")
    finally:
        names.scope = outer
    return _structured(definition, op)


def _placed_with_variables(graph: Graph, definition: OpDef, inputs: list[Tensor]) -> Any:
    """Operations that change a reference are placed with what it refers to."""
    if not any(arg.is_ref for arg in definition.inputs):
        return contextlib.nullcontext()
    stack = contextlib.ExitStack()
    for arg, tensor in zip(definition.inputs, inputs, strict=False):
        if arg.is_ref:
            stack.enter_context(graph.colocate_with(tensor.op))
    return stack


def _explicit_types(definition: OpDef, values: Mapping[str, Any], attrs: dict[str, Any]) -> None:
    """Takes over inferred attributes that the caller gave all the same."""
    for key in definition.inferred:
        value = values.get(key)
        if value is not None:
            attrs[key] = attr_value(definition.name, definition.attrs[key], value)


def _single(definition: OpDef, arg: ArgDef, value: Any, attrs: dict[str, Any]) -> Tensor:
    known = arg.type if arg.type is not None else attrs.get(arg.type_attr)
    attr = definition.attrs.get(arg.type_attr)
    tensor = _convert(definition, arg, value, known, attr)
    if arg.is_ref and not tensor.dtype._is_ref_dtype:
        raise TypeError(
            f"'{definition.name}' Op requires that input '{arg.name}' be a mutable tensor (e.g.: a tf.Variable)"
        )
    base = tensor.dtype.base_dtype
    if known is None:
        _check_allowed(arg, attr, base)
        attrs[arg.type_attr] = base
    return tensor


def _convert(definition: OpDef, arg: ArgDef, value: Any, known: dtypes.DType | None, attr: AttrDef | None) -> Tensor:
    preferred = attr.default if attr is not None and attr.has_default else None
    try:
        tensor = value if type(value) is Tensor else _convert_value(arg, value, known, preferred, attr)
    except (TypeError, ValueError) as error:
        if known is None:
            raise
        actual = getattr(value, "dtype", None)
        if isinstance(actual, dtypes.DType) and actual.base_dtype != known:
            raise TypeError(_type_clash(definition, arg, actual, known)) from None
        raise TypeError(
            f"Expected {known.name} passed to parameter '{arg.name}' of op '{definition.name}', got "
            f"{value!r} of type '{type(value).__name__}' instead. Error: {error}"
        ) from None
    if known is not None and tensor.dtype.base_dtype != known:
        raise TypeError(_type_clash(definition, arg, tensor.dtype, known))
    return tensor


def _convert_value(
    arg: ArgDef, value: Any, known: dtypes.DType | None, preferred: dtypes.DType | None, attr: AttrDef | None
) -> Tensor:
    """A value's own type wins over the attribute's default where it has one and the attribute allows it."""
    if known is None and preferred is not None and attr is not None and attr.allowed:
        with contextlib.suppress(TypeError, ValueError):
            tensor = convert_to_tensor(value, name=arg.name, as_ref=arg.is_ref)
            if tensor.dtype.base_dtype in attr.allowed:
                return tensor
    return convert_to_tensor(value, known, name=arg.name, as_ref=arg.is_ref, preferred_dtype=preferred)


def _type_clash(definition: OpDef, arg: ArgDef, actual: dtypes.DType, known: dtypes.DType) -> str:
    prefix = f"Input '{arg.name}' of '{definition.name}' Op has type {actual.base_dtype.name} that does not match"
    if arg.type is not None:
        return f"{prefix} expected type of {known.name}."
    first = next(a for a in definition.inputs if a.type_attr == arg.type_attr)
    return f"{prefix} type {known.name} of argument '{first.name}'."


def _check_allowed(arg: ArgDef, attr: AttrDef | None, dtype: dtypes.DType) -> None:
    if attr is not None and attr.allowed is not None and dtype not in attr.allowed:
        raise TypeError(
            f"Value passed to parameter '{arg.name}' has DataType {dtype.name} not in list of allowed "
            f"values: {', '.join(t.name for t in attr.allowed)}"
        )


def _uniform_list(definition: OpDef, arg: ArgDef, value: Any, attrs: dict[str, Any]) -> list[Tensor]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"Expected list for '{arg.name}' argument to '{definition.name}' Op, not {value}.")
    number = definition.attrs[arg.number_attr]
    if arg.number_attr in attrs and len(value) != attrs[arg.number_attr]:
        raise ValueError(
            f"List argument '{arg.name}' to '{definition.name}' Op with length {len(value)} must match "
            f"length {attrs[arg.number_attr]} of argument "
            f"'{next(a.name for a in definition.inputs if a.number_attr == arg.number_attr)}'."
        )
    if number.minimum is not None and len(value) < number.minimum:
        raise ValueError(
            f"List argument '{arg.name}' to '{definition.name}' Op with length {len(value)} shorter than "
            f"minimum length {number.minimum}."
        )
    attrs[arg.number_attr] = len(value)
    known = arg.type if arg.type is not None else attrs.get(arg.type_attr)
    attr = definition.attrs.get(arg.type_attr)
    wanted = known or next(
        (v.dtype.base_dtype for v in value if isinstance(getattr(v, "dtype", None), dtypes.DType)),
        attr.default if attr is not None and attr.has_default else None,
    )
    tensors = []
    for index, item in enumerate(value):
        try:
            tensor = convert_to_tensor(item, wanted, name=f"{arg.name}_{index}", as_ref=arg.is_ref)
        except (TypeError, ValueError):
            tensor = None
            if not (known is None and wanted is not None and hasattr(item, "dtype")):
                raise
        if tensor is None or (wanted is not None and tensor.dtype.base_dtype != wanted):
            found = ", ".join(
                str(getattr(getattr(v, "dtype", None), "name", "<NOT CONVERTIBLE TO TENSOR>")) for v in value
            )
            raise TypeError(
                f"Tensors in list passed to '{arg.name}' of '{definition.name}' Op have types [{found}] "
                f"that {'do not match expected type ' + known.name if known else 'don' + chr(39) + 't all match'}."
            )
        wanted = wanted or tensor.dtype.base_dtype
        tensors.append(tensor)
    if arg.type is None and arg.type_attr not in attrs:
        if wanted is None:
            raise TypeError(f"Cannot infer the type of the empty list argument '{arg.name}' to '{definition.name}' Op.")
        _check_allowed(arg, attr, wanted)
        attrs[arg.type_attr] = wanted
    return tensors


def _mixed_list(definition: OpDef, arg: ArgDef, value: Any, attrs: dict[str, Any]) -> list[Tensor]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"Expected list for '{arg.name}' argument to '{definition.name}' Op, not {value}.")
    known = attrs.get(arg.type_list_attr) or [None] * len(value)
    if len(known) != len(value):
        raise ValueError(
            f"List argument '{arg.name}' to '{definition.name}' Op has {len(value)} values and {len(known)} types."
        )
    tensors = [
        convert_to_tensor(v, t, name=f"{arg.name}_{i}", as_ref=arg.is_ref)
        for i, (v, t) in enumerate(zip(value, known, strict=True))
    ]
    attr = definition.attrs[arg.type_list_attr]
    if attr.minimum is not None and len(tensors) < attr.minimum:
        raise ValueError(
            f"List argument '{arg.name}' to '{definition.name}' Op with length {len(tensors)} shorter "
            f"than minimum length {attr.minimum}."
        )
    attrs[arg.type_list_attr] = [t.dtype.base_dtype for t in tensors]
    return tensors


def _complete_attrs(definition: OpDef, values: Mapping[str, Any], attrs: dict[str, Any]) -> None:
    """Fills the attributes that the caller gives, and the defaults."""
    for key, attr in definition.attrs.items():
        if key in attrs:
            continue
        value = values.get(key)
        if value is not None or (key in values and attr.type in ("shape",)):
            attrs[key] = attr_value(definition.name, attr, value)
        elif attr.has_default:
            attrs[key] = attr.default
        else:
            raise TypeError(f"No argument found for attr {key} in {definition.name}")
    for key, value in values.items():
        if key.startswith("_"):
            attrs[key] = value


def attr_value(op_type: str, attr: AttrDef, value: Any) -> Any:
    """`value` as `Operation.attrs` holds attribute `attr`.

    Raises:
        TypeError: it is of the wrong kind.
        ValueError: it is not among the allowed values, or too small.
    """
    if attr.type.startswith("list("):
        if not isinstance(value, (list, tuple)):
            raise TypeError(
                f"Expected list for attr {attr.name} of {op_type}, obtained {type(value).__name__} instead."
            )
        result: Any = [_one_attr(op_type, attr, attr.type[5:-1], v) for v in value]
        if attr.minimum is not None and len(result) < attr.minimum:
            raise ValueError(
                f"Attr '{attr.name}' of '{op_type}' Op passed list of length {len(result)} less than "
                f"minimum {attr.minimum}."
            )
    else:
        result = _one_attr(op_type, attr, attr.type, value)
        if attr.minimum is not None and result < attr.minimum:
            raise ValueError(f"Attr '{attr.name}' of '{op_type}' Op passed {result} less than minimum {attr.minimum}.")
    if attr.allowed is not None:
        for item in result if isinstance(result, list) else [result]:
            if item not in attr.allowed:
                _refuse(op_type, attr, item)
    return result


def _refuse(op_type: str, attr: AttrDef, item: Any) -> None:
    if isinstance(item, dtypes.DType):
        raise TypeError(
            f"Value passed to parameter '{attr.name}' has DataType {item.name} not in list of allowed "
            f"values: {', '.join(t.name for t in attr.allowed or ())}"
        )
    allowed = '", "'.join(a.decode() for a in attr.allowed or ())
    raise ValueError(f"Attr '{attr.name}' of '{op_type}' Op passed string '{item.decode()}' not in: \"{allowed}\".")


def _one_attr(op_type: str, attr: AttrDef, kind: str, value: Any) -> Any:
    wrong = f"Expected {kind} for argument '{attr.name}' not {value!r}."
    if kind == "type":
        return dtypes.as_dtype(value).base_dtype
    if kind == "string":
        if not isinstance(value, (str, bytes)):
            raise TypeError(wrong)
        return value.encode() if isinstance(value, str) else value
    if kind == "bool":
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(wrong)
        return bool(value)
    if kind in ("int", "float"):
        try:
            if isinstance(value, (str, bytes, Tensor)):
                raise TypeError
            return int(value) if kind == "int" else float(np.float32(value))
        except (TypeError, ValueError):
            raise TypeError(wrong) from None
    if kind == "shape":
        try:
            return TensorShape(value)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Error converting {attr.name} (arg name = {attr.name}) {value!r} to a TensorShape: {error}"
            ) from None
    if kind == "func":
        return (
            FuncRef(value) if isinstance(value, str) else value if isinstance(value, FuncRef) else FuncRef(value.name)
        )
    if kind == "tensor" and type(value).__name__ == "TensorProto":
        from tfcompat.protos.tensor_proto import tensor_proto_to_array

        return tensor_proto_to_array(value)
    return np.asarray(value)


@functools.cache
def _result_type(op_type: str) -> Any:
    return collections.namedtuple(op_type, [a.name for a in op_def(op_type).outputs], rename=True)  # type: ignore[misc]


def _structured(definition: OpDef, op: Operation) -> Any:
    if not definition.outputs:
        return op
    if len(definition.outputs) == 1:
        return op._outputs if definition.outputs[0].is_list else op._outputs[0]
    parts: list[Any] = []
    start = 0
    for arg, count in zip(definition.outputs, definition.output_arity(op.attrs), strict=True):
        parts.append(op._outputs[start : start + count] if arg.is_list else op._outputs[start])
        start += count
    return _result_type(definition.name)(*parts)
