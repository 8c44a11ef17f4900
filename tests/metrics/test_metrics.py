"""tf.metrics over two batches, against NumPy."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

SCORES = np.array([[0.1, 0.9, 0.4, 0.6], [0.2, 0.7, 0.8, 0.3]], np.float32)
LABELS = np.array([[0, 1, 1, 0], [0, 1, 0, 1]], np.int64)
WEIGHTS = np.array([[1, 2, 3, 4], [1, 1, 2, 0]], np.float32)
HITS = (SCORES > 0.5).astype(np.int64)


def run(build, weighted=False):
    """(value after both batches, last update) of the metric that `build` makes of labels, scores and weights."""
    with tf.Graph().as_default():
        labels, scores = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.float32, [None])
        weights = tf.placeholder(tf.float32, [None])
        value, update = build(labels, scores, weights if weighted else None)
        with tf.Session() as session:
            session.run(tf.local_variables_initializer())
            for rows in zip(LABELS, SCORES, WEIGHTS, strict=True):
                last = session.run(update, dict(zip((labels, scores, weights), rows, strict=True)))
            return session.run(value), last


def weighted_mean(values):
    return (values * WEIGHTS).sum() / WEIGHTS.sum()


METRICS = {
    "mean": (lambda y, x, w: tf.metrics.mean(x, w), weighted_mean(SCORES)),
    "accuracy": (lambda y, x, w: tf.metrics.accuracy(y, x > 0.5, w), weighted_mean(HITS == LABELS)),
    "mean_absolute_error": (lambda y, x, w: tf.metrics.mean_absolute_error(tf.cast(y, tf.float32), x, w),
                            weighted_mean(abs(SCORES - LABELS))),
    "root_mean_squared_error": (lambda y, x, w: tf.metrics.root_mean_squared_error(tf.cast(y, tf.float32), x, w),
                                weighted_mean((SCORES - LABELS) ** 2) ** 0.5),
    "percentage_below": (lambda y, x, w: tf.metrics.percentage_below(x, 0.5, w), weighted_mean(SCORES < 0.5)),
    "precision": (lambda y, x, w: tf.metrics.precision(y, x > 0.5, w),
                  (WEIGHTS * HITS * LABELS).sum() / (WEIGHTS * HITS).sum()),
    "recall": (lambda y, x, w: tf.metrics.recall(y, x > 0.5, w),
               (WEIGHTS * HITS * LABELS).sum() / (WEIGHTS * LABELS).sum()),
    "true_negatives": (lambda y, x, w: tf.metrics.true_negatives(y, x > 0.5, w),
                       (WEIGHTS * (1 - HITS) * (1 - LABELS)).sum()),
    "false_negatives_at_thresholds": (lambda y, x, w: tf.metrics.false_negatives_at_thresholds(y, x, [0.5, 0.95], w),
                                      [(WEIGHTS * (1 - HITS) * LABELS).sum(), (WEIGHTS * LABELS).sum()]),
}  # fmt: skip


@pytest.mark.parametrize("name", METRICS)
def test_weighted_metric(name):
    build, expected = METRICS[name]
    value, last = run(build, weighted=True)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(last, expected, rtol=1e-6)


def test_area_under_a_roc_curve_is_the_share_of_pairs_in_order():
    positive, negative = SCORES[LABELS == 1], SCORES[LABELS == 0]
    expected = (positive[:, None] > negative).mean()
    assert run(lambda y, x, w: tf.metrics.auc(y, x, w))[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("method", ["trapezoidal", "minoring", "majoring", "careful_interpolation"])
def test_area_under_a_precision_recall_curve_is_a_share(method):
    area = run(lambda y, x, w: tf.metrics.auc(y, x, w, curve="PR", summation_method=method))[0]
    assert 0.5 < area < 1


def test_sensitivity_at_specificity_one():
    value, _ = run(lambda y, x, w: tf.metrics.sensitivity_at_specificity(y, x, 1.0))
    assert value == pytest.approx((SCORES[LABELS == 1] > SCORES[LABELS == 0].max()).mean(), abs=1e-5)


def test_intersection_over_union_and_accuracy_of_classes():
    def classes(x):
        return tf.cast(x > 0.5, tf.int64)

    iou, matrix = run(lambda y, x, w: tf.metrics.mean_iou(y, classes(x), 3))
    assert matrix.tolist() == [[2, 2, 0], [2, 2, 0], [0, 0, 0]]
    assert iou == pytest.approx(1 / 3)
    assert run(lambda y, x, w: tf.metrics.mean_per_class_accuracy(y, classes(x), 2))[0] == pytest.approx(0.5)


def test_variables_are_local_metric_variables_and_results_join_collections():
    with tf.Graph().as_default():
        value, update = tf.metrics.mean([1.0], metrics_collections=["values"], updates_collections=["updates"])
        assert [v.name for v in tf.local_variables()] == ["mean/total:0", "mean/count:0"]
        assert tf.get_collection(tf.GraphKeys.METRIC_VARIABLES) == tf.local_variables()
        assert tf.global_variables() == []
        assert (tf.get_collection("values"), tf.get_collection("updates")) == ([value], [update])


def test_predictions_outside_of_the_unit_interval_fail():
    with tf.Graph().as_default(), tf.Session() as session:
        scores = tf.placeholder(tf.float32, [1])
        _, update = tf.metrics.auc([True], scores)
        session.run(tf.local_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"predictions must be in \[0, 1\]"):
            session.run(update, {scores: [1.5]})


def test_confusion_matrix_checks_its_classes():
    with tf.Graph().as_default(), tf.Session() as session:
        labels = tf.placeholder(tf.int64, [None])
        matrix = tf.confusion_matrix(labels, [1, 0], num_classes=2, weights=[2, 3])
        assert session.run(matrix, {labels: [1, 1]}).tolist() == [[0, 0], [3, 2]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="out of bound"):
            session.run(matrix, {labels: [1, 2]})
