"""tf.contrib.metrics against what TensorFlow 1.15.5 answered."""

import pytest

import tfcompat.compat.v1 as tf
from tests.contrib import observed

PROGRAMS = observed.programs("metrics")


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.differences(tf, "metrics", PROGRAMS[name])
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)
