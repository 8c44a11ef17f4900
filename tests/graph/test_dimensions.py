"""Which unknown dimensions are known to be equal, and that gradients make use of it."""

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.graph.dimensions import origin


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def batch(size=8, name=None):
    return tf.placeholder(tf.float32, [None, size], name)


def test_sizes_are_followed_through_layers():
    x = batch()
    hidden = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, tf.ones([8, 8])), tf.zeros([8])))
    mixed = tf.concat([hidden * tf.sigmoid(x), x], axis=1)
    summed = tf.reduce_sum(tf.expand_dims(mixed, 1), axis=[2])
    assert origin(hidden, 0) == origin(mixed, 0) == origin(summed, 0) == (x, 0)


def test_transposed_axes_keep_their_origin():
    x = tf.placeholder(tf.float32, [None, None, 3])
    turned = tf.transpose(x, [1, 0, 2])
    assert (origin(turned, 0), origin(turned, 1)) == ((x, 1), (x, 0))


def test_two_inputs_that_may_broadcast_are_an_origin_of_their_own():
    x, y = batch(), batch()
    both = x + y
    assert origin(both, 0) == (both, 0)
    assert origin(both + tf.ones([1, 8]), 0) == (both, 0)


def test_random_numbers_of_the_shape_of_a_tensor_share_its_size():
    x = batch()
    assert origin(tf.random_uniform(tf.shape(x)), 0) == (x, 0)


def run_time_checks(y, x):
    count = len(tf.get_default_graph().get_operations())
    tf.gradients(y, x)
    return [op.type for op in tf.get_default_graph().get_operations()[count:]].count("BroadcastGradientArgs")


def test_gradients_ask_in_the_run_only_where_a_size_is_in_doubt():
    x = batch()
    assert run_time_checks(x * tf.tanh(x) + tf.nn.softmax(x), x) == 0
    assert run_time_checks(x * batch(), x) == 1


def test_gradient_of_an_input_that_turns_out_to_be_broadcast():
    x, y = batch(), batch()
    (gradient,) = tf.gradients(x * y, x)
    with tf.Session() as session:
        given = session.run(gradient, {x: [[1.0] * 8], y: [[2.0] * 8, [3.0] * 8]})
    assert given.tolist() == [[5.0] * 8]


@pytest.mark.parametrize(
    "make",
    [
        lambda x, anything: tf.nn.dropout(x, keep_prob=anything),
        lambda x, anything: x * anything,
        lambda x, anything: tf.expand_dims(x * anything, 1)[:, 0],
        lambda x, anything: tf.concat([x * anything, x], 0),
    ],
)
def test_tensors_of_any_shape_in_between_do_not_stop_gradients(make):
    x, anything = batch(), tf.placeholder(tf.float32)
    made = make(x, anything)
    made.set_shape([None, 8])
    relu = tf.nn.relu(made)
    relu.set_shape([None, 8])
    (found,) = tf.gradients(tf.nn.l2_normalize(relu, 1) * relu, x)
    with tf.Session() as session:
        assert session.run(found, {x: [[1.0] * 8] * 2, anything: 1.0}).shape == (2, 8)


def test_lists_with_dimensions_are_sizes():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3, 4])
        width = x.shape[-1]
        assert tf.reshape(x, [-1, width]).shape.as_list() == [None, 4]
        assert tf.reshape(x, (-1, x.shape[1] * x.shape[2])).shape.as_list() == [None, 12]
        assert tf.tile(x, [1, x.shape[1], 1]).shape.as_list() == [None, 9, 4]
        assert tf.fill([x.shape[1], 2], 1.0).shape.as_list() == [3, 2]
        assert tf.zeros([x.shape[1], 2]).shape.as_list() == [3, 2]
        with pytest.raises(TypeError):
            tf.reshape(x, [-1, x.shape[0]])
        with pytest.raises(TypeError):
            tf.convert_to_tensor([1, width])
