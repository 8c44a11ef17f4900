"""tf.contrib.slim: records read by several readers, queues of batches, datasets and what provides their items."""

from __future__ import annotations

import contextlib
import glob
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from tfcompat.graph import dtypes as types
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_collection, name_scope
from tfcompat.graph.export import export
from tfcompat.ops.add_n import add_n
from tfcompat.ops.cast import cast
from tfcompat.ops.queues import FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue
from tfcompat.ops.readers import ReaderBase
from tfcompat.summary.summary import scalar
from tfcompat.training.coordinator import Coordinator
from tfcompat.training.input import string_input_producer
from tfcompat.training.queue_runner import QueueRunner, add_queue_runner


def get_data_files(data_sources: Any) -> list[str]:
    """The files that a path, a pattern with * ? or [, or a list of these means; ValueError where there are none."""
    if isinstance(data_sources, (list, tuple)):
        files = [name for source in data_sources for name in get_data_files(source)]
    elif any(c in data_sources for c in "*?["):
        files = sorted(glob.glob(data_sources))
    else:
        files = [data_sources]
    if not files:
        raise ValueError(f"No data files found in {data_sources}")
    return files


class ParallelReader(ReaderBase):  # type: ignore[misc]
    """Several readers that put what they read into one queue.

    Args:
        reader_class: makes a reader.
        common_queue: a queue of pairs of strings, key and value.
        num_readers: how many.
        reader_kwargs: arguments of `reader_class`.

    Raises:
        TypeError: the queue has elements of another kind.
    """

    def __init__(self, reader_class: Any, common_queue: Any, num_readers: int = 4, reader_kwargs: Any = None):
        if len(common_queue.dtypes) != 2 or any(dtype.base_dtype != types.string for dtype in common_queue.dtypes):
            raise TypeError("common_queue.dtypes must be [tf.string, tf.string]")
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    @property
    def num_readers(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    @property
    def common_queue(self) -> Any:
        """The queue."""
        return self._common_queue

    def read(self, queue: Any, name: str | None = None) -> Any:
        """(Key, value) of the next record of the files whose names `queue` gives."""
        self._fill(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """(Keys, values) of the next records, at most so many."""
        self._fill(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def _fill(self, queue: Any) -> None:
        puts = [self._common_queue.enqueue(reader.read(queue)) for reader in self._readers]
        add_queue_runner(QueueRunner(self._common_queue, puts))

    def num_records_produced(self, name: str | None = None) -> Any:
        """Records read by all."""
        return add_n([reader.num_records_produced() for reader in self._readers], name=name)

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """Files read by all."""
        return add_n([reader.num_work_units_completed() for reader in self._readers], name=name)


def _summarize_fill(queue: Any, capacity: int) -> None:
    scalar(f"fraction_of_{capacity}_full", cast(queue.size(), types.float32) * (1.0 / capacity))


def parallel_read(
    data_sources: Any,
    reader_class: Any,
    num_epochs: int | None = None,
    num_readers: int = 4,
    reader_kwargs: Any = None,
    shuffle: bool = True,
    dtypes: Sequence[Any] | None = None,
    capacity: int = 256,
    min_after_dequeue: int = 128,
    seed: int | None = None,
    scope: Any = None,
) -> Any:
    """(Key, value) of records that several readers read from files.

    Args:
        data_sources: as of `get_data_files`.
        reader_class: makes a reader, such as `tf.TFRecordReader`, with `reader_kwargs`.
        num_epochs: how often the files are read; None for no end.
        num_readers: how many readers.
        shuffle: read files and records in random order, from `seed`.
        dtypes: types of key and value, strings.
        capacity: records that wait at most.
        min_after_dequeue: records that stay to be chosen from, when they are shuffled.
        scope: name scope, "parallel_read" by default.
    """
    files = get_data_files(data_sources)
    with name_scope(scope, "parallel_read"):
        names = string_input_producer(files, num_epochs=num_epochs, shuffle=shuffle, seed=seed, name="filenames")
        kinds = list(dtypes or [types.string, types.string])
        queue: Any
        if shuffle:
            queue = RandomShuffleQueue(
                capacity=capacity, min_after_dequeue=min_after_dequeue, dtypes=kinds, seed=seed, name="common_queue"
            )
        else:
            queue = FIFOQueue(capacity=capacity, dtypes=kinds, name="common_queue")
        _summarize_fill(queue, capacity)
        return ParallelReader(reader_class, queue, num_readers, reader_kwargs).read(names)


def single_pass_read(data_sources: Any, reader_class: Any, reader_kwargs: Any = None, scope: Any = None) -> Any:
    """(Key, value) of the records of files, read once and in order by one reader."""
    files = get_data_files(data_sources)
    with name_scope(scope, "single_pass_read"):
        names = string_input_producer(files, num_epochs=1, shuffle=False, capacity=1, name="filenames")
        return reader_class(**(reader_kwargs or {})).read(names)


def prefetch_queue(
    tensors: Any,
    capacity: int = 8,
    num_threads: int = 1,
    dynamic_pad: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """A queue that threads keep filled with the values of `tensors`, a list or dict.

    Args:
        tensors: what an element is made of.
        capacity: elements at most.
        num_threads: how many threads.
        dynamic_pad: shapes may be unknown in part; a batch pads its elements.
        shared_name: name of the queue among sessions.
        name: name scope, "prefetch_queue" by default.
    """
    names = sorted(tensors) if isinstance(tensors, dict) else None
    listed = [tensors[n] for n in names] if names is not None else list(tensors)
    with name_scope(name, "prefetch_queue", listed):
        kind: Any = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(
            capacity=capacity,
            dtypes=[t.dtype for t in listed],
            shapes=[t.shape for t in listed],
            names=names,
            shared_name=shared_name,
        )
        add_queue_runner(QueueRunner(queue, [queue.enqueue(tensors)] * num_threads))
        _summarize_fill(queue, capacity)
        return queue


class Dataset:
    """What a program knows of a dataset.

    Attributes:
        data_sources: its files, as of `get_data_files`.
        reader: makes a reader of them.
        decoder: takes records apart.
        num_samples: how many records there are.
        items_to_descriptions: what each item means.
    """

    def __init__(
        self,
        data_sources: Any,
        reader: Any,
        decoder: Any,
        num_samples: int,
        items_to_descriptions: dict[str, str],
        **kwargs: Any,
    ):
        self.data_sources, self.reader, self.decoder = data_sources, reader, decoder
        self.num_samples, self.items_to_descriptions = num_samples, items_to_descriptions
        self.__dict__.update(kwargs)


class DataProvider:
    """Items of data by name.

    Args:
        items_to_tensors: tensor of each item.
        num_samples: how many samples there are.
    """

    def __init__(self, items_to_tensors: dict[str, Any], num_samples: int | None):
        self._items_to_tensors, self._num_samples = items_to_tensors, num_samples

    def get(self, items: Sequence[str]) -> list[Any]:
        """The tensors of a list of items; ValueError for an unknown one."""
        if not isinstance(items, (list, tuple)):
            raise ValueError("items must be a list or tuple")
        for item in items:
            if item not in self._items_to_tensors:
                raise ValueError(f"Item [{item}] is invalid. Valid entries include: {list(self._items_to_tensors)}")
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> Any:
        """The names of the items."""
        return self._items_to_tensors.keys()

    def num_samples(self) -> int | None:
        """How many samples there are."""
        return self._num_samples


class DatasetDataProvider(DataProvider):
    """The items of the records of a `Dataset`, as `parallel_read` reads them.

    Args:
        dataset: the dataset.
        common_queue_capacity: records that wait at most.
        common_queue_min: records that stay to be chosen from, when they are shuffled.
        record_key: name of an item with the key of the record.
        num_readers, reader_kwargs, shuffle, num_epochs, seed, scope: as of `parallel_read`.

    Raises:
        ValueError: the dataset has an item called `record_key`.
    """

    def __init__(
        self,
        dataset: Any,
        num_readers: int = 1,
        reader_kwargs: Any = None,
        shuffle: bool = True,
        num_epochs: int | None = None,
        common_queue_capacity: int = 256,
        common_queue_min: int = 128,
        record_key: str = "record_key",
        seed: int | None = None,
        scope: Any = None,
    ):
        key, record = parallel_read(
            dataset.data_sources,
            reader_class=dataset.reader,
            num_epochs=num_epochs,
            num_readers=num_readers,
            reader_kwargs=reader_kwargs,
            shuffle=shuffle,
            capacity=common_queue_capacity,
            min_after_dequeue=common_queue_min,
            seed=seed,
            scope=scope,
        )
        items = dataset.decoder.list_items()
        found = dict(zip(items, dataset.decoder.decode(record, items), strict=True))
        if record_key in found:
            raise ValueError(
                f"The item name used for `record_key` cannot also be used for a dataset item: {record_key}"
            )
        found[record_key] = key
        super().__init__(items_to_tensors=found, num_samples=dataset.num_samples)


class NestedQueueRunnerError(Exception):
    """`QueueRunners` is used within itself."""


_running = threading.Lock()


@contextlib.contextmanager
def QueueRunners(session: Any) -> Iterator[None]:
    """Runs the queue runners of the graph within the block; NestedQueueRunnerError within another."""
    if not _running.acquire(blocking=False):
        raise NestedQueueRunnerError("QueueRunners cannot be nested")
    coordinator, threads = Coordinator(), []
    for runner in get_collection(GraphKeys.QUEUE_RUNNERS):
        threads.extend(runner.create_threads(session, coord=coordinator, daemon=True, start=True))
    try:
        yield
    finally:
        coordinator.request_stop()
        try:
            coordinator.join(threads, stop_grace_period_secs=120)
        except RuntimeError:
            session.close()
        _running.release()


_PLACES: dict[str, tuple[Any, ...]] = {
    "parallel_reader": (ParallelReader, get_data_files, parallel_read, single_pass_read),
    "prefetch_queue": (prefetch_queue,),
    "dataset": (Dataset,),
    "data_provider": (DataProvider,),
    "dataset_data_provider": (DatasetDataProvider,),
    "queues": (QueueRunners, NestedQueueRunnerError),
}
for _place, _objects in _PLACES.items():
    for _object in _objects:
        export(f"contrib.slim.{_place}.{_object.__name__}", _object)
