"""`tf.data.experimental`: datasets of CSV files."""

from __future__ import annotations

import csv
import gzip
import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.data.dataset import Dataset, int64
from tfcompat.data.file_lists import existing_files, shuffled_and_repeated
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.data.transformations import parallel_interleave
from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.op_def import arg_types
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.io.gfile import GFile
from tfcompat.ops import raw_ops

not_differentiable("CSVDataset", "CSVDatasetV2")
_TYPES = (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.string)
_BUFFER = 4 * 1024 * 1024


@shape_of("CSVDataset", "CSVDatasetV2")
def _csv_shape(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    left = iter(shapes)
    for arg in c.op.definition.inputs:
        for shape in [next(left) for _ in arg_types(arg, c.op.attrs)]:
            if arg.name == "record_defaults":
                if shape.rank is not None and shape.rank > 1:
                    raise ValueError(f"Shape must be at most rank 1 but is rank {shape.rank}")
                if shape.rank == 1 and shape.as_list()[0] not in (None, 0, 1):
                    raise ValueError("Shape of a default must be a length-0 or length-1 vector, or a scalar.")
    return dataset_shape(c, *shapes)


def _defaults(values: Sequence[Any]) -> list[Any]:
    """Types among `values` as empty constants."""
    return [v if isinstance(v, Tensor) or not _is_type(v) else constant([], dtype=v) for v in values]


def _is_type(value: Any) -> bool:
    return isinstance(value, (dtypes.DType, type, np.dtype)) and dtypes.as_dtype(value) in _TYPES


@tf_export("data.experimental.CsvDataset")
class CsvDataset(Dataset):
    """The records of CSV files, a scalar for each field.

    A field may be quoted, and have delimiters, line ends and doubled quotes then.

    Args:
        filenames: string scalar or vector.
        record_defaults: for each wanted column its type, where a field is required, or the value of empty fields:
            a scalar or a vector of one element, float32, float64, int32, int64 or string.
        compression_type: "", "GZIP" or "ZLIB".
        buffer_size: positive; bytes read at once.
        header: whether the first record of each file is skipped.
        field_delim: one character between fields.
        use_quote_delim: whether fields may be quoted.
        na_value: another text of empty fields.
        select_cols: increasing numbers of the wanted columns; all by default.
        exclude_cols: increasing numbers of the columns that are left out; at most one of the two may be given.

    Raises:
        ValueError: a default has more than one element.
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        header: Any = False,
        field_delim: Any = ",",
        use_quote_delim: Any = True,
        na_value: Any = "",
        select_cols: Any = None,
        exclude_cols: Any = None,
    ):
        def given(value: Any, name: str, dtype: dtypes.DType, default: Any) -> Tensor:
            return convert_to_tensor(default if value is None else value, dtype=dtype, name=name)

        raw = _defaults(record_defaults)
        names = given(filenames, "filenames", dtypes.string, None)
        compression = given(compression_type, "compression_type", dtypes.string, "")
        defaults = [convert_to_tensor(v, name=f"record_defaults_{i}") for i, v in enumerate(raw)]
        spec = tuple(TensorSpec([], d.dtype) for d in defaults)
        super().__init__(
            raw_ops.CSVDatasetV2(
                filenames=names,
                compression_type=compression,
                buffer_size=int64(_BUFFER if buffer_size is None else buffer_size, "buffer_size"),
                header=given(header, "header", dtypes.bool, False),
                field_delim=given(field_delim, "field_delim", dtypes.string, ","),
                use_quote_delim=given(use_quote_delim, "use_quote_delim", dtypes.bool, True),
                na_value=given(na_value, "na_value", dtypes.string, ""),
                select_cols=given(select_cols, "select_cols", dtypes.int64, []),
                record_defaults=defaults,
                exclude_cols=given(exclude_cols, "exclude_cols", dtypes.int64, []),
                output_shapes=[s.shape for s in spec],
            ),
            spec,
        )


@tf_export("data.experimental.make_csv_dataset")
def make_csv_dataset(
    file_pattern: Any,
    batch_size: Any,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: str | None = None,
    ignore_errors: bool = False,
) -> Any:
    """Batches of the records of CSV files: dicts from column name to a vector.

    Args:
        file_pattern: a path, pattern, or list of these.
        batch_size: records in a batch; a smaller last one is left out only if there is no end.
        column_names: of all columns; those of the files' headers by default.
        column_defaults: types or defaults of the wanted columns, as `CsvDataset` takes them; by default, the narrowest
            of int32, int64, float32, float64 and string that fits the first records, with the default 0 or "".
        label_name: a column that is given apart: elements are (dict, vector) then.
        select_columns: names or numbers of the wanted columns; all by default.
        field_delim: one character between fields.
        use_quote_delim: whether fields may be quoted.
        na_value: another text of empty fields.
        header: whether files begin with the names of columns.
        num_epochs: how often all records come; without end when None.
        shuffle: whether files and records are shuffled.
        shuffle_buffer_size: records among which one is chosen.
        shuffle_seed: seed.
        prefetch_buffer_size: batches made ahead.
        num_parallel_reads: files read in turn; 1 by default.
        sloppy: accepted; the order is always the determined one.
        num_rows_for_inference: how many records are looked at for types; all when None.
        compression_type: "", "GZIP" or "ZLIB" (not where files have to be looked at).
        ignore_errors: whether records with errors are left out.

    Raises:
        ValueError: no file matches, names are missing or given twice, files have different headers, records different
            numbers of fields, or columns are asked for that do not exist.
    """
    files = existing_files(file_pattern)
    probe = _Probe(files, field_delim, use_quote_delim, header, compression_type)
    if column_names is None:
        if not header:
            raise ValueError("Expected `column_names` or `header` arguments. Neither is provided.")
        column_names = probe.names()
    column_names = list(column_names)
    twice = {name for name in column_names if column_names.count(name) > 1}
    if twice:
        raise ValueError(f"Either `column_names` argument or CSV header row contains duplicate column names: {twice}.")
    columns = None if select_columns is None else _numbers(select_columns, column_names)
    if column_defaults is not None:
        defaults = _defaults(column_defaults)
    else:
        defaults = probe.defaults(len(column_names), na_value, num_rows_for_inference, columns)
    if columns is not None:
        if len(defaults) != len(columns):
            raise ValueError(
                "If specified, `column_defaults` and `select_columns` must have the same length: `column_defaults` has "
                f"length {len(defaults)}, `select_columns` has length {len(columns)}."
            )
        column_names = [column_names[i] for i in columns]
    if label_name is not None and label_name not in column_names:
        raise ValueError(f"`label_name` provided must be one of the columns: {column_names}. Received: {label_name}.")

    def records(name: Any) -> Dataset:
        made = CsvDataset(
            name,
            defaults,
            compression_type=compression_type,
            field_delim=field_delim,
            use_quote_delim=use_quote_delim,
            na_value=na_value,
            select_cols=columns,
            header=header,
        )
        return made.ignore_errors() if ignore_errors else made

    def named(*values: Any) -> Any:
        features = OrderedDict(zip(column_names, values, strict=True))
        return features if label_name is None else (features, features.pop(label_name))

    dataset: Any = Dataset.from_tensor_slices(files)
    if shuffle:
        dataset = dataset.shuffle(len(files), shuffle_seed)
    dataset = dataset.apply(parallel_interleave(records, num_parallel_reads or 1, sloppy=sloppy))
    dataset = shuffled_and_repeated(dataset, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    dataset = dataset.batch(batch_size, drop_remainder=num_epochs is None)
    return dataset._mapped(named, True).prefetch(prefetch_buffer_size)


def _numbers(wanted: Sequence[Any], names: Sequence[str]) -> list[int]:
    """The numbers of columns that are given by names or numbers, in order; ValueError when there are none such."""
    numbers = {name: i for i, name in enumerate(names)}
    found = []
    if len({type(w) for w in wanted}) > 1 or len(set(wanted)) != len(wanted):
        twice = {w for w in wanted if list(wanted).count(w) > 1}
        raise ValueError(f"The `select_columns` argument contains duplicate columns, or names and numbers: {twice}.")
    for column in wanted:
        if isinstance(column, int) and not 0 <= column < len(names):
            raise ValueError(
                f"Column index {column} specified in `select_columns` should be >= 0 and < {len(names)}, "
                "which is the number of columns."
            )
        if not isinstance(column, int) and column not in numbers:
            raise ValueError(
                f"Column {column} specified in `select_columns` must be of one of the columns: {numbers.keys()}."
            )
        found.append(column if isinstance(column, int) else numbers[column])
    return sorted(found)


class _Probe:
    """Looks at CSV files while a graph is recorded.

    Args:
        files: their names.
        field_delim: one character between fields.
        use_quote_delim: whether fields may be quoted.
        header: whether files begin with the names of columns.
        compression_type: of the files.
    """

    def __init__(
        self, files: Sequence[str], field_delim: str, use_quote_delim: bool, header: bool, compression_type: Any
    ):
        self._files, self._header, self._compression = files, header, compression_type
        self._format: dict[str, Any] = {
            "delimiter": field_delim,
            "quoting": csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE,
        }

    def _rows(self, name: str) -> Iterator[list[str]]:
        opens: Callable[..., Any] = GFile
        if self._compression == "GZIP":
            opens = gzip.open
        elif self._compression:
            raise ValueError(f"`compression_type` {self._compression} is not supported for probing columns.")
        with opens(name, "rt" if opens is gzip.open else "r") as file:
            yield from csv.reader(file, **self._format)

    def names(self) -> list[str]:
        """The names of columns in the headers; ValueError when a file has others."""
        names = next(self._rows(self._files[0]), None)
        if names is None:
            raise ValueError(f"Failed when reading the header line of {self._files[0]}. Is it an empty file?")
        for name in self._files[1:]:
            found = next(self._rows(name), None)
            if found is None:
                raise ValueError(f"Failed when reading the header line of {name}. Is it an empty file?")
            if found != names:
                raise ValueError(
                    "All input CSV files should have the same column names in the header row. File "
                    f"{name} has different column names."
                )
        return names

    def defaults(self, count: int, missing: str, rows: int | None, columns: list[int] | None) -> list[Tensor]:
        """Constants of the types of `columns` (None: all) in the first `rows` records, with 0 or "" in them."""
        chosen = range(count) if columns is None else columns
        types: list[Any] = [None] * len(chosen)
        for row in itertools.islice(self._records(count), rows):
            types = [_narrowest(row[c], missing, t) for c, t in zip(chosen, types, strict=True)]
        known = [t or dtypes.string for t in types]
        return [constant([0 if t != dtypes.string else ""], dtype=t) for t in known]

    def _records(self, count: int) -> Iterator[list[str]]:
        for name in self._files:
            rows = self._rows(name)
            for number, row in enumerate(rows, 1):
                if number == 1 and self._header:
                    continue
                if len(row) != count:
                    raise ValueError(
                        f"Problem inferring types: CSV row {number} has {len(row)} number of fields. Expected: {count}."
                    )
                yield row


def _narrowest(text: str, missing: str, so_far: Any) -> Any:
    """The first type from `so_far` on whose values include what `text` says."""
    if text in ("", missing):
        return so_far
    types = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.string]
    return next(t for t in types[types.index(so_far or dtypes.int32) :] if _fits(text, t))


def _fits(text: str, dtype: dtypes.DType) -> bool:
    try:
        if dtype.is_integer:
            return bool(dtype.min <= int(text) <= dtype.max)
        with np.errstate(over="ignore"):
            return dtype == dtypes.string or bool(dtype.as_numpy_dtype(text) < np.inf)
    except ValueError:
        return False
