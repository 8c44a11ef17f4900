"""Equations and decompositions of matrices in exported models, by what defines them."""

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import onnx as tfonnx

RANDOM = np.random.default_rng(5)
CLOSE = 1e-12


def run_model(make, *arrays):
    """What the exported model of make(placeholders) gives; batches are unknown."""
    with tf.Graph().as_default(), tf.Session() as sess:
        inputs = [tf.placeholder(a.dtype, [None, *a.shape[1:]], name=f"x{i}") for i, a in enumerate(arrays)]
        model = tfonnx.export(make(*inputs), inputs, sess)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    runner = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return runner.run(None, {f"x{i}:0": a for i, a in enumerate(arrays)})


def product(*factors):
    result = factors[0]
    for factor in factors[1:]:
        result = result @ factor
    return result


def flipped(x):
    return np.swapaxes(x, -1, -2)


def of_rank(rank, *shape):
    return RANDOM.normal(size=(*shape[:-1], rank)) @ RANDOM.normal(size=(*shape[:-2], rank, shape[-1]))


MATRICES = {
    "one": RANDOM.normal(size=(2, 1, 1)),
    "two": RANDOM.normal(size=(3, 2, 2)),
    "odd": RANDOM.normal(size=(2, 7, 7)),
    "even": RANDOM.normal(size=(2, 10, 10)),
    "large": RANDOM.normal(size=(1, 41, 41)),
    "tall": RANDOM.normal(size=(2, 9, 4)),
    "flat": RANDOM.normal(size=(2, 3, 8)),
    "of low rank": of_rank(3, 2, 8, 6),
    "zeros": np.zeros((1, 4, 3)),
    "equal": np.broadcast_to(np.eye(6), (2, 6, 6)) * np.array([1.0, -3.0])[:, None, None],
    "ones": np.ones((1, 5, 5)),
    "of all sizes": RANDOM.normal(size=(1, 6, 6)) * 10.0 ** np.arange(-9, 9, 3),
    "none": np.zeros((0, 3, 3)),
}
SQUARE = [name for name, x in MATRICES.items() if x.shape[1] == x.shape[2]]
REGULAR = [name for name in SQUARE if name != "ones"]


def assert_close(got, want, scale=1.0):
    np.testing.assert_allclose(got, want, rtol=0, atol=CLOSE * max(1.0, scale))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", MATRICES)
def test_singular_values(name, full):
    x = MATRICES[name]
    s, u, v = run_model(lambda x: [*tf.svd(x, full_matrices=full)], x)
    largest = np.abs(x).max(initial=0)
    assert_close(s, np.linalg.svd(x, compute_uv=False), largest)
    for factor in (u, v):
        assert_close(
            flipped(factor) @ factor, np.broadcast_to(np.eye(factor.shape[2]), (len(x), *[factor.shape[2]] * 2))
        )
    least = min(x.shape[1:])
    assert_close(product(u[..., :least] * s[:, None], flipped(v[..., :least])), x, largest)
    assert u.shape[2] == (x.shape[1] if full else least)
    assert v.shape[2] == (x.shape[2] if full else least)


def test_small_singular_values_are_exact():
    x = MATRICES["of all sizes"]
    (s,) = run_model(lambda x: tf.svd(x, compute_uv=False), x)
    scaled = np.linalg.svd(x[0] / np.linalg.norm(x[0], axis=0), compute_uv=False)
    np.testing.assert_allclose(np.prod(s), np.abs(np.linalg.det(x[0])), rtol=1e-10 / scaled[-1])


@pytest.mark.parametrize("name", SQUARE)
def test_eigenvalues(name):
    x = MATRICES[name] + flipped(MATRICES[name])
    upper_is_not_read = np.tril(x) + np.triu(np.ones_like(x), 1)
    e, v = run_model(lambda x: [*tf.linalg.eigh(x)], upper_is_not_read)
    largest = np.abs(x).max(initial=0)
    assert_close(e, np.linalg.eigvalsh(x), 10 * largest)
    assert_close(flipped(v) @ v, np.broadcast_to(np.eye(x.shape[1]), x.shape))
    assert_close(product(v * e[:, None], flipped(v)), x, 10 * largest)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", MATRICES)
