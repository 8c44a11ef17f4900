"""Lets unchanged programs say `import tensorflow`: an import hook that serves our namespace under TensorFlow's names.

Served are the public modules (`tensorflow`, `tensorflow.compat.v1`, `tensorflow.nn`), the protocol messages
(`tensorflow.core.framework.graph_pb2`), and internal modules (`tensorflow.python.framework.ops`) as far as their
contents have public names. Whatever is missing raises an ImportError or AttributeError that names it.
"""

from __future__ import annotations

import functools
import gzip
import importlib
import importlib.abc
import importlib.machinery
import json
import pathlib
import sys
import types
from typing import Any

from tfcompat.graph import export
from tfcompat.namespace import PublicModule

_ROOT = "tensorflow"
_TABLE = pathlib.Path(__file__).with_name("internal_names.json.gz")


@functools.cache
def internal_names() -> dict[str, dict[str, Any]]:
    """Internal module -> attribute -> public name, names to try in turn, or the path of a module in `tensorflow`."""
    table: dict[str, dict[str, Any]] = json.loads(gzip.decompress(_TABLE.read_bytes()))
    return table


def public_object(name: str) -> Any:
    """The object published as `tf.<name>`; AttributeError when there is none."""
    found: Any = importlib.import_module("tfcompat.compat.v1")
    for part in name.split("."):
        found = getattr(found, part)
    return found


class PublicProxy(types.ModuleType):
    """A public module under TensorFlow's name."""

    def __init__(self, name: str, target: Any):
        super().__init__(name, target.__doc__)
        self.__dict__["_target"] = target
        self.__path__: list[str] = []

    def __getattr__(self, attr: str) -> Any:
        if attr == "__all__":
            return [n for n in dir(self._target) if not n.startswith("_")]
        if attr.startswith("__") and attr not in ("__version__", "__git_version__", "__compiler_version__"):
            raise AttributeError(attr)
        try:
            value = getattr(self._target, attr)
        except AttributeError:
            if attr.startswith("_") or not _kind(f"{self.__name__}.{attr}"):
                raise
            return importlib.import_module(f"{self.__name__}.{attr}")
        if isinstance(value, PublicModule):
            value = importlib.import_module(f"{self.__name__}.{attr}")
        self.__dict__[attr] = value
        return value

    def __dir__(self) -> list[str]:
        return dir(self._target)


class InternalModule(types.ModuleType):
    """An internal module; its attributes are looked up in the public namespace."""

    def __init__(self, name: str):
        super().__init__(name, f"The public part of {name}.")
        self.__path__: list[str] = []

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(attr)
        own = export.INTERNAL.get(f"{self.__name__.removeprefix(_ROOT + '.')}.{attr}")
        if own is not None:
            return own
        names = internal_names().get(self.__name__, {}).get(attr, ()) or _inside_contrib(self.__name__, attr)
        if isinstance(names, str) and names.startswith(_ROOT + "."):
            return importlib.import_module(names)
        for name in [names] if isinstance(names, str) else names:
            try:
                value = self.__dict__[attr] = public_object(name)
            except AttributeError:
                continue
            return value
        submodule = f"{self.__name__}.{attr}"
        if _kind(submodule):
            return importlib.import_module(submodule)
        wanted = f" (tf.{names if isinstance(names, str) else names[0]})" if names else ""
        raise AttributeError(
            f"module {self.__name__!r} has no attribute {attr!r}: tfcompat does not provide it{wanted}"
        )


def _inside_contrib(module: str, attr: str) -> list[str]:
    """Public names to try for an attribute of tensorflow.contrib.<family>.python.<path>, below the family's name."""
    return [f"{name}.{attr}" for name in _public_twins(module)]


def _public_twins(module: str) -> list[str]:
    """Public modules that may hold what tensorflow.contrib.<family>.python.<path> does, the deepest first."""
    parts = [part for part in module.split(".")[2:] if part != "python"]
    if not module.startswith(f"{_ROOT}.contrib.") or not parts:
        return []
    return [".".join(["contrib", parts[0], *parts[cut:]]) for cut in range(1, len(parts) + 1)]


def _kind(name: str) -> str:
    """How to serve module `name`: "public", "proto", "internal", or "" when it is not served."""
    inner = name.removeprefix(_ROOT).removeprefix(".").removeprefix("compat.v1").removeprefix(".")
    if name.startswith(f"{_ROOT}.core.") or name == f"{_ROOT}.core":
        return "proto" if name.endswith("_pb2") else "internal"
    if inner == "" or name == f"{_ROOT}.compat" or _is_public_module(inner):
        return "public"
    if any(n.startswith(name.removeprefix(_ROOT + ".") + ".") for n in export.INTERNAL):
        return "internal"
    if name in internal_names() or ".python." in name and any(_is_public_module(n) for n in _public_twins(name)[:-1]):
        return "internal"
    return ""


def _is_public_module(inner: str) -> bool:
    importlib.import_module("tfcompat.compat.v1")
    return any(n.startswith(inner + ".") for n in export.PUBLIC) and inner not in export.PUBLIC


class TensorFlowFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and makes `tensorflow` and the modules below it."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != _ROOT and not fullname.startswith(_ROOT + "."):
            return None
        if not _kind(fullname):
            raise ModuleNotFoundError(f"No module named {fullname!r}: tfcompat does not provide it", name=fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        name = spec.name
        kind = _kind(name)
        if kind == "proto":
            from tfcompat.protos.pb2 import pb2_module

            return pb2_module(name)  # type: ignore[no-any-return]
        if kind == "internal":
            return InternalModule(name)
        inner = name.removeprefix(_ROOT).removeprefix(".").removeprefix("compat.v1").removeprefix(".")
        root = importlib.import_module("tfcompat.compat.v1")
        if name == f"{_ROOT}.compat":
            return PublicProxy(name, _Compat(root))
        return PublicProxy(name, public_object(inner) if inner else root)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing: the modules are made whole."""


class _Compat(types.ModuleType):
    """`tf.compat`: its public names, and the version `v1`."""

    def __init__(self, root: types.ModuleType):
        super().__init__("compat", "Versions of the namespace, and helpers for both Python versions.")
        self.v1 = root

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(attr)
        return public_object(f"compat.{attr}")


def install() -> None:
    """Makes `import tensorflow` mean tfcompat in this process.

    Raises:
        ImportError: the real TensorFlow is imported already.
    """
    present = sys.modules.get(_ROOT)
    if present is not None and not isinstance(present, PublicProxy):
        raise ImportError("The real TensorFlow is already imported in this process.")
    if not any(isinstance(finder, TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, TensorFlowFinder())
