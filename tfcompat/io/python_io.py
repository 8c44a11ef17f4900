"""The public record-file functions: `tf.python_io` and their aliases in `tf.io`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, ClassVar

from tfcompat.graph.export import tf_export
from tfcompat.io.tfrecord import Compression, Path, RecordWriter, read_records


@tf_export("io.TFRecordCompressionType", "python_io.TFRecordCompressionType")
class TFRecordCompressionType:
    """The compression of a record file, by number."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


@tf_export("io.TFRecordOptions", "python_io.TFRecordOptions")
class TFRecordOptions:
    """How a record file is compressed.

    Args:
        compression_type: "GZIP", "ZLIB", "" or None (not compressed), or a `TFRecordCompressionType`.
        flush_mode: accepted; `flush` always makes what was written readable.
        input_buffer_size: accepted; bytes read at once.
        output_buffer_size: accepted; bytes written at once.
        window_bits: zlib's window size, 8 to 15 for zlib, 24 to 31 for gzip format; that of the type when None.
        compression_level: 0 to 9, or -1 for zlib's default.
        compression_method: zlib's method; 8, the only one, when None.
        mem_level: 1 to 9; 9 when None.
        compression_strategy: zlib's strategy; the default one when None.

    Raises:
        ValueError: there is no such compression type.
    """

    compression_type_map: ClassVar[dict[int, str]] = {
        TFRecordCompressionType.ZLIB: "ZLIB",
        TFRecordCompressionType.GZIP: "GZIP",
        TFRecordCompressionType.NONE: "",
    }

    def __init__(
        self,
        compression_type: str | int | TFRecordOptions | None = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The compression type of options, of a number or of a name, as "", "GZIP" or "ZLIB"; ValueError if none."""
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if isinstance(options, int) and options in cls.compression_type_map:
            return cls.compression_type_map[options]
        if isinstance(options, str) and options in cls.compression_type_map.values():
            return options
        raise ValueError(f'Not a valid compression_type: "{options}"')

    def _compression(self) -> Compression:
        """The same for the writer."""

        def or_default(value: int | None, default: int) -> int:
            return default if value is None else value

        return Compression(
            kind=self.get_compression_type_string(self),
            level=or_default(self.compression_level, zlib.Z_DEFAULT_COMPRESSION),
            method=or_default(self.compression_method, zlib.DEFLATED),
            window_bits=self.window_bits,
            mem_level=or_default(self.mem_level, 9),
            strategy=or_default(self.compression_strategy, zlib.Z_DEFAULT_STRATEGY),
        )


@tf_export("io.TFRecordWriter", "python_io.TFRecordWriter")
class TFRecordWriter(RecordWriter):
    """Writes records to a file, which it creates or empties; usable in a `with` statement.

    Args:
        path: the file.
        options: `TFRecordOptions`, or the name or number of a compression type; None does not compress.

    Raises:
        ValueError: there is no such compression type.
        OpError: the file cannot be written.
    """

    def __init__(self, path: Path, options: TFRecordOptions | str | int | None = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(compression_type=options)
        super().__init__(path, options._compression())


@tf_export("io.tf_record_iterator", "python_io.tf_record_iterator")
def tf_record_iterator(path: Path, options: TFRecordOptions | str | int | None = None) -> Iterator[bytes]:
    """The records of a file, as bytes.

    Args:
        path: the file.
        options: how it is compressed: `TFRecordOptions`, or the name or number of a compression type.

    Raises:
        ValueError: there is no such compression type.
        NotFoundError: there is no such file.
        DataLossError: the file is corrupt.
    """
    return read_records(path, TFRecordOptions.get_compression_type_string(options))
