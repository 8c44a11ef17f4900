"""Hooks that end trainings early, and estimators that forward features; steps are those of TensorFlow 2.15.1."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

fc = tf.feature_column
X = np.arange(20, dtype=np.float32) / 10


def batches():
    return tf.data.Dataset.from_tensor_slices(({"x": X}, 2 * X)).batch(10)


def forever():
    return batches().repeat()


@pytest.fixture
def estimator(tmp_path):
    config = tf.estimator.RunConfig(save_checkpoints_steps=5, tf_random_seed=1)
    return tf.estimator.LinearRegressor([fc.numeric_column("x")], str(tmp_path), config=config)


def hook(estimator, what, number, every=1):
    make = getattr(tf.estimator.experimental, f"stop_if_{what}_hook")
    return make(estimator, "loss", number, run_every_secs=None, run_every_steps=every)


def test_trainings_end_by_what_evaluations_have_shown(estimator):
    estimator.train(forever, steps=5, hooks=[hook(estimator, "no_increase", 1000)])
    estimator.evaluate(batches)
    assert not estimator.get_variable_value("signal_early_stopping/STOP")
    estimator.train(forever, max_steps=50, hooks=[hook(estimator, "lower", 1e9, every=2)])
    assert estimator.get_variable_value("global_step") == 6
    assert estimator.get_variable_value("signal_early_stopping/STOP")
    seen, stopper = [], hook(estimator, "no_decrease", 10)
    for _ in range(4):
        estimator.train(forever, steps=5, hooks=[stopper])
        loss = estimator.evaluate(batches)["loss"]
        seen.append((int(estimator.get_variable_value("global_step")), round(float(loss), 4)))
        stopper = hook(estimator, "no_increase", 12)
    assert seen == [(11, 8.0312), (16, 5.5611), (21, 4.3229), (22, 4.4103)]


def test_arguments_of_early_stopping_are_checked(estimator):
    make = tf.contrib.estimator.make_early_stopping_hook
    with pytest.raises(ValueError, match="Only one of"):
        make(estimator, lambda: True, 1, 1)
    with pytest.raises(ValueError, match="Either every_secs or every_steps"):
        make(estimator, lambda: True, None, None)
    with pytest.raises(TypeError, match="must have type"):
        make(3, lambda: True)


def test_predictions_and_exports_have_forwarded_features(estimator, tmp_path):
    estimator.train(forever, steps=2)
    forwarding = tf.contrib.estimator.forward_features(estimator)
    found = list(forwarding.predict(lambda: tf.data.Dataset.from_tensor_slices({"x": X[:4]}).batch(2)))
    np.testing.assert_array_equal([p["x"] for p in found], X[:4])
    assert set(found[0]) == {"predictions", "x"}
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn({"x": tf.FixedLenFeature([1], tf.float32)})
    path = forwarding.export_saved_model(str(tmp_path / "out"), receiver).decode()
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.load(session, ["serve"], path)
        assert sorted(meta.signature_def["predict"].outputs) == ["predictions", "x"]
    missing = tf.contrib.estimator.forward_features(estimator, "y")
    with pytest.raises(ValueError, match="'y' is not in features"):
        list(missing.predict(lambda: tf.data.Dataset.from_tensor_slices({"x": X[:4]}).batch(2)))
    with pytest.raises(ValueError, match="either a string or a list of strings"):
        tf.contrib.estimator.forward_features(estimator, [3])


def test_gradients_are_clipped_together():
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable([3.0, 4.0])
        w = tf.Variable(12.0)
        loss = (tf.reduce_sum(v * v) + w * w) / 2
        plain = tf.train.MomentumOptimizer(1.0, 0.5)
        optimizer = tf.contrib.estimator.clip_gradients_by_norm(plain, 1.3)
        step = optimizer.minimize(loss)
        session.run(tf.global_variables_initializer())
        session.run(step)
        np.testing.assert_allclose(session.run(v), [2.7, 3.6], rtol=1e-6)
        np.testing.assert_allclose(session.run(w), 10.8, rtol=1e-6)
        assert optimizer.get_name() == "ClipByNormMomentum"
        assert optimizer.get_slot_names() == ["momentum"]
        assert len(optimizer.variables()) == 2
