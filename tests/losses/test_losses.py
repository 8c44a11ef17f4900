"""tf.losses: values, graphs, gradients and errors."""

from tests.cases import Case, arr, f32, i64
from tests.runner import run_cases

TWO = (f32(4, 3, lo=0.1, hi=0.9), f32(4, 3, salt=1, lo=0.1, hi=0.9))
WEIGHTS = arr([[1], [0], [2.5], [1]], "float32")
BOTH = ("absolute_difference", "hinge_loss", "huber_loss", "log_loss", "mean_squared_error", "sigmoid_cross_entropy")
PLAIN = {"unknown_rank": False, "unknown_batch": False, "grad2": False}

CASES = [
    *[Case(f"losses.{name}", *TWO, **PLAIN) for name in BOTH],
    *[Case(f"losses.{name}", *TWO, weights=WEIGHTS, **PLAIN) for name in BOTH],
    *[Case("losses.mean_squared_error", *TWO, weights=WEIGHTS, reduction=key, **PLAIN)
      for key in ("none", "weighted_sum", "weighted_mean", "weighted_sum_over_batch_size")],
    Case("losses.cosine_distance", *TWO, 1, **PLAIN),
    Case("losses.mean_pairwise_squared_error", *TWO, **PLAIN),
    Case("losses.mean_pairwise_squared_error", *TWO, weights=WEIGHTS, **PLAIN),
    Case("losses.softmax_cross_entropy", *TWO, label_smoothing=0.1, **PLAIN),
    Case("losses.sigmoid_cross_entropy", *TWO, label_smoothing=0.1, **PLAIN),
    Case("losses.sparse_softmax_cross_entropy", arr([0, 2, 1, 1], "int64"), f32(4, 3), **PLAIN),
    Case("losses.sparse_softmax_cross_entropy", arr([[0], [2], [1], [1]], "int64"), f32(4, 3), weights=WEIGHTS,
         **PLAIN),
    Case("losses.compute_weighted_loss", i64(2, 3), weights=2, **PLAIN),
    Case("losses.mean_squared_error", *TWO, weights=f32(3), raises=("ValueError", "can not be broadcast")),
    Case("losses.mean_squared_error", *TWO, weights=f32(4, 2), raises=("ValueError", "Mismatch at dim 1")),
    Case("losses.mean_squared_error", *TWO, reduction="mean", raises=("ValueError", "Invalid Reduction Key")),
]  # fmt: skip

test_rows = run_cases("losses", CASES)
