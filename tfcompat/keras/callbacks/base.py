"""`Callback`, the list of them that a loop calls, and the callbacks that every training has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tfcompat.graph.export import PUBLIC, export_internal, tf_export


@tf_export("keras.callbacks.Callback")
class Callback:
    """Base of callbacks: methods that do nothing, called at points of training, evaluation and prediction.

    Attributes:
        params: facts of the loop: "verbose", "epochs", "steps", "samples", "batch_size", "metrics", "do_validation".
        model: the model; setting its `stop_training` ends training.

    `logs` are dictionaries: "batch", "size" and what is reported, as "loss", for batches; what is reported for epochs.
    """

    def __init__(self) -> None:
        self.validation_data: Any = None
        self.model: Any = None
        self.params: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the facts of the loop."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Takes the model."""
        self.model = model

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of training; an old name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of training; an old name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of training."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of training."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of evaluation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of evaluation."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of prediction."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Before training."""

    def on_train_end(self, logs: Any = None) -> None:
        """After training."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Before evaluation."""

    def on_test_end(self, logs: Any = None) -> None:
        """After evaluation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before prediction."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After prediction."""


@tf_export("keras.callbacks.CallbackList")
class CallbackList:
    """Callbacks that are called one after the other.

    Args:
        callbacks: the callbacks.
        queue_length: accepted.
        model: model to set in all of them.
        params: facts to set in all of them.
        progress: shows the progress of evaluation and prediction; None for nothing.
    """

    def __init__(
        self,
        callbacks: Any = None,
        queue_length: int = 10,
        model: Any = None,
        params: dict[str, Any] | None = None,
        progress: Any = None,
    ):
        self.callbacks: list[Any] = [] if callbacks is None else list(callbacks)
        self.params: dict[str, Any] = {}
        self.model: Any = None
        self._progress = progress
        if params is not None:
            self.set_params(params)
        if model is not None:
            self.set_model(model)

    @classmethod
    def for_training(cls, model: Any, callbacks: Any, params: dict[str, Any], counts_samples: bool) -> CallbackList:
        """The list for `fit`: averages first, then `callbacks`, the history, and the progress that is shown.

        Args:
            model: the model, which gets a new history.
            callbacks: those of the program, or a list that is taken as it is.
            params: facts of the loop.
            counts_samples: whether progress is counted in samples, and not in steps.
        """
        if isinstance(callbacks, CallbackList):
            return callbacks
        stateful = model.metrics_names[1:]
        model.history = History()
        all_of_them = [BaseLogger(stateful), *(callbacks or []), model.history]
        if params["verbose"]:
            all_of_them.append(_progress(counts_samples, stateful))
        return cls(all_of_them, model=model, params=params)

    @classmethod
    def for_one_pass(cls, model: Any, callbacks: Any, params: dict[str, Any], counts_samples: bool) -> CallbackList:
        """The list for `evaluate` and `predict`; arguments as for `for_training`."""
        if isinstance(callbacks, CallbackList):
            return callbacks
        progress = None
        if params["verbose"]:
            progress = _progress(counts_samples, model.metrics_names[1:] if params["metrics"] else None)
            progress.set_params(params)
            progress.set_model(model)
        return cls(callbacks, model=model, params=params, progress=progress)

    def append(self, callback: Any) -> None:
        """Adds a callback at the end."""
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        """Sets the facts of the loop in all callbacks."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Sets the model in all callbacks."""
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def on_progress_begin(self) -> None:
        """Shows that evaluation or prediction begins."""
        if self._progress is not None:
            self._progress.on_train_begin()
            self._progress.on_epoch_begin(0)

    def on_progress_end(self, logs: dict[str, Any]) -> None:
        """Shows that evaluation or prediction is over."""
        if self._progress is not None:
            self._progress.on_epoch_end(0, logs)

    def on_progress(self, batch: int, logs: Any) -> None:
        """Shows that a batch of evaluation or prediction is over."""
        if self._progress is not None:
            self._progress.on_batch_begin(batch)
            self._progress.on_batch_end(batch, logs)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.callbacks)


def _calling_all(name: str, before: str | None = None, after: str | None = None) -> Callable[..., None]:
    """A method of the list that calls that of each callback, and one of the list itself before or after it."""

    def method(self: CallbackList, *args: Any, **kwargs: Any) -> None:
        if before:
            getattr(self, before)()
        if not args and not kwargs:
            args = ({},)
        for callback in self.callbacks:
            getattr(callback, name)(*args, **kwargs)
        if after:
            getattr(self, after)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Calls `{name}` of all."
    return method


