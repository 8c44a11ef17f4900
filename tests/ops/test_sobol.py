"""Sobol's sequence."""

from __future__ import annotations

from tests.cases import Case, arr, const, expr, sym
from tests.runner import run_cases

CASES = [
    Case("math.sobol_sample", 1, 9),
    Case("math.sobol_sample", 7, 20, skip=5, dtype=sym("float64"), name="points"),
    Case("math.sobol_sample", 1111, 3, skip=1_000_000),
    Case("math.sobol_sample", 40, 2, skip=2**28 - 3),
    expr("tf.math.sobol_sample(d, n, s)", d=arr(3, "int32"), n=arr(4, "int32"), s=arr(2, "int32")),
    *(Case("math.sobol_sample", *arguments, raises=("InvalidArgumentError", words))
      for arguments, words in (
        ((0, 3), "dim must be at least one"), ((3, 0), "num_results must be at least one"),
        ((3, 2, -1), "skip must be non-negative"), ((2, 2**31 - 2, 1), "must be less than"),
    )),
    Case("math.sobol_sample", const([1, 2]), 3, raises=("ValueError", "rank")),
]  # fmt: skip

test_rows = run_cases("sobol", CASES)
