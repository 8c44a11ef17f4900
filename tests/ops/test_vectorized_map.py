"""tf.vectorized_map, tf.recompute_grad, losses averaged over batches, stateless dropout."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def test_results_of_other_types_and_arguments_of_one_row(session):
    pairs = (tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[5.0, 6.0]]))
    total, count, product = tf.vectorized_map(lambda x: (tf.reduce_sum(x[0]), tf.size(x[0]), x[0] * x[1]), pairs)
    values = session.run([total, count, product])
    assert values[0].tolist() == [3.0, 7.0]
    assert values[1].tolist() == [2, 2]
    assert values[2].tolist() == [[5.0, 12.0], [15.0, 24.0]]


def test_recomputed_functions_have_the_same_gradients(session):
    calls = []
    variable = tf.get_variable("v", initializer=3.0, use_resource=True)

    @tf.recompute_grad
    def cubed(x):
        calls.append(x)
        return x * x * x * variable

    x = tf.constant(2.0)
    y = cubed(x)
    found = tf.gradients(y, [x, variable])
    session.run(variable.initializer)
    assert session.run([y, *found]) == [24.0, 36.0, 8.0]
    assert len(calls) == 2


def test_average_loss(session):
    losses = tf.constant([1.0, 2.0, 4.0])
    values = session.run([
        tf.nn.compute_average_loss(losses, sample_weight=[1.0, 0.0, 1.0]),
        tf.nn.compute_average_loss(losses, global_batch_size=6),
        tf.nn.compute_average_loss(tf.zeros([0])),
        tf.nn.scale_regularization_loss(losses),
    ])  # fmt: skip
    np.testing.assert_allclose(values, [5 / 3, 7 / 6, 0.0, 7.0], rtol=1e-6)
    with pytest.raises(ValueError, match="at least rank 1"):
        tf.nn.compute_average_loss(tf.constant(1.0))


def test_stateless_dropout_gives_the_references_choice(session):
    dropped = tf.nn.experimental.stateless_dropout(tf.ones([2, 3]), 0.5, [1, 2])
    assert session.run(dropped).tolist() == [[2.0, 0.0, 2.0], [0.0, 0.0, 2.0]]


def test_a_fact(session):
    assert session.run(tf.user_ops.my_fact()) == b"0! == 1"
