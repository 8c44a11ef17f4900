"""Mixed precision of tf.keras against TensorFlow 1.15.5."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

PROGRAMS = observed.programs("mixed_precision")


@pytest.mark.parametrize("key", PROGRAMS)
def test_program(key):
    problems = observed.problems(tf, "mixed_precision", key, PROGRAMS[key])
    if problems:
        pytest.fail("\n".join([key, *problems]), pytrace=False)


def test_an_optimizer_in_a_checkpoint_with_its_scale(tmp_path):
    def made():
        scale = tf.train.experimental.DynamicLossScale(8.0, 1, 2.0)
        optimizer = tf.keras.mixed_precision.experimental.LossScaleOptimizer(tf.keras.optimizers.Adam(0.5), scale)
        variable = tf.Variable([3.0], use_resource=True)
        step = optimizer.minimize(lambda: variable**2, [variable])
        return optimizer, variable, step, tf.train.Checkpoint(optimizer=optimizer, v=variable)

    with tf.Graph().as_default(), tf.Session() as session:
        optimizer, variable, step, checkpoint = made()
        session.run(tf.global_variables_initializer())
        session.run([step])
        path = checkpoint.save(str(tmp_path / "held"), session)
        session.run(step)
        wanted = session.run([variable, optimizer.loss_scale(), optimizer.get_slot(variable, "v")])
    with tf.Graph().as_default(), tf.Session() as session:
        optimizer, variable, step, checkpoint = made()
        session.run(tf.global_variables_initializer())
        checkpoint.restore(path).run_restore_ops(session)
        assert session.run(optimizer.loss_scale()) == 16
        session.run(step)
        got = session.run([variable, optimizer.loss_scale(), optimizer.get_slot(variable, "v")])
    for mine, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(mine, other)


def test_a_model_trained_with_a_scaled_loss():
    tf.keras.backend.clear_session()
    x = np.linspace(-1, 1, 32).astype("float32")[:, None]
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
    optimizer = tf.train.experimental.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.SGD(0.3), 128.0)
    tf.train.experimental.disable_mixed_precision_graph_rewrite()
    model.compile(optimizer, "mse")
    model.fit(x, 2 * x + 1, epochs=40, verbose=0)
    np.testing.assert_allclose(model.predict(x), 2 * x + 1, atol=1e-2)
