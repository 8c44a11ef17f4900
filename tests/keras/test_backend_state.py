"""Keras' session, learning phase, variables and functions."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

K = tf.keras.backend


@pytest.fixture(autouse=True)
def cleared():
    K.clear_session()
    yield
    K.clear_session()


def names():
    return [node.name for node in tf.get_default_graph().as_graph_def().node]


def test_the_learning_phase_is_one_tensor_at_the_root():
    with tf.name_scope("inside"):
        phase = K.learning_phase()
    assert phase.name == "keras_learning_phase:0"
    assert K.learning_phase() is phase
    assert names() == ["keras_learning_phase/input", "keras_learning_phase"]
    with tf.Session() as session:
        assert session.run(phase) == np.False_
        assert session.run(phase, {phase: True}) == np.True_
    with tf.Graph().as_default():
        assert K.learning_phase() is not phase


def test_the_learning_phase_may_be_a_number():
    K.set_learning_phase(1)
    assert K.learning_phase() == 1
    with K.learning_phase_scope(0):
        assert K.learning_phase() == 0
    assert K.learning_phase() == 1
    with pytest.raises(ValueError, match="to be 0 or 1"):
        K.set_learning_phase(2)
    x = tf.constant(2.0)
    assert K.in_train_phase(x, x * 3.0) is x


def test_variables_are_initialized_once_and_set():
    v = K.variable([1.0, 2.0], name="v")
    session = K.get_session()
    assert K.get_session() is session
    assert K.get_value(v).tolist() == [1.0, 2.0]
    K.set_value(v, [3, 4])
    assert K.get_value(v).tolist() == [3.0, 4.0]
    w = K.variable(5)
    K.batch_set_value([(v, [7, 8]), (w, 1.5)])
    assert [np.asarray(a).tolist() for a in K.batch_get_value([v, w])] == [[7.0, 8.0], 1.5]
    assert K.eval(v * w).tolist() == [10.5, 12.0]
    assert (K.dtype(w), K.ndim(v), K.int_shape(v), K.count_params(v)) == ("float32", 1, (2,), 2)


def test_values_that_were_set_before_a_session_stay():
    v = K.variable(1.0)
    with tf.Session() as session:
        session.run(v.assign(4.0))
        assert K.get_session() is session
        assert K.get_value(v) == 4.0


def test_a_session_of_the_program_is_used():
    session = tf.Session()
    K.set_session(session)
    assert K.get_session() is session
    with tf.Graph().as_default() as graph:
        v = K.variable(2.0)
        assert K.get_value(v) == 2.0
        assert K.get_session().graph is graph


def test_programs_may_initialize_themselves():
    K.manual_variable_initialization(True)
    try:
        v = K.variable(1.0)
        with pytest.raises(tf.errors.FailedPreconditionError):
            K.get_value(v)
        K.get_session().run(v.initializer)
        assert K.get_value(v) == 1.0
    finally:
        K.manual_variable_initialization(False)


def test_filled_variables_and_their_names():
    made = [K.zeros((2, 3)), K.ones((2,), "int32", name="o"), K.eye(2), K.random_uniform_variable((2,), 0, 1, seed=3)]
    assert [v.name for v in made] == ["Variable:0", "o_1:0", "Variable_1:0", "Variable_2:0"]
    assert [np.asarray(a).tolist() for a in K.batch_get_value(made[:3])] == [
        [[0.0] * 3] * 2,
        [1, 1],
        [[1.0, 0.0], [0.0, 1.0]],
    ]
    assert isinstance(K.zeros(tf.shape(tf.placeholder(tf.float32, [None]))), tf.Tensor)


def test_seeds_come_from_numpy():
    np.random.seed(0)
    K.random_normal((2,))
    attrs = {n.name: n for n in tf.get_default_graph().as_graph_def().node}["random_normal/RandomStandardNormal"].attr
    assert attrs["seed2"].i == 8325804


def test_functions_feed_compute_and_update():
    x = K.placeholder((None, 2))
    v = K.variable([1.0, 2.0])
    step = K.function([x], [x * v, K.sum(x)], updates=[(v, v + 1.0)])
    product, total = step([np.ones((3, 2))])
    assert product.tolist() == [[1.0, 2.0]] * 3
    assert total == 6.0
    assert K.get_value(v).tolist() == [2.0, 3.0]
    assert step([np.ones((1, 2))])[0].tolist() == [[2.0, 3.0]]
    assert K.function([x], x * 2)([[[1, 2]]]).tolist() == [[2.0, 4.0]]
    assert K.function(x, {"a": x + 1})(np.zeros((1, 2)))["a"].tolist() == [[1.0, 1.0]]
    with pytest.raises(ValueError, match='Invalid argument "foo"'):
        K.function([x], [x], foo=1)


def test_functions_take_the_learning_phase():
    x = K.placeholder((None, 2))
    run = K.function([x, K.learning_phase()], [K.in_train_phase(x, x * 3)])
    assert run([[[1, 2]], 1])[0].tolist() == [[1.0, 2.0]]
    assert run([[[1, 2]], 0])[0].tolist() == [[3.0, 6.0]]


def test_functions_run_more_fetches_and_call_back():
    x = K.placeholder(())
    run = K.function([x], [x + 1.0])
    more = x * 5.0
    seen = []
    run.fetches.append(more)
    run.fetch_callbacks[more] = seen.append
    assert run([2.0]) == [3.0]
    assert seen == [10.0]


def test_gradients_of_a_function():
    x = K.placeholder((2, 2))
    loss = K.sum(K.square(x))
    run = K.function([x], [loss, *K.gradients(loss, [x])])
    value, slope = run([np.array([[1.0, 2.0], [3.0, 4.0]])])
    assert value == 30.0
    assert slope.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_updates_of_variables():
    v = K.variable([2.0, 4.0])
    session = K.get_session()
    session.run(K.update_add(v, [1.0, 1.0]))
    session.run(K.update_sub(v, [0.5, 0.5]))
    assert K.get_value(v).tolist() == [2.5, 4.5]
    session.run(K.update(v, [0.0, 0.0]))
    average = K.moving_average_update(v, tf.constant([3.0, 4.0]), 0.9)
    session.run(tf.global_variables_initializer())
    assert session.run(average) == pytest.approx([3.0, 4.0], rel=1e-5)


def test_numbers_for_names_begin_anew():
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b")] == [1, 2, 1]
    K.reset_uids()
    assert K.get_uid("a") == 1


def test_settings():
    before = K.floatx(), K.epsilon(), K.image_data_format()
    assert before == ("float32", 1e-7, "channels_last")
    try:
        K.set_floatx("float16")
        K.set_epsilon(1e-4)
        K.set_image_data_format("channels_first")
        assert (K.floatx(), K.epsilon(), K.image_data_format()) == ("float16", 1e-4, "channels_first")
        assert K.variable(1.0).dtype == tf.float16
        assert K.cast_to_floatx([1]).dtype == np.float16
    finally:
        K.set_floatx(before[0])
        K.set_epsilon(before[1])
        K.set_image_data_format(before[2])
    with pytest.raises(ValueError, match="Unknown floatx"):
        K.set_floatx("float8")
    with pytest.raises(ValueError, match="Unknown data_format"):
        K.set_image_data_format("last")


def test_placeholders_of_every_kind():
    assert K.int_shape(K.placeholder((2, None))) == (2, None)
    assert K.int_shape(K.placeholder(ndim=2, dtype="int32")) == (None, None)
    assert K.int_shape(K.placeholder()) is None
    sparse = K.placeholder((2, 3), sparse=True)
    assert K.is_sparse(sparse)
    assert K.ndim(K.to_dense(sparse)) == 2
    with pytest.raises(ValueError, match="both sparse and ragged"):
        K.placeholder((2, 3), sparse=True, ragged=True)
