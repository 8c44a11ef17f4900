"""Arrays and data frames as the input of an estimator, through a queue that threads fill."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes, errors
from tfcompat.graph.default import name_scope
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.identity import placeholder
from tfcompat.ops.queues import FIFOQueue, QueueBase, RandomShuffleQueue
from tfcompat.summary.summary import scalar
from tfcompat.training.queue_runner import QueueRunner, add_queue_runner


class _FeedingQueueRunner(QueueRunner):
    """A queue runner whose threads feed what they put into the queue."""

    def __init__(self, queue: QueueBase, operations: list[Any], feeds: Sequence[Callable[[], Iterator[Any]]]):
        super().__init__(queue, operations)
        self._feeds = dict(zip(map(id, operations), feeds, strict=True))

    def _enqueuer(self, sess: Any, enqueue_op: Any) -> Callable[[], Any]:
        feeds = self._feeds[id(enqueue_op)]()

        def enqueue() -> None:
            feed = next(feeds, None)
            if feed is None:
                raise errors.OutOfRangeError(None, None, "The arrays have ended.")
            sess.run(enqueue_op, feed_dict=feed)

        return enqueue

    def to_proto(self, export_scope: str | None = None) -> Any:
        """None: what a thread of this process feeds has no message."""


def _rows(length: int, batch_size: int, epochs: int | None, start: int) -> Iterator[np.ndarray]:
    """Positions of `batch_size` rows after the other, `epochs` times around; the last ones may be fewer."""
    total = None if epochs is None else length * epochs
    done = 0
    while total is None or done < total:
        count = batch_size if total is None else min(batch_size, total - done)
        yield (np.arange(done, done + count) + start) % length
        done += count


def _feeds(
    places: list[Any], arrays: list[np.ndarray], shuffle: bool, batch_size: int, epochs: int | None
) -> Iterator[dict[Any, np.ndarray]]:
    """What to feed, one batch of rows after the other; shuffled input begins somewhere."""
    length = len(arrays[0])
    start = random.randrange(length) if shuffle else 0
    for rows in _rows(length, batch_size, epochs, start):
        yield {place: array[rows] for place, array in zip(places, arrays, strict=True)}


def _fed_queue(
    arrays: list[np.ndarray], capacity: int, shuffle: bool, threads: int, batch_size: int, epochs: int | None
) -> QueueBase:
    """A queue of the rows of `arrays`, which have one length, and the runner that fills it."""
    with name_scope("enqueue_input"):
        kinds = [dtypes.as_dtype(array.dtype) for array in arrays]
        shapes = [array.shape[1:] for array in arrays]
        least = int(capacity / 4) if shuffle else 0
        queue: QueueBase = (
            RandomShuffleQueue(capacity, least, kinds, shapes) if shuffle else FIFOQueue(capacity, kinds, shapes)
        )
        operations, feeds = [], []
        for _ in range(threads):
            places = [placeholder(kind) for kind in kinds]
            operations.append(queue.enqueue_many(places))

            feeds.append(functools.partial(_feeds, places, arrays, shuffle, batch_size, epochs))
        add_queue_runner(_FeedingQueueRunner(queue, operations, feeds))
        room = capacity - least
        full = cast(raw_ops.Maximum(x=0, y=queue.size() - least), dtypes.float32) * (1.0 / room)
        scalar(f"queue/{queue.name}fraction_over_{least}_of_{room}_full", full)
    return queue


def _check_shuffle(shuffle: Any) -> None:
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended to set it as True for "
            f"training); got {shuffle}"
        )


def _taken(
    arrays: list[np.ndarray], batch_size: int, epochs: int | None, shuffle: bool, capacity: int, threads: int
) -> list[Any]:
    """Batches of the rows of `arrays`: a tensor for each; the queue has the numbers of the rows too."""
    numbered = [np.arange(len(arrays[0]), dtype=np.int64), *arrays]
    queue = _fed_queue(numbered, capacity, shuffle, threads, batch_size, epochs)
    batch = queue.dequeue_many(batch_size) if epochs is None else queue.dequeue_up_to(batch_size)
    return list(batch)[1:]


def _named_arrays(x: Any, y: Any) -> tuple[dict[str, Any], Any]:
    """`x` as a dictionary and `y` as array, dictionary or None.

    Raises:
        TypeError: `x` is neither an array nor a dictionary.
        ValueError: a dictionary is empty, or lengths differ.
    """
    if isinstance(x, np.ndarray):
        named: dict[str, Any] = {"__direct_np_input__": x}
    elif not isinstance(x, Mapping):
        raise TypeError(f"x must be a dict or array; got {type(x).__name__}")
    elif not x:
        raise ValueError("x cannot be an empty dict")
    else:
        named = dict(x)
    if isinstance(y, Mapping):
        if not y:
            raise ValueError("y cannot be empty dict, use None instead.")
        both = set(y) & set(named)
        if both:
            raise ValueError(f"{len(both)} duplicate keys are found in both x and y: {both}")
    targets = list(y.values()) if isinstance(y, Mapping) else [] if y is None else [y]
    if len({array.shape[0] for array in (*named.values(), *targets)}) > 1:
        shapes = {name: array.shape for name, array in named.items()}
        of_y = None if y is None else {n: a.shape for n, a in y.items()} if isinstance(y, Mapping) else y.shape
        raise ValueError(
            "Length of tensors in x and y is mismatched. All elements in x and y must have the same length.\n"
            f"Shapes in x: {shapes}\nShapes in y: {of_y}\n"
        )
    return named, y


def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> Callable[[], Any]:
    """A function that gives arrays as features and labels, batch by batch.

    Args:
        x: array, or dictionary of arrays, of features; the first dimension counts the examples.
        y: array, or dictionary of arrays, of labels; None for no labels.
        batch_size: examples in a batch; the last one of all epochs may have fewer.
        num_epochs: how often to go through the arrays; None for ever.
        shuffle: whether in random order; must be given.
        queue_capacity: size of the queue.
        num_threads: threads that fill it; each goes through the arrays `num_epochs` times.

    Returns:
        A function without arguments that returns (features, labels), or features alone.

    Raises:
        ValueError: `shuffle` is no bool; later, dictionaries are empty, keys repeat or lengths differ.
        TypeError: later, `x` is no array or dictionary.
    """
    _check_shuffle(shuffle)

    def input_fn() -> Any:
        named, targets = _named_arrays(x, y)
        labels = list(targets.values()) if isinstance(targets, Mapping) else [] if targets is None else [targets]
        names = sorted(named)
        arrays = [*(named[name] for name in names), *labels]
        batch = _taken(arrays, batch_size, num_epochs, bool(shuffle), queue_capacity, num_threads)
        features: Any = dict(zip(names, batch, strict=False))
        if isinstance(x, np.ndarray):
            features = batch[0]
        if targets is None:
            return features
        rest = batch[len(names) :]
        return features, (dict(zip(targets, rest, strict=True)) if isinstance(targets, Mapping) else rest[0])

    return input_fn


def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
    target_column: str = "target",
) -> Callable[[], Any]:
    """A function that gives a pandas data frame as features, a column each, and a series or data frame as labels.

    Args:
        x: a `DataFrame`.
        y: a `Series` or `DataFrame` with the same index, or None.
        batch_size: as for `numpy_input_fn`.
        num_epochs: as there.
        shuffle: as there.
        queue_capacity: as there.
        num_threads: as there.
        target_column: a name that labels get in the queue, which no column of `x` may have.

    Raises:
        TypeError: pandas is not installed, or `x` is no `DataFrame`.
        ValueError: `shuffle` is no bool; later, the indices differ.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise TypeError("pandas_input_fn should not be called without pandas installed") from None
    if not isinstance(x, pd.DataFrame):
        raise TypeError(f"x must be a DataFrame; got {type(x).__name__}")
    _check_shuffle(shuffle)

    def input_fn() -> Any:
        if y is None:
            return numpy_input_fn(_columns(x), None, batch_size, num_epochs, shuffle, queue_capacity, num_threads)()
        if not np.array_equal(x.index, y.index):
            raise ValueError(
                f"Index for x and y are mismatched.\nIndex for x: {x.index.values}\nIndex for y: {y.index.values}\n"
            )
        if target_column in x:
            raise ValueError(f"Cannot use name {target_column} for target column: DataFrame already has a column with "
                             "that name.")  # fmt: skip
        labels = _columns(y) if isinstance(y, pd.DataFrame) else y.to_numpy()
        return numpy_input_fn(_columns(x), labels, batch_size, num_epochs, shuffle, queue_capacity, num_threads)()

    return input_fn


def _columns(frame: Any) -> dict[str, np.ndarray]:
    return {name: frame[name].to_numpy() for name in frame.columns}
