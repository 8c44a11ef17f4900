"""Programs of tf.contrib.layers: normalisation, small layers, embeddings, summaries, optimize_loss."""

import numpy as np


def _image(tf, *shape):
    return tf.constant(np.sin(np.arange(int(np.prod(shape))) * 1.7).reshape(shape) * 2, tf.float32)


def _letters(tf, names):
    return tf.constant(list("|".join(names).encode()), tf.int32)


def _summaries(tf):
    return _letters(tf, sorted(t.op.type + " " + t.op.name for t in tf.get_collection(tf.GraphKeys.SUMMARIES)))


def instance_norm(tf):
    layers = tf.contrib.layers
    last = layers.instance_norm(_image(tf, 2, 3, 5, 4), activation_fn=tf.nn.relu)
    first = layers.instance_norm(_image(tf, 2, 4, 3, 5), data_format="NCHW", scope="first", center=False)
    ones = {"gamma": tf.constant_initializer(0.5)}
    plain = layers.instance_norm(_image(tf, 3, 7, 2), epsilon=0.1, param_initializers=ones, trainable=False)
    return [last, first, plain], None


def group_norm(tf):
    layers = tf.contrib.layers
    batch = tf.placeholder(tf.float32, [None, 3, 5, 6])
    last = layers.group_norm(batch, groups=3)
    first = layers.group_norm(_image(tf, 2, 4, 3, 5), 2, -3, (-2, -1), activation_fn=tf.tanh, scope="first")
    plain = layers.group_norm(_image(tf, 2, 4, 3, 6), 2, scale=False, mean_close_to_zero=True, epsilon=0.2)
    return [last, first, plain], {batch: np.cos(np.arange(180.0)).reshape(2, 3, 5, 6)}


def batch_norm(tf):
    layers = tf.contrib.layers
    training = tf.placeholder_with_default(True, [])
    made = [
        layers.batch_norm(_image(tf, 4, 3), scale=True, updates_collections=None),
        layers.batch_norm(_image(tf, 2, 3, 5, 3), decay=0.9, is_training=training, scope="given"),
        layers.batch_norm(_image(tf, 3, 4, 2), batch_weights=[0.5, 0.0, 2.0], scale=True),
        layers.batch_norm(_image(tf, 3, 4), zero_debias_moving_mean=True, decay=0.5),
        layers.batch_norm(_image(tf, 3, 2, 4, 2), fused=False, scale=True, is_training=training, data_format="NCHW"),
        layers.batch_norm(_image(tf, 2, 3, 4), is_training=False, activation_fn=tf.nn.relu, epsilon=1.0),
    ]
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        moved = [v.read_value() for v in tf.global_variables() if "moving" in v.op.name]
    moved.append(_letters(tf, [v.op.name for v in tf.global_variables()]))
    return made + moved, None


def batch_norm_with_corrections(tf):
    layers, training = tf.contrib.layers, tf.placeholder_with_default(True, [])
    clipping = {"rmax": 1.5, "rmin": 0.5, "dmax": 0.25}

    def adjusted(sizes):
        return tf.fill([sizes[0], 1], 1.5), tf.fill([sizes[0], 1], 0.25)

    made = [
        layers.batch_norm(_image(tf, 3, 4, 5, 3), renorm=True, is_training=training, variables_collections=["kept"]),
        layers.batch_norm(_image(tf, 5, 3), renorm=True, renorm_clipping=clipping, renorm_decay=0.8, scale=True),
        layers.batch_norm(_image(tf, 4, 3), adjustment=adjusted),
        layers.batch_norm(_image(tf, 4, 3), adjustment=adjusted, is_training=training, scope="switched"),
        layers.batch_norm(_image(tf, 4, 3), adjustment=adjusted, updates_collections=None, scope="plain"),
    ]
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS) + made):
        moved = [v.read_value() for v in tf.global_variables() if "moving" in v.op.name or "renorm" in v.op.name]
    names = [v.op.name for v in tf.global_variables()] + [v.op.name for v in tf.get_collection("kept")]
    try:
        layers.batch_norm(_image(tf, 4, 3), renorm=True, updates_collections=None, scope="refused")
    except ValueError as error:
        names.append(str(error))
    return made + moved + [_letters(tf, names)], None


def shaped(tf):
    layers = tf.contrib.layers
    image, rows = _image(tf, 2, 3, 5, 4), _image(tf, 3, 6)
    sparse = layers.dense_to_sparse(tf.constant([[3, 0, 2], [0, 0, 7]]))
    batch = tf.placeholder(tf.float32, [None, 6])
    return [
        layers.bias_add(image, tf.nn.relu, tf.constant_initializer(0.3)),
        layers.bias_add(_image(tf, 2, 3, 4, 5), data_format="NCHW", scope="first"),
        layers.maxout(batch, 2),
        layers.maxout(image, 2, scope="wide"),
        layers.softmax(image),
        layers.spatial_softmax(image),
        layers.spatial_softmax(_image(tf, 2, 3, 4, 5), 0.5, "cold", data_format="NCHW"),
        layers.unit_norm(rows, 1),
        layers.unit_norm(image, 1, 0.1),
        [sparse.indices, sparse.values, sparse.dense_shape],
        layers.images_to_sequence(image),
        layers.sequence_to_images(layers.images_to_sequence(image), 3),
        layers.relu(rows, 4),
        layers.relu6(rows, 4),
        layers.elu(rows, 4, scope="named"),
    ], {batch: np.arange(18.0).reshape(3, 6) % 5}


