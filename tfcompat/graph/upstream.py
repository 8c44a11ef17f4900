"""What lies upstream of tensors and operations."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

_PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2"})
MODEL_SOURCES = _PLACEHOLDERS | {"IteratorGetNext", "QueueDequeue", "QueueDequeueV2", "QueueDequeueMany",
                                 "QueueDequeueManyV2", "QueueDequeueUpTo", "QueueDequeueUpToV2"}  # fmt: skip
"""Op types whose outputs are inputs of models."""


def model_inputs(fetches: Iterable[Tensor], targets: Iterable[Operation] = ()) -> list[Tensor]:
    """What a model of `fetches` and `targets` takes: placeholders, and what datasets and queues give."""
    wanted = list(fetches)
    needed = needed_operations(wanted, targets, ())
    used = {*wanted, *(t for op in needed for t in op._inputs)}
    return [
        t for op in needed if op.type in MODEL_SOURCES for t in op._outputs if op.type in _PLACEHOLDERS or t in used
    ]


def needed_operations(
    fetches: Iterable[Tensor], targets: Iterable[Operation], feeds: Collection[Tensor], done: Iterable[Operation] = ()
) -> list[Operation]:
    """Everything upstream of `fetches` and `targets`, through data and control edges, stopping at `feeds`.

    The result is in creation order. An operation all of whose needed outputs are fed is left out, and so are those in
    `done`, which ran before.
    """
    ran = set(done)
    seen = set(ran)
    pending = [t.op for t in fetches if t not in feeds]
    pending += targets
    while pending:
        op = pending.pop()
        if op in seen:
            continue
        seen.add(op)
        pending += [t.op for t in op._inputs if t not in feeds and t.op not in seen]
        pending += [c for c in op._control_inputs if c not in seen and not _is_fed_placeholder(c, feeds)]
    return sorted(seen - ran, key=lambda op: op._id)


def _is_fed_placeholder(op: Operation, feeds: Collection[Tensor]) -> bool:
    return op.type in _PLACEHOLDERS and op._outputs[0] in feeds
