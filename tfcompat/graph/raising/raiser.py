"""Raising: version 1 control flow as If and While operations in a graph of its own.

Data flows one way: frames -> loops -> conditions -> regions. A region is asked for tensors of the old graph; it makes
what they need in order, captures what belongs to a region around it, and makes an If for a choice and a While for a
loop at once for all that comes out of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from tfcompat.graph import dtypes
from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising import bodies, list_operations
from tfcompat.graph.raising.arrays import Arrays, array_kind, stack_kind
from tfcompat.graph.raising.choices import Choice, Literals
from tfcompat.graph.raising.effects import Effects
from tfcompat.graph.raising.frames import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, Frame, Frames, Loop, loops_of
from tfcompat.graph.raising.liveness import Liveness
from tfcompat.graph.raising.regions import Region, identity_of
from tfcompat.graph.tensor import Tensor

Unit = Operation | Choice | Loop
"""What is made at once."""

_SMALL = 64


class Raiser:
    """Raises some operations of a graph.

    Args:
        ops: the operations.
        feeds: tensors that are fed.
        graph: where the raised operations go.

    Attributes:
        arrays: the arrays and stacks among them.
        loops: their loops.
        liveness: their conditions.
        root: the outermost region.

    Raises:
        UnimplementedError: something cannot be raised; the message names the operation.
        InvalidArgumentError: the frames are not consistent.
    """

    def __init__(self, ops: Sequence[Operation], feeds: Collection[Tensor], graph: Graph):
        self.feeds = feeds
        self.frames = Frames(ops, feeds)
        self.loops: dict[Frame, Loop] = loops_of(self.frames, ops)
        self._variables = {v.merge: loop for loop in self.loops.values() for v in loop.variables}
        self.liveness = Liveness(self.frames, self.loops, feeds)
        self.arrays = Arrays(self.frames.order, feeds)
        self.effects = Effects(self.frames)
        self.exits: dict[Frame, list[Operation]] = {}
        for op in self.frames.order:
            if op.type in EXITS:
                self.exits.setdefault(self.frames.of(op._inputs[0].op), []).append(op)  # type: ignore[arg-type]
        self.stack_users = bodies.stack_users(self)
        self.root = Region(graph, None, "root")

    # ---------------------------------------------------------------- asking regions

    def tensor(self, region: Region, tensor: Tensor) -> Tensor:
        """What stands for `tensor` in `region`."""
        found = region.tensors.get(tensor)
        if found is not None:
            return found
        home = self.home(region, tensor)
        if home is not region:
            outer = self.tensor(home, tensor)
            return outer if outer.graph is region.graph else region.captured(outer)
        self._make_all(region, self.unit_of(tensor, region))
        return region.tensors[tensor]

    def operation(self, region: Region, op: Operation) -> Operation | None:
        """What to wait for in `region` in the place of `op`; None where waiting for nothing is as good."""
        if not self.effects.leads_to(op):
            return None
        home = self._home_of(region, op, self.liveness.of(op))
        if home is not region:
            outer = self.operation(home, op)
            if outer is None or region.graph is home.graph:
                return outer
            while region is not home:
                assert region.parent is not None
                if region.parent.graph is home.graph:
                    region.waits[outer] = None
                region = region.parent
            return None
        if op not in region.operations:
            if op.type in EXITS or op.type in MERGES:
                value = self.tensor(region, op._outputs[0])
                region.operations[op] = identity_of(region, value, op.name).op
            else:
                self._make_all(region, self._unit_of_operation(op))
        return region.operations[op]

    def fetched(self, root: Region, tensor: Tensor) -> Tensor:
        """What to fetch in the place of `tensor`; the run fails when it is dead."""
        literals = () if tensor in self.feeds else self.liveness.of_tensor(tensor)
        region, waits = root, []
        for predicate, side in sorted(literals, key=lambda lit: lit[0].op._id):
            alive = self.tensor(region, predicate)
            if not alive.dtype.base_dtype.is_bool:
                index = region.constant(side, alive.dtype.base_dtype, f"{tensor.op.name}/side")
                attrs = {"T": alive.dtype.base_dtype}
                alive = region.add("Equal", [alive, index], attrs, f"{tensor.op.name}/alive")._outputs[0]
            elif not side:
                alive = region.add("LogicalNot", [alive], {}, f"{tensor.op.name}/alive")._outputs[0]
            text = region.constant(b"The tensor returned for Retval[0] does not have value", dtypes.string, "dead")
            waits.append(
                region.add("Assert", [alive, text], {"T": [dtypes.string]}, f"{tensor.op.name}/Retval", tensor.op)
            )
            region = Region(root.graph, None, "branch", region, (predicate, side))
        value = self.tensor(region, tensor)
        return identity_of(root, value, tensor.op.name, waits) if waits else value

    def target(self, region: Region, op: Operation) -> Operation | None:
        """What runs in the place of `op`, for its effects; None where it has none."""
        waited = self.operation(region, op)
        if waited is None and op._outputs and self.effects.leads_to(op):
            return self.tensor(region, op._outputs[0]).op
        return waited

    def home(self, region: Region, tensor: Tensor) -> Region:
        """The region, this or one around it, that `tensor` is made in."""
        if tensor in self.feeds:
            return self._outermost(region)
        if self.frames.is_floating(tensor.op):
            return self._outermost(region) if _is_large(tensor.op) else region
        return self._home_of(region, tensor.op, self.liveness.of_tensor(tensor))

    @staticmethod
    def _outermost(region: Region) -> Region:
        while region.parent is not None:
            region = region.parent
        return region

    def home_of_loop(self, region: Region, loop: Loop) -> Region:
        """The region, this or one around it, that a loop is made in."""
        return self._home_in(region, loop.frame.parent, loop.cond, self.liveness.of_loop(loop.frame))

    def _home_of(self, region: Region, op: Operation, literals: Literals) -> Region:
        return self._home_in(region, self.frames.of(op), op, literals)

    @staticmethod
    def _home_in(region: Region, frame: Frame | None, op: Operation, literals: Literals) -> Region:
        while region.frame is not frame and region.parent is not None:
            region = region.parent
        if region.frame is not frame:
            raise UnimplementedError(
                None, op, f"{op.name} ({op.type}) is in a loop, and its value is used outside of it."
            )
        while region.kind == "branch" and region.literal not in literals:
            assert region.parent is not None
            region = region.parent
        return region

    def check_alive(self, region: Region, op: Operation, literals: Literals) -> None:
        """Raises UnimplementedError when `op` may be dead where it is used."""
        missing = literals - region.known()
        if missing:
            predicate, side = next(iter(missing))
            raise UnimplementedError(
                None,
                op,
                f"{op.name} ({op.type}) runs only when {predicate.name} is {_side(predicate, side)}, and it is used "
                "where that is not known.",
            )

    # ---------------------------------------------------------------- units

    def make_loop(self, region: Region, loop: Loop) -> None:
        """Makes a loop in `region`, its home, unless it is there."""
        self._make_all(region, loop)

    def unit_of(self, tensor: Tensor, region: Region) -> Unit | Tensor:
        """What makes `tensor`: an operation, a choice, a loop, or another tensor that it equals."""
        if tensor in self.feeds:
            return tensor.op
        if tensor.op.type in SWITCHES:
            return tensor
        return self._unit_of_operation(tensor.op)

    def _unit_of_operation(self, op: Operation) -> Unit:
        if op.type in EXITS:
            frame = self.frames.of(op._inputs[0].op)
            assert frame is not None
            return self.loops[frame]
        choice = self.liveness.choice_of.get(op)
        return op if choice is None else choice

    def _make_all(self, region: Region, wanted: Unit | Tensor) -> None:
        """Makes `wanted` and what it needs in `region`, without recursion along chains."""
        pending = [wanted]
        opened: set[object] = set()
        while pending:
            unit = pending[-1]
            if self._is_made(region, unit):
                pending.pop()
                continue
            if unit in opened:
                self._begin(region, unit)
                self._make(region, unit)
                region.making.discard(unit)
                pending.pop()
                continue
            opened.add(unit)
            pending += [u for u in self._missing(region, unit) if u not in opened]

    def _begin(self, region: Region, unit: Unit | Tensor) -> None:
        """Marks that `unit` is being made.

        Raises:
            UnimplementedError: it is already: what it is made of needs it.
        """
        if unit in region.making:
            op = _operation_of(unit)
            raise UnimplementedError(
                None, op, f"{op.name} ({op.type}) cannot be raised: what it needs around it depends on its own result."
            )
        region.making.add(unit)

    def _is_made(self, region: Region, unit: Unit | Tensor) -> bool:
        if isinstance(unit, Tensor):
            return unit in region.tensors
        if isinstance(unit, Operation):
            return unit in region.operations
        return unit in region.results

    def _missing(self, region: Region, unit: Unit | Tensor) -> list[Unit | Tensor]:
        """What `unit` needs that `region` itself has to make."""
        tensors, controls = self._needs(unit)
        found: list[Unit | Tensor] = []
        for tensor in tensors:
            if tensor not in region.tensors and self.home(region, tensor) is region:
                found.append(self.unit_of(tensor, region))
        for op in controls:
            if self.effects.leads_to(op) and self._home_of(region, op, self.liveness.of(op)) is region:
                found.append(self._unit_of_operation(op))
        return [u for u in found if not self._is_made(region, u)]

    def _needs(self, unit: Unit | Tensor) -> tuple[Iterable[Tensor], Iterable[Operation]]:
        if isinstance(unit, Tensor):
            return [unit.op._inputs[0]], unit.op._control_inputs
        if isinstance(unit, Loop):
            enters = unit.frame.enters
            return (
                [t for op in enters for t in op._inputs if self.is_value(t)],
                [c for op in enters for c in op._control_inputs],
            )
        if isinstance(unit, Choice):
            return bodies.needs_of_choice(self, unit)
        if any(t in self.feeds for t in unit._outputs) and all(t in self.feeds for t in unit._outputs):
            return (), ()
        if unit.type in MERGES and unit in self.liveness.passing:
            return [self.liveness.passing[unit][1]], unit._control_inputs
        if unit in self._variables or unit.type in ENTERS:
            return (), ()
        return [t for t in unit._inputs if self.is_value(t)], unit._control_inputs

    def is_value(self, tensor: Tensor) -> bool:
        """Whether `tensor` stands for a value, not for an array or stack that has none by itself."""
        if tensor.dtype.base_dtype.name not in ("resource", "string"):
            return True
        return not (self.arrays.is_stack_handle(tensor) or self.arrays.is_array_handle(tensor))

    def _make(self, region: Region, unit: Unit | Tensor) -> None:
        if isinstance(unit, Tensor):
            self._take_switch(region, unit)
        elif isinstance(unit, Choice):
            bodies.make_choice(self, region, unit)
        elif isinstance(unit, Loop):
            bodies.make_while(self, region, unit)
        elif any(t in self.feeds for t in unit._outputs):
            self._take_fed(region, unit)
        elif unit in self.liveness.passing:
            index, tensor = self.liveness.passing[unit]
            region.tensors[unit._outputs[0]] = self.tensor(region, tensor)
            region.tensors[unit._outputs[1]] = region.constant(index, unit._outputs[1].dtype, unit.name)
            region.operations[unit] = None
        elif unit.type in SWITCHES:
            region.operations[unit] = self._after_sources(region, unit)
        elif unit.type in ENTERS:
            region.tensors[unit._outputs[0]] = self._entered(region, unit)
            region.operations[unit] = None
        elif unit in self._variables or unit.type in NEXTS or unit.type == "LoopCond":
            raise UnimplementedError(
                None, unit, f"{unit.name} ({unit.type}) is used outside of the loop it is part of."
            )
        else:
            self._take(region, unit)

    def _take_switch(self, region: Region, tensor: Tensor) -> None:
        """The data of a Switch where its side is alive."""
        switch = tensor.op
        if self.liveness.decides_loop(switch):
            wanted = {"body": 1, "after": 0}.get(region.kind if region.kind != "branch" else self._loop_part(region))
            if tensor.value_index != wanted:
                raise UnimplementedError(
                    None, switch, f"{tensor.name} ({switch.type}) is used in a part of its loop where it is dead."
                )
        else:
            self.check_alive(region, switch, self.liveness.of_tensor(tensor))
        region.tensors[tensor] = self.tensor(region, switch._inputs[0])
        region.operations.setdefault(switch, None)

    def _after_sources(self, region: Region, op: Operation) -> Operation | None:
        """What to wait for in the place of `op`, which is nothing but what it takes."""
        sources = [op._inputs[0].op, *op._control_inputs]
        waits = [w for s in sources if (w := self.operation(region, s)) is not None]
        if len(waits) > 1:
            return region.add("NoOp", [], {}, op.name, op, waits)
        return waits[0] if waits else None

    @staticmethod
    def _loop_part(region: Region) -> str:
        while region.kind == "branch":
            assert region.parent is not None
            region = region.parent
        return region.kind

    def _entered(self, region: Region, enter: Operation) -> Tensor:
        """What an Enter brings in that does not change."""
        source = enter._inputs[0]
        frame = self.frames.of(enter)
        assert frame is not None
        around = region
        while around.frame is frame:
            assert around.parent is not None
            around = around.parent
        outer = self.tensor(around, source)
        return outer if outer.graph is region.graph else region.captured(outer)

    def _take_fed(self, region: Region, op: Operation) -> None:
        """Placeholders for the fed outputs of `op`, and `op` itself for the others."""
        if self.frames.of(op) is not None:
            raise UnimplementedError(None, op, f"{op.name} ({op.type}) is in a loop, where nothing can be fed.")
        for tensor in op._outputs:
            if tensor in self.feeds:
                attrs = {"dtype": tensor.dtype.base_dtype, "shape": tensor.shape}
                made = region.add("Placeholder", [], attrs, op.name, op)
                region.tensors[tensor] = made._outputs[0]
        region.operations[op] = None

    def _take(self, region: Region, op: Operation) -> None:
        self.check_alive(region, op, self.liveness.of(op))
        control = [c for c in (self.operation(region, c) for c in op._control_inputs) if c is not None]
        if array_kind(op.type) is not None or stack_kind(op.type) is not None or self._sums_lists(op):
            list_operations.take(self, region, op)
            region.operations.setdefault(op, None)
            return
        made = region.copy(op, [self.tensor(region, t) for t in op._inputs], control)
        for old, new in zip(op._outputs, made._outputs, strict=True):
            region.tensors[old] = new
        region.operations[op] = made

    def _sums_lists(self, op: Operation) -> bool:
        return bool(op._outputs) and self.arrays.list_of(op._outputs[0]) is not None


def _side(predicate: Tensor, side: int) -> object:
    return bool(side) if predicate.dtype.base_dtype.is_bool else side


def _operation_of(unit: Unit | Tensor) -> Operation:
    """The operation to name where `unit` is refused."""
    if isinstance(unit, Choice):
        return next(iter(unit.merges))
    if isinstance(unit, Loop):
        return unit.cond
    return unit.op if isinstance(unit, Tensor) else unit


def _is_large(op: Operation) -> bool:
    return op.type == "Const" and op.attrs["value"].size > _SMALL
