"""Lookup tables: `tf.lookup.StaticHashTable` and the tables that change, `tf.tables_initializer`."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import add_to_collection, get_collection, get_default_graph, name_scope
from tfcompat.graph.dtypes import DType
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.grouping import group, no_op
from tfcompat.ops.table_initializers import TableInitializerBase, outside_functions

_KINDS = ("HashTable", "MutableHashTable", "MutableHashTableOfTensors", "MutableDenseHashTable")
_MAKERS = (*(f"{k}V2" for k in _KINDS), *(f"Anonymous{k}" for k in _KINDS))
_OLD_MAKERS = _KINDS
_FILLERS = ("LookupTableImportV2", "InitializeTableV2", "LookupTableImport", "InitializeTable")
_CHANGERS = ("LookupTableInsertV2", "LookupTableInsert", "LookupTableRemoveV2")
_FILE_FILLERS = ("InitializeTableFromTextFileV2", "InitializeTableFromTextFile")
_READERS = ("LookupTableFindV2", "LookupTableSizeV2", "LookupTableExportV2", "LookupTableFind", "LookupTableSize",
            "LookupTableExport")  # fmt: skip
shape_of(*_MAKERS, "LookupTableSizeV2", "LookupTableSize")(scalar)
shape_of(*_CHANGERS)(no_outputs)
not_differentiable(*_MAKERS, *_OLD_MAKERS, *_FILLERS, *_FILE_FILLERS, *_CHANGERS, *_READERS)


@shape_of(*_FILLERS)
def _fill_shapes(c: InferenceContext, handle: TensorShape, keys: TensorShape, values: TensorShape) -> list[TensorShape]:
    maker = c.op.inputs[0].op
    if maker.type in ("HashTableV2", "MutableHashTableV2", "MutableHashTableOfTensorsV2"):
        keys.concatenate(maker.attrs.get("value_shape", SCALAR)).merge_with(values)
    return []


@shape_of(*_FILE_FILLERS)
def _file_shapes(c: InferenceContext, handle: TensorShape, filename: TensorShape) -> list[TensorShape]:
    filename.merge_with(SCALAR)
    return []


@shape_of(*_OLD_MAKERS)
def _old_handle_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([2])]


@shape_of("LookupTableExportV2", "LookupTableExport")
def _export_shapes(c: InferenceContext, handle: TensorShape) -> list[TensorShape]:
    return [UNKNOWN, UNKNOWN]


@shape_of("LookupTableFindV2", "LookupTableFind")
def _find_shape(c: InferenceContext, handle: TensorShape, keys: TensorShape, default: TensorShape) -> list[TensorShape]:
    maker = c.op.inputs[0].op
    key_rank: int | None = None
    if maker.type.startswith(("HashTable", "MutableHashTable", "AnonymousHashTable", "AnonymousMutableHashTable")):
        key_rank = 0
    elif maker.type.startswith("MutableDenseHashTable"):
        key_rank = maker.inputs[0].shape.rank
    if key_rank is None or keys.rank is None or default.rank is None:
        return [UNKNOWN]
    outer = TensorShape(keys.as_list()[: keys.rank - key_rank])
    is_whole = default.rank == keys.rank and default.rank > 0 and key_rank == 0 and "value_shape" not in maker.attrs
    return [outer if is_whole else outer.concatenate(maker.attrs.get("value_shape", SCALAR))]


class LookupInterface:
    """What all tables share.

    Args:
        key_dtype: type of the keys.
        value_dtype: type of the values.
    """

    resource_handle: Any
    _table_name: str

    def __init__(self, key_dtype: Any, value_dtype: Any):
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    def _set_handle(self, handle: Tensor) -> None:
        self.resource_handle = handle
        self._table_name = handle.op.name.split("/")[-1]

    @property
    def key_dtype(self) -> DType:
        """Type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """Type of the values."""
        return self._value_dtype

    @property
    def name(self) -> str:
        """Name of the table, without its scope."""
        return self._table_name

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`."""
        raise NotImplementedError

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries, an int64 scalar."""
        with name_scope(name, f"{self.name}_Size", [self.resource_handle]):
            return raw_ops.LookupTableSizeV2(table_handle=self.resource_handle)  # type: ignore[no-any-return]

    def _check_key_type(self, keys: Any) -> None:
        if keys.dtype.base_dtype != self._key_dtype:
            raise TypeError(f"Dtype of argument `keys` must be {self._key_dtype}, received: {keys.dtype}")

    def _export(self) -> tuple[Tensor, Tensor]:
        return raw_ops.LookupTableExportV2(  # type: ignore[no-any-return]
            table_handle=self.resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
        )


def values_of(keys: Any) -> Any:
    """The dense keys inside `keys`, which may be sparse or ragged."""
    return keys.flat_values if hasattr(keys, "flat_values") else keys.values if isinstance(keys, SparseTensor) else keys


def like_keys(keys: Any, values: Tensor) -> Any:
    """`values`, found for the dense keys inside `keys`, in the form that `keys` have."""
    if hasattr(keys, "with_flat_values"):
        return keys.with_flat_values(values)
    return SparseTensor(keys.indices, values, keys.dense_shape) if isinstance(keys, SparseTensor) else values


class InitializableLookupTableBase(LookupInterface):
    """A table that an initialization fills once.

    Args:
        default_value: what absent keys have.
        initializer: where the entries come from.

    Raises:
        TypeError: the types of the table and the initializer differ.
        ValueError: `default_value` is no scalar.
    """

    def __init__(self, default_value: Any, initializer: TableInitializerBase):
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._initializer = initializer
        with outside_functions():
            self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
            self._default_value.shape.merge_with(SCALAR)
            self._set_handle(self._create_resource())
            self._init_op = initializer.initialize(self)

    def _create_resource(self) -> Tensor:
        raise NotImplementedError

    @property
    def default_value(self) -> Tensor:
        """What absent keys have."""
        return self._default_value

    @property
    def initializer(self) -> Operation:
        """The operation that fills the table."""
        return self._init_op

    init = initializer

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`, `default_value` for absent ones.

        Args:
            keys: a tensor, or a sparse or ragged one, of `key_dtype`.
            name: name of the scope.

        Raises:
            TypeError: `keys` have another type.
        """
        if not hasattr(keys, "dtype") or isinstance(keys, (str, bytes)):
            keys = convert_to_tensor(keys, dtype=self._key_dtype)
        self._check_key_type(keys)
        dense = convert_to_tensor(values_of(keys))
        with name_scope(name, f"{self.name}_Lookup", (self.resource_handle, dense, self._default_value)):
            values = raw_ops.LookupTableFindV2(
                table_handle=self.resource_handle, keys=dense, default_value=self._default_value
            )
        values.set_shape(dense.shape)
        return like_keys(keys, values)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and their values, in no particular order."""
        with name_scope(name, f"{self.name}_Export", [self.resource_handle]):
            keys, values = self._export()
        keys.set_shape([None])
        values.set_shape([None])
        return keys, values


