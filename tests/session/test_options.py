"""RunOptions and RunMetadata: limits, timings, partition graphs, cost graphs, and timelines of them."""

import json
import threading
import time

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.session.timeline import Timeline

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
FULL = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)


@pytest.fixture
def net():
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    return x, tf.add(tf.matmul(x, x, name="product"), 1.0, name="sum")


def run(sess, net, options=None):
    metadata = tf.RunMetadata()
    sess.run(net[1], {net[0]: np.eye(2)}, options, metadata)
    return metadata


def test_a_trace_has_every_operation_with_type_inputs_and_sizes(sess, net):
    stats = run(sess, net, FULL).step_stats
    assert [d.device for d in stats.dev_stats] == [CPU]
    nodes = {n.node_name: n for n in stats.dev_stats[0].node_stats}
    assert nodes["product"].timeline_label == "product = MatMul(x, x)"
    assert nodes["product"].all_start_micros > 1_500_000_000_000_000
    assert nodes["product"].all_end_rel_nanos > 0
    output = nodes["sum"].output[0].tensor_description if nodes["sum"].output else None
    fused = nodes["product"].output[0].tensor_description
    description = output or fused
    assert [d.size for d in description.shape.dim] == [2, 2]
    assert description.dtype == tf.float32.as_datatype_enum
    assert description.allocation_description.allocated_bytes == 16


def test_host_calls_are_timed(sess):
    text = tf.placeholder(tf.string, [])
    metadata = tf.RunMetadata()
    sess.run(tf.identity(text, name="copy"), {text: "x"}, FULL, metadata)
    assert "copy" in [n.node_name for n in metadata.step_stats.dev_stats[0].node_stats]


def test_metadata_is_filled_as_asked_and_cleared_by_the_next_run(sess, net):
    metadata = run(sess, net)
    assert not metadata.HasField("step_stats")
    sess.run(net[1], {net[0]: np.eye(2)}, tf.RunOptions(trace_level=3, output_partition_graphs=True), metadata)
    assert metadata.HasField("step_stats")
    assert {n.name for g in metadata.partition_graphs for n in g.node} == {"product", "sum", "sum/y"}
    assert {n.device for g in metadata.partition_graphs for n in g.node} == {CPU}
    sess.run(net[1], {net[0]: np.eye(2)}, None, metadata)
    assert metadata == tf.RunMetadata()


def test_options_without_metadata_change_nothing(sess, net):
    assert sess.run(net[1], {net[0]: np.eye(2)}, FULL).tolist() == [[2, 1], [1, 2]]


def test_a_traced_run_changes_variables_once(sess):
    v = tf.Variable(1.0)
    add = tf.assign_add(v, 1.0)
    sess.run(v.initializer)
    sess.run(add, options=FULL, run_metadata=tf.RunMetadata())
    assert sess.run(v) == 2


def test_every_device_has_its_own_stats(graph):
    with tf.device("/cpu:1"):
        a = tf.constant(1.0)
    with tf.device("/cpu:2"):
        b = a + tf.placeholder_with_default(2.0, [])
    metadata = tf.RunMetadata()
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 3})) as session:
        session.run(b, options=FULL, run_metadata=metadata)
    assert {d.device[-5:] for d in metadata.step_stats.dev_stats} == {"CPU:1", "CPU:2"}


def test_the_cost_graph_comes_in_the_run_it_was_asked_for(net):
    config = tf.ConfigProto(graph_options=tf.GraphOptions(build_cost_model=3))
    with tf.Session(config=config) as session:
        steps = [run(session, net) for _ in range(6)]
    assert [m.HasField("cost_graph") for m in steps] == [False, False, True, False, False, True]
    nodes = {n.name: n for n in steps[2].cost_graph.node}
    assert nodes["product"].compute_cost > 0
    assert nodes["sum"].input_info[0].preceding_node == nodes["product"].id


@pytest.mark.parametrize("pool", [1, -2])
def test_unknown_thread_pools_are_refused(sess, net, pool):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"Invalid inter_op_thread_pool: {pool}"):
        run(sess, net, tf.RunOptions(inter_op_thread_pool=pool))


def test_arguments_must_be_messages(sess, net):
    with pytest.raises(TypeError, match=r"must be a tf\.RunOptions"):
        sess.run(net[1], options=5)
    with pytest.raises(TypeError, match=r"must be a tf\.RunMetadata"):
        sess.run(net[1], run_metadata=tf.RunOptions())


