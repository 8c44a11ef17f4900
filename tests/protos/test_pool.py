"""Descriptors equal the field table; messages of the reference come through byte for byte and letter for letter."""

import copy
import pathlib
import pickle
import subprocess
import sys

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, unknown_fields

from tfcompat import protos
from tfcompat.protos import pool

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "protos"
ROOT = pathlib.Path(__file__).parent.parent.parent
FIELD = descriptor_pb2.FieldDescriptorProto
MESSAGES = sorted(GOLDEN.glob("*.pb"))


def class_of(path):
    """The class of a golden named `label.full.name.pb`."""
    return pool.message_class(path.stem.split(".", 1)[1])


def described_fields(full_name):
    """The fields of a message as the table writes them, read back from the descriptor that was built."""
    descriptor = pool.message_class(full_name).DESCRIPTOR
    proto = descriptor_pb2.DescriptorProto()
    descriptor.CopyToProto(proto)
    declared = {field.name: field for field in proto.field}
    return {field.name: (field, declared[field.name]) for field in descriptor.fields}


def type_text(field):
    """A field's type as the table spells it."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        parts = field.message_type.fields_by_name
        return f"map<{type_text(parts['key'])},{type_text(parts['value'])}>"
    if field.message_type is not None:
        return field.message_type.full_name
    if field.enum_type is not None:
        return field.enum_type.full_name
    return FIELD.Type.Name(field.type).removeprefix("TYPE_").lower()


@pytest.mark.parametrize("path", sorted(pool.table()))
def test_descriptors_are_the_table(path):
    record = pool.table()[path]
    for name, rows in record.get("messages", {}).items():
        fields = described_fields(f"{record['package']}.{name}")
        assert set(fields) == {row[1] for row in rows}
        for number, field_name, type_name, *flags in rows:
            field, declared = fields[field_name]
            is_map = type_name.startswith("map<")
            oneof = field.containing_oneof.name if field.containing_oneof else None
            assert (field.number, type_text(field)) == (number, type_name)
            assert (declared.label == FIELD.LABEL_REPEATED) == ("repeated" in flags or is_map)
            assert (
                f"oneof:{oneof}" in flags
                or (oneof is None and not any(f.startswith("oneof") for f in flags))
                or ("optional" in flags and oneof == f"_{field_name}")
            )
            assert declared.options.packed == ("packed" in flags)
            assert field.GetOptions().deprecated == ("deprecated" in flags)
            assert field.file.name == path
    for name, values in record.get("enums", {}).items():
        assert dict(pool.enum(f"{record['package']}.{name}").items()) == values


def test_presence_follows_the_syntax():
    implicit = protos.NodeDef.DESCRIPTOR.fields_by_name["name"]
    explicit = protos.GraphDebugInfo.FileLineCol.DESCRIPTOR.fields_by_name["line"]
    optional = protos.quantization.QuantizationOptions.DESCRIPTOR.fields_by_name["freeze_all_variables"]
    assert [field.has_presence for field in (implicit, explicit, optional)] == [False, True, True]


def test_every_repeated_number_is_packed():
    # field 5 (float_val), wire type 2, one length for both values
    assert protos.TensorProto(float_val=[0.0, 1.0]).SerializeToString().hex() == "2a08000000000000803f"
    assert protos.GraphDebugInfo.StackTrace(frame_id=[1, 2]).SerializeToString()[:2] == b"\x12\x10"


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_reference_bytes_round_trip(path):
    serialized = path.read_bytes()
    message = class_of(path).FromString(serialized)
    assert message.SerializeToString(deterministic=True) == serialized
    assert_no_unknown_fields(message)


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_reference_text_is_ours(path):
    text = path.with_suffix(".pbtxt").read_text()
    message = class_of(path).FromString(path.read_bytes())
    assert protos.to_text(message) == text
    assert protos.parse_text(text, class_of(path)).SerializeToString(deterministic=True) == path.read_bytes()


def assert_no_unknown_fields(message):
    assert len(unknown_fields.UnknownFieldSet(message)) == 0, message.DESCRIPTOR.full_name
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if hasattr(value, "values"):
            children = value.values()
        else:
            children = [value] if hasattr(value, "ListFields") else value
        for child in children:
            if hasattr(child, "ListFields"):
                assert_no_unknown_fields(child)


def test_a_graph_built_here_has_the_known_bytes():
    graph = protos.GraphDef()
    node = graph.node.add(name="n", op="Const")
    node.attr["dtype"].type = protos.DataType.DT_FLOAT
    graph.versions.producer = 27
    assert graph.SerializeToString().hex() == "0a170a016e1205436f6e73742a0b0a056474797065120230012202081b"


def test_names_lead_to_messages_enums_and_packages():
    assert protos.GraphDef is pool.message_class("tensorflow.GraphDef")
    assert protos.tfprof.AdviceProto is pool.message_class("tensorflow.tfprof.AdviceProto")
    assert protos.google.protobuf.Any.DESCRIPTOR.full_name == "google.protobuf.Any"
    assert protos.DataType.Name(19) == "DT_HALF"
    assert protos.RunOptions.FULL_TRACE == 3
    assert pool.enum_value("tensorflow.OptimizerOptions.GlobalJitLevel.OFF") == -1
    assert {"GraphDef", "DataType", "to_text"} <= set(dir(protos))


def test_repr_and_kind_of_packages():
    assert repr(protos.tfprof) == "<package tensorflow.tfprof of protocol messages>"
    assert [pool.kind_of(name) for name in ("tensorflow.tfprof", "tensorflow.DataType", "tensorflow.No")] == [
        "package",
        "enums",
        None,
    ]


@pytest.mark.parametrize("name", ["NoSuchMessage", "no_such_package", "__wrapped__"])
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=name):
        getattr(protos, name)


def test_unknown_full_names_are_key_errors():
    with pytest.raises(KeyError, match=r"no message 'tensorflow\.DataType'"):
        pool.message_class("tensorflow.DataType")
    with pytest.raises(KeyError, match=r"no enum 'tensorflow\.GraphDef'"):
        pool.enum("tensorflow.GraphDef")
    with pytest.raises(KeyError, match="DT_NOTHING"):
        pool.enum_value("tensorflow.DataType.DT_NOTHING")


def test_any_resolves_in_the_private_pool():
    graph = protos.MetaGraphDef()
    graph.meta_info_def.any_info.Pack(protos.NodeDef(name="inside"))
    text = protos.to_text(graph)
    assert "[type.googleapis.com/tensorflow.NodeDef]" in text
    again = protos.parse_text(text, protos.MetaGraphDef)
    unpacked = protos.NodeDef()
    assert again.meta_info_def.any_info.Unpack(unpacked)
    assert unpacked.name == "inside"


def test_text_that_does_not_parse_names_the_place():
    with pytest.raises(text_format.ParseError, match=r'1:9 .*GraphDef" has no field named "nodes"'):
        protos.parse_text("node {} nodes {}", protos.GraphDef)
    assert protos.to_text(protos.NodeDef(name="a"), as_one_line=True) == 'name: "a"'


@pytest.mark.parametrize(
    "make",
    [
        lambda: protos.ConfigProto(device_count={"CPU": 1}),
        lambda: protos.AttrValue.ListValue(i=[1, 2]),
        lambda: protos.GraphDef(node=[protos.NodeDef(name="a")]).node[0],
        lambda: protos.tfprof.AdviceProto.Checker(reports=["r"]),
    ],
)
def test_messages_pickle_and_copy(make):
    message = make()
    again = pickle.loads(pickle.dumps(message))
    assert again == message
    assert type(again) is type(message)
    assert copy.deepcopy(message) == message
    assert pickle.loads(pickle.dumps(type(message))) is type(message)


def test_the_default_pool_stays_free():
    """Another owner of the same names, as the real TensorFlow is, lives beside ours."""
    _ = protos.GraphDef
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("tensorflow.VersionDef")
    other = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(
        name="tensorflow/core/framework/versions.proto", package="tensorflow", syntax="proto3"
    )
    message = file.message_type.add(name="VersionDef")
    message.field.add(name="producer", number=1, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL)
    other.AddSerializedFile(file.SerializeToString())
    theirs = message_factory.GetMessageClass(other.FindMessageTypeByName("tensorflow.VersionDef"))
    assert theirs is not protos.VersionDef
    assert protos.VersionDef.FromString(theirs(producer=5).SerializeToString()).producer == 5


def test_first_graph_def_needs_few_files():
    """The first message builds only the files it depends on."""
    program = (
        "from tfcompat import protos\n"
        "protos.GraphDef()\n"
        "from tfcompat.protos import pool\n"
        "print(len(pool._named_files))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert int(output) < 15


def test_threads_get_the_same_classes():
    program = (
        "import threading\n"
        "from tfcompat import protos\n"
        "from tfcompat.protos import pool\n"
        "names = pool.names('messages')\n"
        "seen = [[] for _ in range(8)]\n"
        "def work(out):\n"
        "    out.extend(pool.message_class(n) for n in names)\n"
        "threads = [threading.Thread(target=work, args=(out,)) for out in seen]\n"
        "[t.start() for t in threads]\n"
        "[t.join() for t in threads]\n"
        "assert all(len(out) == len(names) and all(a is b for a, b in zip(out, seen[0])) for out in seen)\n"
        "print('same')\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout == "same\n", result.stderr
