"""The default graph and session of a thread, and the module-level functions that act on them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph

T = TypeVar("T")


class DefaultStack(threading.local, Generic[T]):
    """The nested `as_default` blocks of a thread."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[T] = []

    def top(self) -> T | None:
        """The innermost entry, or None."""
        return self._entries[-1] if self._entries else None

    def entries(self) -> list[T]:
        """What the open blocks made the default, innermost last."""
        return list(self._entries)

    def is_empty(self) -> bool:
        """Whether no block is open."""
        return not self._entries

    @contextlib.contextmanager
    def pushed(self, entry: T, enforce_nesting: bool = True) -> Iterator[T]:
        """Makes `entry` the default inside the block.

        Raises:
            AssertionError: the blocks end in another order than they should, and `enforce_nesting` is set.
        """
        self._entries.append(entry)
        try:
            yield entry
        finally:
            if self._entries and self._entries[-1] is entry:
                self._entries.pop()
            elif entry in self._entries:
                if enforce_nesting:
                    raise AssertionError(f"Nesting violated for default stack of {type(entry)} objects")
                self._entries.remove(entry)

    def clear(self) -> None:
        """Forgets all blocks."""
        self._entries.clear()


graph_stack: DefaultStack[Graph] = DefaultStack()
session_stack: DefaultStack[Any] = DefaultStack()
_global_graph: Graph | None = None


@tf_export("get_default_graph")
def get_default_graph() -> Graph:
    """The innermost graph made default in this thread, else the global default graph."""
    top = graph_stack.top()
    return global_graph() if top is None else top


def outermost_graph() -> Graph:
    """The default graph, or the graph around the bodies of functions, loops and conditions that it is inside of."""
    graph: Any = get_default_graph()
    while graph.building_function:
        graph = graph.outer_graph
    return graph  # type: ignore[no-any-return]


def global_graph() -> Graph:
    """The graph that is the default where no block makes another one so."""
    global _global_graph
    if _global_graph is None:
        _global_graph = Graph()
    return _global_graph


@tf_export("reset_default_graph")
def reset_default_graph() -> None:
    """Replaces the global default graph by a new one.

    Raises:
        AssertionError: inside a `Graph.as_default()` block.
    """
    global _global_graph
    if not graph_stack.is_empty():
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared "
            "graph, exit the nesting and create a new graph."
        )
    _global_graph = None


@tf_export("get_default_session")
def get_default_session() -> Any:
    """The innermost session made default in this thread, or None."""
    return session_stack.top()


def graph_from_inputs(values: Any, graph: Graph | None = None) -> Graph:
    """The graph that the tensors and operations among `values` belong to, else the default graph.

    Raises:
        ValueError: they belong to different graphs, or to another one than `graph`.
    """
    current = get_default_graph()
    if current.building_function:
        return current
    found, first = graph, None
    for value in values:
        owner = getattr(value, "graph", None)
        if not isinstance(owner, Graph):
            continue
        if found is None:
            found, first = owner, value
        elif owner is not found:
            if first is not None:
                raise ValueError(f"{value!r} must be from the same graph as {first!r}. Graphs are {owner} and {found}.")
            raise ValueError(f"{value!r} is not from the passed-in graph {graph}.")
    return current if found is None else usable_here(found)


def usable_here(graph: Graph) -> Graph:
    """`graph`, unless it is the body of a branch or loop and the default graph is outside of it.

    Raises:
        ValueError: what was made in a body is used outside.
    """
    if graph.building_function:
        raise ValueError(
            f"A tensor made inside of '{graph.name}', the body of a branch, loop or function, is out of scope "  # type: ignore[attr-defined]
            "here: have the function that makes it return it."
        )
    return graph


@tf_export("name_scope", "keras.backend.name_scope")
class name_scope:
    """Context manager that opens a name scope.

    Args:
        name: the scope; None takes `default_name`.
        default_name: used when `name` is None; then `values` must be given.
        values: tensors that decide the graph.

    Entering gives the scope's full name with a trailing slash.
    """

    def __init__(self, name: str | None, default_name: str | None = None, values: Any = None):
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely meant to "
                "pass this into the `values` kwarg."
            )
        self._name = default_name if name is None else name
        self._default_name = default_name
        self._values = values
        self._stack: list[contextlib.ExitStack] = []

    @property
    def name(self) -> str | None:
        """The name asked for."""
        return self._name

    def __enter__(self) -> str:
        if self._name is None and self._values is not None:
            raise ValueError(
                f"At least one of name ({self._name}) and default_name ({self._default_name}) must be provided."
            )
        stack = contextlib.ExitStack()
        graph = graph_from_inputs(self._values or ())
        if graph is not get_default_graph():
            stack.enter_context(graph.as_default())
        try:
            scope = stack.enter_context(graph.name_scope(self._name))
        except BaseException:
            stack.close()
            raise
        self._stack.append(stack)
        return scope  # type: ignore[no-any-return]

    def __exit__(self, *exc: Any) -> None:
        self._stack.pop().__exit__(*exc)

    def __call__(self, function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with name_scope(self._name, self._default_name, self._values):
                return function(*args, **kwargs)

        return inside


@tf_export("op_scope")
@contextlib.contextmanager
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Iterator[str]:
    """Deprecated spelling of `name_scope(name, default_name, values)`."""
    with name_scope(name, default_name, values) as scope:
        yield scope


@tf_export("device")
def device(device_name_or_function: Any) -> Any:
    """`get_default_graph().device(...)`."""
    return get_default_graph().device(device_name_or_function)


@tf_export("control_dependencies")
def control_dependencies(control_inputs: Any) -> Any:
    """`get_default_graph().control_dependencies(...)`; callables among the inputs are called first."""
    if control_inputs is not None:
        control_inputs = [c() if callable(c) and not hasattr(c, "op") else c for c in control_inputs]
    return get_default_graph().control_dependencies(control_inputs)


@tf_export("colocate_with")
def colocate_with(op: Any, ignore_existing: bool = False) -> Any:
    """`get_default_graph().colocate_with(...)`."""
    return get_default_graph().colocate_with(op, ignore_existing)


@tf_export("container")
def container(container_name: str) -> Any:
    """`get_default_graph().container(...)`."""
    return get_default_graph().container(container_name)


@tf_export("add_to_collection")
def add_to_collection(name: Any, value: Any) -> None:
    """Appends `value` to collection `name` of the default graph."""
    get_default_graph().add_to_collection(name, value)


@tf_export("add_to_collections")
def add_to_collections(names: Any, value: Any) -> None:
    """Appends `value` to each collection in `names` of the default graph."""
    get_default_graph().add_to_collections(names, value)


@tf_export("get_collection")
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """A copy of collection `key` of the default graph, filtered by `scope` (see `Graph.get_collection`)."""
    return get_default_graph().get_collection(key, scope)


@tf_export("get_collection_ref")
def get_collection_ref(key: Any) -> list[Any]:
    """The list of collection `key` of the default graph itself."""
    return get_default_graph().get_collection_ref(key)
