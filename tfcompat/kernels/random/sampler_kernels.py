"""Host kernels of the candidate samplers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tfcompat.graph.errors import NotFoundError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.random.arguments import generator, refuse
from tfcompat.kernels.random.samplers import (
    Distribution,
    FixedUnigram,
    LearnedUnigram,
    LogUniform,
    Uniform,
    accidental_hits,
    all_candidates,
    sample_candidates,
)

_DISTRIBUTIONS: dict[str, Callable[[int], Distribution]] = {
    "UniformCandidateSampler": Uniform,
    "LogUniformCandidateSampler": LogUniform,
    "LearnedUnigramCandidateSampler": LearnedUnigram,
    "ThreadUnsafeUnigramCandidateSampler": LearnedUnigram,
}


def _weights_of_file(k: KernelContext, path: str) -> list[float]:
    """The last column of a CSV file; empty lines are passed over."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file]
    except OSError:
        raise NotFoundError(None, k.op, f"{path}; No such file or directory") from None
    weights = []
    for line in filter(None, lines):
        try:
            weights.append(float(line.rpartition(",")[2]))
        except ValueError:
            refuse(k, f"Wrong vocabulary format at line: {line}")
    return weights


def _fixed_unigram(k: KernelContext) -> FixedUnigram:
    path, weights = k.attr("vocab_file"), k.attr("unigrams")
    path = path.decode() if isinstance(path, bytes) else path
    if not path and not weights:
        refuse(k, "Must provide either vocab_file or unigrams.")
    if path and weights:
        refuse(k, "Must only provide one of vocab_file and unigrams.")
    weights = weights or _weights_of_file(k, path)
    names = ("distortion", "num_reserved_ids", "num_shards", "shard")
    distribution = FixedUnigram(weights, *(k.attr(name) for name in names))
    if len(distribution) != k.attr("range_max"):
        refuse(k, f"range is {k.attr('range_max')} must be equal to weights size  {len(distribution)}")
    return distribution


def _distribution(k: KernelContext) -> Distribution:
    """The sampler's distribution, made at the first run in the session."""
    memory = k.memory()
    if "distribution" not in memory:
        if k.op.type == "FixedUnigramCandidateSampler":
            made: Distribution = _fixed_unigram(k)
        else:
            made = _DISTRIBUTIONS[k.op.type](k.attr("range_max"))
        memory.setdefault("distribution", made)
    return memory["distribution"]  # type: ignore[no-any-return]


def _check_true_classes(k: KernelContext, true_classes: np.ndarray, limit: int) -> None:
    if true_classes.ndim != 2:
        refuse(k, "true_classes must be a matrix")
    if true_classes.shape[1] != k.attr("num_true"):
        refuse(k, "true_classes must have num_true columns, expected: "
                  f"{true_classes.shape[1]} was: {k.attr('num_true')}")  # fmt: skip
    outside = true_classes[(true_classes < 0) | (true_classes >= limit)]
    if outside.size:
        refuse(k, f"`true_candidate` out of range [0, {limit}), received {outside[0]}")


@kernel(*_DISTRIBUTIONS, "FixedUnigramCandidateSampler")
def _sample(k: KernelContext, true_classes: np.ndarray) -> tuple[np.ndarray, ...]:
    count, unique = k.attr("num_sampled"), k.attr("unique")
    distribution = _distribution(k)
    if unique and count > k.attr("range_max"):
        refuse(k, "Sampler's range is too small.")
    if unique and isinstance(distribution, FixedUnigram) and count > distribution.possible:
        refuse(k, f"Cannot sample {count} different classes: only {distribution.possible} have a positive weight.")
    _check_true_classes(k, true_classes, k.attr("range_max"))
    return sample_candidates(distribution, generator(k), true_classes, count, unique)


@kernel("AllCandidateSampler")
def _all(k: KernelContext, true_classes: np.ndarray) -> tuple[np.ndarray, ...]:
    _check_true_classes(k, true_classes, k.attr("num_sampled"))
    return all_candidates(true_classes, k.attr("num_sampled"))


@kernel("ComputeAccidentalHits")
def _hits(k: KernelContext, true_classes: np.ndarray, sampled: np.ndarray) -> tuple[np.ndarray, ...]:
    if true_classes.ndim != 2 or true_classes.shape[1] != k.attr("num_true"):
        refuse(k, "true_candidates must be a batch_size * num_true matrix")
    if sampled.ndim != 1:
        refuse(k, "sampled_candidates must be a vector, which is typically an output from CandidateSampler")
    return accidental_hits(true_classes, sampled)
