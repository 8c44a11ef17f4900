"""Timings of one run by operation, from ONNX Runtime's profiler for models and from the clock for host calls."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfcompat.graph.operation import Operation

_SUFFIX = "_kernel_time"


@dataclass(slots=True)
class Timing:
    """When one operation, or a node that ONNX Runtime put in, ran.

    Attributes:
        name: of the operation, or of the node.
        op: the operation, None for a node that belongs to none.
        kind: execution kind, such as "cpu" or "cuda:0".
        start: nanoseconds since the epoch.
        end: nanoseconds since the epoch.
        bytes: size of what it gave.
        outputs: (element type, shape) of each output, as far as known.
    """

    name: str
    op: Operation | None
    kind: str
    start: int
    end: int
    bytes: int = 0
    outputs: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)


class Trace:
    """The timings of one run, in the order in which operations began."""

    def __init__(self) -> None:
        self.start = time.time_ns()
        self.timings: list[Timing] = []

    @contextlib.contextmanager
    def host_call(self, op: Operation) -> Iterator[list[Any]]:
        """Times a host call; its results go into the list that it gives."""
        results: list[Any] = []
        start = time.time_ns()
        yield results
        arrays = [np.asarray(r) for r in results]
        self.timings.append(
            Timing(
                op.name,
                op,
                "cpu",
                start,
                time.time_ns(),
                sum(a.nbytes for a in arrays),
                [(t.dtype.base_dtype.name, a.shape) for t, a in zip(op._outputs, arrays, strict=False)],
            )
        )

    def add_profile(self, path: str, kind: str, ops: Mapping[str, Operation], ran_at: int) -> None:
        """Adds what ONNX Runtime's profile at `path` says, and removes the file.

        Args:
            path: a profile of one run of one model.
            kind: where the model ran.
            ops: its operations by name.
            ran_at: when the run began, in nanoseconds since the epoch.
        """
        with open(path, encoding="utf-8") as file:
            events = json.load(file)
        os.remove(path)
        began = next((e["ts"] for e in events if e.get("name") == "model_run"), None)
        merged: dict[str, Timing] = {}
        for event in events:
            if event.get("cat") != "Node" or not event["name"].endswith(_SUFFIX):
                continue
            first = event["ts"] if began is None else began
            start = ran_at + round((event["ts"] - first) * 1000)
            _merge(merged, event, kind, ops, start, start + round(event["dur"] * 1000))
        self.timings += merged.values()


def _merge(
    merged: dict[str, Timing], event: Mapping[str, Any], kind: str, ops: Mapping[str, Operation], start: int, end: int
) -> None:
    """Adds a node's event to the timing of its operation."""
    node = event["name"].removesuffix(_SUFFIX)
    op = operation_of_node(node, ops)
    args = event.get("args", {})
    name = op.name if op is not None else node
    on_gpu = kind != "cpu" and args.get("provider") != "CPUExecutionProvider"
    outputs = [
        (element, tuple(shape)) for entry in args.get("output_type_shape", ()) for element, shape in entry.items()
    ]
    found = merged.get(name)
    if found is None:
        place = kind if on_gpu else "cpu"
        merged[name] = Timing(name, op, place, start, end, int(args.get("output_size") or 0), outputs)
    else:
        found.start, found.end = min(found.start, start), max(found.end, end)
        found.bytes, found.outputs = int(args.get("output_size") or 0), outputs


def operation_of_node(node: str, ops: Mapping[str, Operation]) -> Operation | None:
    """The operation that the model's node called `node` was made for."""
    while "/" in node:
        node = node.rpartition("/")[0]
        if node in ops:
            return ops[node]
    return None


def profile_prefix() -> str:
    """Where profiles go: a name in the temporary directory that nothing else uses."""
    handle, path = tempfile.mkstemp(prefix="tfcompat_profile_")
    os.close(handle)
    os.remove(path)
    return path
