"""Exported files have few nodes: transposes cancel, convolutions take in what is around them, nothing comes twice."""

from collections import Counter

import numpy as np
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
from converters.builder import Builder
from converters.passes.repeats import without_repeats
from tests.cases import f32
from tfcompat import onnx as tfonnx


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        tf.set_random_seed(1)
        yield made


def exported(outputs, x, value, rtol=1e-5):
    """Counts of the operators of the exported model, which gives what the session gives."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for v in tf.global_variables():
            shape = v.shape.as_list()
            v.load(np.abs(f32(*shape)) + 0.2 if "variance" in v.name else f32(*shape), session)
        wanted = session.run(outputs, {x: value})
        model = tfonnx.export(outputs, [x], session)
    plain = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    got = plain.run(None, {x.name: value})
    for g, w in zip(got, wanted, strict=True):
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol)
        assert g.dtype == w.dtype
    return Counter(node.op_type for node in model.graph.node)


def image(channels=3, size=9):
    return tf.placeholder(tf.float32, [None, size, size, channels], name="x"), f32(2, size, size, channels)


def test_a_block_of_convolution_batch_norm_and_relu_is_one_convolution():
    x, value = image()
    y = tf.layers.conv2d(x, 4, 3, padding="same", use_bias=False)
    y = tf.nn.relu(tf.layers.batch_normalization(y))
    y = tf.layers.conv2d(y, 5, 3, strides=2, padding="valid")
    counts = exported([tf.nn.relu6(tf.layers.batch_normalization(y, scale=False))], x, value)
    assert counts == {"Transpose": 2, "Conv": 2, "Relu": 1, "Clip": 1}


def test_scale_and_shift_of_channels_go_into_the_weights():
    x, value = image()
    y = tf.layers.conv2d(x, 4, 3)
    counts = exported([y * f32(4) + f32(1, 1, 1, 4) * 2.0 + 3.0], x, value)
    assert counts == {"Transpose": 2, "Conv": 1}


def test_what_differs_between_pixels_stays():
    x, value = image()
    y = tf.layers.conv2d(x, 4, 3)
    counts = exported([y + f32(7, 7, 1)], x, value)
    assert counts == {"Transpose": 2, "Conv": 1, "Add": 1}


def test_pads_go_into_the_convolution_when_they_are_zeros_around_pixels():
    x, value = image()
    filters = tf.constant(f32(3, 3, 3, 4))

    def convolved(pads, **options):
        return tf.nn.conv2d(tf.pad(x, pads, **options), filters, 1, "VALID")

    spatial = [[0, 0], [1, 2], [0, 3], [0, 0]]
    assert "Pad" not in exported([convolved(spatial)], x, value)
    assert exported([convolved(spatial, constant_values=1.0)], x, value)["Pad"] == 1
    assert exported([convolved([[1, 0], [1, 2], [0, 3], [0, 0]])], x, value)["Pad"] == 1


def test_transposes_pass_what_works_in_any_layout():
    x, value = image()
    y = tf.nn.max_pool2d(x, 2, 2, "SAME")
    y = tf.concat([y, tf.square(y), tf.zeros_like(y) + 1.0], -1)
    y = tf.pad(tf.nn.softmax(y), [[0, 0], [1, 0], [0, 0], [0, 2]])
    y = y[:, 1:, ::2, 1:] * f32(3, 1) + tf.reduce_mean(y, -1, keepdims=True)[:, 1:, ::2]
    y = tf.nn.avg_pool2d(y, 2, 1, "VALID")
    outputs = [y, tf.reduce_sum(y, [1, 2]), tf.reduce_max(y, 3), tf.reduce_min(y, [0, 3])]
    assert exported(outputs, x, value, 1e-4)["Transpose"] <= 4


def test_a_sum_over_the_middle_axis_of_three_keeps_the_others_in_order():
    x = tf.placeholder(tf.float32, [2, 3, 4, 5])
    y = tf.nn.relu(tf.transpose(x, [3, 0, 2, 1]))
    outputs = [tf.reduce_sum(y, axis) for axis in (0, 1, 2, 3)] + [tf.argmax(y, 2), tf.shape(y)]
    exported(outputs, x, f32(2, 3, 4, 5))


def test_transposes_that_undo_each_other_go():
    x = tf.placeholder(tf.float32, [2, 3, 4])
    y = tf.transpose(tf.exp(tf.transpose(x, [2, 0, 1])), [1, 2, 0])
    assert exported([y], x, f32(2, 3, 4)) == {"Exp": 1}
    assert exported([tf.transpose(tf.transpose(x))], x, f32(2, 3, 4)) == {"Identity": 1}


def test_transposes_into_bodies_and_outputs_are_made():
    x = tf.placeholder(tf.float32, [2, 3])
    flipped = tf.transpose(x)
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: flipped * 2.0, lambda: tf.exp(flipped))
    counts = exported([y, flipped, tf.nn.relu(flipped)], x, f32(2, 3))
    assert counts["Transpose"] <= 4


def test_broadcasts_against_transposed_values():
    x = tf.placeholder(tf.float32, [2, 3, 4])
    y = tf.transpose(x, [1, 2, 0])
    outputs = [y + f32(4, 1), y * f32(1, 1, 2), y - f32(3, 1, 1), y / 3.0, tf.maximum(y, f32(2)), y + x[0, 0, 0]]
    exported([*outputs, y + tf.transpose(x, [1, 2, 0])], x, f32(2, 3, 4))


def test_nothing_is_computed_twice_and_sizes_are_not_cast_to_and_fro():
    x = tf.placeholder(tf.float32, [None, None, 4])
    batch, steps = tf.shape(x)[0], tf.shape(x)[1]
    y = tf.reshape(x, [batch * 1, steps, 2, 2])
    z = tf.reshape(tf.exp(x) + tf.exp(x), [tf.shape(x)[0], tf.shape(x)[1], 2, 2])
    counts = exported([y, z], x, f32(2, 3, 4))
    assert counts["Exp"] == 1
    assert counts["Shape"] + counts["Cast"] == 0


def test_random_numbers_are_drawn_each_time():
    b = Builder()
    draws = [b.RandomUniform(shape=[3], dtype=1, outputs=1) for _ in range(2)]
    assert len(without_repeats(b.nodes, [v.name for v in draws])) == 2


def test_outputs_keep_their_names_however_they_are_made():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.identity(x * 2.0, name="y")
    z = tf.identity(y, name="z")
    with tf.Session() as session:
        model = tfonnx.export({"a": y, "b": z, "c": x, "d": tf.constant([1.0, 2.0])}, [x], session)
    plain = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert [o.name for o in plain.get_outputs()] == ["a", "b", "c", "d"]
    a, b, c, d = plain.run(None, {"x:0": np.array([1, 2], np.float32)})
    assert (a.tolist(), b.tolist(), c.tolist(), d.tolist()) == ([2, 4], [2, 4], [1, 2], [1, 2])
