"""Rows of linear operators: what they answer for the same matrices, dense or not."""

import pytest

import tfcompat.compat.v1 as tf
from tests.cases import Case, arr, by_dtype, c64, c128, const, f32, f64
from tests.runner import run_cases

SQUARE = ("to_dense", "determinant", "log_abs_determinant", "diag_part", "trace")
X = f64(3, 2)
OFF = {"graph": False, "unknown_rank": False, "unknown_batch": False}


def answers(tf, cls, x, *args, methods=SQUARE, solve=True, **kwargs):
    """Products, solutions and numbers of an operator, and of its adjoint and inverse."""
    operator = getattr(tf.linalg, f"LinearOperator{cls}")(*args, **kwargs)
    results = [
        operator.matmul(x),
        operator.H.matmul(x),
        operator.matvec(x[..., 0]),
        operator.add_to_tensor(operator.to_dense()),
    ]
    results += [getattr(operator, m)() for m in methods]
    if solve:
        results += [operator.solve(x), operator.solve(x, adjoint=True), operator.inverse().matmul(x)]
    return results, operator.shape_tensor(), operator.batch_shape_tensor(), operator.domain_dimension_tensor()


def built(tf, maker, x, *args, solve=True, methods=SQUARE):
    """The same for operators made of others."""
    L = tf.linalg
    full, diag = L.LinearOperatorFullMatrix, L.LinearOperatorDiag
    makers = {
        "composition": lambda a, b: L.LinearOperatorComposition([full(a), full(b)]),
        "kronecker": lambda a, b: L.LinearOperatorKronecker([full(a), full(b)]),
        "blocks": lambda a, b: L.LinearOperatorBlockDiag([full(a), diag(b)]),
        "triangle": lambda a, b, c: L.LinearOperatorBlockLowerTriangular([[full(a)], [full(b), diag(c)]]),
        "adjoint": lambda a: L.LinearOperatorAdjoint(full(a)),
        "inversion": lambda a: L.LinearOperatorInversion(full(a, is_non_singular=True)),
        "update": lambda a, u, d, v: L.LinearOperatorLowRankUpdate(diag(a), u, d, v),
        "symmetric": lambda a, u: L.LinearOperatorLowRankUpdate(diag(a, is_positive_definite=True), u),
        "product": lambda a, b: diag(a).matmul(L.LinearOperatorLowerTriangular(b)),
        "quotient": lambda a, b: full(a, is_non_singular=True).solve(full(b)),
    }
    operator = makers[maker](*args)
    results = [operator.matmul(x), operator.matmul(x, adjoint=True)]
    results += [getattr(operator, m)() for m in methods]
    if solve:
        results += [operator.solve(x), operator.solve(x, adjoint=True)]
    return results, operator.shape_tensor(), operator.name


def factors(tf, cls, *args, **kwargs):
    """The Cholesky factor, the condition and the eigenvalues of a positive definite operator."""
    operator = getattr(tf.linalg, f"LinearOperator{cls}")(
        *args, is_self_adjoint=True, is_positive_definite=True, **kwargs
    )
    return operator.cholesky().to_dense(), operator.cond(), operator.eigvals()


def refused(tf, cls, method, *args, **kwargs):
    """What an operator refuses."""
    return getattr(getattr(tf.linalg, f"LinearOperator{cls}")(*args), method)(**kwargs)


def gradients(tf, matrix, rhs, **kwargs):
    """The solution by conjugate gradients, and how many steps that took."""
    promises = {"is_self_adjoint": True, "is_positive_definite": True}
    operator = tf.linalg.LinearOperatorFullMatrix(matrix, **promises)
    state = tf.linalg.experimental.conjugate_gradient(operator, rhs, **kwargs)
    return state.i, state.x


