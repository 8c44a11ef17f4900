"""Libraries of functions from files, under names that are free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat.graph.function_def import LibraryFunction


def renamed_functions(library: Any, taken: Mapping[str, Any]) -> tuple[dict[str, LibraryFunction], dict[str, str]]:
    """The functions of a `FunctionDefLibrary`, none of them with a name that is taken.

    Args:
        library: the message.
        taken: names in use, as keys.

    Returns:
        The functions by their new names, and the new names by the old ones.
    """
    names: dict[str, str] = {}
    used = set(taken) | {f.signature.name for f in library.function}
    for function in library.function:
        old = new = function.signature.name
        count = 1
        while new in taken or (new != old and new in used):
            new, count = f"{old}_{count}", count + 1
        used.add(new)
        names[old] = new
    changed = {old: new for old, new in names.items() if old != new}
    found: dict[str, LibraryFunction] = {}
    for function in library.function:
        message = function
        if changed:
            message = type(function).FromString(function.SerializeToString())
            message.signature.name = names[message.signature.name]
            for node in message.node_def:
                rename_calls(node, changed)
        found[message.signature.name] = LibraryFunction(message)
    for gradient in library.gradient:
        of, by = names.get(gradient.function_name), names.get(gradient.gradient_func)
        if of is not None and by is not None:
            found[of].gradient_name = by
    return found, names


def rename_calls(node: Any, names: Mapping[str, str]) -> None:
    """Changes the names of functions that a `NodeDef` refers to."""
    node.op = names.get(node.op, node.op)
    for attribute in node.attr.values():
        kind = attribute.WhichOneof("value")
        for function in [attribute.func] if kind == "func" else attribute.list.func if kind == "list" else ():
            function.name = names.get(function.name, function.name)
