"""Separable convolution layers of one axis: names, shapes and values."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

X = np.linspace(-1, 1, 42).reshape(2, 7, 3).astype(np.float32)


def constants(depthwise, pointwise):
    return {
        "depthwise_initializer": tf.constant_initializer(depthwise),
        "pointwise_initializer": tf.constant_initializer(pointwise),
    }


# What TensorFlow 2.15.1 gives.
@pytest.mark.parametrize(
    ("options", "shape", "first"),
    [
        ({"filters": 4, "kernel_size": 3, "activation": tf.tanh, **constants(0.3, 0.2)}, [2, 5, 4],
         [-0.40919, -0.40919, -0.40919, -0.40919, -0.34134, -0.34134]),
        ({"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same", "depth_multiplier": 2, "use_bias": False,
          **constants(0.3, -0.2)}, [2, 4, 2], [0.6322, 0.6322, 0.42146, 0.42146, 0.21073, 0.21073]),
        ({"filters": 2, "kernel_size": [3], "dilation_rate": 2, "bias_initializer": tf.ones_initializer(),
          **constants(0.3, -0.2)}, [2, 3, 2], [1.35561, 1.35561, 1.27659, 1.27659, 1.19756, 1.19756]),
    ],
)  # fmt: skip
def test_values_are_those_of_the_reference(options, shape, first):
    with tf.Graph().as_default(), tf.Session() as session:
        outputs = tf.layers.separable_conv1d(tf.constant(X), **options)
        assert outputs.shape.as_list() == shape
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(outputs).ravel()[:6], first, atol=1e-5)


def test_variables_and_channels_first():
    with tf.Graph().as_default():
        layer = tf.layers.SeparableConv1D(4, 3, data_format="channels_first", depth_multiplier=2)
        outputs = layer(tf.placeholder(tf.float32, [None, 3, 7]))
        assert outputs.shape.as_list() == [None, 4, 5]
        assert [(v.op.name, v.shape.as_list()) for v in layer.variables] == [
            ("separable_conv1d/depthwise_kernel", [3, 3, 2]),
            ("separable_conv1d/pointwise_kernel", [1, 6, 4]),
            ("separable_conv1d/bias", [4]),
        ]
