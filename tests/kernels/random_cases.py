"""Rows of random operations whose streams are recorded: op type, inputs, attributes, number of consecutive runs.

The recorder and the tests both read them, so nothing here knows TensorFlow or tfcompat.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

KEPT = 128
"""Values that a file holds of a long result; a checksum stands for the rest."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One operation and how often it is run in a session.

    Attributes:
        family: the file that holds the answers.
        op: op type.
        inputs: values by the definition's names; a tuple (value, dtype name) fixes the type.
        attrs: attributes; types by name.
        runs: consecutive runs.
        threads: threads of the reference's pool.
    """

    family: str
    op: str
    inputs: dict[str, Any]
    attrs: dict[str, Any] = dataclasses.field(default_factory=dict)
    runs: int = 2
    threads: int = 2

    @property
    def key(self) -> str:
        """Name of the row inside its file."""
        described = [self.op]
        for name, value in {**self.inputs, **self.attrs}.items():
            value, dtype = value if isinstance(value, tuple) else (value, "")
            array = np.asarray(value)
            short = array.tolist() if array.size <= 4 else f"{array.shape}#{abs(hash_of(array)):x}"
            described.append(f"{name}={short}{dtype}".replace(" ", "").replace("/", "|"))
        return ",".join(described) + f",x{self.runs}t{self.threads}"


def hash_of(array: np.ndarray) -> int:
    """A number that changes with the values of an array."""
    return zlib.crc32(repr(array.tolist()).encode())


def digest(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is kept of a result: up to KEPT values spread over it, and sizes, checksum and sums of all of it.

    Returns:
        The values as a flat array of a type that files can hold, and float64 [checksum, sum, sum of squares, *shape].
    """
    bits = array.view(np.uint16) if array.dtype.name == "bfloat16" else array
    flat = bits.reshape(-1)
    step = max(1, -(-flat.size // KEPT))
    numbers = array.reshape(-1).astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    checksum = float(zlib.crc32(np.ascontiguousarray(flat).tobytes()))
    return flat[::step], np.array([checksum, finite.sum(), (finite * finite).sum(), *array.shape], np.float64)


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes flat arrays to one file: all their bytes in a row, and where each begins."""
    names, blobs, start = [], [], 0
    for name in sorted(arrays):
        blob = np.ascontiguousarray(arrays[name]).view(np.uint8).reshape(-1)
        names.append([name, arrays[name].dtype.str, start, len(blob)])
        blobs.append(blob)
        start += len(blob)
    index = np.frombuffer(json.dumps(names).encode(), np.uint8)
    np.savez_compressed(path, index=index, data=np.concatenate(blobs))


def load(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file that `save` has written."""
    with np.load(path) as file:
        index, data = json.loads(file["index"].tobytes()), file["data"]
    return {name: data[start : start + length].view(dtype) for name, dtype, start, length in index}


SEEDS = {"seed": 12345, "seed2": 678901234567}
NEGATIVE = {"seed": -3, "seed2": -7}
FLOATS = ("float16", "bfloat16", "float32", "float64")
NARROW = ("float16", "float32", "float64")
SIZES = ([], [1], [3], [4], [7], [0, 5], [2, 3, 5], [257], [1000])


def fills() -> list[Row]:
    rows = []
    for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        for dtype in FLOATS:
            rows += [Row("fills", op, {"shape": (s, "int32")}, {"dtype": dtype, **SEEDS}, 3) for s in SIZES]
            rows.append(Row("fills", op, {"shape": ([100_003], "int64")}, {"dtype": dtype, **NEGATIVE}))
            rows.append(Row("fills", op, {"shape": ([300_000], "int64")}, {"dtype": dtype, "seed": 1, "seed2": 0}, 1))
    for dtype in ("int32", "int64"):
        top = np.iinfo(dtype)
        bounds = ((0, 10), (-5, 1000), (top.min, top.max), (top.max - 1, top.max), (-1, 2**31 - 1))
        for low, high in bounds:
            inputs = {"minval": (low, dtype), "maxval": (high, dtype)}
            for size in ([], [7], [300]):
                rows.append(Row("fills", "RandomUniformInt", {"shape": (size, "int32"), **inputs}, SEEDS, 3))
        inputs = {"minval": (3, dtype), "maxval": (3_000_000, dtype)}
        rows.append(Row("fills", "RandomUniformInt", {"shape": ([150_001], "int32"), **inputs}, NEGATIVE))
    return rows


def shuffles() -> list[Row]:
    rows = [
        Row("shuffles", "RandomShuffle", {"value": (np.arange(n), "int64")}, SEEDS, 4)
        for n in (0, 1, 2, 3, 4, 5, 6, 9, 1000, 120_000)
    ]
    rows.append(Row("shuffles", "RandomShuffle", {"value": (np.arange(30.0).reshape(10, 3), "float32")}, SEEDS, 3))
    rows.append(Row("shuffles", "RandomShuffle", {"value": (5.0, "float32")}, SEEDS))
    rows.append(Row("shuffles", "RandomShuffle", {"value": (np.zeros((4, 0)), "float32")}, SEEDS))
    for limit in (1, 2, 3, 7, 1000, 65535, 65536, 100_000, 2**40 + 1):
        index = np.arange(min(limit + 1, 60))
        inputs = {"index": (index, "int64"), "seed": ([7, -8, 9], "int32"), "max_index": (limit, "int64")}
        rows += [Row("shuffles", "RandomIndexShuffle", inputs, {"rounds": rounds}, 1) for rounds in (4, 8)]
    seeds = ([[1, 2, 3], [4, 5, 6]], "uint32")
    per_element = {"index": ([3, 4], "uint32"), "seed": seeds, "max_index": ([9, 30], "uint32")}
    rows.append(Row("shuffles", "RandomIndexShuffle", per_element, {}, 1))
    return rows


def multinomials() -> list[Row]:
    rng = np.random.RandomState(0)
    rows = []
    for batch, classes, samples in (
        (1, 3, 5),
        (4, 7, 9),
        (20, 50, 33),
        (500, 40, 7),
        (1000, 30, 1),
        (3, 2, 0),
        (0, 4, 2),
        (2, 5, 100_000),
    ):
        logits = np.round(rng.randn(batch, classes) * 2, 2)
        for dtype in FLOATS:
            inputs = {"logits": (logits, dtype), "num_samples": (samples, "int32")}
            rows.append(Row("multinomials", "Multinomial", inputs, {**SEEDS, "output_dtype": "int64"}, 3))
        for threads in (1, 4):
            rows.append(Row("multinomials", "Multinomial", inputs, {**SEEDS, "output_dtype": "int32"}, 1, threads))
    special = [[-np.inf] * 3, [np.nan] * 3, [0, np.inf, -np.inf], [0, np.nan, 1]]
    inputs = {"logits": (special, "float32"), "num_samples": (6, "int32")}
    rows.append(Row("multinomials", "Multinomial", inputs, SEEDS))
    return rows


def gammas() -> list[Row]:
    rows = []
    for dtype in NARROW:
        for alpha in ([0.3], [1.0], 2.5, [[0.05, 0.7, 1.0], [1.5, 20.0, 1000.0]]):
            rows += [
                Row("gammas", "RandomGamma", {"shape": (s, "int32"), "alpha": (alpha, dtype)}, SEEDS)
                for s in ([], [5], [40, 10], [0])
            ]
    inputs = {"shape": ([60_000], "int32"), "alpha": ([0.4, 1.0, 3.0], "float32")}
    rows.append(Row("gammas", "RandomGamma", inputs, NEGATIVE))
    inputs = {"shape": ([3], "int32"), "alpha": ([0.0, -1.0, np.inf, np.nan], "float64")}
    rows.append(Row("gammas", "RandomGamma", inputs, SEEDS, 1))
    shapes = [0.05, 0.3, 1.0, 1.5, 3.0, 20.0, 1000.0]
    values = np.round(np.random.RandomState(2).gamma(shapes, size=(9, 7)), 6) + 1e-6
    for dtype in ("float32", "float64"):
        inputs = {"alpha": (shapes, dtype), "sample": (values, dtype)}
        rows.append(Row("gammas", "RandomGammaGrad", inputs, {}, 1))
    edges = [[0.0, 1.0, -1.0, np.inf, np.nan, 50.0]]
    inputs = {"alpha": ([[1.0], [0.0], [-1.0]], "float64"), "sample": (edges, "float64")}
    rows.append(Row("gammas", "RandomGammaGrad", inputs, {}, 1))
    inputs = {"shape": ([4], "int32"), "alpha": (np.zeros((2, 0)), "float64")}
    rows.append(Row("gammas", "RandomGamma", inputs, SEEDS, 1))
    return rows


def poissons() -> list[Row]:
    rows = []
    for rate_type in (*NARROW, "int32", "int64"):
        whole = "int" in rate_type
        rates = [0, 1, 5, 9, 10, 11, 30, 300] if whole else [0.0, 0.3, 5.5, 9.9, 10.0, 11.5, 30.0, 300.25]
        for dtype in (*NARROW, "int32", "int64"):
            inputs = {"shape": ([150], "int32"), "rate": (rates, rate_type)}
            rows.append(Row("poissons", "RandomPoissonV2", inputs, {**SEEDS, "dtype": dtype}))
    inputs = {"shape": ([70_000], "int32"), "rate": ([2.5, 40.0], "float32")}
    rows.append(Row("poissons", "RandomPoissonV2", inputs, {**NEGATIVE, "dtype": "int32"}))
    inputs = {"shape": ([3], "int32"), "rate": ([-1.0, np.inf, 1e5, 1e30], "float64")}
    rows.append(Row("poissons", "RandomPoissonV2", inputs, {**SEEDS, "dtype": "float64"}, 1))
    inputs = {"shape": ([2, 0], "int32"), "rate": (4.0, "float64")}
    rows.append(Row("poissons", "RandomPoissonV2", inputs, {**SEEDS, "dtype": "int64"}))
    return rows


def samplers() -> list[Row]:
    rows = []
    true = {"true_classes": ([[0, 3], [5, 1]], "int64")}
    for kind in ("Uniform", "LogUniform", "LearnedUnigram", "ThreadUnsafeUnigram"):
        for unique in (True, False):
            for count, limit in ((5, 10), (10, 10), (100, 1000), (64, 70_000), (20, 3_000_000_000)):
                if "Unigram" not in kind or limit < 10**9:
                    attrs = {"num_true": 2, "num_sampled": count, "unique": unique, "range_max": limit, **SEEDS}
                    rows.append(Row("samplers", f"{kind}CandidateSampler", true, attrs, 3))
    weights = [round(float(w), 3) for w in np.random.RandomState(1).rand(20) * 10]
    zipf = [float(w) for w in 1 / np.arange(1, 3001, dtype=np.float32)]
    for unique in (True, False):
        base = {"num_true": 2, "unique": unique, **SEEDS}
        for bend in (1.0, 0.75, 0.0):
            made = {**base, "num_sampled": 8, "range_max": 20, "unigrams": weights, "distortion": bend}
            rows.append(Row("samplers", "FixedUnigramCandidateSampler", true, made, 3))
            made = {**made, "num_reserved_ids": 2, "range_max": 22}
            rows.append(Row("samplers", "FixedUnigramCandidateSampler", true, made, 2))
        many = {**base, "num_sampled": 100, "range_max": 3000, "unigrams": zipf, "distortion": 0.75}
        rows.append(Row("samplers", "FixedUnigramCandidateSampler", true, many))
        rows.append(Row("samplers", "AllCandidateSampler", true, {**base, "num_sampled": 8}))
    shard = {"num_true": 2, "unique": False, "num_sampled": 4, "unigrams": [1.0, 2.0, 3.0, 4.0], **SEEDS}
    true2 = {"true_classes": ([[1, 2]], "int64")}
    shard = {**shard, "num_reserved_ids": 2, "num_shards": 2}
    rows.append(Row("samplers", "FixedUnigramCandidateSampler", true2, {**shard, "shard": 1, "range_max": 3}))
    rows.append(Row("samplers", "FixedUnigramCandidateSampler", true2, {**shard, "shard": 0, "range_max": 3}))
    none = {"true_classes": (np.zeros((0, 1)), "int64")}
    attrs = {"num_true": 1, "num_sampled": 8, "unique": True, "range_max": 20, **SEEDS}
    rows.append(Row("samplers", "LogUniformCandidateSampler", none, attrs))
    hits = {"true_classes": ([[1, 2], [3, 1], [1, 1]], "int64"), "sampled_candidates": ([1, 5, 1, 3, 3], "int64")}
    rows.append(Row("samplers", "ComputeAccidentalHits", hits, {"num_true": 2}, 1))
    return rows


SCALARS = (
    (0, 1, -2, 2),
    (0, 1, 1, 3),
    (0, 1, 5, 6),
    (0, 1, 3, np.inf),
    (0, 1, -np.inf, -1),
    (1, 2, -1, np.inf),
    (3, 0.5, -10, 2),
    (0, 1, -0.5, 0.5),
    (0, 1, 0.5, 0.7),
    (0, 1, 0.5, 10),
    (5, 3, 6, 100),
    (0, 1, -1.31, 1.31),
)


def parameterized() -> list[Row]:
    rows = []
    names = ("means", "stdevs", "minvals", "maxvals")
    columns = np.array(SCALARS, np.float64).T.tolist()
    for dtype in NARROW:
        for shape in ([7], [3, 50], [250], [20_000]):
            for values in SCALARS:
                inputs = {"shape": (shape, "int32"), **{n: (v, dtype) for n, v in zip(names, values, strict=True)}}
                runs = 1 if shape[0] > 9 else 2
                rows.append(Row("parameterized", "ParameterizedTruncatedNormal", inputs, SEEDS, runs))
        vectors = {n: (v, dtype) for n, v in zip(names, columns, strict=True)}
        mixed = {**vectors, "stdevs": (1.5, dtype), "minvals": ([-5.0], dtype), "maxvals": (7.0, dtype)}
        for inputs in (vectors, mixed):
            for shape, threads in (([12], 2), ([12, 5], 2), ([12, 900], 2), ([12, 900], 4), ([12, 900], 1)):
                row = Row("parameterized", "ParameterizedTruncatedNormal", {"shape": (shape, "int32"), **inputs}, SEEDS)
                rows.append(dataclasses.replace(row, threads=threads))
        seeded = {"seed": ([5, -6], "int64"), **{n.replace("stdevs", "stddevs"): v for n, v in vectors.items()}}
        for shape, threads in (([12], 2), ([4, 2, 12], 2), ([300, 12], 2), ([300, 12], 4)):
            inputs = {"shape": (shape, "int32"), **seeded}
            rows.append(Row("parameterized", "StatelessParameterizedTruncatedNormal", inputs, {}, 1, threads))
    return rows


def stateless() -> list[Row]:
    rows = []
    far = [2**40 + 3, -(2**50)]
    for seed, kind in (([1, 2], "int32"), ([-5, 2**31 - 1], "int32"), (far, "int64"), ([0, 0], "int64")):
        given = {"seed": (seed, kind)}
        rows.append(Row("stateless", "StatelessRandomGetKeyCounter", given, {}, 1))
        rows.append(Row("stateless", "StatelessRandomGetKeyCounterAlg", given, {}, 1))
        eleven = {"shape": ([11], "int32"), **given}
        for dtype in FLOATS:
            for op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
                rows.append(Row("stateless", op, eleven, {"dtype": dtype}, 1))
        for dtype in ("int32", "int64", "uint32", "uint64"):
            rows.append(Row("stateless", "StatelessRandomUniformFullInt", eleven, {"dtype": dtype}, 1))
        for dtype in ("int32", "int64"):
            bounds = {"minval": (-3, dtype), "maxval": (10**6, dtype)}
            rows.append(Row("stateless", "StatelessRandomUniformInt", {**eleven, **bounds}, {}, 1))
        logits = np.round(np.arange(12.0).reshape(2, 6) / 3, 3)
        drawn = {"logits": (logits, "float32"), "num_samples": (9, "int32"), **given}
        rows.append(Row("stateless", "StatelessMultinomial", drawn, {}, 1))
        for dtype in NARROW:
            alpha = {"shape": ([2, 11, 3], "int32"), **given, "alpha": ([0.5, 1.0, 7.0], dtype)}
            rows.append(Row("stateless", "StatelessRandomGammaV2", alpha, {}, 1))
            lam = {"shape": ([11, 3], "int32"), **given, "lam": ([0.5, 1.0, 17.0], "float32")}
            rows.append(Row("stateless", "StatelessRandomPoisson", lam, {"dtype": dtype}, 1))
    counts = [0, 1, 5, 10, 50, 100, 1000, 10000, -1, 20, 2, 30]
    probs = [0.3, 0.5, 0.9, 0.01, 0.5, 0.7, 0.2, 0.999, 0.2, 1.0, np.nan, -1.0]
    for kind in NARROW:
        for dtype in (*NARROW, "int32"):
            given = {"shape": ([200, 12], "int32"), "seed": ([5, 6], "int32")}
            chances = [0.4 if dtype == "int32" and np.isnan(p) else p for p in probs]  # an integer holds no NaN
            inputs = {**given, "counts": (counts, kind), "probs": (chances, kind)}
            rows.append(Row("stateless", "StatelessRandomBinomial", inputs, {"dtype": dtype}, 1))
    spread = {"shape": ([30, 2, 4], "int32"), "seed": ([5, 6], "int32"), "counts": ([10.0, 20.0, 3.0, 4.0], "float32"),
              "probs": ([[0.5], [0.7]], "float32")}  # fmt: skip
    rows.append(Row("stateless", "StatelessRandomBinomial", spread, {"dtype": "int64"}, 1))
    stream = {"key": ([2**63 + 12345], "uint64"), "counter": ([2**64 - 1, 77], "uint64"), "alg": (1, "int32")}
    shape = {"shape": ([301], "int64")}
    for op in ("RandomUniformV2", "RandomNormalV2", "TruncatedNormalV2"):
        rows.append(Row("stateless", f"Stateless{op}", {**shape, **stream}, {"dtype": "float32"}, 1))
    rows.append(Row("stateless", "StatelessRandomUniformFullIntV2", {**shape, **stream}, {"dtype": "uint64"}, 1))
    bounds = {"minval": (1, "int32"), "maxval": (10, "int32")}
    rows.append(Row("stateless", "StatelessRandomUniformIntV2", {**shape, **stream, **bounds}, {}, 1))
    auto = {**stream, "alg": (3, "int32")}
    gamma = {"shape": ([11, 2], "int32"), **auto, "alpha": ([0.5, 3.0], "float32")}
    rows.append(Row("stateless", "StatelessRandomGammaV3", gamma, {}, 1))
    rows += [
        Row("stateless", "StatelessShuffle", {"value": (np.arange(n), "int64"), **auto}, {}, 1)
        for n in (1, 2, 3, 9, 100)
    ]
    return rows


ROWS = [*fills(), *shuffles(), *multinomials(), *gammas(), *poissons(), *samplers(), *parameterized(), *stateless()]
