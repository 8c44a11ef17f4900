"""`tf.graph_util` and `write_graph`; structures as TensorFlow 2.15.1 gives them for the same programs."""

from __future__ import annotations

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def structure(graph_def):
    return [(n.name, n.op, *n.input) for n in graph_def.node]


def run_frozen(graph_def, output, feeds):
    with tf.Graph().as_default(), tf.Session() as session:
        (out,) = tf.import_graph_def(graph_def, return_elements=[output], name="")
        return session.run(out, feeds)


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_reads_and_gathers_of_both_kinds_of_variables(session):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    v = tf.get_variable("v", initializer=np.array([[1, 2], [3, 4]], np.float32))
    r = tf.get_variable("r", initializer=np.array([[5, 6], [7, 8]], np.float32), use_resource=True)
    y = tf.matmul(tf.matmul(x, v), r)
    out = tf.add(y, tf.nn.embedding_lookup(r, [1, 0]), name="out")
    tf.get_variable("unused", initializer=1.0)
    session.run(tf.global_variables_initializer())
    feeds = {"x:0": np.array([[1, -1], [2, 0.5]], np.float32)}
    expected = session.run(out, feeds)
    frozen = tf.graph_util.convert_variables_to_constants(session, session.graph.as_graph_def(), ["out"])
    assert structure(frozen) == [
        ("x", "Placeholder"),
        ("v", "Const"),
        ("v/read", "Identity", "v"),
        ("r", "Const"),
        ("MatMul", "MatMul", "x", "v/read"),
        ("MatMul_1/ReadVariableOp", "Identity", "r"),
        ("MatMul_1", "MatMul", "MatMul", "MatMul_1/ReadVariableOp"),
        ("embedding_lookup/ids", "Const"),
        ("embedding_lookup", "GatherV2", "r", "embedding_lookup/ids", "embedding_lookup/axis"),
        ("embedding_lookup/Identity", "Identity", "embedding_lookup"),
        ("out", "AddV2", "MatMul_1", "embedding_lookup/Identity"),
        ("embedding_lookup/axis", "Const"),
    ]
    assert not frozen.HasField("versions")
    assert np.array_equal(run_frozen(frozen, "out:0", feeds), expected)


def test_white_and_black_lists(session):
    a, b = (tf.get_variable(n, initializer=1.0, use_resource=True) for n in "ab")
    tf.add(a, b, name="out")
    session.run(tf.global_variables_initializer())
    for lists in ({"variable_names_whitelist": ["a"]}, {"variable_names_blacklist": ["b"]}):
        frozen = tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["out"], **lists)
        types = {n.name: n.op for n in frozen.node}
        assert types["a"] == "Const"
        assert types["b"] == "VarHandleOp"
        assert sorted(o for n, o in types.items() if "ReadVariableOp" in n) == ["Identity", "ReadVariableOp"]


def test_variables_in_branches_and_loops(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    v = tf.get_variable("v", initializer=np.array([2, 3], np.float32))
    r = tf.get_variable("r", initializer=np.array([5, 7], np.float32), use_resource=True)

    def body(i, a):
        inner = tf.cond(i > 1, lambda: r * a, lambda: tf.gather(r, [1, 0]))
        return i + 1, inner + r * v

    chosen = tf.cond(tf.reduce_sum(x) > 0, lambda: x * r, lambda: x + v)
    loop = tf.while_loop(lambda i, a: i < tf.shape(r)[0] + 1, body, [0, chosen])
    out = tf.identity(loop[1], name="out")
    session.run(tf.global_variables_initializer())
    frozen = tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["out"])
    assert not {n.op for f in frozen.library.function for n in f.node_def} & {"ReadVariableOp", "ResourceGather"}
    for fed in ([1, 2], [-1, -2]):
        assert np.array_equal(run_frozen(frozen, "out:0", {"x:0": fed}), session.run(out, {x: fed}))


def test_version_1_control_flow_with_handles(session):
    """What TensorFlow records with control flow of version 1: handles through Switch, and into a frame."""
    text = """
      node { name: "p" op: "Placeholder" attr { key: "dtype" value { type: DT_BOOL } } }
      node { name: "r" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } }
             attr { key: "shape" value { shape {} } } attr { key: "shared_name" value { s: "r" } } }
      node { name: "init" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
             attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 3 } } } }
      node { name: "assign" op: "AssignVariableOp" input: "r" input: "init"
             attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "s" op: "Switch" input: "r" input: "p" attr { key: "T" value { type: DT_RESOURCE } } }
      node { name: "yes" op: "ReadVariableOp" input: "s:1" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "no" op: "ReadVariableOp" input: "s" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "neg" op: "Neg" input: "no" attr { key: "T" value { type: DT_FLOAT } } }
      node { name: "m" op: "Merge" input: "neg" input: "yes" attr { key: "T" value { type: DT_FLOAT } }
             attr { key: "N" value { i: 2 } } }"""
    from google.protobuf import text_format

    tf.import_graph_def(text_format.Parse(text, tf.GraphDef()), name="")
    session.run("assign")
    frozen = tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["m"])
    nodes = {n.name: n for n in frozen.node}
    assert [nodes[n].op for n in ("r", "yes", "no", "neg")] == ["Const", "Identity", "Identity", "Neg"]
    assert {nodes[n].attr["T"].type for n in ("s", "yes", "no", "m")} == {tf.float32.as_datatype_enum}


