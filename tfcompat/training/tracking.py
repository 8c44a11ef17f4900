"""Which objects a checkpoint of objects holds, and under what names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.ops.lookup import LookupInterface
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.variable_base import Variable
from tfcompat.training.optimizer import Optimizer

session_sources: list[Callable[[], Any]] = []
"""What gives a session where there is no default one: Keras' own, once its backend is in use."""


class TrackableReference(NamedTuple):
    """A named dependency of a trackable object."""

    name: str
    ref: Any


class Trackable:
    """An object with named dependencies that checkpoints follow; they are declared one by one."""

    _dependencies: list[TrackableReference] | None = None

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        if self._dependencies is None:
            object.__setattr__(self, "_dependencies", [])
        return self._dependencies  # type: ignore[return-value]

    def _lookup_dependency(self, name: str) -> Any:
        return next((d.ref for d in self._checkpoint_dependencies if d.name == name), None)

    def _track_trackable(self, trackable: Any, name: str, overwrite: bool = False) -> Any:
        """Declares a dependency; ValueError when there is another one of that name, and `overwrite` is not set."""
        if not is_trackable(trackable):
            raise TypeError(
                "Trackable._track_trackable() can only be used to track objects of type Trackable. Got type "
                f"{type(trackable)}."
            )
        dependencies = self._checkpoint_dependencies
        for i, (present, ref) in enumerate(dependencies):
            if present == name:
                if ref is trackable:
                    return trackable
                if not overwrite:
                    raise ValueError(
                        f"Called Trackable._track_trackable() with name='{name}', but a Trackable with this name is "
                        "already declared as a dependency. Names must be unique (or overwrite=True)."
                    )
                dependencies[i] = TrackableReference(name, trackable)
                return trackable
        dependencies.append(TrackableReference(name, trackable))
        return trackable


class AutoTrackable(Trackable):
    """A trackable object whose dependencies are those of its attributes that can be tracked."""

    def __setattr__(self, name: str, value: Any) -> None:
        if is_trackable(value):
            self._track_trackable(value, name, overwrite=True)
        else:
            self._forget(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._forget(name)
        super().__delattr__(name)

    def _forget(self, name: str) -> None:
        dependencies = self._checkpoint_dependencies
        dependencies[:] = [d for d in dependencies if d.name != name]


@tf_export("train.experimental.PythonState")
class PythonState(Trackable):
    """State in Python that checkpoints hold as a string; subclasses give `serialize` and `deserialize`."""

    def serialize(self) -> str | bytes:
        """The state as a string."""
        raise NotImplementedError("PythonState.serialize")

    def deserialize(self, string_value: bytes) -> None:
        """Takes the state over from a string that `serialize` gave."""
        raise NotImplementedError("PythonState.deserialize")


def is_trackable(value: Any) -> bool:
    """Whether checkpoints of objects can hold `value`: variables, optimizers, layers, trackable objects, containers."""
    if isinstance(value, (list, tuple, dict)):
        return not hasattr(value, "_fields") or any(is_trackable(v) for v in value)
    return isinstance(value, (Variable, PartitionedVariable, Optimizer, Trackable, LookupInterface)) or hasattr(
        value, "_checkpoint_dependencies"
    )


def children(value: Any) -> list[tuple[str, Any]]:
    """(name, object) of what a trackable object depends on."""
    if isinstance(value, dict):
        found = [(k, value[k]) for k in sorted(k for k in value if isinstance(k, str))]
    elif isinstance(value, (list, tuple)):
        found = [(str(i), v) for i, v in enumerate(value)]
    elif isinstance(value, Optimizer):
        graph = get_default_graph()
        own = sorted((key, v) for (key, of), v in value._non_slot_dict.items() if of is graph)
        found = [(k, v) for k, v in own]
    elif hasattr(value, "_checkpoint_dependencies"):
        found = [(d[0], d[1]) for d in value._checkpoint_dependencies]
    else:
        found = []
    return [(name, child) for name, child in found if is_trackable(child)]


class TrackedObject(NamedTuple):
    """An object with the path of names that leads to it."""

    path: str
    value: Any


def tracked_objects(root: Any) -> list[TrackedObject]:
    """All objects that `root` depends on, itself first, breadth first, each with its shortest path."""
    found = [TrackedObject("", root)]
    seen = {id(root)}
    for path, value in found:  # grows while it is walked
        for name, child in children(value):
            if id(child) not in seen:
                seen.add(id(child))
                local = name.replace(".", "..").replace("/", ".S")
                found.append(TrackedObject(f"{path}/{local}" if path else local, child))
    return found


def has_slots(value: Any) -> bool:
    """Whether `value` is an optimizer: one of `tf.train`, or of Keras."""
    return hasattr(value, "get_slot_names") and hasattr(value, "get_slot")


def slot_of(optimizer: Any, variable: Any, name: str) -> Any:
    """The slot `name` of a variable, or None."""
    try:
        return optimizer.get_slot(variable, name)
    except KeyError:
        return None


def slot_variables(objects: list[TrackedObject]) -> Iterator[tuple[int, int, str, Any]]:
    """(index of the optimizer, index of the variable, name of the slot, slot) of all optimizers among `objects`."""
    for at, (_, value) in enumerate(objects):
        if has_slots(value):
            for name in value.get_slot_names():
                for original, (_, variable) in enumerate(objects):
                    slot = slot_of(value, variable, name) if isinstance(variable, Variable) else None
                    if slot is not None:
                        yield at, original, name, slot


for _class, _name in (
    (Trackable, "base.Trackable"),
    (TrackableReference, "base.TrackableReference"),
    (AutoTrackable, "tracking.AutoTrackable"),
    (PythonState, "python_state.PythonState"),
):
    export_internal(f"python.training.tracking.{_name}", _class)
