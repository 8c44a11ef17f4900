"""tf.function, tf.wrap_function and tf.GradientTape in graphs."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def test_a_function_is_one_operation_and_traced_once_for_each_kind_of_arguments(session):
    traces = []

    @tf.function
    def scaled(x, by=2.0):
        traces.append(x.shape)
        return {"y": x * by, "pair": (x, None)}

    first = scaled(tf.constant([1.0, 2.0]))
    scaled(tf.constant([5.0, 6.0]))
    scaled(tf.constant([5.0, 6.0]), 3.0)
    assert len(traces) == 2
    assert first["y"].op.type == "PartitionedCall"
    assert first["pair"][1] is None
    assert session.run(first["y"]).tolist() == [2.0, 4.0]
    assert scaled.get_concrete_function(tf.TensorSpec([None], tf.float32)).outputs[0].shape.as_list() == [None]


def test_effects_happen_in_the_order_of_the_program(session):
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)

    @tf.function
    def step(x):
        before = variable.read_value()
        variable.assign_add(x)
        variable.assign(variable * 2.0)
        return before, variable.read_value()

    result = step(tf.constant(3.0))
    session.run(variable.initializer)
    assert session.run(result) == (1.0, 8.0)
    assert session.run(variable) == 8.0


def test_gradients_through_a_function(session):
    x = tf.constant([1.0, 2.0])
    (slope,) = tf.gradients(tf.function(lambda v: v * v * x)(x), x)
    np.testing.assert_allclose(session.run(slope), [3.0, 12.0])


def test_fixed_signatures_and_methods(session):
    class Model:
        def __init__(self, factor):
            self.factor = factor

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, x):
            return x * self.factor

    two, three = Model(2.0), Model(3.0)
    assert session.run([two([1.0]), three([1.0, 2.0])])[1].tolist() == [3.0, 6.0]
    with pytest.raises((TypeError, ValueError)):
        two(tf.constant([[1.0]]))


def test_wrapped_functions_are_pruned(session):
    wrapped = tf.wrap_function(lambda x: tf.multiply(tf.add(x, 1.0, name="sum"), 2.0), [tf.TensorSpec([], tf.float32)])
    part = wrapped.prune("sum:0", wrapped.outputs[0].name)
    assert session.run([wrapped(tf.constant(3.0)), part(tf.constant(10.0))]) == [8.0, 20.0]


def test_tape_follows_what_was_recorded(session):
    x = tf.constant(3.0)
    before = x * x
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = before * before + x
        z = x * x * x
    assert session.run(tape.gradient(y, x)) == 1.0
    assert session.run(tape.gradient({"z": z}, [x])) == [27.0]
    assert tape.gradient(before, x) is None
    assert session.run(tape.gradient(before, x, unconnected_gradients="zero")) == 0.0


def test_tape_of_a_tape_and_jacobians(session):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x**3.0
        slope = inner.gradient(y, x)
    np.testing.assert_allclose(session.run(outer.gradient(slope, x)), [6.0, 12.0], rtol=1e-6)
    np.testing.assert_allclose(session.run(outer.jacobian(y, x)), [[3.0, 0.0], [0.0, 12.0]], rtol=1e-6)


def test_variables_are_watched_and_a_tape_is_used_once(session):
    variable = tf.get_variable("v", initializer=4.0)
    with tf.GradientTape() as tape:
        y = variable * variable
    slope = tape.gradient(y, variable)
    session.run(variable.initializer)
    assert session.run(slope) == 8.0
    with pytest.raises(RuntimeError, match="non-persistent"):
        tape.gradient(y, variable)


def test_calls_of_one_function_have_bodies_of_their_own():
    """Twice in one run, inside another function, a loop and a branch; gradients of the first and second order."""
    w = tf.get_variable("w", initializer=[[1.0, 0.5], [0.25, 2.0]], use_resource=True)
    x = tf.constant([[1.0, 2.0]])

    def plain(a):
        return tf.tanh(tf.matmul(a, w) + tf.constant([0.5, -0.5]))

    def results(f, h):
        looped = tf.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, f(h(f(v)))), [0, x])[1]
        ys = [f(f(x)), h(h(x)), looped, tf.cond(tf.reduce_sum(x) > 0, lambda: f(f(x)), lambda: h(x))]
        firsts = [tf.gradients(y, [w, x]) for y in ys]
        again = f(ys[0])
        return [*ys, *firsts, again, tf.gradients(again, w), tf.gradients(firsts[0][1], w)]

    traced = tf.function(plain)
    nested = tf.function(lambda a: traced(traced(a)) * a)
    got = results(traced, nested)
    wanted = results(plain, lambda a: plain(plain(a)) * a)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got, wanted = session.run([got, wanted])
    for value, expected in zip(tf.nest.flatten(got), tf.nest.flatten(wanted), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
