"""Parameters and floating-point operations of graphs; the numbers are TensorFlow's for the same programs."""

import pytest

import tfcompat.compat.v1 as tf

BUILDER = tf.profiler.ProfileOptionBuilder


@pytest.fixture
def network():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 8, 8, 3])
        ones = tf.ones_initializer()
        with tf.variable_scope("net"):
            h = tf.layers.conv2d(x, 5, 3, activation=tf.nn.relu, kernel_initializer=ones)
            h = tf.layers.max_pooling2d(h, 2, 2)
            h = tf.layers.batch_normalization(h)
        y = tf.layers.dense(tf.layers.flatten(h), 7, kernel_initializer=ones)
        tf.reduce_mean(tf.square(tf.nn.softmax(y)))
        yield graph


def quiet(options):
    return BUILDER(options).with_empty_output()


def test_parameters(network, capsys):
    found = tf.profiler.profile(network, options=BUILDER.trainable_variables_parameter())
    assert (found.name, found.total_parameters, found.total_float_ops) == ("_TFProfRoot", 472, 0)
    assert [(c.name, c.total_parameters) for c in found.children] == [("dense", 322), ("net", 150)]
    lines = capsys.readouterr().out.splitlines()
    assert "_TFProfRoot (--/472 params)" in lines
    assert "      net/conv2d/kernel (3x3x3x5, 135/135 params)" in lines
    everything = tf.profiler.profile(network, options=quiet(None).select(["params"]).build())
    assert everything.total_parameters == 482 + 4 * 8 * 8 * 3


def test_float_operations(network):
    found = tf.profiler.profile(network, options=quiet(BUILDER.float_operation()).build())
    flops = {c.name: c.total_float_ops for c in found.children}
    assert flops["net/conv2d/Conv2D"] == 38880
    assert flops["dense/MatMul"] == 2520
    assert flops["Softmax"] == 140
    assert flops["Mean"] == flops["Square"] == flops["dense/BiasAdd"] == 28
    assert (flops["net/max_pooling2d/MaxPool"], flops["net/conv2d/BiasAdd"]) == (720, 720)
    assert found.total_float_ops == sum(flops.values()) == 43064
    assert next(c.name for c in found.children) == "net/conv2d/Conv2D"


def test_names_and_files(network, tmp_path):
    options = quiet(BUILDER.float_operation())
    options.with_node_names(show_name_regexes=["net/.*"], hide_name_regexes=[".*Add"])
    found = tf.profiler.profile(network, options=options.build())
    assert [c.name for c in found.children] == ["net/conv2d/Conv2D", "net/max_pooling2d/MaxPool"]
    path = tmp_path / "profile"
    tf.profiler.profile(network, options=options.with_file_output(str(path)).build())
    assert "net/conv2d/Conv2D (38.88k/38.88k flops)" in path.read_text(encoding="utf-8")


def test_unknown_shapes_count_nothing_and_other_views_are_refused():
    with tf.Graph().as_default():
        tf.matmul(tf.placeholder(tf.float32, [None, 3]), tf.ones([3, 2]))
        options = quiet(BUILDER.float_operation())
        assert tf.profiler.profile(options=options.build()).total_float_ops == 0
        with pytest.raises(tf.errors.UnimplementedError, match="'op'"):
            tf.profiler.profile(cmd="op", options=options.build())
        with pytest.raises(tf.errors.UnimplementedError, match="micros"):
            tf.profiler.profile(options=options.select(["micros"]).build())
