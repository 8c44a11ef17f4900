"""F scores and coefficients of determination against their formulas; TensorFlow gives none of them in a graph."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.keras.observed import numbers

LABELS = (numbers(6, 3, salt=1) > 0).astype("float32")
PROBABILITIES = (numbers(6, 3, salt=2) + 1) / 2
WEIGHTS = np.array([1, 2, 0.5, 0, 1, 3], "float32")


@pytest.fixture(autouse=True)
def session():
    tf.keras.backend.clear_session()
    yield tf.keras.backend.get_session()
    tf.keras.backend.clear_session()


def _of_batches(metric, labels, predictions, weights=None):
    """The result after two batches."""
    halves = [metric.update_state(labels[s], predictions[s], None if weights is None else weights[s])
              for s in (slice(0, 2), slice(2, None))]  # fmt: skip
    session = tf.keras.backend.get_session()
    for update in halves:
        session.run(update)
    return session.run(metric.result())


def _f_scores(decisions, beta, weights, axis=0):
    right, wrong, missed = (
        (w * weights[:, None]).sum(axis)
        for w in (decisions * LABELS, decisions * (1 - LABELS), (1 - decisions) * LABELS)
    )
    with np.errstate(invalid="ignore"):
        precision, recall = np.nan_to_num([right / (right + wrong), right / (right + missed)])
        return np.nan_to_num((1 + beta**2) * precision * recall / (beta**2 * precision + recall))


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
def test_f_beta_score(average, weights):
    metric = tf.keras.metrics.FBetaScore(average, beta=2.0, threshold=0.4)
    given = np.ones(6) if weights is None else weights
    scores = _f_scores(PROBABILITIES > 0.4, 2.0, given, None if average == "micro" else 0)
    if average == "weighted":
        shares = (LABELS * given[:, None]).sum(0)
        scores = (scores * shares / shares.sum()).sum()
    wanted = scores.mean() if average == "macro" else scores
    np.testing.assert_allclose(_of_batches(metric, LABELS, PROBABILITIES, weights), wanted, rtol=1e-5)
    assert [v.name for v in metric.variables][:2] == ["true_positives:0", "false_positives:0"]
    metric.reset_states()
    np.testing.assert_array_equal(tf.keras.backend.get_value(metric.result()), 0 * wanted)


def test_f1_score_of_the_largest():
    decisions = PROBABILITIES.max(1, keepdims=True) == PROBABILITIES
    metric = tf.keras.metrics.F1Score()
    wanted = _f_scores(decisions, 1.0, np.ones(6))
    np.testing.assert_allclose(_of_batches(metric, LABELS, PROBABILITIES), wanted, rtol=1e-5)
    assert metric.get_config() == {"name": "f1_score", "dtype": "float32", "average": None, "threshold": None}


@pytest.mark.parametrize("kind", [None, "uniform_average", "variance_weighted_average"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
@pytest.mark.parametrize("regressors", [0, 2, 40])
def test_r2_score(kind, weights, regressors):
    given = (np.ones(6) if weights is None else weights)[:, None]
    y = numbers(6, 3, salt=5)
    mean = (y * given).sum(0) / given.sum()
    total = ((y - mean) ** 2 * given).sum(0)
    wanted = 1 - ((y - PROBABILITIES) ** 2 * given).sum(0) / total
    if kind is not None:
        wanted = np.average(wanted, weights=total if kind[0] == "v" else None)
    if regressors == 2:
        wanted = 1 - (1 - wanted) * 17 / 15
    metric = tf.keras.metrics.R2Score(kind, regressors)
    np.testing.assert_allclose(_of_batches(metric, y, PROBABILITIES, weights), wanted, rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda m: m.FBetaScore("sum"), "average"),
        (lambda m: m.FBetaScore(beta=1), "beta"),
        (lambda m: m.FBetaScore(threshold=1.5), "threshold"),
        (lambda m: m.R2Score("sum"), "class_aggregation"),
        (lambda m: m.R2Score(num_regressors=-1), "num_regressors"),
        (lambda m: m.R2Score().update_state([1.0], [2.0]), "2D inputs"),
        (lambda m: m.IoU(2, [2]), "out of range"),
        (lambda m: m.PrecisionAtRecall(1.5), "range"),
    ],
)
def test_what_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make(tf.keras.metrics)


def test_configurations():
    metrics = tf.keras.metrics
    for metric in (metrics.FBetaScore("micro", 0.5, 0.3), metrics.R2Score(None, 2), metrics.IoU(4, [1, 3], "i"),
                   metrics.BinaryIoU([0], 0.2), metrics.OneHotIoU(3, [1]), metrics.OneHotMeanIoU(3),
                   metrics.MeanIoU(3, ignore_class=2), metrics.RecallAtPrecision(0.5, 20)):  # fmt: skip
        read = metrics.deserialize(metrics.serialize(metric))
        assert type(read) is type(metric)
        assert read.get_config() == metric.get_config()


def test_ordinal_labels():
    made = tf.keras.utils.to_ordinal([[0], [2], [1]], 4, "int32")
    assert made.tolist() == [[0, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert tf.keras.utils.to_ordinal([1, 0]).dtype == "float32"
