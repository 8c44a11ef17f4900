"""The public namespace as a tree of modules; their attributes come from the table of exports when they are used."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.ops import raw_ops

# What acts on classes of the graph when it is imported: the operators of tensors, and what lists become.
_AT_ONCE = ("tfcompat.ops.operators", "tfcompat.ops.slicing", "tfcompat.ops.packing")


class PublicModule(types.ModuleType):
    """A module of the namespace; lazy exports are made at their first access."""

    def __init__(self, name: str, prefix: str):
        super().__init__(name, f"Public names below `tf{'.' + prefix if prefix else ''}`.")
        self.__dict__["_prefix"] = prefix

    def __getattr__(self, attr: str) -> Any:
        full = f"{self._prefix}.{attr}" if self._prefix else attr
        if attr == "__all__":
            return [name for name in dir(self) if not name.startswith("_")]
        if full not in PUBLIC:
            raise MissingName(self.__name__, full, attr)
        value = self.__dict__[attr] = PUBLIC[full]
        return value

    def __dir__(self) -> list[str]:
        start = f"{self._prefix}." if self._prefix else ""
        names = [name[len(start) :].split(".")[0] for name in PUBLIC if name.startswith(start)]
        return sorted({*self.__dict__, *names} - {"_prefix"})


class MissingName(AttributeError):
    """A public name that is not provided; similar ones are looked for when the message is read."""

    def __init__(self, module: str, full: str, attr: str):
        super().__init__(attr, name=attr)
        self._module, self._full, self._attr = module, full, attr

    def __str__(self) -> str:
        import difflib

        close = difflib.get_close_matches(self._full, list(PUBLIC), n=3, cutoff=0.75)
        elsewhere = [n for n in PUBLIC if n.rsplit(".", 1)[-1] == self._attr and n not in close][:2]
        found = close + elsewhere
        hint = f" Similar names: {', '.join('tf.' + n for n in found)}." if found else ""
        return (
            f"module {self._module!r} has no attribute {self._attr!r}: tfcompat does not provide tf.{self._full}.{hint}"
        )


def build(root_name: str) -> PublicModule:
    """The root module, with its submodules made and put into `sys.modules` under names that begin with `root_name`."""
    for module in _AT_ONCE:
        importlib.import_module(module)
    root = PublicModule(root_name, "")
    modules = {"": root}
    for name in PUBLIC:
        _module(modules, root_name, name.rpartition(".")[0])
    root.__dict__["raw_ops"] = sys.modules[f"{root_name}.raw_ops"] = raw_ops
    return root


def _module(modules: dict[str, PublicModule], root_name: str, prefix: str) -> PublicModule:
    """The module below the root at `prefix`, made with its parents when absent."""
    found = modules.get(prefix)
    if found is None:
        parent_name, _, own = prefix.rpartition(".")
        found = modules[prefix] = PublicModule(f"{root_name}.{prefix}", prefix)
        _module(modules, root_name, parent_name).__dict__[own] = found
        sys.modules[found.__name__] = found
    return found
