"""Loops that a session makes faster give what the loops as written give."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from converters.passes import loops

COUNTS = [0, 1, 15, 16, 17, 33, 64, 100]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.fixture(params=[True, False], ids=["faster", "as written"])
def passes(request, monkeypatch):
    """The loops' passes, or none of them."""
    if not request.param:
        monkeypatch.setattr(loops, "_PASSES", ())


def run(fetches, feed=None):
    with tf.Session() as session:
        return session.run(fetches, feed)


@pytest.mark.parametrize("count", COUNTS)
def test_a_small_body(count, passes):
    x = tf.placeholder(tf.float32, [])
    i, y, z = tf.while_loop(
        lambda i, y, z: i < count, lambda i, y, z: (i + 1, y * 0.9 + 1.0, z - y), [0, x, tf.constant(2.0)]
    )
    wanted_y, wanted_z = np.float32(3), np.float32(2)
    for _ in range(count):
        wanted_y, wanted_z = wanted_y * np.float32(0.9) + np.float32(1), wanted_z - wanted_y
    got = run([i, y, z], {x: 3.0})
    assert got[0] == count
    np.testing.assert_allclose(got[1:], [wanted_y, wanted_z], rtol=1e-5)


@pytest.mark.parametrize("count", [0, 16, 21])
def test_variables_that_trade_places(count, passes):
    first, second = tf.while_loop(
        lambda a, b: True, lambda a, b: (b, a + b), [0, 1], maximum_iterations=count, back_prop=False
    )
    a, b = 0, 1
    for _ in range(count):
        a, b = b, a + b
    assert run([first, second]) == [a, b]


@pytest.mark.parametrize("limit", [0, 16, 40])
def test_a_limit_that_is_fed(limit, passes):
    stop = tf.placeholder(tf.int32, [])
    i, total = tf.while_loop(lambda i, t: i < stop, lambda i, t: (i + 2, t + i), [0, 0])
    steps = range(0, limit, 2)
    assert run([i, total], {stop: limit}) == [len(steps) * 2, sum(steps)]


@pytest.mark.parametrize("count", [0, 5, 18])
def test_reads_by_position_and_from_the_end(count, passes):
    x = tf.placeholder(tf.float32, [20, 2])
    _, forward, backward = tf.while_loop(
        lambda i, f, b: i < count,
        lambda i, f, b: (i + 1, f * 0.5 + x[i], b * 0.5 + tf.gather(x, 19 - i)),
        [0, tf.zeros([2]), tf.zeros([2])],
    )
    value = np.linspace(-1, 1, 40).reshape(20, 2).astype(np.float32)
    wanted = np.zeros((2, 2), np.float32)
    for i in range(count):
        wanted = wanted * np.float32(0.5) + [value[i], value[19 - i]]
    np.testing.assert_allclose(run([forward, backward], {x: value}), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [0, 3])
def test_what_fails_when_it_is_computed_fails_in_an_iteration_alone(count, passes):
    """The quotient does not depend on the iteration, and there is none for no iterations."""
    divisor = tf.placeholder(tf.int32, [])
    _, total = tf.while_loop(lambda i, t: i < count, lambda i, t: (i + 1, t + 7 // divisor), [0, 0])
    if count:
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(total, {divisor: 0})
    else:
        assert run(total, {divisor: 0}) == 0
    assert run(total, {divisor: 2}) == 3 * count


@pytest.mark.parametrize("count", [1, 16, 20])
def test_loops_in_loops(count, passes):
    def outer(i, total):
        inner = tf.while_loop(
            lambda j, t: j < count, lambda j, t: (j + 1, t * 0.5 + tf.cast(i, tf.float32)), [0, total]
        )
        return i + 1, inner[1] + 1.0

    _, total = tf.while_loop(lambda i, t: i < count, outer, [0, tf.constant(0.25)])
    wanted = np.float32(0.25)
    for i in range(count):
        for _ in range(count):
            wanted = wanted * np.float32(0.5) + np.float32(i)
        wanted += np.float32(1)
    np.testing.assert_allclose(run(total), wanted, rtol=1e-5)


@pytest.mark.parametrize("count", [0, 4, 17])
def test_gradients_of_loops(count, passes):
    x = tf.constant([0.5, -1.5])
    w = tf.constant([1.5, 0.7])
    _, y = tf.while_loop(lambda i, y: i < count, lambda i, y: (i + 1, tf.tanh(y * w)), [0, x])
    slopes = run(tf.gradients(y, [x, w]))

    def value(x, w):
        for _ in range(count):
            x = np.tanh(x * w)
        return x

    a, b, e = np.array([0.5, -1.5]), np.array([1.5, 0.7]), 1e-6
    np.testing.assert_allclose(slopes[0], (value(a + e, b) - value(a - e, b)) / (2 * e), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(slopes[1], (value(a, b + e) - value(a, b - e)) / (2 * e), rtol=1e-3, atol=1e-5)
