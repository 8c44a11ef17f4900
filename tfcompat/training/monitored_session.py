"""`tf.train.MonitoredSession`: sessions with hooks, that recover from lost workers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from tfcompat import protos
from tfcompat.graph import errors
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.platform import logging
from tfcompat.training.coordinator import Coordinator
from tfcompat.training.queue_runner import start_queue_runners
from tfcompat.training.scaffold import Scaffold
from tfcompat.training.session_manager import SessionManager
from tfcompat.training.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues

_PREEMPTION = (errors.AbortedError, errors.UnavailableError)


@tf_export("train.SessionCreator")
class SessionCreator:
    """Makes sessions."""

    def create_session(self) -> Any:
        """A new session."""
        raise NotImplementedError(f"{type(self).__name__} does not define create_session().")


class _ScaffoldedCreator(SessionCreator):
    def __init__(self, scaffold: Scaffold | None, master: str, config: Any):
        self._scaffold = scaffold or Scaffold()
        self._master, self._config = master, config
        self._session_manager: SessionManager | None = None

    def _manager(self, recovery_wait_secs: float) -> SessionManager:
        self._scaffold.finalize()
        if self._session_manager is None:
            found: Any = self._scaffold
            self._session_manager = SessionManager(
                local_init_op=found.local_init_op,
                local_init_feed_dict=found.local_init_feed_dict,
                ready_op=found.ready_op,
                ready_for_local_init_op=found.ready_for_local_init_op,
                graph=get_default_graph(),
                recovery_wait_secs=recovery_wait_secs,
            )
        return self._session_manager


@tf_export("train.ChiefSessionCreator")
class ChiefSessionCreator(_ScaffoldedCreator):
    """Makes sessions that are restored from a checkpoint or initialized.

    Args:
        scaffold: the operations for it.
        master: target of the sessions.
        config: `ConfigProto` of the sessions.
        checkpoint_dir: directory of checkpoints.
        checkpoint_filename_with_path: one checkpoint.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
    ):
        super().__init__(scaffold, master, config)
        self._checkpoint_dir, self._checkpoint = checkpoint_dir, checkpoint_filename_with_path

    def create_session(self) -> Any:
        """A session that is ready."""
        manager = self._manager(30)
        found: Any = self._scaffold
        return manager.prepare_session(
            self._master,
            saver=found.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint,
            config=self._config,
            init_op=found.init_op,
            init_feed_dict=found.init_feed_dict,
            init_fn=found.init_fn,
        )


@tf_export("train.WorkerSessionCreator")
class WorkerSessionCreator(_ScaffoldedCreator):
    """Makes sessions that wait until the chief has initialized the model, at most `max_wait_secs` seconds."""

    def __init__(
        self, scaffold: Scaffold | None = None, master: str = "", config: Any = None, max_wait_secs: float = 30 * 60
    ):
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        """A session that is ready."""
        return self._manager(5).wait_for_session(self._master, config=self._config, max_wait_secs=self._max_wait_secs)


# -------------------------------------------------------------------- layers of sessions


