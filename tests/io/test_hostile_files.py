"""Files that are made to take time, memory or files of others are refused; `tests/io/test_fuzz_files.py` has damage."""

from __future__ import annotations

import struct

import pytest

import tfcompat.compat.v1 as tf
from tests.fuzz import limits
from tfcompat import protos
from tfcompat.io.checkpoint import table
from tfcompat.io.checkpoint.snappy import decompress
from tfcompat.io.crc32c import masked_crc32c

FLOAT = tf.float32.as_datatype_enum


def placeholder():
    message = tf.GraphDef()
    message.versions.producer = 1645
    message.node.add(name="x", op="Placeholder").attr["dtype"].type = FLOAT
    return message


def imported(message):
    with tf.Graph().as_default():
        tf.import_graph_def(message, name="")


@pytest.mark.parametrize("count", [-(2**63), -1, 1 << 21, 2**62])
@pytest.mark.parametrize(("op_type", "attr"), [("AddN", "N"), ("Unpack", "num")])
def test_numbers_of_inputs_and_outputs(op_type, attr, count):
    message = placeholder()
    node = message.node.add(name="n", op=op_type, input=["x"])
    node.attr["T"].type = FLOAT
    node.attr[attr].i = count
    with limits(2, 500), pytest.raises(ValueError, match=r"must be at least|at most 65536"):
        imported(message)


@pytest.mark.parametrize("name", ["a\0b", "/etc/passwd", "a:0", "^a", "", "é", "a b"])
def test_names_that_are_no_names(name):
    message = placeholder()
    message.node.add(name=name, op="NoOp")
    with pytest.raises(ValueError, match="invalid characters"):
        imported(message)


@pytest.mark.parametrize("dims", [[-5], [2**62, 4], [2**31] * 3, [-(2**63)]])
def test_sizes_of_constants(dims):
    message = placeholder()
    value = message.node.add(name="c", op="Const")
    value.attr["dtype"].type = FLOAT
    tensor = value.attr["value"].tensor
    tensor.dtype = FLOAT
    tensor.float_val.append(1)
    for size in dims:
        tensor.tensor_shape.dim.add(size=size)
    with limits(2, 500), pytest.raises(ValueError, match=r"too large|negative|>= 0|memory"):
        imported(message)


def test_two_values_for_a_huge_tensor_are_refused():
    message = placeholder()
    value = message.node.add(name="c", op="Const")
    value.attr["dtype"].type = FLOAT
    value.attr["value"].tensor.dtype = FLOAT
    value.attr["value"].tensor.float_val.extend([1, 2])
    value.attr["value"].tensor.tensor_shape.dim.add(size=10**9)
    with limits(2, 500), pytest.raises(ValueError, match="2 values stand for"):
        imported(message)


@pytest.mark.parametrize("edge", ["b", "^b"])
def test_cycles(edge):
    message = placeholder()
    message.node.add(name="a", op="NoOp" if edge[0] == "^" else "Identity", input=[edge]).attr["T"].type = FLOAT
    message.node.add(name="b", op="NoOp" if edge[0] == "^" else "Identity", input=[edge.replace("b", "a")])
    message.node[-1].attr["T"].type = FLOAT
    with pytest.raises(ValueError, match="cycle"):
        imported(message)


def library(levels, copies, by_name):
    """Functions, each of which calls the next one `copies` times in a row, and a call of the first one."""
    message = placeholder()

    def call(nodes, name, target, source):
        node = nodes.add(name=name, op=target if by_name else "PartitionedCall", input=[source])
        if not by_name:
            node.attr["f"].func.name = target
            node.attr["Tin"].list.type.append(FLOAT)
            node.attr["Tout"].list.type.append(FLOAT)

    for level in range(levels):
        function = message.library.function.add()
        function.signature.name = f"f{level}"
        function.signature.input_arg.add(name="x", type=FLOAT)
        function.signature.output_arg.add(name="y", type=FLOAT)
        last = "x"
        for i in range(copies):
            if level == levels - 1:
                function.node_def.add(name=f"c{i}", op="Neg", input=[last]).attr["T"].type = FLOAT
                last = f"c{i}:y:0"
            else:
                call(function.node_def, f"c{i}", f"f{(level + 1)}", last)
                last = f"c{i}:{'y' if by_name else 'output'}:0"
        function.ret["y"] = last
    call(message.node, "y", "f0", "x")
    return message


def answer(message):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(message, name="")
        return session.run("y:0", {"x:0": 3.0})


