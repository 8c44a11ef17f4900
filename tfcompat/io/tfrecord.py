"""Record files (TFRecord): a sequence of byte strings with checksums, plain or compressed.

A record is its length (uint64), the masked CRC-32C of these eight bytes, the data, and the masked CRC-32C of the data;
all numbers are little-endian. A compressed file is one gzip or zlib stream of such records.
"""

from __future__ import annotations

import contextlib
import functools
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tfcompat.graph import errors
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.io.crc32c import masked_crc32c

Path = str | bytes | os.PathLike[str]

_HEADER = struct.Struct("<QI")
_CRC = struct.Struct("<I")
_BUFFER = 1 << 18
_PIECE = 1 << 24
_WINDOW_BITS = {"GZIP": zlib.MAX_WBITS + 16, "ZLIB": zlib.MAX_WBITS}


@dataclass(frozen=True)
class Compression:
    """How a record file is compressed: `kind` "" (not at all), "GZIP" or "ZLIB", and zlib's parameters for writing.

    `window_bits` None means that of `kind`; given, it alone decides the format, as in zlib.
    """

    kind: str = ""
    level: int = zlib.Z_DEFAULT_COMPRESSION
    method: int = zlib.DEFLATED
    window_bits: int | None = None
    mem_level: int = 9
    strategy: int = zlib.Z_DEFAULT_STRATEGY

    def __post_init__(self) -> None:
        if self.kind and self.kind not in _WINDOW_BITS:
            raise ValueError(f'Not a valid compression_type: "{self.kind}"')


class RecordReader:
    """Reads the records of a file one after the other; iterating gives the records that are left.

    Args:
        path: the file.
        compression: "", "GZIP" or "ZLIB".

    Raises:
        NotFoundError: there is no such file.
        FailedPreconditionError: it is a directory.
        DataLossError: while reading: the file is corrupt, cut off inside a record or not of that compression.
    """

    def __init__(self, path: Path, compression: str = "") -> None:
        kind = Compression(compression).kind
        self._path = path
        with translated_os_errors(path):
            self._file: BinaryIO = open(path, "rb", buffering=_BUFFER)  # noqa: SIM115 closed by close()
        self._source = _Inflater(self._file, _WINDOW_BITS[kind], kind == "GZIP") if kind else None
        self._end_reason = "EOF reached" if kind else "Read less bytes than requested"
        self._offset = 0

    @property
    def offset(self) -> int:
        """Where the next record starts, in uncompressed bytes."""
        return self._offset

    def seek(self, offset: int) -> None:
        """Moves to the record that starts at `offset` of an uncompressed file; ValueError for a compressed one."""
        if self._source is not None:
            raise ValueError("a compressed record file can only be read from its start")
        with translated_os_errors(self._path):
            self._file.seek(offset)
        self._offset = offset

    def read(self) -> bytes | None:
        """The next record, or None at the end of the file."""
        header = self._read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        length, length_crc = _HEADER.unpack(header)
        if _length_crc(length) != length_crc:
            hint = " (Is this even a TFRecord file?)" if self._offset == 0 else ""
            raise errors.DataLossError(None, None, f"corrupted record at {self._offset}{hint}")
        body = self._read(length + _CRC.size)
        if len(body) < length + _CRC.size:
            message = f"truncated record at {self._offset}' failed with {self._end_reason}"
            raise errors.DataLossError(None, None, message)
        data = body[:length]
        if _CRC.unpack_from(body, length)[0] != masked_crc32c(data):
            raise errors.DataLossError(None, None, f"corrupted record at {self._offset + _HEADER.size}")
        self._offset += _HEADER.size + len(body)
        return data

    def _read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end of the file. A size that only a corrupt file asks for costs nothing."""
        with translated_os_errors(self._path):
            read = self._file.read if self._source is None else self._source.read
            if size <= _PIECE:
                return read(size)
            pieces = []
            while size > 0 and (piece := read(min(size, _PIECE))):
                pieces.append(piece)
                size -= len(piece)
            return b"".join(pieces)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        while (record := self.read()) is not None:
            yield record

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # the file could not be opened
            self._file.close()

    def __enter__(self) -> RecordReader:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class _Inflater:
    """Reads a zlib or gzip stream; gzip members in a row are one stream, a stream that is cut off just ends."""

    def __init__(self, file: BinaryIO, window_bits: int, several: bool) -> None:
        self._file = file
        self._window_bits = window_bits
        self._several = several
        self._stream = zlib.decompressobj(window_bits)
        self._ready = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end of the stream."""
        end = self._at + size
        if end > len(self._ready):
            self._refill(size)
            end = size
        taken = self._ready[self._at : end]
        self._at += len(taken)
        return taken

    def _refill(self, size: int) -> None:
        """Drops what was read and inflates until `size` bytes are ready or the stream ends."""
        parts = [self._ready[self._at :]]
        have = len(parts[0])
        while have < size and (part := self._next_part(size - have)):
            parts.append(part)
            have += len(part)
        self._ready, self._at = b"".join(parts), 0

    def _next_part(self, wanted: int) -> bytes:
        """Some more bytes, none only at the end."""
        limit = max(wanted, _BUFFER)
        while True:
            if self._stream.eof:
                rest = self._stream.unused_data or self._file.read(_BUFFER)
                if not self._several or not rest:
                    return b""
                self._stream = zlib.decompressobj(self._window_bits)
            else:
                rest = self._stream.unconsumed_tail or self._file.read(_BUFFER)
            part = self._inflate(rest, limit)
            if part or not (rest or self._stream.eof):
                return part

    def _inflate(self, rest: bytes, limit: int) -> bytes:
        try:
            return self._stream.decompress(rest, limit)
        except zlib.error as error:
            code, _, reason = str(error).removeprefix("Error ").partition(" while decompressing data: ")
            raise errors.DataLossError(None, None, f"inflate() failed with error {code}: {reason}") from error


