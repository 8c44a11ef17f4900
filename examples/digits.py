"""Trains a small convolutional net on 1,797 handwritten digits and writes it to an ONNX file.

A TensorFlow 1 program as it is: placeholders, `tf.get_variable`, Adam, a `sess.run` loop. The images are those of
`data/digits.npz` (see data/README.md). After the training the net is exported, and the file is run in plain ONNX
Runtime on the test images: its class probabilities have to equal those of the session.

    python examples/digits.py
    python examples/digits.py --epochs 3 --output net.onnx --quiet
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

import tfcompat.compat.v1 as tf

DATA = Path(__file__).parent / "data" / "digits.npz"
TEST_IMAGES = 360
BATCH = 32
SEED = 1


def load_digits():
    """The digits in a fixed random order: ((train images, train labels), (test images, test labels)).

    Images are float32 `[n, 8, 8, 1]` with values 0 to 1, labels int64 `[n]`.
    """
    with np.load(DATA) as data:
        images, labels = data["images"], data["labels"]
    order = np.random.RandomState(SEED).permutation(len(labels))
    images = (images[order, :, :, np.newaxis] / 16).astype(np.float32)
    labels = labels[order].astype(np.int64)
    train, test = slice(TEST_IMAGES, None), slice(None, TEST_IMAGES)
    return (images[train], labels[train]), (images[test], labels[test])


def convolution(inputs, filters, name):
    """3x3 convolution with bias and ReLU: `[n, h, w, c]` to `[n, h, w, filters]`."""
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [3, 3, inputs.shape[-1], filters])
        bias = tf.get_variable("bias", [filters], initializer=tf.zeros_initializer())
        outputs = tf.nn.conv2d(inputs, kernel, strides=[1, 1, 1, 1], padding="SAME")
        return tf.nn.relu(tf.nn.bias_add(outputs, bias))


def dense(inputs, units, name):
    """Affine map `[n, c]` to `[n, units]`."""
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [inputs.shape[-1], units])
        bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
        return tf.matmul(inputs, kernel) + bias


def network(images, training):
    """Logits `[n, 10]` of images `[n, 8, 8, 1]`; all calls share their variables, `training` adds dropout."""
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
        hidden = convolution(images, 32, "conv1")
        hidden = convolution(hidden, 64, "conv2")
        hidden = tf.nn.max_pool(hidden, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
        hidden = tf.reshape(hidden, [-1, 4 * 4 * 64])
        if training:
            hidden = tf.nn.dropout(hidden, rate=0.5)
        hidden = tf.nn.relu(dense(hidden, 64, "dense1"))
        return dense(hidden, 10, "dense2")


def check_export(path, images, name, expected):
    """Runs the exported file in plain ONNX Runtime and returns the largest difference from `expected`."""
    import onnxruntime

    model = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (probabilities,) = model.run(None, {name: images})
    return np.abs(probabilities - expected).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20, help="passes over the training images (default: %(default)s)")
    parser.add_argument("--output", default="digits.onnx", help="ONNX file to write (default: %(default)s)")
    parser.add_argument("--quiet", action="store_true", help="print the last lines only")
    options = parser.parse_args()

    (train_images, train_labels), (test_images, test_labels) = load_digits()
    tf.set_random_seed(SEED)
    images = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    logits = network(images, training=True)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    logits = network(images, training=False)
    probabilities = tf.nn.softmax(logits, name="probabilities")
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32))
    train = tf.train.AdamOptimizer(0.002).minimize(loss)

    shuffle = np.random.RandomState(SEED)
    started = time.perf_counter()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for epoch in range(1, options.epochs + 1):
            losses = []
            order = shuffle.permutation(len(train_labels))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                feed = {images: train_images[rows], labels: train_labels[rows]}
                _, value = session.run([train, loss], feed)
                losses.append(value)
            score = session.run(accuracy, {images: test_images, labels: test_labels})
            if not options.quiet:
                elapsed = time.perf_counter() - started
                print(f"epoch {epoch:2d}  loss {np.mean(losses):.4f}  test accuracy {score:.2%}  {elapsed:5.1f} s")
        print(f"test accuracy {score:.2%} on {len(test_labels)} images")

        import tfcompat.onnx

        tfcompat.onnx.export([probabilities], [images], session, options.output)
        difference = check_export(
            options.output, test_images, images.name, session.run(probabilities, {images: test_images})
        )
    print(f"wrote {options.output}; in plain ONNX Runtime it differs by at most {difference:.1e}")
    if difference > 1e-5:
        sys.exit("the exported net does not compute what the session computes")


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        # Who read the output has seen enough; Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
