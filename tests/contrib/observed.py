"""Programs of tf.contrib with what TensorFlow 1.15.5 answered to them.

A program is a function of `tf` that builds into the default graph and returns (fetches, feed). All variables get values
that depend on their names and shapes alone. Recorded with a Python 3.7 that has TensorFlow 1.15.5:

    python -m tests.contrib.observed rnn seq2seq

which writes tests/golden/contrib_<name>.json from tests/contrib/programs_<name>.py. This file and the programs keep to
the syntax of Python 3.7.
"""

import importlib
import json
import os
import sys
import zlib

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden")


def numbers(*shape, **options):
    """float32 values in [-0.6, 0.6) that depend on `shape` and `salt`."""
    seed = zlib.crc32("{} {}".format(list(shape), options.get("salt", "")).encode())
    return np.random.RandomState(seed).uniform(-0.6, 0.6, shape).astype(np.float32)


def programs(name):
    """The programs of tests/contrib/programs_<name>.py by name, in order."""
    module = importlib.import_module("tests.contrib.programs_" + name)
    functions = [v for k, v in vars(module).items() if callable(v) and not k.startswith("_")]
    return {f.__name__: f for f in functions if f.__module__ == module.__name__}


def observe(tf, program, seed=7):
    """Variables, and the values of the fetches and of the gradients of the sum of their squares."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(seed)
        fetches, feed = program(tf)
        fetches = list(tf.contrib.framework.nest.flatten(fetches))
        variables = sorted(tf.global_variables(), key=lambda v: v.name)
        reals = [t for t in fetches if t.dtype.is_floating]
        trained = sorted(tf.trainable_variables(), key=lambda v: v.name)
        gradients = []
        if reals and trained:
            loss = tf.add_n([tf.reduce_sum(tf.square(t)) for t in reals])
            gradients = [g for g in tf.gradients(loss, trained) if g is not None]
            gradients = [tf.convert_to_tensor(g) for g in gradients]
        with tf.Session(graph=graph) as session:
            session.run(tf.global_variables_initializer())
            for v in variables:
                if v.dtype.base_dtype == tf.float32:
                    v.load(numbers(*v.shape.as_list(), salt=v.op.name), session)
            values = session.run([fetches, gradients], feed)
        shapes = [t.shape.as_list() if t.shape.ndims is not None else None for t in fetches]
        return {
            "variables": [[v.op.name, v.shape.as_list()] for v in variables],
            "shapes": shapes,
            "values": [_listed(a) for a in values[0]],
            "gradients": [_listed(a) for a in values[1]],
        }


def _listed(array):
    array = np.asarray(array)
    if array.dtype.kind == "f":
        return [str(array.dtype), list(array.shape), [float(f"{x:.7g}") for x in array.ravel().tolist()]]
    return [str(array.dtype), list(array.shape), array.ravel().tolist()]


def recorded(name):
    """What TensorFlow answered to programs_<name>."""
    with open(os.path.join(FOLDER, f"contrib_{name}.json")) as stream:
        return json.load(stream)


def differences(tf, name, program):
    """Everything in which a program differs from what was recorded."""
    wanted = recorded(name).get(program.__name__)
    if wanted is None:
        return [f"not recorded: run python -m tests.contrib.observed {name}"]
    seen = observe(tf, program)
    lines = []
    if seen["variables"] != wanted["variables"]:
        lines.append("variables: got {}\n    expected {}".format(seen["variables"], wanted["variables"]))
    for got, ref in zip(seen["shapes"], wanted["shapes"]):  # noqa: B905
        if not _says_as_much(got, ref):
            lines.append(f"shape: got {got}, expected {ref}")
    for what in ("values", "gradients"):
        if len(seen[what]) != len(wanted[what]):
            lines.append(f"{len(seen[what])} {what}, expected {len(wanted[what])}")
        for index, (got, ref) in enumerate(zip(seen[what], wanted[what])):  # noqa: B905
            if got[:2] != ref[:2]:
                lines.append(f"{what} {index}: got {got[:2]}, expected {ref[:2]}")
            elif not np.allclose(got[2], ref[2], rtol=2e-4, atol=2e-5):
                lines.append(f"{what} {index}: got {got[2][:12]}\n    expected {ref[2][:12]}")
    return lines


def _says_as_much(got, ref):
    if ref is None or got is None:
        return ref is None
    return len(got) == len(ref) and all(r is None or g == r for g, r in zip(got, ref))  # noqa: B905


def main():
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity("ERROR")
    for name in sys.argv[1:]:
        made = {}
        for key, program in programs(name).items():
            print(key)
            made[key] = observe(tf, program)
        rows = ",\n".join(json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in made.items())
        with open(os.path.join(FOLDER, f"contrib_{name}.json"), "w") as stream:
            stream.write("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
