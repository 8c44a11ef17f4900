"""Callbacks that look at what epochs report: stopping, saving the best, lowering the learning rate."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tfcompat.graph.export import export_internal, tf_export
from tfcompat.keras.backend.variables import get_value, set_value
from tfcompat.keras.callbacks.base import Callback
from tfcompat.platform import logging


class _Monitor(Callback):
    """A callback that compares a reported value with the best one so far.

    Args:
        monitor: name of the value.
        mode: "min" or "max", what is better; "auto" to tell from the name.
    """

    _only_by_accuracy = False

    def __init__(self, monitor: str, mode: str):
        super().__init__()
        self.monitor = monitor
        if mode not in ("auto", "min", "max"):
            logging.warning(f"{type(self).__name__} mode {mode} is unknown, fallback to auto mode.")
            mode = "auto"
        grows = "acc" in monitor or (not self._only_by_accuracy and monitor.startswith("fmeasure"))
        self.mode = "max" if mode == "max" or mode == "auto" and grows else "min"
        self.monitor_op = np.greater if self.mode == "max" else np.less
        self.best: Any = self._worst

    @property
    def _worst(self) -> float:
        return -np.inf if self.mode == "max" else np.inf

    def _current(self, logs: Any, purpose: str) -> Any:
        """The value that was reported, None after a warning where it was not."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            logging.warning(
                f"{purpose} conditioned on metric `{self.monitor}` which is not available. Available metrics are: "
                f"{','.join(logs or {})}"
            )
        return value


@tf_export("keras.callbacks.EarlyStopping")
class EarlyStopping(_Monitor):
    """Ends training when a value has stopped to improve.

    Args:
        monitor: name of the value.
        min_delta: the least change that counts.
        patience: epochs without improvement before training ends.
        verbose: whether to print it.
        mode: "min", "max" or "auto".
        baseline: value to improve on; infinitely bad by default.
        restore_best_weights: whether the model gets the variables of the best epoch back.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
    ):
        super().__init__(monitor, mode)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.min_delta = abs(min_delta) * (1 if self.mode == "max" else -1)
        self.restore_best_weights = restore_best_weights
        self.wait = self.stopped_epoch = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begins with no improvement."""
        self.wait = self.stopped_epoch = 0
        self.best = self._worst if self.baseline is None else self.baseline

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Notes an improvement, or ends training."""
        current = self.get_monitor_value(logs)
        if current is None:
            return
        if self.monitor_op(current - self.min_delta, self.best):
            self.best, self.wait = current, 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch, self.model.stop_training = epoch, True
            if self.restore_best_weights:
                if self.verbose > 0:
                    print("Restoring model weights from the end of the best epoch.")
                if self.best_weights is not None:
                    self.model.set_weights(self.best_weights)

    def on_train_end(self, logs: Any = None) -> None:
        """Prints when training was ended."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1:05d}: early stopping")

    def get_monitor_value(self, logs: Any) -> Any:
        """The value that is looked at; None where it was not reported."""
        return self._current(logs, "Early stopping")


