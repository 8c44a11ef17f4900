"""Sessions themselves: arguments, contexts, closing, devices, callables, what they hold on to."""

import gc
import threading
import time
import warnings
import weakref

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.mark.parametrize(
    ("arguments", "match"),
    [({"target": 37}, "`target` must be a string"), ({"config": 37}, "`config` must be a tf.ConfigProto"),
     ({"graph": 37}, "`graph` must be a tf.Graph")],
)  # fmt: skip
def test_arguments_have_types(arguments, match):
    with pytest.raises(TypeError, match=match):
        tf.Session(**arguments)


def test_other_targets_are_not_found():
    with pytest.raises(tf.errors.NotFoundError, match="No session factory registered"):
        tf.Session("nonsense")


def test_a_session_says_what_it_runs(graph):
    tf.constant(1, name="c")
    with tf.Session() as session:
        assert session.graph is graph
        assert session.sess_str == ""
        assert [n.name for n in session.graph_def.node] == ["c"]
        assert "_output_shapes" not in session.graph_def.node[0].attr
    config = tf.ConfigProto(graph_options=tf.GraphOptions(infer_shapes=True))
    assert "_output_shapes" in tf.Session(config=config).graph_def.node[0].attr


# ---------------------------------------------------------------- contexts


def test_a_block_makes_session_and_graph_default(graph):
    other = tf.Graph()
    with tf.Session(graph=other) as session:
        assert tf.get_default_session() is session
        assert tf.get_default_graph() is other
        assert tf.constant(3).eval() == 3
    assert tf.get_default_session() is None
    assert tf.get_default_graph() is graph


def test_as_default_leaves_graph_and_session_open(graph):
    session = tf.Session(graph=tf.Graph())
    with session.as_default():
        assert tf.get_default_session() is session
        assert tf.get_default_graph() is graph
    with session.graph.as_default():
        assert session.run(tf.constant(1)) == 1


def test_blocks_are_not_re_entrant_and_nest_properly():
    session = tf.Session()
    with pytest.raises(RuntimeError, match="not re-entrant"), session, session:
        pass
    first, second = tf.Session().as_default(), tf.Session().as_default()
    first.__enter__()
    second.__enter__()
    with pytest.raises(AssertionError, match="Nesting violated"):
        first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    tf.get_default_session().close()
    from tfcompat.graph.default import session_stack

    session_stack.clear()


def test_default_sessions_are_per_thread(sess):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(tf.get_default_session()))
    thread.start()
    thread.join()
    assert seen == [None]


def test_eval_and_run_need_a_session_of_the_same_graph(graph):
    c, op = tf.constant(1), tf.no_op()
    with pytest.raises(ValueError, match="No default session is registered"):
        c.eval()
    with pytest.raises(ValueError, match="No default session is registered"):
        op.run()
    with tf.Session(graph=tf.Graph()) as foreign:
        with pytest.raises(ValueError, match="Cannot use the default session to evaluate tensor"):
            c.eval()
        with pytest.raises(ValueError, match="Cannot use the given session to execute operation"):
            op.run(session=foreign)


def test_interactive_sessions_are_default_until_closed(graph):
    session = tf.InteractiveSession()
    assert tf.constant(2).eval() == 2
    with pytest.warns(UserWarning, match="An interactive session is already active"):
        second = tf.InteractiveSession(graph=tf.Graph())
    assert tf.get_default_graph() is second.graph
    session.close()
    assert tf.get_default_session() is second
    second.close()
    assert tf.get_default_session() is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tf.InteractiveSession().close()


# ---------------------------------------------------------------- the end


def test_a_closed_session_does_not_run(graph):
    c = tf.constant(1)
    with tf.Session() as session:
        function = session.make_callable(c)
    calls = [lambda: session.run(c), function, lambda: session.partial_run_setup([c])]
    for call in [*calls, lambda: c.eval(session=session)]:
        with pytest.raises(RuntimeError, match="Attempted to use a closed Session"):
            call()
    with pytest.raises(tf.errors.CancelledError, match="Session has been closed"):
        session.list_devices()


def test_closing_while_others_run(graph):
    c, session, errors = tf.constant(5.0), tf.Session(), []
    session.run(c)

    def loop():
        try:
            while True:
                assert session.run(c) == 5
        except RuntimeError as error:
            errors.append(str(error))

    threads = [threading.Thread(target=loop) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    session.close()
    for thread in threads:
        thread.join(10)
    assert errors == ["Attempted to use a closed Session."] * 4


def test_reset_ends_sessions_and_their_state(graph):
    v = tf.Variable(1.0)
    session = tf.Session()
    session.run(v.initializer)
    tf.Session.reset("")
    with pytest.raises(tf.errors.CancelledError, match="Session has been closed"):
        session.run(v)
    with pytest.raises(tf.errors.NotFoundError):
        tf.Session.reset("elsewhere", ["container"])
    fresh = tf.Session()
    with pytest.raises(tf.errors.FailedPreconditionError):
        fresh.run(v)


def test_graphs_and_sessions_do_not_outlive_their_users():
    def use():
        graph = tf.Graph()
        with graph.as_default(), tf.Session() as session:
            v = tf.Variable(np.ones(3, np.float32))
            y = tf.gradients(v * tf.placeholder_with_default([1.0, 2.0, 3.0], [3]), v)[0]
            session.run(v.initializer)
            for _ in range(5):
                session.run([y, v])
            session.make_callable(y)()
            return weakref.ref(graph), weakref.ref(session), weakref.ref(y)

    references = use()
    gc.collect()
    assert [r() for r in references] == [None, None, None]


# ---------------------------------------------------------------- devices


def test_devices_have_names_types_limits_and_incarnations():
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2, "GPU": 0})) as session:
        devices = session.list_devices()
    assert [d.name for d in devices] == [f"/job:localhost/replica:0/task:0/device:CPU:{i}" for i in range(2)]
    assert {d.device_type for d in devices} == {"CPU"}
    assert all(d.memory_limit_bytes > 0 and d.incarnation for d in devices)
    assert str(devices[0]).startswith("_DeviceAttributes(/job:localhost")


