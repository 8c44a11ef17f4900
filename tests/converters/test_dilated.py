"""Convolutions between SpaceToBatchND and BatchToSpaceND become dilated convolutions."""

import numpy as np
import onnx
import pytest

import tfcompat.compat.v1 as tf
import tfcompat.onnx

ONES = tf.constant_initializer(np.linspace(-1, 1, 7))


def conv1d(x):
    return tf.layers.conv1d(x, 2, 3, dilation_rate=2, padding="same", kernel_initializer=ONES)


def uneven(x):
    return tf.nn.convolution(x, tf.ones([2, 3, 2, 4]), "SAME", dilation_rate=[2, 3])


def depthwise(x):
    return tf.nn.depthwise_conv2d(x, tf.ones([2, 2, 2, 2]) * 0.5, [1, 1, 1, 1], "VALID", rate=[2, 2])


def conv3d(x):
    return tf.nn.convolution(x, tf.ones([2, 2, 2, 2, 3]), "SAME", dilation_rate=[1, 2, 2])


@pytest.mark.parametrize(
    ("function", "shape", "dilations"),
    [
        (conv1d, [2, 9, 2], [1, 2]),
        (uneven, [2, 7, 8, 2], [2, 3]),
        (depthwise, [1, 7, 6, 2], [2, 2]),
        (conv3d, [1, 3, 5, 4, 2], [1, 2, 2]),
    ],
)
def test_one_convolution_is_left(function, shape, dilations, tmp_path):
    value = np.random.RandomState(0).rand(*shape).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, shape, name="x")
        y = tf.identity(function(x), name="y")
        session.run(tf.global_variables_initializer())
        path = tmp_path / "model.onnx"
        tfcompat.onnx.export([y], [x], session, path)
        dilated = session.run(y, {x: value})
        split = next(op for op in tf.get_default_graph().get_operations() if op.type == "SpaceToBatchND").outputs[0]
        # what is fed is not split here, so the convolution and BatchToSpaceND run as they are
        cut = session.run(y, {split: session.run(split, {x: value}), x: value})
    np.testing.assert_allclose(dilated, cut, rtol=1e-5, atol=1e-6)
    nodes = onnx.load(path).graph.node
    (conv,) = [n for n in nodes if n.op_type == "Conv"]
    (found,) = [list(a.ints) for a in conv.attribute if a.name == "dilations"]
    assert found == dilations
    assert not [n for n in nodes if n.op_type in ("Pad", "Slice")]
    assert sum(n.op_type == "Reshape" for n in nodes) <= 1


def test_crops_that_reach_further_than_the_padding_stay():
    value = np.random.RandomState(0).rand(1, 8, 8, 1).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        split = tf.space_to_batch_nd(value, [2, 2], [[0, 0], [2, 2]])
        y = tf.nn.conv2d(split, tf.ones([2, 2, 1, 1]), 1, "VALID")
        got = session.run(tf.batch_to_space_nd(y, [2, 2], [[1, 0], [0, 3]]))
        whole = session.run(tf.nn.convolution(value, tf.ones([2, 2, 1, 1]), "VALID", dilation_rate=[2, 2]))
    assert got.shape == (1, 5, 7, 1)
    np.testing.assert_allclose(got[:, :, 2:], whole[:, 1:, :5], rtol=1e-5)
