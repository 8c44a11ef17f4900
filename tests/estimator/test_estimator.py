"""Estimators: numbers, files and errors are those of TensorFlow 2.15.1 for the same programs."""

import os
import subprocess
import sys

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Mode = tf.estimator.ModeKeys
Spec = tf.estimator.EstimatorSpec
X = np.random.RandomState(0).rand(50, 3).astype(np.float32)
Y = (X @ np.array([1, -2, 3], np.float32) + 0.5).astype(np.float32)
# Recorded from TensorFlow 2.15.1: 20 steps from fixed weights, then all 50 examples, or the first 16.
TRAINED = [0.86506116, -1.5187854, 2.8330793]
ALL = {"loss": 0.18424298, "mae": 0.39616787, "rmse": 0.42590213, "global_step": 20}
FIRST_16 = {"loss": 0.18217248, "mae": 0.39606357, "rmse": 0.42681667, "global_step": 20}
TWICE_IN_SEVENS = {"loss": 0.18265945, "mae": 0.3961679, "rmse": 0.42590213, "global_step": 20}
FIRST_PREDICTIONS = [1.91213, 2.4737, 2.57018, 1.44356, 0.10278]


def linear_model(features, labels, mode, params):
    w = tf.get_variable("w", initializer=tf.constant([[0.1], [0.2], [0.3]]))
    b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
    p = tf.squeeze(tf.matmul(features["x"], w) + b, 1, name="p")
    if mode == Mode.PREDICT:
        outputs = {
            "a": tf.estimator.export.PredictOutput({"p": p}),
            "serving_default": tf.estimator.export.RegressionOutput(p),
        }
        return Spec(mode, predictions={"p": p, "twice": 2 * p}, export_outputs=outputs)
    loss = tf.losses.mean_squared_error(labels, p)
    metrics = {"mae": tf.metrics.mean_absolute_error(labels, p), "rmse": tf.metrics.root_mean_squared_error(labels, p)}
    train = tf.train.MomentumOptimizer(params["lr"], 0.9).minimize(loss, global_step=tf.train.get_global_step())
    return Spec(mode, loss=loss, train_op=train, eval_metric_ops=metrics)


def examples():
    return tf.data.Dataset.from_tensor_slices(({"x": X}, Y)).batch(8)


