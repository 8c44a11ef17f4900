"""Branches, loops and calls on the host: their bodies as programs, run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor_shape import TensorShape
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
        self._bodies = [_HostBody(outer, g) for g in function_graphs(op)]

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
        while bool(condition.run(values, state, context)[0]):
            if context is not None:
                context.check()
            values = step.run(values, state, context)
        return values


class _HostBody:
    """One body as programs, by the shapes of what it is given."""

    def __init__(self, outer: Compiler, graph: FuncGraph):
        self._outer = outer
        self._graph = graph
        self._programs: dict[Any, Program] = {}
        self._full_shapes = False
        self._fed: list[int] | None = None

    def run(self, values: Sequence[Any], state: HostState, context: Any) -> list[Any]:
        """The outputs for `values`, one per input (None for variables)."""
        if self._fed is None:
            self._fed = [i for i, v in enumerate(values) if v is not None]
        arrays = [values[i] for i in self._fed]
        outputs = iter(self._program(arrays).run(arrays, state, context))
        inputs = dict(zip(self._graph.inputs, values, strict=True))
        return [inputs.get(t) if t in inputs and inputs[t] is None else np.asarray(next(outputs))
                for t in self._graph.outputs]

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
        fetches = [t for t in self._graph.outputs if t not in self._graph.inputs or t in tensors]
        effects = self._graph.__dict__.get("_effects", [])
        if not self._full_shapes:
            shapes = [t.shape if t.shape.rank is not None else TensorShape.of((None,) * np.ndim(a))
                      for t, a in zip(tensors, arrays, strict=True)]
            try:
                return self._made(fetches, effects, dict(zip(tensors, shapes, strict=True)))
            except FullShapesWanted:
                self._full_shapes = True
        exact = [TensorShape.of(np.shape(a)) for a in arrays]
        return self._made(fetches, effects, dict(zip(tensors, exact, strict=True)))

    def _made(self, fetches: list[Any], effects: list[Any], feeds: dict[Any, TensorShape]) -> Program:
        outer = self._outer
        compiler = Compiler(outer._lowering, outer._policy, outer._initial_shape)
        recipe = compiler.compile(fetches, effects, feeds, self._full_shapes)
        return Program(recipe, ModelOptions(threads=1))
