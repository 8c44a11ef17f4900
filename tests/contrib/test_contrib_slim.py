"""tf.contrib.slim and what it uses against what TensorFlow 1.15.5 answered."""

import pytest

import tfcompat.compat.v1 as tf
from tests.contrib import observed

PROGRAMS = observed.programs("slim")


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.differences(tf, "slim", PROGRAMS[name])
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)


def test_arguments_of_losses_are_checked():
    losses = tf.contrib.losses
    with pytest.raises(TypeError, match="unexpected keyword argument 'targets'"):
        losses.mean_squared_error([1.0], targets=[1.0])
    with pytest.raises(TypeError, match="multiple values for argument 'predictions'"):
        losses.mean_squared_error([1.0], predictions=[1.0])
    with pytest.raises(ValueError, match="must not be None"):
        losses.mean_squared_error([1.0])


def test_gradients_are_multiplied_for_variables_alone():
    multiply = tf.contrib.training.multiply_gradients
    v = tf.get_variable("v", [2])
    with pytest.raises(ValueError, match="is empty"):
        multiply([(None, v)], {})
    with pytest.raises(ValueError, match="must be a list"):
        multiply((), {"v": 1.0})
    with pytest.raises(ValueError, match="`None` gradient"):
        multiply([(None, v)], {v: 1.0})


def test_shapes_and_sizes():
    utils = tf.contrib.layers.utils
    assert utils.two_element_tuple([3, 4]) == (3, 4)
    assert utils.n_positive_integers(3, 2) == (2, 2, 2)
    assert utils.last_dimension(tf.TensorShape([None, 5])) == 5
    assert utils.constant_value(tf.constant(2)) == 2
    assert utils.constant_value(tf.placeholder(tf.int32)) is None
    with pytest.raises(ValueError, match="with 2 elements"):
        utils.two_element_tuple([1, 2, 3])
    with pytest.raises(ValueError, match="must be known but is None"):
        utils.channel_dimension(tf.TensorShape([2, None]), "channels_first")
    with pytest.raises(ValueError, match="expected positive integer"):
        utils.n_positive_integers(2, 0)
