"""Where batches come from: arrays, generators, sequences, datasets and tensors, all as lists of arrays."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.errors import OutOfRangeError
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import CompositeTensor, Tensor


class Source:
    """Batches for a model.

    Attributes:
        samples: how many samples there are; None when that is not known.
        steps: how many batches an epoch has; None when it ends with the data.
        by_samples: whether the losses of batches count by their number of samples.
        sized: whether callbacks are told how many samples a batch has; else that it is one step.
    """

    samples: int | None = None
    steps: int | None = None
    by_samples = False
    sized = False

    def batches(self) -> Iterator[tuple[int, list[Any]]]:
        """(number of samples, arrays) of the batches of an epoch."""
        raise NotImplementedError

    def close(self) -> None:
        """Lets go of what it reads from."""


class ArraySource(Source):
    """Batches of arrays.

    Args:
        arrays: inputs, labels and weights; None for weights that are not given.
        batch_size: size of a batch.
        shuffle: whether to mix the samples in each epoch; "batch" to mix whole batches only.
        steps: how many times an epoch takes all arrays as one batch, in place of `batch_size`.
    """

    def __init__(self, arrays: list[Any], batch_size: int | None, shuffle: Any = False, steps: int | None = None):
        self.arrays = [a.tocsr() if hasattr(a, "tocsr") else a for a in arrays]
        self.samples = next((a.shape[0] for a in arrays if a is not None), 0)
        self.batch_size = batch_size or 32
        self.shuffle, self.steps = shuffle, steps
        self.by_samples = self.sized = steps is None

    def batches(self) -> Iterator[tuple[int, list[Any]]]:
        """The samples in order, or in a new one where they are to be mixed."""
        if self.steps is not None:
            for _ in range(self.steps):
                yield 1, self.arrays
            return
        size, order = self.batch_size, np.arange(self.samples or 0)
        if self.shuffle == "batch":
            order = _batches_mixed(order, size)
        elif self.shuffle:
            np.random.shuffle(order)
        for start in range(0, self.samples or 0, size):
            if self.shuffle:
                chosen: Any = order[start : start + size]
            else:
                chosen = slice(start, start + size)
            count = min(size, (self.samples or 0) - start)
            yield count, [None if a is None else _rows(a, chosen) for a in self.arrays]


def _rows(array: Any, chosen: Any) -> Any:
    rows = array[chosen] if isinstance(chosen, slice) or not hasattr(array, "id") else array[sorted(chosen)]
    return rows.toarray() if hasattr(rows, "toarray") else rows


def _batches_mixed(order: Any, size: int) -> Any:
    whole = len(order) // size * size
    blocks = order[:whole].reshape(-1, size)
    np.random.shuffle(blocks)
    return np.append(blocks.reshape(-1), order[whole:])


class IteratorSource(Source):
    """Batches that an iterator gives, prepared for the model.

    Args:
        start: gives the iterator of an epoch; called once where `restarts` is False.
        prepare: (x, y, weights) -> arrays.
        steps: how many batches an epoch has; None for all.
        restarts: whether every epoch begins anew.
        labelled: whether there are labels.
        sized: see `Source`.
    """

    def __init__(
        self,
        start: Callable[[], Iterator[Any]],
        prepare: Callable[[Any, Any, Any], list[Any]],
        steps: int | None,
        restarts: bool,
        labelled: bool = True,
        sized: bool = False,
    ):
        self._start, self._prepare, self._restarts, self._labelled = start, prepare, restarts, labelled
        self.steps, self.sized = steps, sized
        self._iterator: Iterator[Any] | None = None
        self._first: list[Any] = []

    def first_inputs(self) -> Any:
        """The inputs of the first batch, which comes again; None where there is none."""
        self._iterator = self._start()
        self._first = list(itertools.islice(self._iterator, 1))
        return _unpacked(self._first[0], self._labelled)[0] if self._first else None

    def batches(self) -> Iterator[tuple[int, list[Any]]]:
        """The next batches."""
        if self._iterator is None or (self._restarts and not self._first):
            self._iterator = self._start()
        taken = 0
        while self.steps is None or taken < self.steps:
            batch = self._first.pop() if self._first else next(self._iterator, None)
            if batch is None:
                return
            taken += 1
            arrays = self._prepare(*_unpacked(batch, self._labelled))
            yield _batch_size(arrays), arrays

    def close(self) -> None:
        """Closes the iterator."""
        if self._iterator is not None and hasattr(self._iterator, "close"):
            self._iterator.close()


def _unpacked(batch: Any, labelled: bool) -> tuple[Any, Any, Any]:
    """(x, y, weights) of what a generator or dataset gives."""
    if not isinstance(batch, tuple):
        if labelled and isinstance(batch, list) and len(batch) in (2, 3):
            return (*batch, None)[:3]  # type: ignore[return-value]
        return batch, None, None
    if len(batch) not in (1, 2, 3):
        raise ValueError(
            f"Output of generator should be a tuple `(x, y, sample_weight)` or `(x, y)`. Found: {str(batch)[:200]}"
        )
    return (*batch, None, None)[:3]  # type: ignore[return-value]


def _batch_size(arrays: list[Any]) -> int:
    return next((int(a.shape[0]) for a in arrays if a is not None and len(getattr(a, "shape", ()))), 1)


# -------------------------------------------------------------------- what programs pass


def is_sequence(data: Any) -> bool:
    """Whether `data` is a `tf.keras.utils.Sequence`."""
    return hasattr(data, "__getitem__") and hasattr(data, "__len__") and hasattr(data, "on_epoch_end")


def is_generator(data: Any) -> bool:
    """Whether `data` gives batches one after the other: a generator or a sequence."""
    return (
        inspect.isgenerator(data) or is_sequence(data) or (hasattr(data, "__next__") and not hasattr(data, "get_next"))
    )


def is_dataset(data: Any) -> bool:
    """Whether `data` is a `tf.data.Dataset`."""
    return isinstance(data, (PUBLIC["data.Dataset"], PUBLIC["compat.v2.data.Dataset"] if _has_v2() else ()))


def _has_v2() -> bool:
    return "compat.v2.data.Dataset" in PUBLIC


def is_dataset_iterator(data: Any) -> bool:
    """Whether `data` is an iterator of a dataset."""
    return hasattr(data, "get_next")


def is_symbolic(data: Any) -> bool:
    """Whether there are tensors in `data`."""
    return any(isinstance(leaf, (Tensor, CompositeTensor)) for leaf in nest.flatten(data))


def generated(generator: Any, shuffle: bool) -> Callable[[], Iterator[Any]]:
    """A function that gives the batches of an epoch of a generator or sequence."""
    if not is_sequence(generator):
        return lambda: generator  # type: ignore[no-any-return]

    def batches() -> Iterator[Any]:
        while True:
            order = np.arange(len(generator))
            if shuffle:
                np.random.shuffle(order)
            for index in order:
                yield generator[int(index)]
            generator.on_epoch_end()

    return batches


def evaluated(tensors: Any) -> Iterator[Any]:
    """The values of `tensors`, in their structure, in one run after the other; ends where a dataset ends."""
    session = PUBLIC["keras.backend.get_session"](tensors)
    run = session.make_callable(tensors)
    while True:
        try:
            yield run()
        except OutOfRangeError:
            return


def dataset_batches(dataset: Any) -> Callable[[], Iterator[Any]]:
    """A function that gives the elements of `dataset` as arrays, from the first one."""
    made: list[Any] = []

    def batches() -> Iterator[Any]:
        if not made:
            iterator = PUBLIC["data.make_initializable_iterator"](dataset)
            made[:] = [iterator, iterator.get_next()]
        iterator, element = made
        PUBLIC["keras.backend.get_session"](element).run(iterator.initializer)
        return evaluated(element)

    return batches