@tf_export("lookup.StaticHashTable")
class StaticHashTable(InitializableLookupTableBase):
    """A table whose entries are set once, by its `initializer` (or `tf.tables_initializer`).

    Args:
        initializer: where the entries come from.
        default_value: what absent keys have, a scalar.
        name: name of the table.
        experimental_is_anonymous: whether nobody else can find the table by a name.

    Raises:
        TypeError: types do not fit.
        ValueError: `default_value` is no scalar.
    """

    def __init__(
        self,
        initializer: TableInitializerBase,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ):
        self._name = name or "hash_table"
        self._is_anonymous = experimental_is_anonymous
        self._shared_name = "" if experimental_is_anonymous else initializer._shared_name
        super().__init__(default_value, initializer)

    def _create_resource(self) -> Tensor:
        if self._is_anonymous:
            return raw_ops.AnonymousHashTable(  # type: ignore[no-any-return]
                key_dtype=self._key_dtype, value_dtype=self._value_dtype, name=self._name
            )
        return raw_ops.HashTableV2(  # type: ignore[no-any-return]
            shared_name=self._shared_name, key_dtype=self._key_dtype, value_dtype=self._value_dtype, name=self._name
        )


@tf_export("tables_initializer", "initializers.tables_initializer", "initialize_all_tables")
def tables_initializer(name: str = "init_all_tables") -> Operation:
    """An operation that fills all static tables of the graph."""
    initializers = get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*initializers, name=name) if initializers else no_op(name=name)


