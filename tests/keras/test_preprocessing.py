"""Sequences, texts, labels and images against TensorFlow 1.15.5 and 2.15.1."""

import pytest

import tfcompat.compat.v1 as tf
from tests.keras import observed

NAMES = ("preprocessing", "images", "image_files")
PROGRAMS = {(name, key): p for name in NAMES for key, p in observed.programs(name).items()}
# 1.15.5 has no `tokenizer_from_json` among its public names
NEWER_ONLY = {"tokenizer_read_again"}

# 2.15.1 turns an image around another centre, half a pixel off, and whitens otherwise
OLDER_ONLY = {
    "affine_changes",
    "affine_changes_drawn",
    "flow_rotated_and_shifted",
    "flow_shifted_by_pixels",
    "flow_whitened",
}


@pytest.mark.parametrize(("name", "key"), PROGRAMS)
def test_program(name, key):
    if name == "image_files":
        pytest.importorskip("PIL")
    if key == "tables":
        pytest.importorskip("pandas")
    if key in OLDER_ONLY:
        pytest.importorskip("scipy")
    problems = observed.problems(tf, name, key, PROGRAMS[name, key], exempt=OLDER_ONLY, newer_only=NEWER_ONLY)
    if problems:
        pytest.fail("\n".join([key, *problems]), pytrace=False)
