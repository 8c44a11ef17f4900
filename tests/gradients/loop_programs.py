"""Programs with loops, branches and arrays of `x`, `[2, 3]`, and `w`, `[3, 3]`, both float64."""

import numpy as np


def matrices_in_a_loop(tf, x, w):
    return tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.tanh(tf.matmul(a, w)) + x), [0, x])[1]


def writes_of_a_loop(tf, x, w):
    def body(i, a, array):
        return i + 1, tf.sin(a) * tf.reduce_sum(w), array.write(i, a * a)

    _, a, array = tf.while_loop(lambda i, *_: i < 4, body, [0, x, tf.TensorArray(tf.float64, 4)])
    return array.stack() * tf.reduce_sum(a)


def reads_and_writes_of_a_loop(tf, x, w):
    rows = tf.TensorArray(tf.float64, 2).unstack(x)

    def body(i, s, array):
        return i + 1, tf.tanh(s + rows.read(i) ** 2), array.write(i, s * rows.read(i))

    _, s, array = tf.while_loop(lambda i, *_: i < 2, body, [0, tf.reduce_sum(w, 0), tf.TensorArray(tf.float64, 2)])
    return tf.concat([array.stack(), s[None]], 0)


def no_iteration(tf, x, w):
    none = tf.placeholder_with_default(0, [])
    return tf.while_loop(lambda i, a: i < none, lambda i, a: (i + 1, a * a * tf.reduce_sum(w)), [0, x * x * x])[1]


def limited_iterations(tf, x, w):
    return tf.while_loop(
        lambda a: tf.constant(True), lambda a: [tf.sin(a) * tf.reduce_sum(w)], [x], maximum_iterations=3
    )


def iterations_by_the_data(tf, x, w):
    return tf.while_loop(lambda a: tf.reduce_sum(a) < 50.0, lambda a: a * a + tf.exp(a) * tf.reduce_sum(w * w), [x])


def first_branch(tf, x, w):
    low = tf.placeholder_with_default(np.float64(0), [])
    return tf.cond(tf.reduce_sum(x) > low, lambda: x * x * x * tf.reduce_sum(w), lambda: tf.sin(x))


def second_branch(tf, x, w):
    high = tf.placeholder_with_default(np.float64(100), [])
    return tf.cond(tf.reduce_sum(x) > high, lambda: x * x * x, lambda: tf.sin(x) * tf.reduce_sum(w**3))


def one_of_several_branches(tf, x, w):
    index = tf.placeholder_with_default(1, [])
    return tf.switch_case(index, [lambda: x, lambda: x * x * tf.reduce_sum(w**2), lambda: tf.sin(x)])


def branches_in_a_loop(tf, x, w):
    def body(i, a):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: tf.sin(a) * x, lambda: a * a * tf.reduce_sum(w))

    return tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]


def a_loop_in_a_branch_in_a_loop(tf, x, w):
    def inner(a):
        return tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, tf.sin(b) * tf.reduce_sum(w)), [0, a])[1]

    def body(i, a):
        return i + 1, tf.cond(i < 2, lambda: inner(a), lambda: a * a)

    return tf.while_loop(lambda i, a: i < 3, body, [0, x])[1]


def a_loop_in_a_loop(tf, x, w):
    def body(i, a):
        _, b = tf.while_loop(lambda j, b: j < i + 1, lambda j, b: (j + 1, tf.tanh(tf.matmul(b, w)) + a), [0, a])
        return i + 1, b

    return tf.while_loop(lambda i, a: i < 3, body, [0, x])[1]


def gathered_in_a_loop(tf, x, w):
    return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + tf.gather(w, [i, i]) ** 2 * a), [0, x])[1]


def mapped(tf, x, w):
    return tf.map_fn(lambda row: tf.sin(row) * tf.reduce_prod(row) * tf.reduce_sum(w), x)


def scanned(tf, x, w):
    return tf.scan(lambda a, row: tf.tanh(a * row) + tf.reduce_sum(w) * row, x, initializer=tf.reduce_sum(w, 0))


def folded(tf, x, w):
    left = tf.foldl(lambda a, row: a * row + tf.sin(a), x)
    return left + tf.foldr(lambda a, row: a * row * tf.reduce_sum(w), x)


def split_array(tf, x, w):
    array = tf.TensorArray(tf.float64, 2, infer_shape=False).split(tf.reshape(x * x, [-1]), [2, 4])
    return array.read(0) * tf.reduce_sum(array.read(1) ** 2)


def joined_array(tf, x, w):
    return tf.sin(tf.TensorArray(tf.float64, 2).unstack(x**3).concat()) * tf.reduce_sum(w)


def growing_array(tf, x, w):
    array = tf.TensorArray(tf.float64, 0, dynamic_size=True, element_shape=[2, 3])

    def body(i, a, array):
        return i + 1, tf.tanh(tf.matmul(a, w)), array.write(i, a)

    return tf.sin(tf.while_loop(lambda i, *_: i < 3, body, [0, x, array])[2].stack())


def recurrent_network(tf, x, w):
    cell = tf.nn.rnn_cell.BasicRNNCell(3, dtype=tf.float64)
    outputs, state = tf.nn.dynamic_rnn(cell, x[None], dtype=tf.float64)
    return tf.concat([outputs[0], state], 0) * tf.reduce_sum(w)
