"""Nearest centers, and the points that clustering begins with: the reference's choices for given seeds."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

SQUARES = (np.arange(10, dtype=np.float32) ** 2)[:, None]


def run(op_type, **inputs):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(getattr(tf.raw_ops, op_type)(**inputs))


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_the_nearest_centers_come_first(count):
    state = np.random.RandomState(0)
    points, centers = state.randn(1500, 3).astype(np.float32), state.randn(4, 3).astype(np.float32)
    indices, distances = run("NearestNeighbors", points=points, centers=centers, k=np.int64(count))
    squares = ((points[:, None] - centers) ** 2).sum(-1)
    assert indices.tolist() == np.argsort(squares, 1, kind="stable")[:, :count].tolist()
    np.testing.assert_allclose(distances, np.sort(squares, 1)[:, :count], rtol=1e-5, atol=1e-6)


def test_equal_distances_keep_the_order_of_the_centers():
    indices, _ = run("NearestNeighbors", points=[[1.0, 2.0]], centers=np.zeros((3, 2), np.float32), k=np.int64(2))
    assert indices.tolist() == [[0, 1]]


# What TensorFlow 2.15.1 chooses.
PLUS_PLUS = {
    (0, 1, 0): [81], (0, 3, 0): [81, 9, 0], (0, 3, -1): [1, 64, 36], (0, 3, 2): [64, 1, 25],
    (0, 7, 1): [64, 16, 4, 49, 25, 81, 36], (1, 3, 0): [64, 25, 0], (1, 3, -1): [16, 81, 49], (2, 3, 2): [25, 64, 0],
    (3, 7, 1): [64, 1, 25, 49, 81, 36, 9],
}  # fmt: skip


@pytest.mark.parametrize(("seed", "count", "retries"), PLUS_PLUS)
def test_points_that_are_far_apart_are_chosen(seed, count, retries):
    numbers = {"num_to_sample": np.int64(count), "seed": np.int64(seed), "num_retries_per_sample": np.int64(retries)}
    found = run("KmeansPlusPlusInitialization", points=SQUARES, **numbers)
    assert found[:, 0].tolist() == PLUS_PLUS[seed, count, retries]


def test_chains_end_where_those_of_the_reference_do():
    state = np.random.RandomState(0)
    state.randn(7, 3)
    state.randn(4, 3)
    distances = np.abs(state.randn(20)).astype(np.float32)
    found = [int(run("KMC2ChainInitialization", distances=distances, seed=np.int64(s))) for s in range(6)]
    assert found == [19, 15, 19, 19, 19, 15]
    assert run("KMC2ChainInitialization", distances=0 * distances, seed=np.int64(1)) == 0


REFUSED = [
    ("NearestNeighbors", {"points": SQUARES, "centers": np.zeros((2, 2), np.float32), "k": np.int64(1)},
     "Expected point_dimensions == center_dimensions: 1 vs 2."),
    ("NearestNeighbors", {"points": SQUARES[:0], "centers": SQUARES, "k": np.int64(1)}, "Expected points.rows() > 0."),
    ("KMC2ChainInitialization", {"distances": np.zeros(0, np.float32), "seed": np.int64(1)}, "at least one element"),
    *[("KmeansPlusPlusInitialization",
       {"points": SQUARES, "num_to_sample": np.int64(n), "seed": np.int64(0), "num_retries_per_sample": np.int64(0)}, m)
      for n, m in ((0, "Expected num_to_sample > 0."), (11, "Expected num_to_sample <= points.rows(). 11 vs 10."))],
]  # fmt: skip


@pytest.mark.parametrize(("op_type", "inputs", "message"), REFUSED)
def test_what_is_refused(op_type, inputs, message):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        run(op_type, **inputs)
    assert message in str(caught.value)


def test_the_survival_of_an_exponential_distribution_is_exact_far_out():
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(tf.distributions.Exponential(rate=2.0).log_survival_function([0.1, 10.0, 1e4]))
    np.testing.assert_allclose(found, [-0.2, -20.0, -2e4], rtol=1e-6)
