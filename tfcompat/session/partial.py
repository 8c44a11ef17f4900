"""Partial runs: one run of a graph in several calls, which feed and fetch step by step.

A setup announces all fetches and feeds. Each call runs whatever its feeds have made computable, so that every operation
runs once per handle; what later calls need of it is kept.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError, OpError
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.state import ALIAS_OPS, VARIABLE_OPS
from tfcompat.graph.tensor import Tensor
from tfcompat.planner.order import ordered
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.variables import access_of, is_reference
from tfcompat.session.feeds import FeedSlot, expand, fed_tensors
from tfcompat.session.fetches import Fetches
from tfcompat.session.prepared import PreparedRun

_numbers = itertools.count()


class _Step:
    """What becomes computable when certain feeds come: the tensors it takes and gives, and its programs if any."""

    def __init__(self, takes: list[Tensor], gives: list[Tensor], prepared: PreparedRun | None):
        self.takes = takes
        self.gives = gives
        self.prepared = prepared


class _Plan:
    """What a setup announced; handles of equal setups share it.

    Attributes:
        feeds: position of each tensor that will be fed.
        fetches: the tensors that will be fetched.
    """

    def __init__(self, engine: Any, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]):
        self._engine = engine
        self.feeds = {t: i for i, t in enumerate(feeds)}
        self.fetches = list(fetches)
        self._targets = set(targets)
        fed = set(feeds)
        ops = needed_operations(fetches, targets, fed)
        accesses = {op: a for op in ops if (a := access_of(op, fed)).is_stateful}
        self._order = ordered(ops, fed, accesses)
        self._waits: dict[Operation, int] = {}
        for op in self._order:
            self._waits[op] = self._waits_for(op._inputs, op._control_inputs)
        self._steps: dict[tuple[int, int], _Step] = {}

    def _waits_for(self, inputs: Iterable[Tensor], control_inputs: Iterable[Operation]) -> int:
        """The feeds, as a bit mask, without which these inputs are not computable."""
        mask = 0
        for tensor in inputs:
            position = self.feeds.get(tensor)
            mask |= self._waits[tensor.op] if position is None else 1 << position
        for op in control_inputs:
            mask |= self._waits.get(op, 0)
        return mask

    def missing_feed(self, tensor: Tensor, fed: int) -> Tensor | None:
        """A feed that `tensor` waits for when those in the mask `fed` have come; None when it is computable."""
        missing = self._waits_for([tensor], ()) & ~fed
        return next((feed for feed, position in self.feeds.items() if missing >> position & 1), None)

    def step(self, before: int, now: int, is_first: bool) -> _Step:
        """What to run when the feeds `now` come after the feeds `before`, both bit masks."""
        key = (-1 if is_first else before, now)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = self._make_step(before, before | now, is_first)
        return step

    def _make_step(self, before: int, fed: int, is_first: bool) -> _Step:
        done = [] if is_first else [op for op in self._order if not self._waits[op] & ~before and not _is_free(op)]
        ran = set(done)
        new = [op for op in self._order if not self._waits[op] & ~fed and op not in ran]
        now = set(new)
        later = [op for op in self._order if op not in now and op not in ran]
        gives = {t: None for t in self.fetches if t.op in now and (is_first or not _is_free(t.op))}
        gives.update((t, None) for op in later for t in op._inputs if t.op in now and self._is_kept(t))
        takes = list(
            dict.fromkeys(t for op in new for t in op._inputs if t in self.feeds or t.op in ran and not is_reference(t))
        )
        consumed = {t.op for op in new for t in op._inputs} | {t.op for t in gives}
        runs = [op for op in new if op not in consumed or op in self._targets]
        if not gives and all(map(_is_free, runs)):
            return _Step([], [], None)
        return _Step(takes, list(gives), PreparedRun(self._engine, list(gives), runs, takes, ran))

    def _is_kept(self, tensor: Tensor) -> bool:
        """Whether later calls take the tensor's value from this one."""
        return tensor not in self.feeds and not is_reference(tensor) and not _is_free(tensor.op)


def _is_free(op: Operation) -> bool:
    """Whether `op` only stands for a variable or a constant, so that every call may take it again."""
    source = op
    while source.type in ALIAS_OPS and _holds_variable(source._outputs[0]):
        source = source._inputs[0].op
    if source.type in VARIABLE_OPS:
        return True
    return bool(op._outputs) and all(GRAPH_VALUES.constant(t) is not None for t in op._outputs)


