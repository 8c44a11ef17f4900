"""Host kernel of datasets of records in CSV files, whose quoted fields may have line ends."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np

from tfcompat.data.dataset_kernel import dataset_kernel
from tfcompat.data.elements import Element, Elements, Run, Source
from tfcompat.data.file_kernels import compression_kind
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.kernels.csv import field_value
from tfcompat.kernels.files import read_bytes
from tfcompat.kernels.handles import boxed
from tfcompat.kernels.reader_data import decompressed

_LINE_END = re.compile(rb"\r\n?|\n")


class Records:
    """The records of a text.

    Args:
        text: the whole file.
        delimiter: the character between fields.
        quotes: whether fields may be quoted.
    """

    def __init__(self, text: bytes, delimiter: bytes, quotes: bool):
        self._text, self._delimiter, self._quotes = text, delimiter, quotes

    def read(self, at: int) -> tuple[list[bytes], str, int] | None:
        """(fields, what is wrong with them, where the next record begins) of the record at `at`; None at the end."""
        if at >= len(self._text):
            return None
        end = _LINE_END.search(self._text, at)
        stop, after = (len(self._text),) * 2 if end is None else end.span()
        if self._quotes and self._text.find(b'"', at, stop) >= 0:
            return self._with_quotes(at)
        return self._text[at:stop].split(self._delimiter), "", after

    def _with_quotes(self, at: int) -> tuple[list[bytes], str, int]:
        fields: list[bytes] = []
        wrong = ""
        while True:
            field, found, at = self._quoted(at + 1) if self._text[at : at + 1] == b'"' else self._bare(at)
            fields.append(field)
            wrong = wrong or found
            if self._text[at : at + 1] != self._delimiter:
                end = _LINE_END.match(self._text, at)
                return fields, wrong, at if end is None else end.end()
            at += 1

    def _bare(self, at: int) -> tuple[bytes, str, int]:
        """(field, what is wrong, where it ends) of a field without a quote at its begin."""
        ends = [i for i in (self._text.find(self._delimiter, at),) if i >= 0]
        line = _LINE_END.search(self._text, at)
        end = min([*ends, len(self._text) if line is None else line.start()])
        field = self._text[at:end]
        return field, "Unquoted fields cannot have quotes inside" if b'"' in field else "", end

    def _quoted(self, at: int) -> tuple[bytes, str, int]:
        """(field, what is wrong, where it ends) of a field whose opening quote ends at `at`."""
        parts: list[bytes] = []
        wrong = ""
        while True:
            end = self._text.find(b'"', at)
            if end < 0:
                unclosed = "Reached end of file without closing quoted field in record"
                return b"", wrong or unclosed, len(self._text)
            parts.append(self._text[at:end])
            following = self._text[end + 1 : end + 2]
            if following in (b"", b"\n", b"\r", self._delimiter):
                return b"".join(parts), wrong, end + 1
            if following == b'"':
                parts.append(b'"')
            else:
                wrong = wrong or "Quote inside a string has to be escaped by another quote"
            at = end + 2


@dataset_kernel("CSVDataset", "CSVDatasetV2")
def _csv(k: KernelContext, names: np.ndarray, compression: np.ndarray, *rest: Any) -> Source:
    size, header, delimiter, quotes, missing, selected, *defaults = rest
    excluded: list[int] = defaults.pop().tolist() if k.op.type == "CSVDatasetV2" else []
    columns: list[int] = selected.tolist()
    kind, types = compression_kind(k, compression), k.attr("output_types")
    _check(k, int(size), delimiter.item(), columns, excluded, len(types))
    files = names.reshape(-1).tolist()

    def opened(name: bytes) -> Records:
        return Records(decompressed(read_bytes(name), kind), delimiter.item(), bool(quotes))

    def element(fields: list[bytes]) -> Element:
        if columns or excluded:
            wanted = columns or [i for i in range(len(fields)) if i not in excluded]
            fields = [fields[i] for i in wanted if i < len(fields)]
        values = [
            _component(field_value(k, field, i, "record", default, missing.item(), dtype), dtype)
            for i, (field, default, dtype) in enumerate(zip(fields, defaults, types, strict=False))
        ]
        if len(fields) != len(types):
            count = str(len(fields)) if len(fields) < len(types) else "more"
            raise InvalidArgumentError(None, k.op, f"Expect {len(types)} fields but have {count} in record")
        return tuple(values)

    def start(run: Run) -> Elements:
        reading: list[Records] = []

        def step(state: Any) -> Element | None:
            while state.file < len(files):
                if not reading:
                    reading.append(opened(files[state.file]))
                    if bool(header) and state.at == 0:
                        first = reading[0].read(0)
                        if first is None:
                            raise InvalidArgumentError(None, k.op, "Can't read header of file")
                        state.at = first[2]
                found = reading[0].read(state.at)
                if found is not None:
                    fields, wrong, state.at = found
                    if wrong:
                        raise InvalidArgumentError(None, k.op, wrong)
                    return element(fields)
                state.file, state.at = state.file + 1, 0
                reading.clear()
            return None

        return Elements(step, restored=lambda state: reading.clear(), file=0, at=0)

    return Source(start)


def _check(
    k: KernelContext, size: int, delimiter: bytes, columns: list[int], excluded: list[int], outputs: int
) -> None:
    """InvalidArgumentError when something about the arguments is wrong."""
    wrong = ""
    if size <= 0:
        wrong = "buffer_size should be positive"
    elif len(delimiter) != 1:
        wrong = "field_delim should be only 1 char"
    elif columns and excluded:
        wrong = "Either select_cols or exclude_cols should be empty"
    elif columns and len(columns) != outputs:
        wrong = "select_cols should match output size"
    for what, numbers in (("select_cols", columns), ("exclude_cols", excluded)):
        if any(b <= a for a, b in itertools.pairwise(numbers)):
            wrong = wrong or f"{what} should be strictly increasing indices"
        if numbers and numbers[0] < 0:
            wrong = wrong or f"{what} should be non-negative indices"
    if wrong:
        raise InvalidArgumentError(None, k.op, wrong)


def _component(value: Any, dtype: Any) -> np.ndarray:
    return boxed(value) if dtype.name == "string" else np.array(value, dtype.as_numpy_dtype)
