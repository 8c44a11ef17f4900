"""Graphs in files that TensorFlow 2.15.1 wrote (`scripts/record_graphs.py`): read, run, and written again."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from google.protobuf import text_format

import tfcompat.compat.v1 as tf
from tfcompat import protos

DATA = pathlib.Path(__file__).parent.parent / "data" / "graphs"


def graph_def(name):
    data = (DATA / name).read_bytes()
    return text_format.Parse(data, tf.GraphDef()) if name.endswith("txt") else tf.GraphDef.FromString(data)


@pytest.fixture(scope="module")
def values():
    return dict(np.load(DATA / "values.npz"))


@pytest.mark.parametrize("name", ["model.pb", "model.pbtxt", "frozen.pb"])
def test_what_is_read_is_written_again(name):
    message = graph_def(name)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
    again = graph.as_graph_def()
    assert list(again.node) == list(message.node)
    functions = {f.signature.name: f for f in again.library.function}
    for function in message.library.function:
        assert functions[function.signature.name] == function
    assert again.versions.producer == message.versions.producer


def test_text_is_the_same_byte_for_byte(tmp_path):
    tf.io.write_graph(graph_def("model.pb"), str(tmp_path), "model.pbtxt")
    ours, theirs = (
        text_format.Parse(p.read_bytes(), tf.GraphDef()) for p in (tmp_path / "model.pbtxt", DATA / "model.pbtxt")
    )
    assert ours == theirs
    assert protos.to_text(theirs).encode() == (tmp_path / "model.pbtxt").read_bytes()


def test_the_frozen_graph_runs(values):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def("frozen.pb"), name="")
        assert np.array_equal(session.run("out:0", {"x:0": values["x"]}), values["out"])


def test_freezing_gives_the_same_graph(values):
    """But for the names of functions, which have the reference's counters in them."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def("model.pb"), name="")
        session.run(["w/Assign", "r/Assign"])
        assert np.array_equal(session.run("out:0", {"x:0": values["x"]}), values["out"])
        ours = tf.graph_util.convert_variables_to_constants(session, session.graph.as_graph_def(), ["out"])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(ours, name="")
        assert np.array_equal(session.run("out:0", {"x:0": values["x"]}), values["out"])
    theirs = graph_def("frozen.pb")
    assert [n.name for n in ours.node] == [n.name for n in theirs.node]
    for one, other in zip(ours.node, theirs.node, strict=True):
        for node in (one, other):
            node.attr.pop("_read_only_resource_inputs", None)
            for attr in ("then_branch", "else_branch", "cond", "body"):
                if attr in node.attr:
                    node.attr[attr].func.name = attr
        assert one == other
    assert len(ours.library.function) == len(theirs.library.function)


def test_events_with_a_graph_and_metadata(tmp_path):
    theirs = list(tf.train.summary_iterator(str(DATA / "events.tfevents")))
    assert [e.WhichOneof("what") for e in theirs] == [
        "file_version", "graph_def", "tagged_run_metadata", "session_log",
    ]  # fmt: skip
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def("model.pb"), name="")
    writer = tf.summary.FileWriter(str(tmp_path))
    writer.add_graph(graph)
    writer.add_run_metadata(tf.RunMetadata.FromString(theirs[2].tagged_run_metadata.run_metadata), "run 1", 1)
    writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 1)
    writer.close()
    (path,) = tmp_path.iterdir()
    ours = list(tf.train.summary_iterator(str(path)))
    assert [(e.WhichOneof("what"), e.step) for e in ours] == [(e.WhichOneof("what"), e.step) for e in theirs]
    assert tf.GraphDef.FromString(ours[1].graph_def).node == tf.GraphDef.FromString(theirs[1].graph_def).node
    for kind in ("tagged_run_metadata", "session_log"):
        (one,), (other,) = (
            [getattr(e, kind) for e in events if e.WhichOneof("what") == kind] for events in (ours, theirs)
        )
        assert one == other


def test_nodes_in_any_order_are_made_as_the_reference_makes_them():
    message = graph_def("frozen.pb")
    message.node.sort(key=lambda n: n.name)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
    assert [o.name for o in graph.get_operations()][:8] == [
        "Const", "Const_1", "Greater/y", "r", "add/ReadVariableOp", "w", "w/read", "while/loop_counter",
    ]  # fmt: skip


def test_functions_that_call_themselves_are_refused():
    call = """op: "PartitionedCall" attr { key: "f" value { func { name: "f" } } }
      attr { key: "Tin" value { list { type: DT_FLOAT } } } attr { key: "Tout" value { list { type: DT_FLOAT } } }"""
    message = text_format.Parse(
        f"""node {{ name: "x" op: "Placeholder" attr {{ key: "dtype" value {{ type: DT_FLOAT }} }} }}
        node {{ name: "y" input: "x" {call} }}
        library {{ function {{
          signature {{ name: "f" input_arg {{ name: "a" type: DT_FLOAT }} output_arg {{ name: "b" type: DT_FLOAT }} }}
          ret {{ key: "b" value: "c:output:0" }} node_def {{ name: "c" input: "a" {call} }} }} }}""",
        tf.GraphDef(),
    )
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(message, name="")
        with pytest.raises(ValueError, match="the function 'f' calls itself"):
            session.run("y:0", {"x:0": 1.0})


def placeholders(*names):
    node = "node { name: '%s' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }"
    return protos.parse_text("".join(node % n for n in names), protos.GraphDef)


