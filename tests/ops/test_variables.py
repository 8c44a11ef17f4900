"""Variables, their scopes and stores: what the recorded rows and programs do not show."""

import operator as operators
import threading

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f32

KINDS = [pytest.param(False, id="ref"), pytest.param(True, id="resource")]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def initialized():
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


# ---------------------------------------------------------------- getting and sharing


def test_sharing_needs_reuse():
    with tf.variable_scope("s"):
        w = tf.get_variable("w", [2])
        with pytest.raises(ValueError, match=r"(?s)Variable s/w already exists, disallowed.*test_variables"):
            tf.get_variable("w", [2])
    with tf.variable_scope("s", reuse=True):
        assert tf.get_variable("w", [2]) is w
        with pytest.raises(ValueError, match="Variable s/new does not exist"):
            tf.get_variable("new", [2])
        with pytest.raises(ValueError, match=r"specified shape \(3,\) and found shape \(2,\)"):
            tf.get_variable("w", [3])
        with pytest.raises(ValueError, match="specified dtype int32 and found dtype float32_ref"):
            tf.get_variable("w", dtype=tf.int32)
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        assert tf.get_variable("w", [2]) is w
        assert tf.get_variable("new", [2]).name == "s/new:0"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "did not get an initializer"),
        ({"shape": [None, 2]}, "initializer passed is not valid"),
        ({"shape": [2], "initializer": np.zeros(2)}, "If initializer is a constant, do not specify shape"),
        ({"initializer": tf.zeros_initializer()}, "initializer passed is not valid"),
        ({"shape": [2], "partitioner": 3}, "Partitioner must be callable"),
        ({"shape": [2], "constraint": 3}, "`constraint` argument must be a callable"),
        ({"shape": [2], "custom_getter": 3}, "custom_getter which is not callable"),
        ({"shape": [2], "dtype": tf.complex64}, "An initializer for variable"),
        ({"initializer": 1.0, "dtype": tf.int32}, "explicit dtype"),
    ],
)
def test_wrong_arguments_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        tf.get_variable("w", **arguments)


def test_scopes_refuse_wrong_arguments():
    with pytest.raises(TypeError, match="name_or_scope is required"):
        tf.variable_scope(None)
    with pytest.raises(ValueError, match="reuse parameter must be"):
        tf.variable_scope("a", reuse=3)
    with pytest.raises(TypeError, match="must be a string or VariableScope"), tf.variable_scope(3):
        pass
    with pytest.raises(ValueError, match="reuse=True cannot be used"), tf.variable_scope(None, "d", reuse=True):
        pass


def test_scopes_belong_to_threads():
    names = []

    def work(graph):
        with graph.as_default():
            names.append(tf.get_variable_scope().name)

    with tf.variable_scope("mine"):
        thread = threading.Thread(target=work, args=(tf.get_default_graph(),))
        thread.start()
        thread.join()
    assert names == [""]


def test_scope_defaults_reach_inner_scopes():
    with tf.variable_scope("a", initializer=tf.constant_initializer(3.0), dtype=tf.float64) as outer:
        with tf.variable_scope("b"):
            inherited = tf.get_variable("w", [1])
        outer.set_initializer(tf.constant_initializer(4.0))
        changed = tf.get_variable("w", [1])
    assert inherited.dtype.base_dtype == tf.float64
    with initialized() as session:
        assert session.run([inherited, changed]) == [[3.0], [4.0]]


@pytest.mark.parametrize("resource", KINDS)
def test_scope_decides_the_kind(resource):
    with tf.variable_scope("a", use_resource=resource):
        made = [tf.get_variable("w", [1]), tf.Variable(1.0)]
    assert {v.op.type for v in made} == {"VarHandleOp" if resource else "VariableV2"}


def test_resource_variables_by_default():
    assert not tf.resource_variables_enabled()
    tf.enable_resource_variables()
    try:
        assert tf.Variable(1.0).op.type == "VarHandleOp"
    finally:
        tf.disable_resource_variables()
    assert tf.Variable(1.0).op.type == "VariableV2"


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("resource", KINDS)
def test_reading_before_initialization_fails(resource):
    v = tf.get_variable("v", initializer=1.0, use_resource=resource)
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match="v"):
        session.run(v + 1.0)


