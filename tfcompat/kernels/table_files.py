"""Tables from text files: a line is an entry, its columns or its number are key and value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.kernels.files import read_bytes

WHOLE_LINE, LINE_NUMBER = -2, -1


def read_table(
    path: bytes,
    key: tuple[int, DType],
    value: tuple[int, DType],
    vocab_size: int,
    delimiter: bytes,
    offset: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Keys and values of a file.

    Args:
        path: the file.
        key: which column (or WHOLE_LINE, LINE_NUMBER) the keys are, and their type.
        value: the same for the values.
        vocab_size: how many lines to read; -1 for all.
        delimiter: between columns.
        offset: added to line numbers.

    Raises:
        InvalidArgumentError: the file does not fit the arguments.
        NotFoundError: there is no such file.
    """
    for what, (index, dtype) in (("Key", key), ("Value", value)):
        _check_index(what, index, dtype)
    name = path.decode(errors="replace")
    lines = list(_lines(read_bytes(path), vocab_size))
    if not lines and vocab_size > 0 or 0 <= vocab_size != len(lines) and len(lines) < vocab_size:
        raise InvalidArgumentError(
            None, None, f"Invalid vocab_size in {name}: expected {vocab_size} but got {len(lines)}"
        )
    columns = max(key[0], value[0]) + 1
    rows = [_split(line, delimiter, columns, i, name) for i, line in enumerate(lines)]
    found = [_column(index, dtype, lines, rows, offset, name) for index, dtype in (key, value)]
    return found[0], found[1]


def _check_index(what: str, index: int, dtype: DType) -> None:
    if index == LINE_NUMBER and dtype != dtypes.int64:
        raise InvalidArgumentError(
            None, None, f"{what} index for line number requires table {what.lower()} dtype of int64, got {dtype.name}"
        )
    if index == WHOLE_LINE and not (dtype.is_integer or dtype == dtypes.string):
        raise InvalidArgumentError(
            None, None, f"{what} index for whole line requires string or integer table {what.lower()}, got {dtype.name}"
        )
    if index < WHOLE_LINE:
        raise InvalidArgumentError(None, None, f"Invalid {what.lower()} index: {index}")


def _lines(data: bytes, count: int) -> Iterator[bytes]:
    lines = data.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    for line in lines if count < 0 else lines[:count]:
        yield line.replace(b"\r", b"")


def _split(line: bytes, delimiter: bytes, columns: int, number: int, name: str) -> Sequence[bytes]:
    if columns <= 0:
        return ()
    parts = line.split(delimiter)
    if len(parts) < columns:
        raise InvalidArgumentError(
            None,
            None,
            f"Invalid number of columns in {name} line {number} ({line.decode(errors='replace')}) : expected at least "
            f"{columns} got {len(parts)}",
        )
    return parts


def _column(
    index: int, dtype: DType, lines: Sequence[bytes], rows: Sequence[Sequence[bytes]], offset: int, name: str
) -> np.ndarray:
    if index == LINE_NUMBER:
        return np.arange(offset, offset + len(lines), dtype=np.int64)
    fields = list(lines) if index == WHOLE_LINE else [row[index] for row in rows]
    out = np.empty(len(fields), dtype.as_numpy_dtype)
    if dtype == dtypes.string:
        out[:] = fields
        return out
    parse: Callable[[bytes], float | int] = int if dtype.is_integer else float
    for i, field in enumerate(fields):
        try:
            out[i] = parse(field)
        except (ValueError, OverflowError):
            raise InvalidArgumentError(
                None,
                None,
                f"Field {field.decode(errors='replace')} in line {i} of {name} is not a valid {dtype.name}.",
            ) from None
    return out
