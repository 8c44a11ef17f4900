"""Host kernel of DecodeCSV: records of comma-separated fields, as RFC 4180 describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_SIZE_NAMES = {"float32": "float", "float64": "double"}


@kernel("DecodeCSV")
def _decode_csv(k: KernelContext, records: np.ndarray, *defaults: np.ndarray) -> tuple[np.ndarray, ...]:
    for index, default in enumerate(defaults):
        if default.size > 1:
            raise InvalidArgumentError(
                None, k.op, f"There should only be 1 default per field but field {index} has {default.size}"
            )
    selected = list(k.attr("select_cols"))
    columns: list[list[Any]] = [[] for _ in defaults]
    for row, record in enumerate(records.reshape(-1)):
        fields = split_record(k, record, k.attr("field_delim"), k.attr("use_quote_delim"))
        if selected:
            if selected[-1] >= len(fields):
                raise InvalidArgumentError(
                    None,
                    k.op,
                    f"Expect {len(defaults)} fields but have {sum(s < len(fields) for s in selected)} in record {row}",
                )
            fields = [fields[s] for s in selected]
        if len(fields) != len(defaults):
            raise InvalidArgumentError(
                None, k.op, f"Expect {len(defaults)} fields but have {len(fields)} in record {row}"
            )
        for index, field in enumerate(fields):
            value = field_value(
                k, field, index, f"record {row}", defaults[index], k.attr("na_value"), k.output_dtype(index)
            )
            columns[index].append(value)
    out = []
    for index, column in enumerate(columns):
        dtype = k.output_dtype(index).as_numpy_dtype
        array = np.empty(len(column), dtype)
        array[:] = column
        out.append(array.reshape(records.shape))
    return tuple(out)


def field_value(
    k: KernelContext, field: bytes, index: int, where: str, default: np.ndarray, missing: bytes, dtype: DType
) -> Any:
    """The value of a field.

    Args:
        k: the operation.
        field: the text.
        index: number of the field.
        where: names the record in errors.
        default: what stands for empty fields and `missing`; without an element, these are errors.
        missing: another text of empty fields.
        dtype: of the value.

    Raises:
        InvalidArgumentError: it is required or no value of `dtype`.
    """
    if not field or field == missing:
        if not default.size:
            raise InvalidArgumentError(None, k.op, f"Field {index} is required but missing in {where}!")
        return default.reshape(-1)[0]
    if dtype.name == "string":
        return field
    try:
        text = field.decode().strip()
        if "_" in text:
            raise ValueError
        if dtype.is_integer:
            number = int(text)
            if not dtype.min <= number <= dtype.max:
                raise ValueError
            return number
        with np.errstate(over="ignore"):
            return dtype.as_numpy_dtype(text)
    except (ValueError, UnicodeDecodeError):
        raise InvalidArgumentError(
            None,
            k.op,
            f"Field {index} in {where} is not a valid "
            f"{_SIZE_NAMES.get(dtype.name, dtype.name)}: {field.decode(errors='replace')}",
        ) from None


def split_record(k: KernelContext, record: bytes, delimiter: bytes, quotes: bool) -> Sequence[bytes]:
    """The fields of one record.

    Raises:
        InvalidArgumentError: quotes are not where they may be.
    """
    if not quotes or b'"' not in record:
        if quotes and (b"\n" in record or b"\r" in record):
            raise InvalidArgumentError(None, k.op, "Unquoted fields cannot have quotes/CRLFs inside")
        return record.split(delimiter) if record else []
    fields: list[bytes] = []
    at = 0
    while at <= len(record):
        if record[at : at + 1] == b'"':
            field, at = _quoted(k, record, at + 1, delimiter)
        else:
            end = record.find(delimiter, at)
            end = len(record) if end < 0 else end
            field = record[at:end]
            if any(c in field for c in (b'"', b"\n", b"\r")):
                raise InvalidArgumentError(None, k.op, "Unquoted fields cannot have quotes/CRLFs inside")
            at = end
        fields.append(field)
        if at >= len(record):
            break
        at += 1
    return fields


def _quoted(k: KernelContext, record: bytes, at: int, delimiter: bytes) -> tuple[bytes, int]:
    """(field, where it ends) for a field whose opening quote ends at `at`."""
    parts = []
    while True:
        end = record.find(b'"', at)
        if end < 0:
            raise InvalidArgumentError(None, k.op, "Quoted field has to end with quote followed by delim or end")
        parts.append(record[at:end])
        following = record[end + 1 : end + 2]
        if following == b'"':
            parts.append(b'"')
            at = end + 2
        elif following in (b"", delimiter):
            return b"".join(parts), end + 1
        else:
            raise InvalidArgumentError(None, k.op, "Quote inside a string has to be escaped by another quote")
