"""Monitored sessions, hooks and input queues."""

import os

import pytest

import tfcompat.compat.v1 as tf


def test_training_stops_at_a_step_and_goes_on_from_its_checkpoint(tmp_path):
    folder = str(tmp_path)

    def train(last_step):
        with tf.Graph().as_default():
            step = tf.train.get_or_create_global_step()
            advance = tf.assign_add(step, 1)
            hooks = [tf.train.StopAtStepHook(last_step=last_step)]
            runs = 0
            monitored = tf.train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=hooks, save_checkpoint_steps=2)
            with monitored as session:
                while not session.should_stop():
                    session.run(advance)
                    runs += 1
            return runs

    assert train(3) == 3
    assert train(5) == 2
    assert tf.train.latest_checkpoint(folder) == os.path.join(folder, "model.ckpt-5")


def test_hooks_are_called_in_order_around_runs():
    calls = []

    class Hook(tf.train.SessionRunHook):
        def begin(self):
            calls.append("begin")

        def after_create_session(self, session, coord):
            calls.append("created")

        def before_run(self, run_context):
            return tf.train.SessionRunArgs(doubled)

        def after_run(self, run_context, run_values):
            calls.append(run_values.results)

        def end(self, session):
            calls.append("end")

    with tf.Graph().as_default():
        value = tf.constant(3)
        doubled = value * 2
        with tf.train.MonitoredSession(hooks=[Hook()]) as session:
            assert session.run(value) == 3
    assert calls == ["begin", "created", 6, "end"]


def test_a_nan_loss_stops_the_training():
    with tf.Graph().as_default():
        loss = tf.constant(float("nan"))
        with (
            pytest.raises(tf.train.NanLossDuringTrainingError),
            tf.train.SingularMonitoredSession(hooks=[tf.train.NanTensorHook(loss)]) as session,
        ):
            session.run(loss)


def test_batches_of_queued_lines_end_with_the_epochs(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("1,a\n2,b\n3,c\n")
    with tf.Graph().as_default():
        names = tf.train.string_input_producer([str(path)], num_epochs=2, shuffle=False)
        _, line = tf.TextLineReader().read(names)
        number, text = tf.decode_csv(line, [[0], [""]])
        batch = tf.train.batch([number, text], 4, allow_smaller_final_batch=True)
        rows = []
        with tf.train.MonitoredSession() as session:
            while not session.should_stop():
                numbers, texts = session.run(batch)
                rows += zip(numbers.tolist(), texts.tolist(), strict=True)
    assert rows == [(1, b"a"), (2, b"b"), (3, b"c")] * 2


def test_an_error_of_a_thread_is_raised_by_join():
    coord = tf.train.Coordinator()
    thread = tf.train.LooperThread.loop(coord, None, target=lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        coord.join([thread])
