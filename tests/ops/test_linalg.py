"""Rows of equations with dense matrices: factors, inverses, determinants, solutions, functions of matrices."""

from tests.cases import COMPLEX, Case, arr, by_dtype, c64, c128, const, expr, f32, f64
from tests.runner import run_cases

WIDE = (f32, f64, *COMPLEX)
SYMMETRIC = "tf.matmul(x, x, adjoint_b=True) + 2 * tf.eye(3, dtype=x.dtype)"
SINGULAR = arr([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
WELL = [[4.0, 1.0, 0.5], [0.0, 3.0, -1.0], [2.0, -1.0, 5.0]]

CASES = [
    # Cholesky factors: the lower triangle alone is read
    *by_dtype(WIDE, lambda t: expr(f"tf.cholesky({SYMMETRIC})", x=t(3, 3))),
    expr(f"tf.linalg.cholesky({SYMMETRIC}, name='factor')", x=f64(2, 3, 3)),
    Case("cholesky", arr([[4.0, 99.0], [2.0, 5.0]], "float64"), tol=1e-6),
    Case("cholesky", f32(0, 3, 3)),
    Case("cholesky", f32(2, 0, 0)),
    Case("cholesky", arr([[1.0, 2.0], [2.0, 1.0]]), grad=False),
    Case("cholesky", f32(2, 3), raises=("ValueError", "Dimensions must be equal")),
    Case("cholesky", f32(3), raises=("ValueError", "at least rank 2")),
    expr(f"tf.cholesky_solve(tf.cholesky({SYMMETRIC}), y)", x=f64(3, 3), y=f64(3, 2)),
    Case("cholesky_solve", f32.positive(2, 2, 2), f32(2, 2, 3), name="solved"),
    expr("tf.raw_ops.CholeskyGrad(l=x, grad=y)", x=f64.positive(3, 3), y=f64(3, 3), grad=False),
    # inverses and equations
    *by_dtype(WIDE, lambda t: expr("tf.matrix_inverse(x + 4 * tf.eye(3, dtype=x.dtype))", x=t(3, 3))),
    *by_dtype(WIDE, lambda t: expr("tf.linalg.inv(x + 4 * tf.eye(3, dtype=x.dtype), adjoint=True)", x=t(3, 3))),
    Case("matrix_inverse", f32(2, 2, 2), name="inverse", tol=1e-4),
    Case("matrix_inverse", f32(0, 2, 2)),
    Case("matrix_inverse", SINGULAR, raises=("InvalidArgumentError", "Input is not invertible.")),
    Case("matrix_inverse", f32(2, 3), raises=("ValueError", "Dimensions must be equal")),
    *by_dtype(WIDE, lambda t: expr("tf.matrix_solve(x + 4 * tf.eye(3, dtype=x.dtype), y)", x=t(3, 3), y=t(3, 2))),
    expr("tf.linalg.solve(x + 4 * tf.eye(3, dtype=x.dtype), y, adjoint=True)", x=c128(3, 3), y=c128(3, 2)),
    Case("matrix_solve", arr([WELL, WELL]) + f32(2, 3, 3, lo=0, hi=0.3), f32(2, 3, 1), adjoint=True),
    Case("matrix_solve", f32(0, 2, 2), f32(0, 2, 3)),
    Case("matrix_solve", SINGULAR, f32(3, 1), raises=("InvalidArgumentError", "Input matrix is not invertible.")),
    Case("matrix_solve", f32(3, 3), f32(2, 3), raises=("ValueError", "Dimensions must be equal")),
    *[
        expr(f"tf.matrix_triangular_solve(x + 3 * tf.eye(3, dtype=x.dtype), y, lower={lower}, adjoint={adjoint})",
             x=maker(3, 3), y=maker(3, 2))
        for lower in (True, False) for adjoint in (True, False) for maker in (f64, c64)
    ],
    expr("tf.linalg.triangular_solve(x + 3 * tf.eye(3, dtype=x.dtype), y)", x=f64(2, 1, 3, 3), y=f64(4, 3, 2)),
    Case("linalg.triangular_solve", f32.positive(2, 2), f32(3, 2, 1), lower=False, name="solved"),
    Case("matrix_triangular_solve", arr([[1.0, 2.0], [2.0, 0.0]]), f32(2, 1), grad=False),
    Case("matrix_triangular_solve", f64.positive(20, 20), f64(20, 2), grad2=False, tol=1e-6),
    # least squares: more rows, more columns, a regularizer, batches, unknown sizes
    *by_dtype(WIDE, lambda t: Case("matrix_solve_ls", t(4, 2), t(4, 3))),
    *by_dtype((f32, f64, c64), lambda t: Case("matrix_solve_ls", t(2, 4), t(2, 3), l2_regularizer=0.5)),
    Case("matrix_solve_ls", c128(4, 2), c128(4, 3), 0.5, raises=("NotImplementedError", "due to poor accuracy")),
    Case("linalg.lstsq", f64(2, 4, 3), f64(2, 4, 1), l2_regularizer=0.25, name="fit", unknown_rank=False),
    Case("matrix_solve_ls", f64(4, 2), f64(4, 3), 0.5, fast=False, grad=False),
    Case("matrix_solve_ls", f64(2, 4), f64(2, 3), fast=False, grad=False),
    Case("matrix_solve_ls", arr([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), f32(3, 1), grad=False, unknown_batch=False,
         unknown_rank=False),
    expr("tf.raw_ops.MatrixSolveLs(matrix=x, rhs=[[1.], [2.], [3.]], l2_regularizer=0, fast=True)",
         x=arr([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), raises=("InvalidArgumentError", "rank deficient")),
    expr("tf.raw_ops.MatrixSolveLs(matrix=x, rhs=y, l2_regularizer=r, fast=True)", x=f64(4, 2), y=f64(4, 3),
         r=const(0.5)),
    expr("tf.raw_ops.MatrixSolveLs(matrix=x, rhs=y, l2_regularizer=r, fast=True)", x=f64(2, 4), y=f64(2, 3),
         r=const(0.5)),
    # determinants
    *by_dtype(WIDE, lambda t: Case("matrix_determinant", t(3, 3))),
    Case("linalg.det", f64(2, 2, 2), name="det"),
    Case("matrix_determinant", f32(2, 0, 0), grad=False),
    Case("matrix_determinant", SINGULAR, grad=False),
    Case("matrix_determinant", f32(3, 2), raises="ValueError"),
    *by_dtype(WIDE, lambda t: Case("linalg.slogdet", t(3, 3))),
    Case("linalg.slogdet", f64(2, 2, 2), name="det"),
    *by_dtype(WIDE, lambda t: expr(f"tf.linalg.logdet({SYMMETRIC})", x=t(3, 3))),
    # functions of matrices
    *by_dtype(WIDE, lambda t: Case("linalg.expm", t(3, 3), graph=False)),
    Case("linalg.expm", 0.01 * f32(2, 2, 2), name="exp", graph=False),
    Case("linalg.expm", 9 * f64(2, 3, 2, 2), grad2=False, graph=False),
    Case("linalg.expm", f32(0, 0), graph=False, unknown_batch=False),
    Case("linalg.expm", arr([[float("nan"), 1.0], [0.0, 1.0]]), grad=False, graph=False),
    *by_dtype((f32, f64, *COMPLEX), lambda t: expr(f"tf.linalg.sqrtm({SYMMETRIC})", x=t(3, 3))),
    expr("tf.linalg.sqrtm(tf.eye(2) + x)", x=arr([[0.0, 1.0], [0.0, 0.0]]), grad=False),
    Case("linalg.sqrtm", arr([[[-1.0, 0.0], [0.0, 1.0]], [[4.0, 1.0], [0.0, 9.0]]]), grad=False),
    *by_dtype(COMPLEX, lambda t: expr(f"tf.linalg.logm({SYMMETRIC})", x=t(3, 3), grad=False)),
    # diagonals of triangles
    *[
        expr(f"tf.raw_ops.BandedTriangularSolve(matrix=x, rhs=y, lower={lower}, adjoint={adjoint})",
             x=maker.positive(2, 3) if maker is f64 else maker(2, 3), y=maker(3, 2))
        for lower in (True, False) for adjoint in (True, False) for maker in (f64, c128)
    ],
    expr("tf.linalg.eye(2, batch_shape=[3], dtype=tf.float64) + x", x=f64(2, 2)),
]  # fmt: skip

test_rows = run_cases("linalg", CASES)
