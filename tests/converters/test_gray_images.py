"""The filter gradient of images of one channel has a form of its own."""

import itertools

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f32


@pytest.mark.parametrize("batch", [0, 1, 3])
@pytest.mark.parametrize(("size", "window"), [((7, 9), (3, 4)), ((6, 5), (5, 1)), ((5, 4, 6), (2, 3, 3))])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_the_filter_gradient(size, window, padding, batch):
    rank = len(size)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *size, 1])
        w = tf.get_variable("w", initializer=f32(*window, 1, 5))
        convolve = tf.nn.conv2d if rank == 2 else tf.nn.conv3d
        y = convolve(x, w, strides=[1] * (rank + 2), padding=padding)
        factor = tf.placeholder(tf.float32, y.shape)
        session.run(w.initializer)
        images, factors = f32(batch, *size, 1), f32(batch, *y.shape.as_list()[1:])
        got = session.run(tf.gradients(y, w, factor)[0], {x: images, factor: factors})
    before = [(k - 1) // 2 if padding == "SAME" else 0 for k in window]
    after = [k - 1 - b if padding == "SAME" else 0 for k, b in zip(window, before, strict=True)]
    padded = np.pad(images, [(0, 0), *zip(before, after, strict=True), (0, 0)])
    places = tuple(range(rank + 1))
    for at in itertools.product(*map(range, window)):
        part = padded[(slice(None), *(slice(i, i + n) for i, n in zip(at, factors.shape[1:-1], strict=True)))]
        np.testing.assert_allclose(got[at], np.tensordot(part, factors, (places, places)), rtol=1e-4, atol=1e-4)