class RecordWriter:
    """Writes records to a file, which it creates or empties.

    Args:
        path: the file.
        compression: how to compress.

    Raises:
        NotFoundError: the folder does not exist.
        InvalidArgumentError: zlib refuses the parameters.
        FailedPreconditionError: the path is a folder; when writing: the writer is closed.
    """

    _file: BinaryIO | None = None

    def __init__(self, path: Path, compression: Compression | None = None) -> None:
        compression = compression or Compression()
        self._path = path
        self._stream = _deflate_stream(compression) if compression.kind else None
        with translated_os_errors(path):
            self._file = open(path, "wb", buffering=_BUFFER)  # noqa: SIM115 closed by close()

    def write(self, record: bytes | str) -> None:
        """Appends one record; text is written as UTF-8. TypeError for what is neither text nor bytes."""
        self._open_file()
        data = record.encode() if isinstance(record, str) else record
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"Expected binary or unicode string, got {type(data).__name__}")
        frame = b"".join(
            (_HEADER.pack(len(data), _length_crc(len(data))), data, _CRC.pack(masked_crc32c(data))),
        )
        self._put(self._stream.compress(frame) if self._stream is not None else frame)

    def flush(self) -> None:
        """Hands everything written so far to the operating system."""
        self._open_file()
        file = self._put(self._stream.flush(zlib.Z_PARTIAL_FLUSH) if self._stream is not None else b"")
        with translated_os_errors(self._path):
            file.flush()

    def close(self) -> None:
        """Ends the file, as losing the last reference does; a second call does nothing."""
        if self._file is None:
            return
        file = self._put(self._stream.flush() if self._stream is not None else b"")
        self._file = None
        with translated_os_errors(self._path):
            file.close()

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise errors.FailedPreconditionError(None, None, "Writer is closed.")
        return self._file

    def _put(self, data: bytes) -> BinaryIO:
        file = self._open_file()
        with translated_os_errors(self._path):
            file.write(data)
        return file

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _deflate_stream(compression: Compression) -> zlib._Compress:
    bits = _WINDOW_BITS[compression.kind] if compression.window_bits is None else compression.window_bits
    try:
        return zlib.compressobj(
            compression.level, compression.method, bits, compression.mem_level, compression.strategy
        )
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, f"deflateInit failed: {error}, got {compression}") from error


@functools.lru_cache(maxsize=4096)
def _length_crc(length: int) -> int:
    """The masked checksum of a record's length."""
    return masked_crc32c(length.to_bytes(8, "little"))


def read_records(path: Path, compression: str = "") -> Iterator[bytes]:
    """The records of a file; `compression` is "", "GZIP" or "ZLIB". Raises as `RecordReader` does."""
    with RecordReader(path, compression) as reader:
        yield from reader
