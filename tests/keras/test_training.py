"""Training of tf.keras' models against TensorFlow 1.15.5 and 2.15.1."""

import json

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

PROGRAMS = observed.programs("training")
# 2.15.1 has no loss for an infinite one, weighs the steps of a mask otherwise, and prints other lines; with the same
# seeds, 1.15.5 draws other values than 2.15.1
NEWER_DIFFERS = {"convolutions", "words", "printed_lines"}
OLDER_DIFFERS = {"initial_values"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    if name in OLDER_DIFFERS:
        found = json.loads(json.dumps(observed.observe(tf, PROGRAMS[name])))
        problems = observed.differences(found, observed.recorded("training")[observed.NEW][name], 2e-4)
    else:
        problems = observed.problems(tf, "training", name, PROGRAMS[name], exempt=NEWER_DIFFERS)
    if problems:
        pytest.fail("\n".join([name, *problems[:40]]), pytrace=False)
