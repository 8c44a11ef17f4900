"""Rows of decompositions of matrices, by what does not depend on the signs of vectors, and of tridiagonal matrices."""

from tests.cases import COMPLEX, Case, arr, by_dtype, c128, const, expr, f16, f32, f64, i32, sym
from tests.runner import run_cases

WIDE = (f32, f64, *COMPLEX)
NAN = float("nan")
LU = const(arr([[4.0, 1.0, 0.5], [0.25, 3.0, -1.0], [0.5, -0.5, 5.0]]))
ORDER = const(arr([2, 0, 1], "int32"))
TALL, FLAT, SQUARE = (4, 2), (2, 4), (3, 3)


def absolute_svd(tf, x, **kwargs):
    """What does not depend on signs, and differentiates through all parts."""
    s, u, v = tf.svd(x, **kwargs)
    s = tf.cast(s, x.dtype)
    least = min(x.shape.as_list()[-2:]) if x.shape.rank and None not in x.shape.as_list()[-2:] else None
    u1, v1 = (u[..., :least], v[..., :least]) if least is not None else (u, v)
    return s, tf.abs(u), tf.abs(v), tf.matmul(u1, v1, adjoint_b=True)


def absolute_eigh(tf, x):
    """Eigenvalues, sizes of the elements of the eigenvectors, and a function of the matrix."""
    e, v = tf.self_adjoint_eig(tf.matmul(x, x, adjoint_b=True) + x + tf.linalg.adjoint(x))
    return e, tf.abs(v), tf.matmul(v * tf.sin(e)[..., None, :], v, adjoint_b=True)


def tridiagonal(tf, x, y, **kwargs):
    """Equations with a strong main diagonal."""
    return tf.linalg.tridiagonal_solve(x + tf.constant([[0.0], [6.0], [0.0]], x.dtype), y, **kwargs)


