"""Training goes on with the element of the input after the last one that was used."""

import pytest

import tfcompat.compat.v1 as tf


def model(features, labels, mode):
    step = tf.train.get_or_create_global_step()
    latest = tf.Variable(0, name="latest", dtype=tf.int64)
    train = tf.group(step.assign_add(1), latest.assign(features))
    return tf.estimator.EstimatorSpec("train", train_op=train, loss=tf.constant(2.0))


def latest(estimator):
    return estimator.get_variable_value("global_step"), estimator.get_variable_value("latest")


def hooks(estimator):
    return [tf.data.experimental.CheckpointInputPipelineHook(estimator)]


def dataset():
    return tf.data.Dataset.range(10)


def element():
    return tf.data.make_one_shot_iterator(dataset()).get_next()


@pytest.mark.parametrize("source", [dataset, element])
def test_the_input_goes_on_where_it_was(tmp_path, source):
    estimator = tf.estimator.Estimator(model, str(tmp_path))
    for expected in ((2, 1), (4, 3)):
        estimator.train(source, steps=2, hooks=hooks(estimator))
        assert latest(estimator) == expected
    estimator.train(source, steps=2)
    assert latest(estimator) == (6, 1)
    assert tf.train.latest_checkpoint(str(tmp_path), "checkpoint_input").endswith("input.ckpt-4")


def test_without_an_iterator_there_is_nothing_to_save(tmp_path):
    estimator = tf.estimator.Estimator(model, str(tmp_path))
    with pytest.raises(ValueError, match="No iterator was found"):
        estimator.train(lambda: tf.constant(1, tf.int64), steps=2, hooks=hooks(estimator))