# ---------------------------------------------------------------- tables that change


class ChangingTable(LookupInterface):
    """What tables share whose entries change: insertion, removal, checkpoints."""

    _name: str

    def _join_checkpoints(self) -> None:
        """Lets savers write the entries as `<name>-keys` and `<name>-values`."""
        self._saved = self.export()
        add_to_collection(GraphKeys.SAVEABLE_OBJECTS, self._saveable(self._name))

    def _saveable(self, name: str | None = None) -> TableSaveable:
        """What savers take for this table; tensors in checkpoints begin with `name`."""
        return TableSaveable(self, name or self._name)

    def _find(self, keys: Any, default: Tensor, name: str | None) -> Tensor:
        keys = convert_to_tensor(keys, dtype=self._key_dtype, name="keys")
        with (
            name_scope(name, f"{self.name}_lookup_table_find", (self.resource_handle, keys, default)),
            get_default_graph().colocate_with(self.resource_handle.op),
        ):
            return raw_ops.LookupTableFindV2(  # type: ignore[no-any-return]
                table_handle=self.resource_handle, keys=keys, default_value=default
            )

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """An operation that adds entries or replaces their values.

        Args:
            keys: of `key_dtype`.
            values: of `value_dtype`, a value for each key.
            name: name of the scope.
        """
        keys = convert_to_tensor(keys, dtype=self._key_dtype, name="keys")
        values = convert_to_tensor(values, dtype=self._value_dtype, name="values")
        with (
            name_scope(name, f"{self.name}_lookup_table_insert", [self.resource_handle, keys, values]),
            get_default_graph().colocate_with(self.resource_handle.op),
        ):
            return raw_ops.LookupTableInsertV2(  # type: ignore[no-any-return]
                table_handle=self.resource_handle, keys=keys, values=values
            )

    def remove(self, keys: Any, name: str | None = None) -> Operation:
        """An operation that removes entries; absent keys are left alone.

        Raises:
            TypeError: `keys` have another type than the table's.
        """
        if not isinstance(keys, Tensor):
            keys = convert_to_tensor(keys, dtype=self._key_dtype)
        self._check_key_type(keys)
        with name_scope(name, f"{self.name}_lookup_table_remove", (self.resource_handle, keys)):
            return raw_ops.LookupTableRemoveV2(table_handle=self.resource_handle, keys=keys)  # type: ignore[no-any-return]

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries, an int64 scalar."""
        with (
            name_scope(name, f"{self.name}_Size", [self.resource_handle]),
            get_default_graph().colocate_with(self.resource_handle.op),
        ):
            return raw_ops.LookupTableSizeV2(table_handle=self.resource_handle)  # type: ignore[no-any-return]

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and their values, in no particular order."""
        with (
            name_scope(name, f"{self.name}_lookup_table_export_values", [self.resource_handle]),
            get_default_graph().colocate_with(self.resource_handle.op),
        ):
            return self._export()


