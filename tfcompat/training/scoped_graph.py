"""Parts of GraphDef messages by name scope, for meta graphs."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from tfcompat import protos

UNBOUND_PREFIX = "$unbound_inputs_"
UNBOUND_COLLECTION = "unbound_inputs"
_SAVING = ("Save", "SaveV2", "Restore", "RestoreV2", "SaveSlices", "RestoreSlice")
_NAME = re.compile(r"([\^]|loc:@|^)(.*)", re.DOTALL)


def strip_scope(name: str, scope: str | None) -> str:
    """A name, input or colocation group without the scope before it."""
    if not scope:
        return name
    return re.sub(r"([\^]|loc:@|^)" + re.escape(scope.rstrip("/")) + r"[/]+(.*)", r"\1\2", name, count=1)


def prepend_scope(name: str, scope: str | None) -> str:
    """A name, input or colocation group below a scope."""
    if not scope:
        return name
    return _NAME.sub(lambda m: f"{m[1]}{scope.rstrip('/')}/{m[2]}", name, count=1)


def is_included(name: str, scope: str | None, excluded: Collection[str]) -> bool:
    """Whether what is called `name` belongs to an export of `scope`."""
    if name in excluded:
        return False
    return name.startswith((UNBOUND_PREFIX, scope or ""))


def scoped_graph(
    graph_def: Any, scope: str | None, excluded: Collection[str], clear_devices: bool
) -> tuple[Any, list[str]]:
    """The nodes of a scope with names relative to it, and the names of what they take from outside."""
    part = protos.GraphDef.FromString(graph_def.SerializeToString())
    del part.node[:]
    unbound: dict[str, None] = {}
    for node in graph_def.node:
        if is_included(node.name, scope, excluded):
            part.node.append(_scoped_node(node, scope, unbound, clear_devices))
    return part, list(unbound)


def _scoped_node(node: Any, scope: str | None, unbound: dict[str, None], clear_devices: bool) -> Any:
    copy = protos.NodeDef.FromString(node.SerializeToString())
    if clear_devices:
        copy.device = ""
    if not scope:
        return copy
    for i, source in enumerate(node.input):
        if source.removeprefix("^").startswith(scope):
            copy.input[i] = strip_scope(source, scope)
        else:
            copy.input[i] = _NAME.sub(lambda m: m[1] + UNBOUND_PREFIX + m[2], source, count=1)
            unbound.setdefault(copy.input[i])
    copy.name = strip_scope(node.name, scope)
    if "_class" in node.attr:
        groups = [g.decode(errors="replace") for g in node.attr["_class"].list.s]
        copy.attr["_class"].list.s[:] = [
            strip_scope(g, scope).encode() for g in groups if g.removeprefix("loc:@").startswith(scope)
        ]
    if node.op in ("Enter", "RefEnter"):
        frame = node.attr["frame_name"].s.decode(errors="replace")
        copy.attr["frame_name"].s = strip_scope(frame, scope).encode()
    return copy


def other_savers(graph_def: Any, saver_def: Any) -> set[str]:
    """Names of the nodes of all savers but that of `saver_def`."""
    kept = set()
    if saver_def is not None:
        kept = {_scope_of(saver_def.save_tensor_name), _scope_of(saver_def.restore_op_name)}
    saving = {n.name for n in graph_def.node if n.op in _SAVING}
    scopes = {_scope_of(name) for name in saving} - saving - kept - {""}
    return {n.name for n in graph_def.node if any(n.name.startswith(f"{s}/") for s in scopes)}


def _scope_of(name: str) -> str:
    return name.removeprefix("^").partition(":")[0].rpartition("/")[0]