class WrappedSession:
    """A session around another one."""

    def __init__(self, sess: Any):
        self._sess = sess
        self._wrapped_is_stoppable = isinstance(sess, WrappedSession)

    @property
    def graph(self) -> Any:
        """The graph."""
        return self._sess.graph

    @property
    def sess_str(self) -> Any:
        """The target."""
        return self._sess.sess_str

    def close(self) -> None:
        """Closes it; a worker that was lost is no error."""
        if self._sess:
            try:
                self._sess.close()
            except _PREEMPTION as error:
                logging.error("An error occurred when attempting to close the session: %s", error)
            finally:
                self._sess = None

    def _check_stop(self) -> bool:
        return False

    def should_stop(self) -> bool:
        """Whether it is closed or asked to stop."""
        if self._check_stop():
            return True
        if self._sess:
            return self._wrapped_is_stoppable and self._sess.should_stop()  # type: ignore[no-any-return]
        return True

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Runs in the session inside."""
        return self._sess.run(*args, **kwargs)

    def run_step_fn(self, step_fn: Callable[..., Any], raw_session: Any, run_with_hooks: Any) -> Any:
        """Calls `step_fn` with a `StepContext`."""
        return step_fn(_MonitoredSession.StepContext(raw_session, run_with_hooks or self.run))


class RecoverableSession(WrappedSession):
    """A session that is made anew when a worker was lost."""

    def __init__(self, sess_creator: SessionCreator):
        self._sess_creator = sess_creator
        super().__init__(self._create_session())

    def _create_session(self) -> Any:
        while True:
            try:
                return self._sess_creator.create_session()
            except _PREEMPTION as error:
                logging.info(
                    "An error was raised while a session was being created. A new session will be created. Error: %s",
                    error,
                )

    def _recovering(self, call: Callable[[], Any]) -> Any:
        while True:
            try:
                if not self._sess:
                    self._sess = self._create_session()
                    self._wrapped_is_stoppable = isinstance(self._sess, WrappedSession)
                return call()
            except _PREEMPTION as error:
                logging.info(
                    "An error was raised. This may be due to a preemption in a connected worker or parameter "
                    "server. The current session will be closed and a new session will be created. Error: %s",
                    error,
                )
                self.close()
                self._sess = None

    def _check_stop(self) -> bool:
        try:
            return bool(self._sess and self._sess._check_stop())
        except _PREEMPTION:
            self.close()
            self._sess = self._create_session()
            return False
        except Exception:
            return True

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        return self._recovering(
            lambda: self._sess.run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)
        )

    def run_step_fn(self, step_fn: Callable[..., Any], raw_session: Any, run_with_hooks: Any) -> Any:
        return self._recovering(lambda: self._sess.run_step_fn(step_fn, raw_session, run_with_hooks=None))


class CoordinatedSession(WrappedSession):
    """A session whose threads stop with it."""

    def __init__(self, sess: Any, coord: Coordinator, stop_grace_period_secs: float = 120):
        super().__init__(sess)
        self._coord, self._stop_grace_period_secs = coord, stop_grace_period_secs

    def _check_stop(self) -> bool:
        self._coord.raise_requested_exception()
        return self._coord.should_stop()

    def close(self) -> None:
        self._coord.request_stop()
        try:
            self._coord.join(stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True)
        finally:
            with contextlib.suppress(Exception):
                super().close()

    def run(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._sess.run(*args, **kwargs)
        except _PREEMPTION:
            raise
        except Exception as error:
            original = error
        try:
            self._coord.raise_requested_exception()
        except _PREEMPTION:
            raise
        except Exception:
            raise original from None
        raise original


class HookedSession(WrappedSession):
    """A session that calls hooks around every run."""

    def __init__(self, sess: Any, hooks: list[SessionRunHook]):
        super().__init__(sess)
        self._hooks = hooks
        self._should_stop = False

    def _check_stop(self) -> bool:
        return self._should_stop

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        actual = {"caller": fetches}
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._sess)
        merged = protos.RunOptions()
        if options is not None:
            merged.CopyFrom(options)
        feeds = self._call_hooks_before_run(context, actual, feed_dict, merged)
        if run_metadata is None:
            run_metadata = protos.RunMetadata()
        outputs = self._sess.run(fetches=actual, feed_dict=feeds, options=merged, run_metadata=run_metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(outputs.get(hook), merged, run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return outputs["caller"]

    def _call_hooks_before_run(
        self, context: SessionRunContext, fetches: dict[Any, Any], feed_dict: Any, options: Any
    ) -> dict[Any, Any] | None:
        hook_feeds: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                fetches[hook] = request.fetches
            if request.feed_dict:
                _check_conflicts(hook_feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                hook_feeds.update(request.feed_dict)
            if request.options:
                _merge_options(options, request.options)
        if not feed_dict and not hook_feeds:
            return feed_dict  # type: ignore[no-any-return]
        if not feed_dict:
            return hook_feeds
        _check_conflicts(feed_dict, hook_feeds, "Same tensor is fed by a SessionRunHook and user.")
        return {**feed_dict, **hook_feeds}


def _check_conflicts(first: Any, second: Any, message: str) -> None:
    ids = {id(k) for k in first}
    if any(id(k) in ids for k in second):
        raise RuntimeError(message)


def _merge_options(options: Any, more: Any) -> None:
    options.trace_level = max(options.trace_level, more.trace_level)
    options.timeout_in_ms = max(options.timeout_in_ms, more.timeout_in_ms)
    options.inter_op_thread_pool = max(options.inter_op_thread_pool, more.inter_op_thread_pool)
    options.output_partition_graphs = max(options.output_partition_graphs, more.output_partition_graphs)
    options.report_tensor_allocations_upon_oom = max(
        options.report_tensor_allocations_upon_oom, more.report_tensor_allocations_upon_oom
    )
    options.debug_options.debug_tensor_watch_opts.extend(more.debug_options.debug_tensor_watch_opts)


# -------------------------------------------------------------------- public sessions


class _CoordinatedSessionCreator(SessionCreator):
    def __init__(self, creator: SessionCreator, hooks: list[SessionRunHook], stop_grace_period_secs: float):
        self._creator, self._hooks, self._grace = creator, hooks, stop_grace_period_secs
        self.coord: Coordinator | None = None
        self.tf_sess: Any = None

    def create_session(self) -> Any:
        self.tf_sess = self._creator.create_session()
        self.coord = Coordinator(clean_stop_exception_types=())
        if get_default_graph().get_collection("queue_runners"):
            start_queue_runners(sess=self.tf_sess, coord=self.coord)
        for hook in self._hooks:
            hook.after_create_session(self.tf_sess, self.coord)
        return CoordinatedSession(HookedSession(self.tf_sess, self._hooks), self.coord, self._grace)


class _MonitoredSession:
    """What `MonitoredSession` and `SingularMonitoredSession` share."""

    def __init__(
        self,
        session_creator: SessionCreator | None,
        hooks: Any,
        should_recover: bool,
        stop_grace_period_secs: float = 120,
    ):
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or [])
        for hook in self._hooks:
            hook.begin()
        creator = session_creator or ChiefSessionCreator()
        self._coordinated_creator = _CoordinatedSessionCreator(creator, self._hooks, stop_grace_period_secs)
        self._sess: Any = (
            RecoverableSession(self._coordinated_creator)
            if should_recover
            else self._coordinated_creator.create_session()
        )

    @property
    def graph(self) -> Any:
        """The graph; None once it is closed."""
        return None if self._coordinated_creator.tf_sess is None else self._coordinated_creator.tf_sess.graph

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Runs `fetches` with all hooks; arguments as for `Session.run`.

        Raises:
            RuntimeError: it should stop.
        """
        return self._sess.run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Calls `step_fn` with a `StepContext`; its StopIteration ends a `with` block of the session without an error.

        Raises:
            ValueError: the function takes other arguments than `step_context`.
        """
        import inspect

        names = list(inspect.signature(step_fn).parameters)
        if names not in (["step_context"], ["self", "step_context"]):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and `step_context` "
                "arguments "
                f"if it's an instance method. Got {names} instead."
            )
        return self._sess.run_step_fn(step_fn, self._coordinated_creator.tf_sess, run_with_hooks=None)

    def should_stop(self) -> bool:
        """Whether to run no more."""
        return self._sess is None or self._sess.should_stop()

    def close(self) -> None:
        """Calls the hooks' `end` and closes the session."""
        self._close_internal()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, exc_type: Any, exc: Any, traceback: Any) -> bool:
        if exc_type in (errors.OutOfRangeError, StopIteration):
            exc_type = None
        self._close_internal(exc_type)
        return exc_type is None

    def _close_internal(self, exc_type: Any = None) -> None:
        try:
            if not exc_type:
                if self._sess is None:
                    raise RuntimeError("Session is already closed.")
                for hook in self._hooks:
                    hook.end(self._coordinated_creator.tf_sess)
        finally:
            try:
                if self._sess is None:
                    raise RuntimeError("Session is already closed.")
                self._sess.close()
            finally:
                self._sess = None
                self._coordinated_creator.tf_sess = None
                self._coordinated_creator.coord = None
                if not self._graph_was_finalized:
                    get_default_graph()._unsafe_unfinalize()

    def _is_closed(self) -> bool:
        return self._coordinated_creator.tf_sess is None

    def _tf_sess(self) -> Any:
        return self._coordinated_creator.tf_sess

    class StepContext:
        """What `step_fn` gets.

        Args:
            session: the session, without hooks.
            run_with_hooks_fn: runs with hooks.
        """

        def __init__(self, session: Any, run_with_hooks_fn: Callable[..., Any]):
            self._session = session
            self._run_with_hooks_fn = run_with_hooks_fn

        @property
        def session(self) -> Any:
            """The session, without hooks."""
            return self._session

        def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
            """Runs as `MonitoredSession.run` does."""
            return self._run_with_hooks_fn(*args, **kwargs)

        def request_stop(self) -> None:
            """Ends the function and the session."""
            raise StopIteration("step_fn has requested the iterations to stop.")


