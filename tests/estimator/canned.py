"""Programs of given estimators, with what TensorFlow answered to them.

A program is a function of `tf` that gives an estimator (its directory and configuration as arguments), the features and
the labels. All variables begin with values that depend on their names and shapes alone. Recorded with a Python that has
TensorFlow:

    python -m tests.estimator.canned 2      (2.15.1)
    python -m tests.estimator.canned 1      (1.15.5, Python 3.7)

which writes tests/golden/canned_<number>.json. This file keeps to the syntax of Python 3.7.
"""

import json
import os
import shutil
import sys
import tempfile
import zlib

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden")
AGES = np.array([25, 38, 28, 44, 18, 34, 63, 24, 55, 65, 36], np.float32)
JOBS = np.array(["cook", "smith", "cook", "", "tailor", "smith", "smith", "cook", "tailor", "cook", "painter"])
TOWNS = np.array(["Ulm", "Bonn", "Ulm", "Bonn", "Trier", "Ulm", "Trier", "Bonn", "Bonn", "Ulm", "Trier"])
WEIGHTS = np.array([1, 2, 0.5, 1, 1, 3, 1, 0, 1, 1, 2], np.float32)
TWO = np.array([0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0])
THREE = np.array([0, 1, 2, 1, 0, 2, 1, 0, 1, 1, 2])
NAMES = np.array(["low", "mid", "high"])
AMOUNTS = np.linspace(0, 3, 11).astype(np.float32)
SETS = np.stack([TWO, 1 - TWO, (THREE == 2).astype(int)], 1)
FEATURES = {"age": AGES, "job": JOBS, "town": TOWNS, "weight": WEIGHTS}


def _columns(tf):
    fc = tf.feature_column
    age = fc.numeric_column("age", normalizer_fn=lambda x: (x - 40) / 20)
    decade = fc.bucketized_column(fc.numeric_column("age"), [20, 30, 40, 50, 60])
    job = fc.categorical_column_with_vocabulary_list("job", ["cook", "smith", "tailor"], num_oov_buckets=1)
    town = fc.categorical_column_with_hash_bucket("town", 7)
    wide = [job, town, decade, fc.crossed_column([decade, "job"], 20)]
    deep = [age, fc.embedding_column(town, 3), fc.indicator_column(job)]
    return wide, deep


def dnn_classifier(tf, **options):
    return tf.estimator.DNNClassifier([5, 4], _columns(tf)[1], **options), TWO


def dnn_classifier_of_names(tf, **options):
    made = tf.estimator.DNNClassifier(
        [6],
        _columns(tf)[1],
        n_classes=3,
        label_vocabulary=list(NAMES),
        batch_norm=True,
        activation_fn=tf.nn.tanh,
        optimizer=lambda: tf.train.MomentumOptimizer(0.05, 0.9),
        weight_column="weight",
        **options,
    )
    return made, NAMES[THREE]


def dnn_regressor(tf, **options):
    labels = np.stack([AMOUNTS, AMOUNTS**2], 1)
    deep = _columns(tf)[1]
    return tf.estimator.DNNRegressor([5], deep, label_dimension=2, optimizer="Adam", **options), labels


def dnn_with_shared_embeddings(tf, **options):
    fc = tf.feature_column
    job, town = (fc.categorical_column_with_hash_bucket(key, 6) for key in ("job", "town"))
    columns = fc.shared_embedding_columns([job, town], 2) + [fc.numeric_column("weight")]
    reduction = tf.losses.Reduction.SUM_OVER_BATCH_SIZE
    return tf.estimator.DNNClassifier([3], columns, loss_reduction=reduction, **options), TWO


def linear_classifier(tf, **options):
    return tf.estimator.LinearClassifier(_columns(tf)[0], **options), TWO


def linear_classifier_of_names(tf, **options):
    def optimizer():
        return tf.train.FtrlOptimizer(0.3, l1_regularization_strength=0.05, l2_regularization_strength=0.01)

    made = tf.estimator.LinearClassifier(
        _columns(tf)[0],
        n_classes=3,
        label_vocabulary=list(NAMES),
        weight_column="weight",
        sparse_combiner="mean",
        optimizer=optimizer,
        **options,
    )
    return made, NAMES[THREE]


def linear_regressor(tf, **options):
    wide, deep = _columns(tf)
    weight = tf.feature_column.numeric_column("weight", normalizer_fn=lambda x: x + 0.5)
    made = tf.estimator.LinearRegressor(
        wide + deep, weight_column=weight, optimizer=lambda: tf.train.GradientDescentOptimizer(0.01), **options
    )
    return made, AMOUNTS


def wide_and_deep(tf, **options):
    wide, deep = _columns(tf)
    made = tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=wide, dnn_feature_columns=deep, dnn_hidden_units=[6, 3], **options
    )
    return made, TWO


def wide_and_deep_regressor(tf, **options):
    wide, deep = _columns(tf)
    made = tf.estimator.DNNLinearCombinedRegressor(
        linear_feature_columns=wide,
        linear_optimizer="SGD",
        dnn_feature_columns=deep,
        dnn_hidden_units=[4],
        dnn_optimizer=lambda: tf.train.RMSPropOptimizer(0.01),
        weight_column="weight",
        **options,
    )
    return made, AMOUNTS


def baseline_classifier_of_names(tf, **options):
    return tf.estimator.BaselineClassifier(
        n_classes=3, label_vocabulary=list(NAMES), weight_column="weight", **options
    ), NAMES[THREE]


def baseline_regressor(tf, **options):
    return tf.estimator.BaselineRegressor(weight_column="weight", **options), AMOUNTS


