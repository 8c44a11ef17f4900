"""What `fetches` may be, and what comes back for it."""

import collections

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Pair = collections.namedtuple("Pair", ["a", "b"])


class Fields:
    """What the attrs library makes of a class, as far as it matters."""

    __attrs_attrs__ = (collections.namedtuple("A", "name")("left"), collections.namedtuple("A", "name")("right"))

    def __init__(self, left, right):
        self.left = left
        self.right = right


def test_structures_come_back_with_their_types(sess):
    c, d, op = tf.constant(1.0), tf.constant([2, 3]), tf.no_op()
    fetched = sess.run({"list": [c, (d, op)], "pair": Pair(d, c), "empty": [(), {}, []], "name": "Const:0"})
    assert fetched["list"][0] == 1.0
    assert type(fetched["list"][1]) is tuple
    assert fetched["list"][1][0].tolist() == [2, 3]
    assert fetched["list"][1][1] is None
    assert type(fetched["pair"]) is Pair
    assert fetched["pair"].a.tolist() == [2, 3]
    assert fetched["empty"] == [(), {}, []]
    assert fetched["name"] == 1.0


def test_ordered_and_default_dicts_keep_type_and_order(sess):
    c = tf.constant(4)
    ordered = sess.run(collections.OrderedDict([("z", c), ("a", c)]))
    assert type(ordered) is collections.OrderedDict
    assert list(ordered) == ["z", "a"]
    default = sess.run(collections.defaultdict(list, {"k": c}))
    assert default.default_factory is list
    assert default["k"] == 4


def test_attrs_classes_are_taken_apart(sess):
    result = sess.run(Fields(tf.constant(1), {"x": tf.constant(2)}))
    assert type(result) is Fields
    assert (result.left, result.right) == (1, {"x": 2})


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float16, np.float32, np.float64, np.bool_, np.complex64])
def test_scalars_are_numpy_scalars(sess, dtype):
    assert type(sess.run(tf.constant(dtype(1)))) is dtype


def test_string_scalars_are_bytes(sess):
    assert sess.run(tf.constant("a\0b")) == b"a\0b"


def test_sparse_values_and_slices(sess):
    sparse = tf.SparseTensor([[0, 1]], [5.0], [2, 3])
    value = sess.run(sparse)
    assert isinstance(value, tf.SparseTensorValue)
    assert value.dense_shape.tolist() == [2, 3]
    slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2]))
    assert sess.run([slices])[0].dense_shape is None
    assert sess.run(slices).indices.tolist() == [2]


@pytest.mark.parametrize("fetch", ["Const:0", b"Const:0"])
def test_names_may_be_text_or_bytes(sess, fetch):
    tf.constant(7)
    assert sess.run(fetch) == 7


@pytest.mark.parametrize("fetch", [None, [None], {"a": None}, 5, [object()]])
def test_what_is_no_graph_element_is_a_type_error(sess, fetch):
    tf.constant(1)
    with pytest.raises(TypeError, match="has invalid type"):
        sess.run(fetch)


def test_unknown_names_and_other_graphs_are_value_errors(sess):
    tf.constant(1)
    with tf.Graph().as_default():
        foreign = tf.constant(1)
    for fetch in ("nothing:0", "nothing", foreign, foreign.op):
        with pytest.raises(ValueError, match="cannot be interpreted as a Tensor"):
            sess.run(fetch)


def test_what_was_marked_unfetchable_is_refused(sess, graph):
    c = tf.constant(1)
    graph.prevent_fetching(c.op)
    with pytest.raises(ValueError, match="not fetchable"):
        sess.run(c)


def test_nothing_may_be_fetched_but_not_from_an_empty_graph(graph):
    with tf.Session(graph=graph) as session:
        with pytest.raises(RuntimeError, match="The Session graph is empty"):
            session.run([])
        tf.constant(1)
        assert session.run([]) == []


def test_equal_calls_are_compiled_once(sess, monkeypatch):
    from tfcompat.session.prepared import Engine

    compiled = []
    original = Engine.compile
    monkeypatch.setattr(Engine, "compile", lambda self, *a: compiled.append(1) or original(self, *a))
    x = tf.placeholder(tf.float32, [None])
    sparse = tf.SparseTensor([[0]], tf.placeholder(tf.float32, [1]), [3])
    doubled = tf.identity(sparse.values)
    for fetches, feeds in (
        (collections.OrderedDict(a=x * 2.0), lambda: {x: [1.0]}),
        (Pair(x + 1.0, x), lambda: {(x,): ([1.0],)}),
        (doubled, lambda: {sparse: ([[0]], [1.0], [3])}),
        (Fields(x - 1.0, x), lambda: {"Placeholder:0": np.ones(2)}),
    ):
        compiled.clear()
        for _ in range(4):
            sess.run(fetches, feeds())
        assert len(compiled) == 1


def test_fetched_reference_variables_have_their_values_after_the_run():
    v = tf.Variable([1.0, 2.0], use_resource=False)
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_sum(v * v)
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, step)
    read = tf.identity(v.read_value())
    with tf.control_dependencies([read]):
        late = tf.assign_add(v, [10.0, 10.0])
    early = tf.assign_add(v, [1.0, 1.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got = session.run([train, loss, v, v.read_value(), read, v * 1.0, step])
        assert got[1] == 5.0
        assert [x.tolist() for x in got[2:6]] == [[0.5, 1.0], [0.5, 1.0], [0.5, 1.0], [1.0, 2.0]]
        assert got[6] == 1
        assert [x.tolist() for x in session.run([late, read, early, v])] == [[11.5, 12.0]] * 4
        assert session.run(v, {v: [7.0, 7.0]}).tolist() == [7.0, 7.0]


def test_fetched_resource_variables_are_read_in_order():
    v = tf.Variable([1.0, 2.0], use_resource=True)
    train = tf.train.GradientDescentOptimizer(0.25).minimize(tf.reduce_sum(v * v))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([train, v])[1].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_numbers_of_eight_bytes_are_of_the_usual_classes(dtype):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(dtype, [None])
        y = x + 1
        values = session.run(y, {x: [1, 2]})
        assert type(values[0]) is dtype
        assert type(session.run(y[0], {x: [1, 2]})) is dtype
