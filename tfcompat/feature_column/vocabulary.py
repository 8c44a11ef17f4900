"""Columns of ids that are positions in a vocabulary, of a list or a file."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tfcompat.feature_column.categorical import FeatureOfIds
from tfcompat.feature_column.checks import check_dtype_of_ids, check_key
from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.io import gfile
from tfcompat.ops.cast import cast
from tfcompat.ops.vocabulary_tables import index_table_from_file, index_table_from_tensor
from tfcompat.platform import logging


class _Vocabulary(FeatureOfIds):
    """A column that looks its feature up in a table."""

    __slots__ = ()

    default_value: Any
    num_oov_buckets: int

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> SparseTensor:
        """The positions in the vocabulary."""
        sparse = self._sparse_feature(transformation_cache, state_manager)
        dtype = self.dtype
        if sparse.dtype.is_integer:
            dtype, sparse = dtypes.int64, cast(sparse, dtypes.int64)
        table = self._table(dtype)
        if state_manager is not None:
            state_manager.add_resource(self, f"{self.key}_lookup", table)
        return table.lookup(sparse)  # type: ignore[no-any-return]

    def _table(self, dtype: dtypes.DType) -> Any:
        raise NotImplementedError


class _VocabularyFile(NamedTuple):
    key: str
    vocabulary_file: str
    vocabulary_size: int
    num_oov_buckets: int
    dtype: dtypes.DType
    default_value: int
    file_format: str | None = None


class VocabularyFileCategoricalColumn(_Vocabulary, _VocabularyFile):
    """See `categorical_column_with_vocabulary_file`."""

    __slots__ = ()

    @property
    def num_buckets(self) -> int:
        """Words of the file, and buckets for others."""
        return self.vocabulary_size + self.num_oov_buckets

    def _table(self, dtype: dtypes.DType) -> Any:
        return index_table_from_file(
            self.vocabulary_file,
            self.num_oov_buckets,
            self.vocabulary_size,
            self.default_value,
            key_dtype=dtype,
            name=f"{self.key}_lookup",
        )


@tf_export("feature_column.categorical_column_with_vocabulary_file")
def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = dtypes.string,
) -> VocabularyFileCategoricalColumn:
    """A feature of strings or integers, by the line of a file that they are on.

    Args:
        key: key of the feature; in dense ones "" and -1 stand for nothing.
        vocabulary_file: path; a word a line.
        vocabulary_size: how many lines count; all when None.
        num_oov_buckets: number of ids for other words, after those of the file, by hashes.
        default_value: id for other words; -1, which is left out, when None.
        dtype: string, or an integer type.

    Raises:
        ValueError: the file is not there or empty, both ways for other words are given, or a number or type is wrong.
    """
    check_key(key)
    if not vocabulary_file:
        raise ValueError(f"Missing vocabulary_file in {key}.")
    if vocabulary_size is None:
        if not gfile.exists(vocabulary_file):
            raise ValueError(f"vocabulary_file in {key} does not exist.")
        with gfile.GFile(vocabulary_file, mode="rb") as lines:
            vocabulary_size = sum(1 for _ in lines)
        logging.info(
            "vocabulary_size = %d in %s is inferred from the number of elements in the vocabulary_file %s.",
            vocabulary_size,
            key,
            vocabulary_file,
        )
    if vocabulary_size < 1:
        raise ValueError(f"Invalid vocabulary_size in {key}.")
    _check_other_words(key, num_oov_buckets, default_value is not None)
    dtype = dtypes.as_dtype(dtype)
    check_dtype_of_ids(dtype, f"column_name: {key}")
    default = -1 if default_value is None else default_value
    return VocabularyFileCategoricalColumn(key, vocabulary_file, vocabulary_size, num_oov_buckets or 0, dtype, default)


class _VocabularyList(NamedTuple):
    key: str
    vocabulary_list: tuple[Any, ...]
    dtype: dtypes.DType
    default_value: int
    num_oov_buckets: int


class VocabularyListCategoricalColumn(_Vocabulary, _VocabularyList):
    """See `categorical_column_with_vocabulary_list`."""

    __slots__ = ()

    @property
    def num_buckets(self) -> int:
        """Words of the list, and buckets for others."""
        return len(self.vocabulary_list) + self.num_oov_buckets

    def _table(self, dtype: dtypes.DType) -> Any:
        return index_table_from_tensor(
            tuple(self.vocabulary_list),
            num_oov_buckets=self.num_oov_buckets,
            default_value=self.default_value,
            dtype=dtype,
            name=f"{self.key}_lookup",
        )


@tf_export("feature_column.categorical_column_with_vocabulary_list")
def categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1, num_oov_buckets: int = 0
) -> VocabularyListCategoricalColumn:
    """A feature of strings or integers, by the position in a list.

    Args:
        key: key of the feature; in dense ones "" and -1 stand for nothing.
        vocabulary_list: distinct words, or numbers.
        dtype: string, or an integer type; that of the list when None.
        default_value: id for other words; -1 is left out.
        num_oov_buckets: number of ids for other words, after those of the list, by hashes.

    Raises:
        ValueError: the list is empty or has repetitions, both ways for other words are given, or a type is wrong.
    """
    check_key(key)
    if vocabulary_list is None or len(vocabulary_list) < 1:
        raise ValueError(f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}")
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(f"Duplicate keys in vocabulary_list {vocabulary_list} for column_name: {key}")
    found = dtypes.as_dtype(np.array(vocabulary_list).dtype)
    _check_other_words(key, num_oov_buckets, default_value != -1)
    check_dtype_of_ids(found, f"column_name: {key} vocabulary")
    dtype = found if dtype is None else dtypes.as_dtype(dtype)
    if dtype.is_integer != found.is_integer:
        raise ValueError(f"dtype {dtype} and vocabulary dtype {found} do not match, column_name: {key}")
    check_dtype_of_ids(dtype, f"column_name: {key}")
    return VocabularyListCategoricalColumn(key, tuple(vocabulary_list), dtype, default_value, num_oov_buckets or 0)


def _check_other_words(key: str, num_oov_buckets: int, has_default: bool) -> None:
    if not num_oov_buckets:
        return
    if has_default:
        raise ValueError(f"Can't specify both num_oov_buckets and default_value in {key}.")
    if num_oov_buckets < 0:
        raise ValueError(f"Invalid num_oov_buckets {num_oov_buckets} in {key}.")
