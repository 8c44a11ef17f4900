"""`tf.data.experimental`: what elements consist of."""

from __future__ import annotations

from typing import Any

from tfcompat.data.specs import DatasetSpec
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.type_spec import SparseTensorSpec, TensorSpec, TypeSpec
from tfcompat.ops.ragged.spec import RaggedTensorSpec
from tfcompat.ops.tensor_array_spec import TensorArraySpec


@tf_export("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """Structure of the specs of an element of a dataset or iterator; TypeError for anything else."""
    try:
        return dataset_or_iterator.element_spec
    except AttributeError:
        raise TypeError(
            f"Invalid `dataset_or_iterator`. `dataset_or_iterator` must be a `tf.data.Dataset` or "
            f"tf.data.Iterator object, but got {type(dataset_or_iterator)}."
        ) from None


@tf_export("data.experimental.TensorStructure")
def tensor_structure(dtype: Any, shape: Any) -> TensorSpec:
    """The spec of a tensor."""
    return TensorSpec(shape, dtype)


@tf_export("data.experimental.SparseTensorStructure")
def sparse_tensor_structure(dtype: Any, shape: Any) -> SparseTensorSpec:
    """The spec of a sparse tensor."""
    return SparseTensorSpec(shape, dtype)


@tf_export("data.experimental.RaggedTensorStructure")
def ragged_tensor_structure(dtype: Any, shape: Any, ragged_rank: int) -> RaggedTensorSpec:
    """The spec of a ragged tensor."""
    return RaggedTensorSpec(shape, dtype, ragged_rank)


@tf_export("data.experimental.TensorArrayStructure")
def tensor_array_structure(dtype: Any, element_shape: Any, dynamic_size: bool, infer_shape: bool) -> TensorArraySpec:
    """The spec of a TensorArray."""
    return TensorArraySpec(element_shape, dtype, dynamic_size, infer_shape)


export("data.experimental.DatasetStructure", DatasetSpec)
export("data.experimental.Structure", TypeSpec)