def _holds_variable(tensor: Tensor) -> bool:
    return is_reference(tensor) or tensor.dtype is dtypes.resource


class _PartialRun:
    """The state of one handle."""

    def __init__(self, plan: _Plan):
        self.plan = plan
        self.lock = threading.Lock()
        self.has_begun = False
        self.fed = 0
        self.pending = dict.fromkeys(plan.fetches)
        self.values: dict[Tensor, Any] = {}

    @property
    def is_finished(self) -> bool:
        """Whether everything announced was fed and fetched."""
        return not self.pending and self.fed == (1 << len(self.plan.feeds)) - 1

    def check(self, fetches: Sequence[Tensor], fed: Sequence[Tensor]) -> int:
        """The feeds of this call as a bit mask.

        Raises:
            InvalidArgumentError: a feed or fetch was not announced, was there before, or cannot be computed yet.
        """
        now = 0
        for tensor in fed:
            position = self.plan.feeds.get(tensor)
            if position is None:
                raise _invalid(f"The feed {tensor.name} was not specified in partial_run_setup.")
            if self.fed >> position & 1:
                raise _invalid(f"The feed {tensor.name} has already been fed.")
            now |= 1 << position
        for tensor in fetches:
            if tensor not in self.pending:
                if tensor not in self.plan.fetches:
                    raise _invalid(f"The fetch {tensor.name} was not specified in partial_run_setup.")
                raise _invalid(f"The fetch {tensor.name} has already been fetched.")
            missing = self.plan.missing_feed(tensor, self.fed | now)
            if missing is not None:
                raise _invalid(f"Fetch {missing.name} can't be computed from the feeds that have been fed so far.")
        return now

    def advance(self, now: int, arrays: dict[Tensor, np.ndarray]) -> None:
        """Runs what the feeds of this call make computable."""
        self.values.update(arrays)
        step = self.plan.step(self.fed, now, not self.has_begun)
        if step.prepared is not None:
            results = step.prepared.run([np.asarray(self.values[t], _storage(t)) for t in step.takes])
            self.values.update(zip(step.gives, results, strict=True))
        self.has_begun = True
        self.fed |= now


def _storage(tensor: Tensor) -> Any:
    return tensor.dtype.as_numpy_dtype


def _invalid(message: str) -> OpError:
    return InvalidArgumentError(None, None, message)


def setup(session: Any, engine: Any, fetches: Any, feeds: Any) -> str:
    """See `BaseSession.partial_run_setup`."""
    graph = session.graph
    flat = Fetches(graph, fetches)
    fed = list(dict.fromkeys(fed_tensors(graph, feeds or ())))
    for tensor in fed:
        FeedSlot(graph, tensor)
        if tensor in flat.tensors:
            raise _invalid(f"{tensor.name} is both fed and fetched.")
    if not flat.tensors and not flat.targets:
        raise _invalid("Must specify at least one target to fetch or execute.")
    plan = session._calls.partial_plan(
        (tuple(fed), tuple(flat.tensors), tuple(flat.targets)), lambda: _Plan(engine, fed, flat.tensors, flat.targets)
    )
    names = [",".join(x.name for x in group) for group in (fed, flat.tensors, flat.targets)]
    handle = f"{names[0]}->{names[1]}/{names[2]}/{next(_numbers)}"
    session._partial_runs[handle] = _PartialRun(plan)
    return handle


def proceed(session: Any, handle: Any, fetches: Any, feed_dict: Any) -> Any:
    """See `BaseSession.partial_run`."""
    graph = session.graph
    flat = Fetches(graph, fetches)
    if flat.targets:
        raise RuntimeError(
            f"partial_run() requires empty `target_list`. Received: target_list={flat.targets} (non-empty)"
        )
    fed = dict(expand(graph, feed_dict)) if feed_dict else {}
    arrays = {t: FeedSlot(graph, t).array(value) for t, value in fed.items()}
    if not flat.tensors and not arrays:
        return flat.pack([])
    run = session._partial_runs.get(handle)
    if run is None:
        raise _invalid("Must run 'setup' before performing partial runs!")
    with run.lock:
        now = run.check(flat.tensors, list(arrays))
        try:
            run.advance(now, arrays)
        except BaseException:
            session._partial_runs.pop(handle, None)
            raise
        values = [run.values[t] for t in flat.tensors]
        for tensor in flat.tensors:
            del run.pending[tensor]
        if run.is_finished:
            session._partial_runs.pop(handle, None)
    return flat.pack(values)
