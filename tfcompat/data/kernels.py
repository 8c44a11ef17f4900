"""Host kernels of datasets and iterators."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.data import sources
from tfcompat.data.functions import bare, runner_of
from tfcompat.data.sources import LiveIterator, Source, source_in
from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.io.tfrecord import RecordReader
from tfcompat.kernels.files import read_bytes
from tfcompat.kernels.handles import boxed, shared_resource
from tfcompat.kernels.random.generator import WordStream
from tfcompat.kernels.reader_data import decompressed, fixed_records, text_lines


def _copies(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    return tuple(a.copy() if isinstance(a, np.ndarray) else boxed(a) for a in arrays)


@kernel("TensorDataset")
def _tensors(k: KernelContext, *components: np.ndarray) -> np.ndarray:
    element = _copies(components)
    return boxed(Source(lambda run: iter([element]), 1))


@kernel("TensorSliceDataset")
def _slices(k: KernelContext, *components: np.ndarray) -> np.ndarray:
    sizes = {c.shape[0] if c.ndim else None for c in components}
    if len(sizes) != 1 or None in sizes:
        raise InvalidArgumentError(
            None, k.op, f"All components must have the same size in the 0th dimension, got {sizes}"
        )
    return boxed(sources.slices(_copies(components)))


@kernel("RangeDataset")
def _range(k: KernelContext, start: np.ndarray, stop: np.ndarray, step: np.ndarray) -> np.ndarray:
    if int(step) == 0:
        raise InvalidArgumentError(None, k.op, "step must be a non-zero integer.")
    return boxed(sources.counted(int(start), int(stop), int(step), k.attr("output_types")[0].as_numpy_dtype))


@kernel("MapDataset")
def _map(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    return boxed(sources.mapped(source_in(source), runner_of(k, "f", captured), k.attr("preserve_cardinality")))


@kernel("ParallelMapDataset", "ParallelMapDatasetV2")
def _parallel_map(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    return boxed(sources.mapped(source_in(source), runner_of(k, "f", captured[:-1]), k.attr("preserve_cardinality")))


@kernel("FilterDataset")
def _filter(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    return boxed(sources.filtered(source_in(source), runner_of(k, "predicate", captured)))


@kernel("FlatMapDataset")
def _flat_map(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    return boxed(sources.flat_mapped(source_in(source), runner_of(k, "f", captured)))


def _interleaved(k: KernelContext, source: np.ndarray, captured: tuple[Any, ...], cycle: int, block: int) -> np.ndarray:
    for what, value in (("cycle_length", cycle), ("block_length", block)):
        if value <= 0:
            raise InvalidArgumentError(None, k.op, f"`{what}` must be > 0")
    return boxed(sources.interleaved(source_in(source), runner_of(k, "f", captured), cycle, block))


@kernel("InterleaveDataset")
def _interleave(k: KernelContext, source: np.ndarray, *rest: Any) -> np.ndarray:
    return _interleaved(k, source, rest[:-2], int(rest[-2]), int(rest[-1]))


@kernel("ParallelInterleaveDatasetV4")
def _parallel_interleave(k: KernelContext, source: np.ndarray, *rest: Any) -> np.ndarray:
    cycle = int(rest[-5])
    return _interleaved(k, source, rest[:-5], (os.cpu_count() or 1) if cycle == -1 else cycle, int(rest[-4]))


@kernel("RepeatDataset")
def _repeat(k: KernelContext, source: np.ndarray, count: np.ndarray) -> np.ndarray:
    return boxed(sources.repeated(source_in(source), int(count)))


@kernel("TakeDataset")
def _take(k: KernelContext, source: np.ndarray, count: np.ndarray) -> np.ndarray:
    return boxed(sources.taken(source_in(source), int(count)))


@kernel("SkipDataset")
def _skip(k: KernelContext, source: np.ndarray, count: np.ndarray) -> np.ndarray:
    return boxed(sources.skipped(source_in(source), int(count)))


@kernel("ShardDataset")
def _shard(k: KernelContext, source: np.ndarray, count: np.ndarray, index: np.ndarray) -> np.ndarray:
    if int(count) <= 0 or not 0 <= int(index) < int(count):
        raise InvalidArgumentError(
            None,
            k.op,
            f"Index must be between 0 and {int(count) - 1} (currently index = "
            f"{int(index)}, num_shards = {int(count)}).",
        )
    return boxed(sources.shards(source_in(source), int(count), int(index)))


@kernel("ZipDataset")
def _zip(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    return boxed(sources.zipped([source_in(s) for s in inputs]))


@kernel("ConcatenateDataset")
def _concatenate(k: KernelContext, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return boxed(sources.concatenated(source_in(first), source_in(second)))


@kernel("PrefetchDataset", "OptionsDataset", "ModelDataset")
def _same(k: KernelContext, source: np.ndarray, *ignored: Any) -> np.ndarray:
    return source


@kernel("CacheDataset")
def _cache(k: KernelContext, source: np.ndarray, filename: np.ndarray) -> np.ndarray:
    if filename.item():
        raise InvalidArgumentError(
            None, k.op, "caches in files are not supported; give no file name to cache in memory"
        )
    return boxed(Source(sources.Cache(source_in(source)).start, source_in(source).cardinality))


@kernel("ShuffleDataset")
def _shuffle(k: KernelContext, source: np.ndarray, size: np.ndarray, seed: np.ndarray, seed2: np.ndarray) -> np.ndarray:
    if int(size) <= 0 and int(size) != -2:
        raise InvalidArgumentError(None, k.op, "buffer_size must be greater than zero or UNKNOWN_CARDINALITY")
    fixed = int(seed), int(seed2)
    again = k.attr("reshuffle_each_iteration")
    words = WordStream(*fixed)

    def seeds() -> tuple[int, int]:
        return (words.next(), words.next()) if again else fixed

    if not again and fixed == (0, 0):
        fixed = words.next(), words.next()
    return boxed(sources.shuffled(source_in(source), int(size) if int(size) > 0 else 1 << 62, seeds))


@kernel("BatchDataset", "BatchDatasetV2")
def _batch(k: KernelContext, source: np.ndarray, size: np.ndarray, *drop: np.ndarray) -> np.ndarray:
    if int(size) <= 0:
        raise InvalidArgumentError(None, k.op, "Batch size must be greater than zero.")
    return boxed(sources.batches(source_in(source), int(size), bool(drop and drop[0]), sources.stacked))


@kernel("PaddedBatchDataset", "PaddedBatchDatasetV2")
def _padded_batch(k: KernelContext, source: np.ndarray, size: np.ndarray, *rest: np.ndarray) -> np.ndarray:
    if int(size) <= 0:
        raise InvalidArgumentError(None, k.op, "Batch size must be greater than zero.")
    count = k.attr("N")
    shapes = [s.tolist() for s in rest[:count]]
    values = [v.copy() for v in rest[count : 2 * count]]
    drop = len(rest) > 2 * count and bool(rest[-1])
    return boxed(sources.batches(source_in(source), int(size), drop, lambda g: sources.padded(g, shapes, values)))


@kernel("UnbatchDataset")
def _unbatch(k: KernelContext, source: np.ndarray) -> np.ndarray:
    return boxed(sources.unbatched(source_in(source)))


@kernel("WindowDataset")
def _window(
    k: KernelContext, source: np.ndarray, size: np.ndarray, shift: np.ndarray, stride: np.ndarray, drop: np.ndarray
) -> np.ndarray:
    for what, value in (("Window size", size), ("Window shift", shift), ("Window stride", stride)):
        if int(value) <= 0:
            raise InvalidArgumentError(None, k.op, f"{what} must be greater than zero.")
    return boxed(sources.windows(source_in(source), int(size), int(shift), int(stride), bool(drop)))


@kernel("GeneratorDataset")
def _generator(k: KernelContext, *captured: Any) -> np.ndarray:
    counts = [len(k.attr(a)) for a in ("Tinit_func_args", "Tnext_func_args", "Tfinalize_func_args")]
    ends = list(itertools.accumulate(counts))
    parts = [captured[e - c : e] for c, e in zip(counts, ends, strict=True)]
    functions = [runner_of(k, a, p) for a, p in zip(("init_func", "next_func", "finalize_func"), parts, strict=True)]
    return boxed(sources.generated(*functions))


@kernel("ReduceDataset")
def _reduce(k: KernelContext, source: np.ndarray, *rest: Any) -> tuple[Any, ...]:
    count = len(k.attr("Tstate"))
    state, function = list(rest[:count]), runner_of(k, "f", rest[count:])
    run = sources.Run()
    run.context = k.run
    for element in source_in(source).start(run):
        state = function([*state, *element], k.run)
    return tuple(state)


# -------------------------------------------------------------------- files


def _file_strings(k: KernelContext, names: np.ndarray, texts: Any) -> np.ndarray:
    files = list(names.reshape(-1))

    def every() -> Iterator[bytes]:
        for name in files:
            yield from texts(name)

    return boxed(sources.strings(every))


@kernel("TextLineDataset")
def _text_line_dataset(k: KernelContext, names: np.ndarray, compression: np.ndarray, size: np.ndarray) -> np.ndarray:
    kind = _compression(k, compression)
    return _file_strings(k, names, lambda name: text_lines(decompressed(read_bytes(name), kind)))


@kernel("FixedLengthRecordDataset", "FixedLengthRecordDatasetV2")
def _fixed_records(
    k: KernelContext,
    names: np.ndarray,
    header: np.ndarray,
    record: np.ndarray,
    footer: np.ndarray,
    size: np.ndarray,
    *compression: np.ndarray,
) -> np.ndarray:
    kind = _compression(k, compression[0]) if compression else ""

    def records(name: bytes) -> Iterator[bytes]:
        data = decompressed(read_bytes(name), kind)
        body = len(data) - int(header) - int(footer)
        if body % int(record):
            raise InvalidArgumentError(
                None,
                k.op,
                f'Excess bytes in file "{os.fsdecode(name)}" after {len(data)} '
                "bytes: "
                f"expected a multiple of {int(record)}, header {int(header)}, footer "
                f"{int(footer)}",
            )
        return fixed_records(data, int(header), int(record), int(footer), 0)

    return _file_strings(k, names, records)


@kernel("TFRecordDataset", "TFRecordDatasetV2")
def _tf_record_dataset(k: KernelContext, names: np.ndarray, compression: np.ndarray, *rest: np.ndarray) -> np.ndarray:
    kind = _compression(k, compression)

    def records(name: bytes) -> Iterator[bytes]:
        with RecordReader(os.fsdecode(name), kind) as reader:
            yield from reader

    return _file_strings(k, names, records)


def _compression(k: KernelContext, value: np.ndarray) -> str:
    kind: str = value.item().decode()
    if kind not in ("", "GZIP", "ZLIB"):
        raise InvalidArgumentError(None, k.op, f"Unsupported compression_type: {kind}.")
    return kind


# -------------------------------------------------------------------- iterators


@kernel("IteratorV2", "Iterator")
def _iterator(k: KernelContext) -> np.ndarray:
    return shared_resource(k, "iterator", lambda name: LiveIterator())


@kernel("OneShotIterator")
def _one_shot(k: KernelContext) -> np.ndarray:
    handle = shared_resource(k, "iterator", lambda name: LiveIterator())
    live: LiveIterator = handle.item()
    if not live.is_initialized:
        live.begin(source_in(runner_of(k, "dataset_factory", ())((), k.run)[0]))
    return handle


@kernel("MakeIterator")
def _make_iterator(k: KernelContext, source: np.ndarray, iterator: np.ndarray) -> None:
    iterator.item().begin(source_in(source))


@kernel("IteratorGetNext", "IteratorGetNextSync")
def _get_next(k: KernelContext, iterator: np.ndarray) -> tuple[Any, ...]:
    live: LiveIterator = iterator.item()
    if not live.is_initialized:
        raise FailedPreconditionError(
            None,
            k.op,
            "GetNext() failed because the iterator has not been initialized. "
            "Ensure "
            "that you have run the initializer operation for this iterator before getting "
            "the "
            "next element.",
        )
    return tuple(map(bare, live.next(k.run)))


@kernel("IteratorToStringHandle")
def _to_string(k: KernelContext, iterator: np.ndarray) -> np.ndarray:
    live = iterator.item()
    numbers = k.resources().get_or_create("iterator numbers", "", "", itertools.count)
    names = k.resources().get_or_create("iterator names", "", "", dict)
    if live not in names:
        name = f"iterator/{next(numbers)}".encode()
        names[live] = name
        k.resources().get_or_create("iterator handle", "", name.decode(), lambda: live)
    return boxed(names[live])


@kernel("IteratorFromStringHandle", "IteratorFromStringHandleV2")
def _from_string(k: KernelContext, text: np.ndarray) -> np.ndarray:
    live = k.resources().get("iterator handle", "", text.item().decode(errors="replace"))
    if live is None:
        raise InvalidArgumentError(None, k.op, f"The string handle {text.item()!r} names no iterator of this session")
    return boxed(live)
