"""Programs of tf.keras.metrics: two batches of each, the second with weights, the state, a reset, the configuration."""

import numpy as np

from tests.keras.observed import numbers

PROBABILITIES = [(numbers(4, 3, salt=i) + 1.0) / 2.0 for i in (1, 2)]
BINARY = [(numbers(4, 3, salt=i) > 0.1).astype(np.float32) for i in (3, 4)]
NUMBERS = [numbers(4, 3, salt=i) for i in (5, 6)]
CLASSES = [np.array([[0], [2], [1], [1]], np.float32), np.array([[2], [2], [0], [1]], np.float32)]
ONE_HOT = [np.eye(3, dtype=np.float32)[c[:, 0].astype(int)] for c in CLASSES]
ROW_WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0], np.float32)
WEIGHTS = [[0.5, 2.0, 0.0], [1.0, 1.0, 3.0], [0.2, 0.0, 1.0], [1.0, 0.5, 0.5]]


def _batches(make, labels, predictions, weights=ROW_WEIGHTS):
    """Two updates of a metric, its variables after them, and what a reset leaves."""

    def program(tf):
        keras = tf.keras
        metric = make(keras.metrics)
        values = [labels] if predictions is None else [labels, predictions]
        feeds = [tf.placeholder(tf.float32, (None,) + v[0].shape[1:]) for v in values]
        first = metric(*feeds)
        second = metric(*feeds, **({} if weights is None else {"sample_weight": tf.constant(weights)}))
        session = keras.backend.get_session()
        kept = {
            "first": session.run(first, dict(zip(feeds, [v[0] for v in values]))),  # noqa: B905
            "second": session.run(second, dict(zip(feeds, [v[1] for v in values]))),  # noqa: B905
        }
        kept["result"] = session.run(metric.result())
        state = session.run(list(metric.variables))
        kept["sums"] = [np.float32(np.sum(s * np.arange(1, s.size + 1).reshape(s.shape))) for s in map(np.array, state)]
        kept["shapes"] = [v.shape.as_list() for v in metric.variables]
        kept["names"] = [v.name for v in metric.variables]
        kept["collected"] = len(tf.global_variables())
        metric.reset_states()
        kept["after reset"] = session.run(metric.result())
        kept["again"] = session.run(first, dict(zip(feeds, [v[0] for v in values])))  # noqa: B905
        kept["name"] = metric.name
        return kept

    return program


def _of(cls, *args, **kwargs):
    return lambda metrics: getattr(metrics, cls)(*args, **kwargs)


