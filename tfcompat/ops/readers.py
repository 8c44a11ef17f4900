"""Readers: records of files whose names come from a queue; whole files; bytes and CSV to numbers."""

from __future__ import annotations

import itertools
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar, unchanged, unknown
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops

_MAKERS = ("IdentityReaderV2", "WholeFileReaderV2", "TextLineReaderV2", "FixedLengthRecordReaderV2", "TFRecordReaderV2",
           "LMDBReader")  # fmt: skip
_ASKERS = ("ReaderReadV2", "ReaderNumRecordsProducedV2", "ReaderNumWorkUnitsCompletedV2", "ReaderSerializeStateV2")
shape_of(*_MAKERS, *_ASKERS, "ReadFile", "SerializeTensor")(scalar)
shape_of("ReaderResetV2", "WriteFile")(no_outputs)
shape_of("DecodeCompressed")(unchanged)
shape_of("ParseTensor")(unknown)
not_differentiable(*_MAKERS, *_ASKERS, "ReaderReadUpToV2", "ReaderRestoreStateV2", "ReaderResetV2", "ReadFile",
                   "WriteFile", "MatchingFiles", "DecodeRaw", "DecodePaddedRaw", "DecodeCompressed",
                   "ParseTensor", "SerializeTensor")  # fmt: skip


@shape_of("ReaderRestoreStateV2")
def _restored(c: InferenceContext, handle: TensorShape, state: TensorShape) -> list[TensorShape]:
    state.with_rank(0)
    return []


@shape_of("ReaderReadUpToV2", "MatchingFiles")
def _vectors(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([None])] * len(c.op.outputs)


@shape_of("DecodeRaw", "DecodePaddedRaw")
def _raw_shape(c: InferenceContext, strings: TensorShape, *length: TensorShape) -> list[TensorShape]:
    known = c.value(1) if length else None
    size = None if known is None else int(known) // c.op.outputs[0].dtype.size
    return [strings.concatenate([size])]


@shape_of("DecodeCSV")
def _csv_shape(c: InferenceContext, records: TensorShape, *defaults: TensorShape) -> list[TensorShape]:
    for shape in defaults:
        if shape.rank is not None and shape.rank > 1:
            raise ValueError(f"Shape must be at most rank 1 but is rank {shape.rank}")
        if shape.rank == 1 and shape.num_elements() is not None and shape.num_elements() > 1:  # type: ignore[operator]
            raise ValueError("Shape of a default must be a length-0 or length-1 vector, or a scalar.")
    return [records] * len(c.op.outputs)


@tf_export("read_file", "io.read_file")
def read_file(filename: Any, name: str | None = None) -> Tensor:
    """The contents of a file, a string scalar; NotFoundError when run and there is none."""
    return raw_ops.ReadFile(filename=filename, name=name)  # type: ignore[no-any-return]


@tf_export("serialize_tensor", "io.serialize_tensor")
def serialize_tensor(tensor: Any, name: str | None = None) -> Tensor:
    """`tensor` as a serialised `TensorProto`, a string scalar."""
    return raw_ops.SerializeTensor(tensor=tensor, name=name)  # type: ignore[no-any-return]


@tf_export("decode_raw", "io.decode_raw")
def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: Any = None,
) -> Tensor:
    """The bytes of strings as numbers, along a new last axis.

    Args:
        input_bytes: strings, all of one length.
        out_type: type of the numbers.
        little_endian: whether the lowest byte comes first.
        name: name of the operation.
        bytes: deprecated name of `input_bytes`.

    Raises:
        ValueError: no strings, or no type, are given.
        InvalidArgumentError: when run: the strings differ in length, or it is no multiple of the type's size.
    """
    strings = bytes if input_bytes is None else input_bytes
    if strings is None or out_type is None:
        raise ValueError(
            f"decode_raw() missing 1 required positional argument: '{'input_bytes' if strings is None else 'out_type'}'"
        )
    return raw_ops.DecodeRaw(bytes=strings, out_type=out_type, little_endian=little_endian, name=name)  # type: ignore[no-any-return]


