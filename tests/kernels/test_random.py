"""The streams of random operations against recordings of the reference, run after run."""

from __future__ import annotations

import functools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.kernels.random_cases import NARROW, ROWS, Row, digest, load
from tfcompat.graph.inference import run_kernel
from tfcompat.kernels.random import multinomial, parameterized
from tfcompat.kernels.random.philox import Philox, PhiloxState, block
from tfcompat.kernels.random.sharding import shards

GOLDEN = Path(__file__).parents[1] / "golden" / "random"
EXACT_OPS = {"RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2"}
# One unit in the last place of the narrow types; the wide ones carry the error of float32's elementary functions.
RELATIVE = {"float16": 1e-3, "bfloat16": 8e-3, "float32": 2e-6, "float64": 1e-14}


@functools.cache
def answers(family: str) -> dict[str, np.ndarray]:
    return load(GOLDEN / f"{family}.npz")


def operation(row: Row) -> Any:
    """The row's operation, in a graph of its own."""
    with tf.Graph().as_default():
        inputs = {k: tf.constant(*v) for k, v in row.inputs.items()}
        attrs = {k: tf.as_dtype(v) if "dtype" in k else v for k, v in row.attrs.items()}
        made = getattr(tf.raw_ops, row.op)(**inputs, **attrs)
    return (made[0] if isinstance(made, tuple) else made).op


def session_state() -> Any:
    """What kernels keep things in between the runs of a session."""
    memory: dict[Any, dict[str, Any]] = {}
    return SimpleNamespace(memory_of=lambda op: memory.setdefault(op, {}))


def outputs_of(op: Any, state: Any) -> tuple[np.ndarray, ...]:
    return run_kernel(op, [t.op.attrs["value"] for t in op.inputs], state)


