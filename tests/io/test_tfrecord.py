"""Record files: those of the reference are read and written byte for byte, corrupt ones raise its errors."""

import pathlib
import zlib

import pytest

import tfcompat.compat.v1 as tf
from tfcompat import protos
from tfcompat.graph import errors
from tfcompat.io.crc32c import masked_crc32c
from tfcompat.io.python_io import (
    TFRecordCompressionType,
    TFRecordOptions,
    TFRecordWriter,
    tf_record_iterator,
)
from tfcompat.io.tfrecord import Compression, RecordReader, RecordWriter, read_records

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "io"
EXAMPLE = (GOLDEN.parent / "protos" / "example.tensorflow.Example.pb").read_bytes()
RECORDS = [b"", b"a", b"bc" * 300, bytes(range(256)), EXAMPLE]
FILES = {"": "records.tfrecord", "GZIP": "records.gzip.tfrecord", "ZLIB": "records.zlib.tfrecord"}
PLAIN = (GOLDEN / FILES[""]).read_bytes()
GZIP = (GOLDEN / FILES["GZIP"]).read_bytes()
ZLIB = (GOLDEN / FILES["ZLIB"]).read_bytes()


@pytest.mark.parametrize("kind", FILES)
def test_reference_files_are_read(kind):
    assert list(read_records(GOLDEN / FILES[kind], kind)) == RECORDS
    assert list(tf_record_iterator(str(GOLDEN / FILES[kind]), kind)) == RECORDS


@pytest.mark.parametrize("kind", FILES)
def test_written_files_hold_the_reference_s_bytes(tmp_path, kind):
    with TFRecordWriter(tmp_path / "out", kind) as writer:
        for record in RECORDS:
            writer.write(record)
    written = (tmp_path / "out").read_bytes()
    if kind:  # zlib libraries may compress differently
        bits = zlib.MAX_WBITS + 32
        assert zlib.decompress(written, bits) == zlib.decompress((GOLDEN / FILES[kind]).read_bytes(), bits)
        assert written[:2] == (GOLDEN / FILES[kind]).read_bytes()[:2]
    else:
        assert written == PLAIN


def read_lengths(path, data, kind=""):
    """(lengths of the records read, the error that ended the reading)."""
    path.write_bytes(data)
    lengths = []
    try:
        lengths += [len(record) for record in read_records(path, kind)]
    except errors.DataLossError as error:
        return lengths, error.message
    return lengths, None


def changed(data, index):
    return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]


ALL = [0, 1, 600, 256, 90]
TRUNCATED = "truncated record at {}' failed with {}"


# What the reference answers for the same files.
@pytest.mark.parametrize(
    ("data", "kind", "lengths", "message"),
    [
        (b"", "", [], None),
        (PLAIN[:5], "", [], None),
        (PLAIN[:12], "", None, TRUNCATED.format(0, "Read less bytes than requested")),
        (PLAIN[:16], "", [0], None),
        (PLAIN[:-1], "", None, TRUNCATED.format(921, "Read less bytes than requested")),
        (changed(PLAIN, 3), "", None, "corrupted record at 0 (Is this even a TFRecord file?)"),
        (changed(PLAIN, 17), "", None, "corrupted record at 16"),
        (changed(PLAIN, 28), "", None, "corrupted record at 28"),
        (changed(PLAIN, len(PLAIN) - 1), "", None, "corrupted record at 933"),
        (b"\0" * 7 + b"\x40" + PLAIN[8:], "", None, "corrupted record at 0 (Is this even a TFRecord file?)"),
        (GZIP, "", None, "corrupted record at 0 (Is this even a TFRecord file?)"),
        (PLAIN, "GZIP", None, "inflate() failed with error -3: incorrect header check"),
        (ZLIB, "GZIP", None, "inflate() failed with error -3: incorrect header check"),
        (b"", "GZIP", [], None),
        (GZIP + GZIP, "GZIP", ALL + ALL, None),
        (GZIP[:-5], "GZIP", ALL, None),
        (GZIP[:200], "GZIP", None, TRUNCATED.format(649, "EOF reached")),
        (GZIP + b"junkjunkjunk", "GZIP", None, "inflate() failed with error -3: incorrect header check"),
        (ZLIB + ZLIB, "ZLIB", ALL, None),
        (ZLIB[:-3], "ZLIB", ALL, None),
        (ZLIB[:100], "ZLIB", None, TRUNCATED.format(649, "EOF reached")),
        (zlib.compress(PLAIN[:5]), "ZLIB", [], None),
        (zlib.compress(PLAIN[:13]), "ZLIB", None, TRUNCATED.format(0, "EOF reached")),
    ],
)
def test_damaged_files(tmp_path, data, kind, lengths, message):
    got, error = read_lengths(tmp_path / "file", data, kind)
    assert error == message
    if lengths is not None:
        assert got == lengths


def test_a_huge_length_with_a_right_checksum_is_only_truncated(tmp_path):
    length = (2**62).to_bytes(8, "little")
    header = length + masked_crc32c(length).to_bytes(4, "little")
    got, error = read_lengths(tmp_path / "file", header + b"abc")
    assert (got, error) == ([], TRUNCATED.format(0, "Read less bytes than requested"))


def test_records_larger_than_the_buffers(tmp_path):
    records = [bytes(1_000_000), b"ab" * 20_000_000, b"end"]
    for kind in FILES:
        with RecordWriter(tmp_path / "big", Compression(kind, level=1)) as writer:
            for record in records:
                writer.write(record)
        assert list(read_records(tmp_path / "big", kind)) == records


