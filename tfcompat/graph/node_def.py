"""Operations and attributes as protocol messages (`NodeDef`, `AttrValue`, `OpDef`, `GraphDef`) and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.op_def import ArgDef, AttrDef, OpDef
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.tensor_shape import TensorShape

if TYPE_CHECKING:
    from tfcompat.graph.graph import Graph

_LIST_FIELDS = {
    "type": "type",
    "int": "i",
    "float": "f",
    "bool": "b",
    "string": "s",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
}


def attr_message(value: Any, kind: str | None = None) -> Any:
    """`value` as an `AttrValue`.

    Args:
        value: an attribute as `Operation.attrs` holds it.
        kind: how op definitions spell its kind ("int", "list(type)", ...); derived from the value when None.

    Raises:
        TypeError: the value has no attribute kind.
    """
    message = protos.AttrValue()
    if isinstance(value, (list, tuple)):
        message.list.SetInParent()
        inner = kind[5:-1] if kind and kind.startswith("list(") else None
        for item in value:
            field = _LIST_FIELDS[inner or _kind_of(item)]
            getattr(message.list, field).append(_plain(item, field))
        return message
    field = _LIST_FIELDS[kind or _kind_of(value)]
    plain = _plain(value, field)
    if field in ("shape", "tensor", "func"):
        getattr(message, field).CopyFrom(plain)
    else:
        setattr(message, field, plain)
    return message


def _kind_of(value: Any) -> str:
    for python_type, kind in ((bool, "bool"), (int, "int"), (float, "float"), (bytes, "string"), (str, "string"),
                              (dtypes.DType, "type"), (TensorShape, "shape"), (np.ndarray, "tensor"),
                              (FuncRef, "func"), (np.integer, "int"), (np.floating, "float")):  # fmt: skip
        if isinstance(value, python_type):
            return kind
    if type(value).__name__ == "TensorProto":
        return "tensor"
    raise TypeError(f"A {type(value).__name__} is no attribute value: {value!r}")


def _plain(value: Any, field: str) -> Any:
    if field == "type":
        return dtypes.as_dtype(value).as_datatype_enum
    if field == "s":
        return value.encode() if isinstance(value, str) else value
    if field == "shape":
        return value.as_proto() if isinstance(value, TensorShape) else TensorShape(value).as_proto()
    if field == "tensor":
        return value if type(value).__name__ == "TensorProto" else tensor_message(value)
    if field == "func":
        func = protos.NameAttrList(name=value.name)
        for key, attr in value.attrs.items():
            func.attr[key].CopyFrom(attr_message(attr))
        return func
    return value


def tensor_message(array: np.ndarray, dtype: dtypes.DType | None = None) -> Any:
    """`array` as a `TensorProto`."""
    from tfcompat.protos.tensor_proto import array_to_tensor_proto

    return array_to_tensor_proto(array, (dtype or dtypes.as_dtype(array.dtype)).as_datatype_enum)


def attr_from_message(message: Any) -> Any:
    """The Python value of an `AttrValue`; None when it is empty or a placeholder."""
    field = message.WhichOneof("value")
    if field is None or field == "placeholder":
        return None
    if field == "list":
        for name in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
            items = getattr(message.list, name)
            if len(items):
                return [_from_plain(v, name) for v in items]
        return []
    return _from_plain(getattr(message, field), field)


def _from_plain(value: Any, field: str) -> Any:
    if field == "type":
        return dtypes.as_dtype(value) if value else None
    if field == "shape":
        return TensorShape(value)
    if field == "tensor":
        from tfcompat.protos.tensor_proto import tensor_proto_to_constant

        return tensor_proto_to_constant(value)
    if field == "func":
        return FuncRef(value.name, {k: attr_from_message(v) for k, v in value.attr.items()})
    return value


def node_def_message(op: Operation) -> Any:
    """`op` as a `NodeDef`: inputs as `name`, `name:1` or `^control`, attributes without unset ones."""
    node = protos.NodeDef(name=op.name, op=op.type, device=op.device)
    node.input.extend(t.op.name if t.value_index == 0 else t.name for t in op._inputs)
    node.input.extend(sorted("^" + c.name for c in op._control_inputs))
    for name, value in op.attrs.items():
        definition = op.definition.attrs.get(name)
        if value is None:
            continue
        if name == "value" and op.type == "Const":
            node.attr[name].tensor.CopyFrom(tensor_message(value, op.attrs["dtype"]))
        else:
            node.attr[name].CopyFrom(attr_message(value, definition.type if definition else None))
    return node


def graph_def_message(graph: Graph, from_version: int | None, add_shapes: bool) -> Any:
    """`graph` as a `GraphDef`; see `Graph.as_graph_def`."""
    message = protos.GraphDef()
    message.versions.CopyFrom(graph.graph_def_versions)
    for op in graph._ops[from_version or 0 :]:
        node = message.node.add()
        node.CopyFrom(node_def_message(op))
        if add_shapes and op.outputs:
            node.attr["_output_shapes"].CopyFrom(attr_message([t.shape for t in op.outputs], "list(shape)"))
    for function in graph._functions.values():
        message.library.function.add().CopyFrom(function.function_def())
    if any(hasattr(f, "gradient_name") for f in graph._functions.values()):
        for function in graph._functions.values():
            if getattr(function, "gradient_name", None):
                message.library.gradient.add(function_name=function.name, gradient_func=function.gradient_name)
    return message


def op_def_message(definition: OpDef) -> Any:
    """`definition` as an `OpDef` message."""
    message = protos.OpDef(
        name=definition.name,
        is_stateful=definition.is_stateful,
        is_commutative=definition.is_commutative,
        is_aggregate=definition.is_aggregate,
        allows_uninitialized_input=definition.allows_uninitialized_input,
    )
    message.input_arg.extend(map(_arg_message, definition.inputs))
    message.output_arg.extend(map(_arg_message, definition.outputs))
    message.attr.extend(map(_attr_def_message, definition.attrs.values()))
    return message


def _arg_message(arg: ArgDef) -> Any:
    return protos.OpDef.ArgDef(
        name=arg.name,
        type=arg.type.as_datatype_enum if arg.type else 0,
        type_attr=arg.type_attr,
        number_attr=arg.number_attr,
        type_list_attr=arg.type_list_attr,
        is_ref=arg.is_ref,
    )


def _attr_def_message(attr: AttrDef) -> Any:
    message = protos.OpDef.AttrDef(name=attr.name, type=attr.type)
    if attr.has_default:
        message.default_value.CopyFrom(attr_message(attr.default, attr.type))
    if attr.allowed is not None:
        message.allowed_values.CopyFrom(attr_message(list(attr.allowed)))
    if attr.minimum is not None:
        message.has_minimum, message.minimum = True, attr.minimum
    return message
