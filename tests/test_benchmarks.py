"""The benchmark harness: it measures, compares the libraries' numbers and reports failures."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import tfcompat.compat.v1 as tf

HARNESS = Path(__file__).resolve().parent.parent / "benchmarks" / "run.py"


def run_harness(*arguments: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, str(HARNESS), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_measures_a_workload_and_prints_json():
    result = json.loads(run_harness("--quick", "--json", "-", "two_nodes/callable"))
    (row,) = result["rows"]
    assert row["errors"] == {}
    assert row["figures"]["tfcompat"] > 0
    assert row["figures"]["onnxruntime"] > 0
    assert len(row["ratios"]) == 3
    assert min(row["ratios"]) <= row["ratio"] <= max(row["ratios"])


def test_help_lists_the_workloads():
    printed = run_harness("--help")
    for name in ("two_nodes/run", "mlp/inference32", "cnn/train", "graph/construction", "import", "mlp/memory"):
        assert name in printed


def test_a_library_that_is_missing_is_reported():
    arguments = ["--quick", "--json", "-", "--tensorflow-python", sys.executable, "graph/construction"]
    (row,) = json.loads(run_harness(*arguments, code=1))["rows"]
    assert "No module named 'tensorflow'" in row["errors"]["tensorflow"]


def test_exported_files_are_counted_timed_and_compared(tmp_path):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        tf.nn.relu(x @ np.eye(3, dtype=np.float32), name="y")
    (tmp_path / "net.pb").write_bytes(graph.as_graph_def().SerializeToString())
    value = np.array([[1, -2, 3]], np.float32)
    np.savez(tmp_path / "net.npz", **{"in:x:0": value, "out:0": np.maximum(value, 0)})
    model = {"name": "net", "kind": "frozen", "path": "net.pb", "inputs": {"x:0": {}}, "outputs": ["y:0"]}
    (tmp_path / "manifest.json").write_text(json.dumps({"artefacts": [{**model, "rtol": 1e-5, "atol": 1e-6}]}))
    command = [
        sys.executable,
        str(HARNESS.with_name("exported.py")),
        str(tmp_path),
        "--rounds",
        "1",
        "--seconds",
        "0.01",
    ]
    done = subprocess.run([*command, "--json", "-"], capture_output=True, text=True, check=True)
    (row,) = json.loads(done.stdout)
    assert row["behind"] == []
    file = row["files"]["tfcompat"]
    assert (file["nodes"], file["right"], file["difference"]) == (2, True, 0)
    assert file["size"] > 50
    assert file["seconds"] < 1
    np.savez(tmp_path / "net.npz", **{"in:x:0": value, "out:0": value})
    done = subprocess.run([*command, "-q"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "numbers" in done.stdout
