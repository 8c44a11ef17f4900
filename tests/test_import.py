"""Importing the package loads little; every part is found when it is asked for, whatever was asked for before."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfcompat.graph import homes

ROOT = Path(__file__).resolve().parent.parent
NOT_AT_ONCE = ("onnx", "onnxruntime", "google.protobuf", "converters", "tfcompat.kernels", "tfcompat.contrib",
               "tfcompat.planner", "tfcompat.runtime", "tfcompat.session", "tfcompat.data", "tfcompat.training",
               "tfcompat.layers", "tfcompat.gradients", "tfcompat.io", "tfcompat.ops.ragged")  # fmt: skip


def run(program: str, *options: str) -> str:
    """What `program` prints in a new process."""
    done = subprocess.run(
        [sys.executable, *options, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_bare_import_loads_only_the_graph():
    loaded = run("import sys, tfcompat.compat.v1; print(*sys.modules)").split()
    assert [m for m in loaded if m.startswith(NOT_AT_ONCE)] == []


def test_table_of_homes_is_up_to_date():
    done = subprocess.run(
        [sys.executable, "scripts/make_homes.py", "--check"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr


def _first(module: str, pipe: Any) -> None:
    """Imports `module` before anything but the graph, and notes what it looks up while it is being imported."""
    early = []
    load = homes.load

    def watched(kind: str, entry: str) -> bool:
        home = homes.homes_of(kind).get(entry)
        if home is not None and home not in sys.modules:
            early.append(f"{kind} {entry}")
        return load(kind, entry)

    homes.load = watched
    try:
        importlib.import_module(module)
        pipe.send(f"{module} looks up {early[0]} while it is imported" if early else "")
    except BaseException as error:
        pipe.send(f"{module}: {type(error).__name__}: {error}")


@pytest.mark.slow
def test_every_module_may_be_the_first():
    program = """
import multiprocessing, importlib, sys
import tfcompat.compat.v1
from tests.test_import import _first
from tfcompat.graph import homes
fork = multiprocessing.get_context("fork")
for module in homes.all_modules():
    here, there = fork.Pipe()
    child = fork.Process(target=_first, args=(module, there))
    child.start()
    message = here.recv()
    child.join()
    if message:
        print(message)
"""
    assert run(program) == ""


ONE_BY_ONE = [
    ("print(tf.ragged.constant([[1], [2, 3]]) + 1 is not None)", "True"),
    ("relu = tf.nn.relu; print(type(relu(tf.ragged.constant([[1.0], [-2.0, 3.0]]))).__name__)", "RaggedTensor"),
    ("print(tf.type_spec_from_value(tf.TensorArray(tf.float32, 3)).__class__.__name__)", "TensorArraySpec"),
    ("x = tf.constant(2.0); print(tf.gradients(x * x, x)[0].op.type)", "AddN"),
    ("print(tf.Session().run(tf.constant([3.0, 4.0])[1:] * 2))", "[8.]"),
    ("tf.Session; v = tf.get_variable('v', [2]); print(tf.convert_to_tensor(v).dtype.name)", "float32"),
    ("print(hasattr(tf, 'no_such_name'), hasattr(tf.nn, 'relu'), 'relu' in dir(tf.nn), 'nn' in dir(tf))",
     "False True True True"),
    ("import pickle; print(pickle.loads(pickle.dumps(tf.train.AdamOptimizer)) is tf.train.AdamOptimizer)", "True"),
    ("say = print; from tfcompat.compat.v1 import *; say(placeholder is tf.placeholder, nn.relu is tf.nn.relu)",
     "True True"),
    ("from tfcompat.compat.v1.train import AdamOptimizer as A; print(A is tf.train.AdamOptimizer)", "True"),
    ("tf.RegisterGradient('Mine')(abs); tf.RegisterGradient('Relu')(abs)", "KeyError"),
    ("print(tf.strings.split(['a b'], result_type='RaggedTensor').__class__.__name__)", "RaggedTensor"),
]  # fmt: skip


@pytest.mark.parametrize(("use", "expected"), ONE_BY_ONE)
def test_first_use(use, expected):
    program = f"""
import warnings; warnings.simplefilter("ignore")
import tfcompat.compat.v1 as tf
try:
    exec({use!r})
except KeyError:
    print("KeyError")
"""
    assert run(program) == expected


def test_imported_graphs_find_everything_of_their_op_types():
    written = run("""
import tfcompat.compat.v1 as tf
with tf.Graph().as_default() as g:
    x = tf.placeholder(tf.float32, [2, 3, 3], name="x")
    tf.identity(tf.linalg.inv(x) + tf.linalg.det(x)[:, None, None], name="y")
print(g.as_graph_def().SerializeToString().hex())
""")
    found = run(f"""
import json
import tfcompat.compat.v1 as tf
definition = tf.GraphDef.FromString(bytes.fromhex("{written}"))
x, y = tf.import_graph_def(definition, return_elements=["x:0", "y:0"], name="")
(g,) = tf.gradients(y, x)
print(json.dumps([y.shape.as_list(), tf.Session().run(g, {{x: [[[2., 0, 0], [0, 1, 0], [0, 0, 1]]] * 2}}).shape]))
""")
    assert json.loads(found) == [[2, 3, 3], [2, 3, 3]]


def test_threads_that_use_everything_for_the_first_time():
    program = """
import threading, tfcompat.compat.v1 as tf
from tfcompat.graph.export import PUBLIC
names, failed = list(PUBLIC), []
start = threading.Barrier(8)
def use(order):
    start.wait()
    for name in order:
        try:
            PUBLIC[name]
        except BaseException as error:
            failed.append((name, repr(error)))
threads = [threading.Thread(target=use, args=(names[i * 97:] + names[:i * 97] if i % 2 else names[::-1],))
           for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(failed[:3])
"""
    assert run(program) == "[]"
