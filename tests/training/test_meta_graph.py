"""Meta graphs: scopes, collections and savers, as TensorFlow 2.15.1 writes and reads them."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import text_format

import tfcompat.compat.v1 as tf


def names(graph_def):
    return [n.name for n in graph_def.node]


def collections(graph):
    return {
        k: [getattr(m, "name", m) for m in graph.get_collection(k)] for k in sorted(graph.get_all_collection_keys())
    }


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.fixture
def scoped(graph):
    """A meta graph of the scope `hid` of a graph with all kinds of collections."""
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    with tf.name_scope("hid"):
        w = tf.Variable(tf.zeros([3, 2]), name="w")
        y = tf.nn.relu(tf.matmul(x, w), name="y")
    tf.identity(y, name="after")
    for name, members in {"nodes": [y, x], "strings": ["abc"], "ints": [4], "floats": [4.5], "objects": [object()],
                          "mixed": [y, 3]}.items():  # fmt: skip
        for member in members:
            tf.add_to_collection(name, member)
    return tf.train.export_meta_graph(export_scope="hid")


def test_a_scope_without_its_name(scoped):
    assert names(scoped.graph_def) == ["zeros", "w", "w/Assign", "w/read", "MatMul", "y"]
    nodes = {n.name: n for n in scoped.graph_def.node}
    assert list(nodes["MatMul"].input) == ["$unbound_inputs_x", "w/read"]
    assert list(nodes["w/Assign"].attr["_class"].list.s) == [b"loc:@w"]
    assert list(scoped.collection_def["unbound_inputs"].bytes_list.value) == [b"$unbound_inputs_x"]
    assert sorted(scoped.collection_def) == [
        "floats",
        "ints",
        "nodes",
        "trainable_variables",
        "unbound_inputs",
        "variables",
    ]
    assert list(scoped.collection_def["nodes"].node_list.value) == ["y:0"]
    assert [o.name for o in scoped.meta_info_def.stripped_op_list.op] == [
        "Assign", "Const", "Identity", "MatMul", "Relu", "VariableV2",
    ]  # fmt: skip


def test_unbound_inputs_have_to_be_bound(scoped):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=r"unbound inputs: \$unbound_inputs_x. Must provide"):
        tf.train.import_meta_graph(scoped)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.ones([2, 3], name="mine")
        saver = tf.train.import_meta_graph(scoped, import_scope="new", input_map={"$unbound_inputs_x": x})
        assert collections(graph) == {
            "floats": [4.5],
            "ints": [4],
            "nodes": ["new/y:0"],
            "trainable_variables": ["new/w:0"],
            "variables": ["new/w:0"],
        }
        assert saver.saver_def.restore_op_name == "save/restore_all"
        session.run(tf.global_variables_initializer())
        assert session.run("new/y:0").tolist() == [[0, 0], [0, 0]]


def test_below_the_name_scope_that_is_open(scoped):
    with tf.Graph().as_default() as graph:
        with tf.name_scope("outer"):
            tf.train.import_meta_graph(scoped, input_map={"$unbound_inputs_x": tf.zeros([2, 3])})
        assert collections(graph)["nodes"] == ["outer/y:0"]
        with tf.name_scope("outer"):
            tf.train.import_meta_graph(scoped, import_scope="in", input_map={"$unbound_inputs_x": tf.zeros([2, 3])})
        assert collections(graph)["nodes"] == ["outer/y:0", "outer_1/in/y:0"]


def test_everything_comes_back(graph, tmp_path):
    v = tf.get_variable("v", initializer=1.0)
    queue = tf.FIFOQueue(10, [tf.float32])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(v)] * 2))
    first = tf.train.Saver()
    tf.add_to_collection("savers", first)
    path = str(tmp_path / "m.meta")
    for as_text in (False, True):
        meta = first.export_meta_graph(path, as_text=as_text)
        with tf.Graph().as_default() as other:
            saver = tf.train.import_meta_graph(path)
            assert saver.as_saver_def() == first.as_saver_def()
            again = saver.export_meta_graph()
            (runner,) = other.get_collection("queue_runners")
            assert runner.queue.name == "fifo_queue"
            (w,) = tf.global_variables()
            assert other.get_collection("trainable_variables")[0] is w
        assert again.graph_def.node == meta.graph_def.node
        assert again.collection_def == meta.collection_def
        assert again.meta_info_def == meta.meta_info_def


def test_control_flow_contexts_are_kept(graph):
    """They are in files of TensorFlow with control flow of version 1."""
    meta = tf.train.export_meta_graph()
    cond = text_format.Parse(
        'context_name: "c/t" pred_name: "c/p:0" pivot_name: "c/s:0" branch: 1 '
        'values_def { values: "c/x:0" external_values { key: "c/x:0" value: "x:0" } }',
        _proto("CondContextDef")(),
    )
    loop = text_format.Parse(
        'context_name: "w" parallel_iterations: 10 back_prop: true pivot_name: "w/c:0" loop_exit_names: "w/Exit:0" '
        f"nested_contexts {{ cond_ctxt {{ {text_format.MessageToString(cond)} }} }}",
        _proto("WhileContextDef")(),
    )
    meta.collection_def["cond_context"].bytes_list.value.append(cond.SerializeToString())
    meta.collection_def["while_context"].bytes_list.value.append(loop.SerializeToString())
    for scope in (None, "new"):
        with tf.Graph().as_default():
            tf.train.import_meta_graph(meta, import_scope=scope)
            (kept,) = tf.get_collection("while_context")
            assert kept.name == ("new/w" if scope else "w")
            inner = kept.to_proto().nested_contexts[0].cond_ctxt
            assert inner.values_def.external_values == ({"new/c/x:0": "new/x:0"} if scope else {"c/x:0": "x:0"})
            again = tf.train.export_meta_graph(export_scope=scope)
        for name, message in (("cond_context", cond), ("while_context", loop)):
            assert type(message).FromString(again.collection_def[name].bytes_list.value[0]) == message


def _proto(name):
    from tfcompat import protos

    return getattr(protos, name)


def test_other_savers_are_left_out(graph):
    tf.get_variable("v", initializer=1.0)
    first, second = tf.train.Saver(), tf.train.Saver(sharded=True)
    for saver in (first, second):
        tf.add_to_collection("savers", saver)
    for saver, scope, other in ((first, "save/", "save_1/"), (second, "save_1/", "save/")):
        meta = saver.export_meta_graph(clear_extraneous_savers=True)
        assert any(n.startswith(scope) for n in names(meta.graph_def))
        assert not any(n.startswith(other) for n in names(meta.graph_def))
        assert len(meta.collection_def["savers"].bytes_list.value) == 1


def test_devices_defaults_and_unknown_op_types(graph):
    with tf.device("/cpu:0"):
        tf.placeholder(tf.float32, name="x")
    meta = tf.train.export_meta_graph(clear_devices=True, strip_default_attrs=True)
    assert [n.device for n in meta.graph_def.node] == [""]
    assert sorted(meta.graph_def.node[0].attr) == ["_output_shapes", "dtype"]
    graph_def = tf.GraphDef()
    graph_def.node.add(name="n", op="NobodyKnows")
    meta = tf.train.export_meta_graph(graph_def=graph_def, strip_default_attrs=True)
    assert names(meta.graph_def) == ["n"]
    assert not meta.meta_info_def.stripped_op_list.op


@pytest.mark.parametrize("text", [b"", b"\xff\xff\xff", b"node {", b"graph_def { node { name: 3 } }"])
def test_files_that_are_no_meta_graphs(graph, tmp_path, text):
    (tmp_path / "m.meta").write_bytes(text)
    if text:
        with pytest.raises(OSError, match="Cannot parse file"):
            tf.train.import_meta_graph(str(tmp_path / "m.meta"))
    with pytest.raises(OSError, match="does not exist"):
        tf.train.import_meta_graph(str(tmp_path / "none.meta"))


def test_datasets_and_their_functions_come_back(graph):
    dataset = tf.data.Dataset.range(3).map(lambda x: x * x)
    tf.identity(tf.data.make_one_shot_iterator(dataset).get_next(), name="out")
    meta = tf.train.export_meta_graph()
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(meta, import_scope="new")
        assert [int(session.run("new/out:0")) for _ in range(3)] == [0, 1, 4]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run("new/out:0")


def test_restore_ops_of_old_graphs(graph, tmp_path):
    value = np.arange(12, dtype=np.float32).reshape(3, 4)
    tf.get_variable("v", initializer=value)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
        whole = tf.raw_ops.Restore(file_pattern=path, tensor_name="v", dt=tf.float32)
        part = tf.raw_ops.RestoreSlice(file_pattern=path, tensor_name="v", shape_and_slice="3 4 0,1:-", dt=tf.float32)
        assert part.shape == [1, 4]
        assert np.array_equal(session.run(whole), value)
        assert np.array_equal(session.run(part), value[:1])
    with pytest.raises(ValueError, match="Dimension must be 2 but is 3"):
        tf.raw_ops.RestoreV2(prefix="m", tensor_names=["a"] * 3, shape_and_slices=["", ""], dtypes=[tf.float32] * 2)


def test_the_global_step_is_a_variable_again(tmp_path):
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        meta = tf.train.export_meta_graph(str(tmp_path / "new" / "m.meta"))
        assert meta.collection_def["global_step"].bytes_list.value[0] == step.to_proto().SerializeToString()
    with tf.Graph().as_default():
        tf.train.import_meta_graph(str(tmp_path / "new" / "m.meta"))
        again = tf.train.get_global_step()
        assert again is tf.global_variables()[0]
        assert isinstance(again, tf.Variable)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"graph_def": 3}, "graph_def must be of type GraphDef"),
        ({"meta_info_def": 3}, "meta_info_def must be of type MetaInfoDef"),
        ({"saver_def": 3}, "saver_def must be of type SaverDef"),
        ({"other": 3}, "unexpected keyword argument 'other'"),
    ],
)
def test_arguments_of_other_types_are_refused(arguments, message):
    with tf.Graph().as_default(), pytest.raises(TypeError, match=message):
        tf.train.export_meta_graph(**arguments)


def test_savers_outside_a_scope_leave_no_list():
    with tf.Graph().as_default():
        with tf.variable_scope("part"):
            tf.get_variable("v", [1])
        tf.add_to_collection(tf.GraphKeys.SAVERS, tf.train.Saver())
        meta = tf.train.export_meta_graph(export_scope="part")
        assert meta.collection_def["savers"].WhichOneof("kind") is None


@pytest.mark.parametrize("use_resource", [True, False])
def test_a_variable_that_names_what_the_graph_lacks_is_refused(use_resource):
    with tf.Graph().as_default():
        tf.get_variable("v", [2], use_resource=use_resource)
        meta = tf.train.export_meta_graph()
    for collection in meta.collection_def.values():
        for i, member in enumerate(collection.bytes_list.value):
            collection.bytes_list.value[i] = member.replace(b"Initializer", b"Initialyzer")
    with tf.Graph().as_default(), pytest.raises(ValueError, match="variables names what is not in the graph"):
        tf.train.import_meta_graph(meta)
