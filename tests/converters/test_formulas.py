"""Special functions in exported models against the host kernels, over their whole domain."""

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import onnx as tfonnx
from tfcompat.graph.special.functions import FUNCTIONS

RANDOM = np.random.default_rng(3)
CORNERS = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-30, 1e30, -3.0])
WIDE = np.concatenate([CORNERS, RANDOM.uniform(-30, 30, 400), 10 ** RANDOM.uniform(-8, 3, 400), RANDOM.random(400)])
ORDERS = np.concatenate([CORNERS, 10 ** RANDOM.uniform(-2, 2.5, 1000), RANDOM.integers(1, 9, 200)])
SHARES = np.concatenate([RANDOM.permutation(CORNERS), RANDOM.random(1200)])
ARGUMENTS = {"Igamma": (ORDERS, np.abs(WIDE)), "Igammac": (ORDERS, np.abs(WIDE)), "IgammaGradA": (ORDERS, np.abs(WIDE)),
             "Betainc": (ORDERS, ORDERS[::-1].copy(), SHARES), "Zeta": (ORDERS, WIDE),
             "Polygamma": (np.floor(ORDERS), WIDE)}  # fmt: skip
# what is left where large terms cancel; elsewhere the two differ in the last digits of exp, log and pow
TOLERANCE = {"Betainc": 1e-11, "Polygamma": 1e-10, "IgammaGradA": 1e-9}


@pytest.mark.parametrize(
    ("op_type", "dtype"), [*((f, "float64") for f in FUNCTIONS), ("Lgamma", "float32"), ("Betainc", "float32")]
)
def test_as_on_the_host(op_type, dtype):
    arguments = [a.astype(dtype) for a in ARGUMENTS.get(op_type, (WIDE,))]
    with tf.Graph().as_default(), tf.Session() as sess:
        inputs = [tf.placeholder(dtype, [None], name=f"x{i}") for i in range(len(arguments))]
        y = getattr(tf.raw_ops, op_type)(**dict(zip(_names(op_type), inputs, strict=True)))
        model = tfonnx.export(y, inputs, sess)
        feed = {t.name: a for t, a in zip(inputs, arguments, strict=True)}
        want = sess.run(y, feed)
    assert {node.domain for node in model.graph.node} == {""}
    runner = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (got,) = runner.run(None, feed)
    rtol = 1e-6 if dtype == "float32" else TOLERANCE.get(op_type, 1e-12)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol)
    zeros = want == 0 if len(arguments) == 1 else []
    assert (np.signbit(got[zeros]) == np.signbit(want[zeros])).all()


def _names(op_type):
    return {"Zeta": "xq", "Polygamma": ["a", "x"], "Betainc": "abx"}.get(
        op_type, ["a", "x"] if op_type.startswith("Igamma") else ["x"]
    )


def test_nothing_to_compute():
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder("float32", [None, 2], name="x")
        model = tfonnx.export([tf.lgamma(x), tf.igamma(x, x)], x, sess)
    runner = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert [a.shape for a in runner.run(None, {"x:0": np.zeros((0, 2), np.float32)})] == [(0, 2), (0, 2)]