def assert_same(row: Row, got: np.ndarray, values: np.ndarray, summary: np.ndarray) -> None:
    """Compares a result with what is kept of the recorded one."""
    got_values, got_summary = digest(got)
    assert got_values.dtype == values.dtype
    assert got.shape == tuple(summary[3:].astype(int))
    if got.dtype.kind in "iu" or row.op in EXACT_OPS:
        np.testing.assert_array_equal(got_values, values)
        assert got_summary[0] == summary[0]
        return
    bfloat16 = got.dtype.name == "bfloat16"
    kept, recorded = (x.view(got.dtype).astype(np.float64) if bfloat16 else x for x in (got_values, values))
    tolerance = RELATIVE[got.dtype.name] * (100 if row.op == "RandomGammaGrad" else 1)
    if row.family == "parameterized":  # cancellation where the mean is added
        np.testing.assert_allclose(kept, recorded, rtol=tolerance, atol=tolerance * 10)
    else:
        np.testing.assert_allclose(kept, recorded, rtol=tolerance)
    np.testing.assert_allclose(got_summary[1:3], summary[1:3], rtol=tolerance, atol=tolerance * got.size)
    if got.dtype.name in NARROW[:1]:
        assert np.count_nonzero((kept != recorded) & ~np.isnan(recorded)) <= 1 + kept.size // 100


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.family}-{i}") for i, row in enumerate(ROWS)])
def test_recorded_streams(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (multinomial, parameterized):
        monkeypatch.setattr(module, "usable_threads", lambda: row.threads)
    op, state, recorded = operation(row), session_state(), answers(row.family)
    for run in range(row.runs):
        for i, output in enumerate(outputs_of(op, state)):
            key = f"{row.key}/{run}/{i}"
            assert_same(row, output, recorded[f"{key}/values"], recorded[f"{key}/summary"])


def test_new_session_starts_again() -> None:
    op = operation(Row("", "RandomUniform", {"shape": ([5], "int32")}, {"dtype": "float32", "seed": 1, "seed2": 2}))
    state = session_state()
    first, second = outputs_of(op, state)[0], outputs_of(op, state)[0]
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(outputs_of(op, session_state())[0], first)


def test_unseeded_streams_differ() -> None:
    op = operation(Row("", "RandomUniform", {"shape": ([5], "int32")}, {"dtype": "float32"}))
    assert not np.array_equal(outputs_of(op, session_state())[0], outputs_of(op, session_state())[0])


@pytest.mark.parametrize("counter", [0, 5, 2**32 - 7, 2**64 - 3, 2**96 - 2, 2**128 - 9, 12345678901234567890123])
@pytest.mark.parametrize("count", [1, 4, 5, 100, 20_000])
def test_blocks_across_carries(counter: int, count: int) -> None:
    """The vectorised generator agrees with integer arithmetic wherever the counter carries over."""
    position = Philox(0x123456789ABCDEF0, counter)
    words = position.words(count)
    chosen = sorted({0, 1 % count, count // 2, count - 1, *(k for k in (2, 3, 6, 7, 8, 9) if k < count)})
    for i in chosen:
        assert tuple(words[i].tolist()) == block(position.key, (counter + i) % 2**128)
    offsets = np.array([0, 3, 7, 2**32 - 5, 2**32 + 9, 2**40, 2**40 + 1], np.int64)
    for offset, found in zip(offsets.tolist(), position.words_at(offsets), strict=True):
        assert tuple(found.tolist()) == block(position.key, (counter + offset) % 2**128)


def test_reservations_do_not_overlap_between_threads() -> None:
    import threading

    state, starts = PhiloxState(1, 0), []
    workers = [threading.Thread(target=lambda: starts.extend(state.reserve(3).counter for _ in range(500)))
               for _ in range(8)]  # fmt: skip
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(starts) == [3 * i for i in range(4000)]


def test_shards_cover_all_rows_once() -> None:
    for total in (0, 1, 7, 100, 1001):
        for cost in (1, 500, 20_000):
            for threads in (1, 2, 3, 16):
                ranges = shards(total, cost, threads)
                assert [i for first, last in ranges for i in range(first, last)] == list(range(total))


FIVE = {"shape": ([5], "int32")}
BAD = [
    (Row("", "RandomUniform", {"shape": ([-1], "int32")}, {"dtype": "float32"}), "Dimension -1 must be >= 0"),
    (Row("", "RandomUniformInt", {**FIVE, "minval": (3, "int32"), "maxval": (3, "int32")}),
     "Need minval < maxval, got 3 >= 3"),
    (Row("", "Multinomial", {"logits": (np.zeros((2, 0)), "float32"), "num_samples": (2, "int32")}),
     "num_classes should be positive, got 0"),
    (Row("", "Multinomial", {"logits": (np.zeros((2, 3)), "float32"), "num_samples": (-2, "int32")}),
     "num_samples should be nonnegative, got -2"),
    (Row("", "RandomPoissonV2", {**FIVE, "rate": (np.nan, "float64")}, {"dtype": "int32"}), "must be a number"),
    (Row("", "RandomPoissonV2", {**FIVE, "rate": (1e12, "float64")}, {"dtype": "int32"}), "int32 can represent"),
    (Row("", "ParameterizedTruncatedNormal", {**FIVE, "means": (0, "float32"), "stdevs": (-1, "float32"),
                                              "minvals": (0, "float32"), "maxvals": (1, "float32")}),
     "Invalid parameters"),
    (Row("", "StatelessRandomGammaV2", {"shape": ([3, 2], "int32"), "seed": ([1, 2], "int32"),
                                        "alpha": ([1, 2, 3], "float32")}),
     "Shape passed in must end with broadcasted shape."),
    (Row("", "StatelessRandomUniformV2", {**FIVE, "key": ([1], "uint64"), "counter": ([1, 2], "uint64"),
                                          "alg": (2, "int32")}, {"dtype": "float32"}),
     "Unsupported algorithm id: 2"),
    (Row("", "UniformCandidateSampler", {"true_classes": ([[1]], "int64")},
         {"num_true": 1, "num_sampled": 11, "unique": True, "range_max": 10}), "Sampler's range is too small."),
    (Row("", "UniformCandidateSampler", {"true_classes": ([[10]], "int64")},
         {"num_true": 1, "num_sampled": 3, "unique": True, "range_max": 10}),
     r"`true_candidate` out of range \[0, 10\), received 10"),
    (Row("", "FixedUnigramCandidateSampler", {"true_classes": ([[1]], "int64")},
         {"num_true": 1, "num_sampled": 3, "unique": True, "range_max": 10, "unigrams": [1.0, 2.0]}),
     "range is 10 must be equal to weights size  2"),
    (Row("", "FixedUnigramCandidateSampler", {"true_classes": ([[1]], "int64")},
         {"num_true": 1, "num_sampled": 2, "unique": True, "range_max": 2, "unigrams": [1.0, 0.0]}),
     "only 1 have a positive weight"),
    (Row("", "RandomIndexShuffle", {"index": (11, "int32"), "seed": ([1, 2, 3], "int32"), "max_index": (10, "int32")}),
     r"Index must be in \[0, 10\], got 11"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "message"), [pytest.param(*case, id=case[0].op) for case in BAD])
def test_bad_arguments(row: Row, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        outputs_of(operation(row), session_state())


def test_weights_from_a_file(tmp_path: Path) -> None:
    """The last column counts and empty lines do not; the draws are those of the same weights given as a list."""
    path = tmp_path / "words.csv"
    path.write_text("a,b,1.5\nc,2\n\nfoo,3.25\n")
    attrs = {"num_true": 1, "num_sampled": 50, "unique": False, "range_max": 3, "seed": 3, "seed2": 4}
    true = {"true_classes": ([[1]], "int64")}
    from_file = operation(Row("", "FixedUnigramCandidateSampler", true, {**attrs, "vocab_file": str(path)}))
    from_list = operation(Row("", "FixedUnigramCandidateSampler", true, {**attrs, "unigrams": [1.5, 2.0, 3.25]}))
    for got, wanted in zip(outputs_of(from_file, session_state()), outputs_of(from_list, session_state()), strict=True):
        np.testing.assert_array_equal(got, wanted)
    path.write_text("a,x\n")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Wrong vocabulary format at line: a,x"):
        outputs_of(from_file, session_state())
    path.unlink()
    with pytest.raises(tf.errors.NotFoundError):
        outputs_of(from_file, session_state())
