"""Partial runs: one run in several calls, every operation once."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def net():
    a, b, c = (tf.placeholder(tf.float32, [], name=n) for n in "abc")
    total = tf.add(a, b, name="total")
    return a, b, c, total, tf.multiply(total, c, name="product")


def test_later_calls_use_what_earlier_ones_computed(sess, net):
    a, b, c, total, product = net
    for factor in (17, 18):
        handle = sess.partial_run_setup([total, product], [a, b, c])
        found = sess.partial_run(handle, total, {a: 1, b: 2})
        assert sess.partial_run(handle, product, {c: found * factor}) == 9 * factor


def test_handles_are_independent_and_may_be_abandoned(sess, net):
    a, b, c, total, product = net
    first = sess.partial_run_setup([total], [a, b, c])
    second = sess.partial_run_setup([total, product], [a, b, c])
    assert sess.partial_run(first, total, {a: 1, b: 2}) == 3
    assert sess.partial_run(second, total, {a: 10, b: 2}) == 12
    assert sess.partial_run(second, product, {c: 2}) == 24


def test_feeds_without_fetches_are_kept(sess, net):
    a, b, _, total, _ = net
    handle = sess.partial_run_setup([total], [a, b])
    assert sess.partial_run(handle, [], {a: 4}) == []
    assert sess.partial_run(handle, [total], {b: 5}) == [9]


def test_every_operation_runs_once(sess):
    counter = tf.Variable(0.0)
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    counted = tf.assign_add(counter, a)
    first = counted * 2.0
    second = counted + b
    sess.run(counter.initializer)
    handle = sess.partial_run_setup([first, second], [a, b])
    assert sess.partial_run(handle, first, {a: 3}) == 6
    assert sess.partial_run(handle, second, {b: 10}) == 13
    assert sess.run(counter) == 3


def test_what_is_computable_runs_although_nothing_of_it_is_fetched_yet(sess):
    v = tf.Variable(1.0)
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    write = tf.assign(v, a)
    fetched = write + b
    sess.run(v.initializer)
    handle = sess.partial_run_setup(fetched, [a, b])
    sess.partial_run(handle, [], {a: 5})
    assert sess.run(v) == 5


def test_control_inputs_count_as_done(sess):
    v = tf.Variable(0.0)
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    bump = tf.assign_add(v, a)
    with tf.control_dependencies([bump]):
        after = b + 1.0
    sess.run(v.initializer)
    handle = sess.partial_run_setup([bump, after], [a, b])
    assert sess.partial_run(handle, bump, {a: 2}) == 2
    assert sess.partial_run(handle, after, {b: 3}) == 4
    assert sess.run(v) == 2


def test_two_hundred_steps(sess):
    value, inputs, outputs = tf.constant(2.0), [], []
    for _ in range(200):
        inputs.append(tf.placeholder(tf.float32, []))
        value = value * inputs[-1]
        outputs.append(value)
    handle = sess.partial_run_setup(outputs, inputs)
    for x, y in zip(inputs, outputs, strict=True):
        result = sess.partial_run(handle, y, {x: 1.0})
    assert result == 2


def test_constants_stay_constants_in_later_calls(sess):
    x, y = tf.placeholder(tf.float32, [2, 3]), tf.placeholder(tf.float32, [2, 3])
    perm, axis = tf.constant([1, 0]), tf.constant(1)
    first = tf.transpose(x, perm)
    second = tf.reduce_sum(tf.transpose(y, perm), axis)
    handle = sess.partial_run_setup([first, second], [x, y])
    assert sess.partial_run(handle, first, {x: np.ones((2, 3))}).shape == (3, 2)
    assert sess.partial_run(handle, second, {y: np.ones((2, 3))}).tolist() == [2, 2, 2]


def test_no_feeds_at_all(sess):
    c = tf.constant([6.0])
    handle = sess.partial_run_setup([c])
    assert sess.partial_run(handle, c).tolist() == [6]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'"):
        sess.partial_run(handle, c)


def test_variables_are_fetched_as_they_are(sess):
    v = tf.Variable([1.0, 2.0])
    sess.run(v.initializer)
    handle = sess.partial_run_setup([v], [])
    assert sess.partial_run(handle, v).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("announced", "first", "second", "match"),
    [
        (("total", "ab"), None, ("total", "abc"), r"The feed c:0 was not specified in partial_run_setup.$"),
        (("total", "abc"), None, ("product", "ab"), r"The fetch product:0 was not specified in partial_run_setup.$"),
        (("total product", "abc"), ("total", "ab"), ("product", "ac"), r"The feed a:0 has already been fed.$"),
        (("total product", "abc"), ("total", "ab"), ("total", "c"), r"The fetch total:0 has already been fetched.$"),
        (("total product", "abc"), None, ("product", "a"), "can't be computed from the feeds that have been fed"),
        (("", "a"), None, None, "Must specify at least one target to fetch or execute.$"),
        (("total a", "abc"), None, None, "a:0 is both fed and fetched"),
    ],
)
def test_errors(sess, net, announced, first, second, match):
    def run():
        handle = sess.partial_run_setup([f"{n}:0" for n in announced[0].split()], [f"{n}:0" for n in announced[1]])
        for fetches, feeds in filter(None, (first, second)):
            sess.partial_run(handle, [f"{n}:0" for n in fetches.split()], {f"{n}:0": 1.0 for n in feeds})

    with pytest.raises(tf.errors.InvalidArgumentError, match=match) as error:
        run()
    assert error.value.op is None


def test_a_wrong_call_leaves_the_handle_usable(sess, net):
    a, b, _, total, _ = net
    handle = sess.partial_run_setup([total], [a, b])
    with pytest.raises(tf.errors.InvalidArgumentError):
        sess.partial_run(handle, "product:0", {a: 1, b: 1})
    assert sess.partial_run(handle, total, {a: 1, b: 1}) == 2


def test_unknown_handles_and_missing_placeholders(sess, net):
    a, b, _, total, _ = net
    with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'") as error:
        sess.partial_run("bogus", total, {a: 1, b: 2})
    assert (error.value.op, error.value.node_def, error.value.error_code) == (None, None, 3)
    handle = sess.partial_run_setup([total], [])
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder"):
        sess.partial_run(handle, total)


def test_operations_cannot_be_fetched_in_steps(sess, net):
    a, b, _, total, _ = net
    handle = sess.partial_run_setup([total, total.op], [a, b])
    with pytest.raises(RuntimeError, match="requires empty `target_list`"):
        sess.partial_run(handle, total.op, {a: 1, b: 2})
