"""Losses of tf.keras as functions and objects, and the functions among its metrics."""

import numpy as np

from tests.cases import Case, arr, expr, f32, f64, i32
from tests.runner import run_cases

FIXED = {"unknown_batch": False, "unknown_rank": False}
KNOWN_RANK = {"unknown_rank": False}
# conditions are recorded otherwise, and version 1.15 has other names or signs than the recorded newer one
OTHER = {"graph": False, **FIXED}
BITS = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 1]], np.float32)
SIGNS = BITS * 2 - 1
WEIGHTS = "np.array([0.5, 2.0, 0.0], np.float32)"


def loss(text: str, call: str = "x, y", **options: object) -> Case:
    options = {"x": f32(3, 4, lo=0.05, hi=1), "y": f32(3, 4, lo=0.05, hi=1, salt=1), **KNOWN_RANK, **options}
    return expr(f"tf.keras.losses.{text}({call})", **options)


FUNCTIONS = ("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
             "mean_squared_logarithmic_error", "poisson", "logcosh", "kullback_leibler_divergence", "categorical_hinge",
             "categorical_crossentropy", "binary_crossentropy")  # fmt: skip

CASES = [
    *[Case(f"keras.losses.{name}", f32(3, 4, lo=0.05, hi=1), f32(3, 4, lo=0.05, hi=1, salt=1), **KNOWN_RANK)
      for name in FUNCTIONS],
    *[Case(f"keras.losses.{name}", labels, f32(3, 4), **OTHER)
      for name in ("hinge", "squared_hinge") for labels in (BITS, SIGNS)],
    Case("keras.losses.mean_squared_error", i32(2, 3), f64(2, 3)),
    Case("keras.losses.mean_squared_error", f32(2, 3, 4), f32(2, 3, 4, salt=1)),
    Case("keras.losses.categorical_crossentropy", BITS, f32(3, 4), from_logits=True, label_smoothing=0.2, **KNOWN_RANK),
    Case("keras.losses.binary_crossentropy", BITS, f32(3, 4), from_logits=True, label_smoothing=0.2),
    Case("keras.losses.sparse_categorical_crossentropy", i32(3, 1, lo=0, hi=4), f32(3, 4, lo=0.1, hi=1), **KNOWN_RANK),
    Case("keras.losses.sparse_categorical_crossentropy", i32(2, 3, lo=0, hi=4), f32(2, 3, 4), from_logits=True,
         **KNOWN_RANK),

    *[loss(f"{name}()") for name in ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                                     "MeanSquaredLogarithmicError", "CategoricalHinge", "Poisson", "BinaryCrossentropy",
                                     "CategoricalCrossentropy")],
    *[loss(f"{name}()", **OTHER) for name in ("LogCosh", "KLDivergence")],
    *[loss(f"{name}()", x=BITS, y=f32(3, 4), **OTHER) for name in ("Hinge", "SquaredHinge")],
    *[loss(f"Huber({delta})", x=f32(3, 4), y=f32(3, 4, salt=1)) for delta in ("", "0.3")],
    loss("BinaryCrossentropy(from_logits=True, label_smoothing=0.1)", x=BITS, y=f32(3, 4)),
    loss("CategoricalCrossentropy(from_logits=True)", x=BITS, y=f32(3, 4)),
    loss("SparseCategoricalCrossentropy()", x=i32(3, lo=0, hi=4)),
    loss("SparseCategoricalCrossentropy(from_logits=True)", x=i32(3, 1, lo=0, hi=4), y=f32(3, 4), graph=False),
    *[loss(f"BinaryFocalCrossentropy({options})", x=BITS, y=f32(3, 4, lo=0.05, hi=0.95), **OTHER)
      for options in ("", "True, 0.3, 1.5, label_smoothing=0.2", "from_logits=True, axis=0")],
    *[loss(f"CategoricalFocalCrossentropy({options})", x=BITS, **OTHER)
      for options in ("", "[0.1, 0.2, 0.3, 0.4], 1.5, label_smoothing=0.2", "from_logits=True, axis=0")],
    *[loss(f"MeanSquaredError(reduction='{reduction}')") for reduction in ("none", "sum", "sum_over_batch_size")],
    *[loss(f"MeanSquaredError(reduction='{reduction}', name='n')", f"x, y, sample_weight={WEIGHTS}",
           unknown_batch=False)
      for reduction in ("none", "sum", "auto")],
    loss("MeanAbsoluteError()", "x, y, sample_weight=w", w=f32(3, 1, salt=2), unknown_batch=False),
    loss("MeanAbsoluteError()", "x, y, sample_weight=2.5"),
    loss("MeanSquaredError(reduction='sum')", "x, y, w", x=f32(2, 3, 4), y=f32(2, 3, 4, salt=1), w=f32(2, 3, salt=2)),
    loss("MeanSquaredError()", x=f64(2, 3), y=f64(2, 3, salt=1)),
    loss("MeanSquaredError()", x=f32(3), y=f32(3, 1, salt=1), static=False, graph=False),
    loss("MeanSquaredError(reduction='foo')", raises=("ValueError", "Invalid Reduction Key")),

    Case("keras.metrics.binary_accuracy", BITS, f32(3, 4, lo=0, hi=1), graph=False),
    Case("keras.metrics.binary_accuracy", BITS, f32(3, 4, lo=0, hi=1), threshold=0.2, graph=False),
    Case("keras.metrics.categorical_accuracy", f32(3, 4), f32(3, 4, salt=1), **OTHER),
    Case("keras.metrics.sparse_categorical_accuracy", i32(3, lo=0, hi=4), f32(3, 4), **OTHER),
    Case("keras.metrics.sparse_categorical_accuracy", arr([[2], [0], [1]]), f32(3, 4), **OTHER),
    Case("keras.metrics.top_k_categorical_accuracy", f32(3, 6), f32(3, 6, salt=1), **OTHER),
    Case("keras.metrics.top_k_categorical_accuracy", f32(3, 4), f32(3, 4, salt=1), k=2, **OTHER),
    Case("keras.metrics.sparse_top_k_categorical_accuracy", i32(3, lo=0, hi=4), f32(3, 4), k=2, **OTHER),
]  # fmt: skip

test_rows = run_cases("keras_losses", CASES)
