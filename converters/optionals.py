"""Optional values, which gradients of conditions save: in a model each is what it holds."""

from __future__ import annotations

from converters.builder import Builder, UnusedValue, Value
from converters.registry import NotConvertible, converts_lists
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts_lists("OptionalFromValue")
def _from_value(b: Builder, op: Operation, *components: Value) -> Value:
    if len(components) != 1:
        raise NotConvertible("an optional value of several parts")
    return components[0]


@converts_lists("OptionalNone")
def _none(b: Builder, op: Operation) -> Value:
    return UnusedValue(b._fresh("none"), dtypes.variant, ())


@converts_lists("OptionalGetValue")
def _get_value(b: Builder, op: Operation, optional: Value) -> list[Value]:
    if isinstance(optional, UnusedValue) or len(op._outputs) != 1:
        raise NotConvertible("an optional value without a value, or of several parts")
    return [optional]
