"""What static lookup tables get their keys and values from."""

from __future__ import annotations

import contextlib
import os
import uuid
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import add_to_collection, device, get_default_graph, name_scope
from tfcompat.graph.dtypes import DType
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.func_graph import FuncGraph, outermost
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops


def outside_functions() -> contextlib.AbstractContextManager[Any]:
    """Inside of functions and loops: makes the graph outside the default, since tables are made and filled there."""
    return outermost() if isinstance(get_default_graph(), FuncGraph) else contextlib.nullcontext()


class TableInitializerBase:
    """What initializers share.

    Args:
        key_dtype: type of the keys.
        value_dtype: type of the values.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any):
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self) -> DType:
        """Type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """Type of the values."""
        return self._value_dtype

    def initialize(self, table: Any) -> Operation:
        """Records what gives `table` its entries."""
        raise NotImplementedError

    @property
    def _shared_name(self) -> str:
        """The name under which tables with these contents are one."""
        return f"hash_table_{uuid.uuid4()}"


def check_types(table: Any, key_dtype: DType, value_dtype: DType) -> None:
    """Raises TypeError unless `table` has these types."""
    if table.key_dtype.base_dtype != key_dtype.base_dtype:
        raise TypeError(f"Invalid key dtype for table, expected {table.key_dtype} but got {key_dtype}.")
    if table.value_dtype.base_dtype != value_dtype.base_dtype:
        raise TypeError(f"Invalid value dtype for table, expected {table.value_dtype} but got {value_dtype}.")


@tf_export("lookup.KeyValueTensorInitializer", "contrib.lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer(TableInitializerBase):
    """Entries from two tensors.

    Args:
        keys: the keys, a vector.
        values: their values, a vector of the same size.
        key_dtype: type of `keys`, when they are no tensor.
        value_dtype: type of `values`, when they are no tensor.
        name: name scope of the initialization.
    """

    def __init__(self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None, name: str | None = None):
        with outside_functions():
            self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
            self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = name or "key_value_init"
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: Any) -> Operation:
        """Records the import of the entries into `table`; TypeError when its types are others."""
        check_types(table, self._keys.dtype, self._values.dtype)
        with name_scope(self._name, values=(table.resource_handle, self._keys, self._values)):
            op: Operation = raw_ops.LookupTableImportV2(
                table_handle=table.resource_handle, keys=self._keys, values=self._values
            )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
        return op


@tf_export("lookup.TextFileIndex", "contrib.lookup.TextFileIndex")
class TextFileIndex:
    """What else than a column of a line a key or value may be: the whole line, or its number."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


@tf_export("lookup.TextFileInitializer")
class TextFileInitializer(TableInitializerBase):
    """An entry per line of a text file.

    Args:
        filename: path, or a tensor with it; a constant becomes an asset of SavedModels.
        key_dtype: type of the keys.
        key_index: column of the keys from 0, or a `TextFileIndex`.
        value_dtype: type of the values.
        value_index: column of the values from 0, or a `TextFileIndex`.
        vocab_size: number of lines to read; all when None.
        delimiter: between columns.
        name: name scope of the initialization.
        value_index_offset: added to line numbers.

    Raises:
        ValueError: an argument is out of range, or a type does not go with its index.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ):
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError("`filename` argument required for tf.lookup.TextFileInitializer")
        super().__init__(key_dtype, value_dtype)
        _check_index("key", key_index, self._key_dtype)
        _check_index("value", value_index, self._value_dtype)
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}")
        self._key_index, self._value_index = key_index, value_index
        self._vocab_size = -1 if vocab_size is None else vocab_size
        self._delimiter = delimiter
        self._name = name or "text_file_init"
        self._offset = value_index_offset
        with outside_functions(), device("CPU"):
            self._filename = convert_to_tensor(filename, dtype=dtypes.string, name="asset_path")
        self._path = filename

    def initialize(self, table: Any) -> Operation:
        """Records the reading of the file into `table`; TypeError when its types are others."""
        check_types(table, self._key_dtype, self._value_dtype)
        with name_scope(self._name, values=(table.resource_handle,)):
            op: Operation = raw_ops.InitializeTableFromTextFileV2(
                table_handle=table.resource_handle,
                filename=self._filename,
                key_index=self._key_index,
                value_index=self._value_index,
                vocab_size=self._vocab_size,
                delimiter=self._delimiter,
                offset=self._offset,
            )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
        if self._filename.op.type == "Const":
            add_to_collection(GraphKeys.ASSET_FILEPATHS, self._filename)
        return op

    @property
    def _shared_name(self) -> str:
        """Tables of one file and one choice of columns are one."""
        path = self._path.name if isinstance(self._path, Tensor) else os.fsdecode(self._path)
        size = f"{self._vocab_size}_" if self._vocab_size != -1 else ""
        offset = f"_{self._offset}" if self._offset else ""
        return f"hash_table_{path}_{size}{self._key_index}_{self._value_index}{offset}"


def _check_index(what: str, index: int, dtype: DType) -> None:
    if index < TextFileIndex.WHOLE_LINE:
        raise ValueError(f"`{what}_index` should be >= {TextFileIndex.WHOLE_LINE}, received: {index}.")
    if index == TextFileIndex.LINE_NUMBER and dtype != dtypes.int64:
        raise ValueError(f"`{what}_dtype` must be int64 for `{what}_index` {index}, received: {dtype}")
    if index == TextFileIndex.WHOLE_LINE and not dtype.is_integer and dtype != dtypes.string:
        raise ValueError(
            f"`{what}_dtype` should be either integer or string for `{what}_index` {index}, received: {dtype}"
        )


class TextFileStringTableInitializer(TextFileInitializer):
    """Line numbers to lines, unless columns are given; arguments as for `TextFileInitializer`."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str = "text_file_string_table_init",
    ):
        super().__init__(
            filename, dtypes.int64, key_column_index, dtypes.string, value_column_index, vocab_size, delimiter, name
        )


class TextFileIdTableInitializer(TextFileInitializer):
    """Lines to line numbers, unless columns are given; arguments as for `TextFileInitializer`."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str = "text_file_id_table_init",
        key_dtype: Any = dtypes.string,
    ):
        super().__init__(
            filename, key_dtype, key_column_index, dtypes.int64, value_column_index, vocab_size, delimiter, name
        )


for _cls in (TableInitializerBase, TextFileStringTableInitializer, TextFileIdTableInitializer):
    tf_export(f"contrib.lookup.{_cls.__name__}")(_cls)
    export_internal(f"python.ops.lookup_ops.{_cls.__name__}", _cls)
tf_export("contrib.lookup.TextFileInitializer")(TextFileInitializer)
