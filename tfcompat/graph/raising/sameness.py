"""Which tensors have the same value, as far as the operations that make them tell."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

_DEPTH = 12


def behind_identities(tensor: Tensor) -> Tensor:
    """What `tensor` is an Identity of."""
    while tensor.op.type in ("Identity", "Enter", "Cast") and tensor.op._inputs:
        if tensor.op.type == "Cast" and not (tensor.dtype.is_integer and tensor.op._inputs[0].dtype.is_integer):
            break
        tensor = tensor.op._inputs[0]
    return tensor


def same_value(first: Tensor, second: Tensor, depth: int = _DEPTH) -> bool:
    """Whether two tensors are made in the same way of the same."""
    first, second = behind_identities(first), behind_identities(second)
    if first is second:
        return True
    one, other = first.op, second.op
    if one.type != other.type or first.value_index != second.value_index or depth == 0:
        return False
    if one.type == "Const":
        return np.array_equal(one.attrs["value"], other.attrs["value"])
    if one.definition.is_stateful or not one._inputs or len(one._inputs) != len(other._inputs):
        return False
    if not _same_attributes(one, other):
        return False
    return all(same_value(a, b, depth - 1) for a, b in zip(one._inputs, other._inputs, strict=True))


def _same_attributes(one: Operation, other: Operation) -> bool:
    names = {n for op in (one, other) for n in op.attrs if not n.startswith("_")} - {"Tidx", "Index", "T"}
    return all(repr(one.attrs.get(n)) == repr(other.attrs.get(n)) for n in names)


def counts_to(indices: Tensor) -> Tensor | None:
    """n, where `indices` is 0, 1, ..., n - 1 made by a Range; None for others."""
    op = behind_identities(indices).op
    if op.type != "Range" or not _is_constant(op._inputs[0], 0) or not _is_constant(op._inputs[2], 1):
        return None
    return behind_identities(op._inputs[1])


def is_count_of_rows(size: Tensor, value: Tensor, axis: int = 0) -> bool:
    """Whether `size` is a dimension of `value`: the first, or that of `axis`."""
    value = behind_identities(value)
    op = behind_identities(size).op
    dims = value.shape.tuple
    if dims and axis < len(dims) and dims[axis] is not None and op.type == "Const":
        return int(op.attrs["value"]) == dims[axis]
    if value.op.type == "Transpose":
        order = GRAPH_VALUES.constant(value.op._inputs[1])
        if order is not None and is_count_of_rows(size, value.op._inputs[0], int(order[axis])):
            return True
    if op.type != "StridedSlice" or op._inputs[0].op.type != "Shape":
        return False
    return _is_constant(op._inputs[1], axis) and same_value(op._inputs[0].op._inputs[0], value)


def _is_constant(tensor: Tensor, value: int) -> bool:
    op = behind_identities(tensor).op
    return op.type == "Const" and op.attrs["value"].size == 1 and op.attrs["value"].reshape(-1)[0] == value
