"""Collections of graphs in meta graphs: members as messages, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from tfcompat import protos
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.variable_base import Variable
from tfcompat.platform import logging
from tfcompat.training.queue_runner import QueueRunner
from tfcompat.training.saver import Saver
from tfcompat.training.scoped_graph import is_included, prepend_scope, strip_scope


class ControlFlowContext:
    """A context of control flow of version 1 that came with a meta graph; it is only kept, and written again.

    Args:
        message: a `CondContextDef` or `WhileContextDef`.
        import_scope: scope that its names are put below.
    """

    def __init__(self, message: Any, import_scope: str | None = None):
        self._message = _renamed(message, lambda name: prepend_scope(name, import_scope))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self._message.context_name)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The message with names relative to `export_scope`; None when it lies outside."""
        if export_scope and not self.name.startswith(export_scope):
            return None
        return _renamed(self._message, lambda name: strip_scope(name, export_scope))


def _renamed(message: Any, rename: Callable[[str], str]) -> Any:
    """A copy of a message in which every string is a name."""
    copy = type(message)()
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(copy, field.name).update({rename(k): rename(v) for k, v in value.items()})
        elif field.message_type is not None:
            parts = [value] if not hasattr(value, "add") else value
            for part in parts:
                target = getattr(copy, field.name)
                (target.add() if hasattr(target, "add") else target).CopyFrom(_renamed(part, rename))
        elif field.cpp_type == field.CPPTYPE_STRING:
            if isinstance(value, str):
                setattr(copy, field.name, rename(value))
            else:
                getattr(copy, field.name).extend(map(rename, value))
        else:
            setattr(copy, field.name, value)
    return copy


def _context(message: Any, import_scope: str | None = None) -> ControlFlowContext:
    return ControlFlowContext(message, import_scope)


CONVERTERS: dict[str, tuple[str, Callable[..., Any]]] = {
    **dict.fromkeys((*GraphKeys._VARIABLE_COLLECTIONS, GraphKeys.GLOBAL_STEP), ("VariableDef", Variable.from_proto)),
    GraphKeys.SAVERS: ("SaverDef", Saver.from_proto),
    GraphKeys.QUEUE_RUNNERS: ("QueueRunnerDef", QueueRunner.from_proto),
    GraphKeys.COND_CONTEXT: ("CondContextDef", _context),
    GraphKeys.WHILE_CONTEXT: ("WhileContextDef", _context),
}
"""Collections whose members are messages: their type, and what makes a member of one."""


def add_collection(meta: Any, graph: Graph, name: str, scope: str | None, excluded: Collection[str]) -> None:
    """Adds a collection to a meta graph; one whose members have no form there is left out with a warning."""
    members = [m for m in graph.get_collection(name) if _belongs(m, scope, excluded)]
    if not members:
        return
    target = protos.CollectionDef()
    try:
        if name in CONVERTERS:
            messages = [m.to_proto(export_scope=scope) for m in members if hasattr(m, "to_proto")]
            known = [m.SerializeToString() for m in messages if m is not None]
            if known:
                target.bytes_list.value.extend(known)
        else:
            _add_plain(target, members, scope)
    except (TypeError, ValueError, AttributeError) as error:
        logging.warning("The collection %s is left out of the meta graph: %s", name, error)
        return
    meta.collection_def[name].CopyFrom(target)


def _belongs(member: Any, scope: str | None, excluded: Collection[str]) -> bool:
    if isinstance(member, Saver) and member.saver_def is not None:
        return member.saver_def.restore_op_name not in excluded
    name = member if isinstance(member, str) else getattr(member, "name", None)
    return not isinstance(name, str) or is_included(name, scope, excluded)


def _add_plain(target: Any, members: list[Any], scope: str | None) -> None:
    """All members must be of the kind of the first one."""
    first = members[0]
    if isinstance(first, (str, bytes)):
        target.bytes_list.value.extend(m.encode() if isinstance(m, str) else m for m in members)
    elif isinstance(first, int):
        target.int64_list.value.extend(members)
    elif isinstance(first, float):
        target.float_list.value.extend(members)
    elif hasattr(first, "type_url"):
        for member in members:
            target.any_list.value.add().MergeFromString(member.SerializeToString())
    else:
        for member in members:
            if not isinstance(member, (Tensor, Operation)) and not hasattr(member, "_as_graph_element"):
                raise TypeError(f"a {type(member).__name__} has no form in a collection")
            target.node_list.value.append(strip_scope(member.name, scope))


def take_collection(graph: Graph, name: str, collection: Any, scope: str, members: dict[bytes, Any]) -> None:
    """Adds the members of a collection of a meta graph to that of `graph`.

    Args:
        graph: where the nodes are.
        name: of the collection.
        collection: the `CollectionDef`.
        scope: the scope that the nodes were put below, without a slash at its end.
        members: those made so far, by their bytes; objects of several collections are the same.

    Raises:
        ValueError: a message is damaged, or names what is not in the graph.
    """
    from google.protobuf.message import DecodeError

    kind = collection.WhichOneof("kind")
    if kind is None:
        return
    values = getattr(collection, kind).value
    if name in CONVERTERS and kind == "bytes_list":
        message_name, make = CONVERTERS[name]
        for raw in values:
            if raw not in members:
                try:
                    message = getattr(protos, message_name).FromString(raw)
                except DecodeError:
                    raise ValueError(f"The collection {name} has a member that is no {message_name}.") from None
                try:
                    members[raw] = make(message, import_scope=scope)
                except KeyError as error:
                    raise ValueError(f"The collection {name} names what is not in the graph: {error}") from None
            graph.add_to_collection(name, members[raw])
        return
    for value in values:
        if kind == "node_list":
            try:
                value = graph.as_graph_element(prepend_scope(value, scope))
            except KeyError as error:
                raise ValueError(f"The collection {name} has a member that is not in the graph: {error}") from None
        elif kind == "int64_list":
            value = int(value)
        elif kind == "bytes_list":
            value = _text(value, scope)
        graph.add_to_collection(name, value)


def _text(value: bytes, scope: str) -> Any:
    """A string of a collection: a name below `scope`, or bytes that are no text."""
    try:
        return prepend_scope(value.decode(), scope) if scope else value
    except UnicodeDecodeError:
        return value
