"""The loops over epochs and batches of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tfcompat.keras.engine.feeding import Source
from tfcompat.platform import logging


class Validation(NamedTuple):
    """When and on what `fit` validates.

    Attributes:
        source: the batches.
        frequency: number of epochs, or the epochs counted from 1.
        takes_batch_size: whether its batches are as large as the last one of training, as for arrays that go with a
            generator.
    """

    source: Any
    frequency: Any
    takes_batch_size: bool

    def is_due(self, epoch: int) -> bool:
        """Whether to validate after `epoch`, counted from 0."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


def checked_frequency(frequency: Any) -> Any:
    """`validation_freq`, a number of epochs or a list of them; ValueError for what is neither."""
    if isinstance(frequency, bool) or not (hasattr(frequency, "__contains__") or isinstance(frequency, int)):
        raise ValueError(f"`validation_freq` must be an Integer or `collections_abc.Container`, got {frequency!r}")
    if isinstance(frequency, int) and frequency < 1:
        raise ValueError(f"`validation_freq` can not be less than 1, got {frequency}")
    return frequency


def fit_loop(
    model: Any, source: Source, callbacks: Any, epochs: int, initial_epoch: int, validation: Validation | None
) -> Any:
    """Trains for epochs; gives the history."""
    train, names = model._training_function(), model.metrics_names
    model._check_trained_weights()
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch, {})
        average = Average(source.by_samples)
        steps = size = 0
        for index, (size, arrays) in enumerate(source.batches()):
            steps += 1
            counted = size if source.sized else 1
            callbacks.on_train_batch_begin(index, {"batch": index, "size": counted})
            outs = train(arrays)
            average.add(outs, size)
            callbacks.on_train_batch_end(index, {"batch": index, "size": counted, **_logs(names, outs)})
            if model.stop_training:
                break
        if source.steps is not None and steps < source.steps and not model.stop_training:
            _warn_of_end(source.steps * epochs)
            model.stop_training = True
        logs = _logs(names, average.results())
        if validation is not None and validation.is_due(epoch) and steps:
            if validation.takes_batch_size:
                validation.source.batch_size = size
            results = test_loop(model, validation.source, callbacks)
            logs.update(_logs([f"val_{name}" for name in names], results))
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    callbacks.on_train_end()
    return model.history


def test_loop(model: Any, source: Source, callbacks: Any) -> list[Any]:
    """The loss and the metrics over all batches."""
    test, names = model._testing_function(), model.metrics_names
    model.reset_metrics()
    average = Average(source.by_samples)
    _begin(callbacks, "test")
    for index, (size, arrays) in enumerate(source.batches()):
        counted = size if source.sized else 1
        outs = _step(callbacks, "test", index, counted, partial(test, arrays), names)
        average.add(outs, size)
    results = average.results()
    _end(callbacks, "test", _logs(names, results))
    return results


def predict_loop(model: Any, source: Source, callbacks: Any) -> Any:
    """The outputs for all batches, put together, in the structure of the model's outputs."""
    predict = model._predicting_function()
    parts: list[list[Any]] = []
    _begin(callbacks, "predict")
    for index, (size, arrays) in enumerate(source.batches()):
        counted = size if source.sized else 1
        parts.append(_step(callbacks, "predict", index, counted, partial(predict, arrays), None))
    _end(callbacks, "predict", {})
    if not parts:
        raise ValueError("Empty training data.")
    joined = [_joined(outputs) for outputs in zip(*parts, strict=True)]
    return joined[0] if len(joined) == 1 else joined


def _joined(outputs: tuple[Any, ...]) -> Any:
    if hasattr(outputs[0], "dense_shape"):
        return outputs[0] if len(outputs) == 1 else list(outputs)
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)


def _begin(callbacks: Any, mode: str) -> None:
    if callbacks is not None:
        getattr(callbacks, f"on_{mode}_begin")()


def _step(callbacks: Any, mode: str, index: int, size: int, run: Callable[[], Any], names: list[str] | None) -> Any:
    """One batch, with the callbacks before and after it."""
    if callbacks is None:
        return run()
    getattr(callbacks, f"on_{mode}_batch_begin")(index, {"batch": index, "size": size})
    outs = run()
    found = {"outputs": outs} if names is None else _logs(names, outs)
    getattr(callbacks, f"on_{mode}_batch_end")(index, {"batch": index, "size": size, **found})
    return outs


def _end(callbacks: Any, mode: str, logs: dict[str, Any]) -> None:
    if callbacks is not None:
        callbacks.on_progress_end(logs)
        getattr(callbacks, f"on_{mode}_end")()


def _logs(names: list[str], values: list[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=False))


def _warn_of_end(needed: int) -> None:
    logging.warning(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at "
        f"least `steps_per_epoch * epochs` batches (in this case, {needed} batches). You may need to use the repeat() "
        "function when building your dataset."
    )


class Average:
    """The loss as a mean over batches or samples, and the last values of the metrics, which count for all batches.

    Args:
        by_samples: whether the loss of a batch counts by its number of samples.
    """

    def __init__(self, by_samples: bool):
        self._by_samples = by_samples
        self._loss, self._count = 0.0, 0
        self._last: list[Any] = []

    def add(self, outs: list[Any], size: int) -> None:
        """Takes the loss and metrics of a batch of `size` samples."""
        weight = size if self._by_samples else 1
        self._loss = self._loss + float(outs[0]) * weight
        self._count += weight
        self._last = outs[1:]

    def results(self) -> list[Any]:
        """The loss and the metrics; ValueError when there was no batch."""
        if not self._count:
            raise ValueError("Empty training data.")
        return [self._loss / self._count, *self._last]
