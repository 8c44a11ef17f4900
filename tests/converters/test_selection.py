"""Choices between large tensors: exact for every value, whichever way they go."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

SHAPE = (260, 262)


def special(rng, dtype):
    values = rng.standard_normal(SHAPE).astype(dtype)
    values[3, 4], values[5, 6], values[7, 8] = np.nan, np.inf, -np.inf
    return values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["plain", "nan left out", "nan chosen", "huge"])
def test_large_choices(kind, dtype):
    rng = np.random.RandomState(0)
    condition = rng.rand(*SHAPE) < 0.5
    x, y = (rng.standard_normal(SHAPE).astype(dtype) for _ in range(2))
    if kind.startswith("nan"):
        x = special(rng, dtype)
        condition[~np.isfinite(x)] = kind == "nan chosen"
    if kind == "huge":
        x[:] = np.finfo(dtype).max
    column = rng.rand(SHAPE[0], 1) < 0.5
    with tf.Graph().as_default(), tf.Session() as sess:
        c, col, a, b = (tf.placeholder(v.dtype, v.shape) for v in (condition, column, x, y))
        zeros, zero = tf.zeros_like(a), tf.constant(0, a.dtype)
        fetches = [
            tf.where(c, a, b),
            tf.where_v2(c, a, zero),
            tf.where_v2(c, zero, a),
            tf.where(c, a, zeros),
            tf.where_v2(col, a, b),
            tf.where_v2(c, a, b[0]),
        ]
        for _ in range(2):
            found = sess.run(fetches, {c: condition, col: column, a: x, b: y})
    expected = [
        np.where(condition, x, y),
        np.where(condition, x, 0),
        np.where(condition, 0, x),
        np.where(condition, x, 0),
        np.where(column, x, y),
        np.where(condition, x, y[0]),
    ]
    for value, wanted in zip(found, expected, strict=True):
        assert value.dtype == dtype
        assert np.array_equal(value, wanted, equal_nan=True)
