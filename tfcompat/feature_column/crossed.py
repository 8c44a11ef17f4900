"""Columns of combinations of features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tfcompat.feature_column.base import CategoricalColumn, IdWeightPair
from tfcompat.feature_column.categorical import HashedCategoricalColumn
from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.ops.example_features import VarLenFeature
from tfcompat.ops.sparse_cross import sparse_cross_hashed


class _Crossed(NamedTuple):
    keys: tuple[Any, ...]
    hash_bucket_size: int
    hash_key: int | None


class CrossedColumn(CategoricalColumn, _Crossed):
    """See `crossed_column`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The names of what is crossed, in order."""
        return "_X_".join(sorted(leaf if isinstance(leaf, str) else leaf.name for leaf in self._leaves()))

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """Those of the columns; features that are only named are strings."""
        spec: dict[str, Any] = {}
        for key in self.keys:
            spec.update({key: VarLenFeature(dtypes.string)} if isinstance(key, str) else key.parse_example_spec)
        return spec

    @property
    def parents(self) -> list[Any]:
        """What is crossed."""
        return list(self.keys)

    @property
    def num_buckets(self) -> int:
        """As given."""
        return self.hash_bucket_size

    def _leaves(self) -> Iterator[Any]:
        """What is crossed, with crossed columns taken apart."""
        for key in self.keys:
            if isinstance(key, CrossedColumn):
                yield from key._leaves()
            else:
                yield key

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> SparseTensor:
        """The hashes of all combinations; ValueError when a column has weights."""
        inputs = []
        for leaf in self._leaves():
            if isinstance(leaf, str):
                inputs.append(transformation_cache.get(leaf, state_manager))
                continue
            pair = leaf.get_sparse_tensors(transformation_cache, state_manager)
            if pair.weight_tensor is not None:
                raise ValueError(
                    "crossed_column does not support weight_tensor, but the given column populates weight_tensor. "
                    f"Given column: {leaf.name}"
                )
            inputs.append(pair.id_tensor)
        return sparse_cross_hashed(inputs, num_buckets=self.hash_bucket_size, hash_key=self.hash_key)

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The hashes, without weights."""
        return IdWeightPair(transformation_cache.get(self, state_manager), None)


@tf_export("feature_column.crossed_column")
def crossed_column(keys: Any, hash_bucket_size: int, hash_key: int | None = None) -> CrossedColumn:
    """Every combination of the values of features, by a hash.

    Args:
        keys: at least two keys of features of strings or integers, or categorical columns, but not of hashes: the key
            of the feature collides less often.
        hash_bucket_size: number of buckets.
        hash_key: seed of the hash.

    Raises:
        ValueError: there are less than two keys or one is of another kind, or there is no bucket.
    """
    if not hash_bucket_size or hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be > 1. hash_bucket_size: {hash_bucket_size}")
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, (str, CategoricalColumn)):
            raise ValueError(
                "Unsupported key type. All keys must be either string, or categorical column except "
                f"HashedCategoricalColumn. Given: {key}"
            )
        if isinstance(key, HashedCategoricalColumn):
            raise ValueError(
                "categorical_column_with_hash_bucket is not supported for crossing. Hashing before crossing will "
                f"increase probability of collision. Instead, use the feature name as a string. Given: {key}"
            )
    return CrossedColumn(tuple(keys), hash_bucket_size, hash_key)
