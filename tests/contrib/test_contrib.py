"""tf.contrib: layers, default arguments, hyperparameters."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

layers = tf.contrib.layers
slim = tf.contrib.slim


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def names(collection):
    return [v.op.name for v in tf.get_collection(collection)]


def test_fully_connected_is_a_product_with_its_own_variable_names():
    inputs = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
    outputs = layers.fully_connected(inputs, 4, weights_regularizer=layers.l2_regularizer(0.5))
    assert names(tf.GraphKeys.MODEL_VARIABLES) == ["fully_connected/weights", "fully_connected/biases"]
    assert len(tf.losses.get_regularization_losses()) == 1
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got, weights, loss = session.run([outputs, tf.model_variables()[0], tf.losses.get_regularization_loss()])
    np.testing.assert_allclose(got, np.maximum(inputs @ weights, 0), rtol=1e-5)
    assert loss == pytest.approx(0.5 * (weights**2).sum() / 2, rel=1e-5)


def test_scopes_give_default_arguments_that_calls_override():
    inputs = tf.zeros([1, 8, 8, 3])
    with slim.arg_scope([slim.conv2d], padding="VALID", activation_fn=None) as scope:
        assert slim.conv2d(inputs, 4, 3).shape.as_list() == [1, 6, 6, 4]
        assert slim.conv2d(inputs, 4, 3, padding="SAME").op.type == "BiasAdd"
    assert slim.conv2d(inputs, 4, 3).op.type == "Relu"
    with slim.arg_scope(scope):
        assert layers.conv2d(inputs, 4, 3).shape.as_list() == [1, 6, 6, 4]
    with pytest.raises(ValueError, match="is not decorated with @add_arg_scope"), slim.arg_scope([len]):
        pass


def test_batch_norm_moves_its_averages():
    data = np.random.RandomState(0).rand(4, 2, 2, 3).astype(np.float32)
    outputs = layers.batch_norm(data, decay=0.5)
    assert names(tf.GraphKeys.TRAINABLE_VARIABLES) == ["BatchNorm/beta"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got, _ = session.run([outputs, tf.get_collection(tf.GraphKeys.UPDATE_OPS)])
        moved = session.run(tf.model_variables()[1])
    mean, variance = data.mean((0, 1, 2)), data.var((0, 1, 2))
    np.testing.assert_allclose(got, (data - mean) / np.sqrt(variance + 1e-3), atol=1e-5)
    np.testing.assert_allclose(moved, mean / 2, rtol=1e-5)


def test_layer_norm_has_mean_zero_and_variance_one():
    data = np.random.RandomState(0).rand(4, 6).astype(np.float32)
    outputs = layers.layer_norm(data)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got = session.run(outputs)
    np.testing.assert_allclose(got.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(got.std(1), 1, rtol=1e-4)


def test_shapes_of_pooling_flattening_and_stacks():
    images = tf.zeros([2, 8, 8, 3])
    assert layers.max_pool2d(images, 2).shape.as_list() == [2, 4, 4, 3]
    assert layers.avg_pool2d(images, 3, stride=1, padding="SAME").shape.as_list() == [2, 8, 8, 3]
    assert layers.flatten(images).shape.as_list() == [2, 192]
    assert slim.repeat(images, 2, slim.conv2d, 5, 3, scope="conv").op.name == "conv/conv_2/Relu"
    assert slim.stack(layers.flatten(images), slim.fully_connected, [4, 5]).shape.as_list() == [2, 5]
    assert layers.dropout(images, is_training=False).shape.as_list() == [2, 8, 8, 3]


def test_initializers_have_the_right_spread():
    limit = np.sqrt(6 / (300 + 100))
    with tf.Session() as session:
        uniform = session.run(layers.xavier_initializer(seed=1)([300, 100]))
        normal = session.run(layers.variance_scaling_initializer(seed=1)([300, 100]))
    assert abs(uniform).max() == pytest.approx(limit, rel=1e-3)
    assert normal.std() == pytest.approx(np.sqrt(2 / 300), rel=0.02)


def test_initializers_know_only_the_slice():
    tf.set_random_seed(4)
    parts = tf.get_variable(
        "w", [4, 3], initializer=layers.xavier_initializer(seed=1), partitioner=tf.fixed_size_partitioner(2)
    )
    with tf.Session() as session:
        for first in session.run([v.initial_value[0] for v in parts]):
            np.testing.assert_allclose(first, [0.5108408, -0.25440377, 0.53185594], rtol=1e-6)


@pytest.mark.parametrize("scale", [1, -0.5])
def test_regularizers_refuse_integers_and_negative_numbers(scale):
    with pytest.raises(ValueError, match="scale"):
        layers.l2_regularizer(scale)


def test_hyperparameters_keep_their_types():
    params = tf.contrib.training.HParams(rate=0.1, units=[1, 2], name="a", deep=True)
    params.parse("rate=2,units=[3,4,5],deep=false,units[1]=9")
    assert params.values() == {"rate": 2.0, "units": [3, 9, 5], "name": "a", "deep": False}
    assert "rate" in params
    assert params.get("missing", 7) == 7
    for wrong in ("missing=1", "rate=x", "rate"):
        with pytest.raises(ValueError):
            params.parse(wrong)
    with pytest.raises(ValueError):
        params.set_hparam("units", 3)


def test_a_sum_of_regularizers_that_give_nothing_gives_nothing():
    weights = tf.ones([2])
    assert layers.sum_regularizer([None]) is None
    assert layers.sum_regularizer([None, layers.l1_regularizer(0.0)])(weights) is None
    with tf.Session() as session:
        assert session.run(layers.sum_regularizer([layers.l1_regularizer(0.5), None])(weights)) == 1.0
