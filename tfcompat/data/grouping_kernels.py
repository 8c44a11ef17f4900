"""Host kernels of datasets that group, scan, choose and check."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.data import sources
from tfcompat.data.functions import runner_of
from tfcompat.data.sources import Element, Run, Source, source_in
from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError, OpError, OutOfRangeError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed
from tfcompat.kernels.random.generator import WordStream


def _split(k: KernelContext, captured: Sequence[Any], *attrs: str) -> list[Any]:
    """The functions of several attributes, each with its share of what is captured."""
    counts = [len(k.attr(f"T{a}_other_arguments")) for a in attrs]
    ends = list(itertools.accumulate(counts))
    return [runner_of(k, a, captured[e - c : e]) for a, c, e in zip(attrs, counts, ends, strict=True)]


@kernel("GroupByWindowDataset")
def _group_by_window(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    key_of, reduced, size_of = _split(k, captured, "key_func", "reduce_func", "window_size_func")
    elements = source_in(source)

    def start(run: Run) -> Iterator[Element]:
        groups: dict[int, list[Element]] = {}
        sizes: dict[int, int] = {}

        def flushed(key: int) -> Iterator[Element]:
            group = groups.pop(key)
            made = reduced([np.array(key, np.int64), boxed(Source(lambda inner: iter(group)))], run.context)[0]
            return source_in(made).start(run)

        for element in elements.start(run):
            key = int(key_of(element, run.context)[0])
            if key not in groups:
                sizes[key] = int(size_of([np.array(key, np.int64)], run.context)[0])
                if sizes[key] <= 0:
                    raise InvalidArgumentError(
                        None, k.op, f"Window size must be greater than zero, but got {sizes[key]}."
                    )
            groups.setdefault(key, []).append(element)
            if len(groups[key]) >= sizes[key]:
                yield from flushed(key)
        for key in sorted(groups):
            yield from flushed(key)

    return boxed(Source(start))


@kernel("GroupByReducerDataset")
def _group_by_reducer(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    key_of, init, step, final = _split(k, captured, "key_func", "init_func", "reduce_func", "finalize_func")
    elements = source_in(source)

    def start(run: Run) -> Iterator[Element]:
        states: dict[int, list[Any]] = {}
        for element in elements.start(run):
            key = int(key_of(element, run.context)[0])
            if key not in states:
                states[key] = init([np.array(key, np.int64)], run.context)
            states[key] = step([*states[key], *element], run.context)
        for key in sorted(states):
            yield tuple(final(states[key], run.context))

    return boxed(Source(start))


@kernel("ScanDataset")
def _scan(k: KernelContext, source: np.ndarray, *rest: Any) -> np.ndarray:
    count = len(k.attr("Tstate"))
    initial, function = list(rest[:count]), runner_of(k, "f", rest[count:])
    elements = source_in(source)

    def start(run: Run) -> Iterator[Element]:
        state = initial
        for element in elements.start(run):
            try:
                values = function([*state, *element], run.context)
            except OutOfRangeError as error:
                if not k.attr("preserve_cardinality"):
                    return
                raise InvalidArgumentError(
                    None, error.op, f"Function invocation produced OutOfRangeError: {error.message}"
                ) from error
            state = values[:count]
            yield tuple(values[count:])

    return boxed(Source(start, elements.cardinality if k.attr("preserve_cardinality") else sources.UNKNOWN))


@kernel("TakeWhileDataset")
def _take_while(k: KernelContext, source: np.ndarray, *captured: Any) -> np.ndarray:
    elements, predicate = source_in(source), runner_of(k, "predicate", captured)

    def start(run: Run) -> Iterator[Element]:
        return itertools.takewhile(lambda e: bool(predicate(e, run.context)[0]), elements.start(run))

    return boxed(Source(start))


@kernel("UniqueDataset")
def _unique(k: KernelContext, source: np.ndarray) -> np.ndarray:
    elements = source_in(source)

    def start(run: Run) -> Iterator[Element]:
        seen: set[Any] = set()
        for element in elements.start(run):
            value = element[0]
            key = value.shape, tuple(value.ravel().tolist()) if value.dtype == object else value.tobytes()
            if key not in seen:
                seen.add(key)
                yield element

    return boxed(Source(start))


@kernel("IgnoreErrorsDataset")
def _ignore_errors(k: KernelContext, source: np.ndarray) -> np.ndarray:
    elements, warns = source_in(source), k.attr("log_warning")

    def start(run: Run) -> Iterator[Element]:
        inputs = elements.start(run)
        while True:
            try:
                yield next(inputs)
            except StopIteration:
                return
            except OpError as error:
                if warns:
                    logging.getLogger("tensorflow").warning("Error raised with error message %s", error.message)

    return boxed(Source(start))


@kernel("DirectedInterleaveDataset", "ExperimentalDirectedInterleaveDataset")
def _directed(k: KernelContext, selector: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
    choices, datasets = source_in(selector), [source_in(i) for i in inputs]
    stops = bool(k.op.attrs.get("stop_on_empty_dataset", False))

    def start(run: Run) -> Iterator[Element]:
        running: list[Iterator[Element] | None] = [d.start(run) for d in datasets]
        for (choice,) in choices.start(run):
            index = int(choice)
            if not 0 <= index < len(running):
                raise InvalidArgumentError(None, k.op, f"Selector index out of range: {index} >= {len(running)}")
            chosen = running[index]
            element = next(chosen, None) if chosen is not None else None
            if element is not None:
                yield element
            elif stops:
                return
            else:
                running[index] = None
                if not any(r is not None for r in running):
                    return

    return boxed(Source(start))


@kernel("RandomDataset")
def _random(k: KernelContext, seed: np.ndarray, seed2: np.ndarray) -> np.ndarray:
    def start(run: Run) -> Iterator[Element]:
        words = WordStream(int(seed), int(seed2))
        while True:
            yield (np.array(words.next(), np.int64),)

    return boxed(Source(start, sources.INFINITE))


@kernel("AssertCardinalityDataset")
def _assert_cardinality(k: KernelContext, source: np.ndarray, cardinality: np.ndarray) -> np.ndarray:
    elements, wanted = source_in(source), int(cardinality)

    def wrong(count: str) -> FailedPreconditionError:
        plural = "" if wanted == 1 else "s"
        return FailedPreconditionError(
            None, k.op, f"Input dataset was expected to contain {wanted} element{plural} but contained {count}."
        )

    def start(run: Run) -> Iterator[Element]:
        count = 0
        for element in elements.start(run):
            count += 1
            if count > wanted >= 0:
                raise wrong(f"at least {count} element{'' if count == 1 else 's'}")
            yield element
        if wanted != count:
            raise wrong(f"only {count} element{'' if count == 1 else 's'}")

    return boxed(Source(start, wanted))


@kernel("DatasetCardinality")
def _cardinality(k: KernelContext, source: np.ndarray) -> np.ndarray:
    return np.array(source_in(source).cardinality, np.int64)


@kernel("DatasetToSingleElement")
def _single(k: KernelContext, source: np.ndarray) -> tuple[Any, ...]:
    run = sources.Run()
    run.context = k.run
    elements = source_in(source).start(run)
    first = next(elements, None)
    if first is None:
        raise InvalidArgumentError(None, k.op, "Dataset was empty.")
    if next(elements, None) is not None:
        raise InvalidArgumentError(None, k.op, "Dataset had more than one element.")
    return first
