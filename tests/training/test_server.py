"""Servers of clusters in one process: shared and separate variables, placement, reset, and what is refused."""

import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def test_sessions_of_a_server_share_variables_and_queues():
    server = tf.train.Server.create_local_server()
    v = tf.Variable(1.0)
    queue = tf.FIFOQueue(3, tf.float32)
    one, other = tf.Session(server.target), tf.Session(server.target)
    one.run([v.initializer, queue.enqueue(5.0)])
    assert other.run(v.assign_add(2.0)) == 3.0
    one.close()
    assert other.run([v, queue.dequeue()]) == [3.0, 5.0]


def test_a_session_may_keep_its_state_to_itself():
    server = tf.train.Server.create_local_server()
    v = tf.Variable(1.0)
    tf.Session(server.target).run(v.initializer)
    own = tf.Session(server.target, config=tf.ConfigProto(isolate_session_state=True))
    with pytest.raises(tf.errors.FailedPreconditionError):
        own.run(v)


def test_tasks_of_a_cluster_have_variables_of_their_own_and_reach_those_of_others():
    (first, second), _ = tf.test.create_local_cluster(num_workers=2, num_ps=1)
    shared_name, local_name = "counts", "mine"
    with tf.device("/job:ps/task:0"):
        counts = tf.Variable(0, name=shared_name)
    mine = tf.Variable(0, name=local_name)
    step = [counts.assign_add(1), mine.assign_add(10)]
    with tf.Session(first.target) as one, tf.Session(second.target) as two:
        one.run([counts.initializer, mine.initializer])
        with pytest.raises(tf.errors.FailedPreconditionError, match=local_name):
            two.run(step)
        two.run(mine.initializer)
        one.run(step)
        two.run(step)
        two.run(step)
        assert one.run([counts, mine]) == [3, 10]
        assert two.run([counts, mine]) == [3, 20]


def test_devices_are_named_by_job_and_task():
    (worker,), _ = tf.test.create_local_cluster(num_workers=1, num_ps=1)
    with tf.Session(worker.target) as session:
        names = [d.name for d in session.list_devices()]
    assert names == ["/job:worker/replica:0/task:0/device:CPU:0", "/job:ps/replica:0/task:0/device:CPU:0"]


def test_what_is_placed_on_another_process_is_refused_by_name():
    server = tf.train.Server({"ps": ["elsewhere:2222"], "worker": ["localhost:0"]}, "worker", 0)
    with tf.device("/job:ps"):
        v = tf.Variable(0.0, name="far")
    with tf.Session(server.target) as session, pytest.raises(tf.errors.UnavailableError, match="elsewhere:2222"):
        session.run(v.initializer)


def test_a_task_that_the_cluster_lacks_is_refused():
    server = tf.train.Server.create_local_server()
    with tf.device("/job:local/task:1"):
        c = tf.constant(1.0)
    with tf.Session(server.target) as session, pytest.raises(tf.errors.InvalidArgumentError, match="/job:local/rep"):
        session.run(c)


def test_reset_clears_containers_and_ends_sessions():
    server = tf.train.Server.create_local_server()
    with tf.container("apart"):
        v = tf.Variable(1.0, name="v")
    w = tf.Variable(2.0, name="w")
    before = tf.Session(server.target)
    before.run([v.initializer, w.initializer])
    tf.Session.reset(server.target, ["apart"])
    with pytest.raises(tf.errors.AbortedError):
        before.run(w)
    with tf.Session(server.target) as session:
        assert session.run(w) == 2.0
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(v)
    tf.Session.reset(server.target)
    with tf.Session(server.target) as session, pytest.raises(tf.errors.FailedPreconditionError):
        session.run(w)


