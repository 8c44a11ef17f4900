"""Columns of ids that are numbers already, or hashes."""

from __future__ import annotations

from typing import Any, NamedTuple

from tfcompat.feature_column.base import CategoricalColumn, IdWeightPair
from tfcompat.feature_column.checks import check_dtype_of_ids, check_key
from tfcompat.feature_column.sparse_input import to_sparse_input
from tfcompat.graph import dtypes
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.example_features import VarLenFeature
from tfcompat.ops.filling import fill
from tfcompat.ops.masks import where_v2


class FeatureOfIds(CategoricalColumn):
    """A categorical column of one feature, `key`."""

    __slots__ = ()

    key: str
    dtype: Any

    @property
    def name(self) -> str:
        """The key of the feature."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """A feature of any length."""
        return {self.key: VarLenFeature(self.dtype)}

    @property
    def parents(self) -> list[Any]:
        """The key of the feature."""
        return [self.key]

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The ids, without weights."""
        return IdWeightPair(transformation_cache.get(self, state_manager), None)

    def _sparse_feature(self, transformation_cache: Any, state_manager: Any) -> SparseTensor:
        """The feature as a sparse tensor; ValueError when its type is none of ids, or not the column's kind."""
        sparse = to_sparse_input(transformation_cache.get(self.key, state_manager))
        check_dtype_of_ids(sparse.dtype, f"column_name: {self.key} input_tensor")
        if self.dtype.is_integer != sparse.dtype.is_integer:
            raise ValueError(
                "Column dtype and SparseTensors dtype must be compatible. "
                f"key: {self.key}, column dtype: {self.dtype}, tensor dtype: {sparse.dtype}"
            )
        return sparse


class _Identity(NamedTuple):
    key: str
    number_buckets: int
    default_value: int | None


class IdentityCategoricalColumn(FeatureOfIds, _Identity):
    """See `categorical_column_with_identity`."""

    __slots__ = ()

    dtype = dtypes.int64

    @property
    def num_buckets(self) -> int:
        """As given."""
        return self.number_buckets

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> SparseTensor:
        """The feature as int64, with the default in place of what is out of range; ValueError unless integers."""
        sparse = to_sparse_input(transformation_cache.get(self.key, state_manager))
        if not sparse.dtype.is_integer:
            raise ValueError(f"Invalid input, not integer. key: {self.key} dtype: {sparse.dtype}")
        values = cast(sparse.values, dtypes.int64, name="values")
        if self.default_value is not None:
            values = self._in_range(cast(sparse.values, dtypes.int64, name="values"))
        return SparseTensor(sparse.indices, values, sparse.dense_shape)

    def _in_range(self, values: Any) -> Any:
        buckets = cast(self.number_buckets, dtypes.int64, name="num_buckets")
        zero = cast(0, dtypes.int64, name="zero")
        outside = PUBLIC["logical_or"](values < zero, values >= buckets, name="out_of_range")
        sizes = shape(values)
        default = fill(dims=sizes, value=cast(self.default_value, dtypes.int64), name="default_values")
        return where_v2(outside, default, values)


@tf_export("feature_column.categorical_column_with_identity")
def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> IdentityCategoricalColumn:
    """A feature of integers, which are the ids.

    Args:
        key: key of the feature; in dense ones -1 stands for nothing.
        num_buckets: ids are in [0, num_buckets).
        default_value: in place of ids out of range; without one, negative ids are left out by what looks ids up, and
            others are errors there.

    Raises:
        ValueError: `num_buckets` is not positive, or the default is out of range.
    """
    check_key(key)
    if num_buckets < 1:
        raise ValueError(f"num_buckets {num_buckets} < 1, column_name {key}")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise ValueError(f"default_value {default_value} not in range [0, {num_buckets}), column_name {key}")
    return IdentityCategoricalColumn(key, num_buckets, default_value)


class _Hashed(NamedTuple):
    key: str
    hash_bucket_size: int
    dtype: dtypes.DType


class HashedCategoricalColumn(FeatureOfIds, _Hashed):
    """See `categorical_column_with_hash_bucket`."""

    __slots__ = ()

    @property
    def num_buckets(self) -> int:
        """As given."""
        return self.hash_bucket_size

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> SparseTensor:
        """The buckets of the fingerprints of the feature's strings, or of its integers in decimal."""
        sparse = self._sparse_feature(transformation_cache, state_manager)
        texts = sparse.values if self.dtype == dtypes.string else PUBLIC["as_string"](sparse.values)
        ids = PUBLIC["string_to_hash_bucket_fast"](texts, self.hash_bucket_size, name="lookup")
        return SparseTensor(sparse.indices, ids, sparse.dense_shape)


@tf_export("feature_column.categorical_column_with_hash_bucket")
def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = dtypes.string
) -> HashedCategoricalColumn:
    """A feature of strings or integers, by a hash.

    Args:
        key: key of the feature; in dense ones "" and -1 stand for nothing.
        hash_bucket_size: number of buckets.
        dtype: string, or an integer type.

    Raises:
        ValueError: there are less than two buckets, or the type is another.
    """
    if hash_bucket_size is None:
        raise ValueError(f"hash_bucket_size must be set. key: {key}")
    if hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}")
    check_key(key)
    dtype = dtypes.as_dtype(dtype)
    check_dtype_of_ids(dtype, f"column_name: {key}")
    return HashedCategoricalColumn(key, hash_bucket_size, dtype)
