"""Host kernels of connectionist temporal classification: the loss, and decoders by greed and by beam search."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

import numpy as np

from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError, OpError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


def _check_lengths(
    k: KernelContext, inputs: Array, lengths: Array, error: type[OpError] = FailedPreconditionError
) -> None:
    steps, batch, _ = inputs.shape
    if lengths.shape != (batch,):
        raise InvalidArgumentError(
            None,
            k.op,
            f"len(sequence_length) != batch_size.  len(sequence_length):  {lengths.size} batch_size: {batch}",
        )
    wrong = np.flatnonzero(lengths > steps)
    if wrong.size:
        raise error(None, k.op, f"sequence_length({wrong[0]}) <= {steps}")


def _log_softmax(x: Array) -> Array:
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))  # type: ignore[no-any-return]


# ---------------------------------------------------------------- the loss


@kernel("CTCLoss", "CTCLossV2")
def _loss(k: KernelContext, inputs: Array, indices: Array, values: Array, lengths: Array) -> tuple[Array, Array]:
    """-log of the probability of the labels, summed over their alignments, and its gradient by the inputs.

    Labels that fit only without the blanks between equal neighbours have an infinite loss.
    """
    _check_lengths(k, inputs, lengths, InvalidArgumentError)
    _, batch, classes = inputs.shape
    if batch == 0 or classes == 0:
        what = "batch_size" if batch == 0 else "num_classes"
        raise InvalidArgumentError(None, k.op, f"{what} must not be 0")
    labels = [_checked_labels(k, b, values[indices[:, 0] == b], classes) for b in range(batch)]
    merge = bool(k.attr("ctc_merge_repeated"))
    loss = np.zeros(batch)
    grad = np.zeros(inputs.shape)
    for b, row in enumerate(labels):
        length = int(lengths[b])
        if k.attr("preprocess_collapse_repeated"):
            row = row[np.append(True, row[1:] != row[:-1])] if row.size else row
        if row.size > length:
            if k.attr("ignore_longer_outputs_than_inputs"):
                continue
            raise InvalidArgumentError(
                None,
                k.op,
                f"Not enough time for target transition sequence (required: {row.size}, available: {length}){b}"
                "You can turn this error into a warning by using the flag ignore_longer_outputs_than_inputs",
            )
        logs = _log_softmax(inputs[:length, b].astype(np.float64))
        loss[b], grad[:length, b] = _aligned(logs, row, merge)
    return loss.astype(inputs.dtype), grad.astype(inputs.dtype)


def _checked_labels(k: KernelContext, batch: int, row: Array, classes: int) -> Array:
    """The labels of one example; those that mean "none" may only stand at the end."""
    if not row.size:
        raise InvalidArgumentError(None, k.op, f"Labels length is zero in batch {batch}")
    text = ",".join(map(str, row))
    if (row < 0).any():
        raise InvalidArgumentError(
            None, k.op, f"All labels must be nonnegative integers, batch: {batch} labels: {text}"
        )
    high = np.flatnonzero(row >= classes - 1)
    if high.size:
        seen = ",".join(map(str, row[: high[0]]))
        raise InvalidArgumentError(
            None,
            k.op,
            f"Saw a non-null label (index >= num_classes - 1) following a null label, batch: {batch} num_classes: "
            f"{classes} labels: {text} labels seen so far: {seen}",
        )
    return row


def _aligned(logs: Array, row: Array, merge: bool) -> tuple[float, Array]:
    """The loss of one example and its gradient by the logits, from log probabilities [time, class]."""
    blank = logs.shape[1] - 1
    states = np.full(2 * row.size + 1, blank)
    states[1::2] = row
    stay = np.ones(states.size, bool) if merge else states == blank
    skip = np.zeros(states.size, bool)
    skip[3::2] = True if not merge else row[1:] != row[:-1]
    emitted = logs[:, states]
    with np.errstate(all="ignore"):
        alpha = _swept(emitted, stay, skip)
        beta = _swept(emitted[::-1, ::-1], stay[::-1], np.append([False, False], skip[::-1][:-2]))[::-1, ::-1]
        both = alpha + beta - emitted
        total = np.logaddexp.reduce(both[0])
        probabilities = np.exp(logs)
        if not np.isfinite(total):
            return np.inf, probabilities
        occupied = np.exp(both - total)
    expected = np.zeros_like(logs)
    np.add.at(expected.T, states, occupied.T)
    return -float(total), probabilities - expected


def _swept(emitted: Array, stay: Array, skip: Array) -> Array:
    """Log probabilities of being in each state at each time, what it emits there included."""
    result = np.full(emitted.shape, -np.inf)
    result[0, :2] = emitted[0, :2]
    for t in range(1, len(emitted)):
        before = result[t - 1]
        now = np.where(stay, before, -np.inf)
        now[1:] = np.logaddexp(now[1:], before[:-1])
        now[2:] = np.where(skip[2:], np.logaddexp(now[2:], before[:-2]), now[2:])
        result[t] = now + emitted[t]
    return result


# ---------------------------------------------------------------- decoders


def _sparse(rows: list[list[int]]) -> tuple[Array, Array, Array]:
    """Lists of different lengths as the parts of a sparse matrix."""
    indices = [(b, i) for b, row in enumerate(rows) for i in range(len(row))]
    values = np.array([v for row in rows for v in row], np.int64)
    shape = np.array([len(rows), max((len(row) for row in rows), default=0)], np.int64)
    return np.array(indices, np.int64).reshape(-1, 2), values, shape


@kernel("CTCGreedyDecoder")
def _greedy(k: KernelContext, inputs: Array, lengths: Array) -> tuple[Array, Array, Array, Array]:
    _check_lengths(k, inputs, lengths)
    _, batch, classes = inputs.shape
    blank = k.attr("blank_index")
    blank += classes if blank < 0 else 0
    rows, scores = [], np.zeros((batch, 1), inputs.dtype)
    for b in range(batch):
        logits = inputs[: max(int(lengths[b]), 0), b]
        best = logits.argmax(-1) if logits.size else np.zeros(0, np.int64)
        scores[b, 0] = -logits.max(-1, initial=-np.inf).sum(dtype=np.float64) if logits.size else 0
        kept = best != blank
        if k.attr("merge_repeated"):
            kept[1:] &= best[1:] != best[:-1]
        rows.append(best[kept].tolist())
    return *_sparse(rows), scores


@kernel("CTCBeamSearchDecoder")
def _beam_search(k: KernelContext, inputs: Array, lengths: Array) -> tuple[Array, ...]:
    _check_lengths(k, inputs, lengths)
    batch, width, paths = inputs.shape[1], k.attr("beam_width"), k.attr("top_paths")
    if paths > width:
        raise InvalidArgumentError(None, k.op, "requested more paths than the beam width.")
    rows: list[list[list[int]]] = [[] for _ in range(paths)]
    scores = np.zeros((batch, paths), inputs.dtype)
    for b in range(batch):
        leaves = _search(inputs[: int(lengths[b]), b].astype(np.float64), width)
        if len(leaves) < paths:
            raise InvalidArgumentError(None, k.op, "Less leaves in the beam search than requested.")
        for i, leaf in enumerate(leaves[:paths]):
            rows[i].append(leaf.labels(k.attr("merge_repeated")))
            scores[b, i] = leaf.new[0]
    parts = [_sparse(path) for path in rows]
    return (*(p[0] for p in parts), *(p[1] for p in parts), *(p[2] for p in parts), scores)


_NOTHING = (-np.inf, -np.inf, -np.inf)


class _Beam:
    """A prefix of labels; `old` and `new` hold log probabilities: in all, ending in a blank, ending in the label."""

    __slots__ = ("children", "label", "new", "old", "parent")

    def __init__(self, parent: _Beam | None, label: int):
        self.parent, self.label = parent, label
        self.children: dict[int, _Beam] = {}
        self.old = self.new = _NOTHING

    def labels(self, merge_repeated: bool) -> list[int]:
        """The labels from the first on."""
        found: list[int] = []
        beam, previous = self, -1
        while beam.parent is not None:
            if not merge_repeated or beam.label != previous:
                found.append(beam.label)
            previous, beam = beam.label, beam.parent
        return found[::-1]

    def child(self, label: int) -> _Beam:
        """The prefix with one label more."""
        if label not in self.children:
            self.children[label] = _Beam(self, label)
        return self.children[label]


class _Leaves:
    """The `width` best beams of a step."""

    def __init__(self, width: int):
        self._width, self._order = width, itertools.count()
        self._heap: list[tuple[float, int, _Beam]] = []

    def admits(self, total: float) -> bool:
        """Whether a beam of that probability would stay."""
        return total > -np.inf and (len(self._heap) < self._width or total > self._heap[0][0])

    def least(self) -> float:
        """What a candidate must exceed."""
        return -np.inf if len(self._heap) < self._width else self._heap[0][0]

    def push(self, beam: _Beam) -> None:
        """Takes a beam in; the worst one leaves if there are too many."""
        if len(self._heap) == self._width:
            self._heap[0][2].new = _NOTHING
            heapq.heappop(self._heap)
        heapq.heappush(self._heap, (beam.new[0], -next(self._order), beam))

    def best_first(self) -> list[_Beam]:
        """The beams in descending order."""
        return [beam for _, _, beam in sorted(self._heap, key=lambda e: (-e[0], -e[1]))]


def _search(logits: Array, width: int) -> list[_Beam]:
    root = _Beam(None, -1)
    root.new = (0.0, 0.0, -np.inf)
    branches = [root]
    for step in logits:
        logs = _log_softmax(step)
        leaves = _Leaves(width)
        for beam in branches:
            beam.old = beam.new
        for beam in branches:
            beam.new = _continued(beam, logs)
            leaves.push(beam)
        for beam in branches:
            if leaves.admits(beam.old[0]):
                _extend(beam, logs, leaves)
        branches = leaves.best_first()
    return branches


def _continued(beam: _Beam, logs: Array) -> tuple[float, float, float]:
    """The probabilities after a step at which the prefix stays the same."""
    label = -np.inf
    if beam.parent is not None:
        label = beam.new[2]
        if beam.parent.new[0] != -np.inf:
            before = beam.parent.old[1] if beam.label == beam.parent.label else beam.parent.old[0]
            label = float(np.logaddexp(label, before))
        label += float(logs[beam.label])
    blank = beam.old[0] + float(logs[-1])
    return float(np.logaddexp(blank, label)), blank, label


def _extend(beam: _Beam, logs: Array, leaves: _Leaves) -> None:
    totals: Any = logs[:-1] + beam.old[0]
    if beam.label >= 0:
        totals[beam.label] = logs[beam.label] + beam.old[1]
    # a child that is no candidate loses its old probabilities too, and so its turn if that comes later
    for label in sorted({*np.flatnonzero(totals > leaves.least()).tolist(), *beam.children}):
        child = beam.child(label)
        if child.new[0] != -np.inf:
            continue
        total = float(totals[label])
        if leaves.admits(total):
            child.new = (total, -np.inf, total)
            leaves.push(child)
        else:
            child.old = child.new = _NOTHING
