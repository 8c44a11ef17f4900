"""Op type -> converter, and how a converter says no."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, TypeVar

from tfcompat.graph.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])

converts = Registry("converter")
"""fn(b: Builder, op: Operation, *inputs: Value) -> Value, or a list with one Value per output."""

converts_lists = Registry("converter of an operation on tensor lists")
"""The same for operations on tensor lists, which come and go as `ListValue`s. An op type that takes other tensors too
has an entry in both; this one counts where an input or output is a variant."""

converts_complex = Registry("converter of an operation on complex numbers")
"""The same for operations that take or give complex numbers, which come and go as `ComplexValue`s."""

converts_state = Registry("converter of a state operation")
"""fn(b: Builder, op: Operation, *inputs: Value) -> {input index: new Value}; variables come in as their values, those
that are only written as None. The outputs of a reference operation are the new values of its first variable; other
outputs may be given under the key "outputs" as a list."""


FOR_FILES: set[str] = set()
"""Op types whose converter serves files only."""


def converts_for_files(*op_types: str) -> Callable[[F], F]:
    """`converts` for op types that sessions run on the host, where they are more exact or faster."""

    def register(fn: F) -> F:
        @functools.wraps(fn)
        def converter(b: Any, op: Any, *inputs: Any) -> Any:
            if not b.for_export:
                raise NotConvertible("in sessions its host kernel runs it")
            return fn(b, op, *inputs)

        converts(*op_types)(converter)
        FOR_FILES.update(op_types)
        return fn

    return register


class NotConvertible(Exception):
    """An operation has no ONNX form; the text says which attribute, dtype or rank is in the way."""


class NeedsFullShapes(NotConvertible):
    """An operation has an ONNX form only when the fed shapes are fully known."""


_NOT_FAMILIES = {
    "builder",
    "complex_value",
    "registry",
    "opset",
    "kernel_types",
    "lowering",
    "model",
    "export",
    "passes",
    "expressions",
    "formulas",
    "jacobi",
    "fragment",
    "group",
    "list_value",
    "matrices",
}


def load_families() -> None:
    """Imports every converter module of this package, which fills `converts`."""
    package = importlib.import_module("converters")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in _NOT_FAMILIES:
            importlib.import_module(f"converters.{module.name}")
