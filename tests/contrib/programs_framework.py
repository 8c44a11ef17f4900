"""Programs of tf.contrib.framework, util and nn."""

import numpy as np


def _letters(tf, names):
    return tf.constant(list("|".join(names).encode()), tf.int32)


def framework(tf):
    f = tf.contrib.framework
    x = tf.constant(np.sin(np.arange(6.0)).reshape(2, 3), tf.float32, name="x")
    p = tf.placeholder(tf.float32, [2], name="p")
    pred = tf.placeholder_with_default(True, [])
    with tf.name_scope("outer"):
        scope = f.get_name_scope()
    step = f.assert_or_get_global_step(global_step_tensor=tf.train.get_or_create_global_step())
    assert f.smart_constant_value(True) is True
    assert f.smart_constant_value(pred) is None
    assert f.get_graph_from_inputs([3, x]) is x.graph
    assert f.is_tensor(x)
    assert not f.is_tensor(3)
    names = [scope, step.op.name] + [t.name for t in f.get_placeholders(x.graph)]
    return [
        f.argsort(x),
        f.sort(x, direction="DESCENDING"),
        f.reduce_sum_n([x, p]),
        f.reduce_sum_n([x], name="one"),
        f.smart_cond(pred, lambda: x + 1, lambda: x - 1),
        f.smart_cond(False, lambda: x + 1, lambda: x - 1),
        f.assert_scalar_int(4),
        f.convert_to_tensor_or_sparse_tensor([1, 2]),
        _letters(tf, names),
    ], {p: [1.0, 2.0]}


def util(tf):
    u = tf.contrib.util
    made = u.make_tensor_proto([[1.0, 2.0]], shape=[1, 2])
    return [
        tf.constant(u.make_ndarray(made)),
        tf.constant(u.constant_value(tf.constant([3, 4]))),
        tf.constant(u.constant_value(tf.shape(tf.zeros([2, 5])))),
    ], None


def alpha_dropout(tf):
    x = tf.constant(np.sin(np.arange(24.0)).reshape(4, 6), tf.float32)
    nn = tf.contrib.nn
    kept = nn.alpha_dropout(x, 0.7, seed=3)
    return [nn.alpha_dropout(x, 1.0), kept, nn.alpha_dropout(x, 0.5, noise_shape=[4, 1], seed=5)], None
