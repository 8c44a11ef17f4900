"""Assertions: what they find while the graph is recorded, what in a run, and their texts."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def failure(make, feed=None):
    """The text of the error that an assertion ends in when it runs."""
    with tf.Graph().as_default(), tf.Session() as session:
        op, placeholder = make()
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(op, None if placeholder is None else {placeholder: feed})
    return caught.value.message


@pytest.mark.parametrize(
    ("data", "summarize", "expected"),
    [
        (["a b", 'x"\n\x01é'], 3, '[a b] [x\\"\\n\\001é]'),
        (
            [1, 2.5, 1 / 3, True, 1e10, 1e-7, float("nan"), float("inf"), 100000.0, 1234567.0],
            3,
            "[1] [2.5] [0.333333343] [1] [1e+10] [1e-07] [nan] [inf] [100000] [1234567]",
        ),
        (
            [np.float64(1 / 3), np.float64(0.1), np.float64(1e22), np.int64(-5)],
            3,
            "[0.33333333333333331] [0.1] [1e+22] [-5]",
        ),
        ([[1, 2, 3, 4], [[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6]]], 3, "[1 2 3...] [[1 2][3...]...] [[1 2 3]...]"),
        ([[1, 2, 3, 4], [[1, 2], [3, 4]]], 1, "[1...] [[1...]...]"),
        ([[1, 2, 3, 4], [[1, 2], [3, 4]]], -1, "[1 2 3 4] [[1 2][3 4]]"),
        ([np.zeros([0], np.float32), np.zeros([2, 0], np.float32)], 3, "[] []"),
        (
            [np.array([True, False]), np.float16(0.1), np.complex64(1 + 2j), np.uint8(200)],
            3,
            "[1 0] [0.0999755859] [?] [200]",
        ),
    ],
)
def test_texts(data, summarize, expected):
    def make():
        return tf.Assert(tf.constant(False), [tf.constant(d) for d in data], summarize), None

    assert failure(make) == f"assertion failed: {expected}"


def test_a_true_condition_passes():
    with tf.Graph().as_default(), tf.Session() as session:
        condition = tf.placeholder(tf.bool, [])
        op = tf.Assert(condition, ["never", tf.constant([1.0])])
        assert session.run(op, {condition: True}) is None


COMPARISONS = {
    "assert_equal": ([1, 2], [1, 3]), "assert_none_equal": ([1, 2], [3, 2]), "assert_less": ([1, 2], [2, 2]),
    "assert_less_equal": ([1, 2], [1, 1]), "assert_greater": ([2, 2], [1, 2]), "assert_greater_equal": ([2, 2], [3, 2]),
}  # fmt: skip


@pytest.mark.parametrize("function", COMPARISONS)
def test_comparisons(function):
    first, second = COMPARISONS[function]
    check = getattr(tf, function)
    with tf.Graph().as_default(), pytest.raises(tf.errors.InvalidArgumentError, match="did not hold element-wise"):
        check(first, second)

    def make():
        x = tf.placeholder(tf.int32, [None], name="x")
        return check(x, tf.constant(second, name="y"), message="text"), x

    text = failure(make, first)
    assert text.startswith("assertion failed: [text] [Condition x ")
    assert text.endswith(f"[x (x:0) = ] [{first[0]} {first[1]}] [y (y:0) = ] [{second[0]} {second[1]}]")
    with tf.Graph().as_default(), tf.Session() as session:
        op, x = make()
        good = {"assert_equal": second, "assert_none_equal": [0, 0], "assert_less": [0, 0], "assert_less_equal": [0, 0]}
        session.run(op, {x: good.get(function, [9, 9])})


@pytest.mark.parametrize(
    ("function", "bad", "good"),
    [
        ("assert_positive", [1, 0], [1, 2]),
        ("assert_negative", [-1, 0], [-1, -2]),
        ("assert_non_negative", [0, -1], [0, 1]),
        ("assert_non_positive", [0, 1], [0, -1]),
    ],
)
def test_signs(function, bad, good):
    def make():
        x = tf.placeholder(tf.int32, [2], name="x")
        return getattr(tf, function)(x), x

    assert f"[{bad[0]} {bad[1]}]" in failure(make, bad)
    with tf.Graph().as_default(), tf.Session() as session:
        op, x = make()
        session.run(op, {x: good})
    with tf.Graph().as_default(), pytest.raises(tf.errors.InvalidArgumentError):
        getattr(tf, function)(bad)


def test_near():
    def make():
        x = tf.placeholder(tf.float32, [2], name="x")
        return tf.assert_near(x, tf.constant([1.0, 2.0]), atol=0.1), x

    assert "x and y not equal to tolerance" in failure(make, [1.0, 2.5])
    with tf.Graph().as_default(), tf.Session() as session:
        op, x = make()
        session.run(op, {x: [1.05, 2.0]})


@pytest.mark.parametrize(
    ("check", "error", "message"),
    [
        (lambda x: tf.assert_rank(x, 2), ValueError, "Tensor x:0 must have rank 2.  Received rank 1, shape (2,)"),
        (
            lambda x: tf.assert_rank_at_least(x, 2, message="oo"),
            ValueError,
            "oo.  Tensor x:0 must have rank at least 2.  Received rank 1, shape (2,)",
        ),
        (lambda x: tf.assert_rank_in(x, (0, 2)), ValueError, "Tensor x:0 must have rank in "),
        (lambda x: tf.assert_rank(x, [1]), ValueError, "Rank must be a scalar."),
        (lambda x: tf.assert_integer(x), TypeError, 'Expected "x" to be integer type.  Found: x:0'),
        (lambda x: tf.assert_type(x, tf.int32), TypeError, "x:0 must be of type tf.int32; got tf.float32"),
        (lambda x: tf.assert_scalar(x), ValueError, "Expected scalar shape for x:0, saw shape: (2,)."),
        (lambda x: tf.assert_proper_iterable(x), TypeError, 'Expected argument "values" to be a "proper" iterable.'),
        (
            lambda x: tf.debugging.assert_shapes([(x, ("N",)), (tf.ones([3]), ("N",))]),
            ValueError,
            "Specified by tensor x:0 dimension 0.",
        ),
        (lambda x: tf.debugging.assert_shapes({x.name: 3}), ValueError, "Specified shape must be an iterable"),
    ],
)
def test_static_checks(check, error, message):
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2], name="x")
        with pytest.raises(error) as caught:
            check(x)
    assert message in str(caught.value)


def test_ranks_in_a_run():
    def make():
        x = tf.placeholder(tf.float32, None, name="x")
        return tf.assert_rank_in(x, (1, 2)), x

    assert failure(make, 3.0) == ("assertion failed: [] [Tensor x:0 must have rank in] [1] [2] [Received shape: ] []")
    with tf.Graph().as_default(), tf.Session() as session:
        op, x = make()
        session.run(op, {x: [1.0]})


def test_shapes_in_a_run():
    def make():
        x = tf.placeholder(tf.float32, None, name="x")
        y = tf.ones([3])
        return tf.debugging.assert_shapes([(x, ("N", 2)), (y, ("N",))]), x

    assert "must have size" in failure(make, np.ones([4, 2]))
    assert "must have rank" in failure(make, np.ones([3]))
    with tf.Graph().as_default(), tf.Session() as session:
        op, x = make()
        session.run(op, {x: np.ones([3, 2])})


def test_finite():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2])
        checked = tf.debugging.assert_all_finite(x, "bad value")
        every = tf.add_check_numerics_ops()
        np.testing.assert_array_equal(session.run(checked, {x: [1, 2]}), [1, 2])
        for bad, word in ((np.nan, "NaN"), (np.inf, "Inf"), (-np.inf, "Inf")):
            for fetch in (checked, every):
                with pytest.raises(tf.errors.InvalidArgumentError, match=f"Tensor had {word} values"):
                    session.run(fetch, {x: [1, bad]})


@pytest.mark.parametrize(
    ("values", "rising", "strictly"),
    [
        ([], True, True),
        ([3], True, True),
        ([1, 2, 3], True, True),
        ([1, 2, 2], True, False),
        ([2, 1, 3], False, False),
        ([[1, 2], [3, 4]], True, True),
        ([[1, 5], [3, 4]], False, False),
    ],
)
def test_order(values, rising, strictly):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(values, tf.float32)
        assert session.run(tf.is_non_decreasing(x)) == rising
        assert session.run(tf.is_strictly_increasing(x)) == strictly


def test_types():
    with tf.Graph().as_default():
        x, y = tf.ones([2]), tf.ones([2], tf.float64)
        assert tf.assert_same_float_dtype([x, x]) == tf.float32
        assert tf.assert_same_float_dtype() == tf.float32
        with pytest.raises(ValueError, match="must be of the same type"):
            tf.assert_same_float_dtype([x, y])
        with pytest.raises(ValueError, match="Expected floating point type"):
            tf.assert_same_float_dtype([tf.ones([1], tf.int32)])
        assert tf.is_numeric_tensor(x)
        assert not tf.is_numeric_tensor(tf.constant("a"))
        assert not tf.is_numeric_tensor(3)
