"""The public namespace as a table: dotted public name -> object.

`tf_export` marks a definition with the names under which users find it below `tf.`. The table knows all names from the
start; the module that defines one is imported when its object is first asked for (`tfcompat.graph.homes`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tfcompat.graph import homes, registry

T = TypeVar("T")


class _Maker:
    """Stands in the table for an object that is made at its first use."""

    def __init__(self, make: Callable[[], Any]):
        self.make = make


class Names(Mapping[str, Any]):
    """Name -> object; iterating gives all names and imports nothing.

    Args:
        kind: of the entries, in the table of homes.
    """

    def __init__(self, kind: str):
        self.kind = kind
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            homes.load(self.kind, name)
        value = self._known[name]
        if type(value) is _Maker:
            value = self._known[name] = value.make()
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in homes.homes_of(self.kind)

    def __iter__(self) -> Iterator[str]:
        return iter({**homes.homes_of(self.kind), **self._known})

    def __len__(self) -> int:
        return len({**homes.homes_of(self.kind), **self._known})

    def is_made(self, name: str) -> bool:
        """Whether the object of `name` exists, or is going to be made without an import."""
        return name in self._known

    def add(self, name: str, value: Any) -> None:
        """Enters `value`; ValueError when another object has the name."""
        if self._known.setdefault(name, value) is not value:
            raise ValueError(f"tf.{name} is already exported as {self._known[name]!r}")


PUBLIC = Names("public")
"""Public dotted name (without the leading `tf.`) -> object."""

INTERNAL = Names("internal")
"""Dotted name below `tensorflow.` of a module that is not public -> object; served to programs that import it there."""


def export_internal(name: str, value: Any) -> None:
    """Offers `value` to programs that import it from the internal module `tensorflow.<name without its last part>`."""
    INTERNAL.add(name, value)


def export(name: str, value: Any) -> None:
    """Publishes `value`, a constant or an object defined elsewhere, as `tf.<name>`.

    Raises:
        ValueError: another object already has that name.
    """
    PUBLIC.add(name, taking_ragged((name,), value))


def export_lazy(name: str, make: Callable[[], Any]) -> None:
    """Publishes the result of `make()` as `tf.<name>`, made when the name is first used."""
    PUBLIC.add(name, _Maker(make))


def tf_export(*names: str) -> Callable[[T], T]:
    """Decorator that publishes a function or class under each of `names` (dotted, below `tf.`)."""

    def register(obj: T) -> T:
        public = taking_ragged(names, obj)
        for name in names:
            PUBLIC.add(name, public)
        return obj

    return register


class Ragged:
    """Base of what public functions treat as ragged: tensors and values with rows of different lengths."""

    __slots__ = ()


_dispatching: dict[int, tuple[Any, Any]] = {}
"""id of a function -> (the function, its public form that takes ragged tensors too)."""


def taking_ragged(names: Sequence[str], function: Any) -> Any:
    """What is published of `function`: with a form for ragged tensors if one of its names has one."""
    found = _dispatching.get(id(function))
    if found is not None:
        return found[1]
    name = next((name for name in names if name in registry.ragged_form), None)
    if name is None:
        return function
    public = _with_ragged_form(name, function)
    _dispatching[id(function)] = function, public
    return public


def _with_ragged_form(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.cache
    def ragged() -> Callable[..., Any]:
        return registry.ragged_form.get(name)(function)  # type: ignore[no-any-return]

    @functools.wraps(function)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if isinstance(value, Ragged):
                return ragged()(*args, **kwargs)
            if type(value) is list or type(value) is tuple:
                for item in value:
                    if isinstance(item, Ragged):
                        return ragged()(*args, **kwargs)
        for value in kwargs.values():
            if isinstance(value, Ragged) or type(value) in (list, tuple) and any(isinstance(v, Ragged) for v in value):
                return ragged()(*args, **kwargs)
        return function(*args, **kwargs)

    return dispatch
