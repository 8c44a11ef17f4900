import json

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.cli import main


@pytest.fixture
def run(capsys):
    """Runs the command line; (exit code, standard output, standard error)."""

    def call(*argv):
        code = main([str(a) for a in argv])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def run_json(run):
    """Runs the command line with --json; (exit code, the object)."""

    def call(*argv):
        code, out, _ = run(*argv, "--json")
        return code, json.loads(out)

    return call


@pytest.fixture
def frozen(tmp_path):
    """A frozen graph: an image through a convolution with simulated quantization, and class scores."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 5, 2], name="x")
        scale = tf.placeholder_with_default(2.0, [], name="scale")
        w = tf.constant([[[[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]]])
        maps = tf.nn.conv2d(tf.fake_quant_with_min_max_args(x, -0.3, 0.3), w, 1, "SAME", name="maps")
        tf.nn.softmax(tf.reduce_mean(maps, [1, 2]) * scale, name="scores")
        tf.identity(maps, name="features")
    path = tmp_path / "net.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path
