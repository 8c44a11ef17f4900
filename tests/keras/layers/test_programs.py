"""Models of many kinds of layers, step by step as TensorFlow 1.15.5 and 2.15.1 train them."""

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

PROGRAMS = observed.programs("layers")
# 1.15.5 takes seeds from the number of operations
OLDER_DIFFERS = {"texts_from_random_values"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.problems(tf, "layers", name, PROGRAMS[name], newer_only=OLDER_DIFFERS)
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)