def test_unknown_targets_are_refused():
    with pytest.raises(tf.errors.NotFoundError):
        tf.Session("nonsense")
    with pytest.raises(tf.errors.UnavailableError):
        tf.Session("grpc://localhost:1")
    with pytest.raises(tf.errors.DeadlineExceededError):
        tf.Session.reset("grpc://localhost:1", config=tf.ConfigProto(operation_timeout_in_ms=5))


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((5,), TypeError, "server_or_cluster_def"),
        (({"a": ["h:1"], "b": ["h:2"]},), ValueError, "job_name"),
        (({"a": ["localhost:1", "h:2"]}, "a"), ValueError, "task_index"),
        (({"a": ["localhost:1"]}, "c", 0), tf.errors.InternalError, 'Job "c" was not defined'),
        (({"a": ["localhost:1"]}, "a", 4), tf.errors.InternalError, "Task 4 was not defined"),
        (({"a": ["localhost"]},), tf.errors.InvalidArgumentError, "port"),
    ],
)
def test_servers_that_cannot_be(arguments, error, text):
    with pytest.raises(error, match=text):
        tf.train.Server(*arguments)


def test_an_address_serves_once():
    server = tf.train.Server.create_local_server()
    with pytest.raises(tf.errors.UnknownError):
        tf.train.Server({"other": [server.target.removeprefix("grpc://")]})


def test_the_configuration_of_the_server_counts_where_the_session_has_none():
    config = tf.ConfigProto(operation_timeout_in_ms=50, device_count={"CPU": 2})
    server = tf.train.Server.create_local_server(config=config)
    queue = tf.FIFOQueue(1, tf.float32)
    with tf.Session(server.target) as session:
        assert len(session.list_devices()) == 2
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(queue.dequeue())


SPEC = {"ps": ["a:1", "b:2"], "w": {3: "c:1", 1: "d:2"}}


def test_cluster_specs_convert_and_compare():
    spec = tf.train.ClusterSpec(SPEC)
    assert str(spec) == "ClusterSpec({'ps': ['a:1', 'b:2'], 'w': {1: 'd:2', 3: 'c:1'}})"
    assert spec.job_tasks("w") == [None, "d:2", None, "c:1"]
    assert (spec.num_tasks("w"), spec.task_indices("w"), spec.task_address("ps", 1)) == (2, [1, 3], "b:2")
    assert tf.train.ClusterSpec(spec.as_cluster_def()) == spec == tf.train.ClusterSpec(spec.as_dict())
    assert spec != tf.train.ClusterSpec({})
    assert not tf.train.ClusterSpec({})
    for lookup in (lambda: spec.num_tasks("z"), lambda: spec.task_address("w", 0)):
        with pytest.raises(ValueError, match="No "):
            lookup()
    for wrong in (5, {"a": 5}, {"a": [1]}):
        with pytest.raises(TypeError):
            tf.train.ClusterSpec(wrong)


def test_variables_go_round_the_parameter_servers():
    with tf.device(tf.train.replica_device_setter(cluster={"ps": ["a:1", "b:2"], "worker": ["c:3"]})):
        v, w, x = (tf.Variable([1.0], name=n) for n in "vwx")
        with tf.device("/cpu:0"):
            y = tf.Variable([1.0])
        total = v + w
    assert [n.device for n in (v, w, x)] == ["/job:ps/task:0", "/job:ps/task:1", "/job:ps/task:0"]
    assert v.initializer.device == v.device
    assert y.device == "/job:ps/task:1/device:CPU:0"
    assert total.device == "/job:worker"


def test_setters_without_servers_and_with_fixed_devices():
    assert tf.train.replica_device_setter() is None
    assert tf.train.replica_device_setter(cluster={"worker": ["c:3"]}) is None
    with pytest.raises(TypeError, match="ps_strategy"):
        tf.train.replica_device_setter(ps_tasks=1, ps_strategy=3)
    with tf.device(tf.train.replica_device_setter(ps_tasks=2, merge_devices=False)), tf.device("/job:ps"):
        assert tf.Variable(1.0).device == "/job:ps"
