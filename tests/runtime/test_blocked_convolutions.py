"""Convolutions in ONNX Runtime's blocked layout give what plain ones give, with their gradients."""

import itertools

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from converters.passes.blocked_biases import DOMAIN
from tests.cases import f32
from tfcompat.runtime import models
from tfcompat.runtime.channel_block import channel_block


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.fixture
def loaded(monkeypatch):
    """The operators of the models that are loaded, with their domains."""
    found: list[tuple[str, str]] = []
    original = models.build_model

    def build_model(nodes, *args, **kwargs):
        found.extend((node.domain, node.op_type) for node in nodes)
        return original(nodes, *args, **kwargs)

    monkeypatch.setattr(models, "build_model", build_model)
    return found


def results(fetches, feeds):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def compared(fetches, feeds, monkeypatch, loaded, convolutions):
    """Compares with the plain layout; `convolutions` is how many are in the blocked one."""
    got = results(fetches, feeds)
    in_blocks = loaded.count((DOMAIN, "Conv"))
    assert in_blocks == (convolutions if channel_block() else 0)
    monkeypatch.setattr(models, "channel_block", lambda: 0)
    loaded.clear()
    plain = results(fetches, feeds)
    assert (DOMAIN, "Conv") not in loaded
    for g, p in zip(got, plain, strict=True):
        np.testing.assert_allclose(g, p, rtol=2e-5, atol=2e-5 * np.abs(p).max())


def convolution(x, into, out, window, transposed=False, **options):
    shape = [*window, out, into] if transposed else [*window, into, out]
    w = tf.get_variable("w", initializer=f32(*shape))
    if not transposed:
        return tf.nn.conv2d(x, w, **options), w
    return tf.nn.conv2d_transpose(x, w, **options), w


CASES = [
    # channels, window, image, options, blocked convolutions with that for the gradient of the image
    (16, 16, (3, 3), (11, 7), {"strides": [1, 1, 1, 1], "padding": "SAME"}, 2),
    (32, 16, (5, 5), (11, 8), {"strides": [1, 1, 1, 1], "padding": "SAME"}, 2),
    (48, 64, (1, 1), (9, 9), {"strides": [1, 1, 1, 1], "padding": "VALID"}, 2),
    (20, 40, (3, 2), (12, 10), {"strides": [1, 1, 1, 1], "padding": "SAME"}, 1),
    (3, 24, (5, 3), (17, 16), {"strides": [1, 2, 2, 1], "padding": "SAME"}, 1),
    (1, 6, (5, 5), (12, 12), {"strides": [1, 1, 1, 1], "padding": "VALID"}, 1),
    (16, 32, (3, 3), (17, 18), {"strides": [1, 2, 1, 1], "padding": "VALID"}, 1),
    (32, 32, (3, 3), (14, 15), {"strides": [1, 1, 1, 1], "padding": "SAME", "dilations": [1, 2, 3, 1]}, 2),
    (16, 16, (3, 4), (13, 10), {"strides": [1, 1, 1, 1], "padding": [[0, 0], [2, 0], [1, 4], [0, 0]]}, 1),
]


@pytest.mark.parametrize(("into", "out", "window", "size", "options", "_"), CASES)
@pytest.mark.parametrize("batch", [None, 3])
def test_a_convolution(into, out, window, size, options, _, batch, monkeypatch, loaded):
    x = tf.placeholder(tf.float32, [batch, *size, into])
    y, _ = convolution(x, into, out, window, **options)
    compared([y], {x: f32(3, *size, into)}, monkeypatch, loaded, 1)


@pytest.mark.parametrize(("into", "out", "window", "size", "options", "blocks"), CASES)
def test_its_gradients(into, out, window, size, options, blocks, monkeypatch, loaded):
    x = tf.placeholder(tf.float32, [3, *size, into])
    y, w = convolution(x, into, out, window, **options)
    weights = tf.constant(f32(*y.shape.as_list()))
    gradients = tf.gradients(tf.reduce_sum(y * y * weights), [x, w])
    compared([y, *gradients], {x: f32(3, *size, into)}, monkeypatch, loaded, blocks)


@pytest.mark.parametrize(("into", "blocks"), [(32, 2), (20, 1)])
def test_a_transposed_convolution(into, blocks, monkeypatch, loaded):
    x = tf.placeholder(tf.float32, [2, 9, 8, into])
    options = {"output_shape": [2, 9, 8, 16], "strides": [1, 1, 1, 1]}
    y, w = convolution(x, into, 16, (3, 5), transposed=True, **options)
    compared([y, *tf.gradients(y * y, [x, w])], {x: f32(2, 9, 8, into)}, monkeypatch, loaded, blocks)


