"""Programs around given estimators: arrays, CSV files, seeds, warm starts, and what is refused."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

fc = tf.feature_column
X = np.random.RandomState(0).normal(size=(120, 4)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] * 2 > 0).astype(int) + (X[:, 2] > 1)
# Recorded from TensorFlow 2.15.1: twelve steps from its initial values, with dropout; then four after a warm start.
LOSSES = [18.181833, 18.322868, 14.739275, 16.095509, 14.157602, 13.111427, 14.550921, 11.589539, 14.310467, 12.88591]
WARM_LOSSES = [18.456085, 14.754982, 13.483866, 12.796199]
EVALUATION = {"accuracy": 0.78333336, "average_loss": 0.663518, "loss": 9.95277, "global_step": 12}


class Losses(tf.train.SessionRunHook):
    def __init__(self):
        self.seen = []

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(tf.get_collection(tf.GraphKeys.LOSSES)[-1])

    def after_run(self, run_context, run_values):
        self.seen.append(float(run_values.results))


def arrays(num_epochs=None):
    features = {"x": X[:, :2], "c": (X[:, 2] * 2).astype(int) + 5, "d": X[:, 3]}
    return tf.estimator.inputs.numpy_input_fn(features, Y, batch_size=16, num_epochs=num_epochs, shuffle=False)


def classifier(folder, **options):
    ids = fc.categorical_column_with_identity("c", 12)
    columns = [fc.numeric_column("x", shape=2), fc.embedding_column(ids, 3), fc.numeric_column("d")]
    config = tf.estimator.RunConfig(tf_random_seed=11)
    return tf.estimator.DNNClassifier([10, 10], columns, str(folder), 3, config=config, **options)


def test_initial_values_dropout_and_warm_starts_are_the_references(tmp_path):
    first, second = Losses(), Losses()
    estimator = classifier(tmp_path / "a", dropout=0.2)
    estimator.train(arrays(), steps=12, hooks=[first])
    np.testing.assert_allclose(first.seen[:10], LOSSES, rtol=1e-5)
    assert estimator.evaluate(arrays(1)) == pytest.approx(EVALUATION, rel=1e-5)
    settings = tf.estimator.WarmStartSettings(str(tmp_path / "a"), ".*(input_layer|hiddenlayer_0).*")
    classifier(tmp_path / "b", warm_start_from=settings).train(arrays(), steps=4, hooks=[second])
    np.testing.assert_allclose(second.seen, WARM_LOSSES, rtol=1e-5)


CSV = """39,State-gov,Bachelors,13,Male,<=50K
50,Self-emp,Bachelors,13,Male,>50K
38,Private,HS-grad,9,Male,<=50K
53,Private,11th,7,Male,<=50K
28,Private,Bachelors,13,Female,>50K
37,Private,Masters,14,Female,>50K
49,Private,9th,5,Female,<=50K
52,Self-emp,HS-grad,9,Male,>50K
"""
NAMES = ["age", "workclass", "education", "years", "sex", "income"]


# Recorded from TensorFlow 2.15.1.
CENSUS = {"accuracy": 0.5, "average_loss": 5.214643, "loss": 20.858572, "prediction/mean": 0.99959564}


def census_model(folder):
    age = fc.numeric_column("age")
    ages = fc.bucketized_column(age, [25, 35, 45, 55])
    workclass = fc.categorical_column_with_hash_bucket("workclass", 100)
    education = fc.categorical_column_with_vocabulary_list("education", ["Bachelors", "HS-grad", "Masters", "11th"])
    wide = [workclass, education, fc.crossed_column(["workclass", "education"], 50), ages]
    deep = [age, fc.numeric_column("years"), fc.indicator_column(education), fc.embedding_column(workclass, 8)]
    return tf.estimator.DNNLinearCombinedClassifier(
        model_dir=str(folder), linear_feature_columns=wide, dnn_feature_columns=deep, dnn_hidden_units=[20, 10],
        config=tf.estimator.RunConfig(tf_random_seed=3, save_checkpoints_steps=20),
    )  # fmt: skip


def test_wide_and_deep_over_a_csv_file_is_trained_and_evaluated(tmp_path):
    path = tmp_path / "adult.csv"
    path.write_text(CSV)

    def parsed(line):
        values = tf.decode_csv(line, record_defaults=[[0.0], [""], [""], [0.0], [""], [""]])
        features = dict(zip(NAMES, values, strict=True))
        return features, tf.equal(features.pop("income"), ">50K")

    def inputs(epochs):
        return tf.data.TextLineDataset(str(path)).map(parsed).repeat(epochs).batch(4)

    model = census_model(tmp_path / "model")
    exporter = tf.estimator.LatestExporter(
        "best", tf.estimator.export.build_parsing_serving_input_receiver_fn(
            fc.make_parse_example_spec([fc.numeric_column("age"), fc.numeric_column("years"),
                                        fc.categorical_column_with_hash_bucket("workclass", 100),
                                        fc.categorical_column_with_hash_bucket("education", 4)])
        ),
    )  # fmt: skip
    result, _ = tf.estimator.train_and_evaluate(
        model,
        tf.estimator.TrainSpec(lambda: inputs(None), max_steps=40),
        tf.estimator.EvalSpec(lambda: inputs(1), exporters=exporter, throttle_secs=0),
    )
    assert {k: result[k] for k in CENSUS} == pytest.approx(CENSUS, rel=1e-4)
    assert len(list((tmp_path / "model" / "export" / "best").iterdir())) >= 1
    (prediction,) = [p["classes"] for p in model.predict(lambda: inputs(1).take(1))][:1]
    assert prediction[0] in (b"0", b"1")


def test_examples_of_classifiers_and_regressors():
    columns = [fc.numeric_column("a"), fc.categorical_column_with_hash_bucket("b", 3)]
    spec = tf.estimator.classifier_parse_example_spec(columns, "y", weight_column="w")
    assert spec == {
        "a": tf.FixedLenFeature((1,), tf.float32),
        "b": tf.VarLenFeature(tf.string),
        "y": tf.FixedLenFeature((1,), tf.int64),
        "w": tf.FixedLenFeature((1,), tf.float32),
    }
    spec = tf.estimator.regressor_parse_example_spec(columns[:1], "y", label_dimension=2)
    assert spec["y"] == tf.FixedLenFeature((2,), tf.float32)
    with pytest.raises(ValueError, match="label should not be used as feature"):
        tf.estimator.classifier_parse_example_spec(columns, "a")
    with pytest.raises(TypeError, match="either a string or NumericColumn"):
        tf.estimator.classifier_parse_example_spec(columns, "y", weight_column=columns[1])


E = tf.estimator
REFUSED = [
    (lambda: E.DNNClassifier([3], [], n_classes=1), ValueError, "n_classes must be > 2: 1"),
    (
        lambda: E.LinearClassifier([], n_classes=3, label_vocabulary=["a"]),
        ValueError,
        'does not have "n_classes" items',
    ),
    (lambda: E.LinearClassifier([], loss_reduction="x"), ValueError, "Invalid loss_reduction: x"),
    (lambda: E.DNNRegressor([3], [], label_dimension=0), ValueError, "Invalid label_dimension 0"),
    (lambda: E.DNNLinearCombinedClassifier(), ValueError, "Either linear_feature_columns or dnn_feature_columns"),
    (
        lambda: E.DNNLinearCombinedClassifier(dnn_feature_columns=[fc.numeric_column("x")]),
        ValueError,
        "dnn_hidden_units must be defined",
    ),
    (lambda: E.BinaryClassHead(thresholds=[1.5]), ValueError, r"thresholds not in \(0, 1\)"),
    (lambda: E.BinaryClassHead(loss_fn=lambda labels: labels), ValueError, "loss_fn must contain argument: logits"),
    (lambda: E.MultiLabelHead(1), ValueError, "n_classes must be > 1"),
    (lambda: E.MultiHead([]), ValueError, "Must specify heads"),
    (lambda: E.MultiHead([E.BinaryClassHead()]), ValueError, "must have name specified"),
    (lambda: E.MultiHead([E.BinaryClassHead(name="a")] * 2), ValueError, "must have unique names"),
    (lambda: E.MultiHead([E.BinaryClassHead(name="a")], [1.0, 2.0]), ValueError, "must have the same size"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_arguments_are_checked(make, error, message):
    with pytest.raises(error, match=message):
        make()


TRAININGS = [
    ({"optimizer": "Best"}, Y, ValueError, "Unsupported optimizer name: Best"),
    ({"optimizer": 3}, Y, ValueError, "is not an Optimizer instance"),
    ({"weight_column": 3}, Y, TypeError, "Weight column must be either a string or NumericColumn"),
    ({}, Y.astype(np.float32), ValueError, "Labels dtype should be integer"),
    ({}, np.stack([Y, Y], 1), ValueError, "Mismatched label shape. Expected labels dimension=1.  Received 2"),
    ({}, Y + 1, tf.errors.InvalidArgumentError, "Labels must <= n_classes - 1"),
    ({}, None, ValueError, "You must provide a labels Tensor"),
]


@pytest.mark.parametrize(("options", "labels", "error", "message"), TRAININGS)
def test_trainings_are_checked(options, labels, error, message, tmp_path):
    estimator = E.LinearClassifier([fc.numeric_column("x")], str(tmp_path), n_classes=3, **options)

    def inputs():
        features = {"x": X[:, 0]}
        return tf.data.Dataset.from_tensors(features if labels is None else (features, labels))

    with pytest.raises(error, match=message):
        estimator.train(inputs)


def test_a_head_gives_losses_and_predictions_of_its_own():
    with tf.Graph().as_default(), tf.Session() as session:
        head = E.BinaryClassHead(label_vocabulary=["no", "yes"], loss_fn=lambda labels, logits: tf.abs(labels - logits))
        logits = tf.constant([[0.5], [-2.0]])
        loss = head.loss(labels=[["yes"], ["no"]], logits=logits, regularization_losses=[0.25, 0.5])
        made = head.predictions(logits, keys=["logistic", "classes"])
        session.run(tf.tables_initializer())
        found, predictions = session.run([loss, made])
    assert found == pytest.approx(0.75 + (0.5 + 2.0) / 2)
    np.testing.assert_allclose(predictions["logistic"], [[0.62245935], [0.11920291]], rtol=1e-6)
    assert predictions["classes"].tolist() == [[b"yes"], [b"no"]]
    with pytest.raises(ValueError, match="Prediction key must be in PredictionKeys"), tf.Graph().as_default():
        head.predictions([[0.5]], keys=["best"])
    with pytest.raises(NotImplementedError, match=r"BinaryClassHead\.metrics"):
        head.metrics()
