"""Datasets of files: lines of text, records, records of a fixed length."""

from __future__ import annotations

from typing import Any

from tfcompat.data.dataset import Dataset, int64
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.ops import raw_ops

_STRING = TensorSpec([], dtypes.string)
_BUFFER = 256 * 1024


def _string(value: Any, name: str) -> Tensor:
    return convert_to_tensor("" if value is None else value, dtype=dtypes.string, name=name)


def _of_files(filenames: Any, make: Any) -> Dataset:
    """The elements of one file after those of another; `filenames` may be a dataset of names."""
    if isinstance(filenames, Dataset):
        return filenames.flat_map(lambda name: Dataset(make(name), _STRING))
    names = convert_to_tensor(filenames, dtype=dtypes.string, name="filenames")
    if names.shape.rank not in (0, 1, None):
        raise TypeError("The `filenames` argument must contain `tf.string` elements of shape [] or [n]")
    return Dataset(make(names), _STRING)


class _FileDataset(Dataset):
    def __init__(self, made: Dataset):
        super().__init__(made._variant_tensor, _STRING)


@tf_export("data.TextLineDataset")
class TextLineDataset(_FileDataset):
    """The lines of text files, without their ends.

    Args:
        filenames: string scalar or vector, or a dataset of names.
        compression_type: "", "GZIP" or "ZLIB".
        buffer_size: accepted; bytes read at once.
        num_parallel_reads: accepted; files are read in order.
        name: accepted.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        super().__init__(
            _of_files(
                filenames,
                lambda names: raw_ops.TextLineDataset(
                    filenames=names,
                    compression_type=_string(compression_type, "compression_type"),
                    buffer_size=int64(_BUFFER if buffer_size is None else buffer_size, "buffer_size"),
                ),
            )
        )


@tf_export("data.TFRecordDataset")
class TFRecordDataset(_FileDataset):
    """The records of record files; arguments as for `TextLineDataset`."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        super().__init__(
            _of_files(
                filenames,
                lambda names: raw_ops.TFRecordDataset(
                    filenames=names,
                    compression_type=_string(compression_type, "compression_type"),
                    buffer_size=int64(_BUFFER if buffer_size is None else buffer_size, "buffer_size"),
                ),
            )
        )


@tf_export("data.FixedLengthRecordDataset")
class FixedLengthRecordDataset(_FileDataset):
    """The records of `record_bytes` bytes between header and footer of files; the rest as for `TextLineDataset`."""

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        super().__init__(
            _of_files(
                filenames,
                lambda names: raw_ops.FixedLengthRecordDatasetV2(
                    filenames=names,
                    header_bytes=int64(header_bytes or 0, "header_bytes"),
                    record_bytes=int64(record_bytes, "record_bytes"),
                    footer_bytes=int64(footer_bytes or 0, "footer_bytes"),
                    buffer_size=int64(_BUFFER if buffer_size is None else buffer_size, "buffer_size"),
                    compression_type=_string(compression_type, "compression_type"),
                ),
            )
        )


shape_of("DatasetToTFRecord", "ExperimentalDatasetToTFRecord")(no_outputs)
not_differentiable("DatasetToTFRecord", "ExperimentalDatasetToTFRecord")


@tf_export("data.experimental.TFRecordWriter")
class TFRecordWriter:
    """Writes datasets of strings to a file of records.

    Args:
        filename: string scalar: the file.
        compression_type: "", "GZIP" or "ZLIB"; None is "".
    """

    def __init__(self, filename: Any, compression_type: Any = None):
        self._filename = convert_to_tensor(filename, dtypes.string, name="filename")
        self._compression_type = _string(compression_type, "compression_type")

    def write(self, dataset: Any) -> Operation:
        """The operation that writes all elements of a dataset.

        Raises:
            TypeError: it is no dataset, or its elements are no string scalars.
            NotFoundError: when run, the directory does not exist.
        """
        if not isinstance(dataset, Dataset):
            raise TypeError(f"Invalid `dataset.` Expected a `tf.data.Dataset` object but got {type(dataset)}.")
        spec = dataset.element_spec
        if not (isinstance(spec, TensorSpec) and spec.dtype == dtypes.string and spec.shape.is_compatible_with([])):
            raise TypeError(
                "Invalid `dataset`. Expected a `dataset` that produces scalar `tf.string` elements, but got a dataset "
                f"which produces elements with shapes {dataset.output_shapes} and types {dataset.output_types}."
            )
        return raw_ops.DatasetToTFRecord(  # type: ignore[no-any-return]
            input_dataset=dataset._variant_tensor, filename=self._filename, compression_type=self._compression_type
        )
