"""A process that is killed while it writes a checkpoint: readers find the old values, all of them, or the new ones."""

import os
import pathlib
import sys

import numpy as np
import pytest

from tfcompat.graph.errors import NotFoundError
from tfcompat.io.checkpoint import bundle_writer
from tfcompat.io.checkpoint.bundle import BundleReader

NAMES = ("a", "b", "c", "d")


def save(prefix, value, shards):
    """Writes a checkpoint as a sharded saver does: shards beside it, which are merged."""
    parts = [f"{prefix}_temp/part-{i:05d}-of-{shards:05d}" for i in range(shards)] if shards > 1 else [prefix]
    for i, part in enumerate(parts):
        writer = bundle_writer.BundleWriter(part)
        for name in NAMES[i :: len(parts)]:
            writer.add(name, np.full(500, value))
        writer.finish()
    if shards > 1:
        bundle_writer.merge(parts, prefix)


class _File:
    """A file each of whose writes is a step."""

    def __init__(self, file, step):
        self._file, self._step = file, step

    def write(self, data):
        self._step()
        self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._file.close()


def killed(folder, steps, action):
    """Runs `action` in a process that ends without a word at its step `steps`; whether it did."""
    child = os.fork()
    if child == 0:
        left = steps

        def step(event="", args=()):
            nonlocal left
            if event == "open" and not str(args[1] or "").startswith("w"):
                return
            if event in ("", "open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"):
                left -= 1
                if left < 0:
                    os._exit(9)

        bundle_writer.open = lambda path, mode: _File(open(path, mode, buffering=0), step)  # noqa: SIM115
        sys.addaudithook(step)
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


@pytest.fixture(autouse=True)
def _not_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def values_in(prefix):
    reader = BundleReader(prefix)
    assert list(reader.names()) == list(NAMES)
    return {float(x) for name in NAMES for x in reader.read(name)}


@pytest.mark.parametrize(("before", "after"), [(1, 1), (3, 3), (1, 3), (3, 2)])
def test_a_checkpoint_that_is_overwritten_is_the_old_one_or_the_new_one(tmp_path, before, after):
    seen = []
    for steps in range(100):
        folder = tmp_path / str(steps)
        folder.mkdir()
        prefix = str(folder / "m")
        save(prefix, 1.0, before)
        was_killed = killed(folder, steps, lambda p=prefix: save(p, 2.0, after))
        found = values_in(prefix)
        assert len(found) == 1, steps
        seen += found
        save(prefix, 3.0, after)
        assert values_in(prefix) == {3.0}
        assert not [p.name for p in folder.rglob("*") if "temp" in p.name or "next" in p.name], steps
        if not was_killed:
            break
    assert seen == sorted(seen)
    assert set(seen) == {1.0, 2.0}
    assert len(seen) > 8 * after - 2


@pytest.mark.parametrize("shards", [1, 3])
def test_a_new_checkpoint_is_not_there_before_it_is_complete(tmp_path, shards):
    complete = 0
    for steps in range(100):
        prefix = str(tmp_path / f"m-{steps}")
        was_killed = killed(tmp_path, steps, lambda p=prefix: save(p, 2.0, shards))
        try:
            assert values_in(prefix) == {2.0}
            complete += 1
        except NotFoundError:
            assert not pathlib.Path(prefix + ".index").exists()
        if not was_killed:
            break
    assert 1 <= complete < 8
