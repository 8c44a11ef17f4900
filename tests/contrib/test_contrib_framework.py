"""tf.contrib.framework, util and nn against what TensorFlow 1.15.5 answered."""

import pytest

import tfcompat.compat.v1 as tf
from tests.contrib import observed

PROGRAMS = observed.programs("framework")


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.differences(tf, "framework", PROGRAMS[name])
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)


def test_arguments_are_checked():
    framework = tf.contrib.framework
    with pytest.raises(TypeError, match="`false_fn` must be callable"):
        framework.smart_cond(True, lambda: 1)
    with pytest.raises(ValueError, match="No tensors provided"):
        framework.reduce_sum_n([])
    with pytest.raises(ValueError, match="Expected integer type"):
        framework.assert_scalar_int(1.5)
    with pytest.raises(TypeError, match="needs to be a Graph"):
        framework.get_placeholders("graph")
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        tf.contrib.nn.alpha_dropout([1.0], 0.0)
    other = tf.Graph()
    with pytest.raises(ValueError, match="not from the passed-in graph"):
        framework.get_graph_from_inputs([tf.constant(1)], other)
