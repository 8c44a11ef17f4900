"""Sparse tensors in another shape, or with an element in every row: sparse.reshape, sparse.fill_empty_rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext, Values
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.identity import identity
from tfcompat.ops.shape_checks import exact_rank


def as_sparse(value: Any) -> SparseTensor:
    """`value` as a SparseTensor; TypeError when it is not sparse."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


@tf_export("sparse.reshape", "sparse_reshape")
def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """A sparse tensor in another dense shape; its elements keep their places in row-major order.

    Args:
        sp_input: SparseTensor.
        shape: vector of sizes with the same product; one of them may be -1, which stands for what is left.
        name: name of the operation.

    Returns:
        A SparseTensor with the values of `sp_input`.

    Raises:
        TypeError: `sp_input` is not sparse.
        ValueError: the sizes are known not to fit, or several of them are -1.

    Errors: a run fails with InvalidArgumentError when the sizes do not fit.
    """
    sparse = as_sparse(sp_input)
    sizes = cast(shape, dtypes.int64)
    with name_scope(name, "SparseReshape", [sparse]) as scope:
        indices, dense_shape = raw_ops.SparseReshape(
            input_indices=sparse.indices, input_shape=sparse.dense_shape, new_shape=sizes, name=scope
        )
        known = _resolved(sparse.shape, sizes)
        if known is not None:
            dense_shape = constant(known, dtypes.int64, shape=[len(known)])
        return SparseTensor(indices, identity(sparse.values), dense_shape)


class _Recorded(Values):
    """Values known as `get_static_value` knows them."""

    def constant(self, tensor: Tensor) -> np.ndarray | None:
        return get_static_value(tensor)  # type: ignore[no-any-return]

    def partial(self, tensor: Tensor) -> Any:
        if tensor.shape.rank != 0:
            return super().partial(tensor)
        value = self.constant(tensor)
        return False if value is None else int(value)


def _resolved(old: TensorShape, sizes: Tensor) -> list[int] | None:
    """The sizes with -1 resolved, when all that decides it is known; ValueError when they do not fit."""
    known = _Recorded().partial(sizes)
    if not isinstance(known, list) or not old.is_fully_defined():
        return None
    given = get_static_value(sizes)
    if given is not None and (given == -1).sum() > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {given}")
    wanted = [None if size is None or size < 0 else size for size in known]
    rest = [size for size in wanted if size is not None]
    total, count = old.num_elements() or 0, math.prod(rest)
    if len(wanted) - len(rest) > 1 or (len(wanted) > len(rest) and not count):
        return None
    found = [total // count if size is None else size for size in wanted]
    count = math.prod(found)
    if count != total:
        raise ValueError(f"Cannot reshape a tensor with {total} elements to shape {wanted} ({count} elements).")
    return found


@tf_export("sparse.fill_empty_rows", "sparse_fill_empty_rows")
def sparse_fill_empty_rows(sp_input: Any, default_value: Any, name: str | None = None) -> tuple[SparseTensor, Tensor]:
    """A sparse tensor with an element in every row: `default_value` in the first column of the rows without any.

    Args:
        sp_input: SparseTensor of shape [N, M].
        default_value: scalar of its type.
        name: prefix of the names of the operations.

    Returns:
        (the SparseTensor, sorted by row; bool vector of length N, which rows had no element).

    Raises:
        TypeError: `sp_input` is not sparse.

    Errors: a run fails with InvalidArgumentError when an index lies outside of the rows.
    """
    sparse = as_sparse(sp_input)
    with name_scope(name, "SparseFillEmptyRows", [sparse]):
        default = convert_to_tensor(default_value, dtype=sparse.values.dtype)
        found = raw_ops.SparseFillEmptyRows(
            indices=sparse.indices, values=sparse.values, dense_shape=sparse.dense_shape, default_value=default
        )
        return SparseTensor(found[0], found[1], sparse.dense_shape), found[2]


@shape_of("SparseReshape")
def _sparse_reshape_shape(
    c: InferenceContext, indices: TensorShape, old: TensorShape, new: TensorShape
) -> list[TensorShape]:
    rows = exact_rank(indices, 2).as_list()[0]
    exact_rank(old, 1)
    new = exact_rank(new, 1)
    return [TensorShape.of((rows, new.as_list()[0])), new]


@shape_of("SparseFillEmptyRows")
def _fill_empty_rows_shape(
    c: InferenceContext, indices: TensorShape, values: TensorShape, shape: TensorShape, default: TensorShape
) -> list[TensorShape]:
    rows, columns = exact_rank(indices, 2).as_list()
    count = merge_dims(rows, exact_rank(values, 1).as_list()[0])
    columns = merge_dims(columns, exact_rank(shape, 1).as_list()[0])
    exact_rank(default, 0)
    dims = c.shape_value(2).tuple
    return [
        TensorShape.of((None, columns)),
        TensorShape.of((None,)),
        TensorShape.of((dims[0] if dims else None,)),
        TensorShape.of((count,)),
    ]


@shape_of("SparseFillEmptyRowsGrad")
def _fill_empty_rows_grad_shape(c: InferenceContext, places: TensorShape, grad: TensorShape) -> list[TensorShape]:
    exact_rank(grad, 1)
    return [exact_rank(places, 1), TensorShape.of(())]


@gradient_of("SparseFillEmptyRows")
def _fill_empty_rows_gradient(op: Operation, *grads: Any) -> list[Any]:
    by_value, by_default = raw_ops.SparseFillEmptyRowsGrad(reverse_index_map=op.outputs[3], grad_values=grads[1])
    return [None, by_value, None, by_default]
