"""Whether a name below `tensorflow` is provided, and what is different about it."""

from __future__ import annotations

import functools
import inspect
import types
from dataclasses import dataclass
from typing import Any

from tfcompat.migration.uses import Use

PROVIDED, DIFFERENT, MISSING = "provided", "different", "missing"

_DIFFERENT = {
    "enable_eager_execution": "operations are recorded into graphs; nothing runs eagerly",
    "enable_v2_behavior": "the behaviour is that of version 1",
    "enable_v2_tensorshape": "the behaviour is that of version 1",
    "executing_eagerly": "always false",
    "load_op_library": "libraries of operators are never loaded",
    "load_library": "libraries of operators are never loaded",
    "load_file_system_library": "libraries of file systems are never loaded",
    "train.Server": "there is one process",
    "distribute": "there is one process",
    "lite": "TensorFlow Lite is no part of this",
    "compat.v2": "the names of version 2 are no part of this",
    "tpu": "there are no TPUs",
    "contrib.tpu": "there are no TPUs",
}
"""Names (and all below them) that are absent on purpose or behave differently, and how."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a name.

    Attributes:
        status: PROVIDED, DIFFERENT or MISSING.
        note: what is missing or different.
    """

    status: str
    note: str = ""


def verdict_on(use: Use) -> Verdict:
    """Whether what a use needs is there: the name, and the keyword arguments of the call."""
    found, missing = _resolve(use.name)
    on_purpose = next((n for p, n in _DIFFERENT.items() if use.name == p or use.name.startswith(p + ".")), "")
    if missing is not None:
        return Verdict(MISSING, "; ".join(filter(None, (on_purpose, missing))))
    unknown = _unknown_keywords(found, use.keywords)
    if unknown:
        return Verdict(DIFFERENT, f"takes no argument {', '.join(unknown)}")
    if on_purpose:
        return Verdict(DIFFERENT, on_purpose)
    op_type = _op_without_kernel(use.name)
    if op_type:
        return Verdict(DIFFERENT, f"is recorded and exported to graphs, but {op_type} operations cannot run")
    return Verdict(PROVIDED)


@functools.cache
def _resolve(name: str) -> tuple[Any, str | None]:
    """(object, None), or (None, what is missing)."""
    if name in ("", "*"):
        return None, None
    if name.split(".")[0] in ("python", "core", "contrib") or name.startswith("tools."):
        internal = _resolve_internal(name)
        if internal is not None:
            return internal
    found: Any = _root()
    parts = name.split(".")
    for position, part in enumerate(parts):
        if not isinstance(found, (types.ModuleType, type)) and not inspect.ismodule(found):
            return None, None
        try:
            found = getattr(found, part)
        except AttributeError:
            return None, _similar(".".join(parts[: position + 1]))
    return found, None


def _root() -> Any:
    import tfcompat.compat.v1 as root

    return root


def _resolve_internal(name: str) -> tuple[Any, str | None] | None:
    """The same for a name of an internal module that the import hook serves; None for others."""
    import importlib

    from tfcompat.compat import import_hook

    if name.startswith("contrib") and ".python." not in name:
        return None
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        module = ".".join(["tensorflow", *parts[:cut]])
        if not import_hook._kind(module):
            continue
        made: Any = import_hook.TensorFlowFinder().create_module(
            importlib.machinery.ModuleSpec(module, import_hook.TensorFlowFinder(), is_package=True)
        )
        for part in parts[cut:]:
            if not isinstance(made, (types.ModuleType, type)):
                return made, None
            try:
                made = getattr(made, part)
            except (AttributeError, ImportError):
                return None, f"{module}.{part} has no public counterpart here"
        return made, None
    return None, f"no module tensorflow.{'.'.join(parts[:-1]) or name}"


def _similar(name: str) -> str:
    import difflib

    from tfcompat.graph import export

    known = list(export.PUBLIC)
    close = difflib.get_close_matches(name, known, n=2, cutoff=0.8)
    if not close:
        leaf = name.rpartition(".")[2]
        close = [n for n in known if n.rpartition(".")[2] == leaf][:2]
    return f"similar: {', '.join('tf.' + c for c in close)}" if close else ""


def _unknown_keywords(function: Any, keywords: tuple[str, ...]) -> list[str]:
    if not keywords or not callable(function):
        return []
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return []
    return [k for k in keywords if k not in parameters]


@functools.cache
def _wrapped_ops() -> dict[str, str]:
    """Public function -> the one op type that it records."""
    import json

    from tfcompat.ops import wrappers

    found: dict[str, str] = {}
    for line in wrappers._TABLE.read_text().splitlines():
        row = json.loads(line)
        found.update(dict.fromkeys(row["names"], row["op"]))
    return found


@functools.cache
def _op_without_kernel(name: str) -> str:
    """The op type that the function `name` records, when nothing here can run it; else ""."""
    from tfcompat.inspection.describe import is_supported

    op_type = name.removeprefix("raw_ops.") if name.startswith("raw_ops.") else _wrapped_ops().get(name, "")
    return op_type if op_type and "." not in op_type and not is_supported(op_type) else ""
