"""`tf.data.experimental.dense_to_sparse_batch`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.data.dataset import Dataset
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.data.transformations import Transformation
from tfcompat.graph.export import tf_export
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import SparseTensorSpec, TensorSpec
from tfcompat.ops import raw_ops

shape_of("DenseToSparseBatchDataset")(dataset_shape)
not_differentiable("DenseToSparseBatchDataset")


@tf_export("data.experimental.dense_to_sparse_batch")
def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """Batches of tensors of different sizes as sparse tensors.

    Args:
        batch_size: elements in a batch.
        row_shape: shape of a row: no element may be larger; unknown sizes are those of the largest of a batch.

    Raises:
        TypeError: elements have several components. Runs fail with InvalidArgumentError for an element of another rank,
            with DataLossError for one that is larger.
    """
    shape = TensorShape(row_shape)

    def transformed(dataset: Dataset) -> Dataset:
        own = dataset.element_spec
        if not isinstance(own, TensorSpec):
            raise TypeError(
                "`dense_to_sparse_batch` requires an input dataset whose elements have a single component, but the "
                f"given dataset has the following component types: {dataset.output_types}."
            )
        spec = SparseTensorSpec(TensorShape([None]).concatenate(shape), own.dtype)
        sizes = [-1 if d is None else d for d in shape.as_list()]
        return dataset._after(raw_ops.DenseToSparseBatchDataset, batch_size, np.array(sizes, np.int64), spec=spec)

    return transformed
