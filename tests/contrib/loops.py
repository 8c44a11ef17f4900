"""Loops of tf.contrib that train and evaluate, with what TensorFlow 1.15.5 gave.

A program is a function of `tf` and an empty folder that gives what can be written as JSON. Recorded with a Python 3.7
that has TensorFlow 1.15.5:

    python -m tests.contrib.loops

which writes tests/golden/contrib_loops.json. This file keeps to the syntax of Python 3.7.
"""

import json
import os
import re
import tempfile

import numpy as np

from tests.contrib.observed import FOLDER, numbers


def _files(folder):
    """Names of files in a folder; those of event files without time and host."""
    return sorted(re.sub(r"tfevents.*", "tfevents", name) for name in os.listdir(folder))


def _events(tf, folder):
    """Tags and values of the scalars, and tags of other summaries, in the event files of a folder; no rates."""
    found = []
    for name in sorted(os.listdir(folder)):
        if "tfevents" in name:
            for event in tf.train.summary_iterator(os.path.join(folder, name)):
                for value in event.summary.value:
                    if not value.tag.endswith("/sec") and "fraction_of" not in value.tag:
                        found.append([event.step, value.tag, round(value.simple_value, 5)])
    return sorted(found)


def _values(checkpoint, tf):
    reader = tf.train.NewCheckpointReader(checkpoint)
    return {k: np.asarray(reader.get_tensor(k)).round(5).tolist() for k in sorted(reader.get_variable_to_shape_map())}


def _start(tf):
    """Gives each variable values that depend on its name alone, before it trains."""
    return tf.group(
        *[tf.assign(v, numbers(*v.shape.as_list(), salt=v.op.name)) for v in tf.trainable_variables()],
        tf.variables_initializer([v for v in tf.global_variables() if v not in tf.trainable_variables()]),
    )


def _records(tf, folder):
    path = os.path.join(folder, "data.records")
    with tf.python_io.TFRecordWriter(path) as writer:
        for i in range(12):
            feature = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=numbers(3, salt=i).tolist())),
                "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[i % 2])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return path


def _provider(tf, path, **options):
    slim = tf.contrib.slim
    decoder = slim.tfexample_decoder.TFExampleDecoder(
        {"x": tf.FixedLenFeature([3], tf.float32), "y": tf.FixedLenFeature([], tf.int64)},
        {"x": slim.tfexample_decoder.Tensor("x"), "y": slim.tfexample_decoder.Tensor("y")},
    )
    dataset = slim.dataset.Dataset(path, tf.TFRecordReader, decoder, 12, {"x": "numbers", "y": "class"}, classes=2)
    assert dataset.classes == 2
    return slim.dataset_data_provider.DatasetDataProvider(dataset, shuffle=False, **options)


def slim_training(tf, folder):
    slim = tf.contrib.slim
    path = _records(tf, folder)
    logs = os.path.join(folder, "logs")
    x, y = _provider(tf, path).get(["x", "y"])
    x, y = tf.train.batch([x, y], 4)
    queue = slim.prefetch_queue.prefetch_queue([x, tf.one_hot(y, 2)])
    x, y = queue.dequeue()
    net = slim.fully_connected(x, 4, scope="hidden", weights_regularizer=slim.l2_regularizer(0.1))
    net = slim.fully_connected(net, 2, activation_fn=None, scope="out")
    tf.losses.softmax_cross_entropy(y, net)
    loss = tf.losses.get_total_loss()
    tf.summary.scalar("loss", loss)
    train = slim.learning.create_train_op(loss, tf.train.MomentumOptimizer(0.3, 0.9))
    losses = []

    def step(session, *args):
        result = slim.learning.train_step(session, *args)
        losses.append(round(float(result[0]), 5))
        return result

    last = slim.learning.train(
        train,
        logs,
        train_step_fn=step,
        number_of_steps=7,
        init_op=_start(tf),
        save_summaries_secs=300,
        log_every_n_steps=2,
    )
    checkpoint = tf.train.latest_checkpoint(logs)
    return [losses, round(float(last), 5), _files(logs), os.path.basename(checkpoint), _values(checkpoint, tf)]


def _model_and_checkpoints(tf, folder):
    logs = os.path.join(folder, "model")
    w = tf.get_variable("w", initializer=[1.0, 2.0])
    step = tf.train.get_or_create_global_step()
    saver = tf.train.Saver()
    with tf.Session() as session:
        for count in (3, 8):
            session.run(tf.global_variables_initializer())
            w.load([count * 1.0, count * 2.0], session)
            step.load(count, session)
            saver.save(session, os.path.join(logs, "model"), count)
    data = tf.data.Dataset.range(10).repeat().make_one_shot_iterator().get_next()
    return logs, tf.metrics.mean(w * tf.to_float(data))


