"""The public namespace as a tree of modules, built from the table of exports."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import types
from typing import Any

from tfcompat.graph import export
from tfcompat.ops import raw_ops
from tfcompat.ops.wrappers import publish_wrappers

_PACKAGES = ("graph", "platform", "kernels", "ops", "gradients", "layers", "rnn", "losses", "metrics", "training",
             "summary", "saved_model", "data", "distributions", "linear_operators", "io", "session",
             "contrib")  # fmt: skip


def import_everything() -> None:
    """Imports the packages whose modules export names; importing registers."""
    root = importlib.import_module("tfcompat")
    base = root.__path__[0]
    for package in _PACKAGES:
        _import_tree(f"tfcompat.{package}", f"{base}/{package}")
    importlib.import_module("tfcompat.testing")
    importlib.import_module("tfcompat.estimator")


_RUN_TIME_ONLY = {f"tfcompat.session.{name}" for name in ("prepared", "options", "partial", "step_stats")}


def _import_tree(name: str, path: str) -> None:
    for module in pkgutil.iter_modules([path]):
        full = f"{name}.{module.name}"
        if full in _RUN_TIME_ONLY:
            continue
        importlib.import_module(full)
        if module.ispkg:
            _import_tree(full, f"{path}/{module.name}")


class PublicModule(types.ModuleType):
    """A module of the namespace; lazy exports are made at their first access."""

    def __init__(self, name: str, prefix: str):
        super().__init__(name, f"Public names below `tf{'.' + prefix if prefix else ''}`.")
        self.__dict__["_prefix"] = prefix

    def __getattr__(self, attr: str) -> Any:
        full = f"{self._prefix}.{attr}" if self._prefix else attr
        make = export.LAZY.get(full)
        if make is None:
            raise MissingName(self.__name__, full, attr)
        value = self.__dict__[attr] = make()
        return value

    def __dir__(self) -> list[str]:
        start = f"{self._prefix}." if self._prefix else ""
        lazy = [n[len(start) :].split(".")[0] for n in export.LAZY if n.startswith(start)]
        return sorted({*self.__dict__, *lazy} - {"_prefix"})


class MissingName(AttributeError):
    """A public name that is not provided; similar ones are looked for when the message is read."""

    def __init__(self, module: str, full: str, attr: str):
        super().__init__(attr, name=attr)
        self._module, self._full, self._attr = module, full, attr

    def __str__(self) -> str:
        import difflib

        close = difflib.get_close_matches(self._full, [*export.PUBLIC, *export.LAZY], n=3, cutoff=0.75)
        elsewhere = [n for n in export.PUBLIC if n.rsplit(".", 1)[-1] == self._attr and n not in close][:2]
        found = close + elsewhere
        hint = f" Similar names: {', '.join('tf.' + n for n in found)}." if found else ""
        return (
            f"module {self._module!r} has no attribute {self._attr!r}: tfcompat does not provide tf.{self._full}.{hint}"
        )


def build(root_name: str) -> dict[str, Any]:
    """The attributes of the root module `root_name`, with its submodules made and put into `sys.modules`."""
    import_everything()
    publish_wrappers()
    importlib.import_module("tfcompat.ops.ragged.dispatch").install()
    publish_raw_ops(root_name)
    modules: dict[str, dict[str, Any]] = {"": {}}
    lazy_prefixes = [name.rpartition(".")[0] for name in export.LAZY]
    for name, value in export.PUBLIC.items():
        _module_dict(modules, root_name, name.rpartition(".")[0])[name.rpartition(".")[2]] = value
    for prefix in lazy_prefixes:
        _module_dict(modules, root_name, prefix)
    return modules[""]


def publish_raw_ops(root_name: str) -> None:
    """Publishes `tf.raw_ops`; its functions are made when they are named."""
    export.export("raw_ops", raw_ops)
    sys.modules[f"{root_name}.raw_ops"] = raw_ops


def _module_dict(modules: dict[str, dict[str, Any]], root_name: str, prefix: str) -> dict[str, Any]:
    """The dictionary of the module below the root at `prefix`, made with its parents when absent."""
    found = modules.get(prefix)
    if found is not None:
        return found
    parent_name, _, own = prefix.rpartition(".")
    parent = _module_dict(modules, root_name, parent_name)
    existing = parent.get(own)
    if existing is not None and not isinstance(existing, types.ModuleType):
        modules[prefix] = _AttributeDict(existing)
        return modules[prefix]
    module = PublicModule(f"{root_name}.{prefix}", prefix)
    sys.modules[module.__name__] = module
    parent[own] = module
    modules[prefix] = module.__dict__
    return modules[prefix]


class _AttributeDict(dict[str, Any]):
    """Names exported below a class become its attributes."""

    def __init__(self, owner: Any):
        super().__init__()
        self._owner = owner

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self._owner, key, value)
