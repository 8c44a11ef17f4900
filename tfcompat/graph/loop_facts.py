"""What the graph says about a loop: which variables matter, which count, and how tensor lists are used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.upstream import needed_operations

_PLUS, _MINUS = ("AddV2", "Add"), "Sub"


@dataclass(frozen=True, slots=True)
class Affine:
    """An integer that changes by the same amount in every iteration.

    Attributes:
        terms: (sign, leaf) pairs whose sum it is; a leaf is an input of the body or a constant.
        step: what is added to it from one iteration to the next.
    """

    terms: tuple[tuple[int, Tensor], ...]
    step: int


@dataclass(frozen=True, slots=True)
class ListUse:
    """How the body uses a list that is a loop variable.

    Attributes:
        kind: "write" (one element a step, at an index that goes up or down by one), "push" or "pop".
        op: the operation that makes the next list.
        index: where it is written.
        reads: operations that read the element that is then written.
    """

    kind: str
    op: Operation
    index: Affine | None = None
    reads: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A condition `counter < limit` (or the other way round) on a loop variable.

    Attributes:
        counter: its position.
        step: 1 or -1.
        limit: an input of the condition that does not change, or a constant.
        inclusive: whether the limit itself still passes.
    """

    counter: int
    step: int
    limit: Tensor
    inclusive: bool


@dataclass(slots=True)
class _Uses:
    consumers: list[tuple[Operation, int]] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)


class LoopFacts:
    """What is known of a While operation.

    Args:
        op: the operation.
        wanted: tensors that a plan uses; outputs that are not among them may be left out.

    Attributes:
        live: positions of the loop variables that the plan needs.
        carried: those of them that the body changes.
    """

    def __init__(self, op: Operation, wanted: Collection[Tensor]):
        self.cond, self.body = function_graphs(op)
        self._position = {t: i for i, t in enumerate(self.body.inputs)}
        effects = self.body.__dict__.get("_effects", ())
        needed = {i for i, t in enumerate(op._outputs) if t in wanted}
        in_cond = {t: i for i, t in enumerate(self.cond.inputs)}
        needed.update(in_cond[t] for t in _leaves(self.cond, self.cond.outputs, self.cond.__dict__.get("_effects", ())))
        needed.update(self._position[t] for t in _leaves(self.body, (), effects))
        pending = list(needed)
        while pending:
            for tensor in _leaves(self.body, [self.body.outputs[pending.pop()]], ()):
                position = self._position[tensor]
                if position not in needed:
                    needed.add(position)
                    pending.append(position)
        self.live = sorted(needed)
        self.carried = [i for i in self.live if not self.is_invariant(i)]
        self._uses = self._collect_uses(effects)
        self._used_by_cond = {in_cond[t] for t in _leaves(self.cond, self.cond.outputs, ())}

    def is_invariant(self, position: int) -> bool:
        """Whether the loop variable at `position` never changes."""
        return root(self.body.outputs[position]) is self.body.inputs[position]

    def _collect_uses(self, effects: Iterable[Operation]) -> dict[Tensor, _Uses]:
        uses: dict[Tensor, _Uses] = {}
        outputs = [self.body.outputs[i] for i in self.live]
        for op in needed_operations(outputs, effects, set(self.body.inputs)):
            if op.type == "Identity" and not op._control_inputs:
                continue
            for index, tensor in enumerate(op._inputs):
                uses.setdefault(root(tensor), _Uses()).consumers.append((op, index))
        for position in self.live:
            uses.setdefault(root(self.body.outputs[position]), _Uses()).positions.append(position)
        return uses

    def uses_of(self, tensor: Tensor) -> _Uses:
        """Who takes `tensor` of the body, directly or through Identities, and the loop variables it becomes."""
        return self._uses.get(tensor, _Uses())

    # ---------------------------------------------------------------- integers

    def affine(self, tensor: Tensor) -> Affine | None:
        """`tensor` of the body as a sum of counters and of what does not change, or None."""
        return affine(tensor, self._step_of)

    def _step_of(self, leaf: Tensor) -> int | None:
        position = self._position.get(leaf)
        if position is None:
            return None
        return 0 if self.is_invariant(position) else self.counter_step(position)

    def counter_step(self, position: int) -> int | None:
        """What every iteration adds to a scalar integer loop variable; None when that varies."""
        own = self.body.inputs[position]
        terms = _terms(self.body.outputs[position], 1)
        if terms is None or [leaf for _, leaf in terms].count(own) != 1 or (1, own) not in terms:
            return None
        step = 0
        for sign, leaf in terms:
            if leaf is own:
                continue
            if leaf.op.type != "Const":
                return None
            step += sign * int(leaf.op.attrs["value"])
        return step

    def bounds(self) -> list[Bound] | None:
        """The conditions that must hold for another iteration; None when there are others than bounds of counters."""
        found: list[Bound] = []
        pending = [self.cond.outputs[0]]
        positions = {t: i for i, t in enumerate(self.cond.inputs)}
        while pending:
            tensor = root(pending.pop())
            if tensor.op.type == "LogicalAnd" and not tensor.op._control_inputs:
                pending += tensor.op._inputs
                continue
            bound = self._bound(tensor.op, positions)
            if bound is None:
                return None
            found.append(bound)
        return found

    def _bound(self, op: Operation, positions: dict[Tensor, int]) -> Bound | None:
        """One comparison as a bound; `positions` are those of the condition's inputs."""
        if op.type not in ("Less", "LessEqual", "Greater", "GreaterEqual") or op._control_inputs:
            return None
        small, large = (root(t) for t in (op._inputs if op.type.startswith("Less") else op._inputs[::-1]))
        if not small.dtype.is_integer or small.shape.rank != 0 or large.shape.rank != 0:
            return None
        for counter, limit, wanted in ((small, large, 1), (large, small, -1)):
            position, fixed = positions.get(counter), positions.get(limit)
            if position is None or self.is_invariant(position):
                continue
            if not (limit.op.type == "Const" or fixed is not None and self.is_invariant(fixed)):
                continue
            if self.counter_step(position) == wanted:
                return Bound(position, wanted, limit, op.type.endswith("Equal"))
        return None

    # ---------------------------------------------------------------- lists

    def list_use(self, position: int) -> ListUse | None:
        """How the list at `position` is used, when it is used in one of the simple ways."""
        if position in self._used_by_cond:
            return None
        own = self.body.inputs[position]
        uses = self.uses_of(own)
        after = root(self.body.outputs[position])
        if uses.positions or self._position.get(after) is not None:
            return None
        later = self.uses_of(after)
        if later.consumers or later.positions != [position]:
            return None
        makers = [op for op, index in uses.consumers if op is after.op and index == 0]
        others = [op for op, _ in uses.consumers if op is not after.op]
        if len(makers) != 1 or len(makers) + len(others) != len(uses.consumers):
            return None
        if any(op._control_inputs for op in (*makers, *others)):
            return None
        maker = makers[0]
        if maker.type == "TensorListPushBack":
            return ListUse("push", maker) if not others else None
        if maker.type == "TensorListPopBack" and after.value_index == 0:
            return ListUse("pop", maker) if not others else None
        return self._write(maker, others) if maker.type == "TensorListSetItem" else None

    def _write(self, maker: Operation, others: list[Operation]) -> ListUse | None:
        index = self.affine(maker._inputs[1])
        if index is None or index.step not in (1, -1):
            return None
        same = root(maker._inputs[1])
        if not all(op.type == "TensorListGetItem" and root(op._inputs[1]) is same for op in others):
            return None
        return ListUse("write", maker, index, tuple(others))


