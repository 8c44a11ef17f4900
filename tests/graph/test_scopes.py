"""Devices, colocation, control dependencies, attributes and other scopes of a graph."""

import threading

import pytest

import tfcompat.compat.v1 as tf


def device(spec=None):
    if spec is None:
        return tf.constant(1).device
    with tf.device(spec):
        return tf.constant(1).device


def test_inner_devices_win_and_merge(graph):
    with tf.device("/job:worker/device:GPU:1"):
        assert device() == "/job:worker/device:GPU:1"
        assert device("/task:2") == "/job:worker/task:2/device:GPU:1"
        assert device("/cpu:0") == "/job:worker/device:CPU:0"
        assert device(tf.DeviceSpec(replica=3)) == "/job:worker/replica:3/device:GPU:1"
        with tf.device(None):
            assert device() == ""
            assert device("/gpu:0") == "/device:GPU:0"


def test_device_functions_see_the_operation_and_overwrite(graph):
    with tf.device("/job:outer"), tf.device(lambda op: f"/device:CPU:{len(op.name)}"):
        assert tf.constant(1, name="four").device == "/job:outer/device:CPU:4"
        assert device("/gpu:0") == "/job:outer/device:CPU:5"


def test_leaving_device_scopes_out_of_order_is_an_error(graph):
    outer = graph.device("/device:GPU:8")
    outer.__enter__()
    with graph.device("/device:GPU:9"), pytest.raises(RuntimeError, match="without proper scope nesting"):
        outer.__exit__(None, None, None)


@pytest.mark.parametrize("name", ["/nonsense:x:y", "/gpu:0/cpu:0", "/task:x"])
def test_bad_device_names(name):
    with pytest.raises(ValueError, match="parsing the device spec"):
        tf.DeviceSpec.from_string(name)


def test_colocation_takes_group_and_device(graph):
    with tf.device("/gpu:0"):
        a = tf.constant(1, name="a")
    b = tf.constant(2, name="b")
    with tf.device("/cpu:0"), tf.colocate_with(a):
        c = tf.constant(3)
        with tf.colocate_with(b):
            d = tf.constant(4)
        with tf.colocate_with(b, ignore_existing=True):
            e = tf.constant(5)
        with tf.colocate_with(None, ignore_existing=True):
            f = tf.constant(6, name="f")
    assert (c.op.colocation_groups(), c.device) == ([b"loc:@a"], "/device:GPU:0")
    assert d.op.colocation_groups() == [b"loc:@a", b"loc:@b"]
    assert e.op.colocation_groups() == [b"loc:@b"]
    assert f.op.colocation_groups() == [b"loc:@f"]
    with pytest.raises(ValueError, match="reset colocation"), tf.colocate_with(None):
        pass


def test_control_inputs_nest_clear_and_leave_out_what_data_implies(graph):
    a, b, c = (tf.constant(i, name=n) for i, n in enumerate("abc"))
    with tf.control_dependencies([a]):
        with tf.control_dependencies([b.op]):
            both = tf.constant(1)
            with tf.control_dependencies(None):
                none = tf.constant(1)
        direct = tf.identity(a)
        after_direct = tf.identity(direct)
    assert both.op.control_inputs == [a.op, b.op]
    assert none.op.control_inputs == []
    assert direct.op.control_inputs == []
    assert after_direct.op.control_inputs == []
    both.op._add_control_inputs([c.op, c.op])
    assert both.op.control_inputs == [a.op, b.op, c.op]
    assert c.op._control_outputs == [both.op]
    both.op._remove_all_control_inputs()
    assert both.op.control_inputs == []


def test_attribute_label_and_gradient_scopes(graph):
    from tfcompat import protos

    with graph._attr_scope({"_a": protos.AttrValue(s=b"x")}), graph._kernel_label_map({"NoOp": "fast"}):
        with graph.gradient_override_map({"NoOp": "Mine"}):
            inside = tf.no_op()
        with graph._attr_scope({"_a": None}), graph._kernel_label_map({"NoOp": ""}):
            without = tf.no_op()
    assert [inside.get_attr(k) for k in ("_a", "_kernel", "_gradient_op_type")] == [b"x", b"fast", b"Mine"]
    for name in ("_a", "_kernel", "_gradient_op_type"):
        with pytest.raises(ValueError, match="has no attr named"):
            without.get_attr(name)


def test_original_operations_appear_in_errors(graph):
    a = tf.constant(1.0, name="first")
    with graph._original_op(a.op):
        b = tf.placeholder(tf.float32, name="second")
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError) as error:
        session.run(b)
    assert error.value.op._original_op is a.op


def test_init_scope_lifts_out_of_bodies(graph):
    first, second = tf.Graph(), tf.Graph()
    first._building_function = second._building_function = True
    a = tf.constant(1.0)
    with tf.device("/cpu:0"), tf.control_dependencies([a]), first.as_default(), tf.device("/gpu:0"):
        with second.as_default(), tf.init_scope():
            lifted = tf.constant(1.0)
        assert first.get_operations() == second.get_operations() == []
        assert (lifted.graph, lifted.device, lifted.op.control_inputs) == (graph, "/device:GPU:0", [])
    after = tf.constant(1.0)
    assert after.device == ""


def test_scopes_may_become_per_thread(graph):
    graph.switch_to_thread_local()
    seen = []

    def build():
        with graph.as_default():
            seen.append(tf.constant(1).op)

    with tf.device("/gpu:0"), tf.control_dependencies([tf.constant(2)]):
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
        assert tf.constant(1).device == "/device:GPU:0"
    assert (seen[0].device, seen[0].control_inputs) == ("", [])


def test_collections(graph):
    c = tf.constant(1, name="scope/c")
    tf.add_to_collection("k", c)
    tf.add_to_collections({"k", "l"}, 5)
    assert tf.get_collection("k") == [c, 5]
    tf.get_collection("k").clear()
    assert tf.get_collection("k", scope="sc.pe") == [c]
    assert tf.get_collection("k", scope="c") == []
    tf.get_collection_ref("m").append(1)
    assert tf.get_collection("m") == [1]
    assert sorted(graph.get_all_collection_keys()) == ["k", "l", "m"]
    graph.clear_collection("k")
    assert tf.get_collection("k") == []


def test_a_finalized_graph_does_not_change(graph):
    graph.finalize()
    for change in (lambda: tf.constant(1), lambda: tf.add_to_collection("k", 1)):
        with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified"):
            change()
