"""What `with` blocks of a graph say about the operations made inside: devices, colocation, control inputs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tfcompat.graph.device import DeviceFunction

if TYPE_CHECKING:
    from tfcompat.graph.operation import Operation


class ControlScope:
    """One `control_dependencies` block: its control inputs, and the operations seen inside."""

    __slots__ = ("control_inputs", "is_barrier", "seen")

    def __init__(self, control_inputs: list[Operation], is_barrier: bool):
        self.control_inputs = control_inputs
        self.is_barrier = is_barrier
        self.seen: set[Operation] = set()


class Stacks:
    """The scope stacks; innermost last. A device entry None hides everything outside it."""

    __slots__ = ("colocation", "control", "device")

    def __init__(self, other: Stacks | None = None):
        self.device: list[DeviceFunction | None] = list(other.device) if other else []
        self.colocation: list[Operation | None] = list(other.colocation) if other else []
        self.control: list[ControlScope] = list(other.control) if other else []


class SharedStacks:
    """The stacks of a graph: one for all threads, or one per thread after `make_thread_local`."""

    def __init__(self) -> None:
        self._main = Stacks()
        self._local: threading.local | None = None

    def make_thread_local(self) -> None:
        """From now on each thread has stacks of its own; new threads start with empty ones."""
        if self._local is None:
            self._local = threading.local()
            self._local.stacks = self._main

    @property
    def current(self) -> Stacks:
        """The stacks of the calling thread."""
        if self._local is None:
            return self._main
        stacks: Stacks | None = getattr(self._local, "stacks", None)
        if stacks is None:
            stacks = self._local.stacks = Stacks()
        return stacks


def control_inputs_for(stack: list[ControlScope], input_ops: set[Operation]) -> list[Operation]:
    """The control inputs that open blocks ask for, without those an input of the operation implies."""
    wanted: dict[Operation, None] = {}
    for scope in _open_scopes(stack):
        if any(op in scope.seen for op in input_ops):
            continue
        for op in scope.control_inputs:
            if op not in input_ops:
                wanted[op] = None
    return list(wanted)


def note_seen(stack: list[ControlScope], op: Operation) -> None:
    """Records that `op` was made inside the open blocks."""
    for scope in _open_scopes(stack):
        scope.seen.add(op)


def _open_scopes(stack: list[ControlScope]) -> list[ControlScope]:
    """The blocks from the last barrier (`control_dependencies(None)`) on."""
    for i in range(len(stack) - 1, -1, -1):
        if stack[i].is_barrier:
            return stack[i + 1 :]
    return stack


def apply_devices(stack: list[DeviceFunction | None], op: Operation) -> None:
    """Lets the device functions, innermost first, decide the device of `op`."""
    for function in reversed(stack):
        if function is None:
            break
        result: Any = function(op)
        op._set_device(result)
