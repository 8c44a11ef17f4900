"""tf.gradients: its arguments, errors, sums, custom gradients, long chains."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f32


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def values(tensors, feed=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors, feed)


def test_gradients_of_several_ys_add_up():
    x = tf.constant([1.0, 2.0])
    assert values(tf.gradients([x * x, 3.0 * x], x)[0]).tolist() == [5.0, 7.0]


def test_given_gradients_weigh_the_ys():
    x = tf.constant([1.0, 2.0])
    y = x * x
    assert values(tf.gradients(y, x, grad_ys=tf.constant([10.0, 100.0]))[0]).tolist() == [20.0, 400.0]
    assert values(tf.gradients([y, x], x, grad_ys=[None, [1.0, 1.0]])[0]).tolist() == [3.0, 5.0]


def test_unconnected_xs_give_none_or_zeros():
    x, other = tf.constant([1.0, 2.0]), tf.placeholder(tf.float32, [None, 2])
    assert tf.gradients(x * x, [x, other])[1] is None
    zeros = tf.gradients(x * x, [x, other], unconnected_gradients="zero")[1]
    assert values(zeros, {other: np.ones((3, 2))}).tolist() == [[0.0, 0.0]] * 3
    variable = tf.get_variable("v", [2], use_resource=True)
    found = tf.gradients(x * x, variable, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert values(found[0]).tolist() == [0.0, 0.0]


def test_stop_gradients_take_tensors_as_constants():
    x = tf.constant(3.0)
    square = x * x
    y = square * x
    assert values(tf.gradients(y, x, stop_gradients=square)[0]) == 9.0
    assert values(tf.gradients(y, [x, square], stop_gradients=[x, square])) == [9.0, 3.0]


def test_intermediate_tensors_have_gradients_too():
    x = tf.constant(3.0)
    middle = x * 2.0
    y = middle * middle
    assert values(tf.gradients(y, [middle, x])) == [12.0, 24.0]


@pytest.mark.parametrize("method", [None, 0, 1, 2])
def test_every_aggregation_gives_the_same_sum(method):
    x = tf.constant([1.0, 2.0])
    y = tf.add_n([x * 2.0, x * 3.0, tf.tanh(x) * 0.0, x])
    assert values(tf.gradients(y, x, aggregation_method=method)[0]).tolist() == [6.0, 6.0]


def test_sparse_gradients_stay_sparse_and_concatenate():
    table = tf.constant(f32(5, 2))
    rows = [tf.gather(table, [0, 3]), tf.gather(table, tf.constant([3], tf.int64))]
    gradient = tf.gradients(rows, table)[0]
    assert isinstance(gradient, tf.IndexedSlices)
    assert gradient.indices.dtype == tf.int64
    assert values(gradient.indices).tolist() == [0, 3, 3]
    dense = tf.convert_to_tensor(gradient)
    assert values(dense).tolist() == [[1, 1], [0, 0], [0, 0], [2, 2], [0, 0]]


def test_sparse_and_dense_gradients_give_a_dense_sum():
    table = tf.constant(f32(3, 2))
    gradient = tf.gradients([tf.gather(table, [1]), table * 2.0], table)[0]
    assert values(gradient).tolist() == [[2, 2], [3, 3], [2, 2]]


def test_gated_gradients_have_the_same_values(graph):
    x = tf.constant([1.0, 2.0])
    y = tf.multiply(x, tf.tanh(x))
    plain, gated = tf.gradients(y, x)[0], tf.gradients(y, x, gate_gradients=True)[0]
    assert np.array_equal(*values([plain, gated]))
    assert any(op.name.endswith("tuple/group_deps") for op in graph.get_operations())


def test_gradients_are_placed_with_their_operations(graph):
    x = tf.constant([1.0, 2.0])
    y = tf.tanh(x, name="y")
    gradient = tf.gradients(y, x, colocate_gradients_with_ops=True)[0]
    assert gradient.op.colocation_groups() == [b"loc:@y"]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: tf.gradients(x, x, grad_ys=[x, x]), ValueError, "Length mismatch"),
        (lambda x: tf.gradients(x, x, aggregation_method=9), ValueError, "Invalid `aggregation_method`"),
        (lambda x: tf.gradients(x, x, unconnected_gradients="some"), ValueError, "Unknown value"),
        (lambda x: tf.gradients(tf.cast(x, tf.complex64), x), TypeError, "must set grad_ys"),
        (lambda x: tf.gradients(x, x, grad_ys=tf.constant(["a"])), TypeError, "must be real or integer"),
        (lambda x: tf.gradients(tf.raw_ops.Mfcc(spectrogram=x[None, None], sample_rate=1), x), LookupError,
         r"No gradient defined for operation 'Mfcc' \(op type: Mfcc\)"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, error, text):
    with pytest.raises(error, match=text):
        call(tf.constant([1.0, 2.0]))


def test_a_chain_of_ten_thousand_operations():
    x = y = tf.constant(0.5)
    for _ in range(10_000):
        y = tf.identity(y)
    assert values(tf.gradients(y, x)[0]) == 1.0


def test_integers_pass_no_gradient():
    x = tf.constant([1, 2])
    assert tf.gradients(tf.identity(x), x) == [None]


# ---------------------------------------------------------------- registration


@tf.RegisterGradient("TwiceOfTests")
def _twice(op, grad):
    return 2.0 * grad


@tf.RegisterGradient("TooManyOfTests")
def _too_many(op, grad):
    return grad, grad


@tf.RegisterGradient("WrongShapeOfTests")
def _wrong_shape(op, grad):
    return tf.reshape(grad, [1, 2])


tf.NotDifferentiable("NothingOfTests")


def overridden(graph, name):
    x = tf.constant([1.0, 2.0])
    with graph.gradient_override_map({"Identity": name}):
        y = tf.identity(x)
    return x, y


def test_overridden_gradients(graph):
    x, y = overridden(graph, "TwiceOfTests")
    assert y.op.get_attr("_gradient_op_type") == b"TwiceOfTests"
    assert values(tf.gradients(y, x)[0]).tolist() == [2.0, 2.0]


def test_a_type_without_gradient_stops_the_path(graph):
    x, y = overridden(graph, "NothingOfTests")
    assert tf.gradients(y, x) == [None]


@pytest.mark.parametrize(
    ("name", "text"),
    [("TooManyOfTests", "Num gradients 2 generated for op"), ("WrongShapeOfTests", "Incompatible shapes between op")],
)
def test_wrong_gradients_are_refused(graph, name, text):
    x, y = overridden(graph, name)
    with pytest.raises(ValueError, match=text):
        tf.gradients(y, x)


def test_registering_twice_and_wrong_names_are_refused():
    with pytest.raises(KeyError, match="two gradient with name 'TwiceOfTests'"):
        tf.RegisterGradient("TwiceOfTests")(_twice)
    with pytest.raises(TypeError, match="op_type must be a string"):
        tf.RegisterGradient(3)
    with pytest.raises(TypeError, match="op_type must be a string"):
        tf.NotDifferentiable(3)


# ---------------------------------------------------------------- functions with their own gradient


def test_custom_gradient():
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.log(1.0 + e), lambda upstream: upstream * (1.0 - 1.0 / (1.0 + e))

    x = tf.constant(100.0, tf.float64)
    assert values(tf.gradients(log1pexp(x), x)[0]) == 1.0


def test_custom_gradient_of_several_arguments_and_results():
    @tf.custom_gradient
    def swapped(x, y):
        return (y * 1.0, x * 1.0), lambda first, second: (10.0 * second, 100.0 * first)

    x, y = tf.constant(1.0), tf.constant(2.0)
    a, b = swapped(x, y)
    assert values([a, b]) == [2.0, 1.0]
    assert values(tf.gradients(a + 3.0 * b, [x, y])) == [30.0, 100.0]


def test_custom_gradient_with_variables():
    @tf.custom_gradient
    def scaled(x):
        weight = tf.get_variable("weight", initializer=2.0, use_resource=True)

        def grad(upstream, variables=None):
            return upstream * 7.0, [upstream * 5.0 for _ in variables]

        return x * weight, grad

    x = tf.constant(3.0)
    y = scaled(x)
    weight = tf.trainable_variables()[0]
    assert values([y, *tf.gradients(y, [x, weight])]) == [6.0, 7.0, 5.0]


def test_custom_gradient_refuses_what_it_cannot_do():
    @tf.custom_gradient
    def passed(x):
        return tf.identity(x), lambda upstream: upstream

    with pytest.raises(ValueError, match="keywords arguments only when eager"):
        passed(x=tf.constant(1.0))

    @tf.custom_gradient
    def forgetful(x):
        return x * tf.get_variable("w", initializer=2.0, use_resource=True), lambda upstream: upstream

    with pytest.raises(TypeError, match="'variables' keyword argument"):
        forgetful(tf.constant(1.0))


def test_hessians():
    x = tf.constant([1.0, 2.0, 3.0], tf.float64)
    y = tf.reduce_sum(x**3) + x[0] * x[2]
    expected = np.diag([6.0, 12.0, 18.0])
    expected[0, 2] = expected[2, 0] = 1.0
    assert np.allclose(values(tf.hessians(y, x)[0]), expected)


def test_hessians_of_matrices_of_unknown_size():
    x = tf.placeholder(tf.float32, [None, 2])
    second = tf.hessians(tf.reduce_sum(x * x * x), x)[0]
    fed = f32(2, 2)
    assert np.allclose(values(second, {x: fed}).reshape(4, 4), np.diag(6 * fed.ravel()))


@pytest.mark.parametrize("rows", [3, 4])
def test_a_gradient_that_branches_pass_on_keeps_its_own_shape(rows):
    """What one branch knows of the gradient's shape is no knowledge of the other."""
    x = tf.placeholder(tf.float32, [rows, 2])
    odd = tf.shape(x)[0] % 2
    even = tf.cond(odd > 0, lambda: tf.pad(x, [[0, odd], [0, 0]], mode="SYMMETRIC"), lambda: x)
    halves = tf.nn.pool(even[None], [2], "AVG", "VALID", strides=[2])
    [given] = tf.gradients(halves, x)
    expected = np.full([rows, 2], 0.5)
    if rows == 3:
        expected[2] = 1.0
    assert given.shape == [rows, 2]
    assert np.allclose(values(given, {x: f32(rows, 2)}), expected)