@pytest.mark.parametrize("by_name", [False, True])
def test_functions_that_call_one_another(by_name):
    assert answer(library(3, 3, by_name)) == -3
    assert answer(library(60, 1, by_name)) == -3
    with limits(60, 1000), pytest.raises(ValueError, match="which has 62 nodes, make more than"):
        answer(library(30, 2, by_name))
    with limits(60, 1000), pytest.raises(ValueError, match="more than 100 levels deep"):
        answer(library(1000, 1, by_name))


@pytest.mark.parametrize("by_name", [False, True])
def test_functions_that_call_themselves(by_name):
    message = library(2, 1, by_name)
    node = message.library.function[1].node_def[0]
    node.CopyFrom(message.library.function[0].node_def[0])
    message.library.function[1].ret["y"] = "c0:y:0" if by_name else "c0:output:0"
    with pytest.raises(ValueError, match="calls itself"):
        answer(message)


def checkpoint(folder, **fields):
    entry = protos.BundleEntryProto(**{"dtype": FLOAT, "size": 8, **fields})
    header = protos.BundleHeaderProto(num_shards=1).SerializeToString()
    (folder / "m.index").write_bytes(table.build_table([(b"", header), (b"a", entry.SerializeToString())]))
    (folder / "m.data-00000-of-00001").write_bytes(bytes(64))
    reader = tf.train.NewCheckpointReader(str(folder / "m"))
    reader.get_variable_to_dtype_map()
    return reader.get_tensor("a")


@pytest.mark.parametrize(
    "fields",
    [{"offset": -8}, {"offset": 2**62}, {"size": -1}, {"size": 2**62}, {"dtype": 99}, {"dtype": 7, "size": 64}],
)
def test_entries_of_checkpoints(tmp_path, fields):
    shape = protos.TensorShapeProto(dim=[protos.TensorShapeProto.Dim(size=2**40 if "dtype" in fields else 2)])
    with limits(2, 500), pytest.raises(tf.errors.DataLossError):
        checkpoint(tmp_path, shape=shape, **fields)


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def test_blocks_that_expand():
    block = varint(2**32 - 1) + b"\0a" + b"\xfe\1\0" * 1000
    with limits(2, 200), pytest.raises(tf.errors.DataLossError, match="claims 4294967295 bytes, more than"):
        decompress(block, 64 * len(block))
    with limits(2, 200), pytest.raises(tf.errors.DataLossError, match="holds 64001 bytes and claims"):
        decompress(block, 1 << 40)


def test_blocks_that_are_named_again_and_again(tmp_path):
    inner, index = table._BlockBuilder(), table._BlockBuilder()
    inner.add(b"a" * 1000, bytes(100_000))
    block = inner.finish()
    for i in range(20_000):
        index.add(b"k%08d" % i, varint(0) + varint(len(block)))
    sealed, ends = table._sealed(block), table._sealed(index.finish())
    footer = b"\0\0" + varint(len(sealed)) + varint(len(ends) - 5)
    (tmp_path / "m.index").write_bytes(sealed + ends + footer.ljust(40, b"\0") + table.MAGIC)
    with limits(2, 500), pytest.raises(tf.errors.DataLossError, match="blocks of the table overlap"):
        tf.train.NewCheckpointReader(str(tmp_path / "m"))


@pytest.mark.parametrize("length", [2**40, 2**63, 2**64 - 1])
def test_lengths_of_records(tmp_path, length):
    head = struct.pack("<Q", length)
    (tmp_path / "r").write_bytes(head + struct.pack("<I", masked_crc32c(head)) + b"abc")
    with limits(2, 500), pytest.raises(tf.errors.DataLossError, match="truncated record"):
        list(tf.io.tf_record_iterator(str(tmp_path / "r")))


@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001"])
def test_checkpoints_do_not_lead_out_of_a_model(tmp_path, ending):
    """The variables of a model, as a link to a file elsewhere."""
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", initializer=7.0)
        session.run(v.initializer)
        tf.saved_model.simple_save(session, str(tmp_path / "m"), {"v": v}, {"w": tf.identity(v)})
    outside = tmp_path / "outside"
    inside = tmp_path / "m" / "variables" / f"variables.{ending}"
    inside.rename(outside)
    inside.symlink_to(outside)
    with tf.Graph().as_default(), tf.Session() as session, pytest.raises(tf.errors.PermissionDeniedError):
        tf.saved_model.load(session, ["serve"], str(tmp_path / "m"))
