"""Feed-forward nets: single calls, inference and training steps."""

import functools

import numpy as np

from workloads.program import Program, Workload, cross_entropy, dense, ones, training_step, variable, zeros


def _convolution(tf, random, inputs, size, filters, name, padding="SAME", pool="max"):
    kernel = variable(tf, random, f"{name}/kernel", [size, size, int(inputs.shape[-1]), filters])
    outputs = tf.nn.conv2d(inputs, kernel, strides=[1, 1, 1, 1], padding=padding)
    outputs = tf.nn.relu(tf.nn.bias_add(outputs, zeros(tf, f"{name}/bias", [filters])))
    pooling = tf.nn.max_pool if pool == "max" else tf.nn.avg_pool
    return pooling(outputs, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")


def _mlp(tf, random, images):
    hidden = tf.nn.relu(dense(tf, random, images, 256, "hidden1"))
    hidden = tf.nn.relu(dense(tf, random, hidden, 128, "hidden2"))
    return dense(tf, random, hidden, 10, "logits")


def _dropout_mlp(tf, random, images):
    tf.set_random_seed(1)
    hidden = tf.nn.dropout(tf.nn.relu(dense(tf, random, images, 256, "hidden1")), rate=0.5, seed=1)
    hidden = tf.nn.dropout(tf.nn.relu(dense(tf, random, hidden, 128, "hidden2")), rate=0.5, seed=2)
    return dense(tf, random, hidden, 10, "logits")


def _cnn(tf, random, images):
    hidden = _convolution(tf, random, images, 5, 16, "conv1")
    hidden = _convolution(tf, random, hidden, 5, 32, "conv2")
    hidden = tf.reshape(hidden, [-1, 7 * 7 * 32])
    hidden = tf.nn.relu(dense(tf, random, hidden, 128, "hidden"))
    return dense(tf, random, hidden, 10, "logits")


def _lenet(tf, random, images):
    hidden = _convolution(tf, random, images, 5, 6, "conv1", pool="average")
    hidden = _convolution(tf, random, hidden, 5, 16, "conv2", padding="VALID", pool="average")
    hidden = tf.reshape(hidden, [-1, 5 * 5 * 16])
    hidden = tf.nn.relu(dense(tf, random, hidden, 120, "hidden1"))
    hidden = tf.nn.relu(dense(tf, random, hidden, 84, "hidden2"))
    return dense(tf, random, hidden, 10, "logits")


def _normalized(tf, random, inputs, filters, stride, name):
    """A 3 x 3 convolution and batch normalisation with the statistics of the batch."""
    kernel = variable(tf, random, f"{name}/kernel", [3, 3, int(inputs.shape[-1]), filters])
    outputs = tf.nn.conv2d(inputs, kernel, strides=[1, stride, stride, 1], padding="SAME")
    scale, offset = ones(tf, f"{name}/gamma", [filters]), zeros(tf, f"{name}/beta", [filters])
    outputs, mean, variance = tf.nn.fused_batch_norm(outputs, scale, offset, is_training=True)
    for key, value in ("mean", mean), ("variance", variance):
        moving = tf.get_variable(f"{name}/moving_{key}", initializer=np.zeros(filters, np.float32), trainable=False)
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_sub(moving, (moving - value) * 0.1))
    return outputs