@tf_export("train.MonitoredSession")
class MonitoredSession(_MonitoredSession):
    """A session that is initialized, calls hooks, starts queue runners and recovers from lost workers.

    Args:
        session_creator: makes the session; a `ChiefSessionCreator` by default.
        hooks: `SessionRunHook`s.
        stop_grace_period_secs: how long threads may go on after `close`.
    """

    def __init__(
        self, session_creator: SessionCreator | None = None, hooks: Any = None, stop_grace_period_secs: float = 120
    ):
        super().__init__(session_creator, hooks, should_recover=True, stop_grace_period_secs=stop_grace_period_secs)


@tf_export("train.SingularMonitoredSession")
class SingularMonitoredSession(_MonitoredSession):
    """A `MonitoredSession` that does not recover, and gives its raw session."""

    def __init__(
        self,
        hooks: Any = None,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: str | None = None,
    ):
        creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path)
        super().__init__(creator, hooks, should_recover=False, stop_grace_period_secs=stop_grace_period_secs)

    def raw_session(self) -> Any:
        """The session without hooks."""
        return self._tf_sess()


_USE_DEFAULT = object()


@tf_export("train.MonitoredTrainingSession")
def MonitoredTrainingSession(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: str | None = None,
    scaffold: Scaffold | None = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = _USE_DEFAULT,
    save_summaries_steps: Any = _USE_DEFAULT,
    save_summaries_secs: Any = _USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = _USE_DEFAULT,
    summary_dir: str | None = None,
    save_graph_def: bool = True,
) -> MonitoredSession:
    """A `MonitoredSession` for training: saves checkpoints and summaries and counts steps.

    Args:
        master: target of the session.
        is_chief: whether this process initializes and saves.
        checkpoint_dir: directory of checkpoints, from which it restores; None saves nothing.
        scaffold: operations for it.
        hooks: further hooks.
        chief_only_hooks: further hooks of the chief.
        save_checkpoint_secs: seconds between checkpoints; 600 by default.
        save_summaries_steps: steps between summaries; 100 by default.
        save_summaries_secs: seconds between summaries.
        config: a `ConfigProto`.
        stop_grace_period_secs: how long threads may go on after `close`.
        log_step_count_steps: steps between two logs of steps per second; None for no such log.
        max_wait_secs: how long a worker waits for the chief.
        save_checkpoint_steps: steps between checkpoints, instead of seconds.
        summary_dir: directory of summaries; `checkpoint_dir` by default.
        save_graph_def: whether checkpoints come with the graph.
    """
    from tfcompat.training.basic_session_run_hooks import StepCounterHook
    from tfcompat.training.saving_hooks import CheckpointSaverHook, SummarySaverHook

    if save_summaries_steps is _USE_DEFAULT and save_summaries_secs is _USE_DEFAULT:
        save_summaries_steps, save_summaries_secs = 100, None
    save_summaries_secs = None if save_summaries_secs is _USE_DEFAULT else save_summaries_secs
    save_summaries_steps = None if save_summaries_steps is _USE_DEFAULT else save_summaries_steps
    if save_checkpoint_steps is _USE_DEFAULT and save_checkpoint_secs is _USE_DEFAULT:
        save_checkpoint_steps, save_checkpoint_secs = None, 600
    save_checkpoint_secs = None if save_checkpoint_secs is _USE_DEFAULT else save_checkpoint_secs
    save_checkpoint_steps = None if save_checkpoint_steps is _USE_DEFAULT else save_checkpoint_steps
    scaffold = scaffold or Scaffold()
    if not is_chief:
        return MonitoredSession(
            WorkerSessionCreator(scaffold, master, config, max_wait_secs), hooks or [], stop_grace_period_secs
        )
    every = list(chief_only_hooks or [])
    creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir:
        if log_step_count_steps and log_step_count_steps > 0:
            every.append(StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps))
        if (save_summaries_steps and save_summaries_steps > 0) or (save_summaries_secs and save_summaries_secs > 0):
            every.append(
                SummarySaverHook(
                    scaffold=scaffold,
                    save_steps=save_summaries_steps,
                    save_secs=save_summaries_secs,
                    output_dir=summary_dir,
                )
            )
    if checkpoint_dir and (
        (save_checkpoint_secs and save_checkpoint_secs > 0) or (save_checkpoint_steps and save_checkpoint_steps > 0)
    ):
        every.append(
            CheckpointSaverHook(
                checkpoint_dir,
                save_steps=save_checkpoint_steps,
                save_secs=save_checkpoint_secs,
                scaffold=scaffold,
                save_graph_def=save_graph_def,
            )
        )
    return MonitoredSession(creator, [*(hooks or []), *every], stop_grace_period_secs)
