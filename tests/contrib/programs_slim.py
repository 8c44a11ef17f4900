"""Programs of tf.contrib.slim: a small network with its results by name, losses before labels, a step of training."""

import numpy as np


def _image(tf, *shape):
    return tf.constant(np.linspace(-1.0, 2.0, int(np.prod(shape))).reshape(shape), tf.float32)


def _letters(tf, names):
    return tf.constant(list("|".join(names).encode()), tf.int32)


def named_results(tf):
    slim = tf.contrib.slim
    with tf.variable_scope("net", default_name=None) as scope:
        ends = scope.original_name_scope + "_ends"
        kinds = [slim.conv2d, slim.fully_connected, slim.max_pool2d, slim.dropout, slim.batch_norm, slim.flatten]
        with slim.arg_scope(kinds, outputs_collections=ends):
            net = slim.conv2d(_image(tf, 2, 6, 5, 3), 4, 3, normalizer_fn=slim.batch_norm, scope="first")
            net = slim.max_pool2d(net, 2, scope="pool")
            net = slim.max_pool2d(net, 2, stride=1)
            net = slim.flatten(slim.dropout(net, is_training=False))
            net = slim.fully_connected(net, 3, scope="last")
        net = slim.utils.collect_named_outputs(ends, "net/out", net)
    found = slim.utils.convert_collection_to_dict(ends, clear_collection=True)
    assert not tf.get_collection(ends)
    return [_letters(tf, found)] + list(found.values()), None


def losses(tf):
    module = tf.contrib.slim.losses
    logits, labels = _image(tf, 2, 3), tf.constant([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    weights = tf.constant([0.5, 0.0])
    made = [
        module.softmax_cross_entropy(logits, labels, weights, 0.1),
        module.sigmoid_cross_entropy(logits, labels, weights=tf.reshape(weights, [2, 1]), label_smoothing=0.2),
        module.sparse_softmax_cross_entropy(logits, tf.constant([1, 2]), weights),
        module.log_loss(tf.sigmoid(logits), labels, 2.0, 1e-3),
        module.hinge_loss(logits, labels),
        module.mean_squared_error(logits, labels, weights),
        module.absolute_difference(logits, labels),
        module.mean_pairwise_squared_error(logits, labels, weights),
        module.cosine_distance(logits, labels, dim=1, weights=weights),
        module.compute_weighted_loss(logits, weights),
    ]
    count = tf.constant(len(module.get_losses()))
    return made + [count, module.get_total_loss()], None


def trained(tf):
    slim = tf.contrib.slim
    net = slim.fully_connected(_image(tf, 4, 3), 2, activation_fn=tf.tanh, normalizer_fn=slim.batch_norm, scope="a")
    net = slim.fully_connected(net, 2, weights_regularizer=slim.l2_regularizer(0.1), scope="b")
    slim.losses.mean_squared_error(net, _image(tf, 4, 2))
    train = slim.learning.create_train_op(
        slim.losses.get_total_loss(),
        tf.train.GradientDescentOptimizer(0.5),
        clip_gradient_norm=0.3,
        gradient_multipliers={"a/weights": 0.5, "b/biases": 3.0},
        summarize_gradients=True,
    )
    with tf.control_dependencies([train]):
        values = [tf.cast(v.read_value(), tf.float64) for v in sorted(tf.global_variables(), key=lambda v: v.op.name)]
    summaries = _letters(tf, sorted(t.op.name for t in tf.get_collection(tf.GraphKeys.SUMMARIES)))
    return [tf.stop_gradient(v) for v in values] + [tf.cast(tf.stop_gradient(train), tf.float64), summaries], None


def separable(tf):
    image = _image(tf, 2, 5, 6, 3)
    slim = tf.contrib.slim
    both = slim.separable_conv2d(image, 4, [3, 2], depth_multiplier=2, stride=2, scope="both")
    depth = slim.separable_conv2d(image, None, 3, 2, rate=2, normalizer_fn=slim.batch_norm, padding="VALID")
    plain = slim.separable_convolution2d(image, None, [1, 3], 1, stride=1, activation_fn=None, scope="plain")
    return [both, depth, plain], None


def variables_by_name(tf):
    framework = tf.contrib.framework
    with tf.variable_scope("x"):
        a = framework.model_variable("weights", [2, 3])
        framework.variable("biases", [3])
    framework.local_variable(np.float32([1.0]), name="here")
    framework.global_variable(np.float32([1.0, 2.0]), name="all")
    added = tf.get_variable("added", [2])
    framework.add_model_variable(added)
    lists = [
        framework.get_variables_by_name("weights"),
        framework.get_variables_by_name("biases", "x"),
        framework.get_variables_by_suffix("s"),
        [framework.get_unique_variable("x/weights")],
        framework.get_local_variables(),
        framework.get_model_variables(),
        framework.filter_variables(tf.global_variables(), exclude_patterns=["bias"]),
        framework.filter_variables(tf.global_variables(), ["^x", "add"], ["bias"]),
        framework.filter_variables(tf.global_variables(), ["x"], reg_search=False),
    ]
    names = [framework.get_variable_full_name(v) for found in lists for v in found + [a]]
    return [_letters(tf, names)], None
