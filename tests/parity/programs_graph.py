"""Programs about the graph itself: names, scopes, devices, control dependencies, variables, constants, seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases import f32

Runs = list[tuple[Any, dict[Any, Any]]]


def names_of_operations(tf: Any) -> Runs:
    a = tf.constant(1.0, name="a")
    upper = tf.constant(2.0, name="A")
    again = tf.constant(3.0, name="a")
    numbered = tf.constant(4.0, name="a_1")
    sums = a + upper
    named = tf.add(sums, again, name="sum")
    same = tf.add(named, numbered, name="sum")
    unnamed = [tf.square(same) for _ in range(3)]
    exact = tf.identity(unnamed[2], name="deep/er/name")
    return [([named, same, exact], {})]


def name_scopes(tf: Any) -> Runs:
    made = []
    with tf.name_scope("outer") as outer:
        made.append(tf.constant(1.0))
        with tf.name_scope("inner"):
            made.append(tf.constant(2.0, name="c"))
            with tf.name_scope(None):
                made.append(tf.constant(3.0, name="top"))
        with tf.name_scope("inner"):
            made.append(tf.constant(4.0, name="c"))
    with tf.name_scope(outer):
        made.append(tf.constant(5.0))
    with tf.name_scope("outer"):
        made.append(tf.constant(6.0))
    with tf.name_scope(None, "default", [made[0]]) as scope:
        made.append(tf.add(made[0], made[1], name=scope))
    with tf.name_scope("x/y/z"), tf.name_scope("1digit"):
        made.append(tf.constant(7.0))
    return [([tf.add_n(made, name="total")], {})]


def control_dependencies(tf: Any) -> Runs:
    v = tf.Variable(1.0, name="v")
    double = tf.assign(v, v * 2.0, name="double")
    with tf.control_dependencies([double]):
        read = tf.identity(v, name="after")
        with tf.control_dependencies([read, tf.no_op(name="idle")]):
            most = tf.constant(1.0, name="most")
        with tf.control_dependencies(None):
            free = tf.constant(2.0, name="free")
        depends = tf.add(read, most, name="depends")
    both = tf.group(double, depends.op, name="both")
    left, right = tf.tuple([read, free], name="pair", control_inputs=[most])
    with tf.control_dependencies([both]):
        last = tf.multiply(left, right)
    return [([last], {}), ([v], {}), ([depends, free], {})]


def devices_and_colocation(tf: Any) -> Runs:
    with tf.device("/cpu:0"):
        a = tf.constant(1.0, name="a")
        with tf.device("/job:worker/task:1"):
            b = tf.constant(2.0, name="b")
        with tf.device(None):
            c = tf.constant(3.0, name="c")
        v = tf.Variable(4.0, name="v")
    with tf.device(lambda op: "/device:CPU:1" if op.type == "Add" or op.type == "AddV2" else ""):
        d = tf.add(a, c, name="d")
        e = tf.multiply(a, c, name="e")
    with tf.colocate_with(v.op):
        f = tf.constant(5.0, name="f")
        with tf.colocate_with(a.op, ignore_existing=True):
            g = tf.identity(f, name="g")
    with tf.device("/gpu:0"), tf.device("/cpu:0"):
        h = tf.identity(a, name="h")
    tf.add_n([b, d, e, g, h], name="all")
    return []


def variables_and_assignments(tf: Any) -> Runs:
    v = tf.Variable([1.0, 2.0], name="v")
    counter = tf.Variable(0, dtype=tf.int64, trainable=False, name="counter", collections=["mine", "variables"])
    derived = tf.Variable(v.initialized_value() * 3.0, name="derived")
    local = tf.get_variable("local", initializer=tf.constant([5, 6]), collections=[tf.GraphKeys.LOCAL_VARIABLES])
    text = tf.Variable("word", trainable=False, name="text")
    up = tf.assign_add(counter, 1)
    change = [tf.assign(v, [3.0, 4.0], name="set"), tf.assign_sub(derived, [1.0, 1.0]), v.assign_add(derived)]
    rows = tf.scatter_update(tf.Variable(f32(4, 2), name="rows"), [2, 0], f32(2, 2), name="rows_set")
    loose = tf.Variable([1.0], validate_shape=False, name="loose")
    initialised = tf.is_variable_initialized(v)
    return [
        ([local.initializer, initialised], {}),
        ([up, derived, text, local], {}),
        ([change[0]], {}),
        ([change[1]], {}),
        ([change[2]], {}),
        ([rows, counter, loose], {}),
        ([v, derived, v + 1.0], {}),
    ]


def resource_variables(tf: Any) -> Runs:
    with tf.variable_scope("res", use_resource=True):
        w = tf.get_variable("w", initializer=f32(3, 2))
        b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b))
    train = tf.train.AdamOptimizer(0.05).minimize(loss)
    more = b.assign_add([1.0, -1.0])
    picked = tf.gather(w, [2, 0])
    return [([train, loss], {x: f32(4, 3)})] * 2 + [([more, picked], {}), ([w, b], {})]


def variable_scopes(tf: Any) -> Runs:
    def shout(getter, name, *args, **kwargs):
        return getter(name + "_shouted", *args, **kwargs)

    def grown(inputs):
        with tf.variable_scope(None, default_name="unit") as scope:
            return tf.get_variable("v", initializer=[1.0]) + inputs, scope

    with tf.variable_scope("root", initializer=tf.constant_initializer(2.0)) as root:
        first = tf.get_variable("first", [2])
        with tf.variable_scope("child", custom_getter=shout):
            second = tf.get_variable("second", [2])
        inside = tf.multiply(first, second, name="inside")
    with tf.variable_scope(root, reuse=True):
        assert tf.get_variable("first", [2]) is first
        reused = tf.add(first, 1.0, name="reused")
    with tf.variable_scope(root, auxiliary_name_scope=False), tf.name_scope(root.original_name_scope):
        third = tf.get_variable("third", [2])
        back = tf.add(third, inside, name="back")
    units = [grown(back)[0] for _ in range(3)]
    with tf.variable_scope("late"):
        tf.get_variable("one", [1])
        tf.get_variable_scope().reuse_variables()
        one = tf.get_variable("one", [1])
    wide = tf.get_variable("typed", [2], dtype=tf.float64, initializer=tf.ones_initializer())
    return [([reused, *units, wide], {}), ([tf.shape(one)], {})]


def slices_and_operators(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
    i = tf.placeholder(tf.int32, [], name="i")
    rows = x[1:, ..., tf.newaxis]
    column = x[:, i]
    last = x[-1, ::2, 1:]
    dynamic = x[: tf.shape(x)[0] - 1]
    mixed = (1.0 - x) * 2 + x / 3.0 - x // 0.5 + -x % 2.0 + abs(x) ** 2
    logic = (x > 0) & ~(x < 0.5) | tf.equal(x, 0.0)
    chosen = tf.where(logic, mixed, tf.zeros_like(mixed))
    masked = tf.boolean_mask(x, x[:, 0, 0] > -10.0)
    return [([rows, column, last, dynamic, chosen, masked], {x: f32(3, 4, 3), i: 2})]


def dynamic_shapes(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, None, 4], name="x")
    shape = tf.shape(x)
    batch, time = shape[0], shape[1]
    flat = tf.reshape(x, [batch * time, 4])
    back = tf.reshape(flat, tf.stack([batch, time, 2, 2]))
    zeros = tf.zeros([batch, 3])
    filled = tf.fill(tf.stack([time, 2]), 0.25)
    tiled = tf.tile(tf.expand_dims(tf.range(time), 0), [batch, 1])
    hot = tf.one_hot(tiled, 5)
    halves = tf.split(back, 2, axis=3)
    joined = tf.concat([halves[0], tf.reverse(halves[1], [2])], -1)
    padded = tf.pad(zeros, [[0, 0], [1, 2]], constant_values=7.0)
    return [([flat, filled, hot, joined, padded, tf.size(x), tf.rank(x)], {x: f32(2, 3, 4)})]


def constants_and_conversions(tf: Any) -> Runs:
    x = tf.placeholder_with_default(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), [None, 2], name="x")
    made = [
        tf.constant([[1, 2], [3, 4]], name="ints"),
        tf.constant(0.5, shape=[3, 2]),
        tf.constant(np.arange(6).reshape(2, 3)),
        tf.constant("text"),
        tf.constant([True, False]),
        tf.constant(1 + 2j),
        tf.zeros([40, 40], name="many"),
        tf.ones([2, 3], tf.int32),
        tf.range(2, 11, 3),
        tf.linspace(0.0, 1.0, 5),
        tf.eye(3),
        tf.stack([1.0, x[0, 0], 3.0]),
        tf.convert_to_tensor([[x[0, 1], 2.0]], name="converted"),
        x * np.float64(2.0) + [1.0, -1.0],
        tf.cast(x, tf.int32) + np.int32(4),
        tf.add_n([x, x, [[1.0, 1.0], [2.0, 2.0]]]),
        tf.fill([2, 2], 9),
    ]
    return [(made, {}), ([made[13]], {x: f32(3, 2)})]


def seeds_of_random_operations(tf: Any) -> Runs:
    tf.set_random_seed(7)
    tf.random_uniform([2, 3])
    tf.random_normal([2], mean=1.0, stddev=2.0, seed=5, name="normal")
    tf.truncated_normal([3], dtype=tf.float64)
    tf.random_uniform([4], minval=2, maxval=9, dtype=tf.int32)
    tf.random_shuffle(tf.range(5))
    tf.multinomial([[0.5, 0.5]], 3)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    tf.nn.dropout(x, keep_prob=0.7)
    tf.nn.dropout(x, rate=0.2, noise_shape=[1, 4], seed=11)
    with tf.name_scope("deeper"):
        tf.random_normal(tf.shape(x))
    return []


def default_initializers(tf: Any) -> Runs:
    tf.set_random_seed(3)
    tf.get_variable("glorot", [3, 4])
    tf.get_variable("ints", [2], dtype=tf.int32)
    tf.get_variable("flags", [2], dtype=tf.bool)
    tf.get_variable("truncated", [2, 2], initializer=tf.truncated_normal_initializer(stddev=0.1))
    tf.get_variable("normal", [2, 2], initializer=tf.random_normal_initializer(0.0, 0.02, seed=9))
    tf.get_variable("uniform", [2, 2], initializer=tf.random_uniform_initializer(-0.1, 0.1))
    tf.get_variable("scaled", [3, 3, 2, 4], initializer=tf.variance_scaling_initializer(2.0, "fan_in"))
    tf.get_variable("xavier", [5, 2], initializer=tf.glorot_normal_initializer())
    tf.get_variable("identity", [3, 3], initializer=tf.initializers.identity(2.0))
    tf.get_variable("wide", [3], dtype=tf.float64)
    tf.get_variable("callable", initializer=lambda: tf.zeros([2]))
    tf.Variable(tf.random_normal([2, 3], stddev=0.35), name="weights")
    tf.Variable(lambda: tf.ones([2]), name="lazy")
    return []


def gradients_with_arguments(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [3], name="x")
    w = tf.Variable(f32(3), name="w")
    y = tf.square(x) * w
    z = tf.exp(-y)
    weighted = tf.gradients([y, z], [x, w], grad_ys=[tf.ones([3]) * 2.0, None], name="gradients_weighted")
    stopped = tf.gradients(z, [x, y], stop_gradients=[y])
    nothing = tf.gradients(tf.stop_gradient(y), [x])
    assert nothing == [None]
    assert stopped[0] is None
    hessian = tf.stack([tf.gradients(weighted[0][i], x)[0] for i in range(3)])
    return [([*weighted, stopped[1], hessian], {x: f32(3, salt=1)})]


def feeding_and_fetching(tf: Any) -> Runs:
    a = tf.placeholder(tf.float32, [], name="a")
    middle = tf.multiply(a, 2.0, name="middle")
    end = {"sum": middle + 1.0, "parts": (middle, [a, middle - 1.0])}
    split = tf.split(tf.range(6), 3)
    return [(end, {a: 3.0}), (end, {a: 3.0, middle: 10.0}), (["middle:0", split], {"a:0": 1.5}), (split[1], {})]


def line_fitted_in_a_loop(tf: Any) -> Runs:
    x, y = tf.placeholder("float"), tf.placeholder("float")
    w = tf.Variable(0.3, name="weight")
    b = tf.Variable(-0.1, name="bias")
    prediction = tf.add(tf.multiply(x, w), b)
    cost = tf.reduce_sum(tf.pow(prediction - y, 2)) / (2 * 8)
    optimizer = tf.train.GradientDescentOptimizer(0.05).minimize(cost)
    xs = f32(8)
    points = [(float(v), float(2 * v + 1)) for v in xs]
    runs: Runs = [(optimizer, {x: px, y: py}) for px, py in points]
    return [*runs, ([cost, w, b], {x: xs, y: 2 * xs + 1})]
