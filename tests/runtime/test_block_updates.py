"""Optimizer updates of large variables: what the formula says, in place, all or nothing."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.graph import dtypes
from tfcompat.graph.op_def import op_def
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse
from tfcompat.kernels import blocks

SHAPE = (300, 701)
DENSE = sorted(t for t in UPDATE_RULES if not is_sparse(t) and t.startswith("Resource") and "AdagradDA" not in t)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("op_type", DENSE)
def test_blocks_give_what_the_formula_gives(op_type, parts, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    monkeypatch.setattr(blocks, "_PART", 2000)
    definition = op_def(op_type)
    rng = np.random.RandomState(0)
    attrs = {"use_nesterov": True, "update_slots": True, "multiply_linear_by_lr": False}
    arrays, numbers = {}, {}
    for arg in definition.inputs:
        if arg.type is dtypes.resource or arg.name in ("grad", "delta"):
            arrays[arg.name] = rng.rand(7001).astype(np.float32) + 0.1
        else:
            numbers[arg.name] = np.float32(rng.uniform(0.1, 0.9))
    expected = UPDATE_RULES[op_type](np, attrs, **arrays, **numbers)
    before = {name: array.copy() for name, array in arrays.items()}

    def run(in_place, *into):
        formula = blocks.Formula(UPDATE_RULES[op_type], attrs, list(arrays), list(numbers), in_place)
        formula(list(arrays.values()), list(numbers.values()), *into, threads=parts)
        return formula.results

    fresh = np.empty((len(expected), 7001), np.float32)
    results = run(False, fresh)
    assert all(np.array_equal(array, before[name]) for name, array in arrays.items())
    assert all(np.array_equal(fresh[results.index(name)], expected[name]) for name in expected)
    run(True)
    for name, array in arrays.items():
        assert np.array_equal(array, expected.get(name, before[name])), name


def trained(optimizer, steps=3, dtype=np.float32, shape=SHAPE, after=None):
    """The variable, what `after` made of it in the last step, and the session's buffers before and after that."""
    with tf.Graph().as_default():
        values = np.random.RandomState(0).standard_normal(shape).astype(dtype)
        variable = tf.Variable(values)
        scale = tf.placeholder(dtype, [])
        train = optimizer().apply_gradients([(variable * scale, variable)])
        with tf.control_dependencies([train]):
            fetch = after(variable) if after else tf.no_op()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for _ in range(steps - 1):
                sess.run([train, fetch], {scale: 0.5})
            buffers = dict(sess.variables.snapshot())
            seen = sess.run(variable)
            kept = seen.copy()
            _, fetched = sess.run([train, fetch], {scale: 0.5})
            assert np.array_equal(seen, kept)
            in_place = [k for k, v in sess.variables.snapshot().items() if buffers[k] is v]
            return sess.run(variable), fetched, in_place


def adam_by_hand(steps, dtype):
    x = np.random.RandomState(0).standard_normal(SHAPE).astype(dtype)
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t in range(1, steps + 1):
        g = x * dtype(0.5)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        x = x - 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8)
    return x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_in_place(dtype):
    value, _, in_place = trained(lambda: tf.train.AdamOptimizer(0.01), dtype=dtype)
    assert np.allclose(value, adam_by_hand(3, dtype), rtol=2e-5, atol=1e-6)
    assert len(in_place) == 3


def test_a_value_that_is_read_after_the_update_is_the_new_one():
    value, fetched, in_place = trained(lambda: tf.train.AdamOptimizer(0.01), after=lambda v: v.read_value() * 1.0)
    assert np.array_equal(value, fetched)
    assert not in_place


def test_a_gradient_that_is_the_variable_itself():
    with tf.Graph().as_default():
        variable = tf.Variable(np.ones(SHAPE, np.float32))
        other = tf.Variable(np.full(SHAPE, 2, np.float32))
        rule = tf.train.GradientDescentOptimizer(0.5)
        train = rule.apply_gradients([(variable.value(), other), (tf.identity(other), variable)])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for expected in ((0, 1.5), (-0.75, 1.5)):
                sess.run(train)
                assert [sess.run(v)[0, 0] for v in (variable, other)] == list(expected)


def test_a_failed_run_changes_nothing():
    with tf.Graph().as_default():
        variable = tf.Variable(np.ones(SHAPE, np.float32))
        index = tf.placeholder(tf.int32, [])
        rows = tf.gather(tf.constant([1.0, 2.0]), index)
        train = tf.train.MomentumOptimizer(0.1, 0.9).apply_gradients([(variable * rows, variable)])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            with pytest.raises(tf.errors.InvalidArgumentError):
                sess.run(train, {index: 5})
            assert (sess.run(variable) == 1).all()
            sess.run(train, {index: 0})
            assert np.allclose(sess.run(variable), 0.9)


def small_variables():
    rng = np.random.RandomState(0)
    return [tf.Variable(rng.standard_normal(shape).astype(np.float32)) for shape in ((3, 5), (7,), (), (2, 3, 4))]


def test_small_variables_together_and_with_assignments_between():
    results = []
    for fewest in (3, 100):
        with tf.Graph().as_default(), pytest.MonkeyPatch.context() as patch:
            patch.setattr("tfcompat.runtime.block_updates.FEWEST_OF_GROUP", fewest)
            variables = small_variables()
            rule = tf.train.AdamOptimizer(0.1)
            train = rule.apply_gradients([(v * v + 1.0, v) for v in variables])
            double = tf.assign(variables[1], variables[1] * 2.0)
            clear = rule.get_slot(variables[0], "m").initializer
            saver = tf.train.Saver()
            with tf.Session() as sess:
                sess.run(tf.global_variables_initializer())
                found = []
                for step in range(8):
                    found.append(sess.run(variables))
                    sess.run(train)
                    if step == 2:
                        sess.run(double)
                    if step == 4:
                        sess.run(clear)
                found.append(sess.run([rule.get_slot(v, "v") for v in variables]))
                assert saver is not None
        results.append(found)
    for first, second in zip(*results, strict=True):
        for a, b in zip(first, second, strict=True):
            assert np.allclose(a, b, rtol=1e-6, atol=1e-7)


def test_handed_out_values_of_small_variables_do_not_change():
    with tf.Graph().as_default():
        variables = small_variables()
        train = tf.train.MomentumOptimizer(0.1, 0.9).apply_gradients([(v + 1.0, v) for v in variables])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(train)
            before = dict(sess.variables.snapshot())
            kept = {key: np.array(value) for key, value in before.items()}
            for _ in range(3):
                sess.run(train)
            assert all(np.array_equal(np.array(before[key]), kept[key]) for key in before)
