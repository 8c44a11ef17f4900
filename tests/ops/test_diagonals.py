"""Rows of diagonals of matrices: several at once, every alignment, and matrices that are not square."""

from tests.cases import Case, arr, b, by_dtype, c64, expr, f16, f32, f64, i32, u8
from tests.runner import run_cases

ALIGNMENTS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")

CASES = [
    Case("linalg.diag_part", f32(2, 3, 5)),
    Case("linalg.diag_part", f32(5, 3), k=1),
    Case("linalg.diag_part", f32(5, 3), k=-3),
    *[Case("linalg.diag_part", f32(2, 4, 3), k=(-2, 1), align=align, padding_value=9.0) for align in ALIGNMENTS],
    *[Case("linalg.diag_part", f32(2, 3, 4), k=(1, 3), align=align) for align in ALIGNMENTS],
    Case("linalg.diag_part", f32(3, 4), k=4, raises="ValueError"),
    Case("linalg.diag_part", f32(3, 4), k=(1, 0), raises="ValueError"),
    Case("linalg.diag", f32(3), k=2, unknown_batch=False),  # the reference takes an unknown length for -1
    Case("linalg.diag", f32(3), k=-1, num_rows=4, num_cols=5, padding_value=-1.0),
    Case("linalg.diag", f32(3), num_rows=3, num_cols=2, raises="ValueError"),
    *[Case("linalg.diag", f32(2, 3, 3), k=(-1, 1), align=align, unknown_batch=False) for align in ALIGNMENTS],
    *[Case("linalg.diag", f32(2, 2, 3), k=(0, 1), num_rows=3, num_cols=4, align=align, unknown_batch=False)
      for align in ALIGNMENTS],
    Case("linalg.set_diag", f32(2, 3, 4), f32(2, 3)),
    Case("linalg.set_diag", f32(3, 4), f32(2), k=2),
    *[Case("linalg.set_diag", f32(4, 3), f32(3, 3, salt=1), k=(-1, 1), align=align) for align in ALIGNMENTS],
    Case("linalg.set_diag", f32(3, 4), f32(2), raises="InvalidArgumentError"),
    *by_dtype((f16, f64, i32, u8, b, c64), lambda t: Case("linalg.diag_part", t(3, 4), k=(0, 1))),
    *by_dtype((f16, f64, i32, u8, b, c64), lambda t: Case("linalg.set_diag", t(3, 3), t(3))),
    *by_dtype((f16, f64, i32, u8, b, c64), lambda t: Case("linalg.diag", t(2, 3), k=-1)),
    Case("linalg.tensor_diag", f32(2, 3)),
    Case("linalg.tensor_diag_part", f32(2, 3, 2, 3)),
    Case("linalg.tensor_diag_part", f32(2, 3), raises="ValueError"),
    Case("eye", 3, 2),
    Case("eye", 2, batch_shape=[3], dtype="float64"),
    Case("eye", arr(3, "int32"), arr(4, "int32")),
    expr("tf.eye(tf.shape(x)[0], batch_shape=tf.shape(x)[1:])", x=f32(3, 2)),
]  # fmt: skip

test_rows = run_cases("diagonals", CASES)
