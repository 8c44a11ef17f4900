"""Callbacks that pass on what epochs and batches report: to files, servers, functions, and event files."""

from __future__ import annotations

import collections.abc
import csv
import json
import os
import urllib.parse
import urllib.request
from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC, export_internal, tf_export
from tfcompat.keras.callbacks.base import Callback


@tf_export("keras.callbacks.LambdaCallback")
class LambdaCallback(Callback):
    """Calls functions.

    Args:
        on_epoch_begin, on_epoch_end: functions of the epoch and the logs.
        on_batch_begin, on_batch_end: functions of the batch and the logs.
        on_train_begin, on_train_end: functions of the logs.
        kwargs: more attributes, such as `on_test_begin`.
    """

    def __init__(
        self,
        on_epoch_begin: Any = None,
        on_epoch_end: Any = None,
        on_batch_begin: Any = None,
        on_batch_end: Any = None,
        on_train_begin: Any = None,
        on_train_end: Any = None,
        **kwargs: Any,
    ):
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_batch_begin": on_batch_begin,
            "on_batch_end": on_batch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
        }
        self.__dict__.update(kwargs)
        self.__dict__.update({name: function for name, function in given.items() if function is not None})


@tf_export("keras.callbacks.CSVLogger")
class CSVLogger(Callback):
    """Writes a line of comma-separated values for each epoch.

    Args:
        filename: the file.
        separator: between values.
        append: whether to go on with a file that exists.
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.writer: Any = None
        self.keys: list[str] | None = None
        self.append_header = True

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the file."""
        if self.append and os.path.exists(self.filename):
            with open(self.filename, encoding="utf-8") as file:
                self.append_header = not file.readline()
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the line, after one with the names at first."""
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
        if self.model.stop_training:
            logs = {key: logs.get(key, "NA") for key in self.keys}
        if not self.writer:
            self.writer = csv.DictWriter(
                self.csv_file, fieldnames=["epoch", *self.keys], delimiter=self.sep, lineterminator="\n"
            )
            if self.append_header:
                self.writer.writeheader()
        self.writer.writerow({"epoch": epoch, **{key: _cell(logs[key]) for key in self.keys}})
        self.csv_file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the file."""
        self.csv_file.close()
        self.writer = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value
    return f'"[{", ".join(map(str, value))}]"' if isinstance(value, collections.abc.Iterable) else value


@tf_export("keras.callbacks.RemoteMonitor")
class RemoteMonitor(Callback):
    """Sends what epochs report to a server.

    Args:
        root: address of the server.
        path: below `root`.
        field: name under which the values are sent, as JSON.
        headers: of the request.
        send_as_json: whether the whole request is JSON.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        self.root, self.path, self.field, self.headers, self.send_as_json = root, path, field, headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Sends the values; a server that does not answer is passed over with a warning."""
        values = {"epoch": epoch, **{k: v.item() if isinstance(v, np.generic) else v for k, v in (logs or {}).items()}}
        if self.send_as_json:
            body, kind = json.dumps(values), "application/json"
        else:
            body, kind = urllib.parse.urlencode({self.field: json.dumps(values)}), "application/x-www-form-urlencoded"
        request = urllib.request.Request(
            self.root + self.path, body.encode(), {"Content-Type": kind, **(self.headers or {})}
        )
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError:
            PUBLIC["logging.warning"](f"Warning: could not reach RemoteMonitor root server at {self.root}")


@tf_export("keras.callbacks.TensorBoard")
class TensorBoard(Callback):
    """Writes event files: what epochs and batches report, the graph, and histograms of variables.

    Args:
        log_dir: directory of the files.
        histogram_freq: epochs between histograms; 0 for none.
        batch_size: not used.
        write_graph: whether to write the graph.
        write_grads: must be False.
        write_images: whether to write matrices of variables as images too.
        embeddings_freq: must be 0.
        embeddings_layer_names, embeddings_metadata, embeddings_data: not used.
        update_freq: "epoch", "batch", or a number of samples, when to write.
        profile_batch: not used.
    """

    def __init__(
        self,
        log_dir: str = "./logs",
        histogram_freq: int = 0,
        batch_size: int = 32,
        write_graph: bool = True,
        write_grads: bool = False,
        write_images: bool = False,
        embeddings_freq: int = 0,
        embeddings_layer_names: Any = None,
        embeddings_metadata: Any = None,
        embeddings_data: Any = None,
        update_freq: Any = "epoch",
        profile_batch: int = 2,
    ):
        super().__init__()
        if write_grads or embeddings_freq:
            raise NotImplementedError("TensorBoard writes neither gradients (`write_grads`) nor embeddings.")
        self.log_dir, self.histogram_freq = os.fspath(log_dir), histogram_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._samples_seen = self._samples_seen_at_last_write = self._total_batches_seen = 0
        self._merged: Any = None

    def set_model(self, model: Any) -> None:
        """Opens the file, with the graph where that is asked for."""
        super().set_model(model)
        session = PUBLIC["keras.backend.get_session"]()
        if self.histogram_freq and self._merged is None:
            self._merged = self._histograms(model)
        self.writer = PUBLIC["summary.FileWriter"](self.log_dir, session.graph if self.write_graph else None)

    def _histograms(self, model: Any) -> Any:
        summaries = []
        for layer in model.layers:
            for weight in layer.weights:
                name = weight.name.replace(":", "_")
                summaries.append(PUBLIC["summary.histogram"](name, weight))
                if self.write_images and len(weight.shape) == 2:
                    image = PUBLIC["reshape"](weight, [1, *weight.shape.as_list(), 1])
                    summaries.append(PUBLIC["summary.image"](name, image))
        return PUBLIC["summary.merge"](summaries)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Writes what the batch reports, where that is asked for."""
        logs = logs or {}
        self._samples_seen += logs.get("size", 1)
        since = self._samples_seen - self._samples_seen_at_last_write
        if self.update_freq != "epoch" and since >= self.update_freq:
            self._write(self._total_batches_seen, {f"batch_{k}": v for k, v in logs.items() if k not in _NOT_VALUES})
            self._samples_seen_at_last_write = self._samples_seen
        self._total_batches_seen += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes what the epoch reports, and histograms."""
        step = epoch if self.update_freq == "epoch" else self._samples_seen
        self._write(step, {f"epoch_{k}": v for k, v in (logs or {}).items() if k not in _NOT_VALUES})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self.writer.add_summary(PUBLIC["keras.backend.get_session"]().run(self._merged), epoch)

    def _write(self, step: int, values: dict[str, Any]) -> None:
        for name, value in values.items():
            summary = PUBLIC["Summary"]()
            summary.value.add(tag=name, simple_value=float(value))
            self.writer.add_summary(summary, step)
        self.writer.flush()

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the file."""
        self.writer.close()


_NOT_VALUES = ("batch", "size", "num_steps")

for _class in (LambdaCallback, CSVLogger, RemoteMonitor, TensorBoard):
    export_internal(f"python.keras.callbacks.{_class.__name__}", _class)