@tf_export("decode_csv", "io.decode_csv")
def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Any = None,
) -> list[Tensor]:
    """The columns of CSV records.

    Args:
        records: strings, one record each.
        record_defaults: for every column a tensor of its type, with the value of empty fields; without an
            element, a field must not be empty.
        field_delim: one character between fields.
        use_quote_delim: whether fields may be quoted.
        name: name of the operation.
        na_value: another text of empty fields.
        select_cols: increasing numbers of the columns wanted; all when None.

    Returns:
        A tensor of the shape of `records` per column.

    Raises:
        ValueError: `select_cols` is not increasing, or of another length than `record_defaults`.
    """
    if not isinstance(record_defaults, (list, tuple)):
        raise TypeError(f"Expected list for 'record_defaults' argument to 'DecodeCSV' Op, not {record_defaults!r}.")
    columns = list(select_cols) if select_cols is not None else []
    if columns and len(columns) != len(record_defaults):
        raise ValueError("Length of select_cols and record_defaults do not match.")
    if any(b <= a for a, b in itertools.pairwise(columns)):
        raise ValueError("select_cols is not strictly increasing.")
    if columns and columns[0] < 0:
        raise ValueError("select_cols contains negative values.")
    made = raw_ops.DecodeCSV(
        records=records,
        record_defaults=list(record_defaults),
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=columns,
        name=name,
    )
    return list(made) if isinstance(made, (list, tuple)) else [made]


@tf_export("ReaderBase")
class ReaderBase:
    """What all readers share.

    Args:
        reader_ref: the handle.
        supports_serialize: whether the state can be written and restored.
    """

    def __init__(self, reader_ref: Tensor, supports_serialize: bool = False):
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Tensor:
        """The handle."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether the state can be written and restored."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """(key, value) of the next record, string scalars; file names come from `queue` (a queue or its handle)."""
        return raw_ops.ReaderReadV2(reader_handle=self._reader_ref, queue_handle=_handle(queue), name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """(keys, values) of at least one and at most `num_records` records, string vectors."""
        return raw_ops.ReaderReadUpToV2(
            reader_handle=self._reader_ref, queue_handle=_handle(queue), num_records=num_records, name=name
        )

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records it gave: an int64 scalar."""
        return raw_ops.ReaderNumRecordsProducedV2(reader_handle=self._reader_ref, name=name)  # type: ignore[no-any-return]

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """How many files it read to the end: an int64 scalar."""
        return raw_ops.ReaderNumWorkUnitsCompletedV2(reader_handle=self._reader_ref, name=name)  # type: ignore[no-any-return]

    def serialize_state(self, name: str | None = None) -> Tensor:
        """Its state as a string scalar; UnimplementedError when run for readers without."""
        return raw_ops.ReaderSerializeStateV2(reader_handle=self._reader_ref, name=name)  # type: ignore[no-any-return]

    def restore_state(self, state: Any, name: str | None = None) -> Any:
        """An operation that takes over a state of `serialize_state`."""
        return raw_ops.ReaderRestoreStateV2(reader_handle=self._reader_ref, state=state, name=name)

    def reset(self, name: str | None = None) -> Any:
        """An operation that makes it as new."""
        return raw_ops.ReaderResetV2(reader_handle=self._reader_ref, name=name)


def _handle(queue: Any) -> Any:
    return queue if isinstance(queue, Tensor) else convert_to_tensor(queue.queue_ref)


@tf_export("WholeFileReader")
class WholeFileReader(ReaderBase):
    """Files as a whole; keys are their names."""

    def __init__(self, name: str | None = None):
        super().__init__(raw_ops.WholeFileReaderV2(name=name), supports_serialize=True)


@tf_export("TextLineReader")
class TextLineReader(ReaderBase):
    """Lines of text files without their ends; keys are `file:number`. Skips `skip_header_lines` of each file."""

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None):
        super().__init__(raw_ops.TextLineReaderV2(skip_header_lines=skip_header_lines or 0, name=name))


@tf_export("FixedLengthRecordReader")
class FixedLengthRecordReader(ReaderBase):
    """Records of `record_bytes` bytes, `hop_bytes` apart (their length by default), between header and footer.

    `encoding` is "", "GZIP" or "ZLIB"; keys are `file:number`.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ):
        super().__init__(
            raw_ops.FixedLengthRecordReaderV2(
                record_bytes=record_bytes,
                header_bytes=header_bytes or 0,
                footer_bytes=footer_bytes or 0,
                hop_bytes=hop_bytes or 0,
                encoding=encoding or "",
                name=name,
            )
        )


@tf_export("TFRecordReader")
class TFRecordReader(ReaderBase):
    """Records of record files; `options` is a `tf.python_io.TFRecordOptions`."""

    def __init__(self, name: str | None = None, options: Any = None):
        compression = "" if options is None else options.get_compression_type_string(options)
        super().__init__(raw_ops.TFRecordReaderV2(compression_type=compression, name=name))


@tf_export("IdentityReader")
class IdentityReader(ReaderBase):
    """What comes out of the queue, as key and as value."""

    def __init__(self, name: str | None = None):
        super().__init__(raw_ops.IdentityReaderV2(name=name), supports_serialize=True)
