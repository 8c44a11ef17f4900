"""Host kernel of datasets of the rows of a query's result."""

from __future__ import annotations

import os
import pathlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.data.dataset_kernel import dataset_kernel
from tfcompat.data.elements import Element, Source, replayed
from tfcompat.graph.confinement import check_path
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError, OpError, UnknownError
from tfcompat.graph.inference import KernelContext
from tfcompat.kernels.handles import boxed

_TYPES = ("string", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool", "float64")
_READ_ONLY, _NO_DATABASE = 8, 26


@dataset_kernel("SqlDataset")
def _sql(k: KernelContext, driver: np.ndarray, database: np.ndarray, query: np.ndarray) -> Source:
    types: list[DType] = k.attr("output_types")
    if driver.item() != b"sqlite":
        raise InvalidArgumentError(
            None, k.op, f"tensorflow::Sqlite only supports the driver 'sqlite', got {driver.item().decode()}"
        )
    for dtype in types:
        if dtype.name not in _TYPES:
            raise InvalidArgumentError(
                None, k.op, f"Each element of `output_types_` must be one of: {', '.join(_TYPES)}; got {dtype.name}"
            )
    path, text = os.fsdecode(database.item()), query.item().decode()
    check_path(path)

    def rows() -> Iterator[Element]:
        connection = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
        connection.text_factory = bytes
        try:
            cursor = connection.execute(text)
            columns = len(cursor.description or ())
            if columns != len(types):
                raise _other_columns(k, columns)
            for row in cursor:
                yield tuple(_component(connection, v, t) for v, t in zip(row, types, strict=True))
        except sqlite3.Error as error:
            raise _refused(k, error, text) from error
        finally:
            connection.close()

    return Source(lambda run: replayed(rows))


def _other_columns(k: KernelContext, count: int) -> InvalidArgumentError:
    return InvalidArgumentError(
        None,
        k.op,
        f"The number of columns in query ({count}) must match the number of elements in output_types "
        f"({len(k.attr('output_types'))}).",
    )


def _refused(k: KernelContext, error: sqlite3.Error, query: str) -> OpError:
    code = getattr(error, "sqlite_errorcode", 1)
    if code == _READ_ONLY:
        return _other_columns(k, 0)
    kind = InvalidArgumentError if code == _NO_DATABASE else UnknownError
    return kind(None, k.op, f"Prepare() failed: [{code}] {error}: {query}")


def _component(connection: sqlite3.Connection, value: Any, dtype: DType) -> np.ndarray:
    """A value as `dtype`; SQLite itself converts what is of another kind, larger integers lose their upper bits."""
    kind: str
    wanted: Any
    kind, wanted = ("TEXT", bytes) if dtype.name == "string" else ("REAL", float)
    if dtype.is_integer or dtype.is_bool:
        kind, wanted = "INTEGER", int
    if value is None:
        value = wanted()
    elif not isinstance(value, wanted):
        (value,) = connection.execute(f"SELECT CAST(? AS {kind})", [value]).fetchone()
    if wanted is bytes:
        return boxed(value)
    return np.asarray(np.int64(value) if wanted is int and not dtype.is_bool else value).astype(dtype.as_numpy_dtype)
