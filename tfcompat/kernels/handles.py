"""Handles of host resources: arrays of one object, which is the resource itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext

_private_names = itertools.count()


def boxed(value: Any) -> np.ndarray:
    """A scalar array of objects that holds `value`."""
    box = np.empty((), object)
    box[()] = value
    return box


def byte_array(values: list[bytes]) -> np.ndarray:
    """A vector of strings."""
    out = np.empty(len(values), object)
    out[:] = values
    return out


def shared_resource(k: KernelContext, kind: str, make: Callable[[str], Any]) -> np.ndarray:
    """The handle of the resource that the operation stands for.

    Args:
        k: the operation; resources of one `shared_name` in a container are one. Without it each operation has its own;
            where sessions share resources, those of operations of one name are one.
        kind: what it is.
        make: makes it, given its name.
    """
    memory = k.memory()
    if "handle" not in memory:
        shared = k.attr("shared_name").decode()
        name = shared or (k.op.name if k.state.shares_names else f"_{next(_private_names)}_{k.op.name}")
        container = k.attr("container").decode() or "localhost"
        memory["name"] = name
        k.resources().get_or_create(kind, container, name, lambda: make(name))
        memory["handle"] = (kind, container, name)
    kind, container, name = memory["handle"]
    return boxed(k.resources().get_or_create(kind, container, name, lambda: make(name)))
