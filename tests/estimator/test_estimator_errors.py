"""What estimators refuse: the classes and words of TensorFlow 2.15.1."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

E = tf.estimator
Spec, Export, arrays = E.EstimatorSpec, E.export, E.inputs.numpy_input_fn


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def c(value=1.0):
    return tf.constant(value)


def foreign():
    with tf.Graph().as_default():
        return tf.constant(1.0)


def good(features, labels, mode):
    step = tf.assign_add(tf.train.get_global_step(), 1)
    return Spec(mode, loss=tf.reduce_mean(features), train_op=step, predictions=features)


def batches():
    return tf.data.Dataset.from_tensor_slices([1.0, 2.0]).batch(2)


def output():
    return Export.PredictOutput({"a": c()})


def params_fn(features, params):
    pass


# fmt: off
ROWS = [
    (lambda: Spec("train", loss=c()), ValueError, "Missing train_op."),
    (lambda: Spec("train", loss=c([1.0, 2.0]), train_op=tf.no_op()), ValueError, "Loss must be scalar, given: "),
    (lambda: Spec("train", loss=3.0, train_op=tf.no_op()), TypeError, "loss must be Tensor, given: 3.0"),
    (lambda: Spec("train", loss=c(), train_op=3), TypeError, "train_op must be Operation or Tensor, given: 3"),
    (lambda: Spec("train", loss=foreign(), train_op=tf.no_op()), ValueError,
     'loss with "Const:0" must be from the default graph.'),
    (lambda: Spec("eval"), ValueError, "Missing loss."),
    (lambda: Spec("eval", loss=c(), eval_metric_ops=[1]), TypeError, "eval_metric_ops must be a dict, given: [1]"),
    (lambda: Spec("eval", loss=c(), eval_metric_ops={"a": 1}), TypeError,
     "Values of eval_metric_ops must be (metric_value, update_op) tuples, given: 1 for key: a"),
    (lambda: Spec("infer"), ValueError, "Missing predictions."),
    (lambda: Spec("infer", predictions={"a": 3}), TypeError, "predictions[a] must be Tensor, given: 3"),
    (lambda: Spec("infer", predictions=c(), training_hooks=[3]), TypeError,
     "All hooks must be SessionRunHook instances, given: 3"),
    (lambda: Spec("infer", predictions=c(), scaffold=3), TypeError, "scaffold must be tf.train.Scaffold. Given: 3"),
    (lambda: Spec("infer", predictions=c(), export_outputs=3), TypeError, "`export_outputs` must be dict, re"),
    (lambda: Spec("infer", predictions=c(), export_outputs={"a": output(), "b": output()}), ValueError,
     "none of them are specified as the default"),
    (lambda: E.RunConfig(save_checkpoints_steps=1, save_checkpoints_secs=1), ValueError, "cannot be both set."),
    (lambda: E.RunConfig(tf_random_seed=1.5), ValueError, "tf_random_seed must be integer."),
    (lambda: E.RunConfig(keep_checkpoint_every_n_hours=0), ValueError, "keep_checkpoint_every_n_hours should be > 0"),
    (lambda: E.RunConfig(device_fn=lambda x: x), ValueError, 'callable with exactly one argument "op".'),
    (lambda: E.RunConfig().replace(master="x"), ValueError, "Replacing master is not supported. Allowed properties"),
    (lambda: E.RunConfig(train_distribute=object()), NotImplementedError, "train_distribute is not supported"),
    (lambda: E.Estimator(None), ValueError, "model_fn must be provided to Estimator."),
    (lambda: E.Estimator(good, params={}), ValueError, "does not include params argument, but params ({}) is passed"),
    (lambda: E.Estimator(lambda features, foo: 0), ValueError, "has following not expected args: ['foo']"),
    (lambda: E.Estimator(lambda x: 0), ValueError, "must include features argument."),
    (lambda: E.Estimator(good, config=3), ValueError, "config must be an instance of `RunConfig`, but provided 3."),
    (lambda: E.Estimator(good, "a", E.RunConfig(model_dir="b")), ValueError, "but with different values."),
    (lambda: E.WarmStartSettings(""), ValueError, "`ckpt_to_initialize_from` MUST be set in WarmStartSettings"),
    (lambda: E.TrainSpec(3), TypeError, "`input_fn` must be callable, given: 3"),
    (lambda: E.TrainSpec(batches, max_steps=0), ValueError, "Must specify max_steps > 0, given: 0"),
    (lambda: E.EvalSpec(batches, name=3), TypeError, "`name` must be string, given: 3"),
    (lambda: E.EvalSpec(batches, exporters=[3]), TypeError, "`exporters` must be an Exporter"),
    (lambda: E.EvalSpec(batches, throttle_secs=-1), ValueError, "Must specify throttle_secs >= 0, given: -1"),
    (lambda: E.train_and_evaluate(3, 3, 3), TypeError, "`eval_spec` must have type `tf.estimator.EvalSpec`."),
    (lambda: arrays(np.zeros(3)), ValueError, "shuffle must be provided and explicitly set as boolean"),
    (lambda: arrays(3, shuffle=True)(), TypeError, "x must be a dict or array; got int"),
    (lambda: arrays({}, shuffle=True)(), ValueError, "x cannot be an empty dict"),
    (lambda: arrays(np.zeros(3), {}, shuffle=True)(), ValueError, "y cannot be empty dict, use None instead."),
    (lambda: arrays(np.zeros(3), np.zeros(4), shuffle=True)(), ValueError, "Shapes in y: (4,)"),
    (lambda: Export.ServingInputReceiver(None, c()), ValueError, "features must be defined."),
    (lambda: Export.ServingInputReceiver({"a": 3}, c()), ValueError, "feature a must be a Tensor, SparseTensor, or"),
    (lambda: Export.ServingInputReceiver(c(), None), ValueError, "receiver_tensors must be defined."),
    (lambda: Export.PredictOutput(3), ValueError, "Prediction output value must be a Tensor; got 3."),
    (lambda: Export.ClassificationOutput(), ValueError, "Cannot create a ClassificationOutput with empty arguments."),
    (lambda: Export.RegressionOutput(3), ValueError, "Regression output value must be a float32 Tensor; got 3"),
]
# fmt: on


@pytest.mark.parametrize(("call", "error", "words"), ROWS, ids=range(len(ROWS)))
def test_wrong_arguments_are_refused(call, error, words):
    with pytest.raises(error) as raised:
        call()
    assert words in str(raised.value)


def loss_as_metric(features, labels, mode):
    return Spec(mode, loss=tf.reduce_mean(features), eval_metric_ops={"loss": tf.metrics.mean(features)})


def step_as_metric(features, labels, mode):
    return Spec(mode, loss=tf.reduce_mean(features), eval_metric_ops={"global_step": tf.metrics.mean(features)})


def two_lengths(features, labels, mode):
    return Spec(mode, predictions={"a": features, "b": tf.concat([features, features], 0)})


def not_a_number(features, labels, mode):
    return Spec(mode, loss=tf.log(tf.reduce_mean(features) - 9), train_op=tf.no_op())


def labelled():
    return tf.constant([1.0, 2.0]), tf.constant([1.0])


def train(model, inputs=labelled, **options):
    return lambda folder: E.Estimator(model, folder).train(inputs, **{"steps": 1, **options})


def evaluate(model, **options):
    return lambda folder: E.Estimator(model, folder).evaluate(labelled, **{"steps": 1, **options})


def predict(model, **options):
    return lambda folder: list(E.Estimator(model, folder).predict(batches, **options))


# fmt: off
RUNS = [
    (train(lambda features, labels, mode: 3), ValueError, "model_fn should return an EstimatorSpec."),
    (train(lambda features, mode: 3), ValueError, "model_fn does not take labels, but input_fn returns labels."),
    (train(good, lambda: (1, 2, 3)), ValueError, "input_fn should return (features, labels) as a len 2 tuple."),
    (train(not_a_number), E.NanLossDuringTrainingError, "NaN loss during training."),
    (train(good, hooks=[3]), TypeError, "Hooks must be a SessionRunHook, given: 3"),
    (train(good, saving_listeners=[3]), TypeError, "saving_listeners must be a list of CheckpointSaverListener"),
    (train(good, max_steps=1), ValueError, "Can not provide both steps and max_steps."),
    (train(good, steps=0), ValueError, "Must specify steps > 0, given: 0"),
    (evaluate(good, steps=0), ValueError, "Must specify steps > 0, given: 0"),
    (evaluate(loss_as_metric), ValueError, 'Metric with name "loss" is not allowed'),
    (evaluate(step_as_metric), ValueError, "Metric with name `global_step` is not allowed"),
    (predict(two_lengths), ValueError, "b has different batch length than others."),
    (predict(two_lengths, predict_keys=["z"]), ValueError, "Expected to run at least one output from dict_keys"),
    (predict(good, predict_keys=["z"]), ValueError, "predict_keys argument is not valid in case of non-dict"),
    (lambda d: E.Estimator(good, d).get_variable_names(), ValueError, "Could not find trained model in model_dir: "),
    (lambda d: E.Estimator(good, d).export_saved_model(d, None), ValueError, "An input_receiver_fn must be defined."),
    (lambda d: E.Estimator(good, d).export_saved_model(d, good), ValueError, "Couldn't find trained model at "),
]
# fmt: on


@pytest.mark.parametrize(("call", "error", "words"), RUNS, ids=range(len(RUNS)))
def test_models_that_do_not_fit_are_refused(call, error, words, tmp_path):
    with pytest.raises(error) as raised:
        call(str(tmp_path))
    assert words in str(raised.value)


def test_saving_listeners_need_something_that_saves(tmp_path):
    config = E.RunConfig(save_checkpoints_steps=None, save_checkpoints_secs=None)
    with pytest.raises(ValueError, match="There should be a CheckpointSaverHook to use saving_listeners"):
        E.Estimator(good, str(tmp_path), config).train(
            labelled, steps=1, saving_listeners=[tf.train.CheckpointSaverListener()]
        )
