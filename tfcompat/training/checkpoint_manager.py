"""`tf.train.CheckpointManager`: keeps a few of the latest checkpoints of objects."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import export_internal, tf_export
from tfcompat.io.checkpoint import state
from tfcompat.io.gfile import makedirs
from tfcompat.io.local_path import local_path
from tfcompat.platform import logging
from tfcompat.training.checkpoint import session_for


@tf_export("train.CheckpointManager")
class CheckpointManager:
    """Writes checkpoints of a `Checkpoint` to a directory and removes old ones.

    Args:
        checkpoint: what to save and restore.
        directory: where to.
        max_to_keep: how many of the latest stay; all when None.
        keep_checkpoint_every_n_hours: one that would be removed is kept every so many hours.
        checkpoint_name: beginning of the files' names.
        step_counter: a variable with the step, for `checkpoint_interval`.
        checkpoint_interval: number of steps between two checkpoints, at least.
        init_fn: called by `restore_or_initialize` when there is no checkpoint.

    Raises:
        ValueError: `max_to_keep` is not positive, or there is an interval without a counter.
    """

    def __init__(
        self,
        checkpoint: Any,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], None] | None = None,
    ):
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}.")
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError("`step_counter` should be passed if `checkpoint_interval` is not None.")
        self._checkpoint = checkpoint
        self._directory = os.fspath(directory)
        self._max_to_keep = max_to_keep
        self._keep_hours = keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._directory, checkpoint_name)
        self._step_counter, self._interval, self._init_fn = step_counter, checkpoint_interval, init_fn
        self._last_step: int | None = None
        self._kept: dict[str, float] = {}
        self._latest: str | None = None
        self._last_preserved = time.time() - 1
        self._recover()

    def _recover(self) -> None:
        """Takes over the checkpoints that the state file of the directory lists."""
        found = state.get_checkpoint_state(self._directory)
        now = time.time()
        if found is None:
            return
        self._latest = found.model_checkpoint_path
        self._last_preserved = found.last_preserved_timestamp
        if now < self._last_preserved:
            logging.warning(
                "time.time() returned a value %f seconds behind the last preserved checkpoint timestamp.",
                self._last_preserved - now,
            )
            self._last_preserved = now
        paths = list(found.all_model_checkpoint_paths)
        stamps = list(found.all_model_checkpoint_timestamps) or [self._last_preserved] * len(paths)
        self._kept = {p: min(t, now) for p, t in zip(paths, stamps, strict=False) if min(t, now) > self._last_preserved}

    @property
    def directory(self) -> str:
        """The directory."""
        return self._directory

    @property
    def checkpoint(self) -> Any:
        """What is saved and restored."""
        return self._checkpoint

    @property
    def checkpoint_interval(self) -> int | None:
        """The number of steps between two checkpoints."""
        return self._interval

    @property
    def checkpoints(self) -> list[str]:
        """Prefixes of the checkpoints that are kept, oldest first; those preserved by time are not among them."""
        return list(self._kept)

    @property
    def latest_checkpoint(self) -> str | None:
        """The prefix of the latest checkpoint, None when there is none."""
        return self._latest

    def save(self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None) -> str | None:
        """Writes a checkpoint from the default session, and removes what is too old.

        Args:
            checkpoint_number: number at the end of its prefix (or a tensor with it); the save counter when None.
            check_interval: whether nothing is written when the last one is fewer steps old than the interval.
            options: accepted.

        Returns:
            Its prefix; None when none was written.
        """
        session = session_for(None)
        if check_interval and self._interval is not None and not self._is_due(session):
            return None
        count = self._checkpoint._count(session)
        if checkpoint_number is None:
            number = count
        elif isinstance(checkpoint_number, int):
            number = checkpoint_number
        else:
            number = (
                int(session.run(checkpoint_number)) if hasattr(checkpoint_number, "graph") else int(checkpoint_number)
            )
        if self._interval is not None:
            self._last_step = int(session.run(self._step_counter))
        path: str = self._checkpoint.write(f"{self._prefix}-{number}", session)
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._latest = path
        self._record()
        if self._sweep():
            self._record()
        return path

    def _is_due(self, session: Any) -> bool:
        step = int(session.run(self._step_counter))
        return self._last_step is None or step >= self._last_step + (self._interval or 0)

    def _record(self) -> None:
        makedirs(self._directory)
        state.write_state(
            self._directory,
            self._latest or "",
            list(self._kept),
            None,
            save_relative_paths=True,
            timestamps=list(self._kept.values()),
            last_preserved=self._last_preserved,
        )

    def _sweep(self) -> bool:
        """Removes the oldest checkpoints, and says whether there were any."""
        removed = False
        while self._max_to_keep and len(self._kept) > self._max_to_keep:
            removed = True
            path, written = next(iter(self._kept.items()))
            del self._kept[path]
            if self._keep_hours and written - self._keep_hours * 3600 >= self._last_preserved:
                self._last_preserved = written
                continue
            local = glob.escape(local_path(path))
            for name in (f"{local}.index", f"{local}.data-?????-of-?????"):
                for file in glob.glob(name):
                    os.remove(file)
        return removed

    def restore_or_initialize(self) -> str | None:
        """Restores the latest checkpoint, or calls `init_fn` when there is none.

        Returns:
            The prefix of the checkpoint; None when there is none.
        """
        if self._latest is not None:
            self._checkpoint.restore(self._latest).run_restore_ops()
            return self._latest
        if self._init_fn is not None:
            self._init_fn()
        return None

    def sync(self) -> None:
        """Waits until everything is written, which it is."""


export_internal("python.training.checkpoint_management.CheckpointManager", CheckpointManager)
