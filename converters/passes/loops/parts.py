"""An ONNX Loop taken apart, so that passes can change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from converters.builder import Node, Subgraph, Value
from tfcompat.graph import dtypes


@dataclass(slots=True, eq=False)
class State:
    """A value that goes from one iteration to the next.

    Attributes:
        initial: before the loop.
        inside: at the beginning of an iteration.
        next: at its end.
        final: after the loop.
    """

    initial: Value
    inside: Value
    next: Value
    final: Value


@dataclass(slots=True)
class Stack:
    """A value of every iteration, and all of them stacked after the loop."""

    item: Value
    stacked: Value


@dataclass
class Loop:
    """A Loop.

    Attributes:
        node: as it was.
        trips: how many iterations at most; None where only the condition ends it.
        proceed: whether there is a first iteration; None for always.
        iteration: the number of the iteration, from 0.
        going: the condition in the body.
        again: whether there is another iteration.
        states: what goes from one iteration to the next.
        stacks: what is collected.
        nodes: of the body.
        before: nodes that come before the loop now.
        after: nodes that come after it now.
        used: names of values that are used after the loop.
    """

    node: Node
    trips: Value | None
    proceed: Value | None
    iteration: Value
    going: Value
    again: Value
    states: list[State]
    stacks: list[Stack]
    nodes: list[Node]
    used: set[str]
    before: list[Node] = field(default_factory=list)
    after: list[Node] = field(default_factory=list)
    _made: int = 0

    @classmethod
    def of(cls, node: Node, used: set[str]) -> Loop:
        """The parts of the Loop `node`."""
        body = node.subgraphs["body"]
        trips, proceed, *initials = node.inputs
        count = len(initials)
        states = [
            State(initial, *rest)  # type: ignore[arg-type]
            for initial, *rest in zip(
                initials, body.inputs[2:], body.outputs[1 : 1 + count], node.outputs[:count], strict=True
            )
        ]
        stacks = [Stack(*pair) for pair in zip(body.outputs[1 + count :], node.outputs[count:], strict=True)]
        iteration, going = body.inputs[:2]
        return cls(node, trips, proceed, iteration, going, body.outputs[0], states, stacks, list(body.nodes), used)

    def all_nodes(self) -> list[Node]:
        """What takes the place of the node."""
        inputs = [self.iteration, self.going, *(s.inside for s in self.states)]
        outputs = [self.again, *(s.next for s in self.states), *(s.item for s in self.stacks)]
        finals = [*(s.final for s in self.states), *(s.stacked for s in self.stacks)]
        if not finals:
            return [*self.before, *self.after]
        initials = [self.trips, self.proceed, *(s.initial for s in self.states)]
        body = Subgraph(inputs, outputs, self.nodes)
        loop = Node("Loop", "", initials, finals, self.node.attrs, self.node.name, {"body": body})
        return [*self.before, loop, *self.after]

    @property
    def is_counted(self) -> bool:
        """Whether the loop runs exactly as often as `trips` says."""
        if self.trips is None or self.proceed is not None:
            return False
        maker = next((n for n in self.nodes if n.outputs[0].name == self.again.name), None)
        return (
            self.again.name == self.going.name
            or maker is not None
            and maker.op_type == "Identity"
            and maker.inputs[0] is not None
            and maker.inputs[0].name == self.going.name
        )

    @property
    def count(self) -> int | None:
        """How often the loop runs, if that is known."""
        if not self.is_counted or self.trips is None or self.trips.const is None:
            return None
        return max(0, int(self.trips.const.reshape(())))

    def inner_names(self) -> set[str]:
        """The names of what the body is given or makes in each iteration."""
        own = {self.iteration.name, self.going.name, *(s.inside.name for s in self.states)}
        return own | {v.name for n in self.nodes for v in n.outputs}

    def outputs(self) -> list[str]:
        """The names of what the body gives."""
        return [self.again.name, *(s.next.name for s in self.states), *(s.item.name for s in self.stacks)]

    def emit(
        self,
        nodes: list[Node],
        op_type: str,
        *inputs: Value,
        like: Value,
        shape: tuple[int | None, ...] | None = None,
        output: Value | None = None,
        **attrs: object,
    ) -> Value:
        """Adds a node to `nodes` that gives a value of the type of `like`, or `output`; returns it."""
        self._made += 1
        made = output or Value(f"{self.node.name}/{op_type}_{self._made}", like.dtype, shape)
        nodes.append(Node(op_type, "", list(inputs), [made], dict(attrs), made.name))
        return made

    def constant(self, value: object) -> Value:
        """An int64 constant, or one of the type of an array."""
        self._made += 1
        array = np.asarray(value, None if isinstance(value, np.ndarray) else np.int64)
        return Value(f"{self.node.name}/const_{self._made}", dtypes.as_dtype(array.dtype), array.shape, array)


LoopPass = Callable[[Loop], None]
