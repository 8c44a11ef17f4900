"""Effects: which control edges matter once execution is functional."""

from __future__ import annotations

from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.arrays import array_kind, stack_kind
from tfcompat.graph.raising.frames import EXITS, Frame, Frames

_SOURCES = frozenset({"VariableV2", "Variable", "VarHandleOp", "Placeholder", "PlaceholderV2"})
_CHECKS = frozenset({"CheckNumerics", "CheckNumericsV2", "EnsureShape"})


class Effects:
    """Which operations have effects, or come after some that do.

    Args:
        frames: the frames of the operations.
    """

    def __init__(self, frames: Frames):
        inside: set[Frame] = set()
        for op in frames.order:
            frame = frames.of(op) if has_effect(op) else None
            while frame is not None and frame not in inside:
                inside.add(frame)
                frame = frame.parent
        self._after: set[Operation] = set()
        for op in frames.order:
            frame = frames.of(op._inputs[0].op) if op.type in EXITS else None
            if (
                has_effect(op)
                or frame in inside
                or any(t.op in self._after for t in op._inputs)
                or any(c in self._after for c in op._control_inputs)
            ):
                self._after.add(op)

    def leads_to(self, op: Operation) -> bool:
        """Whether waiting for `op` is waiting for an effect."""
        return op in self._after


def has_effect(op: Operation) -> bool:
    """Whether it matters that `op` runs, besides what it gives."""
    if op.type in _SOURCES or array_kind(op) is not None or stack_kind(op) is not None:
        return False
    if op.type in _CHECKS or op.definition.is_stateful:
        return True
    return any(arg.is_ref for arg in op.definition.inputs)
