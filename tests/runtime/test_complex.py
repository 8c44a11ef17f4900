"""Complex tensors made in a model: they go on in it, to the host, to variables, through loops, to the caller."""

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
import tfcompat.onnx

SIGNAL = np.sin(np.arange(40, dtype=np.float32)).reshape(2, 20)
SPECTRUM = np.fft.rfft(SIGNAL)


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_spectrum_in_the_middle_does_not_leave_the_model(sess):
    x = tf.placeholder(tf.float32, [None, 20])
    y = tf.abs(tf.signal.rfft(x)) * 2.0
    model = tfcompat.onnx.export(y, x, sess)
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {x.name: SIGNAL})
    np.testing.assert_allclose(found, 2 * abs(SPECTRUM), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(sess.run(y, {x: SIGNAL}), 2 * abs(SPECTRUM), rtol=1e-5, atol=1e-5)


def test_fetched_beside_what_is_computed_from_it(sess):
    x = tf.placeholder(tf.float32, [2, 20])
    spectrum = tf.signal.rfft(x)
    size, whole, twice = sess.run([tf.abs(spectrum), spectrum, spectrum], {x: SIGNAL})
    assert whole.dtype == np.complex64
    np.testing.assert_allclose(whole, SPECTRUM, atol=1e-5)
    np.testing.assert_allclose(size, abs(SPECTRUM), atol=1e-5)
    np.testing.assert_array_equal(whole, twice)


def test_given_to_the_host(sess):
    x = tf.placeholder(tf.float32, [2, 20])
    y = tf.py_func(lambda a: a * 2j, [tf.signal.rfft(x)], tf.complex64)
    np.testing.assert_allclose(sess.run(tf.real(y), {x: SIGNAL}), (SPECTRUM * 2j).real, atol=1e-5)


def test_assigned_to_a_variable(sess):
    x = tf.placeholder(tf.float32, [2, 20])
    for resource in (False, True):
        v = tf.get_variable(f"v{resource}", [2, 11], tf.complex64, tf.zeros_initializer(), use_resource=resource)
        sess.run(v.initializer)
        sess.run(v.assign(tf.signal.rfft(x)).op, {x: SIGNAL})
        np.testing.assert_allclose(sess.run(v), SPECTRUM, atol=1e-5)


def test_carried_by_a_loop_and_given_by_a_branch(sess):
    x = tf.placeholder(tf.float32, [2, 20])
    start = tf.signal.rfft(x)
    turned = tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, z * tf.complex(0.0, 1.0)), (0, start))[1]
    chosen = tf.cond(tf.reduce_sum(x) > 1e9, lambda: start, lambda: tf.conj(turned))
    np.testing.assert_allclose(sess.run(chosen, {x: SIGNAL}), np.conj(SPECTRUM * -1j), atol=1e-5)


def test_complex_inputs_and_outputs_of_files_are_pairs(sess):
    x = tf.placeholder(tf.complex64, [None, 4], "x")
    model = tfcompat.onnx.export({"y": tf.conj(x) * tf.complex(1.0, 2.0)}, x, sess)
    value = np.array([[1 + 2j, 3, -4j, 0.5]], np.complex64)
    runner = onnxruntime.InferenceSession(model.SerializeToString())
    (found,) = runner.run(["y"], {"x:0": np.stack([value.real, value.imag], -1)})
    np.testing.assert_allclose(found[..., 0] + 1j * found[..., 1], np.conj(value) * (1 + 2j), atol=1e-6)
