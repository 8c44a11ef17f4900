"""`tf.feature_column.linear_model`."""

from __future__ import annotations

from typing import Any

from tfcompat.feature_column.base import CategoricalColumn, DenseColumn
from tfcompat.feature_column.cache import FeatureTransformationCache
from tfcompat.feature_column.checks import check_batch_sizes, listed_columns, sorted_columns
from tfcompat.feature_column.input_layer import as_matrix
from tfcompat.feature_column.state import all_collections
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import name_scope, outermost_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.add_n import add_n
from tfcompat.ops.array import shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.embedding import safe_embedding_lookup_sparse
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.matmul import matmul
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.sparse_shape import sparse_reshape
from tfcompat.ops.variable_scope import get_variable, variable_scope


@tf_export("feature_column.linear_model")
def linear_model(
    features: Any,
    feature_columns: Any,
    units: int = 1,
    sparse_combiner: str = "sum",
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
) -> Tensor:
    """A linear function of columns: dense ones times weights, the weights of the ids of categorical ones, and a bias.

    Args:
        features: key -> tensor or `SparseTensor`.
        feature_columns: dense and categorical columns; both kinds have weights of their own, that begin as zeros.
        units: how many functions.
        sparse_combiner: how the weights of several ids are combined: "sum", "mean" or "sqrtn".
        weight_collections: collections for the variables besides those of global and model variables.
        trainable: whether an optimizer may change the variables.
        cols_to_vars: dictionary that gets column -> list of its variables, and "bias" -> that of the bias.

    Returns:
        float32, [batch, units].

    Raises:
        ValueError: an item is neither dense nor categorical, two have one name, or a feature is missing.
    """
    columns = listed_columns(feature_columns)
    check_linear(columns)
    with variable_scope(None, default_name="linear_model") as scope:
        name = _last(scope.name)
    return linear_in_scope(name, features, columns, units, sparse_combiner, weight_collections, trainable, cols_to_vars)


def linear_in_scope(
    own_name: str,
    features: Any,
    columns: list[Any],
    units: int,
    sparse_combiner: str,
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
) -> Tensor:
    """`linear_model` with its variables below `own_name`; the other arguments are those of `linear_model`."""
    collections = all_collections(weight_collections)
    scopes = []
    for column in sorted_columns(columns):
        with variable_scope(None, default_name=column._var_scope_name) as scope:
            scopes.append((column, _last(scope.name)))
    options: dict[str, Any] = {"initializer": Zeros(), "trainable": trainable, "collections": collections}
    outermost_graph().get_collection_ref(GraphKeys.UPDATE_OPS)
    with name_scope(own_name), variable_scope(own_name):
        cache = FeatureTransformationCache(features)
        sums = []
        for column, name in scopes:
            with variable_scope(name):
                weights, total = _column_sum(column, cache, units, sparse_combiner, options)
                sums.append(total)
            if cols_to_vars is not None:
                cols_to_vars[column] = as_list(weights)
        check_batch_sizes(sums, [column for column, _ in scopes])
        without_bias = add_n(sums, name="weighted_sum_no_bias")
        bias = get_variable("bias_weights", shape=[units], **options)
        if cols_to_vars is not None:
            cols_to_vars["bias"] = as_list(bias)
        return bias_add(without_bias, bias, name="weighted_sum")


def check_linear(columns: list[Any]) -> None:
    """ValueError when a column is neither dense nor categorical."""
    for column in columns:
        known = isinstance(column, (DenseColumn, CategoricalColumn))
        if not known and not hasattr(column, "_get_dense_tensor") and not hasattr(column, "_get_sparse_tensors"):
            raise ValueError(
                f"Items of feature_columns must be either a _DenseColumn or _CategoricalColumn. Given: {column}"
            )


def _column_sum(column: Any, cache: Any, units: int, combiner: str, options: dict[str, Any]) -> tuple[Any, Tensor]:
    """(the weights, [batch, units]): a column times weights that are made in the current variable scope."""
    if isinstance(column, CategoricalColumn) or not hasattr(column, "_get_dense_tensor"):
        weights = get_variable("weights", shape=[column._num_buckets, units], **options)
        ids, id_weights = column._get_sparse_tensors(cache)
        return weights, weighted_sum(weights, ids, id_weights, combiner)
    weights = get_variable("weights", shape=[column._variable_shape.num_elements(), units], **options)
    collections, trainable = options["collections"], options["trainable"]
    tensor = column._get_dense_tensor(cache, weight_collections=collections, trainable=trainable)
    return weights, weighted_sum(weights, as_matrix(tensor, column))


def weighted_sum(weights: Any, inputs: Any, id_weights: Any = None, combiner: str = "sum") -> Tensor:
    """[batch, units]: a matrix times weights, or the weights of sparse ids combined.

    Args:
        weights: [elements or buckets, units].
        inputs: [batch, elements], or a `SparseTensor` of ids.
        id_weights: weights of the ids, in the same places, or None.
        combiner: "sum", "mean" or "sqrtn".
    """
    if not isinstance(inputs, SparseTensor):
        return matmul(inputs, weights, name="weighted_sum")
    ids = sparse_reshape(inputs, [shape(inputs)[0], -1])  # type: ignore[index]
    if id_weights is not None:
        id_weights = sparse_reshape(id_weights, [shape(id_weights)[0], -1])  # type: ignore[index]
    return safe_embedding_lookup_sparse(weights, ids, id_weights, combiner, name="weighted_sum")


def _last(scope_name: str) -> str:
    return scope_name.rsplit("/", 1)[-1]


def as_list(variable: Any) -> list[Any]:
    return list(variable) if isinstance(variable, PartitionedVariable) else [variable]