def affine(tensor: Tensor, step_of: Callable[[Tensor], int | None]) -> Affine | None:
    """`tensor` as a sum of leaves each of which changes by the same amount in every iteration, or None.

    Args:
        tensor: a scalar integer in the body of a loop.
        step_of: what every iteration adds to an input of the body; None when that varies.
    """
    terms = _terms(tensor, 1)
    if terms is None:
        return None
    steps = [0 if leaf.op.type == "Const" else step_of(leaf) for _, leaf in terms]
    if None in steps:
        return None
    return Affine(
        tuple(terms), sum(sign * step for (sign, _), step in zip(terms, steps, strict=True) if step is not None)
    )


def _terms(tensor: Tensor, sign: int) -> list[tuple[int, Tensor]] | None:
    """The placeholders and constants whose sum `tensor` is, with their signs; None when it is no such sum."""
    tensor = root(tensor)
    if not tensor.dtype.base_dtype.is_integer or tensor.shape.rank != 0:
        return None
    op = tensor.op
    if op.type in ("Const", "Placeholder"):
        return [(sign, tensor)]
    if op.type == "Cast":
        return _terms(op._inputs[0], sign)
    if op.type in _PLUS or op.type == _MINUS:
        first = _terms(op._inputs[0], sign)
        second = _terms(op._inputs[1], -sign if op.type == _MINUS else sign)
        return None if first is None or second is None else first + second
    return None


def root(tensor: Tensor) -> Tensor:
    """What `tensor` is behind Identities that wait for nothing."""
    while (
        tensor.op.type == "Identity" and not tensor.op._control_inputs and not tensor.op._inputs[0].dtype._is_ref_dtype
    ):
        tensor = tensor.op._inputs[0]
    return tensor


def _leaves(graph: FuncGraph, tensors: Iterable[Tensor], effects: Iterable[Operation]) -> list[Tensor]:
    """The inputs of `graph` that `tensors` and `effects` depend on."""
    ops = set(needed_operations(tensors, effects, ()))
    return [t for t in graph.inputs if t.op in ops]
