"""Programs of tf.keras with what TensorFlow 1.15.5 and 2.15.1 answered to them.

A program is a function of `tf` that builds into the default graph and gives a dictionary: name -> array, number, text,
or nested lists and dictionaries of these. Recorded with a Python 3.7 that has TensorFlow 1.15.5,
and one that has 2.15.1:

    python -m tests.keras.observed optimizers metrics

which write tests/golden/keras_<name>_programs.json from tests/keras/programs_<name>.py, each its own version's answers.
This file and the programs keep to the syntax of Python 3.7.
"""

import importlib
import json
import os
import sys
import zlib

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden")
OLD, NEW = "1.15.5", "2.15.1"


def numbers(*shape, **options):
    """float32 values in [-1, 1) that depend on `shape` and `salt`."""
    seed = zlib.crc32("{} {}".format(list(shape), options.get("salt", "")).encode())
    return np.random.RandomState(seed).uniform(-1.0, 1.0, shape).astype(np.float32)


def programs(name):
    """The programs of tests/keras/programs_<name>.py by name, in order."""
    module = importlib.import_module("tests.keras.programs_" + name)
    made = getattr(module, "PROGRAMS", None)
    if made is not None:
        return made
    functions = [v for k, v in vars(module).items() if callable(v) and not k.startswith("_")]
    return {f.__name__: f for f in functions if f.__module__ == module.__name__}


def observe(tf, program):
    """What a program gives in a fresh graph, in a form that json keeps; refusals by their class."""
    tf.keras.backend.clear_session()
    np.random.seed(3)
    with tf.Graph().as_default(), tf.Session():
        tf.set_random_seed(7)
        try:
            return _kept(program(tf))
        except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, NotImplementedError) as error:
            return {"refused": type(error).__name__}


def _kept(value):
    if isinstance(value, dict):
        return {str(k): _kept(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_kept(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        flat = array.ravel().tolist()
        return {"array": [str(array.dtype), list(array.shape), [_short(x) for x in flat]]}
    return _short(value)


def _short(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return float(f"{value:.7g}") if isinstance(value, float) else value


def recorded(name):
    """Version -> program -> what it gave."""
    path = os.path.join(FOLDER, f"keras_{name}_programs.json")
    if not os.path.exists(path):
        return {}
    with open(path) as stream:
        return json.load(stream)


def differences(got, wanted, tolerance, where=""):
    """Everything in which an answer differs from another, one line each."""
    if isinstance(wanted, dict) and "array" in wanted and isinstance(got, dict) and "array" in got:
        return _array_differences(got["array"], wanted["array"], tolerance, where)
    if isinstance(wanted, dict) and isinstance(got, dict):
        if list(got) != list(wanted):
            return [f"{where}: keys {list(got)}, expected {list(wanted)}"]
        return [line for k in wanted for line in differences(got[k], wanted[k], tolerance, where + "/" + k)]
    if isinstance(wanted, list) and isinstance(got, list):
        if len(got) != len(wanted):
            return [f"{where}: {len(got)} items, expected {len(wanted)}: {got} {wanted}"]
        pairs = zip(got, wanted)  # noqa: B905
        return [line for i, (g, w) in enumerate(pairs) for line in differences(g, w, tolerance, where + "/" + str(i))]
    numbers_ = isinstance(wanted, (int, float)) and isinstance(got, (int, float))
    if numbers_ and not isinstance(wanted, bool):
        same = np.isclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)
    else:
        same = got == wanted
    return [] if same else [f"{where}: got {got!r}, expected {wanted!r}"]


def _array_differences(got, wanted, tolerance, where):
    if got[:2] != wanted[:2]:
        return [f"{where}: got {got[:2]}, expected {wanted[:2]}"]
    if wanted[2] and isinstance(wanted[2][0], str):
        return [] if got[2] == wanted[2] else [f"{where}: got {got[2]}, expected {wanted[2]}"]
    mine, theirs = np.array(got[2], np.float64), np.array(wanted[2], np.float64)
    if np.allclose(mine, theirs, rtol=tolerance, atol=tolerance, equal_nan=True):
        return []
    return [f"{where}: got {got[2][:12]}\n    expected {wanted[2][:12]}"]


def problems(tf, name, key, program, exempt=(), newer_only=(), tolerance=2e-4):
    """What a program answers otherwise than TensorFlow 1.15.5 and, unless it is exempt, than 2.15.1."""
    held = recorded(name)
    left_out = {OLD: newer_only, NEW: exempt}
    versions = [v for v in (OLD, NEW) if key in held.get(v, {}) and key not in left_out[v]]
    if not versions:
        return ["not recorded: run python -m tests.keras.observed " + name]
    seen = json.loads(json.dumps(observe(tf, program)))
    return [v + line for v in versions for line in differences(seen, held[v][key], tolerance)]


def _write(name, version, made):
    held = recorded(name)
    held[version] = made
    parts = []
    for key in sorted(held):
        rows = [json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in held[key].items()]
        parts.append(json.dumps(key) + ": {\n" + ",\n".join(rows) + "\n}")
    with open(os.path.join(FOLDER, f"keras_{name}_programs.json"), "w") as stream:
        stream.write("{\n" + ",\n".join(parts) + "\n}\n")


def main():
    import tensorflow

    version = tensorflow.__version__
    tf = tensorflow.compat.v1
    if version.startswith("2"):
        tf.disable_v2_behavior()
    tf.logging.set_verbosity("FATAL")
    for name in sys.argv[1:]:
        made = {key: observe(tf, program) for key, program in programs(name).items()}
        _write(name, version, made)
        print(name, len(made), "programs", [k for k, v in made.items() if isinstance(v, dict) and "refused" in v])


if __name__ == "__main__":
    main()
