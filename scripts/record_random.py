"""Records the streams of random operations: run it with the Python that has TensorFlow 2.15.1.

    python scripts/record_random.py

Writes tests/golden/random/<family>.npz from the rows of tests/kernels/random_cases.py. Long results are kept as every
n-th value and a checksum. A process has one thread pool, so each number of threads is recorded by a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np  # noqa: E402

from tests.kernels.random_cases import ROWS, Row, digest, load, save  # noqa: E402


def run(tf: Any, row: Row) -> list[tuple[np.ndarray, ...]]:
    """The results of the row's consecutive runs, a tuple of outputs each."""
    with tf.Graph().as_default():
        inputs = {k: tf.constant(*v) if isinstance(v, tuple) else v for k, v in row.inputs.items()}
        attrs = {k: tf.as_dtype(v) if "dtype" in k else v for k, v in row.attrs.items()}
        made = getattr(tf.raw_ops, row.op)(**inputs, **attrs)
        fetches = list(made) if isinstance(made, tuple) else [made]
        with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=row.threads)) as session:
            return [tuple(session.run(fetches)) for _ in range(row.runs)]


def record(threads: int, path: str) -> None:
    """Writes the answers to all rows with that number of threads to one file."""
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    answers = {}
    for row in (row for row in ROWS if row.threads == threads):
        for i, outputs in enumerate(run(tf, row)):
            for j, output in enumerate(outputs):
                values, summary = digest(np.asarray(output))
                answers[f"{row.family}/{row.key}/{i}/{j}/values"] = values
                answers[f"{row.family}/{row.key}/{i}/{j}/summary"] = summary
    save(Path(path), answers)


def main() -> None:
    keys = [(row.family, row.key) for row in ROWS]
    assert len(set(keys)) == len(keys), [k for k in keys if keys.count(k) > 1][:3]
    merged: dict[str, dict[str, np.ndarray]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for threads in sorted({row.threads for row in ROWS}):
            path = f"{folder}/{threads}.npz"
            subprocess.run([sys.executable, __file__, str(threads), path], check=True)
            for key, array in load(Path(path)).items():
                family, _, rest = key.partition("/")
                merged.setdefault(family, {})[rest] = array
    target = ROOT / "tests" / "golden" / "random"
    target.mkdir(parents=True, exist_ok=True)
    for family, answers in merged.items():
        save(target / f"{family}.npz", answers)
        print(f"{family}: {len(answers) // 2} results")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        record(int(sys.argv[1]), sys.argv[2])
    else:
        main()
