"""Programs of variables: scopes, getters, partitions, templates, creators, dependent initial values."""

from __future__ import annotations

from typing import Any

from tests.cases import f32

Runs = list[tuple[Any, dict[Any, Any]]]


def scopes_opened_again(tf: Any) -> Runs:
    with tf.variable_scope("b"):
        with tf.variable_scope("c", initializer=tf.ones_initializer(), dtype=tf.float64) as inner:
            x = tf.get_variable("x", [2])
            tf.constant(1.0, name="k")
        with tf.variable_scope(None, "unnamed"):
            tf.get_variable("x", initializer=1.0)
        with tf.variable_scope(None, "unnamed"):
            tf.get_variable("x", initializer=2.0)
        with tf.variable_scope(inner):
            tf.constant(1.0, name="k")
            tf.get_variable("y", [2])
        with tf.variable_scope(inner, auxiliary_name_scope=False):
            tf.constant(1.0, name="k")
            tf.get_variable("z", [3])
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            tf.get_variable("w", initializer=3.0)
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            tf.get_variable("w", initializer=4.0)
            tf.constant(1.0, name="k")
    with tf.variable_scope("b"):
        tf.constant(1.0, name="k")
        tf.get_variable_scope().reuse_variables()
        again = tf.get_variable("c/x", dtype=tf.float64)
    return [([x, again, *tf.trainable_variables()], {})]


def getters_and_creators(tf: Any) -> Runs:
    def scaled(getter, name, *args, **kwargs):
        return tf.multiply(getter(name + "_raw", *args, **kwargs), 2.0, name="scaled")

    def not_trained(next_creator, **kwargs):
        kwargs["trainable"] = False
        return next_creator(**kwargs)

    with tf.variable_scope("a", custom_getter=scaled), tf.variable_scope("b", custom_getter=scaled):
        w = tf.get_variable("w", initializer=f32(2))
    with tf.variable_creator_scope(not_trained):
        v = tf.Variable(1.0, name="v")
    local = tf.get_local_variable("local", initializer=5)
    return [(local.initializer, {}), ([w, v, local], {})]


def default_kinds_of_initial_values(tf: Any) -> Runs:
    zeros = [tf.get_variable(t.name, [2], t) for t in (tf.int32, tf.bool, tf.string)]
    as_function = tf.get_variable("f", initializer=lambda: tf.ones([2]))
    by_function = tf.get_variable("g", [3], initializer=lambda shape, dtype, partition_info: tf.fill(shape, 7.0))
    by_class = tf.get_variable("h", [2, 2], initializer=tf.ones_initializer)
    value = tf.get_variable("i", initializer=[[1, 2], [3, 4]])
    return [([*zeros, as_function, by_function, by_class, value], {})]


def slices_of_variables(tf: Any) -> Runs:
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(3)):
        whole = tf.get_variable("w", [7, 2], initializer=tf.ones_initializer())
        scalar = tf.get_variable("s", [], initializer=tf.constant_initializer(2.0))
    parts = tf.create_partitioned_variables([2, 4], [1, 2], tf.constant(f32(2, 4)), name="parts")
    big = tf.get_variable(
        "big",
        [4, 4],
        initializer=tf.zeros_initializer(),
        partitioner=tf.min_max_variable_partitioner(max_partitions=4, axis=1, min_slice_size=32),
    )
    limited = tf.get_variable(
        "limited", [8, 2], initializer=tf.zeros_initializer(), partitioner=tf.variable_axis_size_partitioner(24)
    )
    total = tf.reduce_sum(tf.convert_to_tensor(whole)) * scalar
    loss = tf.reduce_sum(tf.square(tf.matmul(tf.ones([1, 7]), whole)))
    step = tf.train.AdamOptimizer(0.1).minimize(loss)
    infos = [v._get_save_slice_info().spec for v in [*whole, *parts, *big, *limited]]
    assert infos[0] == "7 2 0,3:0,2", infos
    return [(total, {}), (step, {}), ([list(whole), parts, list(big), list(limited)], {})]


def functions_with_variables(tf: Any) -> Runs:
    def affine(x, units):
        w = tf.get_variable("w", [x.shape[-1].value, units], initializer=tf.constant_initializer([0.5]))
        return tf.matmul(x, w)

    shared = tf.make_template("affine", affine, units=2)
    early = tf.make_template("early", affine, create_scope_now_=True, units=3)
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    first, second, third = shared(x), shared(x + 1.0), early(x)
    with tf.variable_scope("separate"):
        other = affine(x, 1)
    return [([first, second, third, other], {x: f32(2, 2)})]


def losses_of_regularizers(tf: Any) -> Runs:
    penalty = lambda weights: 0.5 * tf.reduce_sum(tf.square(weights))  # noqa: E731
    with tf.variable_scope("net", regularizer=penalty):
        w = tf.get_variable("w", initializer=f32(3))
        tf.get_variable("free", initializer=f32(3), regularizer=lambda weights: None)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    total = tf.add_n(losses, name="total")
    return [([w, total, losses[0], 2.0 * losses[0]], {})]


def dependent_initial_values(tf: Any) -> Runs:
    a = tf.get_variable("a", initializer=f32(2))
    b = tf.Variable(a * 2.0, name="b")
    c = tf.Variable(tf.square(a) + a, name="c")
    d = tf.Variable(a.initialized_value() - 1.0, name="d")
    return [([a, b, c, d], {}), (tf.assign(a, [1.0, 1.0]), {}), (d.initializer, {}), ([a, d], {})]


def parts_assigned(tf: Any) -> Runs:
    v = tf.get_variable("v", initializer=f32(3, 4))
    r = tf.get_variable("r", initializer=f32(3, 4), use_resource=True)
    changes = [v[0].assign([1.0, 2.0, 3.0, 4.0]), v[1:, ::2].assign(tf.zeros([2, 2])), r[:, 1].assign([5.0, 6.0, 7.0]),
               tf.batch_scatter_update(v, [[0, 1], [1, 2], [2, 3]], f32(3, 2)), v.scatter_nd_add([[0, 0]], [9.0]),
               r.scatter_nd_max([[2]], [[0.0, 0.5, 0.0, 0.5]]), tf.scatter_div(v, [1, 1], f32(2, 4).clip(0.5, 2.0)),
               tf.scatter_mul(r, 0, 3.0)]  # fmt: skip
    return [run for change in changes for run in ((change, {}), ([v, r], {}))]


def counted_and_checked(tf: Any) -> Runs:
    n = tf.get_variable("n", initializer=0, trainable=False)
    m = tf.get_variable("m", initializer=0, trainable=False, use_resource=True)
    later = tf.get_variable("later", initializer=1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    missing = tf.report_uninitialized_variables()
    ready = tf.is_variable_initialized(later)
    count = [n.count_up_to(3), m.count_up_to(3)]
    known = tf.assert_variables_initialized([n, m])
    return [
        (missing, {}),
        (ready, {}),
        (later.initializer, {}),
        ([missing, ready, known], {}),
        *[(count, {})] * 2,
        ([n, m], {}),
    ]


def reads_around_writes(tf: Any) -> Runs:
    v = tf.get_variable("v", initializer=1.0)
    r = tf.get_variable("r", initializer=1.0, use_resource=True)
    with tf.control_dependencies([v.assign_add(1.0), r.assign_add(1.0)]):
        after = [v.read_value(), r.read_value()]
        twice = [v.assign(v.read_value() * 10.0), r.assign(r.read_value() * 10.0)]
    chained = r.assign_add(1.0).assign_add(1.0)
    return [(after, {}), (twice, {}), (chained, {}), ([v, r], {})]
