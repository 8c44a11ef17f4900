"""`tf.feature_column.input_layer`, and what features of examples columns need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tfcompat.feature_column.base import DenseColumn
from tfcompat.feature_column.cache import FeatureTransformationCache, is_column
from tfcompat.feature_column.checks import check_batch_sizes, listed_columns, sorted_columns
from tfcompat.feature_column.state import all_collections
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.variable_scope import get_variable_scope, variable_scope


def check_dense(columns: Iterable[Any], kind: str = "_DenseColumn") -> None:
    """ValueError when a column gives no dense tensor."""
    for column in columns:
        if not (isinstance(column, DenseColumn) or hasattr(column, "_get_dense_tensor")):
            raise ValueError(
                f"Items of feature_columns must be a {kind}. You can wrap a categorical column with an "
                f"embedding_column or indicator_column. Given: {column}"
            )


def as_matrix(tensor: Any, column: Any) -> Any:
    """The [batch, *variable_shape] tensor of a column as [batch, elements]."""
    batch = shape(tensor)[0]  # type: ignore[index]
    return reshape(tensor, [batch, column._variable_shape.num_elements()])


@tf_export("feature_column.input_layer")
def input_layer(
    features: Any,
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
    cols_to_output_tensors: Any = None,
) -> Any:
    """The dense tensors of columns side by side, in the order of the names of the columns.

    Args:
        features: key -> tensor or `SparseTensor`; vectors stand for matrices of one column.
        feature_columns: dense columns: numeric, bucketized, embeddings and indicators.
        weight_collections: collections for the variables besides those of global and model variables.
        trainable: whether an optimizer may change the variables.
        cols_to_vars: dictionary that gets column -> list of its variables.
        cols_to_output_tensors: dictionary that gets column -> its part of the result.

    Returns:
        float32, [batch, sum of the sizes of the columns].

    Raises:
        ValueError: an item is no dense column, two have one name, or a feature is missing.
    """
    columns = listed_columns(feature_columns)
    check_dense(columns)
    collections = all_collections(weight_collections)
    with variable_scope(None, default_name="input_layer", values=features.values()):
        cache = FeatureTransformationCache(features)
        outputs = []
        columns = sorted_columns(columns)
        for column in columns:
            with variable_scope(None, default_name=column._var_scope_name):
                tensor = column._get_dense_tensor(cache, weight_collections=collections, trainable=trainable)
                outputs.append(as_matrix(tensor, column))
                if cols_to_vars is not None:
                    cols_to_vars[column] = get_default_graph().get_collection(
                        GraphKeys.GLOBAL_VARIABLES, scope=get_variable_scope().name
                    )
                if cols_to_output_tensors is not None:
                    cols_to_output_tensors[column] = outputs[-1]
        check_batch_sizes(outputs, columns)
        return concat(outputs, 1)


@tf_export("feature_column.make_parse_example_spec")
def make_parse_example_spec(feature_columns: Any) -> dict[str, Any]:
    """What `tf.parse_example` needs for columns: feature key -> configuration.

    Args:
        feature_columns: columns of all kinds.

    Raises:
        ValueError: an item is no column, or two need one feature in different forms.
    """
    result: dict[str, Any] = {}
    for column in feature_columns:
        if not is_column(column):
            raise ValueError(f"All feature_columns must be FeatureColumn instances. Given: {column}")
        for key, value in column._parse_example_spec.items():
            if result.setdefault(key, value) != value:
                raise ValueError(
                    f"feature_columns contain different parse_spec for key {key}. Given {value} and {result[key]}"
                )
    return result
