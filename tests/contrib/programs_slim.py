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


def _nets(tf):
    if hasattr(tf.contrib.slim, "nets"):
        return tf.contrib.slim.nets
    import importlib

    return importlib.import_module("tensorflow.contrib.slim.nets")


def residual(tf):
    nets = _nets(tf)
    made = []
    for version in (nets.resnet_v1, nets.resnet_v2):
        name = version.__name__.split(".")[-1]
        unit = [{"depth": 8, "depth_bottleneck": 3, "stride": 1}, {"depth": 8, "depth_bottleneck": 3, "stride": 2}]
        blocks = [
            nets.resnet_utils.Block("one", version.bottleneck, unit),
            getattr(version, name + "_block")("b", 2, 2, 2),
        ]
        with tf.contrib.slim.arg_scope(version.resnet_arg_scope(batch_norm_epsilon=1.0)):
            net, ends = getattr(version, name)(_image(tf, 1, 9, 8, 3), blocks, 3, include_root_block=False)
            same, _ = getattr(version, name)(
                _image(tf, 1, 9, 8, 3), blocks, None, False, False, 2, include_root_block=False, scope="same"
            )
        made += [net, ends["predictions"], same, _letters(tf, list(ends))]
    return made + [tf.add_n(tf.losses.get_regularization_losses())], None


def _described(tf, make, size):
    """A number for each variable and end point of a network, that depends on its name and shape."""
    import zlib

    with tf.Graph().as_default():
        net, ends = make(tf.zeros([1, size, size, 3]))
        lines = [f"{v.op.name} {v.shape.as_list()}" for v in tf.global_variables()]
        lines += [f"{k} {v.shape.as_list()}" for k, v in ends.items()] + [str(net.shape.as_list())]
        lines += sorted(v.op.name for v in tf.get_collection("moving_vars"))
        lines += [t.op.name for t in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)]
    return tf.constant([zlib.crc32(line.encode()) for line in lines], tf.int64)


def large_networks(tf):
    slim = tf.contrib.slim
    nets = _nets(tf)
    made = []
    for scope, make, size in (
        (nets.resnet_v1.resnet_arg_scope(), nets.resnet_v1.resnet_v1_50, 64),
        (nets.resnet_v2.resnet_arg_scope(), nets.resnet_v2.resnet_v2_101, 64),
        (nets.vgg.vgg_arg_scope(), nets.vgg.vgg_16, 224),
        (nets.vgg.vgg_arg_scope(0.01), nets.vgg.vgg_19, 224),
        (nets.vgg.vgg_arg_scope(), nets.vgg.vgg_a, 224),
        (nets.alexnet.alexnet_v2_arg_scope(), nets.alexnet.alexnet_v2, 224),
        (nets.overfeat.overfeat_arg_scope(), nets.overfeat.overfeat, 231),
    ):
        with slim.arg_scope(scope):
            made.append(_described(tf, make, size))
        made.append(tf.constant(getattr(make, "default_image_size", 0)))
    return made, None


def summaries_by_name(tf):
    slim = tf.contrib.slim
    net = tf.nn.relu(_image(tf, 1, 4, 3, 1), "net")
    total = tf.reduce_sum(net, name="total")
    slim.summaries.add_histogram_summaries([net], "h")
    slim.summaries.add_image_summary(net, "i", "pre")
    slim.summaries.add_scalar_summary(total, print_summary=True)
    slim.summaries.add_scalar_summaries([total], "s")
    slim.summaries.add_zero_fraction_summary(net, prefix="z")
    names = sorted(t.op.type + " " + t.op.name for t in tf.get_collection(tf.GraphKeys.SUMMARIES))
    sizes = slim.model_analyzer.analyze_vars([tf.get_variable("v", [3, 4]), tf.get_variable("w", [])])
    text = slim.model_analyzer.tensor_description(net)
    return [_letters(tf, names), tf.constant(sizes), _letters(tf, [text])], None


def decoded_items(tf):
    decoder = tf.contrib.slim.tfexample_decoder
    features = {
        "numbers": tf.train.Feature(float_list=tf.train.FloatList(value=[1.5, -2, 3, 4, 5, 6])),
        "sizes": tf.train.Feature(int64_list=tf.train.Int64List(value=[2, 3])),
        "ids": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 4])),
        "raw": tf.train.Feature(bytes_list=tf.train.BytesList(value=[bytes(bytearray(range(12)))])),
        "kind": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"raw"])),
    }
    for i, side in enumerate(["ymin", "xmin", "ymax", "xmax"]):
        features["box/" + side] = tf.train.Feature(float_list=tf.train.FloatList(value=[i / 4.0, i / 8.0]))
    example = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
    keys = {
        "numbers": tf.VarLenFeature(tf.float32),
        "sizes": tf.FixedLenFeature([2], tf.int64),
        "ids": tf.VarLenFeature(tf.int64),
        "none": tf.VarLenFeature(tf.float32),
        "raw": tf.FixedLenFeature((), tf.string),
        "kind": tf.FixedLenFeature((), tf.string),
    }
    keys.update({k: tf.VarLenFeature(tf.float32) for k in features if k.startswith("box")})
    handlers = {
        "number": decoder.Tensor("numbers", shape_keys="sizes"),
        "flat": decoder.Tensor("numbers", shape=[3, 2]),
        "ids": decoder.Tensor("ids", default_value=7),
        "boxes": decoder.BoundingBox(prefix="box/"),
        "backup": decoder.BackupHandler(decoder.Tensor("none"), decoder.Tensor("numbers")),
        "double": decoder.ItemHandlerCallback(["ids", "sizes"], lambda d: d["sizes"] * 2),
        "sparse": decoder.SparseTensor("ids", "numbers_two", shape=[5], densify=True),
        "image": decoder.Image("raw", "kind", shape=[2, 2, 3]),
    }
    keys["numbers_two"] = tf.VarLenFeature(tf.float32)
    features["numbers_two"] = tf.train.Feature(float_list=tf.train.FloatList(value=[8, 9]))
    example = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
    made = decoder.TFExampleDecoder(keys, handlers)
    assert sorted(made.list_items()) == sorted(handlers)
    names = sorted(handlers)
    return [tf.cast(t, tf.float64) for t in made.decode(tf.constant(example), names)], None