def _resnet20(tf, random, images):
    hidden = tf.nn.relu(_normalized(tf, random, images, 16, 1, "stem"))
    for group, filters in enumerate((16, 32, 64)):
        for block in range(3):
            stride, name = 2 if group and not block else 1, f"group{group}/block{block}"
            inner = tf.nn.relu(_normalized(tf, random, hidden, filters, stride, f"{name}/first"))
            inner = _normalized(tf, random, inner, filters, 1, f"{name}/second")
            if stride == 2:
                hidden = tf.nn.avg_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
                hidden = tf.pad(hidden, [[0, 0], [0, 0], [0, 0], [filters // 4, filters // 4]])
            hidden = tf.nn.relu(hidden + inner)
    return dense(tf, random, tf.reduce_mean(hidden, [1, 2]), 10, "logits")


NETWORKS = {
    "mlp": (_mlp, [784]),
    "dropout_mlp": (_dropout_mlp, [784]),
    "cnn": (_cnn, [28, 28, 1]),
    "lenet": (_lenet, [28, 28, 1]),
    "resnet20": (_resnet20, [32, 32, 3]),
}


def two_nodes(tf) -> Program:
    """`2 x + 1` on a 4 by 4 matrix: what a call costs when there is next to nothing to compute."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.add(tf.multiply(x, 2.0), 1.0, name="y")
    return Program([y], {x: np.arange(16, dtype=np.float32).reshape(4, 4)})


def inference(tf, network: str, batch: int) -> Program:
    """Class probabilities of a net with 10 outputs."""
    random = np.random.RandomState(0)
    build, shape = NETWORKS[network]
    images = tf.placeholder(tf.float32, [None, *shape], name="images")
    probabilities = tf.nn.softmax(build(tf, random, images), name="probabilities")
    return Program([probabilities], {images: random.standard_normal([batch, *shape]).astype(np.float32)})


def training(tf, network: str, batch: int, optimizer: str = "adam", rate: float = 1e-2) -> Program:
    """A step of an optimizer on the cross-entropy of a net."""
    random = np.random.RandomState(0)
    build, shape = NETWORKS[network]
    images = tf.placeholder(tf.float32, [None, *shape], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    loss = cross_entropy(tf, labels, build(tf, random, images))
    rule = tf.train.AdamOptimizer(1e-3) if optimizer == "adam" else tf.train.MomentumOptimizer(rate, 0.9)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(updates):
        train = rule.minimize(loss)
    feeds = {
        images: random.standard_normal([batch, *shape]).astype(np.float32),
        labels: random.randint(0, 10, [batch]),
    }
    return Program([train, loss], feeds)


def dropout(tf) -> Program:
    """Dropout of 256 x 1024 values with seeds."""
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [256, 1024], name="x")
    y = tf.nn.dropout(x, rate=0.5, seed=2)
    return Program([y], {x: np.ones([256, 1024], np.float32)})


def adam_update(tf, size: int = 1 << 22) -> Program:
    """One step of Adam on a single tensor of four million."""
    random = np.random.RandomState(0)
    weights = variable(tf, random, "weights", [1 << 11, size >> 11])
    scale = tf.placeholder(tf.float32, [], name="scale")
    gradient = weights * scale
    train = tf.train.AdamOptimizer(1e-3).apply_gradients([(gradient, weights)])
    return Program([train, scale], {scale: np.float32(0.5)})


NETS = {
    "two_nodes/run": Workload("Session.run of 2 x + 1", two_nodes, "onnxruntime", 2.0, "inference"),
    "two_nodes/callable": Workload(
        "make_callable of 2 x + 1", two_nodes, "onnxruntime", 1.5, "inference", callable=True
    ),
    **{
        f"{network}/inference{batch}": Workload(
            f"{network.upper()} inference, batch {batch}",
            functools.partial(inference, network=network, batch=batch),
            "onnxruntime",
            1.1,
            "inference",
        )
        for network in ("mlp", "cnn")
        for batch in (1, 32)
    },
    **{
        f"{network}/train": training_step(
            f"{network} training step, {optimizer}, batch {batch}",
            functools.partial(training, network=network, batch=batch, optimizer=optimizer),
        )
        for network, batch, optimizer in (
            ("mlp", 64, "adam"),
            ("dropout_mlp", 64, "adam"),
            ("cnn", 32, "adam"),
            ("lenet", 64, "momentum"),
            ("resnet20", 16, "momentum"),
        )
    },
    "dropout/run": training_step("dropout of 256 x 1024 values", dropout),
    "adam/update": training_step("Adam on a tensor of four million", adam_update),
}
