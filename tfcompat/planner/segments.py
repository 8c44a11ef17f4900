"""Cutting an ordered plan into segments: runs of operations of one kind (the host, or a device's models)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tfcompat.graph.operation import Operation

HOST = "host"

Requirement = Mapping[str, int]
"""Kind -> the highest level of that kind that must have run."""


@dataclass(slots=True)
class Segment:
    """Operations of one level and kind, in order."""

    level: int
    kind: str
    ops: list[Operation] = field(default_factory=list)


def merge_requirements(requirements: Iterable[Requirement]) -> dict[str, int]:
    """The requirement that fulfils all of `requirements`."""
    merged: dict[str, int] = {}
    for requirement in requirements:
        for kind, level in requirement.items():
            if level > merged.get(kind, -1):
                merged[kind] = level
    return merged


def level_for(kind: str, requirement: Requirement) -> int:
    """The lowest level at which an operation of `kind` may run: one above each other kind it needs."""
    return max((level if k == kind else level + 1 for k, level in requirement.items()), default=0)


class SegmentCutter:
    """Collects operations, in plan order, into segments."""

    def __init__(self) -> None:
        self._segments: dict[tuple[int, str], Segment] = {}
        self._placed: dict[Operation, int] = {}

    @property
    def ops(self) -> Iterable[Operation]:
        """What was placed."""
        return self._placed

    def place(self, op: Operation, kind: str, requirement: Requirement) -> dict[str, int]:
        """Puts `op` into the segment of its level; returns what its successors then require."""
        level = level_for(kind, requirement)
        self._segments.setdefault((level, kind), Segment(level, kind)).ops.append(op)
        self._placed[op] = len(self._placed)
        return merge_requirements([requirement, {kind: level}])

    def delay(
        self, reads: Mapping[Operation, Iterable[str]], makes: Mapping[Operation, Iterable[str]], fixed: set[Operation]
    ) -> None:
        """Moves operations of devices to the last segment in which they may be, so that there are fewer segments.

        Args:
            reads: the names of the values that each operation takes.
            makes: the names of the values that it makes.
            fixed: operations that stay where they are, for what they do others wait for.
        """
        levels: dict[str, list[int]] = {}
        for level, kind in sorted(self._segments):
            levels.setdefault(kind, []).append(level)
        if all(len(found) < 2 for kind, found in levels.items() if kind != HOST):
            return
        maker = {name: op for op, names in makes.items() for name in names}
        place = {op: key for key, segment in self._segments.items() for op in segment.ops}
        latest: dict[Operation, int] = {}
        for op in sorted(place, key=lambda o: (place[o][0], self._placed[o]), reverse=True):
            level, kind = place[op]
            if kind != HOST and op not in fixed:
                bound = latest.get(op, levels[kind][-1])
                level = max(found for found in levels[kind] if found <= bound)
                place[op] = level, kind
            for name in reads.get(op, ()):
                source = maker.get(name)
                if source is not None:
                    bound = level if place[source][1] == kind else level - 1
                    latest[source] = min(bound, latest.get(source, bound))
        self._segments = {}
        for op in sorted(place, key=self._placed.__getitem__):
            self._segments.setdefault(place[op], Segment(*place[op])).ops.append(op)

    def segments(self) -> list[Segment]:
        """The segments in execution order."""
        return [self._segments[key] for key in sorted(self._segments, key=lambda k: (k[0], k[1] != HOST, k[1]))]
