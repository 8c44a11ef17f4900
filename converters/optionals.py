"""Optional values that functions return, as gradients of conditions do: in a model each is what it holds."""

from __future__ import annotations

from converters.builder import Builder, UnusedValue, Value
from converters.registry import NotConvertible, converts_lists
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


def _used_here(op: Operation) -> bool:
    return any(user.type in ("OptionalGetValue", "OptionalHasValue") for user in op.outputs[0].consumers())


@converts_lists("OptionalFromValue")
def _from_value(b: Builder, op: Operation, *components: Value) -> Value:
    if len(components) != 1 or _used_here(op):
        raise NotConvertible("an optional value of several parts, or one that is used where it is made")
    return components[0]


@converts_lists("OptionalNone")
def _none(b: Builder, op: Operation) -> Value:
    if _used_here(op):
        raise NotConvertible("an optional value that is used where it is made")
    return UnusedValue(b._fresh("none"), dtypes.variant, ())


@converts_lists("OptionalGetValue")
def _get_value(b: Builder, op: Operation, optional: Value) -> list[Value]:
    on_host = optional.dtype is dtypes.variant and op.outputs[0].dtype is not dtypes.variant
    if isinstance(optional, UnusedValue) or len(op._outputs) != 1 or on_host:
        raise NotConvertible("an optional value without a value, or of several parts")
    return [optional]
