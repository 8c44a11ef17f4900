"""Conditions of version 1 control flow: what must be true for an operation to run.

A `Switch` gives its value to one of its outputs; the other, and all that depends on it, is dead. What an operation
needs is a set of literals (predicate, side). A `Merge` joins the sides of a predicate.
"""

from __future__ import annotations

from collections.abc import Collection

from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.choices import Literals, Sides, grouped
from tfcompat.graph.raising.frames import ENTERS, EXITS, MERGES, SWITCHES, Frame, Frames, Loop
from tfcompat.graph.tensor import Tensor

ALWAYS: Literals = frozenset()


def predicate_of(switch: Operation) -> Tensor:
    """What decides a `Switch`, behind Identities and where it is brought into a loop."""
    tensor = switch._inputs[1]
    while tensor.op.type == "Identity" or tensor.op.type == "Enter" and tensor.op.attrs["is_constant"]:
        tensor = tensor.op._inputs[0]
    return tensor


class Liveness:
    """The literals of each operation, and the choices that its merges make up.

    Args:
        frames: the frames of the operations.
        loops: their loops.
        feeds: tensors that are fed and so always there.

    Raises:
        UnimplementedError: the inputs of a `Merge` are not the sides of a predicate.
    """

    def __init__(self, frames: Frames, loops: dict[Frame, Loop], feeds: Collection[Tensor]):
        self._frames, self._loops, self._feeds = frames, loops, feeds
        self._literals: dict[Operation, Literals] = {}
        self._of_loop: dict[Frame, Literals] = dict.fromkeys(loops, ALWAYS)
        self._headers = {v.merge for loop in loops.values() for v in loop.variables}
        self._sides: Sides = {}
        self._count: dict[Tensor, int] = {}
        self.passing: dict[Operation, tuple[int, Tensor]] = {}
        for op in frames.order:
            self._literals[op] = self._of_operation(op)
        self.choice_of = grouped(self, frames, self._sides, feeds)

    def of(self, op: Operation) -> Literals:
        """What must be true for `op` to run, in its frame."""
        return self._literals.get(op, ALWAYS)

    def of_loop(self, frame: Frame) -> Literals:
        """What must be true, in the frame around it, for a loop to run."""
        return self._of_loop[frame]

    def of_tensor(self, tensor: Tensor) -> Literals:
        """What must be true for `tensor` to have a value."""
        if tensor in self._feeds:
            return ALWAYS
        literals = self.of(tensor.op)
        if tensor.op.type in SWITCHES and not self.decides_loop(tensor.op):
            predicate = predicate_of(tensor.op)
            self._count[predicate] = len(tensor.op._outputs)
            return literals | {(predicate, tensor.value_index)}
        return literals

    def decides_loop(self, switch: Operation) -> bool:
        """Whether a `Switch` asks if there is another iteration."""
        return predicate_of(switch).op.type == "LoopCond"

    def _of_operation(self, op: Operation) -> Literals:
        control = [self.of(c) for c in op._control_inputs if self._frames.of(c) is self._frames.of(op)]
        if op.type in EXITS:
            frame = self._frames.of(op._inputs[0].op)
            assert frame is not None
            return self._of_loop[frame]
        if op.type in ENTERS:
            frame = self._frames.of(op)
            assert frame is not None
            outside = [self.of_tensor(t) for t in op._inputs] + [self.of(c) for c in op._control_inputs]
            self._of_loop[frame] = self._of_loop[frame].union(*outside)
            return ALWAYS
        if op in self._headers:
            return ALWAYS
        if op.type in MERGES:
            return self._of_merge(op)
        return ALWAYS.union(*(self.of_tensor(t) for t in op._inputs), *control)

    def _of_merge(self, op: Operation) -> Literals:
        alive = [t for t in op._inputs if not _is_contradiction(self.of_tensor(t))]
        if len(alive) == 1:
            self.passing[op] = (op._inputs.index(alive[0]), alive[0])
            return self.of_tensor(alive[0])
        literals = [dict(self.of_tensor(t)) for t in alive]
        shared = [p for p in (literals[0] if literals else ()) if all(p in others for others in literals[1:])]
        for predicate in sorted(shared, key=lambda p: p.op._id):
            sides = {found[predicate]: tensor for found, tensor in zip(literals, alive, strict=True)}
            if sorted(sides) == list(range(self._count[predicate])) and len(sides) == len(alive):
                self._sides[op] = (predicate, [sides[i] for i in range(len(sides))])
                common = [self.of_tensor(t) - {(predicate, i)} for i, t in sides.items()]
                return frozenset.intersection(*common)
        raise UnimplementedError(
            None,
            op,
            f"{op.name} ({op.type}) joins {', '.join(t.name for t in op._inputs)}, and no predicate decides which of "
            "them is there.",
        )


def _is_contradiction(literals: Literals) -> bool:
    return len({predicate for predicate, _ in literals}) < len(literals)
