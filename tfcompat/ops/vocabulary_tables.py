"""Tables from words to numbers and back: `tf.lookup.StaticVocabularyTable` and the tables of vocabulary files."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import DType
from tfcompat.graph.export import export, export_internal, tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.grouping import no_op
from tfcompat.ops.lookup import LookupInterface, StaticHashTable, like_keys, values_of
from tfcompat.ops.table_initializers import (
    KeyValueTensorInitializer,
    TableInitializerBase,
    TextFileIdTableInitializer,
    TextFileIndex,
    TextFileStringTableInitializer,
)


class HasherSpec(collections.namedtuple("HasherSpec", ["hasher", "key"])):
    """Which hash function words without an entry go through."""

    __slots__ = ()


FastHashSpec = HasherSpec("fasthash", None)


class StrongHashSpec(HasherSpec):
    """A hash function with a key of two uint64 numbers.

    Raises:
        ValueError: `key` has another form.
    """

    __slots__ = ()

    def __new__(cls, key: Any) -> StrongHashSpec:
        if len(key) != 2:
            raise ValueError(f"`key` must have size 2, received {len(key)}")
        if not isinstance(key[0], int) or not isinstance(key[1], int):
            raise TypeError("Invalid key, must be unsigned integer values.")
        return super().__new__(cls, "stronghash", key)


def _hasher(spec: HasherSpec) -> Callable[..., Tensor]:
    if spec.hasher == "fasthash":
        return raw_ops.StringToHashBucketFast  # type: ignore[no-any-return]
    if spec.hasher == "legacy":
        return raw_ops.StringToHashBucket  # type: ignore[no-any-return]
    if spec.hasher == "stronghash":
        return functools.partial(raw_ops.StringToHashBucketStrong, key=list(spec.key))
    raise ValueError(f"Found unknown hasher {spec.hasher} in `hasher_spec`")


class IdTableWithHashBuckets(LookupInterface):
    """A table of numbers in which words without an entry get one of further numbers, by their hash.

    Args:
        table: the table, with int64 values; None when every word goes to a bucket.
        num_oov_buckets: how many further numbers there are.
        hasher_spec: the hash function.
        name: name of the table.
        key_dtype: type of the words; `table`'s when None.

    Raises:
        TypeError: a type does not fit.
        ValueError: there is no table and there are no buckets.
    """

    def __init__(
        self,
        table: Any,
        num_oov_buckets: int,
        hasher_spec: HasherSpec = FastHashSpec,
        name: str | None = None,
        key_dtype: Any = None,
    ):
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"`hasher_spec` must be of type HasherSpec, received {type(hasher_spec)}")
        key = None if key_dtype is None else dtypes.as_dtype(key_dtype)
        if table is not None:
            key = table.key_dtype if key is None else key
            if table.key_dtype.is_integer != key.is_integer:
                kind = "integer" if key.is_integer else "non-integer"
                raise TypeError(f"Invalid `key_dtype`, expected {kind} but got {table.key_dtype}.")
            if table.key_dtype not in (dtypes.int64, dtypes.string):
                raise TypeError(
                    f"Invalid `key_dtype`, expected one of (tf.int64, tf.string), but got {table.key_dtype}."
                )
            if table.value_dtype != dtypes.int64:
                raise TypeError(f"Invalid `value_dtype`, expected {dtypes.int64} but got {table.value_dtype}.")
        elif num_oov_buckets <= 0:
            raise ValueError("num_oov_buckets must be > 0, or a table must be given.")
        super().__init__(key or dtypes.string, dtypes.int64)
        self._table = table
        self._oov = num_oov_buckets
        self._hash = hasher_spec
        self._table_name = name or ("hash_bucket" if table is None else table.name)
        self.resource_handle = None if table is None else table.resource_handle

    @property
    def initializer(self) -> Operation:
        """The operation that fills the table."""
        return self._table.initializer if self._table is not None else no_op()  # type: ignore[no-any-return]

    init = initializer

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries and buckets, an int64 scalar."""
        with name_scope(name, f"{self.name}_Size"):
            entries = constant(0, dtype=dtypes.int64) if self._table is None else self._table.size()
            return entries + self._oov  # type: ignore[no-any-return]

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The numbers of `keys`, int64.

        Args:
            keys: a tensor, or a sparse or ragged one.
            name: name of the scope.

        Raises:
            TypeError: `keys` have another type.
        """
        if not hasattr(keys, "dtype"):
            keys = convert_to_tensor(keys, dtype=self._key_dtype)
        self._check_key_type(keys)
        dense = convert_to_tensor(values_of(keys))
        if self._table is not None and self._table.key_dtype == dtypes.int64 and dense.dtype != dtypes.int64:
            dense = raw_ops.Cast(x=dense, DstT=dtypes.int64)
        if not self._oov:
            return like_keys(keys, self._table.lookup(dense, name=name))
        with name_scope(name, f"{self.name}_Lookup"):
            words = raw_ops.AsString(input=dense) if dense.dtype.is_integer else dense
            numbers = _hasher(self._hash)(input=words, num_buckets=self._oov, name="hash_bucket")
            if self._table is not None:
                known = self._table.lookup(dense)
                after = raw_ops.AddV2(x=numbers, y=self._table.size(), name="Add")
                is_known = raw_ops.NotEqual(x=known, y=self._table.default_value)
                numbers = raw_ops.SelectV2(condition=is_known, t=known, e=after)
        return like_keys(keys, numbers)


@tf_export("lookup.StaticVocabularyTable")
class StaticVocabularyTable(IdTableWithHashBuckets):
    """Words to numbers; words without an entry get one of `num_oov_buckets` further numbers, by their hash.

    Args:
        initializer: where the entries come from; None when every word goes to a bucket.
        num_oov_buckets: how many buckets there are.
        lookup_key_dtype: type of the words given to `lookup`; that of the entries when None.
        name: name of the table.
        experimental_is_anonymous: whether nobody else can find the table by a name.

    Raises:
        TypeError: a type does not fit.
        ValueError: `num_oov_buckets` is not positive.
    """

    def __init__(
        self,
        initializer: TableInitializerBase | None,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ):
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        table = None
        if initializer is not None:
            _check_vocabulary(initializer, lookup_key_dtype)
            table = StaticHashTable(initializer, -1, experimental_is_anonymous=experimental_is_anonymous)
        super().__init__(table, num_oov_buckets, name=name, key_dtype=lookup_key_dtype)


def _check_vocabulary(initializer: TableInitializerBase, key_dtype: Any) -> None:
    if initializer.key_dtype not in (dtypes.int64, dtypes.string):
        raise TypeError(f"Invalid `key_dtype`, expected one of (tf.int64, tf.string), but got {initializer.key_dtype}.")
    key: DType = initializer.key_dtype if key_dtype is None else dtypes.as_dtype(key_dtype)
    if initializer.key_dtype.is_integer != key.is_integer:
        kind = "integer" if key.is_integer else "non-integer"
        raise TypeError(f"Invalid `key_dtype`, expected {kind} but got {initializer.key_dtype}.")
    if initializer.value_dtype != dtypes.int64:
        raise TypeError(f"Invalid `value_dtype`, expected {dtypes.int64} but got {initializer.value_dtype}.")


# ---------------------------------------------------------------- vocabularies


def _check_vocabulary_file(vocabulary_file: Any, vocab_size: int | None) -> None:
    if vocabulary_file is None or isinstance(vocabulary_file, str) and not vocabulary_file:
        raise ValueError("vocabulary_file must be specified and must not be empty.")
    if vocab_size is not None and vocab_size < 1:
        name = vocabulary_file.name if isinstance(vocabulary_file, Tensor) else vocabulary_file
        raise ValueError(f"vocab_size must be greater than 0, got {vocab_size}. vocabulary_file: {name}")


def _with_buckets(table: Any, buckets: int, spec: HasherSpec, scope: str | None, key_dtype: DType) -> Any:
    if buckets:
        return IdTableWithHashBuckets(table, buckets, hasher_spec=spec, name=None, key_dtype=key_dtype)
    return table


@tf_export("contrib.lookup.index_table_from_file")
def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> Any:
    """A table from the words of a file to their line numbers.

    Args:
        vocabulary_file: path, or a tensor with it.
        num_oov_buckets: how many further numbers other words are spread over.
        vocab_size: number of lines to read; all when None.
        default_value: number of other words, when there are no buckets.
        hasher_spec: how other words are spread.
        key_dtype: type of the words: string, or an integer type.
        name: name of the scope.
        key_column_index: column of the words, or a `TextFileIndex`.
        value_column_index: column of the numbers, or a `TextFileIndex`.
        delimiter: between columns.

    Raises:
        ValueError: an argument is out of range.
        TypeError: `key_dtype` is another type.
    """
    _check_vocabulary_file(vocabulary_file, vocab_size)
    if num_oov_buckets < 0:
        raise ValueError(f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    key = dtypes.as_dtype(key_dtype)
    if not key.is_integer and key.base_dtype != dtypes.string:
        raise TypeError(f"Dtype for `keys` should be either integer or string, received: {key}.")
    with name_scope(name, "string_to_index"):
        with name_scope(None, "hash_table"):
            initializer = TextFileIdTableInitializer(
                vocabulary_file,
                key_column_index,
                value_column_index,
                vocab_size,
                delimiter,
                name="table_init",
                key_dtype=dtypes.int64 if key.is_integer else key,
            )
            table = StaticHashTable(initializer, default_value)
        return _with_buckets(table, num_oov_buckets, hasher_spec, name, key)


def index_table_from_tensor(
    vocabulary_list: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """A table from the words of a vector to their positions.

    Args:
        vocabulary_list: the words.
        num_oov_buckets: how many further numbers other words are spread over.
        default_value: number of other words, when there are no buckets.
        hasher_spec: how other words are spread.
        dtype: type of the words: string, or an integer type.
        name: name of the scope.

    Raises:
        ValueError: an argument is missing or out of range.
        TypeError: the type does not fit.
    """
    if vocabulary_list is None:
        raise ValueError("`vocabulary_list` must be specified: vocabulary_list must be specified.")
    if num_oov_buckets < 0:
        raise ValueError(f"`num_oov_buckets` must be greater or equal than 0, got {num_oov_buckets}.")
    key = dtypes.as_dtype(dtype)
    if not key.is_integer and key.base_dtype != dtypes.string:
        raise TypeError(f"`dtype` must either be integer or string, received: {key}.")
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(vocabulary_list)
        if keys.dtype.is_integer != key.is_integer:
            raise ValueError(
                f"Invalid `dtype`: Expected {'integer' if key.is_integer else 'non-integer'}, got {keys.dtype}."
            )
        if not keys.dtype.is_integer and keys.dtype.base_dtype != key.base_dtype:
            raise ValueError(f"Cannot cast {keys.dtype} to {key}.")
        numbers = _positions(keys)
        with name_scope(None, "hash_table"):
            if keys.dtype.is_integer and keys.dtype != dtypes.int64:
                keys = raw_ops.Cast(x=keys, DstT=dtypes.int64)
            initializer = KeyValueTensorInitializer(
                keys, numbers, keys.dtype.base_dtype, dtypes.int64, name="table_init"
            )
            table = StaticHashTable(initializer, default_value)
        return _with_buckets(table, num_oov_buckets, hasher_spec, name, key)


def _positions(keys: Tensor) -> Tensor:
    from tfcompat.ops.array import size
    from tfcompat.ops.sequences import range as make_range

    return raw_ops.Cast(x=make_range(size(keys)), DstT=dtypes.int64)  # type: ignore[no-any-return]


@tf_export("contrib.lookup.index_to_string_table_from_file")
def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: str = "UNK",
    name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> StaticHashTable:
    """A table from line numbers of a file to the words there, `default_value` for other numbers.

    The other arguments and errors are those of `index_table_from_file`.
    """
    _check_vocabulary_file(vocabulary_file, vocab_size)
    with name_scope(name, "index_to_string"):
        initializer = TextFileStringTableInitializer(
            vocabulary_file, key_column_index, value_column_index, vocab_size, delimiter, name="table_init"
        )
        return StaticHashTable(initializer, default_value)


def index_to_string_table_from_tensor(
    vocabulary_list: Any, default_value: str = "UNK", name: str | None = None
) -> StaticHashTable:
    """A table from positions in a vector to the words there, `default_value` for other numbers.

    Raises:
        ValueError: `vocabulary_list` is None.
    """
    if vocabulary_list is None:
        raise ValueError("`vocabulary_list` argument must be specified.")
    with name_scope(name, "index_to_string"):
        words = convert_to_tensor(vocabulary_list, dtype=dtypes.string)
        initializer = KeyValueTensorInitializer(
            _positions(words), words, dtypes.int64, dtypes.string, name="table_init"
        )
        return StaticHashTable(initializer, default_value)


for _value in (HasherSpec, StrongHashSpec, IdTableWithHashBuckets):
    export(f"contrib.lookup.{_value.__name__}", _value)
    export_internal(f"python.ops.lookup_ops.{_value.__name__}", _value)
export("contrib.lookup.FastHashSpec", FastHashSpec)
export_internal("python.ops.lookup_ops.FastHashSpec", FastHashSpec)
for _function in (
    index_table_from_file,
    index_table_from_tensor,
    index_to_string_table_from_file,
    index_to_string_table_from_tensor,
):
    export_internal(f"python.ops.lookup_ops.{_function.__name__}", _function)