def head_of_sets(tf, **options):
    head = tf.contrib.estimator.multi_label_head(3, thresholds=[0.25], weight_column="weight")
    return tf.estimator.DNNEstimator(head, [4], _columns(tf)[1], **options), SETS


def head_with_thresholds(tf, **options):
    head = tf.contrib.estimator.binary_classification_head(thresholds=[0.25, 0.5], name="paid")
    return tf.estimator.LinearEstimator(head, _columns(tf)[0], **options), TWO


def head_of_classes(tf, **options):
    head = tf.contrib.estimator.multi_class_head(3, weight_column="weight")
    return tf.estimator.LinearEstimator(head, _columns(tf)[0], **options), THREE


def head_of_counts(tf, **options):
    head = tf.contrib.estimator.poisson_regression_head()
    return tf.estimator.LinearEstimator(head, _columns(tf)[0], **options), np.round(AMOUNTS)


def head_of_shares(tf, **options):
    head = tf.contrib.estimator.logistic_regression_head(weight_column="weight")
    return tf.estimator.DNNLinearCombinedEstimator(head, linear_feature_columns=_columns(tf)[0], **options), AMOUNTS / 4


def several_heads(tf, **options):
    c = tf.contrib.estimator
    heads = [c.regression_head(name="amount"), c.binary_classification_head(name="paid")]
    head = c.multi_head(heads, head_weights=[1.0, 0.5])
    return tf.estimator.DNNEstimator(head, [4], _columns(tf)[1], **options), {"amount": AMOUNTS, "paid": TWO}


CONTRIB = [head_of_sets, head_with_thresholds, head_of_classes, head_of_counts, head_of_shares, several_heads]
PUBLIC = [
    dnn_classifier, dnn_classifier_of_names, dnn_regressor, dnn_with_shared_embeddings, linear_classifier,
    linear_classifier_of_names, linear_regressor, wide_and_deep, wide_and_deep_regressor,
    baseline_classifier_of_names, baseline_regressor,
]  # fmt: skip


def numbers(name, shape):
    """float32 values in [-0.5, 0.5) that depend on name and shape."""
    seed = zlib.crc32(f"{name} {list(shape)}".encode())
    return np.random.RandomState(seed).uniform(-0.5, 0.5, shape).astype(np.float32)


def _hook(tf, losses):
    class Numbers(tf.train.SessionRunHook):
        """Sets the trainable variables, and keeps the losses."""

        def after_create_session(self, session, coord):
            variables = tf.get_default_graph().get_collection("trainable_variables")
            values = {v.initializer.inputs[1]: numbers(v.op.name, v.shape.as_list()) for v in variables}
            session.run([v.initializer for v in variables], values)

        def before_run(self, run_context):
            return tf.train.SessionRunArgs(tf.get_default_graph().get_collection("losses")[-1])

        def after_run(self, run_context, run_values):
            losses.append(float(run_values.results))

    return Numbers()


def observe(tf, program, folder, exporting=True):
    """Losses of five steps, the evaluation, predictions, variables and, if exporting, signatures of a program."""
    config = tf.estimator.RunConfig(model_dir=folder, tf_random_seed=5)
    with tf.Graph().as_default():
        estimator, labels = program(tf, config=config)

    def inputs():
        return tf.data.Dataset.from_tensor_slices((FEATURES, labels)).batch(5).repeat(2)

    losses = []
    estimator.train(inputs, hooks=[_hook(tf, losses)], steps=5)
    evaluation = estimator.evaluate(inputs)
    predictions = list(estimator.predict(lambda: tf.data.Dataset.from_tensor_slices(FEATURES).batch(11)))
    reader = tf.train.load_checkpoint(estimator.latest_checkpoint())
    shapes = sorted(reader.get_variable_to_shape_map().items())
    spec = {k: tf.FixedLenFeature([1], tf.string if v.dtype.kind == "U" else tf.float32) for k, v in FEATURES.items()}
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)
    exported = estimator.export_saved_model(os.path.join(folder, "out"), receiver) if exporting else None
    return {
        "losses": losses,
        "evaluation": {k: float(v) for k, v in sorted(evaluation.items())},
        "predictions": {_key(k): _listed([p[k] for p in predictions]) for k in sorted(predictions[0], key=_key)},
        "variables": [[name, list(shape)] for name, shape in shapes],
        "signatures": _signatures(tf, exported) if exporting else None,
    }


def _key(name):
    return "/".join(name) if isinstance(name, tuple) else name


def _listed(values):
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return [float(f"{x:.6g}") for x in array.ravel().tolist()]
    if array.dtype.kind in "OS":
        return [x.decode() for x in array.ravel().tolist()]
    return array.ravel().tolist()


def _signatures(tf, folder):
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.loader.load(session, ["serve"], folder if isinstance(folder, str) else folder.decode())
    return {
        name: [sorted(s.inputs), sorted(s.outputs), s.method_name] for name, s in sorted(meta.signature_def.items())
    }


def main():
    number = sys.argv[1]
    if number == "1":
        import tensorflow

        tf = tensorflow.compat.v1
        tf.contrib = tensorflow.contrib
    else:
        import tensorflow.compat.v1 as tf

        tf.disable_v2_behavior()
    tf.logging.set_verbosity("ERROR")
    made = {}
    for program in PUBLIC + CONTRIB if number == "1" else PUBLIC:
        folder = tempfile.mkdtemp()
        print(program.__name__)
        made[program.__name__] = observe(tf, program, folder)
        shutil.rmtree(folder)
    rows = ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in made.items())
    with open(os.path.join(FOLDER, f"canned_{number}.json"), "w") as stream:
        stream.write("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
