"""`While` as ONNX `Loop`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converters.builder import Dims, Node, Value
from converters.complex_value import ComplexValue
from converters.list_value import ListValue, dense
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.loop_facts import Bound, LoopFacts, root
from tfcompat.graph.operation import Operation
from tfcompat.graph.recurrence import recurrence_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.planner.inference import PlanValues
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.variables import access_of, variable_dtype, variable_shape
from tfcompat.runtime.bodies import Body, Translated, subgraph, whole
from tfcompat.runtime.compiler import Compiler
from tfcompat.runtime.loop_lists import ListPlan, plan_for
from tfcompat.runtime.recurrent import Recurrent


def translate_loop(outer: Compiler, op: Operation, inputs: Sequence[Value | None]) -> Translated:
    """The ONNX form of a While; NotConvertible when there is none."""
    return _Loop(outer, op, inputs).translate()


@dataclass(slots=True)
class _Carried:
    """A loop variable of the ONNX Loop: its value at the beginning, in the body, and at the end."""

    position: int
    initial: Value
    inside: Value
    final: Value


class _Loop:
    """One loop being translated."""

    def __init__(self, outer: Compiler, op: Operation, inputs: Sequence[Value | None]):
        self._outer, self._op, self._inputs = outer, op, list(inputs)
        self._facts = LoopFacts(op, outer._wanted)
        self._scope = f"{outer._scope}{op.name}/"
        self._builder = outer._lowering.builder(self._scope + "Loop")
        self._arguments: list[Value | None] = list(inputs)
        self._carried: list[_Carried] = []
        self._plans: dict[int, ListPlan] = {}
        self._trips: Value | None = None
        self._variables = list(access_of(op, set()).writes.values())

    def translate(self) -> Translated:
        facts, builder = self._facts, self._builder
        trips, proceed = self._start()
        self._trips = trips
        decided = trips if trips is not None else proceed
        if decided is not None and decided.const is not None and not decided.const:
            return Translated(builder.nodes, whole(self._op, self._inputs))
        recurrent = self._recurrent(trips)
        if recurrent is not None:
            return recurrent
        values = self._shapes_inside()
        for position in facts.carried:
            self._enter(position, values)
        versions = {
            v: Value(builder._fresh("variable"), variable_dtype(v), variable_shape(v).tuple) for v in self._variables
        }
        counters = [
            Value(builder._fresh("iteration"), dtypes.int64, ()),
            Value(builder._fresh("keep_going"), dtypes.bool, ()),
        ]
        body = Body(self._outer, self._scope + "body/")
        body._assumes_presence = False
        for variable, value in versions.items():
            body.set_version(variable, value)
        given: dict[Tensor, Value] = {}
        for plan in self._plans.values():
            given.update(plan.inside(body.builder(), counters[0]))
        wanted = [facts.body.outputs[c.position] for c in self._carried]
        for plan in self._plans.values():
            wanted += plan.scanned
        results = body.translate(facts.body, self._arguments, wanted, given)
        ours = [self._as_carried(body, c, r) for c, r in zip(self._carried, results, strict=False)]
        again = self._proceed(body, ours) if trips is None else counters[1]
        scans, scanned = self._scans(body, results[len(ours) :])
        made = [c.final for c in self._carried]
        finals = [Value(builder._fresh("final"), v.dtype, v.shape) for v in versions.values()]
        outputs = [again, *ours, *(body.version(v, self._op) for v in self._variables), *scanned]
        loop = subgraph(self._outer, body, [*counters, *(c.inside for c in self._carried), *versions.values()], outputs)
        initials = [c.initial for c in self._carried] + [self._outer._read(v, self._op) for v in self._variables]
        if made or finals or scans:
            builder.nodes.append(
                Node(
                    "Loop",
                    "",
                    [trips, proceed, *initials],
                    [*made, *finals, *scans],
                    {},
                    builder._fresh("Loop"),
                    {"body": loop},
                )
            )
        self._finish_lists(scans)
        return Translated(builder.nodes, self._outputs(), dict(zip(self._variables, finals, strict=True)))

    def _recurrent(self, trips: Value | None) -> Translated | None:
        """The loop as an operator for recurrent networks; None when it has to stay a loop."""
        if trips is None or self._variables:
            return None
        found = recurrence_of(self._facts)
        if found is None:
            return None
        builder = self._outer._lowering.builder(self._scope + "cells")
        recurrent = Recurrent(self._outer, self._op, self._facts, found, self._inputs, trips, self._scope, builder)
        try:
            results = recurrent.translate()
        except NotConvertible:
            return None
        outputs = [results.get(i, v) for i, v in enumerate(self._inputs)]
        live = set(self._facts.live)
        nodes = [*self._builder.nodes, *builder.nodes]
        return Translated(nodes, whole(self._op, [v if i in live else None for i, v in enumerate(outputs)]))

    # ---------------------------------------------------------------- how often

    def _start(self) -> tuple[Value | None, Value | None]:
        """(number of iterations, whether there is a first one): one of them, the other is None."""
        bounds = self._facts.bounds()
        if bounds:
            counts = [self._count(b) for b in bounds]
            if all(c is not None for c in counts):
                trips = counts[0]
                for other in counts[1:]:
                    trips = self._builder.Min(trips, other)
                return trips, None
        first = Body(self._outer, self._scope + "first/")
        enter = first.translate(self._facts.cond, self._inputs, self._facts.cond.outputs)[0]
        self._builder.nodes += first.nodes
        return None, enter

    def _count(self, bound: Bound) -> Value | None:
        """How many steps `bound` allows, an int64 scalar."""
        b = self._builder
        start, limit = self._inputs[bound.counter], self._value_of(bound.limit)
        if start is None or limit is None or start.shape != () or limit.shape != ():
            return None
        distance = b.Sub(b.int64(limit), b.int64(start)) if bound.step > 0 else b.Sub(b.int64(start), b.int64(limit))
        if start.const is not None and limit.const is not None:
            known = (int(limit.const) - int(start.const)) * bound.step + int(bound.inclusive)
            return b.const(np.array(max(0, known), np.int64))
        if bound.inclusive:
            distance = b.Add(distance, 1)
        return b.Max(distance, b.const(np.array(0, np.int64)))  # type: ignore[no-any-return]

    def _value_of(self, limit: Tensor) -> Value | None:
        """The value that an unchanging input of the condition has, or a constant of it."""
        if limit.op.type == "Const":
            return self._builder.const(limit.op.attrs["value"])
        return self._inputs[self._facts.cond.inputs.index(limit)]

    def _proceed(self, body: Body, results: Sequence[Value]) -> Value:
        """Whether there is another iteration, computed in the body from its results."""
        after: list[Value | None] = list(self._arguments)
        for carried, result in zip(self._carried, results, strict=True):
            before = self._arguments[carried.position]
            after[carried.position] = before.with_(tensor=result) if isinstance(before, ListValue) else result
        again = Body(body, self._scope + "cond/")
        proceed = again.translate(self._facts.cond, after, self._facts.cond.outputs)[0]
        body.nodes += again.nodes
        assert proceed is not None
        return proceed

    # ---------------------------------------------------------------- loop variables

    def _shapes_inside(self) -> PlanValues:
        """What is known of shapes in the body in every iteration."""
        facts = self._facts
        graph = facts.body
        carried = set(facts.carried)
        shapes = {t: TensorShape.of(v.shape) for t, v in zip(graph.inputs, self._inputs, strict=True) if v is not None}
        outputs = [graph.outputs[i] for i in facts.live]
        ops = needed_operations(outputs, (), set(graph.inputs))
        while True:
            values = PlanValues(shapes)
            for position, (tensor, value) in enumerate(zip(graph.inputs, self._inputs, strict=True)):
                if position not in carried and value is not None and value.const is not None:
                    values._store(tensor, value.const)
            for op in ops:
                values.infer(op)
            changed = False
            for position in carried:
                tensor, after = graph.inputs[position], values.shape(graph.outputs[position])
                before = shapes.get(tensor)
                if before is None or tensor.dtype is dtypes.variant:
                    continue
                common = before.most_specific_compatible_shape(after)
                if common.tuple != before.tuple:
                    shapes[tensor] = common
                    changed = True
            if not changed:
                return values

    def _enter(self, position: int, values: PlanValues) -> None:
        """Makes the loop variable at `position` one of the ONNX Loop's, or plans for the list it is."""
        given, tensor = self._inputs[position], self._facts.body.inputs[position]
        if given is None:
            raise NotConvertible(f"the handle {tensor.name} changes from one iteration to the next")
        if isinstance(given, ComplexValue):
            raise NotConvertible("complex numbers go from one iteration to the next")
        b = self._builder
        if isinstance(given, ListValue):
            plan = plan_for(
                b,
                self._facts,
                position,
                given,
                self._entry_value,
                self._trips,
                self._op._outputs[position] in self._outer._wanted,
            )
            if plan is not None:
                self._plans[position] = plan
                return
            dims = self._element_dims(position, given, values)
            whole_list = dense(b, given, dims, unsized=self._outer._exports)
            assert whole_list.tensor is not None
            rows = whole_list.length if self._keeps_length(position) else None
            dims = whole_list.tensor.shape
            shape = None if dims is None else (rows if isinstance(rows, int) else None, *dims[1:])
            inside = Value(b._fresh("carried"), whole_list.tensor.dtype, shape)
            self._arguments[position] = whole_list.with_(tensor=inside, length=rows)
            self._carried.append(
                _Carried(position, whole_list.tensor, inside, Value(b._fresh("final"), inside.dtype, shape))
            )
            return
        shape = values.shape(tensor).tuple
        inside = Value(b._fresh("carried"), tensor.dtype.base_dtype, shape)
        self._arguments[position] = inside
        self._carried.append(_Carried(position, given, inside, Value(b._fresh("final"), inside.dtype, shape)))

    def _entry_value(self, tensor: Tensor) -> Value | None:
        """The value that an input of the body has in the first iteration."""
        return self._inputs[self._facts.body.inputs.index(tensor)]

    def _element_dims(self, position: int, given: ListValue, values: PlanValues) -> Dims | None:
        """The shape of the elements of a list, from what the body sets in it when the list itself does not know."""
        if not given.is_blank:
            return None
        declared = given.element_dims
        if declared is not None and None not in declared:
            return declared
        found = [values.shape(t) for t in _items_of(self._facts.body.outputs[position])]
        best = min(found, key=lambda s: (s.rank is None, sum(d is None for d in s.tuple or ())), default=None)
        return declared if best is None or best.tuple is None else best.tuple

    def _keeps_length(self, position: int) -> bool:
        """Whether the body only replaces elements of the list at `position`."""
        tensor = root(self._facts.body.outputs[position])
        while tensor.op.type == "TensorListSetItem" and not tensor.op.attrs.get("resize_if_index_out_of_bounds"):
            tensor = root(tensor.op._inputs[0])
        return tensor is self._facts.body.inputs[position]

    @staticmethod
    def _as_carried(body: Body, carried: _Carried, result: Value | None) -> Value:
        """What the body gives for a loop variable as one tensor."""
        if result is None:
            raise NotConvertible("a body gives a handle for a loop variable")
        if isinstance(result, ListValue):
            dims = None if carried.inside.shape is None else carried.inside.shape[1:]
            result = dense(body.builder(), result, dims if result.is_blank else None).tensor
            assert result is not None
        return result

    # ---------------------------------------------------------------- results

    def _scans(self, body: Body, results: Sequence[Value | None]) -> tuple[list[Value], list[Value]]:
        """(the stacked values the Loop gives, the values of one iteration) for the lists that are stacked."""
        stacked, single = [], []
        remaining = iter(results)
        for plan in self._plans.values():
            for _ in plan.scanned:
                item = next(remaining)
                if item is None:
                    raise NotConvertible("a list holds handles")
                item = plan.prepared(body.builder(), item)
                single.append(item)
                shape = None if item.shape is None else (self._count_known, *item.shape)
                stacked.append(Value(self._builder._fresh("stacked"), item.dtype, shape))
        return stacked, single

    def _finish_lists(self, scans: Sequence[Value]) -> None:
        remaining = iter(scans)
        for position, plan in self._plans.items():
            rows = [next(remaining) for _ in plan.scanned]
            if self._op._outputs[position] in self._outer._wanted:
                self._arguments[position] = plan.final(self._builder, rows)

    @property
    def _count_known(self) -> int | None:
        """How many iterations there are, if that is known while building."""
        return None if self._trips is None or self._trips.const is None else int(self._trips.const)

    def _counted(self, position: int) -> Value | None:
        """What a counter ends as, if that is known while building."""
        step, start, count = self._facts.counter_step(position), self._inputs[position], self._count_known
        if step is None or count is None or start is None or start.const is None or start.shape != ():
            return None
        end = int(start.const) + step * count
        limits = np.iinfo(start.dtype.as_numpy_dtype)
        return self._builder.const(end, start.dtype) if limits.min <= end <= limits.max else None

    def _outputs(self) -> list[Value]:
        outputs: list[Value | None] = list(self._inputs)
        for position in self._plans:
            outputs[position] = self._arguments[position]
        for carried in self._carried:
            inside = self._arguments[carried.position]
            outputs[carried.position] = (
                inside.with_(tensor=carried.final, length=inside.length)
                if isinstance(inside, ListValue)
                else self._counted(carried.position) or carried.final
            )
        live = set(self._facts.live)
        return whole(self._op, [v if i in live else None for i, v in enumerate(outputs)])


def _items_of(changed: Tensor) -> list[Tensor]:
    """The tensors that become elements of a list on its way through a body, in loops and branches inside too."""
    items: list[Tensor] = []
    pending, seen = [changed], set()
    while pending:
        tensor = root(pending.pop())
        op = tensor.op
        if tensor in seen:
            continue
        seen.add(tensor)
        if op.type in ("TensorListSetItem", "TensorListPushBack"):
            items.append(op._inputs[-1])
        graphs = function_graphs(op)
        pending += [g.outputs[tensor.value_index] for g in graphs if tensor.value_index < len(g.outputs)]
        pending += [t for t in op._inputs if t.dtype.base_dtype is dtypes.variant]
    return items
