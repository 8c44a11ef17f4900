"""Collections of losses, their sums, and weights whose rank only a run knows."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        yield made


def test_losses_join_their_collection_and_add_up(graph):
    tf.losses.mean_squared_error(tf.constant([1.0]), tf.constant([3.0]))
    tf.losses.absolute_difference(tf.constant([1.0]), tf.constant([2.0]))
    tf.losses.add_loss(tf.constant(10.0), loss_collection=None)
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.constant(0.5))
    assert len(tf.losses.get_losses()) == 2
    assert len(tf.losses.get_losses(scope="absolute")) == 1
    with tf.Session() as session:
        assert session.run(tf.losses.get_total_loss()) == 5.5
        assert session.run(tf.losses.get_total_loss(add_regularization_losses=False)) == 5.0


@pytest.mark.parametrize(("weights", "expected"), [(2.0, 2.0), ([1.0, 0.0], 1.0), ([0.0, 0.0], 0.0)])
def test_weights_of_unknown_rank_are_checked_in_the_run(graph, weights, expected):
    fed = tf.placeholder(tf.float32)
    loss = tf.losses.absolute_difference(tf.constant([1.0, 2.0]), tf.constant([2.0, 3.0]), weights=fed)
    with tf.Session() as session:
        assert session.run(loss, {fed: weights}) == expected
        with pytest.raises(tf.errors.InvalidArgumentError, match="weights can not be broadcast to values"):
            session.run(loss, {fed: np.ones(3)})
