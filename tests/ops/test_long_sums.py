"""Sums of many float32: right to the last digits, where the reference adds outer axes one after the other."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

# sizes with and without divisors, kept axes before, after and between
SHAPES = [
    ((40000, 3), 0),
    ((40009, 3), 0),
    ((1, 40000, 3), 1),
    ((2, 9000, 3), (0, 1)),
    ((2, 9001, 3), (1, 2)),
    ((600, 1, 3), (0, 2)),
    ((50000, 3), None),
    ((7, 7919, 3), None),
]
FUNCTIONS = {
    "reduce_sum": np.sum,
    "reduce_mean": np.mean,
    "math.reduce_euclidean_norm": lambda x, axis: np.sqrt(np.sum(x * x, axis)),
}


@pytest.mark.parametrize("unknown", [(), (0,), (0, 1)], ids=["known", "batch", "two"])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_sums_of_equal_numbers_are_exact_to_float32(function, shape, axis, unknown):
    values = np.broadcast_to(np.array([0.1, 0.3, 0.7], np.float32), shape)
    record = tf
    for part in function.split("."):
        record = getattr(record, part)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None if i in unknown else d for i, d in enumerate(shape)])
        result = record(x, None if axis is None else list(np.atleast_1d(axis)))
        with tf.Session() as session:
            got = session.run(result, {x: values})
    expected = FUNCTIONS[function](values.astype(np.float64), axis=axis)
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=2e-6)
