"""Choices as If operations and loops as While operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.handles import copy_handle_data, element_shape
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.raising import list_operations
from tfcompat.graph.raising.arrays import stack_kind
from tfcompat.graph.raising.choices import Choice, Literals
from tfcompat.graph.raising.frames import EXITS, SWITCHES, Frame, Loop
from tfcompat.graph.raising.regions import VARIANT, Region, identity_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

if TYPE_CHECKING:
    from tfcompat.graph.raising.raiser import Raiser

StackUsers = dict[Frame, list[tuple[Tensor, Operation]]]


# ---------------------------------------------------------------- choices


def needs_of_choice(raiser: Raiser, choice: Choice) -> tuple[list[Tensor], list[Operation]]:
    """The tensors and operations that the sides of a choice take from outside of it."""
    tensors: dict[Tensor, None] = {choice.predicate: None}
    controls: dict[Operation, None] = {}
    waits = [c for merge in choice.merges for c in merge._control_inputs]
    for side in range(choice.count):
        literal = (choice.predicate, side)
        pending: list[Tensor | Operation] = [tensors[side] for tensors in choice.merges.values()]
        pending += [c for c in waits if literal in raiser.liveness.of(c)]
        seen: set[Any] = set()
        while pending:
            item = pending.pop()
            if item in seen:
                continue
            seen.add(item)
            op = item.op if isinstance(item, Tensor) else item
            if isinstance(item, Tensor):
                if item in raiser.feeds:
                    tensors[item] = None
                    continue
                if raiser.frames.is_floating(op):
                    continue
                literals = raiser.liveness.of_tensor(item)
            else:
                literals = raiser.liveness.of(op)
            if literal not in literals and raiser.frames.of(op) is choice.frame:
                if isinstance(item, Tensor):
                    if raiser.is_value(item):
                        tensors[item] = None
                else:
                    controls[op] = None
                continue
            if op.type in SWITCHES:
                pending.append(op._inputs[0])
            elif op.type in EXITS:
                enters = raiser.frames.of(op._inputs[0].op).enters  # type: ignore[union-attr]
                pending += [t for e in enters for t in e._inputs]
                pending += [c for e in enters for c in e._control_inputs]
            else:
                pending += op._inputs
            pending += op._control_inputs
    controls.update(dict.fromkeys(c for c in waits if not choice.decides(raiser.liveness.of(c))))
    return list(tensors), list(controls)


def make_choice(raiser: Raiser, region: Region, choice: Choice) -> None:
    """Makes the If or Case of a choice in `region`, its home."""
    first = next(iter(choice.merges))
    raiser.check_alive(region, first, choice.literals)
    waits = [c for merge in choice.merges for c in merge._control_inputs]
    branches = []
    for side in range(choice.count):
        literal = (choice.predicate, side)
        branch = Region(region.inner(f"{first.name}_{side}"), choice.frame, "branch", region, literal)
        ours = [c for c in waits if literal in raiser.liveness.of(c)]
        control = [w for c in ours if (w := raiser.operation(branch, c)) is not None]
        outputs = []
        for merge, tensors in choice.merges.items():
            value = as_list_like(raiser, branch, merge._outputs[0], tensors[side])
            outputs.append(identity_of(branch, value, merge.name, control) if control else value)
            position = next(i for i, t in enumerate(merge._inputs) if t is tensors[side])
            outputs.append(branch.constant(position, merge._outputs[1].dtype, f"{merge.name}/index"))
        assert isinstance(branch.graph, FuncGraph)
        branch.graph.outputs = outputs
        branches.append(branch)
    for c in waits:
        if not choice.decides(raiser.liveness.of(c)) and (wait := raiser.operation(region, c)) is not None:
            branches[0].waits[wait] = None
    predicate = raiser.tensor(region, choice.predicate)
    op = record_branches(region, predicate, branches, first.name, first)
    results = iter(op._outputs)
    for merge in choice.merges:
        for tensor in merge._outputs:
            made = region.tensors[tensor] = next(results)
            if made.dtype is not VARIANT and made._shape.is_compatible_with(tensor._shape):
                made._shape = made._shape.merge_with(tensor._shape)
    region.results[choice] = op


def record_branches(
    region: Region, predicate: Tensor, branches: Sequence[Region], name: str, like: Operation | None
) -> Operation:
    """An If of branches (for false, for true), or a Case of them, whose graphs have their outputs."""
    graphs: list[Any] = [b.graph for b in branches]
    captured = list(dict.fromkeys(t for g in graphs for t in g.external_captures))
    for graph in graphs:
        graph.align_captures(captured)
    inputs = [region.captured(t) for t in captured]
    columns = list(zip(*(g.outputs for g in graphs), strict=True))
    attrs: dict[str, Any] = {
        "Tin": [t.dtype.base_dtype for t in inputs],
        "Tout": [t[0].dtype.base_dtype for t in columns],
        "output_shapes": [common_shape([t.shape for t in column]) for column in columns],
    }
    kind = "" if any(g.is_stateful for g in graphs) else "Stateless"
    if predicate.dtype.base_dtype.is_bool:
        kind, graphs = kind + "If", graphs[::-1]
        references = [FuncRef(g.name) for g in graphs]
        attrs.update(Tcond=predicate.dtype.base_dtype, then_branch=references[0], else_branch=references[1])
    else:
        kind += "Case"
        attrs["branches"] = [FuncRef(g.name) for g in graphs]
    waits = list(dict.fromkeys(w for b in branches for w in b.waits))
    op = region.add(kind, [predicate, *inputs], attrs, name, like, waits)
    op.__dict__["_function_graphs"] = graphs
    for column, made in zip(columns, op._outputs, strict=True):
        copy_handle_data(next((t for t in column if element_shape(t).rank is not None), column[0]), made)
    return op


def common_shape(shapes: Sequence[TensorShape]) -> TensorShape:
    """What is true of all of `shapes`."""
    common = shapes[0]
    for other in shapes[1:]:
        common = common.most_specific_compatible_shape(other)
    return common


def as_list_like(raiser: Raiser, region: Region, flow: Tensor, tensor: Tensor) -> Tensor:
    """What stands for `tensor` where `flow` is: an empty list where a number stands for no gradient of an array."""
    array = raiser.arrays.list_of(flow)
    if array is None or raiser.arrays.list_of(tensor) is not None:
        return raiser.tensor(region, tensor)
    return list_operations.blank(raiser, region, array)


# ---------------------------------------------------------------- loops


def make_while(raiser: Raiser, region: Region, loop: Loop) -> None:
    """Makes the While of a loop in `region`, its home."""
    frame = loop.frame
    raiser.check_alive(region, loop.cond, raiser.liveness.of_loop(frame))
    initials = [as_list_like(raiser, region, v.merge._outputs[0], v.enter._inputs[0]) for v in loop.variables]
    stacks = raiser.stack_users.get(frame, [])
    initials += [_stack_before(raiser, region, stack, op) for stack, op in stacks]
    shapes = [t.shape for t in initials]
    while True:
        cond, body = (_part(raiser, region, loop, kind, initials, shapes) for kind in ("cond", "body"))
        found = [
            shape.most_specific_compatible_shape(after.shape)
            for shape, after in zip(shapes, body.graph.outputs, strict=True)  # type: ignore[attr-defined]
        ]
        if all(a.tuple == b.tuple for a, b in zip(found, shapes, strict=True)):
            break
        shapes = found
    waits = [w for e in frame.enters for c in e._control_inputs if (w := raiser.operation(region, c)) is not None]
    op = _record_while(region, cond, body, initials, shapes, loop, waits)
    region.results[loop] = op
    after = Region(region.graph, frame, "after", region)
    for variable, made in zip(loop.variables, op._outputs, strict=False):
        after.tensors[variable.merge._outputs[0]] = made
        if made.dtype is not VARIANT:
            made._shape = shapes[made.value_index]
    for (stack, user), made in zip(stacks, op._outputs[len(loop.variables) :], strict=False):
        (region.pushed if stack_kind(user.type) == "Push" else region.popped)[stack] = made
    for leave in raiser.exits.get(frame, ()):
        region.tensors[leave._outputs[0]] = raiser.tensor(after, leave._inputs[0])


def _part(
    raiser: Raiser,
    region: Region,
    loop: Loop,
    kind: str,
    initials: Sequence[Tensor],
    shapes: Sequence[TensorShape],
) -> Region:
    """The condition or the body of a loop, if its variables have `shapes` in every iteration."""
    stacks = raiser.stack_users.get(loop.frame, [])
    part = Region(region.inner(f"{loop.frame.name}_{kind}"), loop.frame, kind, region)
    _take_arguments(part, loop, stacks, initials, shapes)
    graph = part.graph
    assert isinstance(graph, FuncGraph)
    if kind == "cond":
        graph.outputs = [raiser.tensor(part, loop.condition)]
        return part
    for variable in loop.variables:
        value = as_list_like(raiser, part, variable.merge._outputs[0], variable.next._inputs[0])
        waits = [w for c in variable.next._control_inputs if (w := raiser.operation(part, c)) is not None]
        graph.outputs.append(identity_of(part, value, variable.next.name, waits) if waits else value)
    graph.outputs += [stack_after(raiser, part, stack, op) for stack, op in stacks]
    return part


def _take_arguments(
    part: Region,
    loop: Loop,
    stacks: Sequence[tuple[Tensor, Operation]],
    initials: Sequence[Tensor],
    shapes: Sequence[TensorShape],
) -> None:
    """Gives the graph of a part of a loop its arguments."""
    keys = [v.merge._outputs[0] for v in loop.variables]
    graph = part.graph
    assert isinstance(graph, FuncGraph)
    for position, (initial, shape) in enumerate(zip(initials, shapes, strict=True)):
        name = keys[position].op.name if position < len(keys) else stacks[position - len(keys)][0].op.name
        argument = graph.argument(initial.dtype.base_dtype, shape, name.rpartition("/")[2])
        copy_handle_data(initial, argument)
        if position < len(keys):
            part.tensors[keys[position]] = argument
        else:
            part.stacks[stacks[position - len(keys)][0]] = argument


def _record_while(
    region: Region,
    cond: Region,
    body: Region,
    initials: Sequence[Tensor],
    shapes: Sequence[TensorShape],
    loop: Loop,
    waits: Sequence[Operation],
) -> Operation:
    graphs: list[Any] = [cond.graph, body.graph]
    count = len(initials)
    captured = list(dict.fromkeys([*graphs[0].external_captures, *graphs[1].external_captures]))
    for graph in graphs:
        graph.align_captures(captured, count)
    graphs[1].outputs = list(graphs[1].outputs) + graphs[1].inputs[count:]
    inputs = [*initials, *(region.captured(t) for t in captured)]
    attrs = {
        "T": [t.dtype.base_dtype for t in inputs],
        "cond": FuncRef(graphs[0].name),
        "body": FuncRef(graphs[1].name),
        "output_shapes": [*shapes, *(t.shape for t in captured)],
    }
    stateful = any(g.is_stateful for g in graphs)
    controls = list(dict.fromkeys([*waits, *cond.waits, *body.waits]))
    kind = "While" if stateful else "StatelessWhile"
    op = region.add(kind, inputs, attrs, loop.frame.name, loop.cond, controls)
    op.__dict__["_function_graphs"] = graphs
    for tensor, given, after in zip(op._outputs, inputs, graphs[1].outputs, strict=True):
        copy_handle_data(after if element_shape(given).rank is None else given, tensor)
    return op


# ---------------------------------------------------------------- stacks


def stack_users(raiser: Raiser) -> StackUsers:
    """The stacks that each loop uses, and the operations that do.

    Raises:
        UnimplementedError: a stack is used where it cannot be.
    """
    found: StackUsers = {}
    for stack, op in raiser.arrays.users():
        home, frame = raiser.frames.of(stack.op), raiser.frames.of(op)
        while frame is not home:
            if frame is None:
                raise UnimplementedError(None, op, f"{op.name} ({op.type}) uses a stack of a loop outside of it.")
            found.setdefault(frame, []).append((stack, op))
            frame = frame.parent
    return found


def _stack_before(raiser: Raiser, region: Region, stack: Tensor, user: Operation) -> Tensor:
    """The list that `stack` is before the loop in `region` that has `user` in it."""
    if raiser.frames.of(stack.op) is not region.frame:
        return stack_entry(raiser, region, stack)
    return stack_entry(raiser, region, stack) if stack_kind(user.type) == "Push" else stack_full(raiser, region, stack)


def stack_entry(raiser: Raiser, region: Region, stack: Tensor) -> Tensor:
    """The list that `stack` is when `region` begins."""
    if raiser.frames.of(stack.op) is region.frame:
        return list_operations.empty_stack(raiser, region, stack)
    around = region
    while stack not in around.stacks:
        assert around.parent is not None
        around = around.parent
    return region.captured(around.stacks[stack])


def stack_full(raiser: Raiser, region: Region, stack: Tensor) -> Tensor:
    """The list that `stack` is once all is pushed, in a region of the frame it was made in."""
    if stack_kind(stack.op.type) == "Pop":
        return raiser.tensor(region, stack)
    return stack_after(raiser, region, stack, raiser.arrays.push_of(stack, stack.op))


def stack_after(raiser: Raiser, region: Region, stack: Tensor, user: Operation) -> Tensor:
    """The list that `stack` is in `region` after `user`, which is in it or in a loop inside."""
    child = raiser.frames.of(user)
    if child is region.frame:
        literals = raiser.liveness.of(user)

        def use(inner: Region) -> Tensor:
            return list_operations.stack_used(raiser, inner, stack, user)

    else:
        while child is not None and child.parent is not region.frame:
            child = child.parent
        assert child is not None
        loop = raiser.loops[child]
        literals = raiser.liveness.of_loop(child)

        def use(inner: Region) -> Tensor:
            home = raiser.home_of_loop(inner, loop)
            raiser.make_loop(home, loop)
            made = (home.pushed if stack_kind(user.type) == "Push" else home.popped)[stack]
            return inner.captured(made)

    return _under(raiser, region, literals - region.known(), use, stack)


def _under(
    raiser: Raiser, region: Region, literals: Literals, use: Callable[[Region], Tensor], stack: Tensor
) -> Tensor:
    """What `use` gives where `literals` are true, and the stack as it was where they are not."""
    if not literals:
        return use(region)
    literal = min(literals, key=lambda lit: (len(raiser.liveness.of_tensor(lit[0])), lit[0].op._id))
    if not literal[0].dtype.base_dtype.is_bool:
        raise UnimplementedError(None, stack.op, f"{stack.op.name} ({stack.op.type}) is used in a branch by an index.")
    branches = []
    for side in (0, 1):
        name = f"{stack.op.name}_{'true' if side else 'false'}"
        branch = Region(region.inner(name), region.frame, "branch", region, (literal[0], side))
        if side == literal[1]:
            value = _under(raiser, branch, literals - {literal}, use, stack)
        else:
            value = stack_entry(raiser, branch, stack)
        assert isinstance(branch.graph, FuncGraph)
        branch.graph.outputs = [identity_of(branch, value, stack.op.name)]
        branches.append(branch)
    return record_branches(region, raiser.tensor(region, literal[0]), branches, f"{stack.op.name}/If", None)._outputs[0]
