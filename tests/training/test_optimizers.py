"""Optimizers: user subclasses, slots, arguments, errors. Values and graphs are in tests/parity/programs_training.py."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f32


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def run(*fetches):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(f) for f in fetches][-1]


class SignDescent(tf.train.Optimizer):
    """An optimizer as users write them: Python arithmetic, a slot, a variable of its own."""

    def __init__(self, rate, name="SignDescent"):
        super().__init__(False, name)
        self._rate = rate

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda v: v.name)
        self._create_non_slot_variable(0.0, "steps", first)
        for v in var_list:
            self._zeros_slot(v, "last", self._name)

    def _prepare(self):
        self._rate_tensor = tf.convert_to_tensor(self._call_if_callable(self._rate), name="rate")

    def _apply_dense(self, grad, var):
        rate = tf.cast(self._rate_tensor, var.dtype.base_dtype)
        kept = self.get_slot(var, "last").assign(grad)
        return tf.group(tf.assign_sub(var, rate * tf.sign(grad)), kept)

    def _resource_apply_dense(self, grad, handle):
        return self._apply_dense(grad, handle)

    def _apply_sparse(self, grad, var):
        return tf.scatter_sub(var, grad.indices, self._rate_tensor * tf.sign(grad.values))

    def _resource_apply_sparse(self, grad, handle, indices):
        return tf.scatter_sub(handle, indices, self._rate_tensor * tf.sign(grad))

    def _finish(self, update_ops, name_scope):
        with tf.control_dependencies(update_ops):
            steps = self._get_non_slot_variable("steps", tf.get_default_graph())
            return tf.group(*update_ops, steps.assign_add(1.0), name=name_scope)


@pytest.mark.parametrize("resource", [False, True])
def test_a_users_optimizer(resource):
    w = tf.get_variable("w", initializer=[1.0, -2.0], use_resource=resource)
    t = tf.get_variable("t", initializer=f32(3, 1), use_resource=resource)
    loss = tf.reduce_sum(w * [1.0, -1.0]) + tf.reduce_sum(tf.gather(t, [1, 1]))
    optimizer = SignDescent(lambda: 0.5)
    step = optimizer.minimize(loss)
    found = run(step, step, [w, t, optimizer.get_slot(w, "last"), *optimizer.variables()])
    assert found[0].tolist() == [0.0, -1.0]
    assert np.allclose(found[1], f32(3, 1) - [[0.0], [1.0], [0.0]])
    assert found[2].tolist() == [1.0, -1.0]
    assert [v.name for v in optimizer.variables()] == ["steps:0", "t/SignDescent:0", "w/SignDescent:0"]
    assert found[3] == 2.0
    assert optimizer.get_slot_names() == ["last"]
    assert optimizer.get_slot(w, "other") is None


def test_the_methods_a_subclass_lacks_are_named():
    optimizer = tf.train.Optimizer(False, "Bare")
    w = tf.get_variable("w", initializer=1.0)
    with pytest.raises(NotImplementedError):
        optimizer.minimize(w * 2.0)
    with pytest.raises(ValueError, match="Must specify the optimizer name"):
        tf.train.Optimizer(False, "")


def test_repeated_rows_count_as_one_with_their_sum():
    t = tf.get_variable("t", initializer=np.zeros((3, 1), np.float32))
    loss = tf.reduce_sum(tf.gather(t, [2, 2, 0]))
    found = run(tf.train.AdagradOptimizer(1.0, initial_accumulator_value=1e-3).minimize(loss), t)
    assert np.allclose(found[:, 0], [-1 / np.sqrt(1.001), 0.0, -2 / np.sqrt(4.001)])


def test_a_step_counts():
    w = tf.get_variable("w", initializer=1.0)
    for counter in (tf.train.get_or_create_global_step(), tf.get_variable("r", initializer=5, use_resource=True)):
        step = tf.train.GradientDescentOptimizer(0.1).minimize(w * 2.0, global_step=counter)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            before = session.run(counter)
            session.run(step)
            assert session.run(counter) == before + 1
            assert np.isclose(session.run(w), 0.8)
    assert len(tf.get_collection(tf.GraphKeys.TRAIN_OP)) == 2


def test_all_variables_move_by_gradients_of_one_moment():
    a = tf.get_variable("a", initializer=3.0)
    b = tf.get_variable("b", initializer=5.0)
    found = run(tf.train.GradientDescentOptimizer(1.0).minimize(a * b), [a, b])
    assert found == [-2.0, 2.0]


def test_variables_given_as_a_list_or_as_what_a_function_reads():
    a = tf.get_variable("a", initializer=1.0, use_resource=True)
    b = tf.get_variable("b", initializer=1.0, use_resource=True)
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    only_a = optimizer.compute_gradients(a * b, var_list=[a])
    assert [v for _, v in only_a] == [a]
    of_function = optimizer.compute_gradients(lambda: b * 3.0)
    assert [v for _, v in of_function] == [b]
    assert run(of_function[0][0]) == 3.0


def test_gradients_of_tensors_are_computed_and_not_applied():
    x = tf.constant(2.0)
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(x * x, var_list=[x])
    assert run(pairs[0][0]) == 4.0
    with pytest.raises(NotImplementedError, match="Trying to update a Tensor"):
        optimizer.apply_gradients(pairs)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda o, w: o.minimize(tf.constant(1.0)), ValueError, "No gradients provided for any variable, check"),
        (lambda o, w: o.apply_gradients([]), ValueError, "No variables provided"),
        (lambda o, w: o.apply_gradients([(None, w)]), ValueError, "No gradients provided for any variable"),
        (lambda o, w: o.apply_gradients([(object(), w)]), TypeError, "Gradient must be convertible"),
        (lambda o, w: o.compute_gradients(w * 1.0, gate_gradients=5), ValueError, "gate_gradients must be one of"),
        (lambda o, w: o.compute_gradients(w * 1.0, var_list=[]), ValueError, "No variables to optimize"),
        (lambda o, w: o.compute_gradients(tf.cast(w, tf.int32)), ValueError, "Invalid type tf.int32"),
        (lambda o, w: o.compute_gradients(w * 1.0, var_list=[3]), NotImplementedError, "unsupported type"),
        (lambda o, w: tf.train.AdagradOptimizer(0.1, 0.0), ValueError, "must be positive"),
        (lambda o, w: tf.train.FtrlOptimizer(0.1, learning_rate_power=1.0), ValueError, "negative or zero"),
        (lambda o, w: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=-1.0), ValueError, "positive or zero"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, error, text):
    w = tf.get_variable("w", initializer=1.0)
    with pytest.raises(error, match=text):
        call(tf.train.GradientDescentOptimizer(0.1), w)


def test_a_constraint_does_not_go_with_rows():
    t = tf.get_variable("t", initializer=f32(3, 1), constraint=tf.nn.relu)
    with pytest.raises(RuntimeError, match="constraint function on a sparse variable"):
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.gather(t, [1])))


def test_a_failed_step_changes_nothing():
    w = tf.get_variable("w", initializer=[1.0, 2.0])
    t = tf.get_variable("t", initializer=f32(3, 1))
    ids = tf.placeholder(tf.int32, [None])
    step = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w) + tf.reduce_sum(tf.gather(t, ids)))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(tf.global_variables())
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(step, {ids: [7]})
        after = session.run(tf.global_variables())
    assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))


def test_slots_of_slices_are_slices():
    whole = tf.get_variable("w", [4, 2], partitioner=tf.fixed_size_partitioner(2))
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    optimizer.minimize(tf.reduce_sum(tf.convert_to_tensor(whole)))
    slot = optimizer.get_slot(list(whole)[1], "momentum")
    info = slot._get_save_slice_info()
    assert (slot.name, info.full_name, info.spec) == ("w/part_1/Momentum:0", "w/Momentum", "4 2 2,2:0,2")


def test_the_global_step():
    assert tf.train.get_global_step() is None
    step = tf.train.create_global_step()
    assert step.name == "global_step:0"
    assert step.dtype.base_dtype == tf.int64
    assert tf.train.get_or_create_global_step() is step
    with pytest.raises(ValueError, match="already exists"):
        tf.train.create_global_step()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert tf.train.global_step(session, step) == 0
    with pytest.raises(TypeError, match="integer type"):
        tf.train.assert_global_step(tf.constant(1.0))
    with pytest.raises(TypeError, match="not scalar"):
        tf.train.assert_global_step(tf.constant([1]))


def test_averages_refuse_integers_and_know_their_names():
    average = tf.train.ExponentialMovingAverage(0.9, name="Mean")
    w = tf.get_variable("w", initializer=1.0)
    assert average.average(w) is None
    assert average.average_name(w) == "w/Mean"
    average.apply([w])
    assert average.average(w).op.name == "w/Mean"
    other = tf.get_variable("other", initializer=1.0, trainable=False)
    assert average.variables_to_restore() == {"w/Mean": w, "other": other}
    with pytest.raises(TypeError, match="must be half, float, or double"):
        average.apply([tf.get_variable("i", initializer=1)])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tf.train.exponential_decay(0.1, None, 10, 0.9), "None values not supported"),
        (lambda: tf.train.piecewise_constant(tf.constant(1), [1], [1.0]), "length of boundaries should be 1 less"),
        (lambda: tf.train.piecewise_constant(tf.constant(1), [1.5], [1.0, 2.0]), "must have the same dtype as x"),
        (lambda: tf.train.piecewise_constant(tf.constant(1), [1], [1.0, tf.constant(2)]), "all with the same dtype"),
    ],
)
def test_schedules_refuse_wrong_arguments(call, text):
    with pytest.raises(ValueError, match=text):
        call()
