"""Columns of sequences side by side, as `tf.contrib.feature_column.sequence_input_layer` and layers need them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tfcompat.feature_column import sequence
from tfcompat.feature_column.base import SequenceDenseColumn
from tfcompat.feature_column.cache import FeatureTransformationCache
from tfcompat.feature_column.checks import listed_columns, sorted_columns
from tfcompat.feature_column.state import ScopedState, all_collections
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, export, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.identity import identity
from tfcompat.ops.variable_scope import variable_scope


def steps_side_by_side(
    columns: list[Any], cache: Any, state: Any, scope_of: Callable[[Any], AbstractContextManager[Any]] | None = None
) -> tuple[Tensor, Tensor]:
    """([batch, steps, elements of all columns], the lengths, which must be the same for all columns).

    Args:
        columns: columns of sequences, in order.
        cache: what they take their features from.
        state: their variables.
        scope_of: the scope of a column; a name scope of its name by default.
    """
    outputs, lengths = [], []
    for column in columns:
        with scope_of(column) if scope_of else name_scope(column.name):
            dense, length = column.get_sequence_dense_tensor(cache, state)
            outputs.append(_flat_steps(dense, column))
            lengths.append(length)
    length = _all_equal(lengths)
    return concat(outputs, -1), length


def _flat_steps(dense: Tensor, column: Any) -> Tensor:
    """A [batch, steps, ...] tensor as [batch, steps, elements]."""
    sizes: Any = shape(dense)
    return reshape(dense, [sizes[0], sizes[1], column.variable_shape.num_elements()])


def _all_equal(tensors: list[Tensor]) -> Tensor:
    """The first of the tensors, after a check at run time that the others equal it."""
    with name_scope("assert_all_equal", values=tensors):
        if len(tensors) == 1:
            return tensors[0]
        with control_dependencies([PUBLIC["assert_equal"](tensors[0], other) for other in tensors[1:]]):
            return identity(tensors[0])


def check_sequences(columns: list[Any]) -> None:
    """ValueError when a column is none of sequences."""
    for column in columns:
        if not isinstance(column, SequenceDenseColumn):
            raise ValueError(
                "All feature_columns must be of type _SequenceDenseColumn. You can wrap a "
                "sequence_categorical_column with an embedding_column or indicator_column. Given (type "
                f"{type(column)}): {column}"
            )


@tf_export("contrib.feature_column.sequence_input_layer")
def sequence_input_layer(
    features: Any, feature_columns: Any, weight_collections: Any = None, trainable: bool = True
) -> tuple[Tensor, Tensor]:
    """The dense tensors of columns of sequences side by side for each step, in the order of the columns' names.

    Args:
        features: key -> `SparseTensor`.
        feature_columns: sequence_numeric columns, embeddings and indicators of sequence_categorical columns.
        weight_collections: collections for the variables besides those of global and model variables.
        trainable: whether an optimizer may change the variables.

    Returns:
        ([batch, steps, elements of all columns], lengths [batch]).

    Raises:
        ValueError: a column is none of sequences, or a feature is missing.
    """
    columns = sorted_columns(listed_columns(feature_columns))
    check_sequences(columns)
    state = ScopedState(all_collections(weight_collections), trainable)
    with variable_scope(None, default_name="sequence_input_layer", values=features.values()):
        cache = FeatureTransformationCache(features)
        return steps_side_by_side(
            columns, cache, state, lambda column: variable_scope(None, default_name=column._var_scope_name)
        )


for _name in (
    "sequence_numeric_column",
    "sequence_categorical_column_with_identity",
    "sequence_categorical_column_with_hash_bucket",
    "sequence_categorical_column_with_vocabulary_file",
    "sequence_categorical_column_with_vocabulary_list",
):
    export(f"contrib.feature_column.{_name}", getattr(sequence, _name))
