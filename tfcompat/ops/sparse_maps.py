"""Sparse tensors kept aside under numbers, for queues, which hold dense tensors only."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, TensorShape
from tfcompat.ops import raw_ops

not_differentiable("AddSparseToTensorsMap", "AddManySparseToTensorsMap", "TakeManySparseFromTensorsMap")


@shape_of("AddSparseToTensorsMap")
def _one_shape(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return [SCALAR]


@shape_of("AddManySparseToTensorsMap")
def _many_shape(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([None])]


@shape_of("TakeManySparseFromTensorsMap")
def _take_shape(c: Any, handles: TensorShape) -> list[TensorShape]:
    return [TensorShape([None, None]), TensorShape([None]), TensorShape([None])]


def store_sparse(sparse: SparseTensor, shared_name: str | None = None) -> Tensor:
    """Keeps `sparse`; returns its number, an int64 scalar."""
    return raw_ops.AddSparseToTensorsMap(  # type: ignore[no-any-return]
        sparse_indices=sparse.indices,
        sparse_values=sparse.values,
        sparse_shape=sparse.dense_shape,
        shared_name=shared_name or "",
    )


def store_many_sparse(sparse: SparseTensor, shared_name: str | None = None) -> Tensor:
    """Keeps the slices of `sparse` along its first axis; returns their numbers, an int64 vector."""
    return raw_ops.AddManySparseToTensorsMap(  # type: ignore[no-any-return]
        sparse_indices=sparse.indices,
        sparse_values=sparse.values,
        sparse_shape=sparse.dense_shape,
        shared_name=shared_name or "",
    )


def take_many_sparse(handles: Tensor, dtype: Any, shared_name: str, rank: int | None) -> SparseTensor:
    """The sparse tensors with numbers `handles`, stacked along a new first axis; they are kept no longer.

    Args:
        handles: int64 vector.
        dtype: type of the values.
        shared_name: name of the operation that kept the first of them.
        rank: of the result, None when it is not known.
    """
    made = raw_ops.TakeManySparseFromTensorsMap(sparse_handles=handles, dtype=dtype, shared_name=shared_name)
    indices, values, shape = made
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)
