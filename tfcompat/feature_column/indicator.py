"""Categorical columns as vectors that count the ids of each example."""

from __future__ import annotations

from typing import Any, NamedTuple

from tfcompat.feature_column.base import DenseColumn, SequenceDenseColumn, TensorSequenceLengthPair
from tfcompat.feature_column.sequence import check_no_sequence, check_sequence
from tfcompat.feature_column.sparse_input import sequence_length
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.filling import one_hot
from tfcompat.ops.scatter import scatter_nd
from tfcompat.ops.sparse import sparse_tensor_to_dense
from tfcompat.ops.sparse_create import sparse_merge
from tfcompat.ops.sparse_parts import sparse_slice


class _Indicator(NamedTuple):
    categorical_column: Any


class IndicatorColumn(DenseColumn, SequenceDenseColumn, _Indicator):
    """See `indicator_column`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """`<column>_indicator`."""
        return f"{self.categorical_column.name}_indicator"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """That of the column."""
        return self.categorical_column.parse_example_spec  # type: ignore[no-any-return]

    @property
    def parents(self) -> list[Any]:
        """The column."""
        return [self.categorical_column]

    @property
    def variable_shape(self) -> TensorShape:
        """[1, num_buckets]."""
        return TensorShape([1, self.categorical_column.num_buckets])

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """[..., num_buckets]: how often, or with which weight, the last dimension of the ids has each one."""
        ids, weights = self.categorical_column.get_sparse_tensors(transformation_cache, state_manager)
        depth = self.categorical_column.num_buckets
        if weights is None:
            dense = sparse_tensor_to_dense(ids, default_value=-1)
            ones = one_hot(dense, depth=depth, on_value=1.0, off_value=0.0)
            return PUBLIC["reduce_sum"](ones, axis=[-2])
        merged = sparse_merge(sp_ids=ids, sp_values=weights, vocab_size=int(depth))
        kept = sparse_slice(merged, [0, 0], merged.dense_shape)
        return scatter_nd(kept.indices, kept.values, kept.dense_shape)

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """[batch, num_buckets]; ValueError for a column of sequences."""
        check_no_sequence(self, "indicator_column", self.categorical_column)
        return transformation_cache.get(self, state_manager)

    def get_sequence_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> TensorSequenceLengthPair:
        """[batch, steps, num_buckets]; ValueError unless a column of sequences."""
        check_sequence(self, "indicator_column", self.categorical_column)
        dense = transformation_cache.get(self, state_manager)
        ids = self.categorical_column.get_sparse_tensors(transformation_cache, state_manager).id_tensor
        return TensorSequenceLengthPair(dense, sequence_length(ids))


@tf_export("feature_column.indicator_column")
def indicator_column(categorical_column: Any) -> IndicatorColumn:
    """A vector for each example with the number, or the weight, of every id.

    Args:
        categorical_column: the column of ids; -1 counts nowhere.
    """
    return IndicatorColumn(categorical_column)
