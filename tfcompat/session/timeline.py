"""Step stats as a trace that chrome://tracing (or Perfetto) shows.

The format: a JSON object whose `traceEvents` are complete events ("X"), object events ("N", "O", "D"), flows ("s",
"t"), counters ("C") and metadata ("M"), times in microseconds.
"""

from __future__ import annotations

import collections
import json
import re
from typing import Any

from tfcompat.graph.export import export_internal

StepStatsAnalysis = collections.namedtuple("StepStatsAnalysis", ["chrome_trace", "allocator_maximums"])
StepStatsAnalysis.__doc__ = "From `Timeline.analyze_step_stats`: a ChromeTrace, and allocator -> AllocationMaximum."
AllocationMaximum = collections.namedtuple("AllocationMaximum", ["timestamp", "num_bytes", "tensors"])
AllocationMaximum.__doc__ = "When an allocator held most (microseconds), how many bytes, and the names of the tensors."

_LABEL = re.compile(r"^(?P<name>.+?) = (?P<type>\w+)\((?P<inputs>.*)\)$")
Event = dict[str, Any]


class ChromeTrace:
    """The events of a trace."""

    def __init__(self) -> None:
        self.metadata: list[Event] = []
        self.events: list[Event] = []

    def add_process(self, pid: int, name: str) -> None:
        """Names a row group."""
        self.metadata.append({"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}})

    def add(self, phase: str, category: str, name: str, pid: int, tid: int, time: int, **more: Any) -> None:
        """Adds an event."""
        self.events.append({"ph": phase, "cat": category, "name": name, "pid": pid, "tid": tid, "ts": time, **more})

    def format_to_string(self, pretty: bool = False) -> str:
        """The trace as JSON; `pretty` breaks lines."""
        trace = {"traceEvents": self.metadata + self.events}
        return json.dumps(trace, indent=4 if pretty else None, separators=None if pretty else (",", ":"))


class _Tensor:
    """A tensor's life: who made it, and when it was last used."""

    def __init__(self, name: str, number: int, pid: int, stats: Any, description: Any):
        self.name = name
        self.number = number
        self.pid = pid
        self.made_at = stats.all_start_micros
        self.allocator = description.allocation_description.allocator_name
        self.bytes = description.allocation_description.allocated_bytes
        self.uses: list[int] = [self.made_at + stats.all_end_rel_micros]


class Timeline:
    """Analyses step stats.

    Args:
        step_stats: a StepStats message, from `RunMetadata.step_stats` of a traced run.
        graph: accepted and not needed.
    """

    def __init__(self, step_stats: Any, graph: Any = None):
        self._step_stats = step_stats

    @property
    def step_stats(self) -> Any:
        """The message that is analysed."""
        return self._step_stats

    def generate_chrome_trace_format(
        self, show_dataflow: bool = True, show_memory: bool = False, op_time: str = "schedule"
    ) -> str:
        """The trace as JSON text.

        Args:
            show_dataflow: whether arrows lead from operations to those that take their results.
            show_memory: whether tensors' lives and the allocators' sizes are shown.
            op_time: "schedule" for the whole time of an operation, "gpu" or "all" likewise.
        """
        analysis = self.analyze_step_stats(show_dataflow, show_memory, op_time)
        return analysis.chrome_trace.format_to_string(pretty=True)  # type: ignore[no-any-return]

    def analyze_step_stats(
        self, show_dataflow: bool = True, show_memory: bool = True, op_time: str = "schedule"
    ) -> Any:
        """The trace and the allocators' maximums; arguments as for `generate_chrome_trace_format`.

        Raises:
            ValueError: `op_time` is unknown.
        """
        if op_time not in ("schedule", "gpu", "all"):
            raise ValueError(f"op_time must be 'schedule', 'gpu' or 'all', got {op_time!r}")
        return _Analysis(self._step_stats, show_dataflow, show_memory).result()


class _Analysis:
    """One walk over step stats."""

    def __init__(self, step_stats: Any, show_dataflow: bool, show_memory: bool):
        self._stats = step_stats
        self._show_dataflow = show_dataflow
        self._show_memory = show_memory
        self._trace = ChromeTrace()
        self._trace.add_process(0, "Allocators")
        self._tensors: dict[str, _Tensor] = {}
        self._producers: dict[str, tuple[int, int, int]] = {}
        self._flows = 0

    def result(self) -> Any:
        """The trace and the maximums."""
        devices: list[tuple[int, Any]] = []
        for dev_stats in self._stats.dev_stats:
            pid = 1 + 2 * len(devices)
            devices.append((pid, dev_stats))
            self._trace.add_process(pid, f"{dev_stats.device} Compute")
            self._trace.add_process(pid + 1, f"{dev_stats.device} Tensors")
            self._collect_tensors(pid + 1, dev_stats)
        for pid, dev_stats in devices:
            self._add_operations(pid, dev_stats)
        maximums = self._allocations()
        if self._show_memory:
            self._add_lives()
        return StepStatsAnalysis(chrome_trace=self._trace, allocator_maximums=maximums)

    def _collect_tensors(self, pid: int, dev_stats: Any) -> None:
        for stats in dev_stats.node_stats:
            for output in stats.output:
                name = stats.node_name if output.slot == 0 else f"{stats.node_name}:{output.slot}"
                self._tensors.setdefault(name, _Tensor(name, len(self._tensors), pid, stats, output.tensor_description))

    def _add_operations(self, pid: int, dev_stats: Any) -> None:
        for lane, stats in _lanes(dev_stats.node_stats):
            start, duration = stats.all_start_micros, stats.all_end_rel_micros
            name, kind, inputs = _parse(stats)
            args = {"name": name, "op": kind, **{f"input{i}": text for i, text in enumerate(inputs)}}
            self._trace.add("X", "Op", kind, pid, lane, start, dur=duration, args=args)
            self._producers[name] = (pid, lane, start + duration)
            for text in inputs:
                self._use(text, pid, lane, start, start + duration)

    def _use(self, text: str, pid: int, lane: int, start: int, end: int) -> None:
        """Notes that an operation took the tensor called `text`."""
        tensor = self._tensors.get(text)
        if tensor is not None:
            tensor.uses.append(end)
        producer = self._producers.get(text.lstrip("^").partition(":")[0])
        if producer is None or not self._show_dataflow:
            return
        from_pid, from_lane, made_at = producer
        self._trace.add("s", "DataFlow", text, from_pid, from_lane, made_at, id=self._flows)
        self._trace.add("t", "DataFlow", text, pid, lane, max(start, made_at), id=self._flows)
        self._flows += 1

    def _add_lives(self) -> None:
        for tensor in self._tensors.values():
            where = ("Tensor", tensor.name, tensor.pid, 0)
            self._trace.add("N", *where, tensor.made_at, id=tensor.number)
            snapshot = {"snapshot": {"tensor_description": f"{tensor.bytes} bytes from {tensor.allocator}"}}
            self._trace.add("O", *where, min(tensor.uses), id=tensor.number, args=snapshot)
            self._trace.add("D", *where, max(tensor.uses), id=tensor.number)

    def _allocations(self) -> dict[str, Any]:
        """The most that each allocator holds at a time; shows its course when memory is shown."""
        changes: dict[str, list[tuple[int, int, str]]] = {}
        for tensor in self._tensors.values():
            events = changes.setdefault(tensor.allocator, [])
            events.append((tensor.made_at, tensor.bytes, tensor.name))
            events.append((max(tensor.uses), -tensor.bytes, tensor.name))
        maximums = {}
        for allocator, events in changes.items():
            held: set[str] = set()
            total = 0
            best = AllocationMaximum(timestamp=0, num_bytes=0, tensors=set())
            for time, change, name in sorted(events, key=lambda event: (event[0], -event[1])):
                total += change
                (held.add if change >= 0 and name not in held else held.discard)(name)
                if total > best.num_bytes:
                    best = AllocationMaximum(timestamp=time, num_bytes=total, tensors=set(held))
                if self._show_memory:
                    self._trace.add("C", "Memory", allocator, 0, 0, time, args={allocator: total})
            maximums[allocator] = best
        return maximums


def _lanes(node_stats: Any) -> list[tuple[int, Any]]:
    """The operations by start, each with a row in which no other runs at the same time."""
    free_at: list[int] = []
    placed = []
    for stats in sorted(node_stats, key=lambda s: s.all_start_micros):
        lane = next((i for i, time in enumerate(free_at) if time <= stats.all_start_micros), len(free_at))
        if lane == len(free_at):
            free_at.append(0)
        free_at[lane] = stats.all_start_micros + stats.all_end_rel_micros
        placed.append((lane, stats))
    return placed


def _parse(stats: Any) -> tuple[str, str, list[str]]:
    """(name, op type, inputs) as the label says; labels of other forms only give the name."""
    found = _LABEL.match(stats.timeline_label)
    if found is None:
        return stats.node_name, stats.node_name, []
    return found["name"], found["type"], [text for text in found["inputs"].split(", ") if text]


for _name, _object in {
    "Timeline": Timeline,
    "StepStatsAnalysis": StepStatsAnalysis,
    "AllocationMaximum": AllocationMaximum,
}.items():
    export_internal(f"python.client.timeline.{_name}", _object)
