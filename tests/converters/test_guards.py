"""Checks inside of models survive ONNX Runtime's graph optimisation."""

import numpy as np
import onnxruntime
import pytest

from converters.builder import Builder, Value
from converters.guards import non_negative, only_if, require, same_shape
from converters.model import build_model
from converters.padding import pad
from converters.registry import NotConvertible
from tfcompat.graph import dtypes

LEVELS = onnxruntime.GraphOptimizationLevel
EVERY_LEVEL = pytest.mark.parametrize("level", [LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_BASIC, LEVELS.ORT_ENABLE_ALL])


def run(b, inputs, outputs, level, **feeds):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    model = build_model(b.nodes, inputs, outputs).SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, feeds)


@EVERY_LEVEL
def test_only_if_fails_unless_it_holds_though_the_shape_changes_after_it(level):
    b = Builder("test")
    ok, x = Value("ok", dtypes.bool, ()), Value("x", dtypes.float32, (6,))
    result = b.Reshape(b.Reshape(only_if(b, ok, b.Neg(x)), [2, 3]), [3, 2])
    result.shape = (3, 2)
    (got,) = run(b, [ok, x], [result], level, ok=np.array(True), x=np.ones(6, np.float32))
    assert got.shape == (3, 2)
    with pytest.raises(Exception, match="Reshape"):
        run(b, [ok, x], [result], level, ok=np.array(False), x=np.ones(6, np.float32))


@EVERY_LEVEL
def test_require_fails_unless_it_holds(level):
    b = Builder("test")
    ok, sizes = Value("ok", dtypes.bool, ()), Value("sizes", dtypes.int64, (2,))
    x = Value("x", dtypes.float32, (6,))
    result = b.Reshape(x, require(b, ok, sizes))
    result.shape = (None, None)
    feeds = {"sizes": np.array([2, 3]), "x": np.arange(6, dtype=np.float32)}
    (got,) = run(b, [ok, sizes, x], [result], level, ok=np.array(True), **feeds)
    assert got.shape == (2, 3)
    with pytest.raises(Exception, match="Reshape"):
        run(b, [ok, sizes, x], [result], level, ok=np.array(False), **feeds)


@EVERY_LEVEL
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_negative_indices_fail(level, dtype):
    b = Builder("test")
    x, index = Value("x", dtypes.float32, (3,)), Value("index", dtypes.as_dtype(dtype), (None,))
    result = b.Gather(x, non_negative(b, index), axis=0)
    result.shape = (None,)
    feeds = {"x": np.array([1, 2, 3], np.float32)}
    (got,) = run(b, [x, index], [result], level, index=np.array([2, 0], dtype), **feeds)
    np.testing.assert_array_equal(got, [3, 1])
    for bad in (-1, -3, 3, np.iinfo(dtype).min):
        with pytest.raises(Exception, match="out of data bounds"):
            run(b, [x, index], [result], level, index=np.array([0, bad], dtype), **feeds)


def test_constant_indices_are_checked_at_once():
    b = Builder("test")
    assert non_negative(b, b.const([0, 2]), 3).const.tolist() == [0, 2]
    for bad in ([-1], [3]):
        with pytest.raises(NotConvertible, match="out of range"):
            non_negative(b, b.const(bad), 3)


@EVERY_LEVEL
def test_same_shape(level):
    b = Builder("test")
    x, like = Value("x", dtypes.float32, (None, None)), Value("like", dtypes.float32, (None, None))
    result = b.Add(same_shape(b, x, like), like)
    result.shape = (None, None)
    ones = np.ones((1, 6), np.float32)
    assert run(b, [x, like], [result], level, x=ones, like=ones)[0].shape == (1, 6)
    for shape in ((6, 1), (2, 3), (1, 1), (3, 6)):
        with pytest.raises(Exception, match="Reshape"):
            run(b, [x, like], [result], level, x=ones, like=np.ones(shape, np.float32))


@EVERY_LEVEL
def test_padding_after_and_before_a_transpose(level):
    b = Builder("test")
    x = Value("x", dtypes.float32, (1, 30, 2))
    moved = b.Transpose(x, perm=[1, 0, 2])
    padded = pad(b, moved, 3, [0], [1], [2])
    result = b.Transpose(padded, perm=[1, 0, 2])
    result.shape = (None, None, None)
    array = np.arange(60, dtype=np.float32).reshape(1, 30, 2)
    (got,) = run(b, [x], [result], level, x=array)
    np.testing.assert_array_equal(got, np.pad(array, [(0, 0), (1, 2), (0, 0)]))


@EVERY_LEVEL
def test_padding_by_amounts_of_the_run(level):
    b = Builder("test")
    x, before, after = (
        Value("x", dtypes.float32, (2, 2, 2)),
        *(Value(n, dtypes.int64, (2,)) for n in ("before", "after")),
    )
    result = pad(b, x, 3, [0, 2], before, after)
    result.shape = (None, None, None)
    array = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    (got,) = run(b, [x, before, after], [result], level, x=array, before=np.array([1, 0]), after=np.array([0, 3]))
    np.testing.assert_array_equal(got, np.pad(array, [(1, 0), (0, 0), (0, 3)]))
