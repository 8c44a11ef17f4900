"""Keras' metrics as objects: configurations, names, refusals; functions among them."""

import pytest

import tfcompat.compat.v1 as tf

K = tf.keras.backend
metrics = tf.keras.metrics


@pytest.fixture(autouse=True)
def cleared():
    K.clear_session()
    yield
    K.clear_session()


@pytest.mark.parametrize(
    ("make", "config"),
    [
        (lambda: metrics.Mean(), {"name": "mean"}),
        (lambda: metrics.BinaryAccuracy(threshold=0.3), {"name": "binary_accuracy", "threshold": 0.3}),
        (lambda: metrics.TopKCategoricalAccuracy(), {"name": "top_k_categorical_accuracy", "k": 5}),
        (lambda: metrics.FalsePositives(0.2), {"name": "false_positives", "thresholds": 0.2}),
        (lambda: metrics.Precision(), {"name": "precision", "thresholds": None, "top_k": None, "class_id": None}),
        (
            lambda: metrics.AUC(thresholds=[0.5, 0.25]),
            {
                "name": "auc",
                "num_thresholds": 4,
                "curve": "ROC",
                "summation_method": "interpolation",
                "thresholds": [0.25, 0.5],
            },
        ),
        (lambda: metrics.CosineSimilarity(axis=1), {"name": "cosine_similarity", "axis": 1}),
        (
            lambda: metrics.BinaryCrossentropy(),
            {"name": "binary_crossentropy", "from_logits": False, "label_smoothing": 0},
        ),
        (
            lambda: metrics.SparseCategoricalCrossentropy(),
            {"name": "sparse_categorical_crossentropy", "from_logits": False, "axis": -1},
        ),
        (lambda: metrics.MeanIoU(num_classes=3), {"name": "mean_io_u", "num_classes": 3}),
        (
            lambda: metrics.SensitivityAtSpecificity(0.5),
            {"name": "sensitivity_at_specificity", "num_thresholds": 200, "specificity": 0.5},
        ),
    ],
)
def test_configurations(make, config):
    made = make()
    assert {**config, "dtype": "float32"} == made.get_config()
    read = metrics.deserialize(metrics.serialize(made))
    assert type(read) is type(made)
    assert {k: v for k, v in read.get_config().items() if k != "name"} == {
        k: v for k, v in made.get_config().items() if k != "name"
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mse", "mean_squared_error"),
        ("acc", "accuracy"),
        ("binary_accuracy", "binary_accuracy"),
        ("cosine_proximity", "cosine_proximity"),
        ("sparse_top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"),
    ],
)
def test_functions_by_name(name, found):
    assert metrics.serialize(metrics.get(name)) == found


def test_classes_by_name_are_made():
    assert metrics.get("AUC").name == "auc"
    assert metrics.get({"class_name": "Recall", "config": {"thresholds": 0.25}}).thresholds == [0.25]
    made = metrics.Mean()
    assert metrics.get(made) is made


@pytest.mark.parametrize(
    "make",
    [
        lambda: metrics.get("nope"),
        lambda: metrics.get(3),
        lambda: metrics.get(None),
        lambda: metrics.AUC(curve="foo"),
        lambda: metrics.AUC(summation_method="foo"),
        lambda: metrics.AUC(num_thresholds=1),
        lambda: metrics.Precision(thresholds=2.0),
        lambda: metrics.SensitivityAtSpecificity(2.0),
        lambda: metrics.SpecificityAtSensitivity(0.5, num_thresholds=0),
        lambda: metrics.MeanTensor().result(),
        lambda: metrics.Accuracy()(tf.ones([2, 3]), tf.ones([2, 2])),
    ],
)
def test_refusals(make):
    with pytest.raises(ValueError):
        make()


def test_predictions_outside_of_probabilities_are_refused():
    predictions = tf.placeholder(tf.float32, [2])
    made = metrics.Recall()(tf.constant([1.0, 0.0]), predictions)
    with pytest.raises(tf.errors.InvalidArgumentError, match="predictions must be <= 1"):
        K.get_session().run(made, {predictions: [1.5, 0.5]})


def test_states_are_in_no_collection_and_updates_are_kept():
    made = metrics.Mean(name="m")
    result = made(tf.constant([1.0, 2.0]))
    assert [v.name for v in made.variables] == ["total:0", "count:0"]
    assert made.non_trainable_weights == made.variables
    assert tf.global_variables() == []
    assert len(made.updates) == 1
    assert result._metric_obj is made
    assert made.stateful
    session = K.get_session()
    assert [session.run(result) for _ in range(2)] == [1.5, 1.5]
    assert session.run(made.variables) == [6.0, 4.0]


class Largest(metrics.Metric):
    """A metric of a program's own."""

    def __init__(self, name="largest", **kwargs):
        super().__init__(name=name, **kwargs)
        self.value = self.add_weight("value", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        return self.value.assign(tf.maximum(self.value, tf.reduce_max(y_pred)))

    def result(self):
        return self.value


class Doubled(Largest):
    def result(self):
        return super().result() * 2.0


def test_metrics_of_programs():
    x = tf.placeholder(tf.float32, [None])
    made = Doubled()
    result = made(x, x)
    session = K.get_session()
    assert session.run(result, {x: [1.0, 3.0]}) == 6.0
    assert session.run(result, {x: [2.0]}) == 6.0
    made.reset_states()
    assert session.run(result, {x: [2.0]}) == 4.0
    assert len(made.updates) == 1
    assert [op.name for op in tf.get_default_graph().get_operations() if op.type == "Identity"] == ["Identity"]
