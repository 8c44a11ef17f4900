"""Ragged tensors of nested lists, and to be fed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant as constant_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.ragged.tensor import RaggedTensor
from tfcompat.ops.ragged.value import of_nested


@tf_export("ragged.constant")
def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """A RaggedTensor (a tensor where nothing is ragged) of nested lists.

    Args:
        pylist: nested lists or tuples of scalars of one depth; arrays count as lists.
        dtype: type of the values; by default that of the values.
        ragged_rank: how many axes are ragged; by default all but the first and those of `inner_shape`.
        inner_shape: shape of the values below the ragged axes.
        name: name scope.
        row_splits_dtype: int32 or int64.

    Raises:
        ValueError: scalars have different depths, or `ragged_rank` or `inner_shape` does not fit.
    """
    kind = dtypes.as_dtype(row_splits_dtype)
    with name_scope(name, "RaggedConstant"):

        def cut(values: Any, splits: Any) -> RaggedTensor:
            return RaggedTensor.from_row_splits(values, constant_tensor(splits, dtype=kind), validate=False)

        def flat(values: Any, of_type: Any, shape: Any) -> Any:
            if shape is not None:
                _check_size(values, shape)
            name = "values" if isinstance(shape, tuple) and shape else "Const"
            return constant_tensor(values, dtype=of_type, shape=shape, name=name)

        return of_nested(cut, flat, pylist, dtype, ragged_rank, inner_shape)


def _check_size(values: Any, shape: Any) -> None:
    found = np.shape(values)
    if found not in ((), (1,)) and math.prod(found) != math.prod(shape) and math.prod(shape):
        raise TypeError(f"Expected Tensor's shape: {tuple(shape)}, but got {found}.")


@tf_export("ragged.placeholder")
def placeholder(dtype: Any, ragged_rank: int, value_shape: Any = None, name: str | None = None) -> Any:
    """A RaggedTensor that must be fed, of `ragged_rank` ragged axes and values of shape `value_shape` below them."""
    if ragged_rank == 0:
        return PUBLIC["placeholder"](dtype, value_shape, name)
    with name_scope(name, "RaggedPlaceholder"):
        shape = TensorShape([None]).concatenate(TensorShape(value_shape))
        result = PUBLIC["placeholder"](dtype, shape, "flat_values")
        for i in reversed(range(ragged_rank)):
            splits = PUBLIC["placeholder"](dtypes.int64, [None], f"row_splits_{i}")
            result = RaggedTensor.from_row_splits(result, splits, validate=False)
        return result
