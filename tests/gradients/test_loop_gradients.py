"""First and second gradients through loops, branches and arrays, held to what TensorFlow 2.15.1 answered.

Recorded by `python -m tests.gradients.test_loop_gradients` with the reference's Python, control flow of version 2.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.gradients import loop_programs

GOLDEN = Path(__file__).parent.parent / "golden" / "loop_gradients.json"
PROGRAMS = [v for k, v in vars(loop_programs).items() if callable(v) and not k.startswith("_")]
X = np.array([[0.3, -0.4, 0.5], [0.2, 0.7, -0.1]])
W = np.array([[0.5, 0.1, -0.3], [0.2, 0.4, 0.6], [-0.1, 0.3, 0.2]])


def observe(tf: Any, program: Any) -> list[np.ndarray]:
    """The value, the gradients of the sum of its sines, and those of the sum of their cosines."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float64, [2, 3])
        with tf.variable_scope("", initializer=tf.constant_initializer(0.2)):
            w = tf.get_variable("w", initializer=W)
            y = program(tf, x, w)
        first = gradients(tf, tf.reduce_sum(tf.sin(y)), [x, w])
        second = gradients(tf, [tf.reduce_sum(tf.cos(g)) for g in first], [x, w])
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values: list[np.ndarray] = session.run([y, *first, *second], {x: X})
    return values


def gradients(tf: Any, ys: Any, xs: list[Any]) -> list[Any]:
    """Dense gradients, zeros where there are none."""
    found = tf.gradients(ys, xs)
    return [tf.zeros_like(x) if g is None else tf.convert_to_tensor(g) for g, x in zip(found, xs, strict=True)]


def record() -> None:
    """Asks the reference."""
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    tf.enable_control_flow_v2()
    tf.enable_resource_variables()
    rows = {p.__name__: [np.asarray(v).tolist() for v in observe(tf, p)] for p in PROGRAMS}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in rows.items())
    GOLDEN.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    record()
    sys.exit()

import pytest  # noqa: E402

import tfcompat.compat.v1 as tf  # noqa: E402


@pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in PROGRAMS])
def test_program(program: Any) -> None:
    expected = json.loads(GOLDEN.read_text())[program.__name__]
    for value, reference in zip(observe(tf, program), expected, strict=True):
        np.testing.assert_allclose(value, reference, rtol=1e-9, atol=1e-12)