@tf_export("keras.callbacks.ModelCheckpoint")
class ModelCheckpoint(_Monitor):
    """Saves the model, or its variables, after epochs or numbers of samples.

    Args:
        filepath: where; may have `{epoch}` and the names of reported values in braces.
        monitor: name of the value that says what is best.
        verbose: whether to print it.
        save_best_only: whether to save improvements only.
        save_weights_only: whether to save variables only.
        mode: "min", "max" or "auto".
        save_freq: "epoch", or a number of samples.
        kwargs: `period`, a number of epochs; `load_weights_on_restart`, whether to begin with the newest file.

    Raises:
        ValueError: another `save_freq`.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        **kwargs: Any,
    ):
        super().__init__(monitor, mode)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq, self.period = save_freq, kwargs.pop("period", 1)
        self.load_weights_on_restart = kwargs.pop("load_weights_on_restart", False)
        self.epochs_since_last_save = self._samples_since_last_save = self._epoch = 0
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"Unrecognized save_freq: {save_freq}")

    def on_train_begin(self, logs: Any = None) -> None:
        """Takes the variables of the file, where that is asked for."""
        if self.load_weights_on_restart and _exists(self.filepath):
            self.model.load_weights(self.filepath)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Saves after the number of samples."""
        if isinstance(self.save_freq, int):
            self._samples_since_last_save += (logs or {}).get("size", 1)
            if self._samples_since_last_save >= self.save_freq:
                self._samples_since_last_save = 0
                self._save(self._epoch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves after the number of epochs."""
        self.epochs_since_last_save += 1
        if self.save_freq == "epoch" and self.epochs_since_last_save >= self.period:
            self.epochs_since_last_save = 0
            self._save(epoch, logs)

    def _save(self, epoch: int, logs: Any) -> None:
        path = self.filepath.format(epoch=epoch + 1, **{k: v for k, v in (logs or {}).items() if k != "epoch"})
        if not self.save_best_only:
            self._print(f"\nEpoch {epoch + 1:05d}: saving model to {path}")
            self._write(path)
            return
        current = self._current(logs, "Can save best model only with")
        if current is None:
            return
        if self.monitor_op(current, self.best):
            self._print(
                f"\nEpoch {epoch + 1:05d}: {self.monitor} improved from {self.best:0.5f} to {current:0.5f}, saving "
                f"model to {path}"
            )
            self.best = current
            self._write(path)
        else:
            self._print(f"\nEpoch {epoch + 1:05d}: {self.monitor} did not improve from {self.best:0.5f}")

    def _write(self, path: str) -> None:
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _print(self, line: str) -> None:
        if self.verbose > 0:
            print(line)


def _exists(path: str) -> bool:
    return os.path.exists(path) or os.path.exists(f"{path}.index")


@tf_export("keras.callbacks.ReduceLROnPlateau")
class ReduceLROnPlateau(_Monitor):
    """Lowers the learning rate when a value has stopped to improve.

    Args:
        monitor: name of the value.
        factor: of the learning rate, below 1.
        patience: epochs without improvement before that.
        verbose: whether to print it.
        mode: "min", "max" or "auto".
        min_delta: the least change that counts.
        cooldown: epochs after it that do not count.
        min_lr: the least learning rate.
        kwargs: `epsilon`, an old name of `min_delta`.

    Raises:
        ValueError: `factor` is not below 1.
    """

    _only_by_accuracy = True

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0,
        **kwargs: Any,
    ):
        super().__init__(monitor, mode)
        if factor >= 1.0:
            raise ValueError("ReduceLROnPlateau does not support a factor >= 1.0.")
        self.factor, self.patience, self.verbose, self.cooldown, self.min_lr = (
            factor,
            patience,
            verbose,
            cooldown,
            min_lr,
        )
        self.min_delta = kwargs.pop("epsilon", min_delta)
        self.cooldown_counter = self.wait = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Begins with no improvement."""
        self.best, self.cooldown_counter, self.wait = self._worst, 0, 0

    def in_cooldown(self) -> bool:
        """Whether the learning rate was lowered a short time ago."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Notes an improvement, or lowers the learning rate."""
        logs = {} if logs is None else logs
        logs["lr"] = get_value(self.model.optimizer.lr)
        current = self._current(logs, "Reduce LR on plateau")
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        needed = self.best + self.min_delta if self.mode == "max" else self.best - self.min_delta
        if self.monitor_op(current, needed):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            old = float(get_value(self.model.optimizer.lr))
            if self.wait >= self.patience and old > self.min_lr:
                new = max(old * self.factor, self.min_lr)
                set_value(self.model.optimizer.lr, new)
                if self.verbose > 0:
                    print(f"\nEpoch {epoch + 1:05d}: ReduceLROnPlateau reducing learning rate to {new}.")
                self.cooldown_counter, self.wait = self.cooldown, 0


@tf_export("keras.callbacks.TerminateOnNaN")
class TerminateOnNaN(Callback):
    """Ends training when the loss is not a number, or infinite."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Looks at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            print(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


@tf_export("keras.callbacks.LearningRateScheduler")
class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch.

    Args:
        schedule: function of the epoch, counted from 0, and the learning rate, or of the epoch alone.
        verbose: whether to print it.
    """

    def __init__(self, schedule: Any, verbose: int = 0):
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Sets the learning rate; ValueError for an optimizer without one, or a schedule that gives no number."""
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "lr"):
            raise ValueError('Optimizer must have a "lr" attribute.')
        try:
            rate = self.schedule(epoch, float(get_value(optimizer.lr)))
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise ValueError('The output of the "schedule" function should be float.')
        set_value(optimizer.lr, rate)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1:05d}: LearningRateScheduler reducing learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Reports the learning rate."""
        if logs is not None:
            logs["lr"] = get_value(self.model.optimizer.lr)


for _class in (EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, TerminateOnNaN, LearningRateScheduler):
    export_internal(f"python.keras.callbacks.{_class.__name__}", _class)
