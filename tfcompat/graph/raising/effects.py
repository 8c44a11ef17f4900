"""Effects: which control edges matter once execution is functional."""

from __future__ import annotations

from tfcompat.graph.effects import has_effect
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.frames import ENTERS, EXITS, Frame, Frames


class Effects:
    """Which operations have effects, or come after some that do in their frame.

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
            leaves = op.type in EXITS and frames.of(op._inputs[0].op) in inside
            if leaves or has_effect(op) or any(source in self._after for source in self._sources(op, frames)):
                self._after.add(op)

    @staticmethod
    def _sources(op: Operation, frames: Frames) -> list[Operation]:
        """What `op` comes after in its frame: what came before a loop has happened when the loop begins."""
        if op.type in ENTERS:
            return []
        if op.type in EXITS:
            frame = frames.of(op._inputs[0].op)
            assert frame is not None
            return [s for e in frame.enters for s in (*(t.op for t in e._inputs), *e._control_inputs)]
        return [*(t.op for t in op._inputs), *op._control_inputs]

    def leads_to(self, op: Operation) -> bool:
        """Whether waiting for `op` is waiting for an effect."""
        return op in self._after