def test_what_cannot_be_frozen(session):
    r = tf.get_variable("r", initializer=1.0, use_resource=True)
    with tf.control_dependencies([r.assign_add(1.0)]):
        tf.identity(r, name="out")
    with pytest.raises(tf.errors.FailedPreconditionError, match="r"):
        tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["out"])
    session.run(tf.global_variables_initializer())
    with pytest.raises(ValueError, match=r"AssignAddVariableOp uses: a AssignAddVariableOp needs a variable"):
        tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["out"])
    with pytest.raises(AssertionError, match="nope is not in graph"):
        tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["nope"])


def test_extract_sub_graph(session):
    a = tf.constant(1.0, name="a")
    with tf.control_dependencies([tf.constant(2.0, name="c")]):
        b = tf.negative(a, name="b")
    tf.exp(b, name="d")
    part = tf.graph_util.extract_sub_graph(session.graph_def, ["b"])
    assert [n.name for n in part.node] == ["a", "c", "b"]
    assert part.versions.producer == session.graph_def.versions.producer
    with pytest.raises(TypeError, match="dest_nodes must be an iterable of strings, but got type <class 'str'>"):
        tf.graph_util.extract_sub_graph(session.graph_def, "b")
    with pytest.raises(TypeError, match=r"graph_def must be a .*GraphDef proto"):
        tf.graph_util.extract_sub_graph("b", ["b"])


def test_remove_training_nodes(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    a = tf.identity(x, name="a")
    c = tf.identity(tf.identity(a, name="b"), name="c")
    d = tf.add(tf.debugging.check_numerics(c, "m", name="q"), a, name="d")
    with tf.control_dependencies([c]):
        e = tf.identity(d, name="e")
    h = tf.identity(e, name="h")
    with session.graph.colocate_with(h.op):
        i = tf.add(h, h, name="i")
    tf.negative(tf.identity(tf.identity(i, name="j"), name="k"), name="out")
    for protected, kept in ((None, []), (["j", "q"], ["j", "q"])):
        slim = tf.graph_util.remove_training_nodes(session.graph_def, protected)
        names = [n.name for n in slim.node]
        assert names == [n for n in ("x", "c", "q", "d", "e", "h", "i", "j", "out") if n not in "jq" or n in kept]
        assert np.array_equal(run_frozen(slim, "out:0", {"x:0": [1, 2]}), session.run("out:0", {x: [1, 2]}))


def test_where_operations_run(session):
    number, text, real = tf.constant(1), tf.constant("a"), tf.constant(1.0)
    v = tf.get_variable("v", initializer=1.0)
    on_cpu = tf.graph_util.must_run_on_cpu
    assert [on_cpu(t.op) for t in (number, text, real, v)] == [True, True, False, False]
    assert on_cpu(v.op, pin_variables_on_cpu=True)
    assert on_cpu(tf.cast(number, tf.float32).op)
    assert on_cpu(number.op.node_def)
    with pytest.raises(AssertionError):
        on_cpu("name")


def test_shapes_by_name(session):
    tf.placeholder(tf.float32, [2, None], name="x")
    for name in ("x", "x:0"):
        assert tf.graph_util.tensor_shape_from_node_def_name(session.graph, name).as_list() == [2, None]
    with pytest.raises(KeyError, match="nope"):
        tf.graph_util.tensor_shape_from_node_def_name(session.graph, "nope")


@pytest.mark.parametrize("as_text", [True, False])
def test_write_graph(session, tmp_path, as_text):
    from google.protobuf import text_format

    tf.constant([1.5, 2.0], name="a")
    for graph in (session.graph, session.graph_def):
        path = tf.io.write_graph(graph, str(tmp_path / "new" / "folder"), "g", as_text=as_text)
        assert path == str(tmp_path / "new" / "folder" / "g")
        data = (tmp_path / "new" / "folder" / "g").read_bytes()
        read = text_format.Parse(data, tf.GraphDef()) if as_text else tf.GraphDef.FromString(data)
        assert read == session.graph_def
        assert [p.name for p in (tmp_path / "new" / "folder").iterdir()] == ["g"]
    assert tf.train.write_graph is tf.io.write_graph
