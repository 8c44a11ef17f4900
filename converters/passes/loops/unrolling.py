"""Several iterations of a small body in one: ONNX Runtime's Loop costs as much as a few nodes each time."""

from __future__ import annotations

import dataclasses

from converters.builder import Node, Value
from converters.model import free_values
from converters.passes.loops.parts import Loop
from converters.passes.substitution import substituted

_MOST_NODES = 32
_LARGEST_BODY = 8
_FEWEST = 16


def unrolled(loop: Loop) -> None:
    """Lets an iteration do the work of several, for bodies of a few nodes and a known number of iterations.

    What is left over comes after the loop.
    """
    count = loop.count
    body = [n for n in loop.nodes if n.outputs[0].name != loop.again.name]
    if count is None or count < _FEWEST or loop.stacks or not 0 < len(body) <= _LARGEST_BODY:
        return
    if any(n.subgraphs for n in body) or loop.iteration.name in free_values(body):
        return
    if any(not _is_made(body, s.next) for s in loop.states):
        return
    times = _MOST_NODES // len(body)
    rest = count % times
    finals = [s.final for s in loop.states]
    if rest:
        for state in loop.states:
            state.final = Value(f"{state.final.name}/most", state.final.dtype, state.final.shape)
        ends = [s.final for s in loop.states]
        for step in range(rest):
            ends = _one(loop, loop.after, body, ends, f"left{step}", finals if step == rest - 1 else None)
    again = [n for n in loop.nodes if n.outputs[0].name == loop.again.name]
    values = [s.inside for s in loop.states]
    nodes = again
    for step in range(times):
        values = _one(loop, nodes, body, values, f"step{step}", None)
    for state, value in zip(loop.states, values, strict=True):
        state.next = value
    loop.nodes = nodes
    loop.trips = loop.constant(count // times)


def _is_made(body: list[Node], value: Value) -> bool:
    return any(v.name == value.name for n in body for v in n.outputs)


def _one(
    loop: Loop, nodes: list[Node], body: list[Node], given: list[Value], suffix: str, results: list[Value] | None
) -> list[Value]:
    """Adds one iteration from `given` to `nodes`; returns what it makes, under the names of `results` if given."""
    values = {s.inside.name: v for s, v in zip(loop.states, given, strict=True)}
    wanted = {} if results is None else {s.next.name: v for s, v in zip(loop.states, results, strict=True)}
    for node in body:
        outputs = [wanted.get(v.name) or Value(f"{v.name}/{suffix}", v.dtype, v.shape) for v in node.outputs]
        made = substituted(node, values)
        nodes.append(dataclasses.replace(made, outputs=outputs, name=f"{node.name}/{suffix}"))
        values.update({v.name: new for v, new in zip(node.outputs, outputs, strict=True)})
    return [values[s.next.name] for s in loop.states]
