"""Assignments to resource variables: which values they take, and in which graph they are recorded."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def test_the_first_value_of_a_resource_may_have_any_shape():
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.get_variable("x", [1, 1], use_resource=True)
        given = tf.placeholder(tf.float32)
        assign = variable.assign(given).op
        session.run(assign, {given: np.zeros((2, 2), np.float32)})
        with pytest.raises(tf.errors.InvalidArgumentError, match="requires shapes of both tensors to match"):
            session.run(assign, {given: np.zeros((2, 3), np.float32)})


def test_type_and_shape_of_a_handle_are_checked_when_the_graph_is_recorded():
    with tf.Graph().as_default(), tf.Session() as session:
        handle = tf.raw_ops.VarHandleOp(dtype=tf.int32, shape=[])
        with pytest.raises(ValueError, match=r"wrong dtype\. Expected int32 got float32"):
            tf.raw_ops.AssignVariableOp(resource=handle, value=tf.constant(0.0))
        with pytest.raises(ValueError, match=r"equal rank|incompatible|same rank"):
            tf.raw_ops.AssignVariableOp(resource=handle, value=tf.constant([0]))
        session.run(tf.raw_ops.AssignVariableOp(resource=handle, value=tf.constant(3)))
        assert session.run(tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.int32)) == 3


def test_an_assignment_goes_into_the_variables_graph():
    with tf.Graph().as_default() as graph:
        variable = tf.get_variable("x", [], use_resource=True)
    with tf.Graph().as_default() as other:
        for made in (variable.assign(2.0), variable.assign_add(2.0), variable.assign_sub(2.0)):
            assert made.graph is graph
        assert not other.get_operations()


def test_a_variable_that_does_not_exist_is_named_as_the_resource_it_is():
    with tf.Graph().as_default(), tf.Session() as session:
        handle = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="var5")
        with pytest.raises(tf.errors.FailedPreconditionError, match=r"Resource .*/var5/.* does not exist"):
            session.run(tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32))
