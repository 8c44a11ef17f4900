"""Event files: records that are `Event` messages, the first of which names the format version."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import DataLossError
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.io.tfrecord import Path, RecordWriter, read_records

FILE_VERSION = "brain.Event:2"
_WRITER = "tensorflow.core.util.events_writer"


class EventsWriter:
    """Writes events to `<prefix>.out.tfevents.<seconds>.<host><suffix>`, a file made by the first event.

    Args:
        prefix: path of the file up to `.out.tfevents`, usually `<logdir>/events`.
        suffix: end of the file's name.
    """

    def __init__(self, prefix: Path, suffix: str = "") -> None:
        self._prefix = os.fsdecode(prefix)
        self._suffix = suffix
        self._writer: RecordWriter | None = None
        self._path = ""

    @property
    def path(self) -> str:
        """The file written to; empty before the first event."""
        return self._path

    def write_event(self, event: Any) -> None:
        """Appends an `Event`."""
        self.write_serialized_event(event.SerializeToString())

    def write_serialized_event(self, serialized: bytes) -> None:
        """Appends an `Event` given as bytes."""
        if self._writer is None or not os.path.exists(self._path):
            self.close()
            self._writer = self._open()
        self._writer.write(serialized)

    def _open(self) -> RecordWriter:
        seconds = int(time.time())
        self._path = f"{self._prefix}.out.tfevents.{seconds:010d}.{socket.gethostname()}{self._suffix}"
        writer = RecordWriter(self._path)
        first = protos.Event(wall_time=seconds, file_version=FILE_VERSION)
        first.source_metadata.writer = _WRITER
        writer.write(first.SerializeToString())
        writer.flush()
        return writer

    def flush(self) -> None:
        """Hands everything written so far to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Ends the file; the next event starts a new one."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


@tf_export("train.summary_iterator")
def summary_iterator(path: Path) -> Iterator[Any]:
    """The `Event` messages of an event file, in order.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: the file is corrupt.
    """
    from google.protobuf.message import DecodeError

    for number, record in enumerate(read_records(path)):
        try:
            yield protos.Event.FromString(record)
        except DecodeError:
            raise DataLossError(None, None, f"{os.fsdecode(path)}: record {number} is no Event") from None


export_internal("python.pywrap_tensorflow.EventsWriter", EventsWriter)
