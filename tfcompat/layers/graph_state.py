"""What layers keep of each graph: how often a name was used, and the variables that they made."""

from __future__ import annotations

import re
import weakref
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tfcompat.graph.default import outermost_graph

_uses: weakref.WeakKeyDictionary[Any, Counter[str]] = weakref.WeakKeyDictionary()
learning_phases: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
"""Graph -> whether its layers train: 0 or 1 where that was set, else the tensor that runs feed."""
_variables: weakref.WeakKeyDictionary[Any, list[weakref.ref[Any]]] = weakref.WeakKeyDictionary()


def snake_case(name: str) -> str:
    """`MaxPooling2D` -> `max_pooling2d`; a leading underscore makes it `private_...`."""
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"private{snake}" if snake.startswith("_") else snake


def unique_name(name: str, zero_based: bool = False, avoid: Iterable[str] = ()) -> str:
    """`name` and a number that it was not given with in this graph before.

    Args:
        name: what to make unique.
        zero_based: whether the first one is `name` itself and not `name_1`.
        avoid: names that are taken.
    """
    uses, taken = _uses.setdefault(outermost_graph(), Counter()), set(avoid)
    while True:
        number = uses[name] if zero_based else uses[name] + 1
        uses[name] += 1
        proposed = f"{name}_{number}" if number else name
        if proposed not in taken:
            return proposed


def next_uid(prefix: str) -> int:
    """1 at the first call with `prefix` in this graph, then 2, ..."""
    uses = _uses.setdefault(outermost_graph(), Counter())
    key = f"{prefix}\0"
    uses[key] += 1
    return uses[key]


def reset_names() -> None:
    """Forgets how often names were used, in all graphs."""
    _uses.clear()


def track_variable(variable: Any) -> None:
    """Notes a variable of the default graph, so that Keras' session initializes it."""
    _variables.setdefault(outermost_graph(), []).append(weakref.ref(variable))


def tracked_variables(graph: Any) -> list[Any]:
    """The variables noted in `graph` that still exist, in order."""
    return [v for v in (reference() for reference in _variables.get(graph, ())) if v is not None]


def fixed_learning_phase() -> int | None:
    """The learning phase of the default graph where it was set to a number."""
    phase = learning_phases.get(outermost_graph())
    return phase if isinstance(phase, int) else None