for _mode in ("train", "test", "predict"):
    _shown = _mode != "train"
    for _name, _before, _after in (
        (f"on_{_mode}_begin", "on_progress_begin" if _shown else None, None),
        (f"on_{_mode}_end", None, None),
        (f"on_{_mode}_batch_begin", None, None),
        (f"on_{_mode}_batch_end", None, "on_progress" if _shown else None),
    ):
        setattr(CallbackList, _name, _calling_all(_name, _before, _after))
for _name, _called in (
    ("on_epoch_begin", "on_epoch_begin"),
    ("on_epoch_end", "on_epoch_end"),
    ("on_batch_begin", "on_train_batch_begin"),
    ("on_batch_end", "on_train_batch_end"),
):
    setattr(CallbackList, _name, _calling_all(_called))


def _progress(counts_samples: bool, stateful: Any) -> ProgbarLogger:
    return ProgbarLogger("samples" if counts_samples else "steps", stateful)


@tf_export("keras.callbacks.BaseLogger")
class BaseLogger(Callback):
    """Puts the averages over an epoch's batches into its logs.

    Args:
        stateful_metrics: names of metrics whose last value counts for the epoch already.
    """

    def __init__(self, stateful_metrics: Any = None):
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or [])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begins to count."""
        self.seen = 0
        self.totals: dict[str, Any] = {}

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Adds what a batch reports, times its size."""
        logs = logs or {}
        size = logs.get("size", 0) * logs.get("num_steps", 1)
        self.seen += size
        for name, value in logs.items():
            if name in self.stateful_metrics:
                self.totals[name] = value
            else:
                self.totals[name] = self.totals.get(name, 0) + float(value) * size

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the averages into `logs`."""
        if logs is None:
            return
        for name in self.params["metrics"]:
            if name in self.totals:
                total = self.totals[name]
                logs[name] = total if name in self.stateful_metrics else total / self.seen


@tf_export("keras.callbacks.History")
class History(Callback):
    """What training reported: `epoch`, the numbers of the epochs, and `history`, name -> a value for each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Begins with no epochs."""
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps what the epoch reports."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


@tf_export("keras.callbacks.ProgbarLogger")
class ProgbarLogger(Callback):
    """Prints the progress of each epoch.

    Args:
        count_mode: "samples" or "steps", what the bar counts.
        stateful_metrics: names of metrics that are not to be averaged.

    Raises:
        ValueError: another mode.
    """

    def __init__(self, count_mode: str = "samples", stateful_metrics: Any = None):
        super().__init__()
        if count_mode not in ("samples", "steps"):
            raise ValueError(f"Unknown `count_mode`: {count_mode}")
        self.use_steps = count_mode == "steps"
        self.stateful_metrics = set(stateful_metrics or [])

    def on_train_begin(self, logs: Any = None) -> None:
        """Notes how much to print, and how many epochs there are."""
        self.verbose, self.epochs = self.params["verbose"], self.params["epochs"]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Prints which epoch begins, where there are several."""
        self.seen = 0
        self.log_values: list[tuple[str, Any]] = []
        self.target = self.params["steps" if self.use_steps else "samples"]
        if not self.verbose:
            return
        if self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")
        self.progbar = PUBLIC["keras.utils.Progbar"](
            target=self.target,
            verbose=self.verbose,
            stateful_metrics=self.stateful_metrics,
            unit_name="step" if self.use_steps else "sample",
        )

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Forgets the batch before."""
        self.log_values = []

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the bar on; the last batch is shown with what the epoch reports."""
        logs = logs or {}
        steps = logs.get("num_steps", 1)
        self.seen += steps if self.use_steps else logs.get("size", 0) * steps
        self._note(logs)
        if self.verbose and (self.target is None or self.seen < self.target):
            self.progbar.update(self.seen, self.log_values)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Completes the bar."""
        self._note(logs or {})
        if self.verbose:
            self.progbar.update(self.seen, self.log_values)

    def _note(self, logs: dict[str, Any]) -> None:
        """Adds what is reported to what the next update shows."""
        self.log_values += [(name, logs[name]) for name in self.params["metrics"] if name in logs]


for _class in (Callback, CallbackList, BaseLogger, History, ProgbarLogger):
    export_internal(f"python.keras.callbacks.{_class.__name__}", _class)
