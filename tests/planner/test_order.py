"""The order of a plan: data and control edges, reads before unordered writes, cycles."""

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.planner.order import ordered
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.variables import access_of


def plan(fetches, targets=()):
    ops = needed_operations(fetches, targets, ())
    accesses = {op: a for op in ops if (a := access_of(op, set())).is_stateful}
    return ordered(ops, set(), accesses)


def test_only_what_is_needed_is_planned():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [])
        y = tf.exp(x)
        tf.log(x)
        assert [op.type for op in plan([y])] == ["Placeholder", "Exp"]


def test_feeding_an_intermediate_tensor_cuts_what_is_before():
    with tf.Graph().as_default():
        y = tf.exp(tf.placeholder(tf.float32, []))
        z = tf.log(y)
        assert needed_operations([z], [], {y}) == [z.op]
        assert needed_operations([y], [], {y}) == []


def test_reads_come_before_writes_made_earlier():
    with tf.Graph().as_default():
        v = tf.Variable(1.0)
        write = tf.assign(v, 2.0)
        read = tf.negative(v)
        order = plan([read], [write.op])
        assert order.index(read.op) < order.index(write.op)


def test_a_control_edge_puts_a_read_after_a_write():
    with tf.Graph().as_default():
        v = tf.Variable(1.0)
        write = tf.assign(v, 2.0)
        with tf.control_dependencies([write]):
            read = tf.negative(v)
        order = plan([read], [write.op])
        assert order.index(read.op) > order.index(write.op)


def test_a_cycle_is_an_error_that_names_its_operations():
    with tf.Graph().as_default():
        a = tf.exp(tf.placeholder(tf.float32, [], name="x"), name="a")
        b = tf.exp(a, name="b")
        a.op._update_input(0, b)
        with pytest.raises(tf.errors.InvalidArgumentError, match="contains a cycle with 2 nodes, including: a, b"):
            plan([b])