PROGRAMS = {
    "mean": _batches(_of("Mean"), NUMBERS, None),
    "mean_elementwise": _batches(_of("Mean", name="m"), NUMBERS, None, WEIGHTS),
    "sum": _batches(_of("Sum"), NUMBERS, None),
    "mean_tensor": _batches(_of("MeanTensor"), [n[:1] for n in NUMBERS], None, None),
    "accuracy": _batches(_of("Accuracy"), CLASSES, [CLASSES[1], CLASSES[0]]),
    "binary_accuracy": _batches(_of("BinaryAccuracy"), BINARY, PROBABILITIES),
    "binary_accuracy_threshold": _batches(_of("BinaryAccuracy", threshold=0.2), BINARY, PROBABILITIES),
    "categorical_accuracy": _batches(_of("CategoricalAccuracy"), ONE_HOT, PROBABILITIES),
    "sparse_categorical_accuracy": _batches(_of("SparseCategoricalAccuracy"), CLASSES, PROBABILITIES),
    "top_k": _batches(_of("TopKCategoricalAccuracy", k=2), ONE_HOT, PROBABILITIES),
    "sparse_top_k": _batches(_of("SparseTopKCategoricalAccuracy", k=2), [c[:, 0] for c in CLASSES], PROBABILITIES),
    "root_mean_squared_error": _batches(_of("RootMeanSquaredError"), NUMBERS, PROBABILITIES),
    "mean_relative_error": _batches(
        _of("MeanRelativeError", np.round(numbers(4, 3, salt=9) + 1.2)), NUMBERS, PROBABILITIES, WEIGHTS
    ),
    "cosine_similarity": _batches(_of("CosineSimilarity"), NUMBERS, PROBABILITIES),
    "binary_crossentropy": _batches(_of("BinaryCrossentropy", label_smoothing=0.1), BINARY, PROBABILITIES),
    "categorical_crossentropy": _batches(_of("CategoricalCrossentropy", from_logits=True), ONE_HOT, NUMBERS),
    "sparse_categorical_crossentropy": _batches(_of("SparseCategoricalCrossentropy"), CLASSES, PROBABILITIES),
    "precision": _batches(_of("Precision"), BINARY, PROBABILITIES),
    "precision_elementwise": _batches(_of("Precision", [0.2, 0.6]), BINARY, PROBABILITIES, WEIGHTS),
    "precision_top_k": _batches(_of("Precision", top_k=2), BINARY, PROBABILITIES),
    "recall": _batches(_of("Recall"), BINARY, PROBABILITIES),
    "recall_class": _batches(_of("Recall", class_id=1), BINARY, PROBABILITIES, None),
    "recall_top_k_class": _batches(_of("Recall", top_k=2, class_id=0), BINARY, PROBABILITIES, None),
    "auc": _batches(_of("AUC"), BINARY, PROBABILITIES),
    "auc_pr": _batches(_of("AUC", num_thresholds=7, curve="PR"), BINARY, PROBABILITIES, WEIGHTS),
    "auc_minoring": _batches(_of("AUC", 7, summation_method="minoring"), BINARY, PROBABILITIES),
    "auc_majoring": _batches(_of("AUC", 7, "PR", "majoring"), BINARY, PROBABILITIES),
    "auc_thresholds": _batches(_of("AUC", thresholds=[0.7, 0.2]), BINARY, PROBABILITIES),
    "sensitivity": _batches(_of("SensitivityAtSpecificity", 0.4, num_thresholds=8), BINARY, PROBABILITIES),
    "specificity": _batches(_of("SpecificityAtSensitivity", 0.4), BINARY, PROBABILITIES),
    "mean_iou": _batches(_of("MeanIoU", 3), [c[:, 0] for c in CLASSES], [CLASSES[1][:, 0], CLASSES[0][:, 0]]),
}
_LABELS = [c[:, 0] for c in CLASSES], [CLASSES[1][:, 0], CLASSES[0][:, 0]]
NEWER = {
    "iou": _batches(_of("IoU", 3, [0, 2]), *_LABELS),
    "iou_ignoring": _batches(_of("IoU", 3, [0, 1], ignore_class=2), *_LABELS),
    "mean_iou_ignoring": _batches(_of("MeanIoU", 3, ignore_class=1), *_LABELS),
    "binary_iou": _batches(_of("BinaryIoU", [1], 0.4), BINARY, PROBABILITIES, WEIGHTS),
    "one_hot_iou": _batches(_of("OneHotIoU", 3, [0, 2]), ONE_HOT, PROBABILITIES),
    "one_hot_mean_iou": _batches(_of("OneHotMeanIoU", 3), ONE_HOT, PROBABILITIES),
    "precision_at_recall": _batches(_of("PrecisionAtRecall", 0.7), BINARY, PROBABILITIES),
    "precision_at_recall_of_a_class": _batches(_of("PrecisionAtRecall", 0.4, 9, 1), BINARY, PROBABILITIES, None),
    "recall_at_precision": _batches(_of("RecallAtPrecision", 0.6, num_thresholds=30), BINARY, PROBABILITIES),
    "recall_at_no_precision": _batches(_of("RecallAtPrecision", 1.0, num_thresholds=3), BINARY, PROBABILITIES),
}
"""Those that TensorFlow 1.15.5 lacks."""
PROGRAMS.update(NEWER)
for _name in ("MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError",
              "LogCoshError", "Poisson"):  # fmt: skip
    PROGRAMS[_name] = _batches(_of(_name), NUMBERS, PROBABILITIES)
for _name in ("Hinge", "SquaredHinge", "CategoricalHinge", "KLDivergence"):
    PROGRAMS[_name] = _batches(_of(_name), BINARY, PROBABILITIES)
for _name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"):
    PROGRAMS[_name] = _batches(_of(_name), BINARY, PROBABILITIES)
    PROGRAMS[_name + "_thresholds"] = _batches(_of(_name, [0.3, 0.7]), BINARY, PROBABILITIES, WEIGHTS)