# ---------------------------------------------------------------- limits


@pytest.fixture
def waiting(graph):
    """An operation that waits until its run is out of time or its session closed: the queue is empty."""
    return tf.FIFOQueue(1, tf.float32, shapes=[()]).dequeue()


def test_a_run_that_takes_too_long_is_stopped(sess, waiting):
    start = time.monotonic()
    with pytest.raises(tf.errors.DeadlineExceededError, match="Timed out waiting for notification"):
        sess.run(waiting, options=tf.RunOptions(timeout_in_ms=50))
    assert 0.04 < time.monotonic() - start < 5
    assert sess.run(tf.constant(1)) == 1


def test_the_session_may_limit_all_its_runs(waiting):
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=50)) as session:
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(waiting)
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.make_callable(waiting)()
        assert session.run(tf.constant(1)) == 1


def test_closing_wakes_what_waits(waiting):
    session, caught = tf.Session(), []

    def wait():
        try:
            session.run(waiting)
        except tf.errors.CancelledError as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.2)
    session.close()
    thread.join(10)
    assert [e.message for e in caught] == ["Dequeue operation was cancelled"]
    assert caught[0].op is waiting.op


def test_long_models_are_stopped(graph):
    x = tf.placeholder(tf.float32, [600, 600])
    y = x
    for _ in range(300):
        y = tf.matmul(y, x)
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(y, {x: np.zeros((600, 600))}, options=tf.RunOptions(timeout_in_ms=60))


# ---------------------------------------------------------------- timelines


def test_a_timeline_shows_operations_flows_and_tensors(sess, net):
    timeline = Timeline(run(sess, net, FULL).step_stats)
    trace = json.loads(timeline.generate_chrome_trace_format(show_memory=True))["traceEvents"]
    operations = {e["args"]["name"]: e for e in trace if e["ph"] == "X"}
    assert operations["sum"]["args"] == {"name": "sum", "op": "AddV2", "input0": "product", "input1": "sum/y"}
    assert {e["args"]["name"] for e in trace if e["ph"] == "M"} == {"Allocators", f"{CPU} Compute", f"{CPU} Tensors"}
    assert {e["ph"] for e in trace} >= {"s", "t", "N", "O", "D", "C"}
    plain = json.loads(timeline.generate_chrome_trace_format(show_dataflow=False))["traceEvents"]
    assert {e["ph"] for e in plain} == {"M", "X"}


def test_operations_that_overlap_get_lanes_of_their_own():
    stats = tf.RunMetadata().step_stats
    device = stats.dev_stats.add(device="/cpu:0")
    for name, start, length in (("a", 0, 10), ("b", 5, 10), ("c", 11, 1)):
        device.node_stats.add(
            node_name=name, all_start_micros=start, all_end_rel_micros=length, timeline_label=f"{name} = Op()"
        )
    events = Timeline(stats).analyze_step_stats().chrome_trace.events
    assert {e["args"]["name"]: e["tid"] for e in events if e["ph"] == "X"} == {"a": 0, "b": 1, "c": 0}


def test_the_most_that_an_allocator_held():
    stats = tf.RunMetadata().step_stats
    device = stats.dev_stats.add(device="/cpu:0")
    for name, start, size, inputs in (("a", 0, 8, ""), ("b", 10, 4, "a"), ("c", 20, 2, "b")):
        node = device.node_stats.add(
            node_name=name, all_start_micros=start, all_end_rel_micros=5, timeline_label=f"{name} = Op({inputs})"
        )
        memory = node.output.add().tensor_description.allocation_description
        memory.allocator_name, memory.allocated_bytes = "cpu", size
    maximum = Timeline(stats).analyze_step_stats().allocator_maximums["cpu"]
    assert (maximum.num_bytes, maximum.timestamp, maximum.tensors) == (12, 10, {"a", "b"})


def test_labels_of_other_forms_are_shown_too():
    stats = tf.RunMetadata().step_stats
    stats.dev_stats.add(device="/cpu:0").node_stats.add(node_name="RecvTensor", timeline_label="[1024B] edge_1 from ps")
    with pytest.raises(ValueError, match="op_time"):
        Timeline(stats).analyze_step_stats(op_time="nonsense")
    trace = json.loads(Timeline(stats).generate_chrome_trace_format())["traceEvents"]
    assert [e["name"] for e in trace if e["ph"] == "X"] == ["RecvTensor"]
