"""Operations after they were made: replaced inputs, attributes, failed inference."""

import pytest

import tfcompat.compat.v1 as tf


def test_inputs_may_be_replaced(sess):
    x, y = tf.constant(1), tf.constant(2)
    z = x + y
    assert sess.run(z) == 3
    z.op._update_input(0, y)
    assert list(z.op.inputs) == [y, y]
    assert (x.consumers(), y.consumers()) == ([], [z.op, z.op])
    assert sess.run(z) == 4


def test_replaced_inputs_are_checked(sess):
    x, wide, text = tf.constant([[0], [0], [0]]), tf.constant([[1, 1], [1, 1]]), tf.constant("")
    z = tf.add(x, x, name="z")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"incompatible shapes: \[2,2\] and \[3,1\]"):
        z.op._update_input(0, wide)
    with pytest.raises(tf.errors.OutOfRangeError, match=r"Input index \[2\] is greater than .* inputs \[2\]"):
        z.op._update_input(2, x)
    with tf.Graph().as_default(), pytest.raises(ValueError, match="must be from the same graph"):
        z.op._update_input(0, tf.constant(1))
    scalar = tf.add(tf.constant(1), tf.constant(2), name="scalar")
    scalar.op._update_input(0, text)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input 0 of node scalar was passed string from Const_"):
        sess.run(scalar)


def test_cycles_are_found(sess):
    x, y = tf.constant(1, name="x"), tf.constant(2, name="y")
    x.op._add_control_input(y.op)
    y.op._add_control_input(x.op)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Graph is invalid, contains a cycle with 2 nodes"):
        sess.run(x)


def test_an_operation_that_does_not_fit_leaves_no_trace(sess, graph):
    a, b = tf.ones([2, 3]), tf.ones([2, 3])
    before = graph.num_operations(), a.consumers()
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.matmul(a, b)
    assert (graph.num_operations(), a.consumers()) == before
    assert sess.run(a + b).tolist() == [[2, 2, 2], [2, 2, 2]]


def test_frames_must_agree(sess):
    x = tf.placeholder(tf.float32, [])
    first = tf.raw_ops.Enter(data=x, frame_name="first")
    second = tf.raw_ops.Enter(data=x, frame_name="second")
    with pytest.raises(tf.errors.InvalidArgumentError, match="has inputs from different frames"):
        sess.run(first + second, {x: 1.0})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Cannot find a corresponding Enter op"):
        sess.run(tf.raw_ops.Exit(data=x), {x: 1.0})


def test_attributes(graph):
    op = tf.constant([1.0], name="c").op
    assert op.get_attr("dtype") is tf.float32
    op._set_attr("_mine", tf.AttrValue(i=3))
    assert op.get_attr("_mine") == 3
    assert op.node_def.attr["_mine"].i == 3
    with pytest.raises(ValueError, match="has no attr named 'nothing'"):
        op.get_attr("nothing")


def test_imported_constants_have_the_shape_of_their_value():
    with tf.Graph().as_default() as graph:
        tf.constant([[1, 2, 3]], name="c")
        message = graph.as_graph_def()
    with tf.Graph().as_default():
        (c,) = tf.import_graph_def(message, return_elements=["c:0"], name="")
    assert c.shape.as_list() == [1, 3]


def test_truths_are_numbers_where_numbers_are_wanted():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([0.5, 2.0])
        results = [tf.minimum(x, True), True + x, x * False, tf.constant([True, 2.5], tf.float32), x > True]
        whole = [tf.constant(True, dtype) for dtype in (tf.int32, tf.uint8, tf.float16, tf.complex64)]
        found = session.run(results + whole)
        assert [list(f) for f in found[:5]] == [[0.5, 1], [1.5, 3], [0, 0], [1, 2.5], [False, True]]
        assert found[5:] == [1, 1, 1, 1]
        for value, dtype in ((True, tf.string), (1, tf.bool), (1.0, tf.bool)):
            with pytest.raises(TypeError, match="Expected"):
                tf.constant(value, dtype)
