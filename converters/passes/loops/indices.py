"""Positions that follow from the number of the iteration: computed once, without tests that they pass anyway."""

from __future__ import annotations

import dataclasses

import numpy as np

from converters.builder import Node, Value
from converters.passes.loops.parts import Loop
from tfcompat.graph import dtypes

_LARGEST = np.iinfo(np.int32).max
_INTEGERS = (dtypes.int32, dtypes.int64)

Place = tuple[int, int]
"""(factor, offset): the value is factor * iteration + offset."""


def places(loop: Loop) -> dict[str, Place]:
    """The integer scalars of the body that follow from the number of the iteration alone, by name.

    Only for loops that run a known number of times: the values are then known not to overflow.
    """
    count = loop.count
    if count is None:
        return {}
    found: dict[str, Place] = {loop.iteration.name: (1, 0)}
    makers = {v.name: n for n in loop.nodes for v in n.outputs}
    for state in loop.states:
        step = _step(makers.get(state.next.name), state.inside)
        if step is not None and state.initial.const is not None and state.initial.const.ndim == 0:
            found[state.inside.name] = (step, int(state.initial.const))
    for node in loop.nodes:
        place = _place(node, found, makers, count)
        if place is not None and _fits(place, count):
            found[node.outputs[0].name] = place
    return found


def direct(loop: Loop) -> None:
    """Lets each Gather read its place from one shared value."""
    known = places(loop)
    shared: dict[Place, Value] = {}
    made: list[Node] = []
    nodes: list[Node] = []
    for node in loop.nodes:
        index = node.inputs[1] if node.op_type == "Gather" and not node.domain else None
        place = known.get(index.name) if index is not None else None
        if place is not None:
            if place not in shared:
                shared[place] = _computed(loop, made, place)
            node = dataclasses.replace(node, inputs=[node.inputs[0], shared[place]])
        nodes.append(node)
    loop.nodes = made + nodes


def _computed(loop: Loop, nodes: list[Node], place: Place) -> Value:
    factor, offset = place
    value = loop.iteration
    if factor == -1:
        return loop.emit(nodes, "Sub", loop.constant(offset), value, like=value, shape=())
    if factor != 1:
        value = loop.emit(nodes, "Mul", value, loop.constant(factor), like=value, shape=())
    if offset:
        value = loop.emit(nodes, "Add", value, loop.constant(offset), like=value, shape=())
    return value


def _step(node: Node | None, inside: Value) -> int | None:
    """What `node` adds to `inside`, an integer scalar."""
    if node is None or inside.dtype not in _INTEGERS or node.op_type not in ("Add", "Sub") or len(node.inputs) != 2:
        return None
    first, second = node.inputs
    assert first is not None
    assert second is not None
    if node.op_type == "Add" and second.name == inside.name:
        first, second = second, first
    if first.name != inside.name or second.const is None or second.const.ndim:
        return None
    return int(second.const) if node.op_type == "Add" else -int(second.const)


def _fits(place: Place, count: int) -> bool:
    factor, offset = place
    return max(abs(offset), abs(offset + factor * count)) < _LARGEST


def _place(node: Node, found: dict[str, Place], makers: dict[str, Node], count: int) -> Place | None:
    if node.domain or node.subgraphs or node.outputs[0].dtype not in _INTEGERS:
        return None

    def at(index: int) -> Place | None:
        value = node.inputs[index]
        if value is None:
            return None
        if value.const is not None and value.dtype in _INTEGERS and value.const.ndim == 0:
            return 0, int(value.const)
        return found.get(value.name)

    if node.op_type in ("Identity", "Cast"):
        return at(0)
    if node.op_type in ("Add", "Sub"):
        first, second = at(0), at(1)
        if first is None or second is None:
            return None
        sign = 1 if node.op_type == "Add" else -1
        return first[0] + sign * second[0], first[1] + sign * second[1]
    if node.op_type == "Where":
        return _guarded(node, at(2), found, makers, count)
    return None


def _guarded(
    node: Node, place: Place | None, found: dict[str, Place], makers: dict[str, Node], count: int
) -> Place | None:
    """The place behind Where(x < 0, other, x) when x is never negative."""
    condition = node.inputs[0]
    test = makers.get(condition.name) if condition is not None else None
    if place is None or test is None or test.op_type != "Less":
        return None
    tested, zero = test.inputs
    assert tested is not None
    assert zero is not None
    if zero.const is None or zero.const.ndim or int(zero.const) != 0 or found.get(tested.name) != place:
        return None
    return place if min(place[1], place[1] + place[0] * max(0, count - 1)) >= 0 else None
