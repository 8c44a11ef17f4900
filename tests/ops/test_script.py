"""Python functions inside of graphs: arguments, results, errors, and how long the functions live."""

import gc

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.graph import py_functions


def run(func, inputs, types, **kwargs):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(tf.py_func(func, [tf.constant(x) for x in inputs], types, **kwargs))


def test_arrays_come_in_and_go_out():
    got = run(lambda x, y: (x + y, np.int64(x.size)), [[1.0, 2.0], 3.0], [tf.float32, tf.int64])
    np.testing.assert_array_equal(got[0], np.array([4, 5], np.float32))
    assert got[0].dtype == np.float32
    assert got[1] == 2


def test_one_type_gives_one_tensor_of_unknown_shape():
    result = tf.py_func(np.sum, [tf.ones([3])], tf.float32)
    assert result.shape.rank is None
    assert result.dtype == tf.float32
    with tf.Session() as session:
        assert session.run(result) == 3


def test_scalars_are_numpy_scalars_and_bytes():
    kinds = []
    run(lambda *xs: [kinds.append(type(x)) for x in xs] and np.int64(0), [1.5, 2, "text"], tf.int64)
    assert kinds == [np.float32, np.int32, bytes]


def test_strings():
    got = run(lambda x: np.array([x[0] + b"!", "é"], object), [["a\0b", "c"]], tf.string)
    assert got.tolist() == [b"a\0b!", "é".encode()]
    assert run(lambda: "word", [], tf.string) == b"word"


def test_arguments_may_be_changed_without_harm():
    def spoil(x):
        x[:] = -1
        return x

    with tf.Graph().as_default(), tf.Session() as session:
        source = tf.constant([1.0, 2.0])
        got = session.run([tf.py_func(spoil, [source], tf.float32), source])
    np.testing.assert_array_equal(got, [[-1, -1], [1, 2]])


@pytest.mark.parametrize(
    ("func", "types", "message"),
    [
        (lambda: 1.0, tf.float32, "0-th value returned by pyfunc_[0-9]+ is double, but expects float"),
        (lambda: [1, 2], tf.int64, "pyfunc_[0-9]+ returns 2 values, but expects to see 1 values."),
        (lambda: np.int64(1), [tf.int64, tf.int64], "returns 1 values, but expects to see 2 values"),
    ],
)
def test_results_must_fit(func, types, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(func, [], types)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError, tf.errors.InvalidArgumentError),
        (TypeError, tf.errors.InvalidArgumentError),
        (StopIteration, tf.errors.OutOfRangeError),
        (MemoryError, tf.errors.ResourceExhaustedError),
        (NotImplementedError, tf.errors.UnimplementedError),
        (KeyError, tf.errors.UnknownError),
    ],
)
def test_errors_become_errors_of_the_run(error, status):
    def fail():
        raise error("what happened")

    with pytest.raises(status, match=f"{error.__name__}: .*what happened"):
        run(fail, [], tf.int64)


def test_a_function_without_results_is_an_operation():
    calls = []
    with tf.Graph().as_default(), tf.Session() as session:
        op = tf.py_func(lambda x: calls.append(float(x)), [tf.constant(2.0)], [])
        assert op.type == "PyFunc"
        assert session.run(op) is None
        session.run(op)
    assert calls == [2.0, 2.0]


def test_stateless_functions_are_called_in_runs_only():
    calls = []
    with tf.Graph().as_default(), tf.Session() as session:
        result = tf.numpy_function(lambda: calls.append(1) or np.int64(5), [], tf.int64, stateful=False)
        assert result.op.type == "PyFuncStateless"
        assert not calls
        assert session.run(result) == 5
    assert len(calls) == 1


def test_functions_die_with_their_graph():
    gc.collect()
    before = py_functions.count()
    graph = tf.Graph()
    with graph.as_default():
        token = tf.py_func(lambda: 1, [], tf.int64).op.get_attr("token").decode()
    assert py_functions.count() == before + 1
    assert py_functions.find(token, graph)() == 1
    assert py_functions.find(token, tf.Graph()) is None
    del graph
    gc.collect()
    assert py_functions.count() == before


def test_no_gradient_flows_through():
    x = tf.constant([1.0])
    assert tf.gradients(tf.py_func(lambda v: v * 2, [x], tf.float32), x) == [None]
