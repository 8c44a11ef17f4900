"""Variables as `VariableDef` messages, in which meta graphs keep them."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.names import prepend_scope, strip_scope
from tfcompat.ops.save_slice import SaveSliceInfo
from tfcompat.ops.variable_base import Variable, VariableAggregation, VariableSynchronization


def to_message(variable: Any, name: str, snapshot: str | None, is_resource: bool, export_scope: str | None) -> Any:
    """The message for `variable`; None when `name` lies outside `export_scope`."""
    from tfcompat import protos

    if export_scope and not name.startswith(export_scope):
        return None
    message = protos.VariableDef(variable_name=strip_scope(name, export_scope), is_resource=is_resource)
    if variable.initial_value is not None:
        message.initial_value_name = strip_scope(variable.initial_value.name, export_scope)
    message.trainable = variable.trainable
    message.synchronization = variable.synchronization.value
    message.aggregation = variable.aggregation.value
    message.initializer_name = strip_scope(variable.initializer.name, export_scope)
    if snapshot is not None:
        message.snapshot_name = strip_scope(snapshot, export_scope)
    if variable._save_slice_info is not None:
        message.save_slice_info_def.CopyFrom(variable._save_slice_info.to_proto(export_scope))
    return message


def element(graph: Any, name: str, import_scope: str | None) -> Any:
    """The operation or tensor that a message names; KeyError when the graph has none of that name."""
    return graph.as_graph_element(prepend_scope(name, import_scope))


def take_modes(variable: Variable, message: Any, import_scope: str | None) -> None:
    """Sets what the message says besides names: modes, whether it is trainable, its place in a larger variable."""
    synchronization = VariableSynchronization(message.synchronization)
    variable._synchronization = synchronization
    variable._aggregation = VariableAggregation(message.aggregation)
    explicit = getattr(message, "trainable", None)
    variable._trainable = bool(explicit) if explicit is not None else True
    variable._constraint = None
    if message.HasField("save_slice_info_def"):
        variable._save_slice_info = SaveSliceInfo(
            save_slice_info_def=message.save_slice_info_def, import_scope=import_scope
        )
