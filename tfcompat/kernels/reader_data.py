"""Readers: what the handles of reader operations stand for."""

from __future__ import annotations

import gzip
import io
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.kernels.files import read_bytes

Record = tuple[bytes, bytes]


class Reader:
    """Reads the records of one work item (a file, mostly) after the other.

    Args:
        kind: name of the op type, for errors.
        name: of the resource.
        records: the (key, value) pairs of a work item.
        keeps_state: whether its state can be written and restored.
    """

    def __init__(self, kind: str, name: str, records: Callable[[bytes], Iterator[Record]], keeps_state: bool = False):
        self.kind, self.name = kind, name
        self._records = records
        self._keeps_state = keeps_state
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Makes it as new."""
        self._started = self._finished = self._produced = 0
        self._work = b""
        self._open: Iterator[Record] | None = None

    @property
    def produced(self) -> int:
        """How many records it gave."""
        return self._produced

    @property
    def finished(self) -> int:
        """How many work items it read to the end."""
        return self._finished

    def read(self, next_work: Callable[[], bytes]) -> Record:
        """The next record; `next_work` gives work items."""
        while True:
            if self._open is None:
                self._work = next_work()
                self._started += 1
                self._open = self._records(self._work)
            for record in self._open:
                self._produced += 1
                if self._keeps_state:
                    self._open = None
                    self._finished += 1
                return record
            self._open = None
            self._finished += 1

    def more_of_this_work(self) -> Record | None:
        """The next record of the present work item, None at its end."""
        if self._open is None:
            return None
        for record in self._open:
            self._produced += 1
            return record
        self._open = None
        self._finished += 1
        return None

    def state(self) -> bytes:
        """The state as a string; UnimplementedError when this kind has none."""
        if not self._keeps_state:
            raise UnimplementedError(None, None, f"Reader SerializeState not implemented for {self.kind} '{self.name}'")
        message = protos.ReaderBaseState(
            work_started=self._started,
            work_finished=self._finished,
            num_records_produced=self._produced,
            current_work=self._work,
        )
        return message.SerializeToString()  # type: ignore[no-any-return]

    def restore(self, text: bytes) -> None:
        """Takes over a state of `state`."""
        if not self._keeps_state:
            raise UnimplementedError(None, None, f"Reader RestoreState not implemented for {self.kind} '{self.name}'")
        try:
            message: Any = protos.ReaderBaseState.FromString(text)
            valid = message.work_started >= message.work_finished >= 0 and message.num_records_produced >= 0
            valid = valid and (message.work_started == message.work_finished or self.kind == "IdentityReader")
        except Exception:
            valid = False
        if not valid:
            raise InvalidArgumentError(None, None, f"Could not parse state for {self.kind} '{self.name}': {text!r}")
        self._started, self._finished = message.work_started, message.work_finished
        self._produced, self._work = message.num_records_produced, message.current_work
        self._open = None


def lines(path: bytes, skip: int = 0) -> Iterator[bytes]:
    """The lines of a file without their ends, those after the first `skip`."""
    yield from text_lines(read_bytes(path), skip)


def text_lines(data: bytes, skip: int = 0) -> Iterator[bytes]:
    """The lines of `data` without their ends, those after the first `skip`."""
    found = data.split(b"\n")
    if not found[-1]:
        found.pop()
    for line in found[skip:]:
        yield line.replace(b"\r", b"")


def decompressed(data: bytes, kind: str) -> bytes:
    """`data` of compression `kind` ("", "GZIP", "ZLIB") as it was."""
    if kind == "GZIP":
        return gzip.GzipFile(fileobj=io.BytesIO(data)).read()
    return zlib.decompress(data) if kind == "ZLIB" else data


def fixed_records(data: bytes, header: int, record: int, footer: int, hop: int) -> Iterator[bytes]:
    """Records of a fixed length, `hop` bytes (or their length, when 0) apart, between header and footer."""
    at, last = header, len(data) - footer - record
    while at <= last:
        yield data[at : at + record]
        at += hop or record
