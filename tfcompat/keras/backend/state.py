"""`tf.keras.backend`: Keras' session, the learning phase of each graph, and numbers for names."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.default import (
    get_default_graph,
    get_default_session,
    outermost_graph,
    reset_default_graph,
)
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.graph import Graph
from tfcompat.graph.lifting import init_scope
from tfcompat.layers.graph_state import learning_phases as _phases
from tfcompat.layers.graph_state import next_uid, reset_names, tracked_variables
from tfcompat.ops.identity import placeholder_with_default
from tfcompat.ops.state import is_variable_initialized
from tfcompat.ops.variables import variables_initializer
from tfcompat.training.tracking import session_sources


class _ThreadState(threading.local):
    session: Any = None


_thread = _ThreadState()
_settings = {"initialize": True}
_optimizers: weakref.WeakKeyDictionary[Graph, weakref.WeakSet[Any]] = weakref.WeakKeyDictionary()


@tf_export("keras.backend.backend")
def backend() -> str:
    """The name of what Keras runs on, "tensorflow"."""
    return "tensorflow"


# ---------------------------------------------------------------- names


@tf_export("keras.backend.get_uid")
def get_uid(prefix: str = "") -> int:
    """1 at the first call with `prefix` in the default graph, then 2, ..."""
    return next_uid(prefix)


@tf_export("keras.backend.reset_uids")
def reset_uids() -> None:
    """Starts the numbers of `get_uid`, and those in names of layers, anew."""
    reset_names()


# ---------------------------------------------------------------- the learning phase


@tf_export("keras.backend.learning_phase")
def learning_phase() -> Any:
    """Whether layers of the default graph train: 0 or 1 when it was set, else a scalar bool that runs may feed.

    The tensor, `keras_learning_phase`, is False where it is not fed.
    """
    graph = outermost_graph()
    if graph not in _phases:
        _phases[graph] = _new_phase()
    return _phases[graph]


def symbolic_learning_phase() -> Any:
    """The learning phase as a tensor, made anew where a number was set."""
    graph = outermost_graph()
    if isinstance(_phases.get(graph, 0), int):
        _phases[graph] = _new_phase()
    return _phases[graph]


def _new_phase() -> Any:
    with init_scope(), get_default_graph().name_scope(None):
        return placeholder_with_default(False, shape=(), name="keras_learning_phase")


@tf_export("keras.backend.set_learning_phase")
def set_learning_phase(value: int) -> None:
    """Sets the learning phase of the default graph to 0 (test) or 1 (train).

    Raises:
        ValueError: another value.
    """
    _phases[outermost_graph()] = _checked_phase(value)


@tf_export("keras.backend.learning_phase_scope")
@contextlib.contextmanager
def learning_phase_scope(value: int) -> Iterator[None]:
    """A block in which the learning phase of the default graph is `value`, 0 or 1; ValueError for another one."""
    graph = outermost_graph()
    before = _phases.get(graph)
    _phases[graph] = _checked_phase(value)
    try:
        yield
    finally:
        if before is None:
            _phases.pop(graph, None)
        else:
            _phases[graph] = before


def _checked_phase(value: int) -> int:
    if value not in (0, 1):
        raise ValueError("Expected learning phase to be 0 or 1.")
    return value


# ---------------------------------------------------------------- the session


@tf_export("keras.backend.get_session")
def get_session(op_input_list: Any = ()) -> Any:
    """The session in which Keras runs, with all variables of layers and of `variable` initialized.

    This is the default session, if there is one, else the one of `set_session`, else a new one, which stays until the
    default graph is another.

    Args:
        op_input_list: tensors whose graph the session has to be of; that of the default graph when there are none.
    """
    session = _session(op_input_list)
    if _settings["initialize"]:
        initialize_variables(session)
    return session


session_sources.append(get_session)


def _session(tensors: Any = ()) -> Any:
    session = get_default_session()
    if session is not None:
        return session
    graph = next((t.graph for t in nest.flatten(tensors) if hasattr(t, "graph")), None) or outermost_graph()
    if _thread.session is None or _thread.session.graph is not graph:
        _thread.session = PUBLIC["Session"](graph=graph, config=_default_config())
    return _thread.session


def _default_config() -> Any:
    threads = os.environ.get("OMP_NUM_THREADS")
    if not threads:
        return PUBLIC["ConfigProto"](allow_soft_placement=True)
    return PUBLIC["ConfigProto"](
        intra_op_parallelism_threads=int(threads), inter_op_parallelism_threads=int(threads), allow_soft_placement=True
    )


@tf_export("keras.backend.set_session")
def set_session(session: Any) -> None:
    """Makes `session` the one in which Keras runs in this thread, where there is no default session."""
    _thread.session = session


@tf_export("keras.backend.manual_variable_initialization")
def manual_variable_initialization(value: bool) -> None:
    """Whether programs initialize variables themselves, so that `get_session` does not."""
    _settings["initialize"] = not value


def initialize_variables(session: Any) -> None:
    """Initializes the variables of Keras in the session's graph that were not looked at yet and have no value."""
    graph = session.graph
    new = [v for v in _variables(graph) if not getattr(v, "_keras_initialized", False)]
    if not new:
        return
    with graph.as_default():
        flags = session.run([is_variable_initialized(v) for v in new])
        without = []
        for variable, has_value in zip(new, flags, strict=True):
            if not has_value:
                without.append(variable)
            variable._keras_initialized = True
        if without:
            session.run(variables_initializer(without))


def _variables(graph: Graph) -> list[Any]:
    """Variables of layers, and those of the optimizers of `tf.train` that models use."""
    found = {id(v): v for v in tracked_variables(graph)}
    for optimizer in _optimizers.get(graph, ()):
        with graph.as_default():
            found.update((id(v), v) for v in optimizer.variables())
    return list(found.values())


def track_tf_optimizer(optimizer: Any) -> None:
    """Notes an optimizer of `tf.train`, whose variables `get_session` initializes too."""
    _optimizers.setdefault(outermost_graph(), weakref.WeakSet()).add(optimizer)


@tf_export("keras.backend.clear_session")
def clear_session() -> None:
    """Begins anew: a new default graph, no session, numbers of names and learning phases forgotten."""
    reset_default_graph()
    reset_uids()
    _thread.session = None
    _phases.clear()
    _optimizers.clear()
    learning_phase()
