"""`GraphDebugInfo` messages: the lines of a program that made each operation of a graph."""

from __future__ import annotations

from typing import Any

from tfcompat import protos
from tfcompat.graph.graph import Graph


def graph_debug_info(graph: Graph) -> Any:
    """The stacks of all operations; files, frames and stacks that occur several times are there once."""
    message = protos.GraphDebugInfo()
    files: dict[str, int] = {}
    frames: dict[tuple[int, int, str], int] = {}
    traces: dict[tuple[int, ...], int] = {}
    for op in graph.get_operations():
        ids = []
        for frame in op.traceback:
            place = files.setdefault(frame.filename, len(files)), frame.lineno or 0, frame.name
            ids.append(frames.setdefault(place, len(frames)))
        message.name_to_trace_id[f"{op.name}@"] = traces.setdefault(tuple(ids), len(traces))
    message.files.extend(files)
    for (file, line, function), frame_id in frames.items():
        entry = message.frames_by_id[frame_id]
        entry.file_index, entry.line, entry.func = file, line, function
    for trace, trace_id in traces.items():
        message.traces_by_id[trace_id].frame_id.extend(trace)
    return message
