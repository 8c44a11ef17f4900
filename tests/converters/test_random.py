"""Random streams inside models against the host kernels, which recordings hold to the reference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
from converters.builder import Builder, Value
from converters.model import build_model
from converters.random import stream_values
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.inference import run_kernel
from tfcompat.onnx import export

SEEDS = {"seed": 12345, "seed2": -6789}
SHAPES = ([], [1], [4], [7], [0, 3], [2, 3, 5], [1001])


def session(b: Builder, inputs: list[Value], outputs: list[Value]) -> onnxruntime.InferenceSession:
    model = build_model(b.nodes, inputs, outputs)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def assert_close(got: np.ndarray, wanted: np.ndarray) -> None:
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    if wanted.dtype.kind in "iu":
        np.testing.assert_array_equal(got, wanted)
    else:
        tolerance = {"float16": 1e-3, "float32": 2e-6, "float64": 1e-12}[wanted.dtype.name]
        np.testing.assert_allclose(got, wanted, rtol=tolerance)


def fill(op_type: str, shape: Any, dtype: str) -> Any:
    """An operation of one of the types that keep a generator."""
    with tf.Graph().as_default():
        if op_type == "RandomUniformInt":
            bounds = {"minval": tf.constant(-5, dtype), "maxval": tf.constant(10**6, dtype)}
            return tf.raw_ops.RandomUniformInt(shape=shape, **bounds, **SEEDS).op
        return getattr(tf.raw_ops, op_type)(shape=shape, dtype=tf.as_dtype(dtype), **SEEDS).op


KEPT = [
    (op_type, dtype)
    for op_type, types in (
        ("RandomUniform", ("float16", "float32", "float64")),
        ("RandomStandardNormal", ("float16", "float32", "float64")),
        ("RandomUniformInt", ("int32", "int64")),
    )
    for dtype in types
]


@pytest.mark.parametrize(("op_type", "dtype"), KEPT)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_kept_generator_over_three_runs(op_type: str, dtype: str, shape: list[int]) -> None:
    op = fill(op_type, np.array(shape, np.int32), dtype)
    memory: dict[str, Any] = {}
    state = SimpleNamespace(memory_of=lambda op: memory)
    b = Builder("m")
    counter = Value("counter", dtypes.uint64, (1,))
    inputs = [b.const(t.op.attrs["value"]) for t in op.inputs]
    values, after = stream_values(b, op, counter, *inputs)
    values, after = b.identity(values, "values"), b.identity(after, "after")
    values.shape = tuple(shape)
    model = session(b, [counter], [values, Value("after", dtypes.uint64, (1,))])
    position = np.array([0], np.uint64)
    for _ in range(3):
        got, position = model.run(None, {"counter": position})
        assert_close(got, run_kernel(op, [t.op.attrs["value"] for t in op.inputs], state)[0])
    assert int(position[0]) == memory["philox"].counter & (1 << 64) - 1


def test_large_counter() -> None:
    """The counter's words carry over as the host's do."""
    op = fill("RandomUniform", [5000], "float32")
    memory: dict[str, Any] = {}
    state = SimpleNamespace(memory_of=lambda op: memory)
    run_kernel(op, [np.array([1])], state)
    memory["philox"].counter += (1 << 32) - 300
    b = Builder("m")
    counter = Value("counter", dtypes.uint64, (1,))
    values, _ = stream_values(b, op, counter, b.const([5000]))
    values = b.identity(values, "values")
    start = np.array([memory["philox"].counter & (1 << 64) - 1], np.uint64)
    got = session(b, [counter], [values]).run(None, {"counter": start})[0]
    np.testing.assert_array_equal(got, run_kernel(op, [np.array([5000])], state)[0])


def test_shape_computed_in_the_model() -> None:
    op = fill("RandomStandardNormal", [3, 3], "float32")
    b = Builder("m")
    counter, shape = Value("counter", dtypes.uint64, (1,)), Value("shape", dtypes.int32, (None,))
    values, after = stream_values(b, op, counter, shape)
    values, after = b.identity(values, "values"), b.identity(after, "after")
    values.shape, after.shape = (None, None), (1,)
    model = session(b, [counter, shape], [values, after])
    for sizes in ([3, 3], [2, 7], [0, 5], [40, 33]):
        state = SimpleNamespace(memory_of=lambda op, memory={}: memory)
        array = np.array(sizes, np.int32)
        got, position = model.run(None, {"counter": np.array([0], np.uint64), "shape": array})
        assert_close(got, run_kernel(op, [array], state)[0])
        assert int(position[0]) == 256 * np.prod(sizes)


def test_what_has_no_exact_form() -> None:
    counter = Value("counter", dtypes.uint64, (1,))
    with pytest.raises(NotConvertible, match="length of TruncatedNormal's stream"):
        stream_values(Builder("m"), fill("TruncatedNormal", [3], "float32"), counter, Builder("m").const([3]))
    with tf.Graph().as_default():
        unseeded = tf.raw_ops.RandomUniform(shape=[3], dtype=tf.float32).op
    with pytest.raises(NotConvertible, match="without seeds"):
        stream_values(Builder("m"), unseeded, counter, Builder("m").const([3]))


STATELESS = [
    lambda seed, shape: tf.random.stateless_uniform(shape, seed),
    lambda seed, shape: tf.random.stateless_uniform(shape, seed, dtype=tf.float64),
    lambda seed, shape: tf.random.stateless_uniform(shape, seed, dtype=tf.float16),
    lambda seed, shape: tf.random.stateless_uniform(shape, seed, -7, 1000, tf.int32),
    lambda seed, shape: tf.random.stateless_uniform(shape, seed, -(2**62), 2**62, tf.int64),
    lambda seed, shape: tf.random.stateless_uniform(shape, seed, None, None, tf.int32),
    lambda seed, shape: tf.random.stateless_uniform(shape, seed, None, None, tf.uint64),
    lambda seed, shape: tf.random.stateless_normal(shape, seed),
    lambda seed, shape: tf.random.stateless_normal(shape, seed, dtype=tf.float64),
    lambda seed, shape: tf.random.stateless_normal(shape, seed, dtype=tf.float16),
    lambda seed, shape: tf.random.stateless_normal(shape, seed, alg="philox"),
    lambda seed, shape: tf.raw_ops.StatelessRandomUniform(shape=shape, seed=seed),
    lambda seed, shape: tf.raw_ops.StatelessRandomNormal(shape=shape, seed=seed, dtype=tf.float32),
    lambda seed, shape: tf.random.fold_in(seed, tf.size(shape)),
]


@pytest.mark.parametrize("make", STATELESS)
@pytest.mark.parametrize("known", [True, False], ids=["known shape", "computed shape"])
def test_seed_computed_in_the_run(make: Any, known: bool) -> None:
    """The seed is fed, so that nothing folds: one model, which is exported too, with the values of the folded graph."""
    for seed, kind in (([1, 2], "int32"), ([2**40 + 3, -(2**50)], "int64")):
        for sizes in ([2, 3], [41]):
            with tf.Graph().as_default(), tf.Session() as sess:
                wanted = sess.run(make(tf.constant(seed, kind), sizes))
            with tf.Graph().as_default(), tf.Session() as sess:
                fed, dims = tf.placeholder(kind, [2], "seed"), tf.placeholder(tf.int32, [len(sizes)], "dims")
                result = make(fed, sizes if known else dims)
                feed = {fed: np.array(seed, kind)}
                if not known:
                    feed[dims] = np.array(sizes, np.int32)
                assert_close(np.asarray(sess.run(result, feed)), wanted)
                model = export(result, list(feed), sess)
            exported = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            assert_close(exported.run(None, {t.name: array for t, array in feed.items()})[0], wanted)
