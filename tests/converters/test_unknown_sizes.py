"""Images of unknown height and width: one exported file gives for every size what a run with that size gives."""

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
import tfcompat.onnx

SIZES = [(7, 9), (8, 8), (1, 5), (12, 3)]
FILTER = np.random.RandomState(0).randn(3, 3, 2, 4).astype(np.float32)


def _resized(x, op_type, **attrs):
    return getattr(tf.raw_ops, op_type)(images=x, size=tf.shape(x)[1:3] * 2 - 1, **attrs)


MODES = [{}, {"align_corners": True}, {"half_pixel_centers": True}]
# fmt: off
PROGRAMS = {
    **{f"conv {stride}": lambda x, s=stride: tf.nn.conv2d(x, FILTER, s, "SAME") for stride in (1, 2, 3)},
    "conv of one pixel": lambda x: tf.nn.conv2d(x, FILTER[:1, :1], 3, "SAME"),
    "depthwise": lambda x: tf.nn.depthwise_conv2d(x, FILTER, [1, 2, 2, 1], "SAME"),
    "max pool": lambda x: tf.nn.max_pool2d(x, 3, 2, "SAME"),
    "average pool": lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME"),
    "argmax": lambda x: list(tf.nn.max_pool_with_argmax(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")),
    "argmax with batch": lambda x: list(
        tf.nn.max_pool_with_argmax(x, [1, 2, 3, 1], [1, 2, 1, 1], "SAME", include_batch_in_index=True)),
    "reflect": lambda x: tf.pad(x, [[0, 0], [0, 0], [2, 1], [0, 0]], "REFLECT"),
    "symmetric": lambda x: tf.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]], "SYMMETRIC"),
    "product": lambda x: tf.reduce_prod(tf.cast(x * 3 + 1, tf.int32), [1, 2]),
    **{f"resize {op_type} {mode}": lambda x, o=op_type, m=mode: _resized(x, o, **m)
       for op_type in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic") for mode in MODES},
}  # fmt: skip
# fmt: on


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_size(name):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, 2])
        outputs = PROGRAMS[name](x)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        model = tfcompat.onnx.export(outputs, x, session)
    runner = onnxruntime.InferenceSession(model.SerializeToString())
    for size in SIZES:
        if name == "reflect" and size[1] < 3:
            continue
        value = np.random.RandomState(1).randn(2, *size, 2).astype(np.float32)
        with tf.Graph().as_default(), tf.Session() as session:
            known = PROGRAMS[name](tf.constant(value))
            expected = session.run(known if isinstance(known, list) else [known])
        for found, wanted in zip(runner.run(None, {"Placeholder:0": value}), expected, strict=True):
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-5)


def test_mirroring_of_too_few_pixels_fails():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        model = tfcompat.onnx.export(tf.pad(x, [[3, 0]], "REFLECT"), x, session)
    runner = onnxruntime.InferenceSession(model.SerializeToString())
    assert runner.run(None, {"Placeholder:0": np.arange(4, dtype=np.float32)})[0].tolist() == [3, 2, 1, 0, 1, 2, 3]
    with pytest.raises(Exception, match="Pad reflect"):
        runner.run(None, {"Placeholder:0": np.arange(3, dtype=np.float32)})
