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

    def place(self, op: Operation, kind: str, requirement: Requirement) -> dict[str, int]:
        """Puts `op` into the segment of its level; returns what its successors then require."""
        level = level_for(kind, requirement)
        self._segments.setdefault((level, kind), Segment(level, kind)).ops.append(op)
        return merge_requirements([requirement, {kind: level}])

    def segments(self) -> list[Segment]:
        """The segments in execution order."""
        return [self._segments[key] for key in sorted(self._segments, key=lambda k: (k[0], k[1] != HOST, k[1]))]
