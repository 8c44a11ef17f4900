"""Host kernels of readers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, may_wait
from tfcompat.io.tfrecord import RecordReader
from tfcompat.kernels.files import read_bytes
from tfcompat.kernels.handles import boxed, byte_array, shared_resource
from tfcompat.kernels.queues import dequeue, queue_in
from tfcompat.kernels.reader_data import Reader, Record, decompressed, fixed_records, lines

may_wait("ReaderReadV2", "ReaderReadUpToV2")


@kernel("IdentityReaderV2")
def _identity(k: KernelContext) -> np.ndarray:
    return shared_resource(
        k, "reader", lambda _: Reader("IdentityReader", k.op.name, lambda work: iter([(work, work)]), True)
    )


@kernel("WholeFileReaderV2")
def _whole_file(k: KernelContext) -> np.ndarray:
    def records(path: bytes) -> Iterator[Record]:
        return iter([(path, read_bytes(path))])

    return shared_resource(k, "reader", lambda _: Reader("WholeFileReader", k.op.name, records, True))


@kernel("TextLineReaderV2")
def _text_lines(k: KernelContext) -> np.ndarray:
    skip = k.attr("skip_header_lines")

    def records(path: bytes) -> Iterator[Record]:
        for number, line in enumerate(lines(path, skip), skip + 1):
            yield path + b":%d" % number, line

    return shared_resource(k, "reader", lambda _: Reader("TextLineReader", k.op.name, records))


@kernel("FixedLengthRecordReaderV2")
def _fixed_length(k: KernelContext) -> np.ndarray:
    header, record, footer, hop = (k.attr(a) for a in ("header_bytes", "record_bytes", "footer_bytes", "hop_bytes"))
    encoding = k.attr("encoding").decode()
    for what, value, least in (
        ("header_bytes", header, 0),
        ("record_bytes", record, 1),
        ("footer_bytes", footer, 0),
        ("hop_bytes", hop, 0),
    ):
        if value < least:
            raise InvalidArgumentError(None, k.op, f"{what} must be >= {least} but got {value}")

    def records(path: bytes) -> Iterator[Record]:
        data = decompressed(read_bytes(path), encoding)
        for number, text in enumerate(fixed_records(data, header, record, footer, hop)):
            yield path + b":%d" % number, text

    return shared_resource(k, "reader", lambda _: Reader("FixedLengthRecordReader", k.op.name, records))


@kernel("TFRecordReaderV2")
def _tf_records(k: KernelContext) -> np.ndarray:
    compression = k.attr("compression_type").decode()

    def records(path: bytes) -> Iterator[Record]:
        with RecordReader(os.fsdecode(path), compression) as source:
            offset = source.offset
            while (text := source.read()) is not None:
                yield path + b":%d" % offset, text
                offset = source.offset

    return shared_resource(k, "reader", lambda _: Reader("TFRecordReader", k.op.name, records))


def _reader(handle: np.ndarray) -> Reader:
    found: Reader = handle.item()
    return found


def _next_work(k: KernelContext, handle: Any) -> Any:
    queue = queue_in(handle)
    if len(queue.dtypes) != 1 or queue.dtypes[0].name != "string":
        raise InvalidArgumentError(
            None, k.op, f"Expected a queue of single strings, {queue.title} has types {[d.name for d in queue.dtypes]}"
        )
    return lambda: dequeue(k, queue, 1)[0][0].item()


@kernel("ReaderReadV2")
def _read(k: KernelContext, handle: np.ndarray, queue: np.ndarray) -> tuple[np.ndarray, ...]:
    reader = _reader(handle)
    with reader.lock:
        key, value = reader.read(_next_work(k, queue))
    return boxed(key), boxed(value)


@kernel("ReaderReadUpToV2")
def _read_up_to(k: KernelContext, handle: np.ndarray, queue: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, ...]:
    reader = _reader(handle)
    found: list[Record] = []
    if int(count) <= 0:
        raise InvalidArgumentError(None, k.op, f"num_records must be > 0 but got {int(count)}")
    with reader.lock:
        found.append(reader.read(_next_work(k, queue)))
        while len(found) < int(count) and (record := reader.more_of_this_work()) is not None:
            found.append(record)
    return byte_array([key for key, _ in found]), byte_array([value for _, value in found])


@kernel("ReaderNumRecordsProducedV2")
def _produced(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    return np.array(_reader(handle).produced, np.int64)


@kernel("ReaderNumWorkUnitsCompletedV2")
def _completed(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    return np.array(_reader(handle).finished, np.int64)


@kernel("ReaderSerializeStateV2")
def _state(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    return boxed(_reader(handle).state())


@kernel("ReaderRestoreStateV2")
def _restore(k: KernelContext, handle: np.ndarray, state: np.ndarray) -> None:
    _reader(handle).restore(state.item())


@kernel("ReaderResetV2")
def _reset(k: KernelContext, handle: np.ndarray) -> None:
    _reader(handle).reset()
