"""What may be fed, and how it is checked."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def test_any_tensor_may_be_fed(sess):
    c = tf.constant([1.0, 2.0])
    doubled = c * 2.0
    result = doubled + 1.0
    assert sess.run(result, {c: [5.0, 5.0]}).tolist() == [11, 11]
    assert sess.run(result, {doubled: [5.0, 5.0]}).tolist() == [6, 6]
    assert sess.run([result, doubled], {doubled: [1.0, 0.0]})[1].tolist() == [1, 0]
    assert sess.run(result).tolist() == [3, 5]


def test_a_fed_constant_is_not_folded_into_a_shape(sess):
    shape = tf.constant([2, 2])
    reshaped = tf.reshape(tf.range(4), shape)
    assert sess.run(reshaped).shape == (2, 2)
    assert sess.run(reshaped, {shape: [4, 1]}).shape == (4, 1)
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="Input to reshape is a tensor with 4 values, but the requested shape has 21",
    ):
        sess.run(reshaped, {shape: [3, 7]})


def test_a_default_decides_no_static_shape(sess):
    sizes = tf.placeholder_with_default(np.array([2, 3]), [2])
    filled, reshaped = tf.fill(sizes, 1.0), tf.reshape(tf.range(6), sizes)
    assert filled.shape.as_list() == reshaped.shape.as_list() == [None, None]
    assert [v.shape for v in sess.run([filled, reshaped])] == [(2, 3)] * 2
    assert [v.shape for v in sess.run([filled, reshaped], {sizes: [6, 1]})] == [(6, 1)] * 2


def test_keys_may_be_names_tuples_and_composites(sess):
    x, y = tf.placeholder(tf.float32, [], name="x"), tf.placeholder(tf.float32, [], name="y")
    total = x + y
    assert sess.run(total, {"x:0": 1, y: 2}) == 3
    assert sess.run(total, {((x,), y): ((3,), 4)}) == 7
    slices = tf.IndexedSlices(tf.placeholder(tf.float32, [1]), tf.placeholder(tf.int64, [1]))
    assert sess.run(tf.identity(slices.values), {slices: tf.IndexedSlicesValue([2.0], [0], None)}).tolist() == [2]


def test_a_state_of_an_lstm_is_a_key_like_other_tuples(sess):
    state = tf.nn.rnn_cell.LSTMStateTuple(tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [1]))
    c, h = sess.run(state, {state: (np.float32([1, 2]), [3])})
    assert c.tolist() == [1, 2]
    assert h.tolist() == [3]


def test_sparse_placeholders_with_a_known_shape_need_no_shape(sess):
    sparse = tf.sparse_placeholder(tf.float32, [7, 9])
    fed = sess.run(sparse, {sparse: ([[0, 1]], [2.0])})
    assert fed.dense_shape.tolist() == [7, 9]
    assert fed.values.tolist() == [2]


@pytest.mark.parametrize(
    ("key", "value", "error", "match"),
    [
        ("x", 1.0, TypeError, "Cannot interpret feed_dict key as Tensor"),
        ("missing:0", 1.0, TypeError, "Cannot interpret feed_dict key as Tensor"),
        (None, 1.0, TypeError, "Cannot interpret feed_dict key as Tensor"),
        ("x:0", [1.0, 2.0], ValueError, "Cannot feed value of shape"),
        ("n:0", 2**40, TypeError, "is not compatible with Tensor type"),
        ("n:0", 2**70, TypeError, "is not compatible with Tensor type"),
        ("s:0", 1, TypeError, r"Type of feed value 1 with type <class 'int'> is not"),
        ("x:0", "text", ValueError, "could not convert string"),
    ],
)
def test_wrong_feeds(sess, key, value, error, match):
    x = tf.placeholder(tf.float32, [], name="x")
    tf.placeholder(tf.int32, [], name="n")
    tf.placeholder(tf.string, name="s")
    with pytest.raises(error, match=match):
        sess.run(x, {key: value})


def test_tensors_are_no_values(sess):
    x = tf.placeholder(tf.float32)
    with pytest.raises(TypeError, match=r"cannot be a tf\.Tensor object"):
        x.eval({x: tf.constant(1.0)})


def test_feed_dict_must_be_a_mapping_each_time(sess):
    x = tf.placeholder(tf.float32, [])
    sess.run(x, {x: 1.0})
    with pytest.raises(TypeError, match="must be a dictionary"):
        sess.run(x, [x])


def test_a_missing_feed_names_the_placeholder(sess):
    x = tf.placeholder(tf.float32, [2], name="wanted")
    with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value for placeholder tensor 'wanted'") as error:
        sess.run(x * 2.0)
    assert error.value.op is x.op
    assert error.value.node_def.name == "wanted"


def test_what_was_marked_unfeedable_is_refused(sess, graph):
    c = tf.constant(1)
    graph.prevent_feeding(c)
    with pytest.raises(ValueError, match="may not be fed"):
        sess.run(c, {c: 2})


@pytest.mark.parametrize("value", [["a", "ü"], np.array([b"a", "ü".encode()], object), np.array(["a", "ü"])])
def test_text_is_fed_as_utf8(sess, value):
    s = tf.placeholder(tf.string, [2])
    assert sess.run(tf.identity(s), {s: value}).tolist() == [b"a", "ü".encode()]


def test_bytes_keep_zero_bytes(sess):
    s = tf.placeholder(tf.string, [2])
    assert sess.run(s, {s: [b"\n\x01\x00", b"\x00"]}).tolist() == [b"\n\x01\x00", b"\x00"]


class Squared:
    """A type that tests teach sessions to fetch and feed."""

    def __init__(self, tensor):
        self.square = tf.square(tensor)


def test_registered_types_are_fetched_and_fed(sess):
    from tfcompat.session import conversions

    before = list(conversions._conversions)
    register = conversions.register_session_run_conversion_functions
    try:
        register(
            Squared,
            lambda s: ([s.square], lambda values: values[0]),
            lambda s, v: [(s.square, v)],
            lambda s: [s.square],
        )
        with pytest.raises(ValueError, match="already been registered"):
            register(Squared, None)
        value = Squared(tf.constant([2.0, 3.0]))
        assert sess.run(value).tolist() == [4, 9]
        assert sess.run({"k": value}, {value: [1.0, 1.0]})["k"].tolist() == [1, 1]
        handle = sess.partial_run_setup([value], [])
        assert sess.partial_run(handle, value).tolist() == [4, 9]
    finally:
        conversions._conversions[:] = before


@pytest.mark.parametrize("resource", [False, True])
def test_a_fed_variable_counts_where_the_reference_reads_it(resource):
    v = tf.get_variable("v", initializer=[7.0, -2.0], use_resource=resource)
    loss = tf.reduce_sum(tf.square(v))
    reads = [loss, tf.gradients(loss, v)[0], tf.identity(v)]
    with tf.Session() as session:
        session.run(v.initializer)
        values = session.run(reads, {v: [1.0, 3.0]})
        assert session.run(loss) == 53.0
    # A resource variable is read by an operation of its own each time; only the read of the variable object is fed.
    expected = (53.0, [14.0, -4.0], [7.0, -2.0]) if resource else (10.0, [2.0, 6.0], [1.0, 3.0])
    for value, wanted in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)
