"""The benchmark harness: it measures, compares the libraries' numbers and reports failures."""

import json
import subprocess
import sys
from pathlib import Path

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
