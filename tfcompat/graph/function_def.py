"""Functions of a graph's library: `FunctionDef` messages that operations call by name."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.node_def import attr_from_message
from tfcompat.graph.op_def import ArgDef, AttrDef, OpDef


class LibraryFunction:
    """A function read from a file.

    Attributes:
        name: its name in the library.
        definition: its signature, as the definition of an op type of that name.
        gradient_name: the library function registered as its gradient, if any.
    """

    def __init__(self, message: Any):
        self._message = message
        self.name: str = message.signature.name
        self.definition = op_def_from_message(message.signature)
        self.gradient_name: str | None = None

    def function_def(self) -> Any:
        """The `FunctionDef` message."""
        return self._message


def op_def_from_message(message: Any) -> OpDef:
    """An `OpDef` message as a definition."""
    inputs = tuple(map(_arg_from_message, message.input_arg))
    inferred = {n for a in inputs for n in (a.type_attr, a.number_attr, a.type_list_attr) if n}
    return OpDef(
        name=message.name,
        inputs=inputs,
        outputs=tuple(map(_arg_from_message, message.output_arg)),
        attrs={a.name: _attr_from_message(a) for a in message.attr},
        is_stateful=message.is_stateful,
        is_commutative=message.is_commutative,
        is_aggregate=message.is_aggregate,
        allows_uninitialized_input=message.allows_uninitialized_input,
        inferred=frozenset(inferred),
    )


def _arg_from_message(arg: Any) -> ArgDef:
    return ArgDef(arg.name, dtypes.as_dtype(arg.type) if arg.type else None, arg.type_attr, arg.number_attr,
                  arg.type_list_attr, arg.is_ref)


def _attr_from_message(attr: Any) -> AttrDef:
    has_default = attr.HasField("default_value")
    default = attr_from_message(attr.default_value) if has_default else None
    allowed = attr_from_message(attr.allowed_values) if attr.HasField("allowed_values") else None
    return AttrDef(attr.name, attr.type, has_default, default, None if allowed is None else tuple(allowed),
                   attr.minimum if attr.has_minimum else None)
