"""Generators whose position is a variable: numbers and states that TensorFlow 2.15.1 gave, run after run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

STATE = [5, 0, 77]


def runs(fetch: Any, count: int) -> list[Any]:
    """What `count` runs of a fresh session give after the variables' initializers."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(fetch) for _ in range(count)]


def state_variable(value: Any = STATE) -> Any:
    return tf.Variable(np.array(value, np.int64), use_resource=True, name="state")


def test_normals_continue_from_run_to_run_and_start_again_in_a_new_session() -> None:
    with tf.Graph().as_default():
        generator = tf.random.Generator.from_seed(3)
        drawn = generator.normal([2])
        want = [[-0.43640923500061035, -1.9633986949920654], [-1.2572526931762695, 0.9534838199615479],
                [-0.5596751570701599, -2.573929786682129]]  # fmt: skip
        for _ in range(2):
            np.testing.assert_allclose(runs(drawn, 3), want, rtol=2e-6)
        assert drawn.op.type == "AddV2"
        assert generator.state.name == "random_generator/StateVar:0"
        assert generator.algorithm == 1
        assert [v.name for v in tf.trainable_variables()] == []


def test_skip_moves_the_state_by_256_for_each_value() -> None:
    with tf.Graph().as_default():
        generator = tf.random.Generator.from_seed(5)
        before = generator.skip(7)
        with tf.control_dependencies([before]):
            after = generator.state.read_value()
        assert [[x.tolist() for x in run] for run in runs([before, after], 2)] == [
            [[5, 0, 0], [5 + 7 * 256, 0, 0]],
            [[5 + 7 * 256, 0, 0], [5 + 14 * 256, 0, 0]],
        ]


def test_what_is_skipped_is_a_number_of_64_bits() -> None:
    with tf.Graph().as_default():
        state = state_variable([5, -1, 77])
        skip = tf.raw_ops.RngSkip(resource=state.handle, algorithm=1, delta=2**60)
        with tf.control_dependencies([skip]):
            after = state.read_value()
        assert runs(after, 1)[0].tolist() == [5, -1, 77]


@pytest.mark.parametrize(
    ("op_type", "want"),
    [
        ("StatefulStandardNormalV2", [-0.5669066905975342, -0.9683239459991455, 0.229005366563797, -1.462698221206665,
                                      -1.2050120830535889]),
        ("StatefulTruncatedNormal", [-0.5669066905975342, -0.9683239459991455, 0.229005366563797, -1.462698221206665,
                                     -0.8511621356010437]),
        ("StatefulUniformFullInt", [1942238309, 264948286, 1319815072, 960288273, -1858645660]),
    ],
)  # fmt: skip
def test_operations_on_a_state(op_type: str, want: list[float]) -> None:
    with tf.Graph().as_default():
        state = state_variable()
        dtype = tf.int32 if op_type.endswith("Int") else tf.float32
        drawn = getattr(tf.raw_ops, op_type)(resource=state.handle, algorithm=1, shape=[5], dtype=dtype)
        with tf.control_dependencies([drawn]):
            after = state.read_value()
        values, moved = runs([drawn, after], 1)[0]
        np.testing.assert_allclose(values, want, rtol=0 if dtype is tf.int32 else 2e-6)
        assert moved.tolist() == [5 + 5 * 256, 0, 77]


def test_uniform_integers_on_a_state() -> None:
    with tf.Graph().as_default():
        state = state_variable()
        low, high = tf.constant(-3, tf.int32), tf.constant(9, tf.int32)
        drawn = tf.raw_ops.StatefulUniformInt(resource=state.handle, algorithm=1, shape=[5], minval=low, maxval=high)
        assert runs(drawn, 1)[0].tolist() == [2, 7, 1, 6, -3]


def test_binomials_on_a_state() -> None:
    with tf.Graph().as_default():
        state = state_variable()
        drawn = tf.raw_ops.StatefulRandomBinomial(
            resource=state.handle, algorithm=1, shape=[4, 2], counts=[10.0, 40.0], probs=[0.3, 0.6], dtype=tf.int32
        )
        first = runs(drawn, 1)[0]
        assert first.tolist() == [[3, 19], [5, 21], [2, 26], [1, 24]]


def test_a_generator_without_a_seed_differs_from_session_to_session() -> None:
    with tf.Graph().as_default():
        drawn = tf.random.Generator.from_non_deterministic_state().uniform([4])
        first, second = runs(drawn, 2)
        assert not np.array_equal(first, second)
        assert not np.array_equal(first, runs(drawn, 1)[0])


def test_what_is_refused() -> None:
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="incompatible"):
            tf.random.Generator.from_state([1, 2], alg="philox")
        with pytest.raises(ValueError, match="unsupported value foo"):
            tf.random.Generator.from_seed(1, alg="foo")
        with pytest.raises(ValueError, match="must be both `None`"):
            tf.random.Generator.from_seed(1).uniform([2], dtype=tf.int32)
        drawn = tf.random.Generator.from_seed(1, alg="threefry").uniform([2])
        with pytest.raises(tf.errors.UnimplementedError, match="ThreeFry"):
            runs(drawn, 1)
        short = tf.raw_ops.StatefulUniform(resource=state_variable([5, 0]).handle, algorithm=1, shape=[5])
        with pytest.raises(tf.errors.InvalidArgumentError, match="size of state"):
            runs(short, 1)
