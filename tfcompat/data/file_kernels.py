"""Host kernels of datasets of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.data import sources
from tfcompat.data.dataset_kernel import dataset_kernel
from tfcompat.data.elements import Run, Source, source_in
from tfcompat.graph.confinement import check_path
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.io.local_path import local_path
from tfcompat.io.tfrecord import Compression, RecordReader, RecordWriter
from tfcompat.kernels.files import read_bytes
from tfcompat.kernels.reader_data import decompressed, fixed_records, text_lines


def _file_strings(k: KernelContext, names: np.ndarray, texts: Any) -> Source:
    return sources.of_files(list(names.reshape(-1)), sources.strings(texts))


@dataset_kernel("TextLineDataset")
def _text_line_dataset(k: KernelContext, names: np.ndarray, compression: np.ndarray, size: np.ndarray) -> Source:
    kind = compression_kind(k, compression)
    return _file_strings(k, names, lambda name: text_lines(decompressed(read_bytes(name), kind)))


@dataset_kernel("FixedLengthRecordDataset", "FixedLengthRecordDatasetV2")
def _fixed_records(
    k: KernelContext,
    names: np.ndarray,
    header: np.ndarray,
    record: np.ndarray,
    footer: np.ndarray,
    size: np.ndarray,
    *compression: np.ndarray,
) -> Source:
    kind = compression_kind(k, compression[0]) if compression else ""

    def records(name: bytes) -> Iterator[bytes]:
        data = decompressed(read_bytes(name), kind)
        body = len(data) - int(header) - int(footer)
        if body % int(record):
            raise InvalidArgumentError(
                None,
                k.op,
                f"Excluding the header ({int(header)} bytes) and footer ({int(footer)} bytes), input file "
                f'"{os.fsdecode(name)}" has body length {body} bytes, which is not an exact multiple of the record '
                f"length ({int(record)} bytes).",
            )
        return fixed_records(data, int(header), int(record), int(footer), 0)

    return _file_strings(k, names, records)


@dataset_kernel("TFRecordDataset", "TFRecordDatasetV2")
def _tf_record_dataset(k: KernelContext, names: np.ndarray, compression: np.ndarray, *rest: np.ndarray) -> Source:
    kind = compression_kind(k, compression)

    def records(name: bytes) -> Iterator[bytes]:
        with RecordReader(os.fsdecode(name), kind) as reader:
            yield from reader

    return _file_strings(k, names, records)


def compression_kind(k: KernelContext, value: np.ndarray) -> str:
    """The compression that an input names; InvalidArgumentError for an unknown one."""
    kind: str = value.item().decode()
    if kind not in ("", "GZIP", "ZLIB"):
        raise InvalidArgumentError(None, k.op, f"Unsupported compression_type: {kind}.")
    return kind


@kernel("DatasetToTFRecord", "ExperimentalDatasetToTFRecord")
def _to_records(k: KernelContext, source: np.ndarray, filename: np.ndarray, compression: np.ndarray) -> None:
    path = local_path(filename.item())
    check_path(path)
    with RecordWriter(path, Compression(compression_kind(k, compression))) as writer:
        for element in source_in(source).start(Run(k.run)):
            writer.write(element[0].item())
