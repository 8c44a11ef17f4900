"""Two batches of Keras' metrics against TensorFlow 1.15.5 and 2.15.1."""

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed
from tests.keras.programs_metrics import NEWER

PROGRAMS = observed.programs("metrics")
# 2.15.1 takes the best value under a bound, where 1.15.5 takes the one at the closest threshold; and it counts elements
NEWER_DIFFERS = {"sensitivity", "specificity", "binary_accuracy", "binary_accuracy_threshold"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_batches(name):
    problems = observed.problems(tf, "metrics", name, PROGRAMS[name], exempt=NEWER_DIFFERS, newer_only=NEWER)
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)