def volumes(tf):
    layers = tf.contrib.layers
    volume = _image(tf, 1, 4, 5, 6, 2)
    return [
        layers.conv3d_transpose(volume, 3, [2, 3, 2], 2),
        layers.conv3d(volume, 2, 3, scope="three"),
        layers.max_pool3d(volume, 2),
        layers.avg_pool3d(volume, [2, 1, 3], stride=1, padding="SAME"),
        layers.convolution(_image(tf, 2, 7, 3), 4, 3, rate=2),
        layers.convolution(_image(tf, 2, 5, 6, 3), 4, [3, 2], stride=2, conv_dims=2),
        layers.conv2d_in_plane(_image(tf, 2, 5, 6, 3), [3, 2], 2),
        layers.conv2d_in_plane(_image(tf, 2, 5, 6, 3), 3, normalizer_fn=layers.batch_norm, scope="plane"),
        layers.conv2d_transpose(_image(tf, 2, 5, 6, 3), 4, [3, 2], 2, "VALID", "NHWC", tf.tanh),
    ], None


def embeddings(tf):
    layers = tf.contrib.layers
    ids = tf.constant([[1, 3, 0], [3, 3, 2]])
    made = [
        layers.embed_sequence(ids, 5, 4),
        layers.embed_sequence(ids, 5, 4, unique=True, scope="once"),
        layers.embed_sequence(ids, 5, 4, scope="once", reuse=True),
        layers.bow_encoder(tf.constant([[1, 0, 2], [0, 0, 0]]), 5, 4),
        layers.bow_encoder(ids, 5, 4, sparse_lookup=False, scope="dense"),
    ]
    sparse = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], [1, -1, 4], [4, 3])
    table = tf.get_variable("table", [5, 3])
    made.append(layers.safe_embedding_lookup_sparse([table], sparse))
    made.append(layers.safe_embedding_lookup_sparse([table], sparse, combiner="sqrtn", default_id=2))
    return made, None


def summaries(tf):
    layers = tf.contrib.layers
    net = layers.fully_connected(_image(tf, 3, 4), 2)
    for tensor in (net, tf.nn.relu6(net, "six"), tf.tanh(net, "tanh")):
        layers.summarize_activation(tensor)
        tf.add_to_collection(tf.GraphKeys.ACTIVATIONS, tensor)
    layers.summarize_tensor(tf.reduce_sum(net), "total")
    assert layers.summarize_tensor(tf.constant("text")) is None
    layers.summarize_tensors([net, tf.reduce_mean(net, name="mean")])
    layers.summarize_collection(tf.GraphKeys.GLOBAL_VARIABLES, ".*bias")
    layers.summarize_activations(".*tanh", layers.summarize_tensor)
    weights = tf.trainable_variables()
    penalty = layers.apply_regularization(layers.l2_regularizer(0.1), weights)
    kept = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    return [net, penalty, _summaries(tf), _letters(tf, [t.op.name for t in kept])], None


def _optimized(tf, **options):
    layers = tf.contrib.layers
    x = _image(tf, 4, 3)
    net = layers.batch_norm(layers.fully_connected(x, 5, scope="a"), scope="n")
    net = tf.nn.embedding_lookup(tf.get_variable("table", [6, 5]), [1, 4, 1, 0]) * net
    loss = tf.reduce_mean(tf.square(layers.fully_connected(net, 2, activation_fn=None, scope="b") - 1.0))
    step = tf.train.get_or_create_global_step()
    train = layers.optimize_loss(loss, step, **options)
    with tf.control_dependencies([train]):
        values = [tf.cast(v.read_value(), tf.float64) for v in sorted(tf.global_variables(), key=lambda v: v.op.name)]
    return [tf.stop_gradient(v) for v in values] + [tf.cast(tf.stop_gradient(train), tf.float64), _summaries(tf)], None


def optimize_sgd(tf):
    return _optimized(tf, learning_rate=0.1, optimizer="SGD", clip_gradients=0.5)


def optimize_momentum(tf):
    kinds = ["learning_rate", "loss", "gradients", "gradient_norm"]
    return _optimized(
        tf,
        learning_rate=0.2,
        optimizer="Momentum",
        gradient_multipliers={"a/weights:0": 2.0, "table:0": 0.5},
        learning_rate_decay_fn=lambda rate, step: tf.train.exponential_decay(rate, step, 10, 0.5),
        summaries=kinds,
        name="mine",
    )


def optimize_adaptive(tf):
    clip = tf.contrib.slim.adaptive_clipping_fn(static_max_norm=0.7, report_summary=True)
    return _optimized(
        tf,
        learning_rate=None,
        optimizer=tf.train.GradientDescentOptimizer(0.3),
        clip_gradients=clip,
        increment_global_step=False,
    )
