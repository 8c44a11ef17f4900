"""Merges of one predicate put together, so that they become the outputs of one If."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.frames import EXITS, Frame, Frames
from tfcompat.graph.tensor import Tensor

if TYPE_CHECKING:
    from tfcompat.graph.raising.liveness import Liveness

Literal = tuple[Tensor, int]
"""A predicate and the side of it that is alive: 0 for false and 1 for true, or the branch that an index chooses."""

Literals = frozenset[Literal]

Sides = dict[Operation, tuple[Tensor, list[Tensor]]]
"""Merge -> predicate, what is there for each side."""


@dataclass(eq=False, slots=True)
class Choice:
    """The merges that one If or Case stands for.

    Attributes:
        predicate: decides it.
        frame: the frame it is in.
        literals: what must be true for it to be decided at all.
        merges: its merges, with a tensor for each side.
    """

    predicate: Tensor
    frame: Frame | None
    literals: Literals
    merges: dict[Operation, list[Tensor]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many sides there are."""
        return len(next(iter(self.merges.values())))

    def decides(self, literals: Literals) -> bool:
        """Whether what needs `literals` is on one of the sides."""
        return any(predicate is self.predicate for predicate, _ in literals)


def grouped(liveness: Liveness, frames: Frames, sides: Sides, feeds: Collection[Tensor]) -> dict[Operation, Choice]:
    """The choice of each merge.

    Merges of one predicate go together, unless Ifs made of them would need each other in a circle: then those go
    together that need equally long chains of other merges.
    """
    needs = _needs(liveness, frames, sides, feeds)
    ranks: dict[Operation, int] = {}
    for merge, needed in needs.items():
        ranks[merge] = 1 + max((ranks.get(m, 0) for m in needed), default=-1)
    key_of: dict[Operation, Any] = {
        merge: (predicate, frames.of(merge), liveness.of(merge)) for merge, (predicate, _) in sides.items()
    }
    circular = _on_circles(key_of, needs)
    choices: dict[Any, Choice] = {}
    found: dict[Operation, Choice] = {}
    for merge, (predicate, tensors) in sides.items():
        key = key_of[merge]
        if key in circular:
            key = (*key, ranks[merge])
        choice = choices.setdefault(key, Choice(predicate, frames.of(merge), liveness.of(merge)))
        choice.merges[merge] = tensors
        found[merge] = choice
    return found


def _needs(
    liveness: Liveness, frames: Frames, sides: Sides, feeds: Collection[Tensor]
) -> dict[Operation, list[Operation]]:
    """The merges that each merge depends on, of its frame and outside its own sides; each comes after those."""
    merges = list(sides)
    reached = _reached(frames, feeds, {merge: 1 << i for i, merge in enumerate(merges)})
    needs: dict[Operation, list[Operation]] = {}
    for merge in sorted(merges, key=lambda m: reached[m].bit_count()):
        needs[merge] = [
            m
            for m in _members(reached[merge], merges)
            if m is not merge
            and frames.of(m) is frames.of(merge)
            and not any(p is sides[merge][0] for p, _ in liveness.of(m))
        ]
    return needs


def _reached(frames: Frames, feeds: Collection[Tensor], bit: dict[Operation, int]) -> dict[Operation, int]:
    """The bits of the merges that each operation depends on; what leaves a loop depends on all that enters it."""
    sources: dict[Operation, list[Operation]] = {}
    for op in frames.order:
        sources[op] = [t.op for t in op._inputs if t not in feeds] + list(op._control_inputs)
        if op.type in EXITS:
            frame = frames.of(op._inputs[0].op)
            sources[op] += frame.enters if frame is not None else []
    reached: dict[Operation, int] = {}
    changed = True
    while changed:
        changed = False
        for op in frames.order:
            mask = bit.get(op, 0)
            for source in sources[op]:
                mask |= reached.get(source, 0)
            changed = changed or mask != reached.get(op, 0)
            reached[op] = mask
    return reached


def _members(mask: int, merges: list[Operation]) -> list[Operation]:
    found = []
    while mask:
        low = mask & -mask
        found.append(merges[low.bit_length() - 1])
        mask ^= low
    return found


def _on_circles(key_of: dict[Operation, Any], needs: dict[Operation, list[Operation]]) -> set[Any]:
    """The groups that need themselves, through others or directly."""
    edges: dict[Any, set[Any]] = {}
    for merge, needed in needs.items():
        edges.setdefault(key_of[merge], set()).update(key_of[m] for m in needed)
    circular = set()
    for start in edges:
        pending, seen = list(edges[start]), set()
        while pending:
            key = pending.pop()
            if key not in seen:
                seen.add(key)
                pending += edges.get(key, ())
        if start in seen:
            circular.add(start)
    return circular
