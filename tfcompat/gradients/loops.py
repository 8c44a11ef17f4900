"""Gradients of `While`: a loop that goes back through the iterations.

What an iteration has computed and its gradient needs is kept in tensor lists, to which the forward loop is made to push
and from which the backward loop pops; what follows from counters and from what does not change is computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.gradients.backward_graph import BackwardGraph, takes_none
from tfcompat.gradients.branches import shape_behind
from tfcompat.gradients.loop_sums import LoopSums, element_type_of
from tfcompat.gradients.reach import is_trainable
from tfcompat.gradients.walk import propagate
from tfcompat.gradients.zeros import zero_gradient
from tfcompat.graph import dtypes, surgery
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph, unique_function_name
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.graph import Graph
from tfcompat.graph.handles import copy_handle_data, element_shape, set_element_shape
from tfcompat.graph.loop_facts import LoopFacts
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.identity import identity
from tfcompat.ops.looping import arguments_for, record_while
from tfcompat.ops.tensor_list import shape_input


@gradient_of("While", "StatelessWhile")
@takes_none
def _while_gradient(op: Operation, *grads: Any) -> list[Any]:
    """The gradients of the loop variables at the beginning, and of what the body captures."""
    if not getattr(op, "_back_prop", True):
        return [None] * len(op.inputs)
    given = [None if g is None else convert_to_tensor(g) for g in grads]
    results = _BackwardLoop(op, given).record()
    return [*results, *[None] * (len(op.inputs) - len(results))]


class LoopGradient(BackwardGraph):
    """The body of a backward loop.

    Attributes:
        arguments: its loop variables, in order.
        initials: what they begin as, in the graph around.
        nexts: what they become.
        steps: what one iteration adds to those that count.
    """

    def __init__(self, op: Operation, facts: LoopFacts, outer: Graph):
        super().__init__(f"{facts.body.name}_grad", op, facts.body, outer)
        self.arguments: list[Tensor] = []
        self.initials: list[Tensor] = []
        self.nexts: list[Tensor | None] = []
        self.steps: dict[Tensor, int] = {}
        self.popped: list[int] = []
        self._facts = facts
        self._position = {t: i for i, t in enumerate(facts.body.inputs)}

    def add_argument(self, initial: Tensor, shape: TensorShape, name: str) -> int:
        """Adds a loop variable; returns its position."""
        made = self.argument(initial.dtype.base_dtype, shape, name)
        copy_handle_data(initial, made)
        self.arguments.append(made)
        self.initials.append(initial)
        self.nexts.append(None)
        return len(self.arguments) - 1

    def step_of(self, tensor: Tensor) -> int | None:
        """What an iteration of the backward loop adds to one of its inputs; None when that varies."""
        if tensor in self.steps:
            return self.steps[tensor]
        return None if tensor in self.arguments else 0

    # ---------------------------------------------------------------- tensors of the forward body

    def _is_given(self, tensor: Tensor) -> bool:
        position = self._position.get(tensor)
        return position is not None and (
            self._facts.is_invariant(position) or self._facts.counter_step(position) is not None
        )

    def _from_op(self, tensor: Tensor) -> Tensor:
        position = self._position.get(tensor)
        if position is not None:
            if self._facts.is_invariant(position):
                return self.capture(self.op.inputs[position])
            step = self._facts.counter_step(position)
            if step is not None:
                return self._counted(position, step)
        return self._popped(tensor)

    def _counted(self, position: int, step: int) -> Tensor:
        """A counter of the forward loop, which the backward loop counts back."""
        final = self.op.outputs[position]
        index = self.add_argument(final, SCALAR, "counter")
        before: Tensor = raw_ops.Sub(x=self.arguments[index], y=step)
        self.nexts[index] = before
        self.steps[self.arguments[index]] = -step
        return before

    def _popped(self, tensor: Tensor) -> Tensor:
        """A tensor that the forward loop keeps the values of, from the last to the first."""
        if tensor.dtype.base_dtype is dtypes.resource:
            raise ValueError(
                f"The gradient of the loop {self.op.name} needs the handle {tensor.name}, which is another "
                "one in every iteration."
            )
        kept = _kept(self.op, tensor)
        index = self.add_argument(kept, SCALAR, "kept")
        rest, item = raw_ops.TensorListPopBack(
            input_handle=self.arguments[index],
            element_dtype=tensor.dtype.base_dtype,
            element_shape=shape_input(tensor.shape),
        )
        self.nexts[index] = rest
        self.popped.append(index)
        item.set_shape(tensor.shape)
        copy_handle_data(tensor, item)
        return item  # type: ignore[no-any-return]


def _kept(op: Operation, tensor: Tensor) -> Tensor:
    """The output of `op` with the values that `tensor` of the body has had, one per iteration."""
    known: dict[Tensor, Tensor] = op.__dict__.setdefault("_kept", {})
    found = known.get(tensor)
    if found is not None:
        return found
    _, body = function_graphs(op)
    dtype = tensor.dtype.base_dtype
    shape = SCALAR if dtype is dtypes.variant else tensor.shape
    with op.graph.as_default(), op.graph.name_scope(None), op.graph.control_dependencies(None):
        empty = raw_ops.EmptyTensorList(
            element_shape=shape_input(shape), max_num_elements=-1, element_dtype=dtype, name=f"{op.name}/kept"
        )
    inner = _add_variable(op, empty, SCALAR)
    with body.as_default(), body.name_scope(None), body.control_dependencies(None):
        body.outputs.append(raw_ops.TensorListPushBack(input_handle=inner, tensor=tensor))
    found = known[tensor] = surgery.add_output(op, dtypes.variant, SCALAR)
    set_element_shape(found, shape)
    surgery.bodies_changed(op)
    return found


def _add_variable(op: Operation, initial: Tensor, shape: TensorShape) -> Tensor:
    """Gives `op` a loop variable that begins as `initial`; returns its placeholder in the body."""
    cond, body = function_graphs(op)
    surgery.add_input(op, initial)
    cond.argument(initial.dtype.base_dtype, shape, "kept")
    inner = body.argument(initial.dtype.base_dtype, shape, "kept")
    copy_handle_data(initial, inner)
    return inner


def _iterations(op: Operation, facts: LoopFacts) -> Tensor:
    """The output of `op` that counts its iterations."""
    for position, tensor in enumerate(op.inputs[: len(facts.body.inputs)]):
        zero = tensor.op.type == "Const" and tensor.shape.rank == 0 and not tensor.op.attrs["value"].any()
        if zero and facts.counter_step(position) == 1:
            return op.outputs[position]
    _, body = function_graphs(op)
    with op.graph.as_default(), op.graph.name_scope(None), op.graph.control_dependencies(None):
        zero_tensor = constant(0, dtypes.int32, name=f"{op.name}/iterations")
    inner = _add_variable(op, zero_tensor, SCALAR)
    with body.as_default(), body.name_scope(None), body.control_dependencies(None):
        body.outputs.append(raw_ops.AddV2(x=inner, y=1))
    found = surgery.add_output(op, dtypes.int32, SCALAR)
    surgery.bodies_changed(op)
    return found


class _BackwardLoop:
    """The gradient of one loop being recorded."""

    def __init__(self, op: Operation, grads: Sequence[Tensor | None]):
        self._op, self._grads = op, list(grads)
        self._outer = get_default_graph()
        self._facts = LoopFacts(op, set(op.outputs))
        self._count = len(self._facts.body.inputs)
        self._changing, self._fixed = self._involved()

    def _involved(self) -> tuple[list[int], list[int]]:
        """(changing loop variables through which gradients flow, unchanging ones that they flow to)."""
        facts, body = self._facts, self._facts.body
        position = {t: i for i, t in enumerate(body.inputs)}
        changing = [
            i
            for i in range(self._count)
            if self._grads[i] is not None and not facts.is_invariant(i) and is_trainable(body.inputs[i])
        ]
        fixed = {i for i in range(self._count) if self._grads[i] is not None and facts.is_invariant(i)}
        reached = _differentiable_inputs(body, [body.outputs[i] for i in changing])
        pending = list(changing)
        while True:
            found = {position[t] for t in reached}
            fixed |= {i for i in found if facts.is_invariant(i)}
            fresh = [i for i in sorted(found) if not facts.is_invariant(i) and i not in changing]
            if not fresh:
                break
            changing += fresh
            pending = fresh
            reached |= _differentiable_inputs(body, [body.outputs[i] for i in pending])
        return sorted(changing), sorted(i for i in fixed if is_trainable(body.inputs[i]))

    def record(self) -> list[Any]:
        """The gradient of each input of the operation, None where there is none."""
        results: list[Any] = [None] * self._count
        if not self._changing:
            for i in self._fixed:
                results[i] = self._grads[i]
            return results
        op, outer = self._op, self._outer
        iterations = _iterations(op, self._facts)
        counter = constant(0, iterations.dtype, name="backward_counter")
        starts = {i: self._start(i) for i in self._changing}
        graph = LoopGradient(op, self._facts, outer)
        first = graph.add_argument(counter, SCALAR, "backward_counter")
        graph.add_argument(iterations, SCALAR, "iterations")
        positions = {
            i: graph.add_argument(starts[i], self._facts.body.inputs[i].shape, "gradient") for i in self._changing
        }
        sums = LoopSums(graph, op, {i: self._grads[i] for i in self._fixed})
        with graph.as_default():
            self._record_step(graph, positions, sums)
            graph.nexts[first] = raw_ops.AddV2(x=graph.arguments[first], y=1)
            graph.nexts[1] = graph.arguments[1]
            graph.outputs = [_own(graph, t) for t in graph.nexts]
        graph.inputs = graph.arguments + [graph.capture(t) for t in graph.external_captures]
        shapes = [t.shape for t in graph.arguments]
        cond = self._condition(graph, shapes)
        scope = outer.unique_name(op.name.rpartition("/")[2])
        loop = record_while(cond, graph, graph.initials, shapes, f"{scope}/")
        loop._exhausted = set(graph.popped)  # type: ignore[attr-defined]
        outputs = [identity(t) for t in loop.outputs[: len(graph.arguments)]]
        for i, position in positions.items():
            results[i] = outputs[position]
        for i in self._fixed:
            results[i] = sums.result(i, outputs, shape_behind)
        return results

    def _start(self, position: int) -> Tensor:
        """The gradient of the loop variable at `position` after the loop."""
        given = self._grads[position]
        if given is not None:
            return given
        output = self._op.outputs[position]
        if output.dtype.base_dtype is not dtypes.variant:
            return zero_gradient(output)
        shape = element_shape(output)
        dtype = element_type_of(self._facts.body.outputs[position])
        if position in getattr(self._op, "_exhausted", ()):
            return raw_ops.EmptyTensorList(
                element_shape=shape_input(shape),
                max_num_elements=-1,  # type: ignore[no-any-return]
                element_dtype=dtype,
            )
        return raw_ops.TensorListReserve(
            element_shape=shape_input(shape),
            element_dtype=dtype,  # type: ignore[no-any-return]
            num_elements=raw_ops.TensorListLength(input_handle=output),
        )

    def _record_step(self, graph: LoopGradient, positions: dict[int, int], sums: LoopSums) -> None:
        """One iteration backwards, in the default graph."""
        body = self._facts.body
        ys = [body.outputs[i] for i in self._changing]
        xs = [body.inputs[i] for i in (*self._changing, *self._fixed)]
        received = [graph.arguments[positions[i]] for i in self._changing]
        found = propagate(ys, xs, received, [], False, False, None)
        for i, gradient in zip(self._changing, found, strict=False):
            x = body.inputs[i]
            if gradient is None:
                gradient = self._no_gradient(graph, i, positions[i])
            tensor = convert_to_tensor(gradient)
            if x.dtype.base_dtype is not dtypes.variant:
                tensor.set_shape(x.shape)
            graph.nexts[positions[i]] = tensor
        for i, gradient in zip(self._fixed, found[len(self._changing) :], strict=True):
            if gradient is not None:
                sums.add(i, gradient)

    def _no_gradient(self, graph: LoopGradient, position: int, argument: int) -> Tensor:
        """Zero for a loop variable of which the next one does not depend on the one before."""
        x = self._facts.body.inputs[position]
        if x.dtype.base_dtype is not dtypes.variant:
            return zero_gradient(x)
        return raw_ops.TensorListReserve(
            element_shape=shape_input(element_shape(x)),  # type: ignore[no-any-return]
            num_elements=raw_ops.TensorListLength(input_handle=x),
            element_dtype=element_type_of(self._facts.body.outputs[position]),
        )

    def _condition(self, graph: LoopGradient, shapes: Sequence[TensorShape]) -> FuncGraph:
        cond = FuncGraph(unique_function_name(self._outer, f"{self._facts.cond.name}_grad"), self._outer)
        arguments = arguments_for(cond, graph.initials, shapes)
        with cond.as_default():
            cond.outputs = [raw_ops.Less(x=arguments[0], y=arguments[1])]
        return cond


def _own(graph: FuncGraph, tensor: Tensor | None) -> Tensor:
    """`tensor` as an output of `graph`."""
    assert tensor is not None
    return tensor if tensor.graph is graph else identity(tensor)


def _differentiable_inputs(body: FuncGraph, outputs: Sequence[Tensor]) -> set[Tensor]:
    """The inputs of `body` from which a path of differentiable types leads to `outputs`."""
    inputs = set(body.inputs)
    found: set[Tensor] = set()
    seen: set[Operation] = set()
    pending = [t for t in outputs if is_trainable(t)]
    while pending:
        tensor = pending.pop()
        if tensor in inputs:
            found.add(tensor)
        elif tensor.op not in seen:
            seen.add(tensor.op)
            pending += [t for t in tensor.op._inputs if is_trainable(t)]
    return found
