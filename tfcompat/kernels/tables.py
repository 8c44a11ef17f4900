"""Host kernels of lookup tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed, byte_array, shared_resource
from tfcompat.kernels.table_data import DenseTable, StaticTable, Table
from tfcompat.kernels.table_files import read_table

TABLE_MAKERS = frozenset({
    "HashTableV2", "AnonymousHashTable", "MutableHashTableV2", "AnonymousMutableHashTable",
    "MutableHashTableOfTensorsV2", "AnonymousMutableHashTableOfTensors", "MutableDenseHashTableV2",
    "AnonymousMutableDenseHashTable",
})  # fmt: skip
"""Op types that stand for a table of the session."""

_NUMBERS = frozenset({"float32", "float64", "int32"})
_STATIC_VALUES = {
    "int32": _NUMBERS | {"string"},
    "int64": _NUMBERS | {"string", "int64"},
    "string": _NUMBERS | {"string", "int64", "bool"},
}
_MUTABLE_VALUES = {"int32": _NUMBERS, "int64": _NUMBERS | {"string", "int64"}, "string": _NUMBERS | {"int64", "bool"}}
_DENSE_VALUES = {**_MUTABLE_VALUES, "int64": _NUMBERS | {"string", "int64", "bool"}}


def _made(k: KernelContext, make: Any, values: Mapping[str, frozenset[str]] = _MUTABLE_VALUES) -> np.ndarray:
    """The handle of the table that the operation stands for; `values` are the types of values by type of key."""
    key, value = k.attr("key_dtype").name, k.attr("value_dtype").name
    if value not in values.get(key, ()):
        raise InvalidArgumentError(
            None,
            k.op,
            f"No OpKernel was registered to support Op '{k.op.type}' used by {{{{node {k.op.name}}}}} with these "
            f"attrs: [key_dtype={key}, value_dtype={value}]",
        )
    if "shared_name" not in k.op.definition.attrs:
        return boxed(make(k.op.name))
    handle = shared_resource(k, "table", make)
    found: Table = handle.item()
    types = k.attr("key_dtype"), k.attr("value_dtype")
    if (found.key_dtype, found.value_dtype) != types:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Conflicting key/value dtypes {types[0].name}->{types[1].name} with {found.key_dtype.name}->"
            f"{found.value_dtype.name} for table {found.name}",
        )
    return handle


@kernel("HashTableV2", "HashTable", "AnonymousHashTable")
def _static(k: KernelContext) -> np.ndarray:
    return _handle(k, _made(k, lambda n: StaticTable(n, k.attr("key_dtype"), k.attr("value_dtype")), _STATIC_VALUES))


@kernel("MutableHashTableV2", "MutableHashTable", "AnonymousMutableHashTable")
def _mutable(k: KernelContext) -> np.ndarray:
    return _handle(k, _made(k, lambda n: Table(n, k.attr("key_dtype"), k.attr("value_dtype"))))


@kernel("MutableHashTableOfTensorsV2", "MutableHashTableOfTensors", "AnonymousMutableHashTableOfTensors")
def _mutable_of_tensors(k: KernelContext) -> np.ndarray:
    shape = _value_shape(k)
    return _handle(k, _made(k, lambda n: Table(n, k.attr("key_dtype"), k.attr("value_dtype"), shape)))


@kernel("MutableDenseHashTableV2", "MutableDenseHashTable", "AnonymousMutableDenseHashTable")
def _dense(k: KernelContext, empty: np.ndarray, deleted: np.ndarray) -> np.ndarray:
    shape = _value_shape(k)

    def make(name: str) -> DenseTable:
        types = k.attr("key_dtype"), k.attr("value_dtype")
        return DenseTable(name, *types, shape, empty, deleted, k.attr("initial_num_buckets"), k.attr("max_load_factor"))

    return _handle(k, _made(k, make, _DENSE_VALUES))


def _value_shape(k: KernelContext) -> tuple[int, ...]:
    shape = k.attr("value_shape")
    if not shape.is_fully_defined() or shape.rank > 1:
        raise InvalidArgumentError(None, k.op, f"Default value must be a vector or a scalar, got shape {shape}")
    return tuple(shape.as_list())


def _handle(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    """The handle, as the reference to a table of older operations where the output is one: container and name."""
    if k.op.outputs[0].dtype.base_dtype.name == "resource":
        return handle
    _, container, name = k.memory()["handle"]
    return byte_array([container.encode(), name.encode()])


def table_of(k: KernelContext, handle: Any) -> Table:
    """The table that a handle stands for.

    Raises:
        InvalidArgumentError: it is the handle of something else.
    """
    if isinstance(handle, Table):
        return handle
    if not isinstance(handle, np.ndarray):
        raise InvalidArgumentError(None, k.op, "The handle is of a variable that holds no value, not of a table.")
    table = handle.item() if handle.ndim == 0 else k.resources().get("table", *(p.decode() for p in handle.tolist()))
    if not isinstance(table, Table):
        raise InvalidArgumentError(None, k.op, f"The handle is of a {type(table).__name__}, not of a table.")
    return table


@kernel("LookupTableFindV2", "LookupTableFind")
def _find(k: KernelContext, handle: Any, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
    table = table_of(k, handle)
    table.check_types(k.attr("Tin"), k.attr("Tout"))
    return table.find(keys, default)


@kernel("LookupTableInsertV2", "LookupTableInsert")
def _insert(k: KernelContext, handle: Any, keys: np.ndarray, values: np.ndarray) -> None:
    table = table_of(k, handle)
    table.check_types(k.attr("Tin"), k.attr("Tout"))
    table.insert(keys, values)


@kernel("LookupTableImportV2", "LookupTableImport")
def _import(k: KernelContext, handle: Any, keys: np.ndarray, values: np.ndarray) -> None:
    table = table_of(k, handle)
    table.check_types(k.attr("Tin"), k.attr("Tout"))
    table.replace(keys, values)


@kernel("InitializeTableV2", "InitializeTable")
def _initialize(k: KernelContext, handle: Any, keys: np.ndarray, values: np.ndarray) -> None:
    table = table_of(k, handle)
    table.check_types(k.attr("Tkey"), k.attr("Tval"))
    if keys.ndim != 1 or keys.shape != values.shape:
        raise InvalidArgumentError(
            None, k.op, f"Keys and values must be vectors of one size, got {list(keys.shape)} and {list(values.shape)}"
        )
    table.replace(keys, values)


@kernel("LookupTableRemoveV2")
def _remove(k: KernelContext, handle: Any, keys: np.ndarray) -> None:
    table = table_of(k, handle)
    table.check_types(k.attr("Tin"), None)
    table.remove(keys)


@kernel("LookupTableSizeV2", "LookupTableSize")
def _size(k: KernelContext, handle: Any) -> np.ndarray:
    return np.array(table_of(k, handle).size, np.int64)


@kernel("LookupTableExportV2", "LookupTableExport")
def _export(k: KernelContext, handle: Any) -> tuple[np.ndarray, np.ndarray]:
    table = table_of(k, handle)
    table.check_types(k.attr("Tkeys"), k.attr("Tvalues"))
    return table.export()


@kernel("InitializeTableFromTextFileV2", "InitializeTableFromTextFile")
def _initialize_from_file(k: KernelContext, handle: Any, filename: np.ndarray) -> None:
    table = table_of(k, handle)
    if filename.ndim:
        raise InvalidArgumentError(None, k.op, f"filename should be a single string, but got {list(filename.shape)}")
    path: bytes = filename.item()
    if not path:
        raise InvalidArgumentError(None, k.op, "filename cannot be empty.")
    if isinstance(table, StaticTable) and table.initialized:
        return
    keys, values = read_table(
        path,
        (k.attr("key_index"), table.key_dtype),
        (k.attr("value_index"), table.value_dtype),
        k.attr("vocab_size"),
        k.attr("delimiter"),
        k.op.attrs.get("offset", 0),
    )
    table.replace(keys, values)
