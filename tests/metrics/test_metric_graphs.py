"""Graphs, names of variables and first updates of tf.metrics, held to what the reference records."""

from __future__ import annotations

from tests.cases import arr, expr, f32
from tests.runner import run_cases

LABELS = arr([[1, 2], [2, 0], [4, 1]], "int64")
SCORES = f32(3, 5, lo=0, hi=1)
CHOSEN = arr([[1, 0, 3], [2, 4, 1], [0, 4, 2]], "int64")
TRUE = arr([True, False, True, True], "bool")
CHANCES = arr([0.9, 0.2, 0.4, 0.6])
CLASSES = arr([1, 0, 2, 1], "int64")
GUESSES = arr([1, 2, 2, 0], "int64")


CHECKED = ("auc", "average", "mean_iou", "sensitivity", "specificity")
"""Metrics that record conditions, or assertions, which are conditions too."""


def updated(call: str, **inputs):
    """The update of a metric and the names of its variables."""
    source = f"[tf.metrics.{call}[1], [v.name for v in tf.get_collection('metric_variables')]]"
    plain = not call.startswith(CHECKED) and "_thresholds" not in call and ("_at_" not in call or "weights" not in call)
    return expr(source, grad=False, unknown_batch=False, unknown_rank=False, graph=plain, **inputs)


CASES = [
    *(updated(f"{kind}_at_{end}", y=LABELS, x=x)
      for kind in ("precision", "recall")
      for end, x in (
        ("top_k(y, x)", CHOSEN), ("top_k(y, x, class_id=2)", CHOSEN),
        ("top_k(y, x, 3, 1, weights=[1.0, 0.0, 2.0])", CHOSEN), ("k(y, x, 2)", SCORES),
        ("k(y, x, 3, class_id=1)", SCORES), ("k(y, x, 1, weights=[1.0, 0.0, 2.0], name='named')", SCORES),
    )),
    updated("average_precision_at_k(y, x, 3)", y=LABELS, x=SCORES),
    updated("average_precision_at_k(y[:, 0], x, 2, weights=[1.0, 0.0, 2.0])", y=LABELS, x=SCORES),
    *(updated(f"auc(y, x, {options})", y=TRUE, x=CHANCES) for options in (
        "weights=[1.0, 0.0, 2.0, 0.5]", "curve='PR', num_thresholds=5, summation_method='careful_interpolation'",
        "summation_method='minoring', num_thresholds=7", "curve='PR', summation_method='majoring', name='area'",
    )),
    *(updated(f"{name}(y, x, {options})", y=TRUE, x=CHANCES) for name, options in (
        ("precision_at_thresholds", "[0.3, 0.5], weights=2.0"), ("recall_at_thresholds", "[0.3, 0.5]"),
        ("sensitivity_at_specificity", "0.5, num_thresholds=9"),
        ("false_negatives_at_thresholds", "[0.5], [1, 0, 1, 1]"),
        ("specificity_at_sensitivity", "0.6, num_thresholds=9, weights=[1.0, 0.0, 2.0, 0.5]"),
    )),
    *(updated(f"{name}(y, x, weights=[1, 0, 2, 1])", y=TRUE, x=arr([True, True, False, True], "bool"))
      for name in ("true_positives", "false_negatives", "precision", "recall")),
    *(updated(f"{name}(y, x, {options})", y=CLASSES, x=GUESSES) for name, options in (
        ("accuracy", "weights=[1.0, 0.0, 2.0, 0.5]"), ("mean_iou", "3"), ("mean_per_class_accuracy", "3"),
        ("mean_per_class_accuracy", "3, weights=tf.constant([1.0, 0.0, 2.0, 0.5])"),
    )),
    updated("percentage_below(x, 0.5, weights=[1.0, 0.0, 2.0, 0.5])", x=CHANCES),
    updated("mean_tensor(x)", x=CHANCES),
]  # fmt: skip

test_rows = run_cases("metric_graphs", CASES)