WELL = arr([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]], "float64")
CASES = [
    Case(gradients, WELL, f64(3), grad=False, **OFF),
    Case(gradients, WELL, f64(2, 3), max_iter=2, grad=False, tol=1e-6, **OFF),
    *by_dtype((f64, c128), lambda t: Case(answers, "FullMatrix", t(3, 2), t(3, 3), tol=1e-5, **OFF)),
    *by_dtype((f64, c128), lambda t: Case(answers, "Diag", t(3, 2), t(3), **OFF)),
    *by_dtype((f64, c128), lambda t: Case(answers, "LowerTriangular", t(3, 2), t(3, 3), tol=1e-5, **OFF)),
    Case(answers, "Diag", f64(2, 3, 2), f64(2, 3), **OFF),
    Case(answers, "FullMatrix", f32(3, 2), f32(2, 3, 3) + arr([[3, 0, 0], [0, 3, 0], [0, 0, 3]]), tol=1e-4, **OFF),
    Case(answers, "Householder", X, f64(3), **OFF),
    Case(answers, "Identity", f32(3, 2), 3, **OFF),
    Case(answers, "Identity", f32(3, 2), 3, batch_shape=[2], **OFF),
    Case(answers, "ScaledIdentity", X, 3, f64.positive(2), **OFF),
    Case(answers, "Zeros", f32(3, 2), 3, methods=("to_dense", "diag_part", "trace"), solve=False, **OFF),
    Case(answers, "Permutation", f32(3, 2), const(arr([2, 0, 1], "int32")), methods=("to_dense", "trace"), **OFF),
    Case(answers, "Tridiag", X, [f64(3), 5 + f64(3, salt=1), f64(3, salt=2)], diagonals_format="sequence", **OFF),
    Case(answers, "Tridiag", X, f64(3, 3), tol=1e-5, **OFF),
    Case(answers, "Toeplitz", X, f64(3) + arr([5.0, 0, 0], "float64"), f64(3, salt=1), **OFF),
    Case(answers, "Circulant", c64(3, 2), c64(3) + 3, tol=1e-4, **OFF),
    Case(answers, "Circulant2D", c64(6, 2), c64(2, 3) + 3, tol=1e-4, grad2=False, **OFF),
    Case(answers, "Circulant3D", c64(8, 2), c64(2, 2, 2) + 3, tol=1e-4, grad2=False, **OFF),
    Case(built, "composition", X, f64(3, 3), f64(3, 3, salt=1), tol=1e-5, **OFF),
    Case(built, "kronecker", f64(6, 2), f64(2, 2), f64(3, 3), tol=1e-5, **OFF),
    Case(built, "blocks", f64(5, 2), f64(2, 2), f64(3), tol=1e-5, **OFF),
    Case(built, "blocks", f64(5, 2), f64(4, 2, 2), f64(3), tol=1e-5, **OFF),
    Case(built, "triangle", f64(5, 2), f64(2, 2), f64(3, 2), f64(3), tol=1e-5, **OFF),
    Case(built, "adjoint", c128(3, 2), c128(3, 3), tol=1e-5, **OFF),
    Case(built, "inversion", X, f64(3, 3), tol=1e-4, grad2=False, **OFF),
    Case(built, "update", X, 2 + f64.positive(3), f64(3, 1), f64.positive(1), f64(3, 1, salt=1), tol=1e-5, **OFF),
    Case(built, "symmetric", X, 2 + f64.positive(3), f64(3, 2, salt=1), tol=1e-5, **OFF),
    Case(built, "product", X, f64(3), f64(3, 3), tol=1e-5, methods=("to_dense", "trace"), **OFF),
    Case(built, "quotient", X, WELL, f64(3, 3), solve=False, methods=("to_dense",), tol=1e-5, grad2=False, **OFF),
    Case(factors, "FullMatrix", WELL, grad=False, **OFF),
    Case(factors, "Diag", f64.positive(3), grad=False, **OFF),
    Case(refused, "FullMatrix", "cholesky", f32(2, 2), raises=("ValueError", "Cholesky")),
    Case(refused, "FullMatrix", "solve", f32(2, 3), rhs=f32(2, 1), raises="NotImplementedError"),
    Case(refused, "FullMatrix", "matmul", f32(2, 2), x=f32(3, 1), raises=("ValueError", "not compatible")),
    Case(refused, "FullMatrix", "matmul", f32(2, 2), x=f64(2, 1), raises="TypeError"),
    Case(refused, "Zeros", "inverse", 2, raises=("ValueError", "singular")),
]  # fmt: skip

test_rows = run_cases("linear_operators", CASES)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda linalg: linalg.LinearOperatorIdentity(2, is_non_singular=None), "always non-singular"),
        (lambda linalg: linalg.LinearOperatorIdentity(2, is_positive_definite=None), "always positive-definite"),
        (lambda linalg: linalg.LinearOperatorToeplitz([1.0], 1.0), "row must have at least 1 dimension"),
        (lambda linalg: linalg.LinearOperatorToeplitz(1.0, [1.0]), "col must have at least 1 dimension"),
        (lambda linalg: linalg.LinearOperatorKronecker([]), "list of >=1 operators"),
        (lambda linalg: linalg.LinearOperatorComposition([]), "non-empty list of operators"),
    ],
)
def test_operators_that_cannot_be(make, message):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
        make(tf.linalg)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda linalg: linalg.LinearOperatorDiag([1.0, 0.0]).assert_positive_definite(), "non-positive diagonal"),
        (lambda linalg: linalg.LinearOperatorScaledIdentity(2, -1.0).assert_positive_definite(), "not positive defin"),
        (lambda linalg: linalg.LinearOperatorScaledIdentity(2, 1 + 1j).assert_self_adjoint(), "not self-adjoint"),
    ],
)
def test_checks_of_diagonals(check, message):
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.linalg.LinearOperatorDiag([1 + 1j, 2.0]).assert_positive_definite())
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(check(tf.linalg))