@pytest.mark.parametrize(
    ("window", "size", "result", "strides", "padding", "phases"),
    [
        ((5, 5), (8, 7), (16, 14), (2, 2), "SAME", 4),
        ((4, 4), (8, 8), (16, 16), (2, 2), "SAME", 4),
        ((3, 5), (9, 8), (18, 16), (2, 2), "SAME", 4),
        ((3, 3), (9, 9), (9, 18), (1, 2), "SAME", 2),
        ((6, 4), (8, 8), (24, 32), (3, 4), "SAME", 12),
        ((4, 2), (8, 8), (18, 16), (2, 2), "VALID", 4),
        ((5, 5), (8, 8), (15, 16), (2, 2), "SAME", 0),
        ((5, 5), (8, 8), (19, 19), (2, 2), "VALID", 0),
        ((1, 1), (8, 8), (16, 16), (2, 2), "SAME", 0),
    ],
)
def test_a_transposed_convolution_with_strides(window, size, result, strides, padding, phases, monkeypatch, loaded):
    x = tf.placeholder(tf.float32, [3, *size, 32])
    options = {"output_shape": [3, *result, 16], "strides": [1, *strides, 1], "padding": padding}
    y, _ = convolution(x, 32, 16, window, transposed=True, **options)
    compared([y], {x: f32(3, *size, 32)}, monkeypatch, loaded, phases)


def test_channels_that_fill_no_block(monkeypatch, loaded):
    x = tf.placeholder(tf.float32, [3, 8, 8, 28])
    y, w = convolution(x, 28, 28, (4, 3), transposed=True, output_shape=[3, 16, 16, 28], strides=[1, 2, 2, 1])
    compared([y, *tf.gradients(y * y, [x, w])], {x: f32(3, 8, 8, 28)}, monkeypatch, loaded, 5)


def test_what_stays_in_the_plain_layout(monkeypatch, loaded):
    images = {n: tf.placeholder(tf.float32, [2, 12, 12, n]) for n in (16, 18)}
    wide = tf.get_variable("wide", initializer=f32(7, 7, 16, 16))
    odd = tf.get_variable("odd", initializer=f32(3, 3, 18, 16))
    few = tf.get_variable("few", initializer=f32(3, 3, 16, 4))
    groups = tf.get_variable("groups", initializer=f32(3, 3, 8, 16))
    fetches = [
        tf.nn.conv2d(images[16], wide, 1, "SAME"),
        tf.nn.conv2d(images[18], odd, 1, "SAME"),
        tf.nn.conv2d(images[16], few, 1, "SAME"),
        tf.nn.conv2d(images[16], groups, 1, "SAME"),
        tf.nn.conv2d(images[16][:, :4, :4], few[..., :1] * tf.ones([16]), 1, "SAME"),
        tf.nn.conv2d(images[16], tf.constant(f32(3, 3, 16, 16)), 1, "SAME"),
    ]
    compared(fetches, {x: f32(2, 12, 12, n) for n, x in images.items()}, monkeypatch, loaded, 0)


def test_a_net_with_pools_and_norms_trains_alike(monkeypatch, loaded):
    x = tf.placeholder(tf.float32, [None, 12, 12, 3])
    y = x
    for filters in (16, 32):
        y = tf.layers.conv2d(y, filters, 3, padding="same", kernel_initializer=tf.random_normal_initializer(0, 0.1, 5))
        y = tf.nn.relu(tf.layers.batch_normalization(y, training=True))
        y = tf.layers.max_pooling2d(y, 2, 2)
    loss = tf.reduce_mean(tf.square(y))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    values = [f32(5, 12, 12, 3) + i for i in range(8)]

    def losses():
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return [session.run([train, loss], {x: v})[1] for v in values]

    got = losses()
    assert ((DOMAIN, "Conv") in loaded) == bool(channel_block())
    monkeypatch.setattr(models, "channel_block", lambda: 0)
    np.testing.assert_allclose(got, losses(), rtol=1e-5)


def test_variables_that_became_constants_are_left_to_onnx_runtime(loaded):
    x = tf.placeholder(tf.float32, [2, 9, 9, 16])
    y, w = convolution(x, 16, 16, (3, 3), strides=1, padding="SAME")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        answers = [session.run(y, {x: f32(2, 9, 9, 16)}) for _ in range(12)]
        w.load(f32(3, 3, 16, 16) * 2, session)
        twice = session.run(y, {x: f32(2, 9, 9, 16)})
    for answer in answers[1:]:
        np.testing.assert_allclose(answer, answers[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(twice, 2 * answers[0], rtol=1e-5, atol=1e-5)
    assert ("", "Conv") in loaded


def test_blocks_are_powers_of_two():
    assert channel_block() in (0, 4, 8, 16, 32)


def test_the_edges_of_a_narrow_image(monkeypatch, loaded):
    for index, (width, window) in enumerate(itertools.product((4, 5, 6), (3, 5))):
        with tf.variable_scope(f"case{index}"):
            x = tf.constant(f32(4, 9, width, 16))
            y, w = convolution(
                x * tf.get_variable("scale", initializer=1.5), 16, 16, (window, window), strides=1, padding="SAME"
            )
            tf.add_to_collection("fetched", y)
            tf.add_to_collection("fetched", tf.gradients(y, w)[0])
    compared(tf.get_collection("fetched"), {}, monkeypatch, loaded, 6)
