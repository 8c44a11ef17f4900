"""`tfcompat check` and `tfcompat migrate`: names through aliases, what is missing, imports rewritten."""

import ast
import subprocess
import sys

import pytest

from tfcompat.migration.imports import rewritten
from tfcompat.migration.uses import uses_of

PROGRAM = '''# -*- coding: utf-8 -*-
"""Ünïcode."""
import os, tensorflow as tf  # kept comment
import tensorflow.contrib.slim as slim
from tensorflow.python.framework import ops
from tensorflow import (
    flags,
    nn as networks)

layers = tf.layers


def f(x, tf=None):
    return tf.nope(x)


def g(x):
    return networks.softmax(x, axis=0), layers.dense(x, 3), tf.get_varible("v")


text = "import tensorflow as tf"
y = tf.nn.conv2d(1, 2, nothing=3)
'''


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "inner" / "b.py").write_bytes(b"import tensorflow\r\nprint(tensorflow.__version__)\r\n")
    (folder / "inner" / "data.txt").write_text("tensorflow")
    return folder


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import tensorflow as tf\ntf.nn.relu(1)", ["nn.relu"]),
        ("import tensorflow.compat.v1 as tf\ntf.nn.relu", ["nn.relu"]),
        ("from tensorflow.compat import v1 as tf\ntf.nn.relu", ["nn.relu"]),
        ("import tensorflow\ntensorflow.compat.v1.nn.relu", ["nn.relu"]),
        ("from tensorflow import nn as n\nn.relu(n.tanh(1))", ["nn", "nn.relu", "nn.tanh"]),
        ("from tensorflow.nn import *", ["nn"]),
        ("import tensorflow.contrib.slim as s\ns.conv2d", ["contrib.slim", "contrib.slim.conv2d"]),
        ("import tensorflow as tf\nslim = tf.contrib.slim\nslim.fc()", ["contrib.slim", "contrib.slim.fc"]),
        ("import tensorflow as tf\ndef f(tf):\n    tf.nn", []),
        ("import tensorflow as tf\ndef f():\n    tf = 3\n    return tf.real\ntf.cast", ["cast"]),
        ("import numpy as tf\ntf.zeros", []),
        ("import tensorflow as tf\nfor tf in range(3): tf.real", []),
        ("def f():\n    import tensorflow as t\n    return t.ones\nt.zeros", ["ones"]),
        ("from . import tensorflow as tf\ntf.x", []),
        (
            "import tensorflow as tf\n@tf.RegisterGradient('x')\ndef f(a, b=tf.float32): pass",
            ["RegisterGradient", "float32"],
        ),
        ("import tensorflow as tf\ntf.train.Saver().save(1)", ["train.Saver"]),
        ("import tensorflow as tf\n(lambda x: tf.abs(x))(tf.pi)", ["abs", "pi"]),
    ],
)
def test_names_are_found_through_aliases(code, names):
    assert sorted({u.name for u in uses_of(ast.parse(code))}) == sorted(names)


def test_a_report(run, run_json, project):
    code, out, _ = run("check", project)
    assert code == 1
    assert f"tf.get_varible  (similar: tf.get_variable)\n    {project}/a.py:18" in out
    assert "tf.nn.conv2d  (takes no argument nothing)" in out
    assert "nope" not in out
    assert "2 files, " in out
    code, report = run_json("check", project)
    assert code == 1
    assert report["names"]["layers.dense"]["status"] == "provided"
    assert report["names"]["python.framework.ops"]["status"] == "provided"
    assert report["names"]["get_varible"]["bad_places"] == [f"{project}/a.py:18"]


def test_what_is_absent_on_purpose_says_so(run, tmp_path):
    (tmp_path / "k.py").write_text("import tensorflow as tf\ntf.lite.Interpreter\ntf.enable_eager_execution()\n")
    code, out, _ = run("check", tmp_path / "k.py")
    assert code == 1
    assert "TensorFlow Lite is no part of this" in out
    assert "nothing runs eagerly" in out