def test_other_uses_of_a_resource_without_value_do_not_find_it():
    v = tf.get_variable("v", initializer=[1.0], use_resource=True)
    uses = (
        v.sparse_read([0]),
        v.gather_nd([[0]]),
        v.assign_add([1.0], read_value=False),
        tf.scatter_add(v, [0], [1.0]).op,
    )
    with tf.Session() as session:
        for use in uses:
            with pytest.raises(tf.errors.NotFoundError, match="localhost/v"):
                session.run(use)


def test_resources_are_not_changed_by_operators():
    v = tf.get_variable("v", initializer=1.0, use_resource=True)
    for operator in (operators.iadd, operators.isub, operators.imul, operators.itruediv, operators.ipow):
        with pytest.raises(RuntimeError, match="is not supported"):
            operator(v, 2.0)
    assert operators.ifloordiv(v, 2.0).op.type == "FloorDiv"
    with pytest.raises(TypeError, match="bool"):
        bool(v)


def test_no_regularizer_adds_no_loss():
    with tf.variable_scope("s", regularizer=tf.nn.l2_loss):
        tf.get_variable("w", [1], regularizer=tf.no_regularizer)
        with tf.variable_scope("t", regularizer=tf.no_regularizer):
            tf.get_variable("w", [1])
    assert not tf.losses.get_regularization_losses()


def test_constraints_are_not_inherited():
    with tf.variable_scope("s", constraint=tf.nn.relu) as outer:
        assert tf.get_variable("w", [1]).constraint is tf.nn.relu
        with tf.variable_scope("t") as inner:
            assert inner.constraint is None
    with tf.variable_scope(outer) as again:
        assert again.constraint is None


@pytest.mark.parametrize("resource", KINDS)
def test_initial_value_until_there_is_a_value(resource):
    v = tf.get_variable("v", initializer=3.0, use_resource=resource)
    known = v.initialized_value()
    set_to_five = v.assign(5.0)
    with tf.Session() as session:
        assert session.run([known, known]) == [3.0, 3.0]
        session.run(set_to_five)
        assert session.run(known) == 5.0


def test_initial_values_may_depend_on_each_other_in_any_order():
    a = tf.Variable([1.0, 2.0], name="a")
    b = tf.Variable(a * 2.0, name="b")
    c = tf.Variable(b + a, name="c")
    average = tf.train.ExponentialMovingAverage(0.5)
    update = average.apply([c])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([b, c, average.average(c)])[2].tolist() == [3.0, 6.0]
        session.run(tf.assign(c, [5.0, 6.0]))
        session.run(update)
        assert session.run(average.average(c)).tolist() == [4.0, 6.0]


@pytest.mark.parametrize("resource", KINDS)
def test_load_eval_and_operators(resource):
    v = tf.get_variable("v", initializer=[1.0, 4.0], use_resource=resource)
    with initialized() as session:
        v.load([9.0, 16.0], session)
        assert v.eval(session).tolist() == [9.0, 16.0]
        results = [v + 1.0, 1.0 - v, -v, v[1], v > 10.0, abs(v), v / 2.0, 2.0 ** tf.sqrt(v), v[None] @ v[:, None]]
        found = session.run(results)
    expected = [[10, 17], [-8, -15], [-9, -16], 16, [False, True], [9, 16], [4.5, 8], [8, 16], [[337]]]
    for value, wanted in zip(found, expected, strict=True):
        assert np.allclose(value, np.array(wanted))


@pytest.mark.parametrize("resource", KINDS)
def test_assignments_refuse_other_shapes(resource):
    v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=resource)
    unknown = tf.placeholder(tf.float32)
    with pytest.raises(ValueError, match="hape"):
        v.assign([1.0, 2.0, 3.0])
    for change in (v.assign, v.assign_add, v.assign_sub):
        with initialized() as session, pytest.raises(tf.errors.InvalidArgumentError):
            session.run(change(unknown), {unknown: [1.0, 2.0, 3.0]})


def test_a_variable_without_checked_shape_changes_it():
    v = tf.Variable([1.0], validate_shape=False)
    grown = tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
    with initialized() as session:
        session.run(grown)
        assert session.run([v, tf.shape(v)])[1].tolist() == [3]