CASES = [
    # singular values
    *[case for shape in (TALL, FLAT, SQUARE)
      for case in by_dtype(WIDE, lambda t, s=shape: Case(absolute_svd, t(*s), tol=1e-4, graph=False, unknown_rank=False,
                                                         grad2=t not in COMPLEX))],
    Case(absolute_svd, f64(2, 3, 2), full_matrices=True, graph=False, unknown_rank=False),
    Case(absolute_svd, f64(2, 2, 3), full_matrices=True, graph=False, unknown_rank=False),
    Case(absolute_svd, c128(3, 2), full_matrices=True, graph=False, unknown_rank=False, grad=False),
    *by_dtype(WIDE, lambda t: Case("svd", t(4, 3), compute_uv=False)),
    Case("linalg.svd", f64(2, 3, 4), compute_uv=False, name="values"),
    Case("svd", f32(0, 3, 2)),
    Case("svd", f32(2, 0, 3)),
    Case("svd", f32(2, 0, 3), full_matrices=True),
    Case("svd", arr([[NAN, 1.0], [2.0, 3.0]]), grad=False),
    expr("tf.svd(x)[0]", x=arr([[[NAN, 1.0], [2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]]]), grad=False),
    Case("svd", f32(3), raises=("ValueError", "at least rank 2")),
    expr("tf.gradients(tf.svd(x, full_matrices=True)[1], x)", x=f32(4, 2), raises="NotImplementedError"),
    # eigenvalues
    *by_dtype(WIDE, lambda t: Case(absolute_eigh, t(3, 3), tol=1e-4, graph=False)),
    Case(absolute_eigh, f64(2, 3, 3), graph=False),
    *by_dtype((f32, f64), lambda t: Case("self_adjoint_eigvals", t(3, 3))),
    Case("linalg.eigvalsh", f64(2, 2, 2), name="values"),
    Case("linalg.eigh", f32(0, 3, 3)),
    Case("linalg.eigh", f32(2, 0, 0)),
    expr("tf.linalg.eigh(x)[0]", x=arr([[1.0, 99.0], [2.0, 3.0]]), grad=False),
    Case("self_adjoint_eig", arr([[NAN, 1.0], [1.0, 2.0]]),
         raises=("InvalidArgumentError", "eigen decomposition was not successful")),
    Case("self_adjoint_eig", f32(2, 3), raises=("ValueError", "Dimensions must be equal")),
    expr("tf.raw_ops.Eig(input=x, compute_v=False, Tout=tf.complex64).e", x=arr([[1.0, 2.0], [3.0, 4.0]]), grad=False),
    expr("tf.raw_ops.Eig(input=x, compute_v=False, Tout=tf.complex128).e", x=arr([[0.0, 2.0], [-3.0, 1.0]], "float64"),
         grad=False),
    # QR: the signs are those of Householder's reflections
    *[case for shape in (TALL, FLAT, SQUARE) for case in by_dtype(WIDE, lambda t, s=shape: Case("qr", t(*s)))],
    Case("qr", f16(3, 2), grad=False),
    Case("linalg.qr", f64(2, 4, 3), full_matrices=True, grad=False, name="whole"),
    Case("linalg.qr", f64(2, 2, 3), full_matrices=True),
    Case("qr", f32(0, 3, 2), grad=False),
    Case("qr", f32(2, 3, 0), full_matrices=True, grad=False),
    Case("qr", f32(2), raises="ValueError"),
    expr("tf.gradients(tf.qr(x, full_matrices=True)[0], x)", x=f32(4, 2), raises="NotImplementedError"),
    # LU
    *by_dtype(WIDE, lambda t: Case("linalg.lu", t(4, 4), grad=False)),
    Case("linalg.lu", f64(2, 3, 3), output_idx_type=sym("int64"), grad=False, name="factors"),
    Case("linalg.lu", f32(0, 3, 3), grad=False),
    Case("linalg.lu", arr([[1.0, 2.0], [2.0, 4.0]]), raises=("InvalidArgumentError", "Input is not invertible.")),
    Case("linalg.lu_solve", f64(3, 3), ORDER, f64(3, 2), tol=1e-5),
    Case("linalg.lu_solve", f64.positive(2, 2, 2), const(arr([[1, 0], [0, 1]], "int32")), f64(2, 2, 3), name="solved"),
    Case("linalg.lu_solve", f64.positive(2, 2), const(arr([[1, 0], [0, 1]], "int32")), f64(2, 3),
         raises=("ValueError", "must equal `rank")),
    Case("linalg.lu_solve", LU, ORDER, f32(3, 2), validate_args=True, unknown_rank=False),
    Case("linalg.lu_solve", f32(2, 2), const(arr([0, 1], "int32")), f32(3, 2), raises="ValueError"),
    Case("linalg.lu_matrix_inverse", f64.positive(3, 3), ORDER, tol=1e-5),
    Case("linalg.lu_reconstruct", f64(3, 3), ORDER, unknown_rank=False),
    Case("linalg.lu_reconstruct", f64(2, 2, 2), const(arr([[1, 0], [0, 1]], "int32")), graph=False),
    Case("linalg.lu_reconstruct", f64(2, 3), ORDER, raises=("ValueError", "must be square")),
    # rank and pseudo-inverse
    Case("linalg.matrix_rank", f32(4, 3), grad=False),
    Case("linalg.matrix_rank", arr([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]]), grad=False, name="count"),
    Case("linalg.matrix_rank", f64(2, 3, 3), tol=1.0, validate_args=True, grad=False),
    *by_dtype((f32, f64), lambda t: Case("linalg.pinv", t(4, 3), tol=1e-4)),
    Case("linalg.pinv", f64(2, 2, 3), rcond=0.2, name="inverse", validate_args=True),
    Case("linalg.pinv", arr([[1.0, 2.0], [2.0, 4.0]], "float64"), grad=False),
    Case("linalg.pinv", i32(2, 2), raises=("TypeError", "must have `float`-like `dtype`")),
    *by_dtype((f32, f64), lambda t: Case("norm", t(3, 4), ord=2, axis=(0, 1), graph=False)),
    Case("norm", c128(2, 3, 2), ord=2, axis=(-2, -1), graph=False, static=False),
    Case("norm", f64(2, 3, 4), ord=2, axis=(2, 0), keepdims=True, graph=False, static=False),
    # tridiagonal matrices
    *[Case("linalg.eigh_tridiagonal", arr([1, 2, 3, 4], "float64"), f64(3), graph=False, grad=False,
           unknown_batch=False, unknown_rank=False, tol=1e-6, **kw)
      for kw in ({}, {"select": "i", "select_range": (1, 2)})],
    *by_dtype(WIDE, lambda t: Case(tridiagonal, t(3, 5), t(5, 2))),
    Case(tridiagonal, f64(3, 5), f64(5)),
    Case(tridiagonal, f64(2, 3, 4), f64(2, 4, 2), partial_pivoting=False, name="solved"),
    Case(tridiagonal, c128(3, 4), c128(2, 4), transpose_rhs=True, conjugate_rhs=True, unknown_batch=False,
         unknown_rank=False),
    Case("linalg.tridiagonal_solve", f64(3, 5), f64(5, 1), tol=1e-5, grad2=False),
    Case("linalg.tridiagonal_solve", arr([[1, 1, 0], [0, 1, 1], [0, 1, 1]], "float64"), f64(3, 1), grad=False),
    Case("linalg.tridiagonal_solve", arr([[1, 1, 0], [0, 0, 0], [0, 1, 1]], "float32"), f32(3, 1), grad=False),
    Case("linalg.tridiagonal_solve", [f64(3), 5 + f64(4), f64(3, salt=1)], f64(4, 2), diagonals_format="sequence"),
    Case("linalg.tridiagonal_solve", f64.positive(4, 4), f64(4, 2), diagonals_format="matrix", tol=1e-5),
    Case("linalg.tridiagonal_solve", f64(2, 4), f64(4, 2), raises=("ValueError", "Expected 3 diagonals")),
    Case("linalg.tridiagonal_solve", f64(3, 4), f64(3, 2), raises="ValueError"),
    *by_dtype(WIDE, lambda t: Case("linalg.tridiagonal_matmul", t(3, 5), t(5, 2), unknown_rank=False)),
    Case("linalg.tridiagonal_matmul", f64(2, 3, 4), f64(2, 4, 1), name="product", unknown_rank=False),
    Case("linalg.tridiagonal_matmul", [f64(4), f64(4, salt=1), f64(4, salt=2)], f64(4, 2), diagonals_format="sequence"),
    Case("linalg.tridiagonal_matmul", f64(4, 4), f64(4, 2), diagonals_format="matrix", unknown_rank=False),
]  # fmt: skip

test_rows = run_cases("decompositions", CASES)