def test_offsets_and_seek(tmp_path):
    with RecordReader(GOLDEN / FILES[""]) as reader:
        offsets = []
        while reader.read() is not None:
            offsets.append(reader.offset)
        assert offsets == [16, 33, 649, 921, 1027]
        reader.seek(33)
        assert reader.read() == RECORDS[2]
    with RecordReader(GOLDEN / FILES["GZIP"], "GZIP") as reader, pytest.raises(ValueError, match="from its start"):
        reader.seek(16)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(errors.NotFoundError) as info:
        next(read_records(tmp_path / "none"))
    assert info.value.message == f"{tmp_path / 'none'}; No such file or directory"
    with pytest.raises(errors.FailedPreconditionError, match="Is a directory"):
        next(read_records(tmp_path))
    with pytest.raises(errors.NotFoundError):
        RecordWriter(tmp_path / "no folder" / "file")
    with pytest.raises(errors.FailedPreconditionError):
        RecordWriter(tmp_path)


def test_a_closed_writer_refuses(tmp_path):
    writer = TFRecordWriter(str(tmp_path / "file"))
    writer.close()
    writer.close()
    for use in (writer.flush, lambda: writer.write(b"")):
        with pytest.raises(errors.FailedPreconditionError, match=r"Writer is closed\."):
            use()


@pytest.mark.parametrize("kind", FILES)
def test_a_writer_nobody_holds_has_ended_its_file(tmp_path, kind):
    TFRecordWriter(tmp_path / "file", kind).write(b"only")
    assert list(read_records(tmp_path / "file", kind)) == [b"only"]


@pytest.mark.parametrize("kind", FILES)
def test_flushed_records_are_readable(tmp_path, kind):
    writer = TFRecordWriter(tmp_path / "file", kind)
    writer.write(b"first")
    writer.flush()
    assert list(read_records(tmp_path / "file", kind)) == [b"first"]
    writer.write("second")
    writer.close()
    assert list(read_records(tmp_path / "file", kind)) == [b"first", b"second"]


def test_compression_parameters_reach_zlib(tmp_path):
    options = TFRecordOptions("ZLIB", compression_level=9, window_bits=10, mem_level=1)
    with TFRecordWriter(tmp_path / "file", options) as writer:
        writer.write(b"a" * 1000)
    assert (tmp_path / "file").read_bytes()[0] == 0x28  # window of 2**(2 + 8) bytes, deflate
    assert list(tf_record_iterator(tmp_path / "file", options)) == [b"a" * 1000]
    with pytest.raises(errors.InvalidArgumentError, match="window_bits=99"):
        TFRecordWriter(tmp_path / "file", TFRecordOptions("GZIP", window_bits=99))


def test_compression_types_have_many_spellings():
    spelled = [
        "",
        None,
        0,
        "GZIP",
        TFRecordOptions("GZIP"),
        TFRecordOptions(TFRecordOptions("GZIP")),
        TFRecordCompressionType.GZIP,
        "ZLIB",
        1,
    ]
    types = [TFRecordOptions.get_compression_type_string(options) for options in spelled]
    assert types == ["", "", "", "GZIP", "GZIP", "GZIP", "GZIP", "ZLIB", "ZLIB"]
    for wrong in ("LZ4", 7, b"GZIP"):
        with pytest.raises(ValueError, match=f'Not a valid compression_type: "{wrong}"'):
            TFRecordOptions(wrong)
        with pytest.raises(ValueError, match="Not a valid compression_type"):
            TFRecordWriter("unused", wrong)


def test_examples_survive(tmp_path):
    example = protos.Example()
    example.features.feature["x"].float_list.value.extend([1.5, 2.5])
    with TFRecordWriter(tmp_path / "file") as writer:
        writer.write(example.SerializeToString())
    (record,) = tf_record_iterator(tmp_path / "file")
    assert protos.Example.FromString(record) == example


@pytest.mark.parametrize("kind", [None, "", "GZIP", "ZLIB"])
def test_datasets_are_written(tmp_path, kind):
    path = str(tmp_path / "r")
    with tf.Graph().as_default(), tf.Session() as session:
        name = tf.placeholder(tf.string, [])
        writer = tf.data.experimental.TFRecordWriter(name, kind)
        session.run(writer.write(tf.data.Dataset.from_tensor_slices([b"a", b"bb", b""]).repeat(2)), {name: path})
        assert list(tf.io.tf_record_iterator(path, kind)) == [b"a", b"bb", b""] * 2
        with pytest.raises(tf.errors.NotFoundError):
            session.run(writer.write(tf.data.Dataset.from_tensors(b"a")), {name: str(tmp_path / "no" / "r")})


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (lambda: 3, "Expected a `tf.data.Dataset` object but got <class 'int'>"),
        (lambda: tf.data.Dataset.range(3), r"scalar `tf.string` elements.*shapes \(\) and types <dtype: 'int64'>"),
        (lambda: tf.data.Dataset.from_tensors([b"a"]), r"elements with shapes \(1,\)"),
    ],
)
def test_only_datasets_of_strings_are_written(dataset, message):
    with tf.Graph().as_default(), pytest.raises(TypeError, match=message):
        tf.data.experimental.TFRecordWriter("r").write(dataset())


@pytest.mark.parametrize("record", [3, None, [b"a"], 1.5])
def test_only_text_and_bytes_are_records(tmp_path, record):
    with tf.io.TFRecordWriter(str(tmp_path / "r")) as writer, pytest.raises(TypeError, match="binary or unicode"):
        writer.write(record)
