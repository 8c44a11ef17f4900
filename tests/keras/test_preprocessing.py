"""Sequences, texts, labels and images against TensorFlow 1.15.5 and 2.15.1."""

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

PROGRAMS = {(name, key): p for name in ("preprocessing",) for key, p in observed.programs(name).items()}
# 1.15.5 has no `tokenizer_from_json` among its public names
NEWER_ONLY = {"tokenizer_read_again"}


@pytest.mark.parametrize(("name", "key"), PROGRAMS)
def test_program(name, key):
    problems = observed.problems(tf, name, key, PROGRAMS[name, key], newer_only=NEWER_ONLY)
    if problems:
        pytest.fail("\n".join([key, *problems]), pytrace=False)
