"""Caches of datasets in files: tensor bundles with an entry for each component of each element.

An iterator writes the bundle `<name>_<number>` under a lock; saving its state ends that bundle and begins another. Once
it has seen all elements, the bundles are merged into `<name>`, which later iterators read.
"""

from __future__ import annotations

import contextlib
import glob
import os
import time
from typing import Any

import numpy as np

from tfcompat.data.elements import Element, Elements, Run, Source, opened
from tfcompat.graph.confinement import check_path
from tfcompat.graph.errors import AlreadyExistsError
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.io.checkpoint.bundle import BundleReader, index_path
from tfcompat.io.checkpoint.bundle_writer import BundleWriter, merge


class FileCache:
    """The elements of a dataset, kept in files once an iterator has seen all of them.

    Args:
        source: the dataset.
        name: how the files' names begin.
        components: how many an element has.
    """

    def __init__(self, source: Source, name: str, components: int):
        check_path(name)
        self._source, self._name, self._components = source, name, components

    def start(self, run: Run) -> Elements:
        """An iterator over the kept elements, or one that keeps them."""
        shard = _Shard(self._name)
        reading: list[BundleReader] = []

        def inputs(argument: int) -> Elements:
            return opened(self._source.start(run), argument)

        def step(state: Any) -> Element | None:
            if not shard.is_open and (reading or os.path.exists(index_path(self._name))):
                reading[:] = reading or [BundleReader(self._name)]
                element = self._kept(reading[0], state.at)
            else:
                shard.open(state.shard)
                if state.inputs is None:
                    state.inputs = inputs(0)
                element = next(state.inputs, None)
                if element is None:
                    shard.complete(state.shard)
                    return None
                for component, array in enumerate(element):
                    shard.add(self._key(state.at, component), np.asarray(array))
            state.at += element is not None
            return element

        def before_saving(state: Any) -> None:
            if shard.is_open:
                shard.close()
                state.shard += 1

        return Elements(step, opens=inputs, before_saving=before_saving, inputs=None, at=0, shard=0)

    def _key(self, element: int, component: int) -> str:
        return f"{element:7d}_{component:{len(str(self._components - 1))}d}"

    def _kept(self, reader: BundleReader, at: int) -> Element | None:
        keys = [self._key(at, c) for c in range(self._components)]
        return tuple(reader.read(key) for key in keys) if keys[0] in reader else None


class _Shard:
    """What one iterator writes; if it goes before it is closed, so do its files."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path = ""
        self._writer: BundleWriter | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is being written."""
        return self._writer is not None

    def open(self, number: int) -> None:
        """Begins to write bundle `number` if there is none; AlreadyExistsError when it was or is being written."""
        if self._writer is not None:
            return
        path = f"{self._name}_{number}"
        if os.path.exists(index_path(path)):
            found = "\n".join(sorted(glob.glob(f"{glob.escape(path)}.*")))
            raise AlreadyExistsError(
                None, None, f"Existing cache files found: \n{found}\nTo continue delete the above files."
            )
        try:
            with translated_os_errors(path), open(f"{path}.lockfile", "x", encoding="utf-8") as lock:
                lock.write(f"Created at: {int(time.time())}")
        except AlreadyExistsError:
            raise self._locked(path) from None
        self._path, self._writer = path, BundleWriter(path)

    def _locked(self, path: str) -> AlreadyExistsError:
        with open(f"{path}.lockfile", encoding="utf-8") as lock:
            contents = lock.read()
        return AlreadyExistsError(
            None,
            None,
            "There appears to be a concurrent caching iterator running - cache lockfile already exists "
            f"('{path}.lockfile'). If you are sure no other running TF computations are using this cache prefix, "
            f"delete the lockfile and re-initialize the iterator. Lockfile contents: {contents}",
        )

    def add(self, key: str, array: np.ndarray) -> None:
        """Appends a tensor."""
        assert self._writer is not None
        self._writer.add(key, array)

    def close(self) -> None:
        """Ends the bundle."""
        assert self._writer is not None
        self._writer.finish()
        self._writer = None
        os.remove(f"{self._path}.lockfile")

    def complete(self, number: int) -> None:
        """Ends the bundle, which is the last one, and merges it with those before."""
        self.close()
        merge([f"{self._name}_{i}" for i in range(number + 1)], self._name)

    def __del__(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(Exception):
                self._writer.discard()
                os.remove(f"{self._path}.lockfile")
