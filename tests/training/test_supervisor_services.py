"""What a Supervisor writes, and what it needs of a graph."""

import glob
import os
import threading

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def events(directory):
    (path,) = glob.glob(os.path.join(directory, "*events*"))
    return list(tf.train.summary_iterator(path))


def test_events_begin_with_the_graph_and_its_meta_graph(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.summary.scalar("c", tf.constant(1.5))
        merged = tf.summary.merge_all()
        supervisor = tf.train.Supervisor(logdir=str(tmp_path), summary_op=None)
        session = supervisor.prepare_or_wait_for_session("", start_standard_services=False)
        supervisor.summary_computed(session, session.run(merged))
        session.close()
        supervisor.stop()
    version, first, second, third, *_ = events(str(tmp_path))
    assert version.file_version == "brain.Event:2"
    assert tf.GraphDef.FromString(first.graph_def) == graph.as_graph_def(add_shapes=True)
    meta = tf.MetaGraphDef.FromString(second.meta_graph_def)
    assert meta.graph_def == graph.as_graph_def(add_shapes=True)
    assert third.summary.value[0].simple_value == 1.5


def test_a_step_of_one_element_serves(tmp_path):
    with tf.Graph().as_default():
        tf.Variable([123], name="global_step")
        supervisor = tf.train.Supervisor(logdir=str(tmp_path))
        session = supervisor.prepare_or_wait_for_session("")
        for thread in list(supervisor.coord._registered_threads):
            thread.join(0.2)
        supervisor.stop()
        session.close()
    assert glob.glob(str(tmp_path / "model.ckpt-123*"))
    rates = [(v.simple_value, e.step) for e in events(str(tmp_path)) for v in e.summary.value]
    assert rates == [(0.0, 123)]


def test_replicas_need_variables_on_devices(tmp_path):
    with tf.Graph().as_default():
        tf.Variable([1.0])
        with pytest.raises(ValueError, match="must have their device set"):
            tf.train.Supervisor(logdir=str(tmp_path), is_chief=False)
    with tf.Graph().as_default(), tf.device("/job:ps"):
        tf.Variable([1.0])
        tf.train.Supervisor(logdir=str(tmp_path), is_chief=False)


def test_threads_may_save_under_one_name_at_once(tmp_path):
    path = str(tmp_path / "model")
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(np.arange(1000.0))
        saver = tf.train.Saver()
        session.run(variable.initializer)
        failed = []

        def save():
            try:
                for _ in range(8):
                    saver.save(session, path, write_meta_graph=False)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=save) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        saver.restore(session, path)


def test_a_file_is_no_directory_to_save_in(tmp_path):
    (tmp_path / "file").write_text("")
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(1.0)
        session.run(variable.initializer)
        with pytest.raises(ValueError, match="doesn't exist, can't save"):
            tf.train.Saver().save(session, str(tmp_path / "file" / "model"))
