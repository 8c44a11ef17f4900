"""Hooks: what is called around every run of a `MonitoredSession`."""

from __future__ import annotations

from typing import Any, NamedTuple

from tfcompat.graph.export import tf_export


class _SessionRunArgs(NamedTuple):
    fetches: Any
    feed_dict: Any = None
    options: Any = None


@tf_export("train.SessionRunArgs")
class SessionRunArgs(_SessionRunArgs):
    """What a hook adds to a run: fetches, feeds, options."""

    def __new__(cls, fetches: Any, feed_dict: Any = None, options: Any = None) -> SessionRunArgs:
        return super().__new__(cls, fetches, feed_dict, options)


@tf_export("train.SessionRunValues")
class SessionRunValues(NamedTuple):
    """What a hook gets after a run: the results of its fetches, the options and the metadata of the run."""

    results: Any
    options: Any
    run_metadata: Any


@tf_export("train.SessionRunContext")
class SessionRunContext:
    """What a hook may ask and say about a run.

    Args:
        original_args: `SessionRunArgs` of the caller.
        session: the session that runs.
    """

    def __init__(self, original_args: SessionRunArgs, session: Any):
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> SessionRunArgs:
        """The arguments of the caller."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The session that runs."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook has asked to stop."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Makes the session say that it should stop."""
        self._stop_requested = True


@tf_export("train.SessionRunHook")
class SessionRunHook:
    """Base of hooks; every method does nothing."""

    def begin(self) -> None:
        """Called once, while the graph can still be changed."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called when a session was made, also after an error; the graph is finalized."""

    def before_run(self, run_context: SessionRunContext) -> Any:
        """Called before a run; may return `SessionRunArgs` to add to it."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Called after a run that has succeeded."""

    def end(self, session: Any) -> None:
        """Called when the session ends without an error (OutOfRangeError and StopIteration count as none)."""
