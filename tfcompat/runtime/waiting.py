"""Steps of a program whose operations may wait for others, perhaps of the same run.

An operation that takes from an empty queue must not keep the operation from running that fills it. So a step that
would wait is put off as long as steps that do not depend on it can run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tfcompat.graph import registry
from tfcompat.graph.operation import Operation
from tfcompat.runtime.control import RunContext, WouldWait

_PATIENCE = 0.005


def split_waiting(calls: Sequence[Any]) -> list[list[Any]]:
    """Host calls in pieces, in which those that may wait stand alone."""
    pieces: list[list[Any]] = []
    for call in calls:
        alone = call.op.type in registry.WAITING
        if alone or not pieces or pieces[-1][-1].op.type in registry.WAITING:
            pieces.append([])
        pieces[-1].append(call)
    return pieces


class Schedule:
    """The order in which steps may run.

    Args:
        steps: the operations of each step.
        order: all operations of the program, in an order that respects their edges.
        inlined: call -> the operations of the function it calls, which wait for what the call waits for.
        folded: operations whose results are known beforehand; they wait for their control inputs only.
    """

    def __init__(
        self,
        steps: Sequence[Sequence[Operation]],
        order: Sequence[Operation],
        inlined: Mapping[Operation, Sequence[Operation]],
        folded: Collection[Operation] = (),
    ):
        own = {op: 1 << i for i, ops in enumerate(steps) for op in ops}
        after: dict[Operation, int] = {}

        def note(op: Operation, given: int) -> int:
            mask = own.get(op, 0) | given
            sources = () if op in folded else (t.op for t in op._inputs)
            for before in (*sources, *op._control_inputs):
                mask |= after.get(before, 0)
            inner = 0
            for called in inlined.get(op, ()):
                inner |= note(called, mask)
            after[op] = mask | inner
            return after[op]

        for op in order:
            note(op, 0)
        self._needs = [self._of(ops, after) & ~(1 << i) for i, ops in enumerate(steps)]
        self._waits = [any(op.type in registry.WAITING for op in ops) for ops in steps]

    @staticmethod
    def _of(ops: Sequence[Operation], after: dict[Operation, int]) -> int:
        mask = 0
        for op in ops:
            mask |= after.get(op, 0)
        return mask

    @property
    def has_waiting(self) -> bool:
        """Whether any step may wait."""
        return any(self._waits)

    def run(self, first: int, end: int, run_step: Callable[[int], None], context: RunContext) -> None:
        """Runs the steps from `first` to before `end`, calling `run_step` with the number of each."""
        pending = list(range(first, end))
        while pending:
            left, progress = self._pass(pending, end, run_step, context, 0.0)
            if not progress:
                alone = sum(self._waits[i] for i in left) == 1
                left, _ = self._pass(left, end, run_step, context, None if alone else _PATIENCE)
            pending = left

    def _pass(
        self,
        pending: Sequence[int],
        end: int,
        run_step: Callable[[int], None],
        context: RunContext,
        patience: float | None,
    ) -> tuple[list[int], bool]:
        """(steps that are left, whether any ran): runs what can run, each waiting step for at most `patience`."""
        missing = sum(1 << i for i in pending)
        left: list[int] = []
        for i in pending:
            if self._needs[i] & missing:
                left.append(i)
                continue
            context.patience = patience if self._waits[i] else None
            try:
                run_step(i)
            except WouldWait:
                left.append(i)
            else:
                missing &= ~(1 << i)
            finally:
                context.patience = None
        return left, len(left) < len(pending)
