"""Twenty steps of Keras' optimizers against TensorFlow 1.15.5 and 2.15.1."""

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

PROGRAMS = observed.programs("optimizers")
# 2.15.1 has one more hyperparameter, other configurations, or no such schedule
NEWER_DIFFERS = {"ftrl", "ftrl_regularized", "ftrl_shrinkage", "cosine", "linear_cosine"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_steps(name):
    problems = observed.problems(tf, "optimizers", name, PROGRAMS[name], exempt=NEWER_DIFFERS)
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)