def slim_evaluation(tf, folder):
    slim = tf.contrib.slim
    logs, (value, update) = _model_and_checkpoints(tf, folder)
    tf.summary.scalar("mean", value)
    out = os.path.join(folder, "out")
    first = os.path.join(logs, "model-3")
    once = slim.evaluation.evaluate_once("", first, out, num_evals=4, eval_op=update, final_op=value)
    loop = slim.evaluation.evaluation_loop(
        "",
        logs,
        out,
        num_evals=3,
        eval_op=[update],
        final_op={"v": value},
        max_number_of_evaluations=1,
        eval_interval_secs=0,
    )
    return [float(once), float(loop["v"]), _events(tf, out)]


def training_evaluation(tf, folder):
    training = tf.contrib.training
    logs, (value, update) = _model_and_checkpoints(tf, folder)
    out = os.path.join(folder, "out")
    hooks = [
        training.StopAfterNEvalsHook(5),
        training.SummaryAtEndHook(out, summary_op=tf.summary.scalar("s", value)),
    ]
    once = training.evaluate_once(os.path.join(logs, "model-8"), eval_ops={"u": update}, final_ops=[value], hooks=hooks)
    return [float(once[0]), _events(tf, out), training.get_or_create_eval_step().op.name]


def tpu_estimator(tf, folder):
    tpu = tf.contrib.tpu
    seen = []

    def model_fn(features, labels, mode, params):
        seen.append([mode, params["batch_size"], params["use_tpu"], params["size"]])
        w = tf.get_variable("w", [3, 1], initializer=tf.constant_initializer(0.5))
        out = tf.matmul(features["x"], w)
        if mode == tf.estimator.ModeKeys.PREDICT:
            return tpu.TPUEstimatorSpec(mode, predictions={"out": out})
        loss = tf.reduce_mean(tf.square(out - labels))
        if mode == tf.estimator.ModeKeys.EVAL:

            def metrics(out, labels):
                return {"far": tf.metrics.mean_absolute_error(labels, out)}

            return tpu.TPUEstimatorSpec(mode, loss=loss, eval_metrics=(metrics, [out, labels]))
        train = tf.train.AdamOptimizer(0.1).minimize(loss, tf.train.get_global_step())

        def scaffold():
            return tf.train.Scaffold(init_op=tf.global_variables_initializer())

        def host_call(step, loss):
            return tf.Print(loss, [step])

        call = host_call, {"step": tf.train.get_global_step(), "loss": loss}
        return tpu.TPUEstimatorSpec(mode, loss=loss, train_op=train, scaffold_fn=scaffold, host_call=call)

    def input_fn(params):
        data = tf.data.Dataset.from_tensor_slices(({"x": numbers(12, 3)}, numbers(12, 1, salt="y")))
        return data.repeat().batch(params["batch_size"], drop_remainder=True)

    def some_fn(params):
        return tf.data.Dataset.from_tensor_slices({"x": numbers(6, 3)}).batch(params["batch_size"])

    config = tpu.RunConfig(
        model_dir=folder,
        save_checkpoints_steps=4,
        log_step_count_steps=2,
        tpu_config=tpu.TPUConfig(2, num_shards=8, per_host_input_for_training=tpu.InputPipelineConfig.PER_HOST_V2),
    )
    estimator = tpu.TPUEstimator(
        model_fn,
        config=config,
        params={"size": 7},
        use_tpu=False,
        train_batch_size=4,
        eval_batch_size=3,
        predict_batch_size=2,
    )
    estimator.train(input_fn, max_steps=6)
    results = estimator.evaluate(input_fn, steps=4)
    results = {k: float(v) for k, v in sorted(results.items())}
    predictions = [float(p["out"][0]) for p in estimator.predict(some_fn)]
    values = _values(tf.train.latest_checkpoint(folder), tf)
    return [seen, results, predictions, values, [n for n in _files(folder) if "ckpt" in n], _events(tf, folder)]


PROGRAMS = (slim_training, slim_evaluation, training_evaluation, tpu_estimator)


def run(tf, program):
    """What a program gives in a graph and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
        tf.set_random_seed(3)
        return json.loads(json.dumps(program(tf, folder)))


def recorded():
    """Program -> what TensorFlow gave."""
    with open(os.path.join(FOLDER, "contrib_loops.json")) as stream:
        return json.load(stream)


if __name__ == "__main__":
    import tensorflow

    tensorflow.logging.set_verbosity("ERROR")
    made = [json.dumps(p.__name__) + ": " + json.dumps(run(tensorflow, p)) for p in PROGRAMS]
    with open(os.path.join(FOLDER, "contrib_loops.json"), "w") as stream:
        stream.write("{\n" + ",\n".join(made) + "\n}\n")
