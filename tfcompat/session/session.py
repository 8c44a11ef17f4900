"""`Session` and `InteractiveSession`: run a graph."""

from __future__ import annotations

import threading
import warnings
import weakref
from typing import Any

from tfcompat.graph import py_functions
from tfcompat.graph.default import get_default_graph, session_stack
from tfcompat.graph.errors import AbortedError, CancelledError, OpError
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.graph import Graph
from tfcompat.session.calls import Call, CallCache
from tfcompat.session.configuration import SessionSettings, check_config, check_target
from tfcompat.session.feeds import FeedSlot, fed_tensor
from tfcompat.session.fetches import Fetches
from tfcompat.session.process_config import default_config
from tfcompat.session.servers import reset_task, task_of

_live: weakref.WeakSet[BaseSession] = weakref.WeakSet()


class BaseSession:
    """What `Session` and `InteractiveSession` share.

    Args:
        target: execution engine to connect to: the `target` of a `tf.train.Server` of this process, with the
            variables and resources of its cluster; or an empty string, for a session with its own.
        graph: the graph to run; the default graph when None.
        config: a `ConfigProto`; when None, the server's.

    Raises:
        TypeError: an argument has the wrong type.
        NotFoundError: `target` is of no known form.
        UnavailableError: no server of this process has `target`.
    """

    keeps_variables = False
    """Whether sessions keep their variables after `close`, for what exports them later."""

    _places_whole_graph = True

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        self._closed = True
        self._engine: Any = None
        self._kept_variables: Any = None
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f'Argument `graph` must be a tf.Graph, but got "{type(graph).__name__}"')
        self._target = check_target(target)
        self._config = config = self._default_config() if config is None else check_config(config)
        self._graph = get_default_graph() if graph is None else graph
        self._settings = SessionSettings.from_config(config)
        self._has_settings_for_runs = bool(self._settings.timeout_ms or self._settings.cost_model_every)
        self._was_reset = False
        self._opening = threading.Lock()
        self._calls = CallCache(self._graph)
        self._partial_runs: dict[str, Any] = {}
        self._placed_ops = 0 if self._places_whole_graph and not self._settings.place_pruned_graph else None
        self._closed = False
        _live.add(self)

    def _default_config(self) -> Any:
        return task_of(self._target).server_def.default_session_config if self._target else default_config()

    # ---------------------------------------------------------------- what it is

    @property
    def graph(self) -> Graph:
        """The graph it runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a `GraphDef` message."""
        return self._graph.as_graph_def(add_shapes=self._settings.add_shapes)

    @property
    def sess_str(self) -> str:
        """The target it is connected to."""
        return self._target

    def list_devices(self) -> list[Any]:
        """The devices it can use; each has `name`, `device_type`, `memory_limit_bytes` and `incarnation`."""
        from tfcompat.session.configuration import device_attributes

        if self._closed:
            raise CancelledError(None, None, "Session has been closed.")
        return device_attributes(self._open_engine().policy)

    def as_default(self) -> Any:
        """A context manager that makes this the default session of the thread; the default graph stays."""
        return session_stack.pushed(self)

    def close(self) -> None:
        """Frees what it holds and stops what waits in it; later runs are errors."""
        self._closed = True
        self._release()

    def _release(self) -> None:
        with self._opening:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.state.cancelled.set()
            if self.keeps_variables:
                self._kept_variables = engine.state.variables
            if not engine.state.shares_names:
                engine.state.resources.clear()
        self._calls.clear()
        self._partial_runs.clear()

    def __del__(self) -> None:
        engine = getattr(self, "_engine", None)
        if engine is not None:
            engine.state.cancelled.set()

    def _open_engine(self) -> Any:
        """The engine, made when it is first needed.

        Raises:
            RuntimeError: the session is closed.
            CancelledError: `Session.reset` ended it; AbortedError when it was one of a server.
        """
        engine = self._engine
        if engine is not None and not self._closed:
            return engine
        with self._opening:
            if self._closed:
                raise RuntimeError("Attempted to use a closed Session.")
            if self._was_reset:
                raise self._ended()
            if self._engine is None:
                from tfcompat.session.configuration import make_engine

                self._engine = make_engine(self._config, self._target)
            return self._engine

    def _ended(self) -> OpError:
        if self._target:
            return AbortedError(None, None, f"Session on {self._target} was ended by Session.reset.")
        return CancelledError(None, None, "Session has been closed.")

    @property
    def variables(self) -> Any:
        """The store of the session's variables; gone once it is closed, unless `keeps_variables`."""
        return self._kept_variables if self._kept_variables is not None else self._open_engine().state.variables

    # ---------------------------------------------------------------- running

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Runs what `fetches` need and returns their values.

        Args:
            fetches: a tensor, operation, name, sparse value, or a nested list, tuple, namedtuple, dict or attrs object
                of these.
            feed_dict: tensor (or name, sparse value, tuple) -> value that takes the place of the computed one.
            options: a `RunOptions` message.
            run_metadata: a `RunMetadata` message to fill.

        Returns:
            The structure of `fetches` with arrays for tensors (scalars as numpy scalars), bytes for strings, None for
            operations. The arrays never change afterwards.

        Raises:
            RuntimeError: the session is closed, or its graph is empty.
            TypeError: a fetch, a feed key or a fed value has an invalid type.
            ValueError: a fetch or feed is not of this graph, or a fed value has the wrong shape.
            OpError: an operation failed; no variable has changed.
        """
        engine = self._ready_engine()
        call, arrays = self._calls.find(engine, fetches, feed_dict)
        if options is None and run_metadata is None and not self._has_settings_for_runs:
            return call.pack(self, call.prepared.run(arrays))
        return self._run_with_options(engine, call, arrays, options, run_metadata)

    def _ready_engine(self) -> Any:
        """The engine, once the graph is known to be fit to run."""
        engine = self._open_engine()
        count = len(self._graph._ops)
        if count == 0:
            raise RuntimeError("The Session graph is empty. Add operations to the graph before calling run().")
        if self._placed_ops is not None and self._placed_ops < count:
            engine.check_placement(self._graph._ops[self._placed_ops : count])
            self._placed_ops = count
        return engine

    def _run_with_options(self, engine: Any, call: Call, arrays: list[Any], options: Any, run_metadata: Any) -> Any:
        from tfcompat.session.options import run_with_options

        values = run_with_options(engine, self._settings, call.prepared, arrays, options, run_metadata)
        return call.pack(self, values)

    def make_callable(self, fetches: Any, feed_list: Any = None, accept_options: bool = False) -> Any:
        """A function that runs `fetches` with the values of `feed_list` as positional arguments.

        Args:
            fetches: as for `run`.
            feed_list: the tensors fed, in the order of the arguments.
            accept_options: whether a function without feeds takes `options` and `run_metadata`; those with feeds
                always take them as keywords.

        Raises:
            TypeError: `feed_list` is no list or tuple.
        """
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError(f"Argument `feed_list` must be a list or tuple. Received: feed_list={feed_list}")
        engine = self._open_engine()
        flat = Fetches(self._graph, fetches)
        tensors = [fed_tensor(self._graph, f) for f in feed_list or ()]
        slots = [FeedSlot(self._graph, t) for t in tensors]
        call = Call(flat, slots, self._calls.prepared(engine, flat.tensors, flat.targets, tensors))
        session, run = self, call.prepared.run

        def run_it(arrays: list[Any], options: Any = None, run_metadata: Any = None) -> Any:
            engine = session._ready_engine()
            if options is None and run_metadata is None and not session._has_settings_for_runs:
                return call.pack(session, run(arrays))
            return session._run_with_options(engine, call, arrays, options, run_metadata)

        converters, count = [slot.array for slot in slots], len(slots)

        def with_feeds(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            if len(values) != count:
                return session.run(fetches, dict(zip(tensors, values, strict=False)), options, run_metadata)
            return run_it([convert(v) for convert, v in zip(converters, values)], options, run_metadata)  # noqa: B905

        def with_options(options: Any = None, run_metadata: Any = None) -> Any:
            return run_it([], options, run_metadata)

        def plain() -> Any:
            return run_it([])

        return with_feeds if feed_list is not None else with_options if accept_options else plain

    def _make_callable_from_options(self, callable_options: Any) -> Any:
        """A function as a `CallableOptions` message describes it: feeds by position, a list of fetched values."""
        elements = [*callable_options.fetch, *callable_options.target]
        count = len(callable_options.fetch)
        function = self.make_callable(elements, list(callable_options.feed))
        options = callable_options.run_options if callable_options.HasField("run_options") else None

        def call(*values: Any, run_metadata: Any = None) -> list[Any]:
            return function(*values, options=options, run_metadata=run_metadata)[:count]  # type: ignore[no-any-return]

        return call

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Prepares a run in several calls of `partial_run`.

        Args:
            fetches: everything that the calls will fetch, as for `run`.
            feeds: the tensors that the calls will feed.

        Returns:
            A handle for `partial_run`.

        Raises:
            InvalidArgumentError: there is nothing to fetch, or a tensor is both fed and fetched.
        """
        from tfcompat.session.partial import setup

        return setup(self, self._ready_engine(), fetches, feeds)

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Continues the run of `handle` with more feeds, and returns the values of `fetches`.

        Args:
            handle: from `partial_run_setup`.
            fetches: tensors among those of the setup, each of them once over all calls.
            feed_dict: as for `run`, with tensors among the feeds of the setup, each of them once over all calls.

        Raises:
            InvalidArgumentError: the handle is unknown or used up, a tensor was not announced or comes a second time,
                or a fetch needs feeds that have not come yet.
        """
        from tfcompat.session.partial import proceed

        if handle is None:
            return self.run(fetches, feed_dict)
        self._ready_engine()
        return proceed(self, handle, fetches, feed_dict)


@tf_export("Session")
class Session(BaseSession):
    """Runs operations and evaluates tensors of a graph; as a context manager also makes both defaults.

    See `BaseSession` for arguments and errors.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        super().__init__(target, graph, config)
        self._graph_context: Any = None
        self._session_context: Any = None

    def __enter__(self) -> Session:
        if self._graph_context is not None:
            raise RuntimeError(
                "Session context managers are not re-entrant. Use `Session.as_default()` if you want to "
                "enter a session multiple times."
            )
        self._graph_context = self.graph.as_default()
        self._graph_context.__enter__()
        self._session_context = self.as_default()
        self._session_context.__enter__()
        return self

    def __exit__(self, exc_type: Any, exc: Any, traceback: Any) -> None:
        try:
            self._session_context.__exit__(exc_type, exc, traceback)
        finally:
            try:
                self._graph_context.__exit__(exc_type, exc, traceback)
            finally:
                self._graph_context = self._session_context = None
                self.close()

    @staticmethod
    def reset(target: str, containers: Any = None, config: Any = None) -> None:
        """Ends the sessions that are connected to `target`, and clears variables and resources.

        Args:
            target: the target of the sessions.
            containers: which containers of the server to clear; the default one when there are none. Sessions without
                a server have their own containers, which end with them.
            config: a `ConfigProto`, of which the operation timeout counts.

        Raises:
            NotFoundError: `target` is of no known form.
            UnavailableError: no server of this process has `target`; DeadlineExceededError when there is a timeout.
        """
        task = task_of(target, config.operation_timeout_in_ms if config is not None else 0) if target else None
        for session in list(_live):
            if not session._closed and session._target == target:
                session._was_reset = True
                session._release()
        if task is not None:
            reset_task(task, {c.decode() if isinstance(c, bytes) else c for c in containers or ()})


@tf_export("InteractiveSession")
class InteractiveSession(BaseSession):
    """A session that is the default one from its making until `close`."""

    _places_whole_graph = False
    _count_lock = threading.Lock()
    _active_session_count = 0

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        super().__init__(target, graph, config)
        with InteractiveSession._count_lock:
            if InteractiveSession._active_session_count > 0:
                warnings.warn(
                    "An interactive session is already active. This can cause out-of-memory errors in some "
                    "cases. You must explicitly call `InteractiveSession.close()` to release resources held "
                    "by the other session(s).",
                    stacklevel=2,
                )
            InteractiveSession._active_session_count += 1
        self._counted = True
        self._contexts = [session_stack.pushed(self, enforce_nesting=False)]
        if graph is not None:
            self._contexts.append(graph.as_default())
        for context in self._contexts:
            context.__enter__()

    def close(self) -> None:
        """Ends being the default, and frees what it holds."""
        super().close()
        with InteractiveSession._count_lock:
            if self._counted:
                self._counted = False
                InteractiveSession._active_session_count -= 1
        while self._contexts:
            self._contexts.pop().__exit__(None, None, None)


export_internal("python.client.session.BaseSession", BaseSession)


py_functions.OPEN_SESSION.append(Session)
