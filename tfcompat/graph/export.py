"""The public namespace as a table: dotted public name -> object.

`tf_export` marks a definition with the names under which users find it below `tf.`; `tfcompat.compat.v1` builds its
modules from the table once everything is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

PUBLIC: dict[str, Any] = {}
"""Public dotted name (without the leading `tf.`) -> object."""

LAZY: dict[str, Callable[[], Any]] = {}
"""Public dotted name -> maker of the object, called at the first access (protocol messages, heavy modules)."""


INTERNAL: dict[str, Any] = {}
"""Dotted name below `tensorflow.` of a module that is not public -> object; served to programs that import it there."""


def export_internal(name: str, value: Any) -> None:
    """Offers `value` to programs that import it from the internal module `tensorflow.<name without its last part>`."""
    INTERNAL[name] = value


def export(name: str, value: Any) -> None:
    """Publishes `value`, a constant or an object defined elsewhere, as `tf.<name>`.

    Raises:
        ValueError: another object already has that name.
    """
    if PUBLIC.setdefault(name, value) is not value:
        raise ValueError(f"tf.{name} is already exported as {PUBLIC[name]!r}")


def export_lazy(name: str, make: Callable[[], Any]) -> None:
    """Publishes the result of `make()` as `tf.<name>`, made when the name is first used."""
    LAZY[name] = make


def tf_export(*names: str) -> Callable[[T], T]:
    """Decorator that publishes a function or class under each of `names` (dotted, below `tf.`)."""

    def register(obj: T) -> T:
        for name in names:
            export(name, obj)
        return obj

    return register
