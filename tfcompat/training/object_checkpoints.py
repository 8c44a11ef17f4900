"""Object-based checkpoints: the graph of objects that they hold beside the tensors, written and matched."""

from __future__ import annotations

from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import DataLossError
from tfcompat.io.checkpoint.reader import new_checkpoint_reader
from tfcompat.ops.lookup import ChangingTable
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.variable_base import Variable
from tfcompat.training.tracking import (
    PythonState,
    TrackedObject,
    children,
    has_slots,
    slot_of,
    slot_variables,
    tracked_objects,
)

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "VARIABLE_VALUE"
STATE = "py_state"
TABLE = "table"


def object_graph(reader: Any, path: str) -> Any:
    """The `TrackableObjectGraph` of a checkpoint; None when it is not object-based.

    Raises:
        DataLossError: the graph is damaged.
    """
    from google.protobuf.message import DecodeError

    if not reader.has_tensor(OBJECT_GRAPH_KEY):
        return None
    try:
        message = protos.TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH_KEY))
    except (DecodeError, TypeError):
        raise DataLossError(None, None, f"{path}: the graph of objects is damaged") from None
    count = len(message.nodes)
    for node in message.nodes:
        ids = [c.node_id for c in node.children]
        ids += [i for s in node.slot_variables for i in (s.original_variable_node_id, s.slot_variable_node_id)]
        if not all(0 <= i < count for i in ids):
            raise DataLossError(None, None, f"{path}: the graph of objects refers to nodes that it does not have")
    return message


def names_by_variable(path: str) -> dict[str, str]:
    """Name of a variable -> its key in the checkpoint, for an object-based one; else empty.

    Raises:
        NotFoundError: there is no such checkpoint.
    """
    message = object_graph(new_checkpoint_reader(path), path)
    if message is None:
        return {}
    return {a.full_name: a.checkpoint_key for node in message.nodes for a in node.attributes if a.full_name}


def message_of(root: Any) -> tuple[Any, dict[str, Any]]:
    """The `TrackableObjectGraph` of what `root` depends on, and key -> variable or `PythonState`."""
    objects = tracked_objects(root)
    slots = list(slot_variables(objects))
    message = protos.TrackableObjectGraph()
    values: dict[str, Any] = {}
    ids = {id(value): i for i, (_, value) in enumerate(objects)}
    for path, value in objects:
        node = message.nodes.add()
        for name, child in children(value):
            node.children.add(node_id=ids[id(child)], local_name=name)
        _add_attribute(node, path, value, values)
    for at, original, name, slot in slots:
        if id(slot) not in ids:
            ids[id(slot)] = len(message.nodes)
            path = f"{objects[original].path}/.OPTIMIZER_SLOT/{objects[at].path}/{name}"
            _add_attribute(message.nodes.add(), path, slot, values)
        message.nodes[at].slot_variables.add(
            original_variable_node_id=original, slot_name=name, slot_variable_node_id=ids[id(slot)]
        )
    mark_values(message)
    return message, values


def _add_attribute(node: Any, path: str, value: Any, values: dict[str, Any]) -> None:
    if isinstance(value, (Variable, PartitionedVariable)):
        name, full_name = VALUE, value.name.partition(":")[0]
    elif isinstance(value, PythonState):
        name, full_name = STATE, STATE
    elif has_entries(value):
        name, full_name = TABLE, ""
    else:
        return
    key = f"{path}/.ATTRIBUTES/{name}" if path else f".ATTRIBUTES/{name}"
    node.attributes.add(name=name, full_name=full_name, checkpoint_key=key)
    values[key] = value


def has_entries(value: Any) -> bool:
    """Whether an object is a table whose entries checkpoints hold."""
    return isinstance(value, ChangingTable) or getattr(value, "_saveable_functions", None) is not None


def _fits(value: Any, attribute: str) -> bool:
    """Whether an object has such an attribute of an object in a checkpoint."""
    if attribute == TABLE:
        return has_entries(value)
    return isinstance(value, PythonState if attribute == STATE else (Variable, PartitionedVariable))


def mark_values(message: Any) -> None:
    """Says of each node whether it or what it depends on has values."""
    has = [bool(n.attributes) for n in message.nodes]
    changed = True
    while changed:
        changed = False
        for i, node in enumerate(message.nodes):
            ids = [c.node_id for c in node.children] + [s.slot_variable_node_id for s in node.slot_variables]
            if not has[i] and any(has[c] for c in ids):
                has[i] = changed = True
    for node, value in zip(message.nodes, has, strict=True):
        node.has_checkpoint_values.value = value


class Match:
    """What of a checkpoint belongs to which object.

    Attributes:
        objects: what the root depends on, as it was when the match was made.
        by_node: number of a node -> object.
        values: key -> variable or `PythonState`.
    """

    def __init__(self, root: Any, message: Any):
        self.objects: list[TrackedObject] = tracked_objects(root)
        self.by_node: dict[int, Any] = {0: root}
        self.values: dict[str, Any] = {}
        order = [0]
        for at in order:  # grows while it is walked
            names = {c.local_name: c.node_id for c in message.nodes[at].children}
            for name, child in children(self.by_node[at]):
                if name in names and names[name] not in self.by_node:
                    self.by_node[names[name]] = child
                    order.append(names[name])
        for at in order:
            optimizer = self.by_node[at]
            for slot in message.nodes[at].slot_variables if has_slots(optimizer) else ():
                original = self.by_node.get(slot.original_variable_node_id)
                variable = None if original is None else slot_of(optimizer, original, slot.slot_name)
                if variable is not None:
                    self.by_node[slot.slot_variable_node_id] = variable
        for at, value in self.by_node.items():
            for attribute in message.nodes[at].attributes:
                if _fits(value, attribute.name):
                    self.values[attribute.checkpoint_key] = value

    def unmatched(self) -> list[Any]:
        """Objects that no node belongs to; containers without anything to track do not count."""
        matched = {id(v) for v in self.by_node.values()}
        return [
            v
            for _, v in self.objects
            if id(v) not in matched and (children(v) or not isinstance(v, (list, tuple, dict)))
        ]