@pytest.mark.parametrize("resource", KINDS)
def test_shapes_may_change_from_run_to_run(resource):
    v = tf.Variable([1.0, 2.0], validate_shape=False, use_resource=resource)
    value = tf.placeholder(tf.float32)
    change = tf.assign(v, value, validate_shape=False)
    fetches = [v, v + 1.0] + ([] if resource else [tf.reduce_sum(v), tf.shape(v)])
    with initialized() as session:
        session.run(fetches)
        for new in (np.ones([1, 3]), np.array(7.0), np.ones([5, 1]), np.ones([2]), np.ones([1, 3])):
            session.run(change, {value: new})
            got = session.run(fetches)
            assert np.array_equal(got[0], new)
            assert np.array_equal(got[1], new + 1.0)
            assert resource or (got[2] == new.sum() and got[3].tolist() == list(new.shape))


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.assign([5.0, 6.0]),
        lambda v: v.assign_add([5.0, 6.0]),
        lambda v: v.assign(v * 2.0),
        lambda v: tf.scatter_add(v, [0], [7.0]),
        lambda v: v[:1].assign([9.0]),
        lambda v: tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(v * v)),
        lambda v: tf.train.AdagradOptimizer(0.1).minimize(tf.reduce_sum(tf.gather(v, [1]))),
    ],
)
def test_a_reference_fetched_beside_its_change_has_the_new_value(change):
    """Fetched values of references share the variable's memory; what is computed from them comes before the change."""
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    changed = change(v)
    checked = tf.check_numerics(tf.stop_gradient(v), "v")
    fetches = [v, v.value(), v.read_value(), tf.identity(v), checked, v + 0.0, changed]
    with initialized() as session:
        *seen, before, _ = session.run(fetches)
        after = session.run(v).tolist()
        assert before.tolist() == [1.0, 2.0] != after
        assert [s.tolist() for s in seen] == [after] * 5


@pytest.mark.parametrize("large", [False, True])
def test_views_of_a_reference_fetched_beside_its_change_have_the_new_value(large):
    """A view that the change itself is computed from is taken again after it."""
    v = tf.get_variable("v", initializer=np.ones([600, 200] if large else [3, 2], np.float32))
    flat = tf.reshape(v, [-1])
    loss = tf.reduce_sum(flat * flat) + tf.reduce_sum(tf.gather(v, [1]))
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss)
    row = tf.identity(tf.expand_dims(flat, 0))
    bits = tf.bitcast(v, tf.int32)
    _, both = tf.identity_n([loss, tf.squeeze(row)])
    with initialized() as session:
        *seen, text, old, moved, _ = session.run([v, flat, row, both, bits, loss, flat + 0.0, train])
        after = session.run(v)
        assert after[:2, 0].tolist() == [0.5, 0.25]
        assert old == after.size + 2 * (100 if large else 1)
        assert [s.shape for s in seen] == [v.shape, (after.size,), (1, after.size), (after.size,)]
        assert all((s.ravel() == after.ravel()).all() for s in seen)
        assert (moved == 1.0).all()
        assert (text == after.view(np.int32)).all()
        assert (session.run(flat) == after.ravel()).all()


def test_the_step_fetched_beside_the_training_operation_is_the_next():
    step, w = tf.train.get_or_create_global_step(), tf.get_variable("w", initializer=[1.0])
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(w), global_step=step)
    with initialized() as session:
        assert [session.run([train, step])[1] for _ in range(3)] == [1, 2, 3]


def test_scattering_repeats_in_order():
    v = tf.get_variable("v", initializer=[1.0, 8.0])
    r = tf.get_variable("r", initializer=[1, 8], use_resource=True)
    with initialized() as session:
        session.run([tf.scatter_div(v, [1, 1], [2.0, 4.0]), r.scatter_div(tf.IndexedSlices([2, 3], [1, 1]))])
        assert [x.tolist() for x in session.run([v, r])] == [[1.0, 1.0], [1, 1]]
        session.run(tf.scatter_add(v, [[0, 0], [1, 0]], [[1.0, 2.0], [3.0, 4.0]]))
        assert session.run(v).tolist() == [8.0, 4.0]


