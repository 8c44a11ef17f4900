"""Candidate samplers: classes to compare with the true ones, and how often each is expected among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.ops import raw_ops
from tfcompat.ops.random_seed import seed_attrs

_ARGUMENTS = """
    Args:
        true_classes: int64 tensor, shape [batch, num_true].
        num_true: true classes per row.
        num_sampled: number of candidates.
        unique: whether no class is drawn twice; the expected counts then follow from the number of draws it took.
        {more}seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.

    Returns:
        Candidates (int64, [num_sampled]), and how often each true class (float32, shape of `true_classes`) and each
        candidate (float32, [num_sampled]) is expected among them.
    """
_RANGE = "range_max: number of classes; they are 0 to range_max - 1.\n        "


def _sampler(op_type: str, name: str, doc: str) -> Callable[..., Any]:
    def sampler(
        true_classes: Any,
        num_true: int,
        num_sampled: int,
        unique: bool,
        range_max: int,
        seed: Any = None,
        name: str | None = None,
    ) -> Any:
        return getattr(raw_ops, op_type)(
            true_classes=true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, range_max=range_max,
            **seed_attrs(seed), name=name,
        )  # fmt: skip

    sampler.__name__ = sampler.__qualname__ = name
    sampler.__doc__ = f"{doc}\n{_ARGUMENTS.format(more=_RANGE)}"
    return tf_export(f"random.{name}", f"nn.{name}")(sampler)


uniform_candidate_sampler = _sampler(
    "UniformCandidateSampler", "uniform_candidate_sampler", "Candidates drawn with equal probability."
)
log_uniform_candidate_sampler = _sampler(
    "LogUniformCandidateSampler", "log_uniform_candidate_sampler",
    "Candidates drawn with probability log((k + 2) / (k + 1)) / log(range_max + 1): for classes by falling frequency.",
)  # fmt: skip
learned_unigram_candidate_sampler = _sampler(
    "LearnedUnigramCandidateSampler", "learned_unigram_candidate_sampler",
    "Candidates drawn in proportion to one plus the number of times each class was a true class in earlier runs.",
)  # fmt: skip


@tf_export("random.fixed_unigram_candidate_sampler", "nn.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Candidates drawn in proportion to given weights.

    Args:
        true_classes: int64 tensor, shape [batch, num_true].
        num_true: true classes per row.
        num_sampled: number of candidates.
        unique: whether no class is drawn twice.
        range_max: number of classes; they are 0 to range_max - 1.
        vocab_file: CSV file whose last column holds the weights, one line for each class; or `unigrams`.
        distortion: exponent of the weights; 0 makes all classes equally likely.
        num_reserved_ids: classes in front that are never drawn.
        num_shards: number of samplers among which the classes are dealt out.
        shard: number of this one.
        unigrams: list of weights.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.

    Returns:
        As `tf.nn.uniform_candidate_sampler`.
    """
    return raw_ops.FixedUnigramCandidateSampler(
        true_classes=true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, range_max=range_max,
        vocab_file=vocab_file, distortion=distortion, num_reserved_ids=num_reserved_ids, num_shards=num_shards,
        shard=shard, unigrams=list(unigrams), **seed_attrs(seed), name=name,
    )  # fmt: skip


def all_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, seed: Any = None, name: str | None = None
) -> Any:
    return raw_ops.AllCandidateSampler(
        true_classes=true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, **seed_attrs(seed),
        name=name,
    )  # fmt: skip


all_candidate_sampler.__doc__ = "All classes, 0 to num_sampled - 1; for tests.\n" + _ARGUMENTS.format(more="")
tf_export("random.all_candidate_sampler", "nn.all_candidate_sampler")(all_candidate_sampler)


@tf_export("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any, sampled_candidates: Any, num_true: int, seed: Any = None, name: str | None = None
) -> Any:
    """Where a candidate is a true class of a row, so that its logit can be masked out.

    Args:
        true_classes: int64 tensor, shape [batch, num_true].
        sampled_candidates: int64 tensor, shape [num_sampled].
        num_true: true classes per row.
        seed: recorded, and of no effect.
        name: name of the operation.

    Returns:
        Rows (int32), positions in `sampled_candidates` (int64) and weights (float32, the lowest finite number) of the
        hits, vectors of one length.
    """
    return raw_ops.ComputeAccidentalHits(
        true_classes=true_classes, sampled_candidates=sampled_candidates, num_true=num_true, **seed_attrs(seed),
        name=name,
    )  # fmt: skip
