"""Host kernels of datasets that group, scan, choose and check."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.data.dataset_kernel import dataset_kernel
from tfcompat.data.elements import INFINITE, UNKNOWN, Element, Elements, Run, Source, numbered, opened, source_in
from tfcompat.data.functions import runner_of
from tfcompat.data.sources import called
from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError, OpError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed
from tfcompat.kernels.random.generator import WordStream


def _split(k: KernelContext, captured: Sequence[Any], *attrs: str) -> list[Any]:
    """The functions of several attributes, each with its share of what is captured."""
    counts = [len(k.attr(f"T{a}_other_arguments")) for a in attrs]
    ends = list(itertools.accumulate(counts))
    return [runner_of(k, a, captured[e - c : e]) for a, c, e in zip(attrs, counts, ends, strict=True)]


@dataset_kernel("GroupByWindowDataset")
def _group_by_window(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    key_of, reduced, size_of = _split(k, captured, "key_func", "reduce_func", "window_size_func")

    def start(run: Run) -> Elements:
        def opens(argument: tuple[int, list[Element]]) -> Elements:
            key, group = argument
            window = numbered(lambda i: group[i], len(group))
            made = reduced([np.array(key, np.int64), boxed(window)], run.context)[0]
            return opened(source_in(made).start(run), argument)

        def full(state: Any, element: Element) -> int | None:
            """The key whose group an element fills."""
            key = int(key_of(element, run.context)[0])
            if key not in state.sizes:
                size = int(size_of([np.array(key, np.int64)], run.context)[0])
                if size <= 0:
                    raise InvalidArgumentError(None, k.op, f"Window size must be greater than zero, but got {size}.")
                state.sizes[key] = size
            state.groups.setdefault(key, []).append(element)
            return key if len(state.groups[key]) >= state.sizes[key] else None

        def step(state: Any) -> Element | None:
            while True:
                if state.inner is not None:
                    made = next(state.inner, None)
                    if made is not None:
                        return made
                    state.inner = None
                element = None if state.ended else next(state.inputs, None)
                state.ended = element is None
                if element is None and not state.groups:
                    return None
                key = min(state.groups) if element is None else full(state, element)
                if key is not None:
                    del state.sizes[key]
                    state.inner = opens((key, state.groups.pop(key)))

        return Elements(step, opens, inputs=source_in(source).start(run), inner=None, groups={}, sizes={}, ended=False)

    return Source(start)


@dataset_kernel("GroupByReducerDataset")
def _group_by_reducer(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    key_of, init, reduced, final = _split(k, captured, "key_func", "init_func", "reduce_func", "finalize_func")

    def start(run: Run) -> Elements:
        def step(state: Any) -> Element | None:
            for element in state.inputs:
                key = int(key_of(element, run.context)[0])
                if key not in state.states:
                    state.states[key] = init([np.array(key, np.int64)], run.context)
                state.states[key] = reduced([*state.states[key], *element], run.context)
            if not state.states:
                return None
            return tuple(final(state.states.pop(min(state.states)), run.context))

        return Elements(step, inputs=source_in(source).start(run), states={})

    return Source(start)


@dataset_kernel("ScanDataset")
def _scan(k: KernelContext, source: np.ndarray, *rest: Any) -> Source:
    count = len(k.attr("Tstate"))
    initial, function = list(rest[:count]), runner_of(k, "f", rest[count:])
    elements, keeps_count = source_in(source), k.attr("preserve_cardinality")

    def start(run: Run) -> Elements:
        def step(state: Any) -> Element | None:
            element = next(state.inputs, None)
            if element is None:
                return None
            values = called(function, [*state.carried, *element], run, keeps_count)
            if values is None:
                return None
            state.carried = values[:count]
            return values[count:]

        return Elements(step, inputs=elements.start(run), carried=tuple(initial))

    return Source(start, elements.cardinality if keeps_count else UNKNOWN)


def _stepping(source: np.ndarray, step: Callable[[Any, Run], Element | None], **state: Any) -> Source:
    """A dataset of elements that `step` gives for a state with `inputs` and what else is named."""
    elements = source_in(source)

    def start(run: Run) -> Elements:
        own = {name: make() for name, make in state.items()}
        return Elements(lambda s: step(s, run), inputs=elements.start(run), **own)

    return Source(start)


@dataset_kernel("TakeWhileDataset")
def _take_while(k: KernelContext, source: np.ndarray, *captured: Any) -> Source:
    predicate = runner_of(k, "predicate", captured)

    def step(state: Any, run: Run) -> Element | None:
        element = None if state.ended else next(state.inputs, None)
        state.ended = element is None or not bool(predicate(element, run.context)[0])
        return None if state.ended else element

    return _stepping(source, step, ended=bool)


@dataset_kernel("UniqueDataset")
def _unique(k: KernelContext, source: np.ndarray) -> Source:
    def key(value: Any) -> Any:
        return value.shape, tuple(value.ravel().tolist()) if value.dtype == object else value.tobytes()

    def step(state: Any, run: Run) -> Element | None:
        for element in state.inputs:
            if state.seen.setdefault(key(element[0]), len(state.seen)) == len(state.seen) - 1 != state.last:
                state.last = len(state.seen) - 1
                return element  # type: ignore[no-any-return]
        return None

    return _stepping(source, step, seen=dict, last=lambda: -1)


@dataset_kernel("IgnoreErrorsDataset")
def _ignore_errors(k: KernelContext, source: np.ndarray) -> Source:
    warns = k.attr("log_warning")

    def step(state: Any, run: Run) -> Element | None:
        while True:
            try:
                return next(state.inputs, None)
            except OpError as error:
                if warns:
                    logging.getLogger("tensorflow").warning("Error raised with error message %s", error.message)

    return _stepping(source, step)


@dataset_kernel("DirectedInterleaveDataset", "ExperimentalDirectedInterleaveDataset")
def _directed(k: KernelContext, selector: np.ndarray, *inputs: np.ndarray) -> Source:
    datasets = [source_in(i) for i in inputs]
    stops = bool(k.op.attrs.get("stop_on_empty_dataset", False))

    def start(run: Run) -> Elements:
        def step(state: Any) -> Element | None:
            while any(state.running):
                choice = next(state.choices, None)
                if choice is None:
                    return None
                index = int(choice[0])
                if not 0 <= index < len(datasets):
                    raise InvalidArgumentError(None, k.op, f"Selector index out of range: {index} >= {len(datasets)}")
                element = next(state.inputs[index], None) if state.running[index] else None
                if element is not None:
                    return element
                if stops:
                    return None
                state.running[index] = False
            return None

        return Elements(
            step,
            choices=source_in(selector).start(run),
            inputs=[d.start(run) for d in datasets],
            running=[True] * len(datasets),
        )

    return Source(start)


@dataset_kernel("RandomDataset")
def _random(k: KernelContext, seed: np.ndarray, seed2: np.ndarray) -> Source:
    def step(state: Any) -> Element:
        return (np.array(state.words.next(), np.int64),)

    return Source(lambda run: Elements(step, words=WordStream(int(seed), int(seed2))), INFINITE)


@dataset_kernel("AssertCardinalityDataset")
def _assert_cardinality(k: KernelContext, source: np.ndarray, cardinality: np.ndarray) -> Source:
    elements, wanted = source_in(source), int(cardinality)

    def wrong(count: str) -> FailedPreconditionError:
        plural = "" if wanted == 1 else "s"
        return FailedPreconditionError(
            None, k.op, f"Input dataset was expected to contain {wanted} element{plural} but contained {count}."
        )

    def step(state: Any) -> Element | None:
        element = next(state.inputs, None)
        state.count += element is not None
        if state.count > wanted >= 0:
            raise wrong(f"at least {state.count} element{'' if state.count == 1 else 's'}")
        if element is None and wanted != state.count:
            raise wrong(f"only {state.count} element{'' if state.count == 1 else 's'}")
        return element

    return Source(lambda run: Elements(step, inputs=elements.start(run), count=0), wanted)


@kernel("DatasetCardinality")
def _cardinality(k: KernelContext, source: np.ndarray) -> np.ndarray:
    return np.array(source_in(source).cardinality, np.int64)


@kernel("DatasetToSingleElement")
def _single(k: KernelContext, source: np.ndarray) -> tuple[Any, ...]:
    elements = source_in(source).start(Run(k.run))
    first = next(elements, None)
    if first is None:
        raise InvalidArgumentError(None, k.op, "Dataset was empty.")
    if next(elements, None) is not None:
        raise InvalidArgumentError(None, k.op, "Dataset had more than one element.")
    return first
