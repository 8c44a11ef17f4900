"""tf.contrib.distributions against what TensorFlow 1.15.5 answered."""

import pytest

import tfcompat.compat.v1 as tf
from tests.contrib import observed

PROGRAMS = observed.programs("distributions")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.differences(tf, "distributions", PROGRAMS[name])
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)