def test_orthogonal_factors(name, full):
    x = MATRICES[name]
    q, r = run_model(lambda x: [*tf.qr(x, full_matrices=full)], x)
    want_q, want_r = np.linalg.qr(x, mode="complete" if full else "reduced")
    largest = np.abs(x).max(initial=0)
    assert_close(q @ r, x, largest)
    assert_close(flipped(q) @ q, np.broadcast_to(np.eye(q.shape[2]), (len(x), *[q.shape[2]] * 2)))
    if name not in ("of low rank", "ones"):  # signs are those of reflections
        assert_close(r, want_r, largest)
        assert_close(q, want_q)


@pytest.mark.parametrize("name", REGULAR)
def test_equations(name):
    x = MATRICES[name]
    y = RANDOM.normal(size=(*x.shape[:2], 2))
    for adjoint in (False, True):
        matrix = flipped(x) if adjoint else x
        solution, inverse = run_model(
            lambda x, y, a=adjoint: [tf.matrix_solve(x, y, adjoint=a), tf.matrix_inverse(x, adjoint=a)], x, y
        )
        np.testing.assert_allclose(solution, np.linalg.solve(matrix, y), rtol=1e-8, atol=1e-11)
        np.testing.assert_allclose(inverse, np.linalg.inv(matrix), rtol=1e-8, atol=1e-11)
    lu, order = run_model(lambda x: [*tf.linalg.lu(x)], x)
    lower, upper = np.tril(lu, -1) + np.eye(x.shape[1]), np.triu(lu)
    permuted = np.take_along_axis(x, order[..., None].astype(np.int64), 1)
    assert_close(lower @ upper, permuted, np.abs(x).max(initial=0))
    assert (np.abs(lower) <= 1).all()


@pytest.mark.parametrize("name", SQUARE)
def test_determinants(name):
    x = MATRICES[name]
    det, sign, log = run_model(lambda x: [tf.matrix_determinant(x), *tf.linalg.slogdet(x)], x)
    want_sign, want_log = np.linalg.slogdet(x)
    np.testing.assert_allclose(det, np.linalg.det(x), rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(sign, want_sign)
    np.testing.assert_allclose(log, want_log, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rows", [1, 5, 50])
def test_triangles(rows):
    x = RANDOM.normal(size=(2, rows, rows)) / rows + 2 * np.eye(rows)
    y = RANDOM.normal(size=(2, rows, 3))
    positive = x @ flipped(x)
    broken = positive.copy()
    broken[1, rows - 1, rows - 1] = -1
    (factor,) = run_model(tf.cholesky, np.tril(positive) + np.triu(np.ones_like(x), 1))
    assert_close(factor, np.linalg.cholesky(positive), 10)
    (factor,) = run_model(tf.cholesky, broken)
    assert np.isnan(factor[1][np.tri(rows, dtype=bool)]).all()
    assert np.isfinite(factor[0]).all()
    for lower in (True, False):
        for adjoint in (True, False):
            (got,) = run_model(
                lambda x, y, k=(lower, adjoint): tf.matrix_triangular_solve(x, y, lower=k[0], adjoint=k[1]), x, y
            )
            triangle = np.tril(x) if lower else np.triu(x)
            assert_close(got, np.linalg.solve(flipped(triangle) if adjoint else triangle, y), 10)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: tf.matrix_solve(x, x),
        lambda x: tf.matrix_inverse(x),
        lambda x: tf.linalg.lu(x)[0],
    ],
)
def test_singular_matrices_fail(make):
    with pytest.raises(Exception, match=r"Reshape|Inverse"):
        run_model(make, np.stack([np.eye(3), np.zeros((3, 3))]))


def test_what_is_not_finite():
    x = np.stack([np.eye(3), np.full((3, 3), np.nan), np.full((3, 3), np.inf)])
    s, u, v = run_model(lambda x: [*tf.svd(x)], x)
    for part in (s, u, v):
        assert np.isfinite(part[0]).all()
        assert np.isnan(part[1:]).all()
    with pytest.raises(Exception, match="Reshape"):
        run_model(lambda x: tf.linalg.eigvalsh(x), x)


def test_only_operators_of_onnx():
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder("float32", [None, 4, 4], name="x")
        outputs = [*tf.svd(x), *tf.linalg.eigh(x), *tf.qr(x), *tf.linalg.lu(x), tf.matrix_solve(x, x), tf.cholesky(x)]
        model = tfonnx.export(outputs, x, sess)
    assert {node.domain for node in model.graph.node} == {""}
