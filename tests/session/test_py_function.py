"""tf.py_function: functions of tensors that have values."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def test_operations_inside_and_values_of_tensors():
    def function(x, y):
        assert isinstance(x.numpy(), np.ndarray)
        return [tf.matmul(x, y), tf.constant("large" if tf.reduce_sum(x) > 5 else "small")]

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2, 2])
        product, text = tf.py_function(function, [x, tf.eye(2)], [tf.float32, tf.string])
        given = np.array([[1, 2], [3, 4]], np.float32)
        values = session.run([product, text], {x: given})
        np.testing.assert_array_equal(values[0], given)
        assert values[1] == b"large"
        assert session.run(text, {x: given * 0}) == b"small"


def test_gradients_flow_along_the_branch_that_was_taken():
    def huber(x):
        return x**2 if abs(x) <= 1.0 else 2.0 * abs(x) - 1.0

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        y = tf.py_function(huber, [x], tf.float32)
        (slope,) = tf.gradients(y, x)
        assert session.run([y, slope], {x: 0.5}) == [0.25, 1.0]
        assert session.run([y, slope], {x: -3.0}) == [5.0, -2.0]


@pytest.mark.parametrize(
    ("error", "expected"), [(ValueError, tf.errors.InvalidArgumentError), (KeyError, tf.errors.UnknownError)]
)
def test_exceptions_become_errors_of_the_operation(error, expected):
    def fails(x):
        raise error("mine")

    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.py_function(fails, [1.0], tf.float32)
        with pytest.raises(expected, match="mine"):
            session.run(y)


def test_wrong_number_of_results_is_refused():
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.py_function(lambda: [1.0, 2.0, 3.0], [], [tf.float32] * 2)
        with pytest.raises(tf.errors.InvalidArgumentError, match="returns 3 values, but expects to see 2"):
            session.run(y)


def test_symbolic_tensors_have_no_value():
    with tf.Graph().as_default():
        assert not hasattr(tf.constant(1.0), "numpy")
        with pytest.raises(TypeError):
            float(tf.constant(1.0))


def test_not_callable():
    with pytest.raises(ValueError, match="to be callable"):
        tf.py_function("text", [], tf.float32)


def test_stateless_functions_without_arguments_are_called_once():
    numbers = iter(range(5))
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.py_func(lambda: next(numbers), [], tf.int64, stateful=False)
        assert [session.run(x) for _ in range(3)] == [0, 0, 0]
