"""ONNX forms of reading and writing variables: in a model, a variable's versions are plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters.array import shape_of
from converters.builder import Builder, Node, Value
from converters.gather import batched_gather, gather, gather_nd, index_vectors
from converters.guards import non_negative, same_shape
from converters.registry import NotConvertible, converts, converts_state
from converters.scatter import flat_updates, place
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

Writes = dict[int, Value]

_REDUCTIONS = {"Update": None, "Add": "add", "Sub": "add", "Mul": "mul", "Min": "min", "Max": "max"}
_NO_REDUCTION_KERNEL = (dtypes.float16, dtypes.bfloat16)


# ---------------------------------------------------------------- reads


@converts("ReadVariableOp", "DestroyTemporaryVariable")
def _read(b: Builder, op: Operation, variable: Value) -> Value:
    return variable


@converts("VariableShape")
def _variable_shape(b: Builder, op: Operation, variable: Value) -> Value:
    return shape_of(b, variable, op.attrs["out_type"])


@converts("ResourceGather")
def _resource_gather(b: Builder, op: Operation, variable: Value, indices: Value) -> Value:
    batch = op.attrs["batch_dims"]
    return gather(b, variable, indices, 0) if batch == 0 else batched_gather(b, variable, indices, batch, batch)


@converts("ResourceGatherNd")
def _resource_gather_nd(b: Builder, op: Operation, variable: Value, indices: Value) -> Value:
    return gather_nd(b, op, variable, indices)


# ---------------------------------------------------------------- whole variables


@converts_state("Assign", "AssignVariableOp")
def _assign(b: Builder, op: Operation, variable: None, value: Value) -> Writes:
    return {0: value}


@converts_state("AssignAdd", "AssignAddVariableOp")
def _assign_add(b: Builder, op: Operation, variable: Value, value: Value) -> Writes:
    return {0: b.Add(variable, _fitting(b, value, variable))}


@converts_state("AssignSub", "AssignSubVariableOp")
def _assign_sub(b: Builder, op: Operation, variable: Value, value: Value) -> Writes:
    return {0: b.Sub(variable, _fitting(b, value, variable))}


def _fitting(b: Builder, value: Value, variable: Value) -> Value:
    """`value`, which must have the variable's shape: nothing is broadcast."""
    return same_shape(b, value, variable)


# ---------------------------------------------------------------- slices


def scatter_nd(b: Builder, kind: str, table: Value, vectors: Value, updates: Value, distinct: bool = False) -> Value:
    """`table` with `updates` brought into the slices that the int64 `vectors` name.

    Args:
        b: the builder.
        kind: "Update", "Add", "Sub", "Mul", "Min" or "Max".
        table: what is changed.
        vectors: checked index vectors, shape [..., depth].
        updates: shape vectors.shape[:-1] + table.shape[depth:].
        distinct: whether no slice is named twice.
    """
    if table.dtype is dtypes.string or table.dtype.is_complex:
        raise NotConvertible(f"{table.dtype.name} stays on the host")
    reduction = _REDUCTIONS[kind]
    if kind == "Sub":
        shape = updates.shape
        updates = b.Sub(b.const(np.zeros((), updates.dtype.as_numpy_dtype)), updates)
        updates.shape = shape
    if vectors.shape is None or updates.shape is None or distinct:
        wide = reduction is not None and table.dtype in _NO_REDUCTION_KERNEL
        running = dtypes.float32 if wide else table.dtype
        placed = b.ScatterND(b.cast(table, running), vectors, b.cast(updates, running), reduction=reduction)
        placed = b.cast(placed, table.dtype)
    else:
        placed = place(b, table, *flat_updates(b, vectors, updates, table.rank), reduction)
    _mark(b, placed, RowsPlaced, table, vectors, updates, reduction)
    return placed


@dataclass(slots=True)
class RowsPlaced(Node):
    """The last of the nodes that bring slices into a table.

    Attributes:
        table: what is changed.
        vectors: index vectors, int64, shape [..., depth].
        updates: the slices, shape vectors.shape[:-1] + table.shape[depth:].
        reduction: None, "add", "mul", "min" or "max".
    """

    table: Value | None = None
    vectors: Value | None = None
    updates: Value | None = None
    reduction: str | None = None


def _mark(b: Builder, made: Value, kind: type[RowsPlaced], *details: Any) -> None:
    """Notes at the node that made a value what it stands for."""
    for index, node in enumerate(b.nodes):
        if any(v is made for v in node.outputs):
            b.nodes[index] = kind(
                node.op_type, node.domain, node.inputs, node.outputs, node.attrs, node.name, node.subgraphs, *details
            )


def row_vectors(b: Builder, indices: Value, table: Value) -> Value:
    """Indices of rows as int64 index vectors of one element."""
    size = table.shape[0] if table.shape else None
    wide = b.cast(non_negative(b, indices, size), dtypes.int64)
    vectors: Value = b.Unsqueeze(wide, [-1])
    vectors.shape = None if indices.shape is None else (*indices.shape, 1)
    return vectors


def _scatter(kind: str) -> Callable[..., Writes]:
    def convert(b: Builder, op: Operation, variable: Value, indices: Value, updates: Value) -> Writes:
        vectors = row_vectors(b, indices, variable)
        if updates.rank == 0 and indices.rank + variable.rank > 1:
            rest = b.Slice(shape_of(b, variable), [1], [variable.rank])
            updates = b.Expand(updates, b.Concat(shape_of(b, indices), rest, axis=0))
            updates.shape = (*(indices.shape or ()), *(variable.shape or ())[1:])
        return {0: scatter_nd(b, kind, variable, vectors, updates)}

    return convert


def _scatter_nd(kind: str) -> Callable[..., Writes]:
    def convert(b: Builder, op: Operation, variable: Value, indices: Value, updates: Value) -> Writes:
        depth = indices.shape[-1] if indices.shape else None
        if not depth or depth > variable.rank:
            raise NotConvertible(f"index vectors of length {depth} into rank {variable.rank}")
        vectors = index_vectors(b, indices, variable, depth)
        vectors.shape = indices.shape
        return {0: scatter_nd(b, kind, variable, vectors, updates)}

    return convert


for _kind in _REDUCTIONS:
    converts_state(f"Scatter{_kind}", f"ResourceScatter{_kind}")(_scatter(_kind))
    if _kind != "Mul":
        converts_state(f"ScatterNd{_kind}", f"ResourceScatterNd{_kind}")(_scatter_nd(_kind))
