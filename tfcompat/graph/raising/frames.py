"""Frames of version 1 control flow: which loop each operation is in, and what the loops are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

ENTERS = frozenset({"Enter", "RefEnter"})
EXITS = frozenset({"Exit", "RefExit"})
MERGES = frozenset({"Merge", "RefMerge"})
SWITCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
NEXTS = frozenset({"NextIteration", "RefNextIteration"})
_VARIABLES = frozenset({"VariableV2", "Variable", "VarHandleOp", "TemporaryVariable"})


@dataclass(eq=False, slots=True)
class Frame:
    """A frame: one loop, in the frame around it.

    Attributes:
        name: as the `Enter` operations call it.
        parent: the frame around it, None at the outside.
        enters: the operations that bring values in.
    """

    name: str
    parent: Frame | None
    enters: list[Operation] = field(default_factory=list)

    def path(self) -> str:
        """Its name behind those of the frames around it."""
        return self.name if self.parent is None else f"{self.parent.path()}/{self.name}"


def path_of(frame: Frame | None) -> str:
    """The path of a frame, empty outside of all."""
    return "" if frame is None else frame.path()


class Frames:
    """The frames of a set of operations.

    Args:
        ops: the operations.
        feeds: tensors that are fed; they are outside all frames.

    Attributes:
        order: the operations in an order in which each comes after what it takes, but for what comes back from the
            iteration before.

    Raises:
        InvalidArgumentError: inputs of an operation are in different frames, an `Exit` is outside all frames, or there
            is a cycle that no loop explains.
    """

    def __init__(self, ops: Sequence[Operation], feeds: Collection[Tensor]):
        self._feeds = feeds
        self._frames: dict[Operation, Frame | None] = {}
        self._floating: set[Operation] = set()
        self._made: dict[tuple[Frame | None, str], Frame] = {}
        self._around: dict[str, tuple[str, ...]] = {}
        self.order = _forward_order(ops, feeds)
        if any(op.type in ENTERS for op in self.order):
            self._find_surroundings()
        for op in self.order:
            self._assign(op)

    def _find_surroundings(self) -> None:
        """Finds out which frames are inside which: an `Enter` of a constant does not tell."""
        inside: dict[Operation, tuple[str, ...]] = {}
        for op in self.order:
            known = [inside[t.op] for t in op._inputs if t not in self._feeds and t.op in inside]
            path = known[0] if known else ()
            if op.type in ENTERS:
                name = op.attrs["frame_name"].decode()
                if path:
                    self._around[name] = path
                path = (*self._around.get(name, ()), name)
            elif op.type in EXITS:
                path = path[:-1]
            if path:
                inside[op] = path

    def __iter__(self) -> Iterable[Frame]:
        return iter(self._made.values())

    def all(self) -> list[Frame]:
        """All frames, those around others first."""
        return list(self._made.values())

    def of(self, op: Operation) -> Frame | None:
        """The frame that `op` is in, None outside of all."""
        return self._frames.get(op)

    def is_floating(self, op: Operation) -> bool:
        """Whether `op` depends on constants alone, so that it is the same in every frame."""
        return op in self._floating

    def _assign(self, op: Operation) -> None:
        known = [(t.op, None if t in self._feeds else self._frames.get(t.op)) for t in op._inputs if self._settles(t)]
        known += [(c, self._frames[c]) for c in op._control_inputs if c in self._frames and c not in self._floating]
        if not known and _may_float(op):
            self._floating.add(op)
        inside = known[0][1] if known else None
        data = [k for k in known if k[0] not in op._control_inputs]
        for source, frame in data[1:]:
            if frame is not data[0][1]:
                raise InvalidArgumentError(
                    None,
                    op,
                    f"{{{{node {op.name}}}}} has inputs from different frames. The "
                    f"input {{{{node {source.name}}}}} is in frame '{path_of(frame)}'. The "
                    f"input {{{{node {data[0][0].name}}}}} is in frame '{path_of(data[0][1])}'.",
                )
        if op.type in ENTERS:
            name = op.attrs["frame_name"].decode()
            if not known:
                for around in self._around.get(name, ()):
                    inside = self._frame(inside, around)
            inside = self._frame(inside, name)
            inside.enters.append(op)
        elif op.type in EXITS:
            if inside is None:
                raise InvalidArgumentError(None, op, "Invalid Exit op: Cannot find a corresponding Enter op.")
            inside = inside.parent
        self._frames[op] = inside

    def _frame(self, parent: Frame | None, name: str) -> Frame:
        return self._made.setdefault((parent, name), Frame(name, parent))

    def _settles(self, tensor: Tensor) -> bool:
        """Whether the frame of what takes `tensor` follows from it."""
        return tensor in self._feeds or tensor.op in self._frames and tensor.op not in self._floating


def _may_float(op: Operation) -> bool:
    if op.definition.is_stateful or op.type in _VARIABLES or op.type.startswith("Placeholder") or op.type in ENTERS:
        return False
    return not any(t.dtype._is_ref_dtype for t in (*op._inputs, *op._outputs)) and bool(op._outputs)


def _forward_order(ops: Sequence[Operation], feeds: Collection[Tensor]) -> list[Operation]:
    wanted = set(ops)
    followers: dict[Operation, list[Operation]] = {op: [] for op in ops}
    missing: dict[Operation, int] = {}
    for op in ops:
        sources = {t.op for t in op._inputs if t not in feeds and not (op.type in MERGES and t.op.type in NEXTS)}
        sources.update(op._control_inputs)
        sources &= wanted
        missing[op] = len(sources)
        for source in sources:
            followers[source].append(op)
    ready = [op for op in reversed(ops) if not missing[op]]
    order: list[Operation] = []
    while ready:
        op = ready.pop()
        order.append(op)
        for follower in followers[op]:
            missing[follower] -= 1
            if not missing[follower]:
                ready.append(follower)
    if len(order) < len(ops):
        stuck = [op.name for op in ops if missing[op]]
        raise InvalidArgumentError(
            None, None, f"Graph is invalid, contains a cycle with {len(stuck)} nodes, including: {', '.join(stuck[:5])}"
        )
    return order


# ---------------------------------------------------------------- loops


@dataclass(slots=True)
class LoopVariable:
    """What a loop carries: it begins with what `enter` takes, is `merge`, and goes on with what `next` takes."""

    enter: Operation
    merge: Operation
    next: Operation


@dataclass(eq=False, slots=True)
class Loop:
    """The parts of a loop.

    Attributes:
        frame: its frame.
        variables: what it carries.
        condition: the scalar that decides whether there is another iteration.
        cond: the `LoopCond` operation.
        invariants: the operations that bring in what does not change.
    """

    frame: Frame
    variables: list[LoopVariable]
    condition: Tensor
    cond: Operation
    invariants: list[Operation]


def loops_of(frames: Frames, ops: Sequence[Operation]) -> dict[Frame, Loop]:
    """The loop of every frame.

    Raises:
        UnimplementedError: a frame is not made like a loop.
    """
    merges: dict[Frame, list[Operation]] = {}
    conds: dict[Frame, list[Operation]] = {}
    for op in ops:
        frame = frames.of(op)
        if frame is None:
            continue
        if op.type == "LoopCond":
            conds.setdefault(frame, []).append(op)
        elif op.type in MERGES and any(t.op.type in NEXTS or t.op in frame.enters for t in op._inputs):
            merges.setdefault(frame, []).append(op)
    return {f: _loop(f, merges.get(f, []), conds.get(f, [])) for f in frames.all()}


def _loop(frame: Frame, merges: Sequence[Operation], conds: Sequence[Operation]) -> Loop:
    if len(conds) != 1:
        raise UnimplementedError(
            None,
            frame.enters[0],
            f"The frame '{frame.path()}', which {frame.enters[0].name} enters, has {len(conds)} LoopCond operations; "
            "only loops with one can be raised to a While.",
        )
    variables = []
    for merge in merges:
        starts = [t.op for t in merge._inputs if t.op in frame.enters]
        nexts = [t.op for t in merge._inputs if t.op.type in NEXTS]
        if len(starts) != 1 or len(nexts) != 1 or len(merge._inputs) != 2:
            raise UnimplementedError(
                None, merge, f"{merge.name} ({merge.type}) does not join one Enter with one NextIteration."
            )
        variables.append(LoopVariable(starts[0], merge, nexts[0]))
    carried = {v.enter for v in variables}
    invariants = [op for op in frame.enters if op not in carried]
    for op in invariants:
        if not op.attrs["is_constant"]:
            raise UnimplementedError(
                None, op, f"{op.name} ({op.type}) brings in a value for the first iteration alone."
            )
    return Loop(frame, variables, conds[0]._inputs[0], conds[0], invariants)
