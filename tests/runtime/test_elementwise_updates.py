"""Changes of large variables in place, and updates of small ones together: what the formula says, all or nothing."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.graph import dtypes
from tfcompat.graph.op_def import op_def
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse
from tfcompat.kernels import blocks
from tfcompat.runtime.arrays import shape_of

SHAPE = (400, 701)
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
            patch.setattr("tfcompat.runtime.group_updates.FEWEST_OF_GROUP", fewest)
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


def buffers_kept(session, fetches, feed):
    """Runs twice; returns what the second run gave, and how many variables kept their buffers in it."""
    session.run(fetches, feed)
    before = dict(session.variables.snapshot())
    results = session.run(fetches, feed)
    after = session.variables.snapshot()
    return results, sum(after[key] is value for key, value in before.items() if shape_of(value))


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("block", [1 << 10, 1 << 17])
def test_adam_of_a_table_of_which_some_rows_are_used(use_resource, block, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", block)
    rng = np.random.RandomState(0)
    start, words = rng.standard_normal((6000, 48)).astype(np.float32), np.array([7, 5999, 7, 0, 3, 7, 0])
    with tf.Graph().as_default(), tf.Session() as session:
        table = tf.get_variable("table", initializer=start, use_resource=use_resource)
        rows = tf.nn.embedding_lookup(table, tf.constant(words))
        train = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(rows * rows))
        session.run(tf.global_variables_initializer())
        for _ in range(2):
            _, kept = buffers_kept(session, train, {})
        assert kept == 3
        result = session.run(table)
    x, m, v = start.astype(np.float64), np.zeros(start.shape), np.zeros(start.shape)
    for t in range(1, 5):
        g = np.zeros(start.shape)
        np.add.at(g, words, 2 * x[words])
        squares = np.zeros(start.shape)
        for word in set(words):
            squares[word] = g[word] ** 2
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * squares
        x = x - 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8)
    np.testing.assert_allclose(result, x, rtol=1e-4, atol=1e-5)


def decayed_adam(variables, gradients, rate=0.1, decay=0.01):
    """The optimizer of BERT, in plain assignments."""
    updates = []
    for variable, gradient in zip(variables, gradients, strict=True):
        name = variable.op.name
        m, v = (tf.get_variable(f"{name}/{slot}", variable.shape, initializer=tf.zeros_initializer()) for slot in "mv")
        next_m = 0.9 * m + 0.1 * gradient
        next_v = 0.999 * v + 0.001 * tf.square(gradient)
        change = next_m / (tf.sqrt(next_v) + 1e-6) + decay * variable
        updates += [variable.assign(variable - rate * change), m.assign(next_m), v.assign(next_v)]
    return tf.group(*updates)


def test_an_optimizer_of_plain_assignments():
    with tf.Graph().as_default(), tf.Session() as session:
        scale = tf.placeholder(tf.float32, [])
        starts = [np.random.RandomState(i).standard_normal(SHAPE).astype(np.float32) for i in range(2)]
        variables = [tf.get_variable(f"w{i}", initializer=start) for i, start in enumerate(starts)]
        gradients, norm = tf.clip_by_global_norm([v * scale for v in variables], 1.0)
        train = decayed_adam(variables, gradients)
        session.run(tf.global_variables_initializer())
        norms = []
        for _ in range(2):
            (_, found), kept = buffers_kept(session, [train, norm], {scale: 0.5})
            norms.append(found)
        assert kept == 6
        results = session.run(variables)
    state = [(start.astype(np.float64), 0.0, 0.0) for start in starts]
    for step in range(4):
        total = np.sqrt(sum(np.sum((x * 0.5) ** 2) for x, _, _ in state))
        if step in (1, 3):
            assert np.isclose(norms[step // 2], total, rtol=1e-4)
        moved = []
        for x, m, v in state:
            g = x * 0.5 / max(total, 1.0)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            moved.append((x - 0.1 * (m / (np.sqrt(v) + 1e-6) + 0.01 * x), m, v))
        state = moved
    for result, (x, _, _) in zip(results, state, strict=True):
        np.testing.assert_allclose(result, x, rtol=2e-4, atol=2e-5)


def test_new_values_that_are_used_otherwise_are_computed_by_the_model():
    with tf.Graph().as_default(), tf.Session() as session:
        first, second = (tf.Variable(np.full(SHAPE, n, np.float32)) for n in (1, 2))
        grown = tf.assign(first, first * 2.0 + 1.0)
        follows = tf.assign(second, second * 0.5 + grown)
        total = tf.reduce_max(grown)
        session.run(tf.global_variables_initializer())
        (_, found), kept = buffers_kept(session, [follows, total], {})
        assert (found, kept) == (7, 0)
        assert [session.run(v)[0, 0] for v in (first, second)] == [7, 9]
        (_, kept) = buffers_kept(session, follows.op, {})
        assert kept == 2
        assert [session.run(v)[0, 0] for v in (first, second)] == [31, 9 / 4 + 15 / 2 + 31]


def test_each_variable_takes_the_old_value_of_the_other():
    with tf.Graph().as_default(), tf.Session() as session:
        first, second = (tf.Variable(np.full(SHAPE, n, np.float32)) for n in (1, 2))
        values = first.read_value(), second.read_value()
        with tf.control_dependencies(values):
            swap = tf.group(first.assign(values[1] * 1.0), second.assign(values[0] * 1.0))
        session.run(tf.global_variables_initializer())
        session.run(swap)
        assert [session.run(v)[0, 0] for v in (first, second)] == [2, 1]


def test_a_row_outside_changes_nothing():
    with tf.Graph().as_default(), tf.Session() as session:
        table = tf.Variable(np.ones((5000, 64), np.float32))
        index = tf.placeholder(tf.int32, [None])
        with tf.control_dependencies([table.assign(table * 0.5)]):
            change = tf.scatter_add(table, index, tf.ones([tf.size(index), 64])).op
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(change, {index: [3, 5000]})
        assert (session.run(table) == 1).all()
        session.run(change, {index: [3, 3]})
        assert session.run(table)[:5, 0].tolist() == [0.5, 0.5, 0.5, 2.5, 0.5]