def test_files_that_do_not_parse(run, tmp_path):
    (tmp_path / "old.py").write_text("print 'python 2'\n")
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    code, out, _ = run("check", tmp_path)
    assert code == 1
    assert "does not parse" in out
    assert "line 1" in out
    assert run("check", tmp_path / "nowhere")[0] == 2
    assert run("migrate", tmp_path)[0] == 1
    assert run("migrate", tmp_path / "nowhere")[0] == 2


def test_a_clean_program(run, tmp_path):
    (tmp_path / "p.py").write_text("import tensorflow as tf\ntf.nn.softmax(tf.zeros([2]), axis=0)\n")
    assert run("check", tmp_path / "p.py")[0] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import tensorflow as tf", "import tfcompat.compat.v1 as tf"),
        ("import tensorflow", "import tfcompat.compat.v1 as tensorflow"),
        ("import tensorflow.contrib.slim", "import tfcompat.compat.v1 as tensorflow"),
        ("import os, tensorflow as tf, sys as s", "import os, tfcompat.compat.v1 as tf, sys as s"),
        ("import tensorflow.compat.v1 as tf", "import tfcompat.compat.v1 as tf"),
        ("from tensorflow.compat import v1 as tf", "from tfcompat.compat import v1 as tf"),
        ("from tensorflow.compat.v1 import nn", "from tfcompat.compat.v1 import nn"),
        ("from tensorflow.contrib import slim as s", "from tfcompat.compat.v1.contrib import slim as s"),
        ("from  tensorflow import (nn,\n  flags)", "from  tfcompat.compat.v1 import (nn,\n  flags)"),
        ("if 1:\n    import tensorflow as tf  # x", "if 1:\n    import tfcompat.compat.v1 as tf  # x"),
        ("é = 1; import tensorflow as tf", "é = 1; import tfcompat.compat.v1 as tf"),
    ],
)
def test_imports_are_rewritten(before, after):
    text, changes = rewritten(before, ast.parse(before))
    assert text == after
    assert [c.is_kept for c in changes] == [False]


@pytest.mark.parametrize(
    "statement",
    ["from tensorflow.python.ops import rnn", "import tensorflow.python.ops.rnn as r", "from tensorflow.core import x",
     "import tensorflow.compat.v2 as tf", "from tensorflow.compat import v2", "from tensorflow import python"],
)  # fmt: skip
def test_imports_that_cannot_be_rewritten_are_kept(statement):
    text, changes = rewritten(statement, ast.parse(statement))
    assert text == statement
    assert changes[0].is_kept
    assert changes[0].note


def test_nothing_is_written_unless_it_is_asked_for(run, project):
    before = (project / "a.py").read_bytes()
    code, out, _ = run("migrate", project)
    assert code == 1
    assert "-import os, tensorflow as tf  # kept comment" in out
    assert "+import os, tfcompat.compat.v1 as tf  # kept comment" in out
    assert "to rewrite" in out
    assert (project / "a.py").read_bytes() == before


def test_in_place(run, project):
    assert run("migrate", project, "--in-place")[0] == 1
    text = (project / "a.py").read_text(encoding="utf-8")
    assert "Ünïcode" in text
    assert 'text = "import tensorflow as tf"' in text
    assert "import tfcompat.compat.v1.contrib.slim as slim" in text
    assert "from tensorflow.python.framework import ops" in text
    assert (project / "inner/b.py").read_bytes().startswith(b"import tfcompat.compat.v1 as tensorflow\r\nprint")


def test_to_a_new_tree_that_runs(run_json, run, project, tmp_path):
    code, report = run_json("migrate", project, "--output", tmp_path / "ported")
    assert code == 1
    assert [f["path"] for f in report["files"]] == [f"{project}/a.py", f"{project}/inner/b.py"]
    assert len(report["files"][0]["kept"]) == 1
    assert (tmp_path / "ported/inner/data.txt").exists()
    assert "import tensorflow\r\n" in (project / "inner/b.py").read_bytes().decode()
    done = subprocess.run([sys.executable, tmp_path / "ported/inner/b.py"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "2.15.1\n"), done.stderr
    assert run("migrate", project, "--output", tmp_path / "ported")[0] == 2
