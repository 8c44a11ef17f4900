"""tf.contrib.lookup: tables under their older names and arguments."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.lookup import InitializableLookupTableBase, LookupInterface
from tfcompat.ops.table_initializers import TableInitializerBase
from tfcompat.ops.vocabulary_tables import (
    FastHashSpec,
    HasherSpec,
    index_table_from_file,
    index_to_string_table_from_tensor,
)
from tfcompat.ops.vocabulary_tables import index_table_from_tensor as _index_table_from_tensor

for _cls in (LookupInterface, InitializableLookupTableBase):
    tf_export(f"contrib.lookup.{_cls.__name__}")(_cls)
    export_internal(f"python.ops.lookup_ops.{_cls.__name__}", _cls)


@tf_export("contrib.lookup.HashTable")
class HashTable(InitializableLookupTableBase):
    """A table whose entries are set once, by its `initializer` (or `tf.tables_initializer`).

    Args:
        initializer: where the entries come from.
        default_value: what absent keys have, a scalar.
        shared_name: tables of one such name share their entries.
        name: name of the table.
    """

    def __init__(
        self,
        initializer: TableInitializerBase,
        default_value: Any,
        shared_name: str | None = None,
        name: str | None = None,
    ):
        self._name = name or "hash_table"
        self._shared_name = shared_name or ""
        super().__init__(default_value, initializer)

    def _create_resource(self) -> Tensor:
        return raw_ops.HashTableV2(  # type: ignore[no-any-return]
            shared_name=self._shared_name, key_dtype=self._key_dtype, value_dtype=self._value_dtype, name=self._name
        )


@tf_export("contrib.lookup.index_table_from_tensor")
def index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """A table from the words `mapping`, a vector, to their positions.

    Args:
        mapping: the words.
        num_oov_buckets: how many further numbers other words are spread over.
        default_value: number of other words, when there are no buckets.
        hasher_spec: how other words are spread.
        dtype: type of the words.
        name: name of the scope.

    Raises:
        ValueError: `mapping` is None.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    return _index_table_from_tensor(mapping, num_oov_buckets, default_value, hasher_spec, dtype, name)


@tf_export("contrib.lookup.string_to_index_table_from_tensor")
def string_to_index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    name: str | None = None,
) -> Any:
    """`index_table_from_tensor` for strings."""
    return index_table_from_tensor(mapping, num_oov_buckets, default_value, hasher_spec, dtypes.string, name)


@tf_export("contrib.lookup.string_to_index_table_from_file")
def string_to_index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    name: str | None = None,
) -> Any:
    """`index_table_from_file` for strings."""
    return index_table_from_file(
        vocabulary_file, num_oov_buckets, vocab_size, default_value, hasher_spec, dtypes.string, name
    )


@tf_export("contrib.lookup.index_to_string_table_from_tensor")
def contrib_index_to_string_table_from_tensor(mapping: Any, default_value: str = "UNK", name: str | None = None) -> Any:
    """A table from positions in `mapping`, a vector of words, to these words.

    Raises:
        ValueError: `mapping` is None.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    return index_to_string_table_from_tensor(mapping, default_value, name)


@tf_export("contrib.lookup.string_to_index")
def string_to_index(tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None) -> Tensor:
    """The positions of the strings `tensor` in the vector `mapping`; `default_value` for others."""
    table = index_table_from_tensor(mapping, default_value=default_value, name=name)
    return table.lookup(tensor)  # type: ignore[no-any-return]


@tf_export("contrib.lookup.index_to_string")
def index_to_string(tensor: Any, mapping: Any, default_value: str = "UNK", name: str | None = None) -> Tensor:
    """The strings at the int64 positions `tensor` of the vector `mapping`; `default_value` for others."""
    return contrib_index_to_string_table_from_tensor(mapping, default_value, name).lookup(tensor)  # type: ignore[no-any-return]
