"""Any module of the package may be the first one that a process imports."""

import subprocess
import sys

import pytest

FIRST = [
    "tfcompat.protos.tensor_proto",
    "tfcompat.graph.raising.raiser",
    "tfcompat.kernels.files",
    "tfcompat.layers",
    "tfcompat.runtime.branches",
    "tfcompat.session.session",
    "tfcompat.onnx",
]
CHECK = """
import {first}
import tfcompat
before = tfcompat.layers, tfcompat.train
import tfcompat.compat.v1 as tf
assert (tfcompat.layers, tfcompat.train) == before
assert tf.layers.dense and tfcompat.constant is tf.constant
"""


@pytest.mark.parametrize("first", FIRST)
def test_a_module_can_be_imported_first(first: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK.format(first=first)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
