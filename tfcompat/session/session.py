"""`Session` and `InteractiveSession`: run a graph."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

from tfcompat.graph.default import get_default_graph, session_stack
from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph
from tfcompat.session.fetches import Fetches, structure_key
from tfcompat.session.feeds import FeedSlot, expand

_PREPARED_CALLS = 1024


class BaseSession:
    """What `Session` and `InteractiveSession` share.

    Args:
        target: execution engine to connect to; only the empty string, this process, is supported.
        graph: the graph to run; the default graph when None.
        config: a `ConfigProto`.

    Raises:
        TypeError: an argument has the wrong type.
        NotFoundError: `target` is not empty.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        from tfcompat.session.configuration import make_engine, check_target

        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"Argument `graph` must be a tf.Graph, but got \"{type(graph).__name__}\"")
        self._target = check_target(target)
        self._graph = get_default_graph() if graph is None else graph
        self._config = config
        self._closed = False
        self._engine = make_engine(config)
        self._calls: OrderedDict[Any, _Call] = OrderedDict()

    # ---------------------------------------------------------------- what it is

    @property
    def graph(self) -> Graph:
        """The graph it runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a `GraphDef` message."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self) -> str:
        """The target it is connected to."""
        return self._target

    def list_devices(self) -> list[Any]:
        """The devices it can use; each has `name`, `device_type` and `memory_limit_bytes`."""
        from tfcompat.session.configuration import device_attributes

        return device_attributes(self._engine.policy)

    def as_default(self) -> Any:
        """A context manager that makes this the default session of the thread; the default graph stays."""
        return session_stack.pushed(self)

    def close(self) -> None:
        """Frees what it holds; later runs are errors."""
        self._closed = True
        self._engine.state.cancelled.set()
        self._calls.clear()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self._closed = True
            self._engine.state.cancelled.set()

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
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        call = self._cached_call(fetches, feed_dict)
        if call is None:
            call, arrays = self._new_call(fetches, feed_dict)
        else:
            arrays = [slot.array(value) for slot, value in zip(call.slots, feed_dict.values(), strict=True)] if feed_dict else []
        if options is None and run_metadata is None:
            return call.fetches.pack(call.prepared.run(arrays))
        from tfcompat.session.options import run_with_options

        return run_with_options(self, call, arrays, options, run_metadata)

    def _cached_call(self, fetches: Any, feed_dict: Any) -> _Call | None:
        try:
            key = (structure_key(fetches), tuple(feed_dict) if feed_dict else (), self._graph._rewirings)
            return self._calls.get(key)
        except TypeError:
            return None

    def _new_call(self, fetches: Any, feed_dict: Any) -> tuple[_Call, list[Any]]:
        """Prepares a call, and remembers it when fetches and feeds can serve as a key."""
        from tfcompat.session.prepared import PreparedRun

        if not self._graph._ops:
            raise RuntimeError("The Session graph is empty. Add operations to the graph before calling run().")
        if feed_dict is not None and not hasattr(feed_dict, "items"):
            raise TypeError(f"Argument `feed_dict` must be a dictionary. Received: {feed_dict!r}")
        flat = Fetches(self._graph, fetches)
        fed: dict[Any, Any] = dict(expand(self._graph, feed_dict)) if feed_dict else {}
        slots = [FeedSlot(self._graph, t) for t in fed]
        arrays = [slot.array(value) for slot, value in zip(slots, fed.values(), strict=True)]
        prepared = PreparedRun(self._engine, flat.tensors, flat.targets, list(fed))
        call = _Call(flat, slots, prepared)
        if feed_dict is None or len(fed) == len(feed_dict) and not any(isinstance(k, tuple) for k in feed_dict):
            self._remember(fetches, feed_dict, call)
        return call, arrays

    def _remember(self, fetches: Any, feed_dict: Any, call: _Call) -> None:
        try:
            key = (structure_key(fetches), tuple(feed_dict) if feed_dict else (), self._graph._rewirings)
            self._calls[key] = call
        except TypeError:
            return
        while len(self._calls) > _PREPARED_CALLS:
            self._calls.popitem(last=False)

    def make_callable(self, fetches: Any, feed_list: Any = None, accept_options: bool = False) -> Any:
        """A function that runs `fetches` with the values of `feed_list` as positional arguments.

        Args:
            fetches: as for `run`.
            feed_list: the tensors fed, in the order of the arguments.
            accept_options: whether the function takes `options` and `run_metadata` keywords.

        Raises:
            TypeError: `feed_list` is no list or tuple.
        """
        from tfcompat.session.prepared import PreparedRun

        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError("Argument `feed_list` must be a list or tuple.")
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        flat = Fetches(self._graph, fetches)
        tensors = [self._graph.as_graph_element(f, allow_operation=False) for f in feed_list or ()]
        slots = [FeedSlot(self._graph, t) for t in tensors]
        call = _Call(flat, slots, PreparedRun(self._engine, flat.tensors, flat.targets, tensors))
        run, pack = call.prepared.run, flat.pack

        def generic(*values: Any) -> Any:
            if self._closed:
                raise RuntimeError("Attempted to use a closed Session.")
            if len(values) != len(slots):
                raise ValueError(f"Expected {len(slots)} feed arguments, got {len(values)}.")
            return pack(run([slot.array(v) for slot, v in zip(slots, values, strict=True)]))

        if not accept_options:
            return generic

        def with_options(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            from tfcompat.session.options import run_with_options

            if options is None and run_metadata is None:
                return generic(*values)
            arrays = [slot.array(v) for slot, v in zip(slots, values, strict=True)]
            return run_with_options(self, call, arrays, options, run_metadata)

        return with_options

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Prepares a run in several calls of `partial_run`; returns its handle."""
        from tfcompat.session.partial import setup

        return setup(self, fetches, feeds)

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Continues the run of `handle` with more feeds, and returns the values of `fetches`."""
        from tfcompat.session.partial import proceed

        return proceed(self, handle, fetches, feed_dict)


class _Call:
    """Fetches, feed slots and programs of one way of calling `run`."""

    __slots__ = ("fetches", "prepared", "slots")

    def __init__(self, fetches: Fetches, slots: list[FeedSlot], prepared: Any):
        self.fetches = fetches
        self.slots = slots
        self.prepared = prepared


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
            raise RuntimeError("Session context managers are not re-entrant. Use `Session.as_default()` if you want to "
                               "enter a session multiple times.")
        self._graph_context = self.graph.as_default()
        self._graph_context.__enter__()
        self._session_context = self.as_default()
        self._session_context.__enter__()
        return self

    def __exit__(self, exc_type: Any, exc: Any, traceback: Any) -> None:
        try:
            self._session_context.__exit__(exc_type, exc, traceback)
        finally:
            self._graph_context.__exit__(exc_type, exc, traceback)
            self._graph_context = self._session_context = None
            self.close()

    @staticmethod
    def reset(target: str, containers: Any = None, config: Any = None) -> None:
        """Clears the resource containers of a target; sessions of this process keep their own."""
        from tfcompat.session.configuration import check_target

        check_target(target)


_interactive_count = 0


@tf_export("InteractiveSession")
class InteractiveSession(BaseSession):
    """A session that is the default one from its making until `close`."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        global _interactive_count
        super().__init__(target, graph, config)
        _interactive_count += 1
        if _interactive_count > 1:
            warnings.warn("An interactive session is already active. This can cause out-of-memory errors in some cases. "
                          "You must explicitly call `InteractiveSession.close()` to release resources held by the "
                          "other session(s).", stacklevel=2)
        self._explicit_graph = graph
        self._contexts = [self.as_default()]
        if graph is not None:
            self._contexts.append(graph.as_default())
        for context in self._contexts:
            context.__enter__()

    def close(self) -> None:
        """Ends being the default, and frees what it holds."""
        global _interactive_count
        if not self._closed:
            _interactive_count = max(0, _interactive_count - 1)
        super().close()
        while self._contexts:
            self._contexts.pop().__exit__(None, None, None)
