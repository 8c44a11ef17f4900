"""Callbacks that write: checkpoints, lines, events; and the order in which they are called."""

import csv
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

callbacks, layers = tf.keras.callbacks, tf.keras.layers
X = np.sin(np.arange(80)).reshape(20, 4)
Y = np.arange(20) % 3


@pytest.fixture(autouse=True)
def graph():
    tf.keras.backend.clear_session()
    with tf.Graph().as_default():
        yield


@pytest.fixture
def model():
    made = tf.keras.Sequential([layers.Dense(3, input_shape=(4,), activation="softmax")])
    made.set_weights([np.cos(np.arange(12)).reshape(4, 3), np.zeros(3)])
    made.compile(tf.keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["acc"])
    return made


def fit(model, *given, epochs=3, **options):
    return model.fit(X, Y, epochs=epochs, verbose=0, batch_size=10, callbacks=list(given), **options).history


def test_checkpoints(model, tmp_path, capsys):
    path = str(tmp_path / "{epoch:02d}-{loss:.2f}")
    losses = fit(model, callbacks.ModelCheckpoint(path, save_weights_only=True, verbose=1))["loss"]
    names = [f"{epoch:02d}-{loss:.2f}" for epoch, loss in enumerate(losses, 1)]
    assert all((tmp_path / f"{name}.index").exists() for name in names)
    assert f"Epoch 00001: saving model to {tmp_path}/{names[0]}" in capsys.readouterr().out
    best = callbacks.ModelCheckpoint(
        str(tmp_path / "best"), "acc", save_best_only=True, save_weights_only=True, verbose=1
    )
    assert best.mode == "max"
    fit(model, best, epochs=1)
    best.best = 2.0
    fit(model, best, epochs=1)
    out = capsys.readouterr().out
    assert "acc improved from -inf to" in out
    assert "acc did not improve from 2.00000" in out
    every = callbacks.ModelCheckpoint(str(tmp_path / "every{epoch}"), save_weights_only=True, save_freq=20)
    fit(model, every, epochs=2)
    assert (tmp_path / "every2.index").exists()
    with pytest.raises(ValueError, match="Unrecognized save_freq"):
        callbacks.ModelCheckpoint("x", save_freq="step")


def test_stopping_gives_the_best_values_back(model):
    stopping = callbacks.EarlyStopping("loss", baseline=0.0, restore_best_weights=True, patience=2)
    assert len(fit(model, stopping, epochs=9)["loss"]) == 2
    assert stopping.stopped_epoch == 1
    growing = callbacks.EarlyStopping("loss", mode="max", restore_best_weights=True)
    start = model.get_weights()[0]
    fit(model, growing, epochs=5)
    assert len(model.history.epoch) == 2
    assert not np.array_equal(model.get_weights()[0], start)


def test_what_is_not_a_number_ends_training(model):
    model.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
    assert len(fit(model, callbacks.TerminateOnNaN())["loss"]) == 1


def test_lines_of_values(model, tmp_path):
    path = tmp_path / "log.csv"
    fit(model, callbacks.CSVLogger(path))
    fit(model, callbacks.CSVLogger(str(path), append=True), epochs=1)
    with open(path) as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "0"]
    assert list(rows[0]) == ["epoch", "acc", "loss"]


def test_events(model, tmp_path):
    board = callbacks.TensorBoard(tmp_path, histogram_freq=1, write_images=True, update_freq="batch")
    history = fit(model, board, epochs=2, validation_data=(X, Y))
    values, kinds = {}, set()
    for path in tmp_path.iterdir():
        for event in tf.train.summary_iterator(str(path)):
            for value in event.summary.value:
                values.setdefault(value.tag, []).append(value.simple_value)
                kinds.add(value.WhichOneof("value"))
    np.testing.assert_allclose(values["epoch_val_loss"], history["val_loss"], rtol=1e-6)
    assert len(values["batch_loss"]) == 4
    assert kinds == {"simple_value", "histo", "image"}
    with pytest.raises(NotImplementedError, match="write_grads"):
        callbacks.TensorBoard(write_grads=True)


def test_values_for_a_server(model):
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        fit(model, callbacks.RemoteMonitor(f"http://127.0.0.1:{server.server_port}", send_as_json=True), epochs=2)
        server.shutdown()
        thread.join()
    assert [message["epoch"] for message in received] == [0, 1]
    assert set(received[0]) == {"epoch", "loss", "acc"}


def test_functions(model):
    seen = []
    given = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch), on_batch_begin=lambda batch, logs: seen.append("batch")
    )
    fit(model, given, epochs=1)
    assert seen == ["batch", "batch", 0]


def test_a_program_stops_training(model):
    class Stopping(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 0

    assert len(fit(model, Stopping())["loss"]) == 1
