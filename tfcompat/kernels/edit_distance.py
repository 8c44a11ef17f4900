"""Host kernel of the distance between sequences."""

from __future__ import annotations

import itertools

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


@kernel("EditDistance")
def _edit_distance(
    k: KernelContext,
    hypothesis_indices: Array,
    hypothesis_values: Array,
    hypothesis_shape: Array,
    truth_indices: Array,
    truth_values: Array,
    truth_shape: Array,
) -> Array:
    if hypothesis_shape.size != truth_shape.size:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Expected hypothesis_shape.NumElements == truth_shape.NumElements, got {hypothesis_shape.size} and "
            f"{truth_shape.size}",
        )
    sizes = np.maximum(hypothesis_shape, truth_shape)[:-1]
    normalize = bool(k.attr("normalize"))
    guesses = _rows(hypothesis_indices, hypothesis_values)
    truths = _rows(truth_indices, truth_values)
    result = np.zeros(tuple(sizes), np.float32)
    for place in {*guesses, *truths}:
        if any(p < 0 or p >= size for p, size in zip(place, sizes, strict=True)):
            raise InvalidArgumentError(None, k.op, f"Got inner indices {list(place)} outside of shape {sizes.tolist()}")
        guess, truth = guesses.get(place, []), truths.get(place, [])
        distance = float(_levenshtein(guess, truth))
        if normalize:
            distance = distance / len(truth) if truth else np.inf
        result[place] = distance
    return result


def _rows(indices: Array, values: Array) -> dict[tuple[int, ...], list[object]]:
    """The values of a sparse tensor by all indices but the last."""
    pairs = zip(map(tuple, indices[:, :-1].tolist()), values.tolist(), strict=True)
    return {place: [value for _, value in group] for place, group in itertools.groupby(pairs, key=lambda pair: pair[0])}


def _levenshtein(a: list[object], b: list[object]) -> int:
    if not a or not b:
        return len(a) + len(b)
    codes = {value: code for code, value in enumerate({*a, *b})}
    other = np.array([codes[value] for value in b])
    row = np.arange(len(b) + 1)
    places = row.copy()
    for i, value in enumerate(a):
        steps = np.append(i + 1, np.minimum(row[1:] + 1, row[:-1] + (other != codes[value])))
        row = np.minimum.accumulate(steps - places) + places
    return int(row[-1])
