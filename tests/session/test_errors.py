"""Failed runs say what the reference says, with its exception classes and the operation that failed."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

F32 = np.float32


def floats(*shape):
    return tf.placeholder_with_default(np.zeros(shape, F32), [None] * len(shape))


def ints(*values):
    return tf.placeholder_with_default(np.array(values, np.int32), [None])


@pytest.mark.parametrize(
    ("build", "op_type", "message"),
    [
        (lambda: ints(1) // 0, "FloorDiv", "Integer division by zero"),
        (lambda: ints(1) % ints(0), "FloorMod", "Integer division by zero"),
        (lambda: tf.gather([1, 2, 3], ints(0, 5)), "GatherV2", r"indices\[1\] = 5 is not in \[0, 3\)"),
        (lambda: tf.gather([1, 2, 3], ints(-1)), "GatherV2", r"indices\[0\] = -1 is not in \[0, 3\)"),
        (lambda: tf.gather_nd([1, 2, 3], ints(5)[:, None]), "GatherNd", r"indices\[0\] = \[5\] does not index into"),
        (lambda: tf.matmul(floats(2, 3), floats(2, 3)), "MatMul", "Matrix size-incompatible"),
        (lambda: floats(2, 3) + floats(4, 5), "AddV2", r"Incompatible shapes: \[2,3\] vs. \[4,5\]"),
        (lambda: tf.concat([floats(2, 3), floats(5, 5)], 0), "ConcatV2", "Dimension 1 in both shapes must be equal"),
        (lambda: tf.split(floats(3, 3), 2), "Split", "Number of ways to split should evenly divide"),
        (
            lambda: tf.reshape(floats(3, 3), [-1, 4]),
            "Reshape",
            "tensor with 9 values, but the requested shape requires a multiple of 4",
        ),
        (lambda: tf.slice(floats(3, 3), [1, 1], [5, 1]), "Slice", r"Expected size\[0\] in \[0, 2\], but got 5"),
        (lambda: tf.stack([floats(3, 3), floats(1, 1)]), "Pack", "Shapes of all inputs must match"),
        (lambda: tf.argmax(floats(3, 0), 1), "ArgMax", r"Reduction axis 1 is empty in shape \[3,0\]"),
        (lambda: tf.nn.top_k(floats(3, 3), 5).values, "TopKV2", "input must have at least k columns"),
        (lambda: tf.squeeze(floats(2, 2), [0]), "Squeeze", r"Can not squeeze dim\[0\], expected a dimension of 1"),
        (lambda: tf.check_numerics(floats(1) + np.nan, "here"), "CheckNumerics", "here : Tensor had NaN values"),
    ],
)
def test_failures_name_the_operation_and_the_reason(sess, build, op_type, message):
    tensor = build()
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message) as error:
            sess.run([tensor, tf.constant(1)])
        assert error.value.op.type == op_type
        assert error.value.error_code == tf.errors.INVALID_ARGUMENT
        assert "test_errors.py" in str(error.value)


def test_inputs_that_the_model_computes_are_computed_again(sess):
    x = tf.placeholder(tf.int32, [None])
    hidden = tf.reduce_sum(x) * 2 + 1
    y = tf.gather(tf.constant([10, 20, 30]), tf.identity(hidden))
    assert sess.run(y, {x: []}) == 20
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices = 7 is not in \[0, 3\)"):
        sess.run(y, {x: [1, 2]})


def test_variables_that_became_constants_of_the_model_are_known(sess):
    v = tf.Variable([1, 2, 3])
    x = tf.placeholder(tf.int32, [None])
    y = tf.gather(v.value() + 0, x)
    sess.run(v.initializer)
    for _ in range(8):
        assert sess.run(y, {x: [1]}) == [2]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[0\] = 9 is not in \[0, 3\)"):
        sess.run(y, {x: [9]})


def test_uninitialized_variables(sess):
    old, new = tf.Variable(1.0, name="old"), tf.Variable(1.0, name="new", use_resource=True)
    scattered = tf.scatter_update(tf.Variable([1.0], name="old"), [0], [1.0])
    for tensor in (old, old + 1.0, tf.assign_add(old, 1.0), scattered):
        with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value old"):
            sess.run(tensor)
    for tensor in (new, new + 1.0):
        with pytest.raises(tf.errors.FailedPreconditionError, match="Could not find variable new"):
            sess.run(tensor)
    with pytest.raises(tf.errors.NotFoundError, match=r"Resource localhost/new/.* does not exist"):
        sess.run(new.assign_add(1.0))


def test_a_failed_run_leaves_variables_as_they_were(sess):
    v, x = tf.Variable(1), tf.placeholder(tf.int32, [])
    sess.run(v.initializer)
    with pytest.raises(tf.errors.InvalidArgumentError, match="division by zero"):
        sess.run([tf.assign_add(v, 1), 5 // x], {x: 0})
    assert sess.run(v) == 1
