"""Columns of sequences: ids or numbers for each step of an example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tfcompat.feature_column import categorical, vocabulary
from tfcompat.feature_column.base import (
    CategoricalColumn,
    IdWeightPair,
    SequenceDenseColumn,
    TensorSequenceLengthPair,
)
from tfcompat.feature_column.checks import check_key, checked_shape
from tfcompat.feature_column.sparse_input import sequence_length
from tfcompat.graph import dtypes
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.example_features import VarLenFeature
from tfcompat.ops.sparse import sparse_tensor_to_dense
from tfcompat.ops.sparse_shape import sparse_reshape


class _SequenceCategorical(NamedTuple):
    categorical_column: Any


class SequenceCategoricalColumn(CategoricalColumn, _SequenceCategorical):
    """A categorical column whose features are [batch, steps, ...]."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """That of the column of one step."""
        return self.categorical_column.name  # type: ignore[no-any-return]

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """That of the column of one step."""
        return self.categorical_column.parse_example_spec  # type: ignore[no-any-return]

    @property
    def parents(self) -> list[Any]:
        """The column of one step."""
        return [self.categorical_column]

    @property
    def num_buckets(self) -> int:
        """That of the column of one step."""
        return self.categorical_column.num_buckets  # type: ignore[no-any-return]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The ids of the column of one step."""
        return self.categorical_column.transform_feature(transformation_cache, state_manager)

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The ids as [batch, steps, ids of a step]."""
        ids, weights = self.categorical_column.get_sparse_tensors(transformation_cache, state_manager)
        sizes: Any = shape(ids)
        target = [sizes[0], sizes[1], PUBLIC["reduce_prod"](sizes[2:])]
        ids = sparse_reshape(ids, target)
        return IdWeightPair(ids, weights if weights is None else sparse_reshape(weights, target))


def check_sequence(column: Any, kind: str, inner: Any) -> None:
    """ValueError unless the categorical column `inner` of `column` is one of sequences."""
    if not isinstance(inner, SequenceCategoricalColumn):
        raise ValueError(
            f"In {kind}: {column.name}. categorical_column must be of type SequenceCategoricalColumn to use "
            "SequenceFeatures. Suggested fix: Use one of sequence_categorical_column_with_*. "
            f"Given (type {type(inner)}): {inner}"
        )


def check_no_sequence(column: Any, kind: str, inner: Any) -> None:
    """ValueError if the categorical column `inner` of `column` is one of sequences."""
    if isinstance(inner, SequenceCategoricalColumn):
        raise ValueError(
            f"In {kind}: {column.name}. categorical_column must not be of type SequenceCategoricalColumn. Suggested "
            "fix A: If you wish to use DenseFeatures or input_layer, use a non-sequence categorical_column_with_*. "
            "Suggested fix B: If you wish to create sequence input, use SequenceFeatures or sequence_input_layer. "
            f"Given (type {type(inner)}): {inner}"
        )


class _SequenceNumeric(NamedTuple):
    key: str
    shape: tuple[int, ...]
    default_value: float
    dtype: dtypes.DType
    normalizer_fn: Callable[[Any], Any] | None


class SequenceNumericColumn(SequenceDenseColumn, _SequenceNumeric):
    """See `sequence_numeric_column`."""

    __slots__ = ()

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

    @property
    def variable_shape(self) -> TensorShape:
        """The shape of one step."""
        return TensorShape(self.shape)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The sparse feature, normalized."""
        feature = transformation_cache.get(self.key, state_manager)
        return feature if self.normalizer_fn is None else self.normalizer_fn(feature)

    def get_sequence_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> TensorSequenceLengthPair:
        """The feature as [batch, steps, *shape], with the default where nothing is."""
        sparse = transformation_cache.get(self, state_manager)
        dense = sparse_tensor_to_dense(sparse, default_value=self.default_value)
        sizes = concat([shape(dense)[:1], [-1], self.variable_shape.as_list()], 0)  # type: ignore[index]
        each = self.variable_shape.num_elements() if sparse.shape.rank == 2 else 1
        dense = reshape(dense, sizes)
        return TensorSequenceLengthPair(dense, sequence_length(sparse, each or 1))


@tf_export("feature_column.sequence_numeric_column")
def sequence_numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: float = 0.0,
    dtype: Any = dtypes.float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> SequenceNumericColumn:
    """A sparse feature of numbers for each step.

    Args:
        key: key of the feature.
        shape: of one step.
        default_value: number for what is not there.
        dtype: type of the feature; integer or floating.
        normalizer_fn: function of the sparse feature that gives the one to use.

    Raises:
        ValueError: `dtype` is of no numbers, or a size is not positive.
        TypeError: a size is no integer, or `normalizer_fn` cannot be called.
    """
    check_key(key)
    sizes = checked_shape(shape, key)
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype must be convertible to float. dtype: {dtype}, key: {key}")
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")
    return SequenceNumericColumn(key, sizes, default_value, dtype, normalizer_fn)


@tf_export("feature_column.sequence_categorical_column_with_identity")
def sequence_categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> SequenceCategoricalColumn:
    """Integers for each step; arguments and errors as of `categorical_column_with_identity`."""
    return SequenceCategoricalColumn(categorical.categorical_column_with_identity(key, num_buckets, default_value))


@tf_export("feature_column.sequence_categorical_column_with_hash_bucket")
def sequence_categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = dtypes.string
) -> SequenceCategoricalColumn:
    """Hashes for each step; arguments and errors as of `categorical_column_with_hash_bucket`."""
    return SequenceCategoricalColumn(categorical.categorical_column_with_hash_bucket(key, hash_bucket_size, dtype))


@tf_export("feature_column.sequence_categorical_column_with_vocabulary_file")
def sequence_categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = dtypes.string,
) -> SequenceCategoricalColumn:
    """Words of a file for each step; arguments and errors as of `categorical_column_with_vocabulary_file`."""
    return SequenceCategoricalColumn(
        vocabulary.categorical_column_with_vocabulary_file(
            key, vocabulary_file, vocabulary_size, num_oov_buckets, default_value, dtype
        )
    )


@tf_export("feature_column.sequence_categorical_column_with_vocabulary_list")
def sequence_categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1, num_oov_buckets: int = 0
) -> SequenceCategoricalColumn:
    """Words of a list for each step; arguments and errors as of `categorical_column_with_vocabulary_list`."""
    return SequenceCategoricalColumn(
        vocabulary.categorical_column_with_vocabulary_list(key, vocabulary_list, dtype, default_value, num_oov_buckets)
    )
