"""The order in which einsum contracts more than two tensors: greedily, what saves most memory first."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

Labels = frozenset[str]
Candidate = tuple[int, int, int, Labels, Labels, Labels]


def pairwise(terms: Sequence[str], output: str, sizes: dict[str, int]) -> list[tuple[tuple[int, ...], str]]:
    """The steps of a contraction.

    Args:
        terms: labels of each tensor.
        output: labels of the result.
        sizes: label -> size.

    Returns:
        (positions of the tensors to take out of the list, the equation that combines them); the result is appended.
    """
    remaining = list(terms)
    steps = []
    path = _positions(_greedy(terms, output, sizes), len(terms))
    for number, pair in enumerate(path):
        taken = tuple(sorted(pair, reverse=True))
        operands = [remaining.pop(i) for i in taken]
        if number == len(path) - 1:
            result = output
        else:
            joined = "".join(operands)
            kept = set(joined) & set("".join(remaining) + output)
            result = "".join(sorted(kept, key=joined.find))
        remaining.append(result)
        steps.append((taken, f"{','.join(operands)}->{result}"))
    return steps


def _positions(path: Sequence[tuple[int, ...]], count: int) -> list[tuple[int, ...]]:
    """A path of tensor numbers (new tensors are numbered on) as positions in the list of tensors still there."""
    present = list(range(count))
    found: list[tuple[int, ...]] = []
    for step in path:
        positions = tuple(sorted(present.index(i) for i in step))
        present = [i for i in present if i not in step]
        present.append(count + len(found))
        found.append(positions)
    return found


class _Greedy:
    """The tensors that are left, as sets of labels, with their numbers."""

    def __init__(self, terms: Sequence[str], output: str, sizes: dict[str, int]):
        self.sizes = sizes
        self.output = frozenset(output)
        self.path: list[tuple[int, ...]] = []
        self.numbers: dict[Labels, int] = {}
        self.next = len(terms)
        for number, term in enumerate(map(frozenset, terms)):
            self.place(term, number)

    def place(self, labels: Labels, number: int) -> None:
        """Adds a tensor; one with the same labels is multiplied with it at once."""
        if labels in self.numbers:
            self.path.append((self.numbers[labels], number))
            number, self.next = self.next, self.next + 1
        self.numbers[labels] = number

    def size(self, labels: Labels) -> int:
        """The number of elements of a tensor."""
        return math.prod(self.sizes[c] for c in labels)

    def result(self, a: Labels, b: Labels, counts: dict[str, int]) -> Labels:
        """The labels that are left when two tensors are contracted."""
        either, both = a | b, a & b
        return frozenset(c for c in either if c in self.output or counts[c] > (2 if c in both else 1))


def _greedy(terms: Sequence[str], output: str, sizes: dict[str, int]) -> list[tuple[int, ...]]:
    state = _Greedy(terms, output, sizes)
    holders: dict[str, set[Labels]] = {}
    for labels in state.numbers:
        for label in labels - state.output:
            holders.setdefault(label, set()).add(labels)
    queue: list[Candidate] = []
    for group in holders.values():
        ordered = sorted(group, key=state.numbers.__getitem__)
        for index, first in enumerate(ordered[:-1]):
            _push_best(state, holders, first, ordered[index + 1 :], queue)
    while queue:
        _, _, _, a, b, joined = heapq.heappop(queue)
        if a not in state.numbers or b not in state.numbers:
            continue
        _contract(state, holders, a, b, joined)
        neighbours = {k for label in joined - state.output for k in holders.get(label, ())} - {joined}
        if neighbours:
            _push_best(state, holders, joined, sorted(neighbours, key=state.numbers.__getitem__), queue)
    _outer_products(state)
    return state.path


def _counts(holders: dict[str, set[Labels]]) -> dict[str, int]:
    return {label: len(group) for label, group in holders.items()}


def _push_best(
    state: _Greedy, holders: dict[str, set[Labels]], first: Labels, others: Sequence[Labels], queue: list[Candidate]
) -> None:
    """Queues the contraction of `first` with that of `others` which costs least."""
    candidates = (_candidate(state, holders, first, other) for other in others)
    heapq.heappush(queue, min(candidates, key=lambda c: c[:3]))


def _candidate(state: _Greedy, holders: dict[str, set[Labels]], a: Labels, b: Labels) -> Candidate:
    joined = state.result(a, b, {**dict.fromkeys(a | b, 1), **_counts(holders)})
    cost = state.size(joined) - state.size(a) - state.size(b)
    numbers = sorted((state.numbers[a], state.numbers[b]), reverse=True)
    return cost, numbers[0], numbers[1], a, b, joined


def _contract(state: _Greedy, holders: dict[str, set[Labels]], a: Labels, b: Labels, joined: Labels) -> None:
    number = state.next
    state.next += 1
    state.path.append((state.numbers.pop(a), state.numbers.pop(b)))
    for labels in (a, b):
        for label in labels - state.output:
            holders[label].discard(labels)
    state.place(joined, number)
    for label in joined - state.output:
        holders.setdefault(label, set()).add(joined)


def _outer_products(state: _Greedy) -> None:
    """Multiplies what has no labels in common, the smallest first."""
    queue = [(state.size(k & state.output), number, k) for k, number in state.numbers.items()]
    heapq.heapify(queue)
    while len(queue) > 1:
        _, first, a = heapq.heappop(queue)
        _, second, b = heapq.heappop(queue)
        state.path.append((min(first, second), max(first, second)))
        joined = (a | b) & state.output
        heapq.heappush(queue, (state.size(joined), state.next, joined))
        state.next += 1
