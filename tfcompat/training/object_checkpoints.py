"""Object-based checkpoints: the graph of objects that they hold beside the tensors, and names derived from it."""

from __future__ import annotations

from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import DataLossError
from tfcompat.io.checkpoint.reader import new_checkpoint_reader

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "VARIABLE_VALUE"


def object_graph(reader: Any, path: str) -> Any:
    """The `TrackableObjectGraph` of a checkpoint; None when it is not object-based.

    Raises:
        DataLossError: the graph is damaged.
    """
    from google.protobuf.message import DecodeError

    if not reader.has_tensor(OBJECT_GRAPH_KEY):
        return None
    try:
        return protos.TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH_KEY))
    except (DecodeError, TypeError):
        raise DataLossError(None, None, f"{path}: the graph of objects is damaged") from None


def names_by_variable(path: str) -> dict[str, str]:
    """Name of a variable -> its key in the checkpoint, for an object-based one; else empty.

    Raises:
        NotFoundError: there is no such checkpoint.
    """
    message = object_graph(new_checkpoint_reader(path), path)
    if message is None:
        return {}
    return {a.full_name: a.checkpoint_key for node in message.nodes for a in node.attributes if a.full_name}