@pytest.mark.parametrize("device", ["/device:CPU:7", "/job:worker", "/device:TPU:0"])
def test_an_unknown_device_anywhere_stops_a_plain_session(graph, device):
    with tf.device(device):
        bad = tf.constant(1, name="bad")
    good = tf.constant(2)
    message = f"Cannot assign a device for operation bad: .* was explicitly assigned to {device}"
    with tf.Session() as session:
        for _ in range(2):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message) as error:
                session.run(good)
        assert error.value.op is bad.op
    pruned = tf.Session(config=tf.ConfigProto(graph_options=tf.GraphOptions(place_pruned_graph=True)))
    interactive = tf.InteractiveSession()
    for session in (pruned, interactive):
        assert session.run(good) == 2
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(bad)
        session.close()


def test_soft_placement_moves_operations_to_the_cpu_of_this_process(graph, capfd):
    with tf.device("/device:CPU:7"):
        local = tf.constant(1, name="local")
    config = tf.ConfigProto(allow_soft_placement=True, log_device_placement=True)
    with tf.Session(config=config) as session:
        assert session.run(local) == 1
        session.run(local)
    assert capfd.readouterr().err == "local: (Const): /job:localhost/replica:0/task:0/device:CPU:0\n"
    with tf.device("/job:worker"):
        remote = tf.constant(1)
    with tf.Session(config=config) as session, pytest.raises(tf.errors.InvalidArgumentError):
        session.run(remote)


# ---------------------------------------------------------------- callables


def test_callables_take_feeds_by_position(sess):
    x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    function = sess.make_callable({"sum": x + y, "op": tf.no_op()}, [x, "Placeholder_1:0"])
    assert function(1, 2) == {"sum": 3, "op": None}
    assert function(1, 2, 3)["sum"] == 3
    metadata = tf.RunMetadata()
    function(1, 2, options=tf.RunOptions(trace_level=3), run_metadata=metadata)
    assert metadata.HasField("step_stats")
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value"):
        function(1)
    with pytest.raises(TypeError, match="`feed_list` must be a list or tuple"):
        sess.make_callable(x, x)


def test_callables_without_feeds(sess):
    c = tf.constant([42.0])
    plain, with_options = sess.make_callable(c), sess.make_callable([c, c.op], accept_options=True)
    assert plain().tolist() == [42]
    with pytest.raises(TypeError):
        plain(options=None)
    metadata = tf.RunMetadata()
    assert with_options(tf.RunOptions(trace_level=3), metadata)[1] is None
    assert len(metadata.step_stats.dev_stats) == 1


def test_callables_from_messages(sess):
    from tfcompat import protos

    x = tf.placeholder(tf.float32)
    y = x + 1.0
    options = protos.CallableOptions(feed=[x.name], fetch=[y.name], target=[y.op.name])
    options.run_options.trace_level = tf.RunOptions.FULL_TRACE
    function = sess._make_callable_from_options(options)
    metadata = tf.RunMetadata()
    assert function(np.float32(1), run_metadata=metadata) == [2]
    assert metadata.HasField("step_stats")


# ---------------------------------------------------------------- threads


def test_a_hundred_threads_run_while_others_build(sess):
    c, x = tf.constant(5.0), tf.placeholder(tf.float32, [None])
    doubled, failures = x * 2.0, []

    def run(i):
        try:
            for _ in range(5):
                assert sess.run(c) == 5
                assert sess.run(doubled, {x: [i] * (i % 3)}).tolist() == [2 * i] * (i % 3)
        except BaseException as error:
            failures.append(error)

    def build(i):
        try:
            with sess.graph.as_default():
                for _ in range(30):
                    with tf.name_scope("built"):
                        tf.add(c, tf.constant(1.0), name="sum")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=build if i % 10 == 0 else run, args=(i,)) for i in range(110)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    names = [op.name for op in sess.graph.get_operations()]
    assert len(names) == len(set(names)) == len(sess.graph._ops_by_name)


def test_increments_from_many_threads_all_count(sess):
    v = tf.Variable(0.0)
    add = tf.assign_add(v, 1.0)
    sess.run(v.initializer)
    threads = [threading.Thread(target=lambda: [sess.run(add) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sess.run(v) == 160


def test_a_run_that_waits_does_not_hold_up_changes_of_other_variables(sess, monkeypatch):
    from tfcompat.graph import registry

    condition, ready = threading.Condition(), []

    def wait(k):
        with condition:
            k.wait_for(condition, lambda: bool(ready), "cancelled")
        return np.float32(1)

    monkeypatch.setitem(registry.kernel._table, "FakeParam", wait)
    counted, trained = tf.Variable(0.0), tf.Variable(0.0)
    count = tf.assign_add(counted, 1.0)
    with tf.control_dependencies([count]):
        waiting = tf.raw_ops.FakeParam(dtype=tf.float32, shape=[])
    train = tf.assign_add(trained, 1.0)
    sess.run(tf.global_variables_initializer())
    thread = threading.Thread(target=lambda: sess.run([count, waiting]))
    thread.start()
    time.sleep(0.1)
    assert sess.run(train) == 1
    with condition:
        ready.append(1)
        condition.notify_all()
    thread.join(10)
    assert sess.run(counted) == 1