def make(folder, **options):
    config = tf.estimator.RunConfig(save_checkpoints_steps=8, save_summary_steps=5, tf_random_seed=3)
    return tf.estimator.Estimator(linear_model, str(folder), config, {"lr": 0.05}, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    estimator = make(tmp_path_factory.mktemp("model"))
    assert estimator.train(lambda: examples().repeat(), steps=20) is estimator
    return estimator


def events(folder):
    for name in sorted(os.listdir(folder)):
        if "tfevents" in name:
            yield from tf.train.summary_iterator(os.path.join(folder, name))


def test_training_leaves_the_checkpoints_and_events_of_the_reference(trained):
    np.testing.assert_allclose(trained.get_variable_value("w").ravel(), TRAINED, rtol=1e-5)
    assert trained.get_variable_names() == ["b", "b/Momentum", "global_step", "w", "w/Momentum"]
    assert trained.latest_checkpoint() == os.path.join(trained.model_dir, "model.ckpt-20")
    names = {n.split(".")[1] for n in os.listdir(trained.model_dir) if n.startswith("model")}
    assert names == {"ckpt-0", "ckpt-8", "ckpt-16", "ckpt-20"}
    found = [(e.step, v.tag, v.simple_value) for e in events(trained.model_dir) for v in e.summary.value]
    losses = {step: value for step, tag, value in found if tag == "loss"}
    assert losses[1] == pytest.approx(3.0597, abs=1e-4)
    assert losses[6] == pytest.approx(0.267, abs=1e-4)


@pytest.mark.parametrize(("steps", "name", "expected"), [(None, None, ALL), (2, "two", FIRST_16)])
def test_evaluation_gives_and_writes_the_metrics(trained, steps, name, expected):
    result = trained.evaluate(examples, steps=steps, name=name)
    assert result == pytest.approx(expected, rel=1e-5)
    assert isinstance(result["loss"], np.float32)
    assert isinstance(result["global_step"], np.int64)
    written = [e for e in events(trained.eval_dir(name)) if e.summary.value]
    assert {v.tag: v.simple_value for v in written[0].summary.value} == pytest.approx(
        {k: v for k, v in expected.items() if k != "global_step"}, rel=1e-5
    )
    assert [e.step for e in written] == [20, 20]
    assert written[1].summary.value[0].tensor.string_val[0].decode() == trained.latest_checkpoint()


def test_predictions_come_one_by_one_or_in_batches(trained):
    found = list(trained.predict(examples))
    assert len(found) == 50
    np.testing.assert_allclose([p["p"] for p in found[:5]], FIRST_PREDICTIONS, atol=1e-4)
    np.testing.assert_allclose([p["twice"] for p in found], [2 * p["p"] for p in found])
    batches = list(trained.predict(examples, predict_keys=["p"], yield_single_examples=False))
    assert [len(b["p"]) for b in batches] == [8] * 6 + [2]
    assert set(batches[0]) == {"p"}


def test_arrays_are_read_in_order_around_the_end(trained):
    fn = tf.estimator.inputs.numpy_input_fn({"x": X}, Y, batch_size=7, num_epochs=2, shuffle=False)
    assert trained.evaluate(fn, name="arrays") == pytest.approx(TWICE_IN_SEVENS, rel=1e-5)


def test_training_goes_on_from_the_checkpoint_with_shuffled_arrays(tmp_path):
    fn = tf.estimator.inputs.numpy_input_fn({"x": X}, Y, batch_size=16, num_epochs=None, shuffle=True)
    make(tmp_path).train(fn, steps=3)
    again = make(tmp_path).train(fn, max_steps=5)
    assert again.get_variable_value("global_step") == 5
    assert again.train(None, max_steps=5) is again  # there is nothing left to do


def signature_names(meta):
    return {
        name: (
            {k: v.name for k, v in signature.inputs.items()},
            {k: v.name for k, v in signature.outputs.items()},
            signature.method_name.rpartition("/")[2],
        )
        for name, signature in meta.signature_def.items()
    }


def raw_receiver():
    return tf.estimator.export.ServingInputReceiver(*[{"x": tf.placeholder(tf.float32, [None, 3], name="x")}] * 2)


def test_an_export_for_raw_features_has_the_signatures_that_fit(trained, tmp_path):
    path = trained.export_saved_model(str(tmp_path), raw_receiver)
    assert isinstance(path, bytes)
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.load(session, ["serve"], path.decode())
        assert signature_names(meta) == {"a": ({"x": "x:0"}, {"p": "p:0"}, "predict")}
        np.testing.assert_allclose(session.run("p:0", {"x:0": X[:5]}), FIRST_PREDICTIONS, atol=1e-4)


def test_an_export_for_serialized_examples_has_all_signatures_and_extra_files(trained, tmp_path):
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn({"x": tf.FixedLenFeature([3], tf.float32)})
    path = trained.export_savedmodel(str(tmp_path), receiver, assets_extra={"q/z.py": __file__}).decode()
    assert sorted(os.listdir(path)) == ["assets.extra", "saved_model.pb", "variables"]
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.extend(X[0])
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.load(session, ["serve"], path)
        assert signature_names(meta) == {
            "a": ({"examples": "input_example_tensor:0"}, {"p": "p:0"}, "predict"),
            "serving_default": ({"inputs": "input_example_tensor:0"}, {"outputs": "p:0"}, "regress"),
        }
        found = session.run("p:0", {"input_example_tensor:0": [example.SerializeToString()]})
        np.testing.assert_allclose(found, FIRST_PREDICTIONS[:1], atol=1e-4)


def test_a_warm_start_begins_with_the_weights_of_another_model(trained, tmp_path):
    started = make(tmp_path, warm_start_from=trained.model_dir)
    result = started.evaluate(examples)
    assert result["loss"] == pytest.approx(ALL["loss"], rel=1e-5)
    assert result["global_step"] == 0


def test_training_and_evaluation_alternate_and_export(tmp_path):
    estimator = make(tmp_path)
    exporters = [
        tf.estimator.FinalExporter("final", raw_receiver),
        tf.estimator.LatestExporter("latest", raw_receiver, exports_to_keep=1),
        tf.estimator.BestExporter("best", raw_receiver),
    ]
    metrics, exported = tf.estimator.train_and_evaluate(
        estimator,
        tf.estimator.TrainSpec(lambda: examples().repeat(), max_steps=20),
        tf.estimator.EvalSpec(examples, steps=None, throttle_secs=0, exporters=exporters),
    )
    assert metrics == pytest.approx(ALL, rel=1e-5)
    assert [type(path) for path in exported] == [bytes, bytes, type(None)]
    kept = {name: len(os.listdir(tmp_path / "export" / name)) for name in os.listdir(tmp_path / "export")}
    assert kept == {"final": 1, "latest": 1, "best": 2}
    losses = {e.step: v.simple_value for e in events(tmp_path / "eval") for v in e.summary.value if v.tag == "loss"}
    assert losses == pytest.approx({8: 0.9761, 16: 0.1287, 20: 0.1842}, abs=1e-4)


def test_more_metrics_can_be_added(trained):
    more = tf.estimator.add_metrics(trained, lambda labels: {"mean": tf.metrics.mean(labels)})
    assert more.evaluate(examples, name="more") == pytest.approx({**ALL, "mean": Y.mean()}, rel=1e-5)


def test_importing_loads_no_module_of_estimators():
    program = "import sys, tfcompat.compat.v1; print([m for m in sys.modules if m.startswith('tfcompat.estimator.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(n for n in tf.estimator.__dir__() if not n.startswith("_")))
def test_every_announced_name_is_there(name):
    assert getattr(tf.estimator, name) is not None


def test_boosted_trees_are_missing_by_name():
    with pytest.raises(AttributeError, match=r"does not provide tf\.estimator\.BoostedTreesClassifier"):
        tf.estimator.BoostedTreesClassifier  # noqa: B018
