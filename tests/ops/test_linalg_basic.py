"""Rows of matrix products and contractions."""

from tests.cases import Case, arr, expr, f32, f64
from tests.runner import run_cases

CASES = [
    Case("matmul", f32(3, 4), f32(4, 5)),
    Case("matmul", f64(3, 4), f64(5, 4), transpose_b=True),
    Case("matmul", f32(3, 4), f32(3, 4, salt=1), raises=("ValueError", "Dimensions must be equal")),
    expr("tf.gather(x, i)", x=f32(5, 2), i=arr([1, 1, 3], "int32")),
    Case("nn.softmax", f32(2, 3)),
]

test_rows = run_cases("linalg_basic", CASES)
