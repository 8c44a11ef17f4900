"""Optional values that functions return, as gradients of conditions do: in a model each is what it holds."""

from __future__ import annotations

from converters.builder import Builder, UnusedValue, Value
from converters.registry import NotConvertible, converts_lists
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts_lists("OptionalFromValue")
def _from_value(b: Builder, op: Operation, *components: Value) -> Value:
    if len(components) != 1 or op.outputs[0].consumers():
        raise NotConvertible("an optional value of several parts, or one that is not returned")
    return components[0]


@converts_lists("OptionalNone")
def _none(b: Builder, op: Operation) -> Value:
    if op.outputs[0].consumers():
        raise NotConvertible("an optional value that is not returned")
    return UnusedValue(b._fresh("none"), dtypes.variant, ())


@converts_lists("OptionalGetValue")
def _get_value(b: Builder, op: Operation, optional: Value) -> list[Value]:
    if isinstance(optional, UnusedValue) or len(op._outputs) != 1 or optional.dtype is dtypes.variant:
        raise NotConvertible("an optional value without a value, or of several parts")
    return [optional]
