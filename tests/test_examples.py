"""The example programs run as a user runs them: in a process of their own, outside the tree.

The expected figures are those that TensorFlow 2.15.1 prints for the same programs.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import onnx
import onnx.numpy_helper
import pytest

ROOT = Path(__file__).resolve().parent.parent


def run_example(name: str, *arguments: str, folder: Path) -> str:
    """What the example prints; its standard error has to stay empty."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.slow
def test_digits_reaches_97_percent_and_exports_what_it_trained(tmp_path):
    printed = run_example("digits.py", folder=tmp_path)
    assert len(re.findall(r"^epoch +\d+  loss", printed, re.MULTILINE)) == 20
    accuracy = float(re.search(r"test accuracy ([\d.]+)% on 360 images", printed)[1])
    assert accuracy > 97
    model = onnx.load(tmp_path / "digits.onnx")
    onnx.checker.check_model(model, full_check=True)
    (batch, *image) = model.graph.input[0].type.tensor_type.shape.dim
    assert not batch.HasField("dim_value")
    assert [dim.dim_value for dim in image] == [8, 8, 1]


def test_digits_is_reproducible_and_quiet(tmp_path):
    first = run_example("digits.py", "--epochs", "1", "--quiet", "--output", "a.onnx", folder=tmp_path)
    second = run_example("digits.py", "--epochs", "1", "--quiet", "--output", "b.onnx", folder=tmp_path)
    assert first.splitlines()[0] == second.splitlines()[0] == "test accuracy 90.56% on 360 images"
    assert "epoch" not in first
    models = [onnx.load(tmp_path / name).graph for name in ("a.onnx", "b.onnx")]
    assert [n.op_type for n in models[0].node] == [n.op_type for n in models[1].node]
    # A thread pool, which a model gets if it saves time, rounds sums in another order.
    for a, b in zip(models[0].initializer, models[1].initializer, strict=True):
        assert a.name == b.name
        np.testing.assert_allclose(onnx.numpy_helper.to_array(a), onnx.numpy_helper.to_array(b), rtol=1e-3, atol=1e-3)


def test_physics_informed_net_trains_like_the_reference(tmp_path):
    printed = run_example("physics_informed.py", "--steps", "500", folder=tmp_path)
    assert float(printed.rsplit(":", 1)[1]) == pytest.approx(0.0700, rel=0.02)


def test_char_rnn_learns_writes_and_exports_its_step(tmp_path):
    arguments = ["--epochs", "2", "--characters", "40000", "--length", "30", "--prime", "The ", "--quiet"]
    printed = run_example("char_rnn.py", *arguments, folder=tmp_path)
    first, *written, last = printed.splitlines()
    assert float(first.split()[0]) == pytest.approx(3.42, abs=0.02)
    assert "\n".join(written).startswith("The ")
    assert len("\n".join(written)) == 34
    assert last.startswith("wrote char_rnn.onnx; in plain ONNX Runtime it differs by at most ")
    onnx.checker.check_model(onnx.load(tmp_path / "char_rnn.onnx"), full_check=True)
    picture = ElementTree.parse(tmp_path / "char_rnn.svg").getroot()
    (curve,) = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(curve.get("points").split()) == 62 - 19


def test_word2vec_trains_like_the_reference(tmp_path):
    printed = run_example("word2vec.py", "--steps", "8000", "--words", "queen", "door", folder=tmp_path)
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", printed)]
    assert losses == pytest.approx([6.664, 5.074], abs=0.002)
    neighbours = {word: others.split(", ") for word, others in re.findall(r"^ *(\w+): (.*)$", printed, re.MULTILINE)}
    assert neighbours["queen"][:3] == ["king 0.69", "red 0.57", "white 0.52"]
    assert neighbours["door"][:2] == ["upon 0.70", "into 0.65"]


def test_word2vec_names_unknown_words(tmp_path):
    command = [sys.executable, str(ROOT / "examples" / "word2vec.py"), "--words", "television"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 2
    assert "television" in done.stderr
