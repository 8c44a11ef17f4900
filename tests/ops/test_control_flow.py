"""Loops and conditions whose bodies write variables and wait for operations outside; lists of tensors that grow.

The values are those that TensorFlow 2.15.1 gives for the same programs.
"""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def run(*fetches):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(fetch) for fetch in fetches]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("in_branch", [False, True])
def test_a_body_reads_what_it_wrote_in_the_iteration_before(in_branch):
    v = tf.get_variable("v", [], initializer=tf.constant_initializer(2.0))
    always = tf.placeholder_with_default(True, [])

    def squared():
        return tf.assign(v, tf.square(v))

    def body(i):
        with tf.control_dependencies([tf.cond(always, squared, lambda: v) if in_branch else squared()]):
            return i + 1

    assert run(tf.while_loop(lambda i: i < 4, body, [0]), v) == [4, 65536.0]


def test_a_condition_sees_what_the_body_wrote():
    v = tf.get_variable("v", [], initializer=tf.constant_initializer(1.0))

    def body(i):
        with tf.control_dependencies([tf.assign(v, v * 2)]):
            return i + 1

    assert run(tf.while_loop(lambda i: v < 20, body, [0]), v) == [5, 32.0]


@pytest.mark.parametrize("what", ["while", "cond", "nested"])
def test_bodies_wait_for_operations_outside(what):
    v = tf.Variable(0.0)
    increment = v.assign_add(1.0)

    def three():
        with tf.control_dependencies([increment]):
            return tf.constant(3)

    def branch():
        return tf.cond(tf.placeholder_with_default(True, []), three, lambda: tf.constant(1))

    results = {
        "while": lambda: tf.while_loop(lambda i: i < 3, lambda i: three(), [0]),
        "cond": branch,
        "nested": lambda: tf.while_loop(lambda i: i < 3, lambda i: branch(), [0]),
    }
    assert run(results[what](), v) == [3, 1.0]


def test_what_a_body_does_not_need_makes_nobody_wait():
    unfed = tf.placeholder(tf.float32, [])

    def branch():
        with tf.control_dependencies([unfed]):
            tf.constant(1) + 1
        return tf.constant(5)

    assert run(tf.cond(tf.placeholder_with_default(True, []), branch, lambda: tf.constant(1))) == [5]


def test_gradients_of_lists_that_grew_have_as_many_rows_as_what_they_were_made_of():
    x = tf.constant([1.0, 2.0, 3.0])
    array = tf.TensorArray(tf.float32, size=3, dynamic_size=True)
    longer = array.unstack(x).write(3, 4.0).stack()
    split = array.split(x, [1, 1, 1]).write(3, [4.0]).concat()
    values = run(longer, *tf.gradients(longer, x), split, *tf.gradients(split, x))
    for value, expected in zip(values, ([1, 2, 3, 4], [1, 1, 1]) * 2, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_elements_that_were_never_written_are_zeros():
    array = tf.TensorArray(tf.float32, size=3).write(1, [[4.0, 5.0]])
    joined, stacked = run(array.concat(), array.stack())
    np.testing.assert_array_equal(joined, [[0, 0], [4, 5], [0, 0]])
    np.testing.assert_array_equal(stacked[:, 0], joined)


def test_gradients_of_elements_of_different_shapes():
    array = tf.TensorArray(tf.float32, size=3, infer_shape=False)
    row, number = tf.constant([[4.0, 5.0]]), tf.constant(3.0)
    written = array.write(0, row).write(1, number)
    reads = [written.read(0), written.read(1), written.read(0)]
    found = tf.gradients(reads, [row, number], [[[2.0, 3.0]], -2.0, [[1.0, -1.0]]])
    of_row, of_number = run(*found)
    assert of_row.tolist() == [[3, 2]]
    assert of_number == -2


def test_names_of_loops_and_conditions(graph):
    names = [
        made
        for name in ("", "foo", None)
        for made in (
            tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], name=name).name,
            tf.cond(tf.constant(True), lambda: tf.constant(1), lambda: tf.constant(2), name=name).name,
        )
    ]
    assert names == [
        "while/Identity_2:0", "cond/Identity:0", "foo/Identity_2:0", "foo_1/Identity:0", "while_1/Identity_2:0",
        "cond_1/Identity:0",
    ]  # fmt: skip
    constants = [op.name for op in graph.get_operations() if op.type == "Const"]
    assert [name for name in constants if "/" not in name] == ["Const", "Const_1", "Const_2"]
    assert [name for name in constants if name.endswith("/Const")] == ["while/Const", "foo/Const", "while_1/Const"]


def test_gradients_of_elements_add_up_in_an_array_of_their_own():
    array = tf.TensorArray(tf.float32, size=3, infer_shape=False)
    array = array.write(0, [[4.0, 5.0]]).write(1, [[1.0]]).write(2, -3.0)
    grads = array.grad("grad").write(0, [[5.0, 6.0]]).write(1, [[2.0]]).write(0, [[1.0, 1.0]])
    rows = tf.TensorArray(tf.int32, size=2).unstack([[1, 2], [3, 4]]).grad("grad").write(1, [7, 8])
    first, second, own, size, stacked = (
        v for [v] in map(run, [grads.read(0), grads.read(1), array.read(0), grads.size(), rows.stack()])
    )
    assert first.tolist() == [[6.0, 7.0]]
    assert second.tolist() == [[2.0]]
    assert own.tolist() == [[4.0, 5.0]]
    assert size == 3
    assert stacked.tolist() == [[0, 0], [7, 8]]


def test_an_array_keeps_its_size_when_fewer_rows_are_put_into_it():
    array = tf.TensorArray(tf.float32, size=3).unstack([1.0, 2.0]).write(2, 3.0)
    assert run(array.stack())[0].tolist() == [1.0, 2.0, 3.0]
    parts = tf.TensorArray(tf.float32, size=2).split(tf.ones([3, 2]), [1, 2])
    assert parts.read(0).shape.rank is None
    assert run(parts.read(1))[0].shape == (2, 2)


@pytest.mark.parametrize("types", [("int32", "int64"), ("int64", "int32"), ("int32", "int32")])
def test_slices_of_branches_may_differ_in_the_type_of_their_indices(types):
    positive = tf.placeholder_with_default(True, [])
    rows = tf.constant([[10.0, 1.0]])
    one, other = (tf.IndexedSlices(rows * k, tf.constant([k], t)) for k, t in zip((1, 2), types, strict=True))
    chosen, plain = tf.cond(
        positive,
        lambda: (tf.IndexedSlices(one.values, one.indices), rows),
        lambda: (tf.IndexedSlices(other.values, other.indices), -rows),
    )
    assert chosen.indices.dtype.name == ("int32" if types == ("int32", "int32") else "int64")
    with tf.Session() as session:
        for wanted, sign in ((True, 1), (False, -1)):
            slices, value = session.run([chosen, plain], {positive: wanted})
            assert slices.indices.tolist() == [1 if wanted else 2]
            assert slices.values.tolist() == [[10.0 * slices.indices[0], 1.0 * slices.indices[0]]]
            assert value.tolist() == [[10.0 * sign, 1.0 * sign]]
