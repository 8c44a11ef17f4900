"""Crosses of sparse features: one element for each combination of the elements of a row."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.sparse import as_sparse

DEFAULT_HASH_KEY = 0xDECAFCAFFE

not_differentiable("SparseCross", "SparseCrossV2", "SparseCrossHashed")


@shape_of("SparseCross", "SparseCrossV2", "SparseCrossHashed")
def _cross_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((None, 2)), TensorShape.of((None,)), TensorShape.of((2,))]


@tf_export("sparse.cross")
def sparse_cross(inputs: Any, name: str | None = None, separator: Any = None) -> SparseTensor:
    """The crosses of the elements of each row of several features, as strings joined by `separator`.

    Args:
        inputs: list of matrices, SparseTensors or tensors, of strings or integers.
        separator: string between the parts, "_X_" by default.

    Raises:
        TypeError: an element of `inputs` is neither a tensor nor a SparseTensor.
    """
    separator = convert_to_tensor("_X_" if separator is None else separator, dtypes.string)
    if not all(isinstance(i, (Tensor, SparseTensor, SparseTensorValue)) for i in inputs):
        raise TypeError("All inputs must be Tensor or SparseTensor.")
    sparse = [as_sparse(i) for i in inputs if not isinstance(i, Tensor)]
    dense = [i for i in inputs if isinstance(i, Tensor)]
    parts = raw_ops.SparseCrossV2(
        indices=[s.indices for s in sparse],
        values=_as_strings([s.values for s in sparse]),
        shapes=[s.dense_shape for s in sparse],
        dense_inputs=_as_strings(dense),
        sep=separator,
        name=name,
    )
    return SparseTensor(*parts)


def _as_strings(tensors: list[Tensor]) -> list[Tensor]:
    """Integers become int64, which the operation writes in decimal."""
    return [t if t.dtype.base_dtype is dtypes.string else cast(t, dtypes.int64) for t in tensors]


@tf_export("sparse.cross_hashed")
def sparse_cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> SparseTensor:
    """The crosses of the elements of each row of several features, as hashes.

    Args:
        inputs: list of matrices, SparseTensors or tensors, of strings or integers.
        num_buckets: results are below it; 0: any that are not negative.
        hash_key: seed with which the fingerprints of the parts are combined.

    Returns:
        A SparseTensor of int64.
    """
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("Inputs must be a list")
    if not all(isinstance(i, (Tensor, SparseTensor, SparseTensorValue)) for i in inputs):
        raise TypeError("All inputs must be SparseTensors")
    sparse = [as_sparse(i) for i in inputs if not isinstance(i, Tensor)]
    dense = _as_strings([i for i in inputs if isinstance(i, Tensor)])
    values = _as_strings([s.values for s in sparse])
    has_numbers = any(v.dtype.base_dtype is not dtypes.string for v in (*values, *dense))
    parts = raw_ops.SparseCross(
        indices=[s.indices for s in sparse],
        values=values,
        shapes=[s.dense_shape for s in sparse],
        dense_inputs=dense,
        hashed_output=True,
        num_buckets=num_buckets,
        hash_key=DEFAULT_HASH_KEY if hash_key is None else hash_key,
        out_type=dtypes.int64,
        internal_type=dtypes.int64 if has_numbers else dtypes.string,
        name=name,
    )
    return SparseTensor(*parts)


export_internal("python.ops.sparse_ops.sparse_cross", sparse_cross)
