"""Sparse tensors as strings or variants, one or a row each, and back."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.sparse import as_sparse

not_differentiable("SerializeSparse", "SerializeManySparse", "DeserializeSparse", "DeserializeManySparse")


@shape_of("SerializeSparse")
def _serialize_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    for shape, rank in zip(shapes, (2, 1, 1), strict=True):
        exact_rank(shape, rank)
    return [TensorShape.of((3,))]


@shape_of("SerializeManySparse")
def _serialize_many_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    for shape, rank in zip(shapes, (2, 1, 1), strict=True):
        exact_rank(shape, rank)
    return [TensorShape.of((None, 3))]


@shape_of("DeserializeSparse")
def _deserialize_shape(c: InferenceContext, serialized: TensorShape) -> list[TensorShape]:
    if serialized.rank is not None:
        size = serialized.as_list()[-1] if serialized.rank else 0
        if size not in (None, 3):
            raise ValueError(f"Dimension must be 3 but is {size}")
    return [TensorShape.of((None, None)), TensorShape.of((None,)), TensorShape.of((None,))]


@shape_of("DeserializeManySparse")
def _deserialize_many_shape(c: InferenceContext, serialized: TensorShape) -> list[TensorShape]:
    size = exact_rank(serialized, 2).as_list()[1]
    if size not in (None, 3):
        raise ValueError(f"Dimension must be 3 but is {size}")
    return [TensorShape.of((None, None)), TensorShape.of((None,)), TensorShape.of((None,))]


def _publish(op_type: str, name: str, what: str) -> Any:
    def serialize(sp_input: Any, name: str | None = None, out_type: Any = dtypes.string) -> Tensor:
        sparse = as_sparse(sp_input)
        return getattr(raw_ops, op_type)(  # type: ignore[no-any-return]
            sparse_indices=sparse.indices,
            sparse_values=sparse.values,
            sparse_shape=sparse.dense_shape,
            name=name,
            out_type=out_type,
        )

    serialize.__name__ = serialize.__qualname__ = name
    serialize.__doc__ = f"""{what} as three elements of `out_type` (strings or variants): indices, values, shape."""
    return tf_export(f"io.{name}", name)(serialize)


serialize_sparse = _publish("SerializeSparse", "serialize_sparse", "A SparseTensor")
serialize_many_sparse = _publish(
    "SerializeManySparse",
    "serialize_many_sparse",
    "Each slice of a SparseTensor along its first axis, which is 2 or more,",
)


@tf_export("io.deserialize_many_sparse", "deserialize_many_sparse")
def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The SparseTensors of `serialize_many_sparse`, stacked along a new first axis.

    Args:
        serialized_sparse: strings of shape [n, 3].
        dtype: type of the values.
        rank: of the parts, when it is known.
    """
    return _taken(raw_ops.DeserializeManySparse(serialized_sparse=serialized_sparse, dtype=dtype, name=name), rank)


def deserialize_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The SparseTensors of `serialize_sparse`, stacked along as many first axes as `serialized_sparse` has but one.

    Args:
        serialized_sparse: strings or variants of shape [..., 3].
        dtype: type of the values.
        rank: of the result, when it is known.
    """
    return _taken(raw_ops.DeserializeSparse(serialized_sparse=serialized_sparse, dtype=dtype, name=name), rank)


def _taken(parts: Any, rank: int | None) -> SparseTensor:
    indices, values, shape = parts
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)


export_internal("python.ops.sparse_ops.deserialize_sparse", deserialize_sparse)