@pytest.mark.parametrize("resource", KINDS)
@pytest.mark.parametrize("index", [-1, 2])
def test_scattering_outside_fails_and_changes_nothing(resource, index):
    v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=resource)
    place = tf.placeholder(tf.int32, [1])
    with initialized() as session:
        for change in (tf.scatter_update, tf.scatter_add, tf.scatter_mul):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(change(v, place, [5.0]), {place: [index]})
        assert session.run(v).tolist() == [1.0, 2.0]


def test_counting_stops_at_the_limit():
    v = tf.get_variable("v", initializer=np.int64(1), trainable=False)
    count = v.count_up_to(3)
    with initialized() as session:
        assert [session.run(count) for _ in range(2)] == [1, 2]
        with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 3"):
            session.run(count)
        assert session.run(v) == 3


# ---------------------------------------------------------------- the whole and the parts


def test_types_that_only_the_host_knows():
    text = tf.get_variable("text", initializer=["a", "b"])
    number = tf.get_variable("number", initializer=np.array([1j, 2.0], np.complex64))
    with initialized() as session:
        session.run([tf.scatter_update(text, [1], ["z"]), tf.assign_add(number, [1.0, 1j])])
        assert session.run(text).tolist() == [b"a", b"z"]
        assert type(session.run(tf.scatter_update(text, 0, "y"))[0]) is bytes
        assert session.run(number).tolist() == [1 + 1j, 2 + 1j]


def test_partitioned_variables_refuse_what_does_not_fit():
    halves = tf.fixed_size_partitioner(2)
    whole = tf.get_variable("w", [4, 2], partitioner=halves)
    with pytest.raises(ValueError, match="Partitioned variable with name w already exists"):
        tf.get_variable("w", [4, 2], partitioner=halves)
    with pytest.raises(ValueError, match="No partitioner was provided"):
        tf.get_variable("w", [4, 2])
    with pytest.raises(ValueError, match="one dimension"):
        tf.get_variable("two", [4, 4], partitioner=lambda shape, dtype: [2, 2])
    with pytest.raises(ValueError, match="does not match the Variable's rank"):
        tf.get_variable("rank", [4, 4], partitioner=lambda shape, dtype: [2])
    with tf.variable_scope("", reuse=True):
        assert tf.get_variable("w", [4, 2]) is whole
    assert [v.name for v in whole] == ["w/part_0:0", "w/part_1:0"]


def test_partitioned_variables_are_assigned_in_parts():
    whole = tf.get_variable("w", [5, 2], initializer=tf.zeros_initializer(), partitioner=tf.fixed_size_partitioner(2))
    change = whole.assign(tf.constant(f32(5, 2)))
    with initialized() as session:
        session.run(change)
        assert np.array_equal(session.run(tf.convert_to_tensor(whole)), f32(5, 2))


def test_a_template_makes_its_variables_once():
    def layer(x):
        return x * tf.get_variable("w", [], initializer=tf.ones_initializer())

    template = tf.make_template("layer", layer)
    template(1.0)
    template(2.0)
    assert [v.name for v in template.trainable_variables] == ["layer/w:0"]
    careless = tf.make_template("careless", lambda: tf.Variable(1.0))
    careless()
    with pytest.raises(ValueError, match="Trainable variable created when calling a template after the first time"):
        careless()


@pytest.mark.parametrize("resource", KINDS)
def test_variables_as_messages(graph, resource):
    with tf.variable_scope("a"):
        v = tf.get_variable("v", initializer=f32(2), use_resource=resource, trainable=False)
    message = v.to_proto()
    assert (message.variable_name, message.initializer_name) == ("a/v:0", "a/v/Assign")
    assert message.is_resource is resource
    assert not message.trainable
    assert v.to_proto("b") is None
    assert v.to_proto("a").variable_name == "v:0"
    again = tf.Variable.from_proto(message)
    with initialized() as session:
        assert np.array_equal(session.run(again), f32(2))


def test_initializers_tell_their_configuration():
    for maker, arguments in (
        (tf.random_normal_initializer, {"mean": 1.0, "stddev": 2.0, "seed": 3}),
        (tf.variance_scaling_initializer, {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "seed": None}),
        (tf.glorot_uniform_initializer, {"seed": 5}),
        (tf.constant_initializer, {"value": [1, 2]}),
    ):
        config = maker(**arguments).get_config()
        assert config == {**arguments, "dtype": "float32"}
        assert maker.from_config(config).get_config() == config
