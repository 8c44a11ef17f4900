"""Descriptions of tf.keras' models against TensorFlow 1.15.5; 2.15.1 has other tables and configurations."""

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

PROGRAMS = observed.programs("models")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.problems(tf, "models", name, PROGRAMS[name])
    if problems:
        pytest.fail("\n".join([name, *problems[:40]]), pytrace=False)
