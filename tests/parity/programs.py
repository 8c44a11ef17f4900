"""Programs whose graphs must equal the reference's node for node: networks, optimizers and their slots.

Initial values are explicit wherever a program runs, so that results do not depend on random streams.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases import f32, f64, i32

Runs = list[tuple[Any, dict[Any, Any]]]


def mlp_in_variable_scopes(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")

    def dense(inputs, units, values, activation=None):
        weights = tf.get_variable("w", [inputs.shape[-1].value, units], initializer=tf.constant_initializer(values))
        bias = tf.get_variable("b", [units], initializer=tf.zeros_initializer())
        out = tf.nn.bias_add(tf.matmul(inputs, weights), bias)
        return activation(out) if activation else out

    with tf.variable_scope("net"):
        with tf.variable_scope("hidden"):
            hidden = dense(x, 5, f32(4, 5) * 0.3, tf.nn.relu)
        with tf.variable_scope("out"):
            logits = dense(hidden, 3, f32(5, 3) * 0.3)
    with tf.name_scope("loss"):
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(losses, name="mean")
    with tf.name_scope("accuracy"):
        hits = tf.equal(tf.argmax(logits, 1), y)
        accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feed = {x: f32(6, 4, salt=1), y: [0, 2, 1, 1, 0, 2]}
    return [([loss, accuracy, step], feed)] * 3 + [([loss, logits], feed)]


def reused_towers(tf: Any) -> Runs:
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    b = tf.placeholder(tf.float32, [2, 3], name="b")

    def tower(inputs):
        with tf.variable_scope("tower", reuse=tf.AUTO_REUSE):
            w = tf.get_variable("w", initializer=f32(3, 2))
            return tf.tanh(tf.matmul(inputs, w))

    left, right = tower(a), tower(b)
    with tf.variable_scope("tower", reuse=True):
        again = tf.get_variable("w", [3, 2])
    distance = tf.reduce_sum(tf.square(left - right), axis=1, name="distance")
    return [([distance, again], {a: f32(2, 3), b: f32(2, 3, salt=1)})]


def conv_net_with_adam(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, 6, 5, 2])
    labels = tf.placeholder(tf.float32, [None, 3])
    with tf.variable_scope("conv1"):
        kernel = tf.get_variable("kernel", initializer=f32(3, 3, 2, 4) * 0.2)
        bias = tf.get_variable("bias", [4], initializer=tf.constant_initializer(0.1))
        net = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, [1, 1, 1, 1], "SAME"), bias), name="relu")
        net = tf.nn.max_pool(net, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    flat = tf.reshape(net, [-1, 3 * 3 * 4])
    with tf.variable_scope("logits"):
        weights = tf.get_variable("weights", initializer=f32(36, 3) * 0.1)
        logits = tf.matmul(flat, weights)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
    global_step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=global_step)
    feed = {x: f32(4, 6, 5, 2), labels: np.eye(3, dtype=np.float32)[[0, 1, 2, 1]]}
    return [([train, loss], feed)] * 4 + [([global_step, tf.nn.softmax(logits)], feed)]


def momentum_and_its_slots(tf: Any) -> Runs:
    w = tf.Variable(f32(3, 2), name="w")
    v = tf.get_variable("scope/v", initializer=f32(2))
    loss = tf.reduce_sum(tf.square(tf.matmul(f32(4, 3, salt=2), w) + v))
    plain = tf.train.MomentumOptimizer(0.01, 0.9)
    first = plain.minimize(loss, var_list=[w])
    nesterov = tf.train.MomentumOptimizer(0.01, 0.8, use_nesterov=True, name="Nesterov")
    second = nesterov.minimize(loss)
    slot = plain.get_slot(w, "momentum")
    return [([loss, first], {}), ([loss, second], {}), ([first], {}), ([second], {}), ([loss, slot, w, v], {})]


def adam_twice_with_names(tf: Any) -> Runs:
    with tf.variable_scope("gen"):
        g = tf.get_variable("g", initializer=f32(3))
    with tf.variable_scope("disc"):
        d = tf.get_variable("d", initializer=f32(3, salt=1))
    loss_g = tf.reduce_sum(tf.square(g - d), name="loss_g")
    loss_d = tf.reduce_mean(tf.square(d) + tf.stop_gradient(g) * d, name="loss_d")
    opt_g = tf.train.AdamOptimizer(1e-2, beta1=0.5, name="AdamG")
    opt_d = tf.train.AdamOptimizer(1e-2, beta1=0.5, epsilon=1e-6)
    step_g = opt_g.minimize(loss_g, var_list=[v for v in tf.trainable_variables() if v.name.startswith("gen")])
    step_d = opt_d.minimize(loss_d, var_list=tf.trainable_variables("disc"), name="step_d")
    runs: Runs = [([step_d], {}), ([step_g], {})] * 3
    slots = [opt_g.get_slot(g, "m"), opt_g.get_slot(g, "v"), opt_d.get_slot(d, "m")]
    return [*runs, ([loss_g, loss_d, g, d, *slots], {})]


def clipped_gradients_and_decay(tf: Any) -> Runs:
    w = tf.get_variable("w", initializer=f32(4, 2))
    b = tf.get_variable("b", [2], initializer=tf.ones_initializer())
    global_step = tf.Variable(0, trainable=False, name="global_step")
    rate = tf.train.exponential_decay(0.1, global_step, decay_steps=2, decay_rate=0.5, staircase=True)
    loss = tf.reduce_mean(tf.square(tf.matmul(tf.constant(f32(3, 4, salt=3)), w) + b))
    optimizer = tf.train.GradientDescentOptimizer(rate)
    gradients, variables = zip(*optimizer.compute_gradients(loss), strict=True)
    clipped, norm = tf.clip_by_global_norm(gradients, 0.5)
    train = optimizer.apply_gradients(zip(clipped, variables, strict=True), global_step=global_step, name="train")
    return [([train, norm, rate], {})] * 5 + [([loss, w, b, global_step], {})]


def embedding_with_sparse_updates(tf: Any) -> Runs:
    ids = tf.placeholder(tf.int32, [None], name="ids")
    table = tf.get_variable("table", initializer=f32(6, 3))
    target = tf.constant(f32(3, salt=1))
    picked = tf.nn.embedding_lookup(table, ids)
    loss = tf.reduce_sum(tf.square(picked - target))
    sgd = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    adam = tf.train.AdamOptimizer(0.1).minimize(loss)
    momentum = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    feed = {ids: [1, 4, 1]}
    return [([step, loss], feed) for step in (sgd, adam, momentum, adam, momentum)] + [([table], {})]


def batch_norm_by_hand(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.variable_scope("bn"):
        gamma = tf.get_variable("gamma", [3], initializer=tf.ones_initializer())
        beta = tf.get_variable("beta", [3], initializer=tf.zeros_initializer())
        moving = tf.get_variable("moving_mean", [3], initializer=tf.zeros_initializer(), trainable=False)
        mean, variance = tf.nn.moments(x, [0], name="moments")
        update = tf.assign(moving, moving * 0.9 + mean * 0.1)
        with tf.control_dependencies([update]):
            out = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)
    total = tf.reduce_sum(out * out, 0)
    return [([total], {x: f32(5, 3)}), ([total], {x: f32(4, 3) + 1}), ([moving], {})]


def moving_averages(tf: Any) -> Runs:
    w = tf.get_variable("w", initializer=f32(2, 2))
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    average = tf.train.ExponentialMovingAverage(0.9)
    update = average.apply([w, v])
    change = tf.group(tf.assign_add(w, tf.ones([2, 2])), tf.assign(v, v * 0.5), name="change")
    return [([change], {}), ([update], {})] * 2 + [([average.average(w), average.average(v), w, v], {})]


def physics_with_second_derivatives(tf: Any) -> Runs:
    x = tf.placeholder(tf.float64, [None, 1], name="x")
    w1 = tf.Variable(f64(1, 4), dtype=tf.float64)
    b1 = tf.Variable(np.zeros([1, 4]), dtype=tf.float64)
    w2 = tf.Variable(f64(4, 1), dtype=tf.float64)
    u = tf.matmul(tf.tanh(tf.add(tf.matmul(x, w1), b1)), w2)
    u_x = tf.gradients(u, x)[0]
    u_xx = tf.gradients(u_x, x)[0]
    residual = u_xx + np.pi**2 * tf.sin(np.pi * x)
    loss = tf.reduce_mean(tf.square(residual))
    train = tf.train.AdamOptimizer(1e-2).minimize(loss)
    feed = {x: np.linspace(-1, 0.7, 5).reshape(-1, 1)}
    return [([u, u_x, u_xx, loss], feed), *([([train], feed)] * 3), ([loss, u_xx], feed)]


def regularised_losses(tf: Any) -> Runs:
    x = tf.constant(f32(3, 4))

    def weight_decay(weights):
        return tf.multiply(tf.nn.l2_loss(weights), 1e-2, name="decay")

    with tf.variable_scope("layer", regularizer=weight_decay, initializer=tf.constant_initializer(0.5)):
        w = tf.get_variable("w", [4, 2])
        b = tf.get_variable("b", [2], regularizer=None)
    out = tf.sigmoid(tf.matmul(x, w) + b)
    tf.add_to_collection("losses", tf.reduce_mean(out, name="fit"))
    for loss in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES):
        tf.add_to_collection("losses", loss)
    total = tf.add_n(tf.get_collection("losses"), name="total")
    train = tf.train.GradientDescentOptimizer(0.5).minimize(total)
    return [([total, train], {}), ([total, w], {})]


def attention(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, None, 8], name="x")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    shape = tf.shape(x)
    with tf.variable_scope("attention"):
        w = tf.get_variable("qkv", initializer=f32(8, 24) * 0.2)
        qkv = tf.reshape(tf.matmul(tf.reshape(x, [-1, 8]), w), [shape[0], shape[1], 3, 2, 4])
        q, k, v = [tf.transpose(t, [0, 2, 1, 3]) for t in tf.unstack(qkv, axis=2)]
        scores = tf.matmul(q, k, transpose_b=True) * tf.rsqrt(tf.cast(q.shape[-1].value, tf.float32))
        mask = tf.sequence_mask(lengths, shape[1], dtype=tf.float32)[:, tf.newaxis, tf.newaxis, :]
        weights = tf.nn.softmax(scores - 1e9 * (1 - mask), name="weights")
        out = tf.reshape(tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3]), [shape[0], shape[1], 8])
    return [([out, weights], {x: f32(2, 3, 8), lengths: i32(2, lo=1, hi=4)})]
