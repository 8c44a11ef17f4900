"""Categorical columns whose ids have weights."""

from __future__ import annotations

from typing import Any, NamedTuple

from tfcompat.feature_column.base import CategoricalColumn, IdWeightPair
from tfcompat.feature_column.cache import as_tensor
from tfcompat.feature_column.sparse_input import to_sparse_input
from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.ops.cast import cast
from tfcompat.ops.example_features import VarLenFeature


class _Weighted(NamedTuple):
    categorical_column: Any
    weight_feature_key: str
    dtype: dtypes.DType


class WeightedCategoricalColumn(CategoricalColumn, _Weighted):
    """See `weighted_categorical_column`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """`<column>_weighted_by_<key>`."""
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """That of the column and the weights; ValueError when both are one feature of different kinds."""
        spec = self.categorical_column.parse_example_spec
        weights = VarLenFeature(self.dtype)
        if spec.get(self.weight_feature_key, weights) != weights:
            raise ValueError(
                f"Parse config {weights} already exists for key {self.weight_feature_key}: "
                f"{spec[self.weight_feature_key]}."
            )
        return {**spec, self.weight_feature_key: weights}

    @property
    def parents(self) -> list[Any]:
        """The column and the key of the weights."""
        return [self.categorical_column, self.weight_feature_key]

    @property
    def num_buckets(self) -> int:
        """That of the column."""
        return self.categorical_column.num_buckets  # type: ignore[no-any-return]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> tuple[Any, Any]:
        """The ids of the column and the weights as sparse float32; ValueError for weights of another type."""
        weights = transformation_cache.get(self.weight_feature_key, state_manager)
        if weights is None:
            raise ValueError(f"Missing weights {self.weight_feature_key}.")
        weights = as_tensor(weights)
        if self.dtype != weights.dtype.base_dtype:
            raise ValueError(f"Bad dtype, expected {self.dtype}, but got {weights.dtype}.")
        weights = to_sparse_input(weights, 0.0)
        if not weights.dtype.is_floating:
            weights = cast(weights, dtypes.float32)
        return transformation_cache.get(self.categorical_column, state_manager), weights

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The ids and the weights."""
        return IdWeightPair(*transformation_cache.get(self, state_manager))


@tf_export("feature_column.weighted_categorical_column")
def weighted_categorical_column(
    categorical_column: Any, weight_feature_key: str, dtype: Any = dtypes.float32
) -> WeightedCategoricalColumn:
    """The ids of a column with weights of another feature, in the same places.

    Args:
        categorical_column: the column.
        weight_feature_key: key of the feature of weights; in dense ones 0 stands for nothing.
        dtype: type of the weights; integer or floating.

    Raises:
        ValueError: the type is of no numbers.
    """
    if dtype is None or not (dtypes.as_dtype(dtype).is_integer or dtypes.as_dtype(dtype).is_floating):
        raise ValueError(f"dtype {dtype} is not convertible to float.")
    return WeightedCategoricalColumn(categorical_column, weight_feature_key, dtypes.as_dtype(dtype))
