"""Branches, loops and calls on the host: their bodies as programs, run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import OpError
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import BODIES, function_graphs
from tfcompat.graph.loop_facts import LoopFacts
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.kernels.list_data import TensorList
from tfcompat.planner.variables import variable_key
from tfcompat.runtime.compiler import Compiler, FullShapesWanted
from tfcompat.runtime.models import ModelOptions
from tfcompat.runtime.program import Program
from tfcompat.runtime.store import HostState, OverlayVariables

_PROGRAMS_PER_BODY = 16


class HostControl:
    """Runs an operation with bodies.

    Args:
        outer: the compiler of the plan it is in, whose lowering and placement the bodies share.
        op: the operation.
        reads: variables the bodies use; their values follow the inputs.
        writes: variables the bodies write; their new values follow the outputs.
    """

    def __init__(self, outer: Compiler, op: Operation, reads: Sequence[Operation], writes: Sequence[Operation]):
        self._op = op
        self._reads = [variable_key(v) for v in reads]
        self._writes = [variable_key(v) for v in writes]
        self._live: list[int] | None = None
        if op.type in ("While", "StatelessWhile"):
            self._live = LoopFacts(op, outer._wanted).live
        wanted = [i for i, t in enumerate(op._outputs) if t in outer._wanted]
        graphs = function_graphs(op)
        self._bodies = [_HostBody(outer, g, self._wanted_of(i, len(g.outputs), wanted)) for i, g in enumerate(graphs)]

    def _wanted_of(self, body: int, count: int, wanted: list[int]) -> list[int]:
        """The outputs of a body that are worth computing."""
        if self._live is None:
            return wanted if self._op.type in BODIES else list(range(count))
        return self._live if body == 1 else list(range(count))

    def run(self, arrays: Sequence[Any], state: HostState, context: Any) -> list[Any]:
        """The outputs and the new values of variables, for the inputs and the values of variables."""
        count = len(self._op._inputs)
        present = dict(zip(self._reads, arrays[count:], strict=True))
        inner = state.with_variables(OverlayVariables(present))
        outputs = self._outputs(list(arrays[:count]), inner, context)
        return [*outputs, *(np.asarray(inner.variables.array(key)) for key in self._writes)]

    def _outputs(self, inputs: list[Any], state: HostState, context: Any) -> list[Any]:
        if self._op.type in ("If", "StatelessIf"):
            return self._bodies[0 if bool(inputs[0]) else 1].run(inputs[1:], state, context)
        if self._op.type in ("Case", "StatelessCase"):
            index = int(inputs[0])
            chosen = index if 0 <= index < len(self._bodies) else len(self._bodies) - 1
            return self._bodies[chosen].run(inputs[1:], state, context)
        if self._op.type in ("While", "StatelessWhile"):
            return self._loop(inputs, state, context)
        return self._bodies[0].run(inputs, state, context)

    def _loop(self, values: list[Any], state: HostState, context: Any) -> list[Any]:
        condition, step = self._bodies
        assert self._live is not None
        while bool(condition.run(values, state, context)[0]):
            if context is not None:
                context.check()
            after = step.run(values, state, context)
            values = [after[i] if after[i] is not None else v for i, v in enumerate(values)]
        return values


class _HostBody:
    """One body as programs, by the shapes of what it is given.

    Args:
        outer: the compiler of the plan.
        graph: the body.
        wanted: positions of the outputs to compute.
    """

    def __init__(self, outer: Compiler, graph: FuncGraph, wanted: Sequence[int]):
        self._outer = outer
        self._graph = graph
        self._wanted = list(wanted)
        self._dense_lists = outer._dense_lists
        self._programs: dict[Any, Program] = {}
        self._full_shapes = False
        self._fed: list[int] | None = None
        self._computed: list[int] = []
        self._unused: list[int] = []

    def run(self, values: Sequence[Any], state: HostState, context: Any) -> list[Any]:
        """The outputs for `values`, one per input (None for variables); None for handles and what is not wanted."""
        if self._fed is None:
            self._fed = [i for i, v in enumerate(values) if v is not None]
            fed = {self._graph.inputs[i] for i in self._fed}
            inputs = set(self._graph.inputs)
            self._computed = [i for i in self._wanted if (t := self._graph.outputs[i]) not in inputs or t in fed]
            self._unused = [i for i in self._computed if _is_no_list(self._graph.outputs[i])]
            self._computed = [i for i in self._computed if i not in self._unused]
        arrays = [values[i] for i in self._fed]
        program = self._program(arrays)
        try:
            results = program.run(arrays, state, context)
        except OpError:
            if not program.may_repeat_with_lists:
                raise
            self._dense_lists = False
            self._programs.clear()
            results = self._program(arrays).run(arrays, state, context)
        outputs: list[Any] = [None] * len(self._graph.outputs)
        for position in self._unused:
            outputs[position] = TensorList(dtypes.float32, UNKNOWN, [])
        for position, result in zip(self._computed, results, strict=True):
            outputs[position] = (
                result if type(result) is TensorList else np.asarray(result, object if type(result) is bytes else None)
            )
        return outputs

    def _program(self, arrays: Sequence[Any]) -> Program:
        key = tuple(np.shape(a) if self._full_shapes else np.ndim(a) for a in arrays)
        program = self._programs.get(key)
        if program is None:
            if len(self._programs) >= _PROGRAMS_PER_BODY:
                self._programs.clear()
            program = self._compile(arrays)
            self._programs[tuple(np.shape(a) if self._full_shapes else np.ndim(a) for a in arrays)] = program
        return program

    def _compile(self, arrays: Sequence[Any]) -> Program:
        assert self._fed is not None
        tensors = [self._graph.inputs[i] for i in self._fed]
        fetches = [self._graph.outputs[i] for i in self._computed]
        effects = self._graph.__dict__.get("_effects", [])
        if not self._full_shapes:
            shapes = [
                t.shape if t.shape.rank is not None else TensorShape.of((None,) * np.ndim(a))
                for t, a in zip(tensors, arrays, strict=True)
            ]
            try:
                return self._made(fetches, effects, dict(zip(tensors, shapes, strict=True)))
            except FullShapesWanted:
                self._full_shapes = True
        exact = [TensorShape.of(np.shape(a)) for a in arrays]
        return self._made(fetches, effects, dict(zip(tensors, exact, strict=True)))

    def _made(self, fetches: list[Any], effects: list[Any], feeds: dict[Any, TensorShape]) -> Program:
        outer = self._outer
        compiler = Compiler(outer._lowering, outer._policy, outer._initial_shape, dense_lists=self._dense_lists)
        recipe = compiler.compile(fetches, effects, feeds, self._full_shapes)
        return Program(recipe, ModelOptions(threads=1))


def _is_no_list(tensor: Tensor) -> bool:
    """Whether a body gives `tensor`, a list, only because another branch has one."""
    return tensor.op.type == "FakeParam" and tensor.dtype.base_dtype is dtypes.variant
