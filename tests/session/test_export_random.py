"""Random operations in exported models: the exact streams through counters, else ONNX's operators."""

import numpy as np
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
import tfcompat.onnx


def loaded(model):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def test_the_stream_goes_on_through_the_counters():
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(7)
        x = tf.placeholder(tf.float32, [None, 5], name="x")
        y = tf.nn.dropout(x, rate=0.4) + tf.random.normal(tf.shape(x), seed=3)
        fed = np.ones((3, 5), np.float32)
        expected = [sess.run(y, {x: fed}) for _ in range(3)]
        plain = loaded(tfcompat.onnx.export(y, x, sess, random_streams=True))
        counters = [i.name for i in plain.get_inputs() if i.name.endswith("/counter")]
        assert len(counters) == 2
        state = dict.fromkeys(counters, np.zeros(1, np.uint64))
        for value in expected:
            found, *following = plain.run([y.name, *(f"{c}/next" for c in counters)], {"x:0": fed, **state})
            state = dict(zip(counters, following, strict=True))
            assert np.allclose(found, value, atol=2e-6)


def test_what_has_no_stream_in_a_model_is_refused():
    with tf.Graph().as_default(), tf.Session() as sess:
        unseeded = tf.random.uniform([3])
        with pytest.raises(tf.errors.UnimplementedError, match="without seeds"):
            tfcompat.onnx.export(unseeded, [], sess, random_streams=True)
        with pytest.raises(tf.errors.UnimplementedError, match="exact stream of TruncatedNormal"):
            tfcompat.onnx.export(tf.random.truncated_normal([3], seed=1), [], sess, random_streams=True)


# name: (what is drawn, lowest, highest, mean, deviation)
DRAWN = {
    "uniform": (lambda n: tf.random.uniform([n], 2.0, 4.0), 2, 4, 3, 0.577),
    "uniform64": (lambda n: tf.random.uniform([n], 2.0, 4.0, tf.float64), 2, 4, 3, 0.577),
    "uniform16": (lambda n: tf.random.uniform([n], dtype=tf.float16), 0, 1, 0.5, 0.289),
    "normal": (lambda n: tf.random.normal([n], 1.0, 2.0), -11, 13, 1, 2),
    "truncated": (lambda n: tf.random.truncated_normal([n]), -2, 2, 0, 0.88),
    "integers": (lambda n: tf.random.uniform([n], -3, 4, tf.int32), -3, 3, 0, 2),
    "integers64": (lambda n: tf.random.uniform([n], 10, 12, tf.int64), 10, 11, 10.5, 0.5),
    "multinomial": (lambda n: tf.random.multinomial(tf.math.log([[0.5, 0.0, 0.5]]), n)[0], 0, 2, 1, 1),
}


@pytest.mark.parametrize("name", DRAWN)
def test_distributions(name):
    draw, low, high, mean, deviation = DRAWN[name]
    with tf.Graph().as_default(), tf.Session() as sess:
        tensor = draw(20_000)
        (values,) = loaded(tfcompat.onnx.export(tensor, [], sess)).run(None, {})
        assert values.dtype == tensor.dtype.as_numpy_dtype
        assert values.shape == (20_000,)
        values = values.astype(np.float64)
        assert low <= values.min() <= values.max() <= high
        assert abs(values.mean() - mean) < 4 * deviation / np.sqrt(20_000) + 1e-3
        assert abs(values.std() - deviation) < 0.02 * deviation


def test_shuffles_and_seeds():
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.int32, [None, 2])
        shuffled = tf.random.shuffle(x)
        rows = np.arange(200, dtype=np.int32).reshape(100, 2)
        (found,) = loaded(tfcompat.onnx.export(shuffled, x, sess)).run(None, {x.name: rows})
        assert not np.array_equal(found, rows)
        assert np.array_equal(found[np.argsort(found[:, 0])], rows)
        model = tfcompat.onnx.export(tf.random.uniform([4], seed=5), [], sess)
        assert np.array_equal(loaded(model).run(None, {})[0], loaded(model).run(None, {})[0])


def test_dropout_inside_a_loop_exports():
    with tf.Graph().as_default(), tf.Session() as sess:
        start = tf.ones([4, 8])
        total = tf.while_loop(lambda i, _: i < 3, lambda i, v: (i + 1, tf.nn.dropout(v, rate=0.5)), [0, start])[1]
        (found,) = loaded(tfcompat.onnx.export(total, [], sess)).run(None, {})
        assert set(np.unique(found)) <= {0.0, 8.0}
        with pytest.raises(tf.errors.UnimplementedError):
            tfcompat.onnx.export(total, [], sess, random_streams=True)
