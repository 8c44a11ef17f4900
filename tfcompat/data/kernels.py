"""Host kernels of datasets."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np

from tfcompat.data import groups, sources
from tfcompat.data.dataset_kernel import dataset_kernel
from tfcompat.data.elements import Run, Source, numbered, source_in
from tfcompat.data.file_cache import FileCache
from tfcompat.data.functions import runner_of
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed
from tfcompat.kernels.random.generator import WordStream


def _copies(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    return tuple(a.copy() if isinstance(a, np.ndarray) else boxed(a) for a in arrays)


@dataset_kernel("TensorDataset")
def _tensors(k: KernelContext, *components: np.ndarray) -> Source:
    element = _copies(components)
    return numbered(lambda i: element, 1)


@dataset_kernel("TensorSliceDataset")
def _slices(k: KernelContext, *components: np.ndarray) -> Source:
    sizes = {c.shape[0] if c.ndim else None for c in components}
    if len(sizes) != 1 or None in sizes:
        raise InvalidArgumentError(
            None, k.op, f"All components must have the same size in the 0th dimension, got {sizes}"
        )
    return sources.slices(_copies(components))


@dataset_kernel("RangeDataset")
def _range(k: KernelContext, start: np.ndarray, stop: np.ndarray, step: np.ndarray) -> Source:
    if int(step) == 0:
        raise InvalidArgumentError(None, k.op, "step must be a non-zero integer.")
    return sources.counted(int(start), int(stop), int(step), k.attr("output_types")[0].as_numpy_dtype)


@dataset_kernel("MapDataset")
def _map(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    return sources.mapped(source_in(source), runner_of(k, "f", captured), k.attr("preserve_cardinality"))


@dataset_kernel("ParallelMapDataset", "ParallelMapDatasetV2")
def _parallel_map(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    return sources.mapped(source_in(source), runner_of(k, "f", captured[:-1]), k.attr("preserve_cardinality"))


@dataset_kernel("FilterDataset")
def _filter(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    return sources.filtered(source_in(source), runner_of(k, "predicate", captured))


@dataset_kernel("FlatMapDataset")
def _flat_map(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    return sources.flat_mapped(source_in(source), runner_of(k, "f", captured))


def _interleaved(
    k: KernelContext, source: np.ndarray, captured: tuple[Any, ...], cycle: int, block: int, parallel: bool = False
) -> Source:
    for what, value in (("cycle_length", cycle), ("block_length", block)):
        if value <= 0:
            raise InvalidArgumentError(None, k.op, f"`{what}` must be > 0")
    return sources.interleaved(source_in(source), runner_of(k, "f", captured), cycle, block, parallel)


@dataset_kernel("InterleaveDataset")
def _interleave(k: KernelContext, source: np.ndarray, *rest: Any) -> Source:
    return _interleaved(k, source, rest[:-2], int(rest[-2]), int(rest[-1]))


@dataset_kernel("ParallelInterleaveDatasetV4")
def _parallel_interleave(k: KernelContext, source: np.ndarray, *rest: Any) -> Source:
    cycle = int(rest[-5])
    return _interleaved(k, source, rest[:-5], (os.cpu_count() or 1) if cycle == -1 else cycle, int(rest[-4]), True)


@dataset_kernel("LegacyParallelInterleaveDatasetV2")
def _legacy_parallel_interleave(k: KernelContext, source: np.ndarray, *rest: Any) -> Source:
    *captured, cycle, block, outputs, inputs = rest
    for what, value in (("buffer_output_elements", outputs), ("prefetch_input_elements", inputs)):
        if int(value) < (what == "buffer_output_elements"):
            raise InvalidArgumentError(None, k.op, f"`{what}` must be {'> 0' if what[0] == 'b' else '>= 0'}")
    return _interleaved(k, source, tuple(captured), int(cycle), int(block), True)


@dataset_kernel("RepeatDataset")
def _repeat(k: KernelContext, source: np.ndarray, count: np.ndarray) -> Source:
    return sources.repeated(source_in(source), int(count))


@dataset_kernel("TakeDataset")
def _take(k: KernelContext, source: np.ndarray, count: np.ndarray) -> Source:
    return sources.taken(source_in(source), int(count))


@dataset_kernel("SkipDataset")
def _skip(k: KernelContext, source: np.ndarray, count: np.ndarray) -> Source:
    return sources.skipped(source_in(source), int(count))


@dataset_kernel("ShardDataset")
def _shard(k: KernelContext, source: np.ndarray, count: np.ndarray, index: np.ndarray) -> Source:
    if int(count) <= 0 or not 0 <= int(index) < int(count):
        raise InvalidArgumentError(
            None,
            k.op,
            f"Index must be between 0 and {int(count) - 1} (currently index = "
            f"{int(index)}, num_shards = {int(count)}).",
        )
    return sources.shards(source_in(source), int(count), int(index))


@dataset_kernel("ZipDataset")
def _zip(k: KernelContext, *inputs: np.ndarray) -> Source:
    return sources.zipped([source_in(s) for s in inputs])


@dataset_kernel("ConcatenateDataset")
def _concatenate(k: KernelContext, first: np.ndarray, second: np.ndarray) -> Source:
    return sources.concatenated(source_in(first), source_in(second))


@dataset_kernel("PrefetchDataset")
def _prefetch(k: KernelContext, source: np.ndarray, size: np.ndarray) -> Source:
    if int(size) < -1:
        raise InvalidArgumentError(None, k.op, "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning")
    return source_in(source)


@dataset_kernel("OptionsDataset", "ModelDataset")
def _same(k: KernelContext, source: np.ndarray, *ignored: Any) -> Source:
    return source_in(source)


@dataset_kernel("CacheDataset")
def _cache(k: KernelContext, source: np.ndarray, filename: np.ndarray) -> Source:
    elements, name = source_in(source), os.fsdecode(filename.item())
    cache = FileCache(elements, name, len(k.attr("output_types"))) if name else groups.Cache(elements)
    return Source(cache.start, elements.cardinality)


@dataset_kernel("ShuffleDataset")
def _shuffle(k: KernelContext, source: np.ndarray, size: np.ndarray, seed: np.ndarray, seed2: np.ndarray) -> Source:
    if int(size) <= 0 and int(size) != -2:
        raise InvalidArgumentError(None, k.op, "buffer_size must be greater than zero or UNKNOWN_CARDINALITY")
    fixed = int(seed), int(seed2)
    words = WordStream(*fixed)
    again = k.attr("reshuffle_each_iteration")
    if not again and fixed == (0, 0):
        fixed = words.next(), words.next()
    held = int(size) if int(size) > 0 else 1 << 62
    return groups.shuffled(source_in(source), held, words if again else None, fixed)


@dataset_kernel("ShuffleAndRepeatDataset")
def _shuffle_and_repeat(
    k: KernelContext, source: np.ndarray, size: np.ndarray, seed: np.ndarray, seed2: np.ndarray, count: np.ndarray
) -> Source:
    if int(size) <= 0:
        raise InvalidArgumentError(None, k.op, f"buffer_size must be greater than zero. Got: {int(size)}")
    if int(count) <= 0 and int(count) != -1:
        raise InvalidArgumentError(None, k.op, f"count must be greater than zero or equal to -1. Got: {int(count)}")
    fixed = int(seed), int(seed2)
    words = WordStream(*fixed) if k.attr("reshuffle_each_iteration") else None
    return groups.shuffled(source_in(source), int(size), words, fixed, int(count))


@dataset_kernel("BatchDataset", "BatchDatasetV2")
def _batch(k: KernelContext, source: np.ndarray, size: np.ndarray, *drop: np.ndarray) -> Source:
    if int(size) <= 0:
        raise InvalidArgumentError(None, k.op, "Batch size must be greater than zero.")
    elements = source_in(source)
    together = groups.filled if elements.is_map else groups.stacked
    return groups.batches(elements, int(size), bool(drop and drop[0]), together, whole_groups=elements.is_map)


@dataset_kernel("DenseToSparseBatchDataset")
def _dense_to_sparse_batch(k: KernelContext, source: np.ndarray, size: np.ndarray, row_shape: np.ndarray) -> Source:
    if int(size) <= 0:
        raise InvalidArgumentError(None, k.op, "Batch size must be greater than zero.")
    sizes = row_shape.tolist()
    return groups.batches(source_in(source), int(size), False, lambda g: groups.sparse_rows(g, sizes))


@dataset_kernel("MapAndBatchDataset")
def _map_and_batch(k: KernelContext, source: np.ndarray, *rest: Any) -> Source:
    *captured, size, calls, drop = rest
    for what, value in (("batch_size", size), ("num_parallel_calls", calls)):
        if int(value) <= 0 and not (what == "num_parallel_calls" and int(value) == -1):
            raise InvalidArgumentError(None, k.op, f"{what} must be greater than zero.")
    elements = sources.mapped(source_in(source), runner_of(k, "f", captured), k.attr("preserve_cardinality"))
    return groups.batches(elements, int(size), bool(drop), groups.filled, whole_groups=True)


@dataset_kernel("PaddedBatchDataset", "PaddedBatchDatasetV2")
def _padded_batch(k: KernelContext, source: np.ndarray, size: np.ndarray, *rest: np.ndarray) -> Source:
    if int(size) <= 0:
        raise InvalidArgumentError(None, k.op, "Batch size must be greater than zero.")
    count = k.attr("N")
    shapes = [s.tolist() for s in rest[:count]]
    if any(size < -1 for shape in shapes for size in shape):
        raise InvalidArgumentError(None, k.op, f"padded_shapes must have sizes >= -1, got {shapes}")
    values = [v.copy() for v in rest[count : 2 * count]]
    drop = len(rest) > 2 * count and bool(rest[-1])
    return groups.batches(source_in(source), int(size), drop, lambda g: groups.padded(g, shapes, values))


@dataset_kernel("UnbatchDataset")
def _unbatch(k: KernelContext, source: np.ndarray) -> Source:
    return groups.unbatched(source_in(source))


@dataset_kernel("WindowDataset")
def _window(
    k: KernelContext, source: np.ndarray, size: np.ndarray, shift: np.ndarray, stride: np.ndarray, drop: np.ndarray
) -> Source:
    for what, value in (("Window size", size), ("Window shift", shift), ("Window stride", stride)):
        if int(value) <= 0:
            raise InvalidArgumentError(None, k.op, f"{what} must be greater than zero.")
    return groups.windows(source_in(source), int(size), int(shift), int(stride), bool(drop))


@dataset_kernel("GeneratorDataset")
def _generator(k: KernelContext, *captured: Any) -> Source:
    counts = [len(k.attr(a)) for a in ("Tinit_func_args", "Tnext_func_args", "Tfinalize_func_args")]
    ends = list(itertools.accumulate(counts))
    parts = [captured[e - c : e] for c, e in zip(counts, ends, strict=True)]
    functions = [runner_of(k, a, p) for a, p in zip(("init_func", "next_func", "finalize_func"), parts, strict=True)]
    return sources.generated(*functions)


@kernel("ReduceDataset")
def _reduce(k: KernelContext, source: np.ndarray, *rest: Any) -> tuple[Any, ...]:
    count = len(k.attr("Tstate"))
    state, function = list(rest[:count]), runner_of(k, "f", rest[count:])
    for element in source_in(source).start(Run(k.run)):
        state = function([*state, *element], k.run)
    return tuple(state)
