"""Inputs and linear functions of columns whose variables belong to a layer and are made before it is called."""

from __future__ import annotations

from typing import Any

from tfcompat.feature_column.base import CategoricalColumn
from tfcompat.feature_column.cache import FeatureTransformationCache
from tfcompat.feature_column.checks import check_batch_sizes
from tfcompat.feature_column.input_layer import as_matrix
from tfcompat.feature_column.linear_model import weighted_sum
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import float32
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.add_n import add_n
from tfcompat.ops.bias import bias_add
from tfcompat.ops.concat import concat
from tfcompat.ops.initializers import Zeros


def side_by_side(columns: list[Any], features: Any, state: Any, outputs: Any = None) -> Tensor:
    """The dense tensors of columns as one matrix.

    Args:
        columns: dense columns, in order.
        features: key -> tensor.
        state: the variables of the columns.
        outputs: dictionary that gets column -> its part of the result.
    """
    cache = FeatureTransformationCache(features)
    made = []
    for column in columns:
        with name_scope(column.name):
            made.append(as_matrix(column.get_dense_tensor(cache, state), column))
        if outputs is not None:
            outputs[column] = made[-1]
    check_batch_sizes(made, columns)
    return concat(made, -1)


def create_linear_weights(columns: list[Any], units: int, state: Any, make: Any) -> Any:
    """Makes the variables of the columns and their `weights`, all zeros, and the bias, which is returned."""
    for column in columns:
        is_categorical = isinstance(column, CategoricalColumn)
        column.create_state(state)
        count = column.num_buckets if is_categorical else column.variable_shape.num_elements()
        state.create_variable(column, name="weights", shape=(count, units), dtype=float32, initializer=Zeros())
    return make("bias_weights", shape=[units], dtype=float32, initializer=Zeros(), use_resource=True)


def linear_function(columns: list[Any], features: Any, state: Any, bias: Any, combiner: str) -> Tensor:
    """The sum of the columns times their weights, and the bias."""
    cache = FeatureTransformationCache(features)
    sums = []
    for column in columns:
        with name_scope(column.name):
            weights = state.get_variable(column, name="weights")
            if isinstance(column, CategoricalColumn):
                ids, id_weights = column.get_sparse_tensors(cache, state)
                sums.append(weighted_sum(weights, ids, id_weights, combiner))
            else:
                tensor = as_matrix(column.get_dense_tensor(cache, state), column)
                sums.append(weighted_sum(weights, tensor))
    check_batch_sizes(sums, columns)
    return bias_add(add_n(sums, name="weighted_sum_no_bias"), bias, name="weighted_sum")
