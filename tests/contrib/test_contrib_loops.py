"""Loops of tf.contrib that train and evaluate, against what TensorFlow 1.15.5 gave."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.contrib import loops


def assert_close(got, wanted, path=""):
    if isinstance(wanted, dict):
        assert list(got) == list(wanted), path
        for key in wanted:
            assert_close(got[key], wanted[key], f"{path}.{key}")
    elif isinstance(wanted, list):
        assert len(got) == len(wanted), path
        for i, pair in enumerate(zip(got, wanted, strict=True)):
            assert_close(*pair, f"{path}[{i}]")
    elif isinstance(wanted, float):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=2e-5, err_msg=path)
    else:
        assert got == wanted, path


@pytest.mark.filterwarnings("ignore:Attempting to use a closed FileWriter")
@pytest.mark.parametrize("program", loops.PROGRAMS, ids=lambda p: p.__name__)
def test_program(program):
    assert_close(loops.run(tf, program), loops.recorded()[program.__name__])


def test_arguments_of_training_are_checked(tmp_path):
    train = tf.contrib.slim.learning.train
    with tf.Graph().as_default():
        op = tf.constant(1.0)
        for options, message in (
            ({"train_op": None, "logdir": None}, "train_op cannot be None"),
            ({"train_op": op, "logdir": None, "summary_op": op}, "Cannot provide summary_op because logdir=None"),
            ({"train_op": op, "logdir": None, "trace_every_n_steps": 1}, "Cannot provide trace_every_n_steps"),
            ({"train_op": op, "logdir": str(tmp_path), "number_of_steps": 0}, "a positive number"),
            ({"train_op": op, "logdir": str(tmp_path), "sync_optimizer": [op]}, "must be a tf.train.Sync"),
        ):
            with pytest.raises(ValueError, match=message):
                train(**options)
        with pytest.raises(ValueError, match="logdir must be present"):
            tf.contrib.slim.learning.train_step(None, op, op, {"should_trace": op})


def test_readers_and_providers_are_checked():
    slim = tf.contrib.slim
    with pytest.raises(ValueError, match="No data files found"):
        slim.parallel_reader.get_data_files("/no/such/*.records")
    assert slim.parallel_reader.get_data_files(["a", ["b", "c"]]) == ["a", "b", "c"]
    with tf.Graph().as_default(), pytest.raises(TypeError, match=r"must be \[tf.string, tf.string\]"):
        slim.parallel_reader.ParallelReader(tf.TFRecordReader, tf.FIFOQueue(2, [tf.int32, tf.string]))
    provider = slim.data_provider.DataProvider({"x": 1}, 5)
    assert provider.get(["x"]) == [1]
    with pytest.raises(ValueError, match=r"Item \[y\] is invalid"):
        provider.get(["y"])
    with pytest.raises(ValueError, match="expects 4 keys"):
        slim.tfexample_decoder.BoundingBox(["a"])
    with pytest.raises(ValueError, match="Primary handler"):
        slim.tfexample_decoder.BackupHandler(1, 2)


def test_a_session_runs_queue_runners_of_its_own():
    slim = tf.contrib.slim
    with tf.Graph().as_default(), tf.Session() as session:
        value = tf.train.input_producer([5.0], shuffle=False).dequeue()
        with slim.queues.QueueRunners(session):
            assert session.run(value) == 5.0
            with pytest.raises(slim.queues.NestedQueueRunnerError), slim.queues.QueueRunners(session):
                pass


def test_tpus_are_refused():
    tpu = tf.contrib.tpu
    with pytest.raises(NotImplementedError, match="use_tpu=False"):
        tpu.TPUEstimator(lambda features, params: None, config=tpu.RunConfig())
    with pytest.raises(NotImplementedError, match="use_tpu=False"):
        tf.contrib.cluster_resolver.TPUClusterResolver("name")
    with pytest.raises(ValueError, match="must be provided with type"):
        tpu.TPUEstimator(lambda features, params: None, config=tf.estimator.RunConfig(), use_tpu=False)
    with pytest.raises(ValueError, match="reserved keys"):
        tpu.TPUEstimator(len, config=tpu.RunConfig(), use_tpu=False, params={"batch_size": 3})
    with pytest.raises(ValueError, match="two elements"):
        tpu.TPUEstimatorSpec("eval", eval_metrics=(len,))
    with pytest.raises(ValueError, match="iterations_per_loop"):
        tpu.TPUConfig(0)
    assert tpu.TPUConfig("5m").per_host_input_for_training == tpu.InputPipelineConfig.PER_HOST_V1
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(2.0)
        step = tpu.CrossShardOptimizer(tf.train.GradientDescentOptimizer(0.25)).minimize(v * v)
        session.run(v.initializer)
        session.run(step)
        assert session.run(v) == 1.0
