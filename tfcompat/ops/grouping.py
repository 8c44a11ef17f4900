"""Operations that wait for others: `tf.no_op`, `tf.group`, `tf.tuple`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.operation import Operation
from tfcompat.ops import raw_ops


@tf_export("no_op")
def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing; useful for what it waits for."""
    return raw_ops.NoOp(name=name)  # type: ignore[no-any-return]


@tf_export("group")
def group(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that finishes when all `inputs` have.

    Args:
        inputs: operations, tensors, variables, IndexedSlices, in any nesting.
        name: name of the operation.

    Raises:
        ValueError: an unknown keyword is given.
        TypeError: an input is none of these.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")
    members = nest.flatten(inputs, expand_composites=True)
    for member in members:
        if not hasattr(member, "device"):
            raise TypeError(
                f"'inputs' should be zero or more (nested) Tensors. Received '{member}' with type '{type(member)}'."
            )
    with name_scope(name, "group_deps", members) as scope:
        if not members:
            return no_op(scope)
        by_device: dict[str, list[Any]] = {}
        for member in members:
            by_device.setdefault(member.device, []).append(member)
        if len(by_device) == 1:
            ((device, deps),) = by_device.items()
            return _barrier(device, deps, scope)
        barriers = [_barrier(device, by_device[device]) for device in sorted(by_device)]
        with get_default_graph().control_dependencies(barriers):
            return no_op(scope)


def _barrier(device: str, members: Sequence[Any], name: str | None = None) -> Operation:
    graph = get_default_graph()
    with graph.control_dependencies(members), graph.device(device):
        return no_op(name)


@tf_export("tuple")
def tuple(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """`tensors` behind a barrier: none can be used before all have been computed.

    Args:
        tensors: tensors, IndexedSlices, operations or None.
        name: name of the scope.
        control_inputs: further operations and tensors to wait for.

    Returns:
        The same values, in a list; None stays None.

    Raises:
        ValueError: there is nothing to wait for.
        TypeError: a control input is neither operation nor tensor.
    """
    with name_scope(name, "tuple", tensors):
        values = [
            t if t is None or isinstance(t, Operation) or hasattr(t, "op") else convert_to_tensor(t) for t in tensors
        ]
        waits = [t if isinstance(t, Operation) else t.op for t in values if t is not None]
        for control in control_inputs or ():
            if not isinstance(control, Operation) and not hasattr(control, "op"):
                raise TypeError(f"'control_inputs' must only contain Operation or Tensor. Received: {type(control)}")
            waits.append(control if isinstance(control, Operation) else control.op)
        if not waits:
            raise ValueError(f"'tensors' must have at least one Tensor. Received: {tensors}.")
        gate = group(*dict.fromkeys(waits))
        return [_behind(gate, value) for value in values]


def _behind(gate: Operation, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Operation):
        with get_default_graph().control_dependencies([gate]):
            return group(value)
    return with_dependencies([gate], value)


def with_dependencies(dependencies: Sequence[Any], output_tensor: Any, name: str | None = None) -> Any:
    """`output_tensor`, tensor or IndexedSlices, available once `dependencies` have run."""
    graph = get_default_graph()
    with (
        name_scope(name, "control_dependency", [*dependencies, output_tensor]) as scope,
        graph.colocate_with(output_tensor),
        graph.control_dependencies(dependencies),
    ):
        value = convert_to_tensor_or_indexed_slices(output_tensor)
        if isinstance(value, IndexedSlices):
            return IndexedSlices(_identity(value.values, scope), value.indices, value.dense_shape)
        return _identity(value, scope)


def _identity(tensor: Any, name: str) -> Any:
    if tensor.dtype._is_ref_dtype:
        return raw_ops.RefIdentity(input=tensor, name=name)
    return raw_ops.Identity(input=tensor, name=name)


export_internal("python.ops.control_flow_ops.with_dependencies", with_dependencies)