def test_names_that_operations_or_scopes_have_are_not_given_again():
    with tf.Graph().as_default():
        names = [tf.import_graph_def(placeholders("a"), name=n, return_elements=["a"])[0].name for n in ("", "A", "a")]
        names += [
            tf.import_graph_def(placeholders("a", "A_1"), name="", return_elements=[n])[0].name for n in ("a", "A_1")
        ]
    assert names == ["a", "A_1/a", "a_2/a", "a_1", "A_1_2"]


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("b:0", "Requested return tensor 'b:0' not found"),
        ("a:b:0", "Cannot convert 'a:b:0' to a tensor name"),
        ("a:1", "Invalid return output 1"),
    ],
)
def test_elements_that_are_not_there_are_named(element, message):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
        tf.import_graph_def(placeholders("a"), return_elements=[element])


def test_functions_call_functions_by_name():
    """As `Defun` does it: the op type of a node is the name of a function, in functions too."""
    text = """
        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "y" op: "outer" input: "x" }
        library {
          function {
            signature { name: "outer" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "r" type: DT_FLOAT } }
            node_def { name: "once" op: "inner" input: "a" }
            node_def { name: "twice" op: "inner" input: "once:r:0" }
            ret { key: "r" value: "twice:r:0" }
          }
          function {
            signature { name: "inner" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "r" type: DT_FLOAT } }
            node_def { name: "square" op: "Square" input: "a" attr { key: "T" value { type: DT_FLOAT } } }
            ret { key: "r" value: "square:y:0" }
          }
        }
        versions { producer: 1000 }
    """
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(text_format.Parse(text, tf.GraphDef()), name="")
        assert session.run("y:0", {"x:0": [3.0, -2.0]}).tolist() == [81.0, 16.0]


def constants(*dims, value=3.0):
    """A graph with a constant of one value, and its shape."""
    message = tf.GraphDef()
    message.versions.producer = 1645
    node = message.node.add(name="c", op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    tensor = node.attr["value"].tensor
    tensor.dtype = tf.float32.as_datatype_enum
    tensor.float_val.append(value)
    for size in dims:
        tensor.tensor_shape.dim.add(size=size)
    node = message.node.add(name="s", op="Shape", input=["c"])
    node.attr["T"].type = tf.float32.as_datatype_enum
    node.attr["out_type"].type = tf.int64.as_datatype_enum
    return message


def test_a_huge_constant_of_one_value_takes_no_memory():
    message = constants(200_000, 1_000_000)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(message, name="")
        assert session.run("s:0").tolist() == [200_000, 1_000_000]
        again = graph.as_graph_def()
        with pytest.raises(tf.errors.ResourceExhaustedError, match="memory"):
            session.run("c:0")
    assert again.node[0].attr["value"] == message.node[0].attr["value"]
    with tf.Graph().as_default(), pytest.raises(ValueError, match="does not fit into memory"):
        tf.import_graph_def(constants(1 << 31, 1 << 31), name="")


def test_constants_of_one_value_are_written_as_one_value():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        c = tf.constant(2, shape=[3, 4])
        tf.constant(np.broadcast_to(np.float32(1), [5]))
        value = session.run(c)
        value += 1
        assert (value == 3).all()
    whole, given = (n.attr["value"].tensor for n in graph.as_graph_def().node)
    assert list(whole.int_val) == [2]
    assert given.tensor_content == np.ones(5, np.float32).tobytes()


def test_a_large_constant_of_one_value_is_a_node_in_onnx(tmp_path):
    import onnx
    import onnxruntime

    from tfcompat.onnx import export

    with tf.Graph().as_default(), tf.Session() as session:
        (c,) = tf.import_graph_def(constants(4000, 2000), name="", return_elements=["c:0"])
        y = tf.reduce_sum(c * tf.placeholder(tf.float32, [], name="x"), [0, 1])
        export({"y": y}, {"x": "x:0"}, session, str(tmp_path / "m.onnx"))
    assert (tmp_path / "m.onnx").stat().st_size < 2000
    assert "ConstantOfShape" in [n.op_type for n in onnx.load(tmp_path / "m.onnx").graph.node]
    run = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"]).run
    np.testing.assert_allclose(run(None, {"x": np.array(2, np.float32)})[0], 48e6, rtol=1e-4)


def doubled():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2], name="x")
        with tf.device("/gpu:1"):
            y = tf.identity(x, name="y")
        tf.add(y, x, name="z")
    return graph.as_graph_def()


def test_imported_nodes_take_the_scopes_around_them():
    with tf.Graph().as_default() as graph:
        with tf.control_dependencies([tf.no_op("before")]):
            tf.import_graph_def(doubled(), name="a")
        with tf.colocate_with(tf.constant(1, name="k")):
            tf.import_graph_def(doubled(), name="b")
    nodes = {n.name: n for n in graph.as_graph_def().node}
    assert [nodes[f"a/{n}"].input[-1] for n in "xyz"] == ["^before"] * 3
    assert [list(nodes[f"b/{n}"].attr["_class"].list.s) for n in "xyz"] == [[b"loc:@k"]] * 3
    assert nodes["a/y"].device == "/device:GPU:1"


@pytest.mark.parametrize("source", ["x:-1", "x:y", "x:", "x:0:0"])
def test_inputs_that_are_no_outputs_are_unknown(source):
    message = doubled()
    message.node[1].input[0] = source
    with tf.Graph().as_default(), pytest.raises(ValueError, match="Unknown input node"):
        tf.import_graph_def(message)