@tf_export("lookup.experimental.MutableHashTable", "contrib.lookup.MutableHashTable")
class MutableHashTable(ChangingTable):
    """A table whose entries change.

    Args:
        key_dtype: type of the keys.
        value_dtype: type of the values.
        default_value: what absent keys have; its shape is that of every value.
        name: name of the table.
        checkpoint: whether savers write the entries.
        experimental_is_anonymous: whether nobody else can find the table by a name.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ):
        super().__init__(key_dtype, value_dtype)
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._name = name
        shape = self._default_value.shape
        types = {"key_dtype": self._key_dtype, "value_dtype": self._value_dtype}
        of_tensors = "" if shape.rank == 0 else "OfTensors"
        if of_tensors:
            types["value_shape"] = shape  # type: ignore[assignment]
        if experimental_is_anonymous:
            record = getattr(raw_ops, f"AnonymousMutableHashTable{of_tensors}")
        else:
            record = getattr(raw_ops, f"MutableHashTable{of_tensors}V2")
            types["use_node_name_sharing"] = checkpoint  # type: ignore[assignment]
        self._set_handle(record(**types, name=name))
        if checkpoint:
            self._join_checkpoints()

    def lookup(  # type: ignore[override]
        self, keys: Any, dynamic_default_values: Any = None, name: str | None = None
    ) -> Tensor:
        """The values of `keys`.

        Args:
            keys: of `key_dtype`.
            dynamic_default_values: what absent keys have, one value or one for each key; the table's when None.
            name: name of the scope.
        """
        default = self._default_value if dynamic_default_values is None else dynamic_default_values
        return self._find(keys, convert_to_tensor(default, dtype=self._value_dtype), name)


@tf_export("lookup.experimental.DenseHashTable", "contrib.lookup.MutableDenseHashTable")
class DenseHashTable(ChangingTable):
    """A table whose entries change, and whose keys may be vectors.

    Args:
        key_dtype: type of the keys.
        value_dtype: type of the values.
        default_value: what absent keys have; its shape is that of every value.
        empty_key: a key that is never used; its shape is that of every key.
        deleted_key: another one.
        initial_num_buckets: a power of two; 131072 when None.
        name: name of the table.
        checkpoint: whether savers write the entries.
        experimental_is_anonymous: whether nobody else can find the table by a name.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ):
        super().__init__(key_dtype, value_dtype)
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype, name="default_value")
        self._name = name
        empty = convert_to_tensor(empty_key, dtype=self._key_dtype, name="empty_key")
        deleted = convert_to_tensor(deleted_key, dtype=self._key_dtype, name="deleted_key")
        attrs: dict[str, Any] = {"value_dtype": self._value_dtype, "value_shape": self._default_value.shape}
        if initial_num_buckets is not None:
            attrs["initial_num_buckets"] = initial_num_buckets
        record = raw_ops.AnonymousMutableDenseHashTable
        if not experimental_is_anonymous:
            record = raw_ops.MutableDenseHashTableV2
            attrs["use_node_name_sharing"] = checkpoint
        self._set_handle(record(empty_key=empty, deleted_key=deleted, **attrs, name=name))
        if checkpoint:
            self._join_checkpoints()

    def lookup(self, keys: Any, name: str | None = None) -> Tensor:
        """The values of `keys`, the default value for absent ones."""
        return self._find(keys, self._default_value, name)

    insert_or_assign = ChangingTable.insert
    erase = ChangingTable.remove


class TableSaveable:
    """The entries of a table as two tensors of a checkpoint.

    Args:
        table: the table.
        name: how the tensors' names begin.
    """

    def __init__(self, table: ChangingTable, name: str):
        self.table = table
        self.op = table.resource_handle
        self.name = name
        self.device = table.resource_handle.device
        keys, values = table._saved
        self.parts = [(f"{name}-keys", keys), (f"{name}-values", values)]

    @property
    def graph(self) -> Any:
        """The graph of the table."""
        return self.op.graph

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any = None) -> Operation:
        """Records what gives the table the entries of a checkpoint."""
        table = self.table
        with (
            name_scope(f"{table.name}_table_restore"),
            get_default_graph().colocate_with(table.resource_handle.op),
        ):
            return raw_ops.LookupTableImportV2(  # type: ignore[no-any-return]
                table_handle=table.resource_handle, keys=restored_tensors[0], values=restored_tensors[1]
            )
