"""The order in which a plan takes its operations, which decides what each read of a variable sees.

Data and control edges hold. Beyond these: a read that is not ordered after a write of its variable comes before that
write, and writes of one variable that are not ordered go in creation order.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.planner.variables import Access, VariableKey, variable_key

Edges = dict[Operation, list[Operation]]


def ordered(ops: Sequence[Operation], feeds: set[Tensor], accesses: dict[Operation, Access]) -> list[Operation]:
    """`ops` in execution order.

    Args:
        ops: the needed operations.
        feeds: fed tensors, whose producers need not run first.
        accesses: the variable accesses of those operations that have any.

    Raises:
        InvalidArgumentError: the operations form a cycle.
    """
    before = _predecessors(ops, feeds)
    base = _topological(ops, before)
    writers = [op for op in base if op in accesses and accesses[op].writes]
    if not writers:
        return base
    _chain_writes(writers, accesses, before)
    return _reads_first(base, before, accesses, _write_ancestors(base, before, writers))


def _predecessors(ops: Sequence[Operation], feeds: set[Tensor]) -> Edges:
    wanted = set(ops)
    before: Edges = {}
    for op in ops:
        found = dict.fromkeys(t.op for t in op._inputs if t not in feeds and t.op in wanted)
        found.update(dict.fromkeys(c for c in op._control_inputs if c in wanted))
        before[op] = list(found)
    return before


def _successors(before: Edges) -> Edges:
    after: Edges = {op: [] for op in before}
    for op, predecessors in before.items():
        for p in predecessors:
            after[p].append(op)
    return after


def _topological(ops: Sequence[Operation], before: Edges) -> list[Operation]:
    """Creation order as far as the edges allow."""
    missing = {op: len(before[op]) for op in ops}
    after = _successors(before)
    ready = [(op._id, i, op) for i, op in enumerate(ops) if not missing[op]]
    heapq.heapify(ready)
    out: list[Operation] = []
    while ready:
        op = heapq.heappop(ready)[2]
        out.append(op)
        for follower in after[op]:
            missing[follower] -= 1
            if not missing[follower]:
                heapq.heappush(ready, (follower._id, len(out), follower))
    if len(out) < len(ops):
        stuck = [op.name for op in ops if missing[op]]
        raise InvalidArgumentError(
            None, None, f"Graph is invalid, contains a cycle with {len(stuck)} nodes, including: {', '.join(stuck[:5])}"
        )
    return out


def _chain_writes(writers: Sequence[Operation], accesses: dict[Operation, Access], before: Edges) -> None:
    """Orders the writes of each variable one after the other."""
    last: dict[VariableKey, Operation] = {}
    for op in writers:
        for key in {variable_key(v) for v in accesses[op].writes.values()}:
            previous = last.get(key)
            if previous is not None and previous not in before[op]:
                before[op].append(previous)
            last[key] = op


def _write_ancestors(base: Sequence[Operation], before: Edges, writers: Sequence[Operation]) -> dict[Operation, int]:
    """For each operation the set of writers it comes after, as a bit mask."""
    bit = {op: 1 << i for i, op in enumerate(writers)}
    ancestors: dict[Operation, int] = {}
    for op in base:
        mask = 0
        for p in before[op]:
            mask |= ancestors[p] | bit.get(p, 0)
        ancestors[op] = mask
    return ancestors


def _reads_first(
    base: Sequence[Operation], before: Edges, accesses: dict[Operation, Access], ancestors: dict[Operation, int]
) -> list[Operation]:
    """Takes ready operations in order, and a write only once the reads that must see the old value are done."""
    position = {op: i for i, op in enumerate(base)}
    writers = [op for op in base if op in accesses and accesses[op].writes]
    bit = {op: 1 << i for i, op in enumerate(writers)}
    readers: dict[VariableKey, set[Operation]] = {}
    for op, access in accesses.items():
        for variable in (*access.reads.values(), *access.probes.values()):
            readers.setdefault(variable_key(variable), set()).add(op)
    missing = {op: len(before[op]) for op in base}
    after = _successors(before)
    plain: list[tuple[int, Operation]] = []
    writes: list[tuple[int, Operation]] = []
    out: list[Operation] = []

    def add_ready(op: Operation) -> None:
        heapq.heappush(writes if op in bit else plain, (position[op], op))

    def take(op: Operation) -> None:
        out.append(op)
        access = accesses.get(op)
        if access is not None:
            for variable in (*access.reads.values(), *access.probes.values()):
                readers[variable_key(variable)].discard(op)
        for follower in after[op]:
            missing[follower] -= 1
            if not missing[follower]:
                add_ready(follower)

    def waits(op: Operation) -> bool:
        keys = {variable_key(v) for v in accesses[op].writes.values()}
        return any(r is not op and not ancestors[r] & bit[op] for key in keys for r in readers.get(key, ()))

    for op in base:
        if not missing[op]:
            add_ready(op)
    while plain or writes:
        if plain:
            take(heapq.heappop(plain)[1])
            continue
        chosen = next((entry for entry in sorted(writes) if not waits(entry[1])), min(writes))
        writes.remove(chosen)
        heapq.heapify(writes)
        take(chosen[1])
    return out
