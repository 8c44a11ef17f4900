"""Damaged files of every format are answered with a result or a clear error, in bounded time and memory."""

from __future__ import annotations

import pathlib
import struct

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from google.protobuf.text_format import ParseError

import tfcompat.compat.v1 as tf
from tests.fuzz import check, count_of, message_mutants
from tfcompat import protos
from tfcompat.io.checkpoint.table import build_table, read_table
from tfcompat.io.crc32c import masked_crc32c

DATA = pathlib.Path(__file__).parent.parent / "data"
FEW = 200


def small_graph():
    """A graph with most of what GraphDef files have: attributes of all kinds, control edges, functions, variables."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        v = tf.get_variable("v", [3, 2], initializer=tf.ones_initializer())
        r = tf.get_variable("r", initializer=[1.0, 2.0], use_resource=True)
        with tf.control_dependencies([x]):
            y = tf.reshape(tf.matmul(x, v), [2, -1], name="y") + r
        z = tf.cond(tf.reduce_sum(y) > 0, lambda: y * 2.0, lambda: tf.concat([y, y], 0)[:2])
        w = tf.while_loop(
            lambda i, a: i < 3,
            lambda i, a: (i + 1, a + r),
            [0, z],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape(None)],
        )
        tf.transpose(tf.constant(np.arange(6).reshape(2, 3)), [1, 0], name="t")
        tf.string_split(["a b", "c"])
        tf.strided_slice(w[1], [0], [1], name="s")
        saver = tf.train.Saver()
        tf.add_to_collection("texts", "abc")
    return graph, saver


def importing(parse):
    def read(data):
        message = parse(data)
        with tf.Graph().as_default():
            tf.import_graph_def(message, name="")

    return read


def test_fuzz_graph_def():
    graph, _ = small_graph()
    sample = graph.as_graph_def(add_shapes=True).SerializeToString()
    outcomes = check(importing(tf.GraphDef.FromString), [sample], count_of(60), 1, also=(DecodeError,))
    assert outcomes["read"] < outcomes.total()


def test_fuzz_graph_def_fields():
    graph_def = small_graph()[0].as_graph_def(add_shapes=True)
    damaged = message_mutants(graph_def, count_of(60), 20)
    check(importing(tf.GraphDef.FromString), [graph_def.SerializeToString()], 0, 20, damaged=damaged)


def test_fuzz_meta_graph_fields(tmp_path):
    graph, saver = small_graph()
    path = tmp_path / "m.meta"
    with graph.as_default():
        meta = saver.export_meta_graph()

    def read(data):
        path.write_bytes(data)
        with tf.Graph().as_default():
            tf.train.import_meta_graph(str(path))

    damaged = message_mutants(meta, count_of(60), 21)
    check(read, [meta.SerializeToString()], 0, 21, damaged=damaged, also=(KeyError,))


def test_fuzz_graph_def_text():
    graph, _ = small_graph()
    sample = protos.to_text(graph.as_graph_def()).encode()
    check(
        importing(lambda data: protos.parse_text(data.decode("utf-8", "replace"), protos.GraphDef)),
        [sample],
        count_of(60),
        2,
        also=(ParseError,),
    )


@pytest.mark.parametrize("as_text", [False, True])
def test_fuzz_meta_graph(tmp_path, as_text):
    graph, saver = small_graph()
    path = tmp_path / "m.meta"
    with graph.as_default():
        saver.export_meta_graph(str(path), as_text=as_text)

    def read(data):
        path.write_bytes(data)
        with tf.Graph().as_default():
            tf.train.import_meta_graph(str(path))

    check(read, [path.read_bytes()], count_of(60), 3 + as_text)


@pytest.fixture
def checkpoint(tmp_path):
    for name in ("v2-7.index", "v2-7.data-00000-of-00001", "v1"):
        (tmp_path / name).write_bytes((DATA / "checkpoints" / name).read_bytes())
    return tmp_path


def read_all(prefix):
    reader = tf.train.NewCheckpointReader(str(prefix))
    reader.debug_string()
    for name in reader.get_variable_to_shape_map():
        reader.get_tensor(name)


def file_reader(path, prefix):
    def read(data):
        path.write_bytes(data)
        read_all(prefix)

    return read


@pytest.mark.parametrize("name", ["v2-7.index", "v2-7.data-00000-of-00001", "v1"])
def test_fuzz_checkpoint(checkpoint, name):
    path, prefix = checkpoint / name, checkpoint / name.partition(".")[0]
    check(file_reader(path, prefix), [path.read_bytes()], count_of(FEW), 5)


@pytest.mark.parametrize("name", ["v2-7.index", "v1"])
def test_fuzz_checkpoint_with_right_checksums(checkpoint, name):
    """Damaged entries in a table that is sound."""
    path, prefix = checkpoint / name, checkpoint / name.partition(".")[0]
    entries = list(read_table(path.read_bytes(), name))
    flat = b"".join(struct.pack("<II", len(k), len(v)) + k + v for k, v in entries)
    lengths = [(len(k), len(v)) for k, v in entries]

    def prepare(data):
        out, at = {}, 0
        for key_length, value_length in lengths:
            key = data[at + 8 : at + 8 + key_length]
            out[key] = data[at + 8 + key_length : at + 8 + key_length + value_length]
            at += 8 + key_length + value_length
        return build_table(sorted(out.items()))

    outcomes = check(file_reader(path, prefix), [flat], count_of(FEW), 6, prepare=prepare)
    assert outcomes["read"] < outcomes.total()


def test_fuzz_table_blocks(checkpoint):
    """Damaged blocks whose checksums are right."""
    path, prefix = checkpoint / "v2-7.index", checkpoint / "v2-7"
    good = path.read_bytes()
    size = len(good) - 48 - 3 * 5

    def prepare(data):
        for kind in (b"\0", b"\1"):
            block = data[:size]
            sealed = block + kind + struct.pack("<I", masked_crc32c(block + kind))
            index = struct.pack("<BBB", 0, 1, 4) + b"\xff" + bytes([0]) + _varint(len(block)) + b"\0"
            index = index + struct.pack("<II", 0, 1)
            offset = len(sealed)
            sealed += index + b"\0" + struct.pack("<I", masked_crc32c(index + b"\0"))
            footer = b"\0\0" + _varint(offset) + _varint(len(index))
            path.write_bytes(sealed + footer.ljust(40, b"\0") + good[-8:])
            if kind == b"\0" and data == flat:
                break
        return path.read_bytes()

    flat = good[: size // 2]
    check(lambda data: _quietly(file_reader(path, prefix), data, flat), [flat], count_of(FEW), 7, prepare=prepare)


def _varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _quietly(read, data, sample):
    try:
        read(data)
    except tf.errors.DataLossError:
        return


def frame(record):
    length = struct.pack("<Q", len(record))
    return length + struct.pack("<I", masked_crc32c(length)) + record + struct.pack("<I", masked_crc32c(record))


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_fuzz_records(tmp_path, kind):
    path = tmp_path / "r"
    with tf.io.TFRecordWriter(str(path), kind) as writer:
        for record in (b"", b"abc", bytes(300), b"x" * 1000):
            writer.write(record)

    def read(data):
        path.write_bytes(data)
        list(tf.io.tf_record_iterator(str(path), tf.io.TFRecordOptions(kind)))

    outcomes = check(read, [path.read_bytes()], count_of(FEW), 8)
    assert outcomes["DataLossError"]


def test_fuzz_records_with_right_checksums_of_lengths(tmp_path):
    path = tmp_path / "r"

    def read(data):
        path.write_bytes(data)
        list(tf.io.tf_record_iterator(str(path)))

    def prepare(data):
        return data[:8] + struct.pack("<I", masked_crc32c(data[:8])) + data[12:]

    check(read, [frame(b"abc" * 10)], count_of(FEW), 9, prepare=prepare)


def test_fuzz_events(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.constant(1.0)
        writer = tf.summary.FileWriter(str(tmp_path), graph)
        summary = tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=1.0)])
        writer.add_summary(summary, 3)
        writer.close()
    (path,) = tmp_path.iterdir()
    events = list(tf.io.tf_record_iterator(str(path)))

    def read(data):
        path.write_bytes(data)
        for event in tf.train.summary_iterator(str(path)):
            str(event)

    check(read, [path.read_bytes()], count_of(FEW), 10)
    check(read, events, count_of(FEW), 11, prepare=frame)


class TestExamples:
    """Parsing runs in a session: one for all inputs."""

    @pytest.fixture
    def session(self):
        with tf.Graph().as_default(), tf.Session() as session:
            yield session

    def samples(self):
        features = {
            "i": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2, 300])),
            "f": tf.train.Feature(float_list=tf.train.FloatList(value=[1.5, -2])),
            "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"abc", b""])),
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        lists = {"s": tf.train.FeatureList(feature=[features["i"], features["i"]])}
        sequence = tf.train.SequenceExample(
            context=example.features, feature_lists=tf.train.FeatureLists(feature_list=lists)
        )
        return [example.SerializeToString()], [sequence.SerializeToString()]

    def test_fuzz_example(self, session):
        text = tf.placeholder(tf.string, [None])
        parsed = tf.io.parse_example(
            text,
            {
                "i": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
                "f": tf.io.FixedLenFeature([2], tf.float32, [0.0, 0.0]),
                "b": tf.io.VarLenFeature(tf.string),
            },
        )
        outcomes = check(lambda data: session.run(parsed, {text: [data]}), self.samples()[0], count_of(FEW), 12)
        assert outcomes["InvalidArgumentError"]

    def test_fuzz_sequence_example(self, session):
        text = tf.placeholder(tf.string, [])
        parsed = tf.io.parse_single_sequence_example(
            text,
            {"b": tf.io.VarLenFeature(tf.string)},
            {"s": tf.io.FixedLenSequenceFeature([3], tf.int64)},
        )
        check(lambda data: session.run(parsed, {text: data}), self.samples()[1], count_of(FEW), 13)

    def test_fuzz_csv(self, session):
        text = tf.placeholder(tf.string, [])
        columns = tf.io.decode_csv(text, [[1], [0.5], [""]])
        check(lambda data: session.run(columns, {text: data}), [b'12,3.5,"a ""b"" c"', b",,"], count_of(FEW), 14)

    @pytest.mark.parametrize("kind", ["GZIP", "ZLIB"])
    def test_fuzz_compressed(self, session, kind):
        import gzip
        import zlib

        sample = (gzip.compress if kind == "GZIP" else zlib.compress)(b"abc" * 100)
        text = tf.placeholder(tf.string, [])
        plain = tf.io.decode_compressed(text, kind)
        check(lambda data: session.run(plain, {text: data}), [sample], count_of(FEW), 15)


def test_fuzz_checkpoint_state(tmp_path):
    path = tmp_path / "checkpoint"

    def read(data):
        path.write_bytes(data)
        tf.train.latest_checkpoint(str(tmp_path))

    sample = b'model_checkpoint_path: "m-3"\nall_model_checkpoint_paths: "m-2"\nall_model_checkpoint_paths: "m-3"\n'
    check(read, [sample], count_of(FEW), 16)


def test_text_with_messages_in_messages(tmp_path):
    deep = (
        'node { name: "x" op: "NoOp" attr { key: "_a" value '
        + "{ func { attr { key: '_a' value " * 3000
        + "{ i: 1 }"
        + " } } }" * 3000
        + " } }"
    )
    path = tmp_path / "m.meta"
    path.write_text(f"graph_def {{ {deep} }}")
    with pytest.raises(OSError, match="Cannot parse file"):
        tf.train.import_meta_graph(str(path))
    nested = tf.AttrValue(i=1)
    for _ in range(60):
        outer = tf.AttrValue()
        outer.func.attr["_a"].CopyFrom(nested)
        nested = outer
    graph_def = tf.GraphDef()
    graph_def.node.add(name="x", op="NoOp").attr["_a"].CopyFrom(nested)
    with pytest.raises(DecodeError):
        tf.GraphDef.FromString(graph_def.SerializeToString())
