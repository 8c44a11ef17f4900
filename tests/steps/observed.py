"""Trains a program for twenty steps and says what came of it; the reference's answers are in tests/golden/steps.npz.

A program is a function of `tf` that builds into the default graph and returns a Training; `scripts/record_steps.py`
records them. This file and the programs of tf.contrib keep to the syntax of Python 3.7.
"""

import hashlib
import importlib
import inspect
import json
import os
import zlib

import numpy as np

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden", "steps.npz")
STEPS = 20
MODULES = {"core": ["optimizers", "models"], "contrib": ["contrib_optimizers"]}


class Training:
    """A built program.

    Args:
        step: operation or tensor of one step.
        losses: tensors that are fetched together with it.
        feeds: feed dictionaries; step i takes number i % len(feeds).
        start: called with the session once variables are initialised.
        digest: whether of the variables only the sums of magnitudes are kept, not every number.
        noise: part of the names of variables whose gradients are zero but for rounding; they are left out.
    """

    def __init__(self, step, losses, feeds=({},), start=None, digest=False, noise=None):
        self.step, self.losses, self.feeds, self.start = step, losses, feeds, start
        self.digest, self.noise = digest, noise


def numbers(*shape, **options):
    """Values around zero that depend on `shape` and `salt` alone."""
    random = np.random.RandomState(zlib.crc32("{} {}".format(list(shape), options.get("salt", 0)).encode()))
    parts = random.random_sample((4,) + shape)
    return (parts[0] + parts[1] + parts[2] + parts[3] - 2.0) * 1.75


def observe(tf, program, steps=STEPS):
    """Names of all variables, their first and last values in that order, and the losses of each step."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(11)
        made = program(tf)
        variables = sorted(tf.global_variables() + tf.local_variables(), key=lambda v: v.name)
        variables = [v for v in variables if made.noise is None or made.noise not in v.name]
        reads = [v.value() for v in variables]
        initialize = [tf.global_variables_initializer(), tf.local_variables_initializer()]
        config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        with tf.Session(graph=graph, config=config) as session:
            session.run(initialize)
            first = session.run(reads)
            if made.start is not None:
                made.start(session)
            losses = []
            for number in range(steps):
                feed = made.feeds[number % len(made.feeds)]
                losses.append(session.run([made.step, made.losses], feed)[1])
            last = session.run(reads)
    names = [f"{v.name} {v.dtype.base_dtype.name} {v.shape.as_list()}" for v in variables]
    return {
        "names": "\n".join(names),
        "first": _joined(first, made.digest),
        "last": _joined(last, made.digest),
        "losses": np.asarray(losses),
    }


def _joined(values, digest):
    """One array of all numbers, or of one number a variable: the sum of magnitudes."""
    flat = [np.asarray(v).ravel() for v in values if np.asarray(v).dtype.kind in "fiu"]
    if digest:
        flat = [np.array([np.abs(v.astype(np.float64)).sum()]) for v in flat]
    kinds = {v.dtype for v in flat}
    return np.concatenate(flat).astype(np.float32 if kinds == {np.dtype(np.float32)} else np.float64)


def programs(module):
    """The programs of tests/steps/<module>.py, in order."""
    held = importlib.import_module("tests.steps." + module)
    functions = [v for k, v in vars(held).items() if inspect.isfunction(v) and not k.startswith("_")]
    return [f for f in functions if f.__module__ == held.__name__]


def key(program):
    """Module, name and digest of a program's text: a changed program must be recorded again."""
    digest = hashlib.sha1(inspect.getsource(program).encode()).hexdigest()[:10]
    return "{}/{} {}".format(program.__module__.rsplit(".", 1)[-1], program.__name__, digest)


def recorded():
    """Key of a program to what the reference computed."""
    if not os.path.exists(GOLDEN):
        return {}
    with np.load(GOLDEN) as arrays:
        index, block = json.loads(str(arrays["index"])), arrays["block"]
    found = {}
    for program, (names, rows) in index.items():
        found[program] = {"names": names}
        for what, (dtype, shape, start) in rows.items():
            size = int(np.prod(shape)) * np.dtype(dtype).itemsize
            found[program][what] = block[start : start + size].view(dtype).reshape(shape)
    return found


def write(found):
    """Writes what `recorded` reads."""
    index, block = {}, bytearray()
    for program, row in sorted(found.items()):
        places = {}
        for what in ("first", "losses", "last"):
            places[what] = [row[what].dtype.name, list(row[what].shape), len(block)]
            block += row[what].tobytes()
        index[program] = [row["names"], places]
    index = json.dumps(index, separators=(",", ":"))
    np.savez_compressed(GOLDEN, index=np.array(index), block=np.frombuffer(bytes(block), np.uint8))


def differences(tf, program, rtol=1e-5, atol=1e-7):
    """Everything in which a program differs from what was recorded.

    Losses and variables are compared to `rtol` of their value, plus `atol` times the largest magnitude.
    """
    wanted = recorded().get(key(program))
    if wanted is None:
        return ["not recorded: run scripts/record_steps.py"]
    seen = observe(tf, program)
    if seen["names"] != wanted["names"]:
        return ["variables: got\n{}\n    expected\n{}".format(seen["names"], wanted["names"])]
    lines = []
    for what in ("first", "losses", "last"):
        got, ref = seen[what].astype(np.float64), wanted[what].astype(np.float64)
        if got.shape != ref.shape:
            lines.append(f"{what}: got shape {got.shape}, expected {ref.shape}")
            continue
        limit = rtol * np.abs(ref) + atol * np.abs(ref).max()
        excess = np.abs(got - ref) / np.where(limit > 0, limit, 1e-300)
        if excess.size and not excess.max() <= 1.0:
            where = np.unravel_index(np.nanargmax(excess), excess.shape)
            text = "{}: {} of {} differ, most at {}: got {!r}, expected {!r}"
            lines.append(text.format(what, int((excess > 1).sum()), excess.size, where, got[where], ref[where]))
    return lines
