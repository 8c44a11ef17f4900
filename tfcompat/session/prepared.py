"""A call of `Session.run` made ready: programs for fixed fetches, targets and fed tensors, by fed shapes."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from converters.lowering import Lowering
from tfcompat.graph import dtypes
from tfcompat.graph.errors import OpError, ResourceExhaustedError
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.runtime.arrays import shape_of
from tfcompat.runtime.compiler import Compiler, FullShapesWanted, Recipe
from tfcompat.runtime.control import RunContext
from tfcompat.runtime.devices import DevicePolicy
from tfcompat.runtime.models import ModelOptions
from tfcompat.runtime.program import Program
from tfcompat.runtime.store import HostState

_PROGRAMS_PER_CALL = 32
_SPECIALIZE_AFTER = 6
_MOST_SPECIAL = 4


class Engine:
    """What the programs of one session share.

    Attributes:
        state: variables, resources, cancellation.
        policy: which devices there are, and where operations go.
        options: how models are loaded.
    """

    def __init__(self, state: HostState, policy: DevicePolicy, options: ModelOptions, log_placement: bool = False):
        self.state = state
        self.policy = policy
        self.options = options
        self.lowering = Lowering()
        self.lock = threading.RLock()
        self._logged: set[Operation] | None = set() if log_placement else None

    def compile(
        self,
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        feeds: dict[Tensor, TensorShape],
        full_shapes: bool,
        done: Collection[Operation] = (),
        dense_lists: bool = True,
        truths: Mapping[Tensor, np.ndarray] = MappingProxyType({}),
    ) -> Program:
        """A new program; see `Compiler.compile`.

        Raises:
            InvalidArgumentError: an operation is on a device that there is not.
        """
        with self.lock:
            compiler = Compiler(
                self.lowering, self.policy, self._present_shape, assumes_presence=True, dense_lists=dense_lists
            )
            recipe: Recipe = compiler.compile(fetches, targets, feeds, full_shapes, done, truths)
            self.check_placement(recipe.order)
            return Program(recipe, self.options)

    def check_placement(self, ops: Sequence[Operation]) -> None:
        """Raises InvalidArgumentError when one of `ops` is on a device that there is not; logs placements if asked."""
        for op in ops:
            if op._device:
                self.policy.kind_of(op)
        if self._logged is not None:
            for op in ops:
                if op not in self._logged:
                    self._logged.add(op)
                    print(f"{op.name}: ({op.type}): {self.policy.placed_name(op)}", file=sys.stderr)

    def _present_shape(self, key: Any) -> tuple[int, ...] | None:
        value = self.state.variables.get(key)
        return None if value is None else shape_of(value)


class PreparedRun:
    """Programs for fixed fetches, targets and fed tensors, by the shapes that are fed.

    The key is the ranks of feeds of unknown rank; full shapes once an operation asked. Whether variables have a
    value belongs to it too, where an operation asks, and the shapes of variables that have had several.

    Args:
        engine: of the session.
        fetches: tensors to compute.
        targets: operations to run.
        feeds: tensors whose values `run` gets, in its order.
        done: operations that ran before (see `tfcompat.session.partial`).
        dense_lists: whether tensor lists may become tensors of models.
    """

    def __init__(
        self,
        engine: Engine,
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        feeds: Sequence[Tensor],
        done: Collection[Operation] = (),
        dense_lists: bool = True,
    ):
        self._engine = engine
        self._dense_lists = dense_lists
        self._fetches, self._targets, self._feeds, self._done = fetches, targets, feeds, done
        self._truths = [i for i, t in enumerate(feeds) if t.dtype is dtypes.bool and t.shape.rank == 0]
        self._rankless = [i for i, t in enumerate(feeds) if t.shape.rank is None]
        self._full_shapes = False
        self._programs: OrderedDict[Any, Program] = OrderedDict()
        self._only: Program | None = None
        self._asked: list[Any] = []
        self._steps = 0
        self._layout = engine.state.variables.layout
        self._special = self._no_special_programs()

    def _no_special_programs(self) -> _SpecialPrograms | None:
        special = bool(self._truths) or any(not t.shape.is_fully_defined() for t in self._feeds)
        return _SpecialPrograms() if special else None

    def run(self, arrays: Sequence[np.ndarray], context: RunContext | None = None) -> list[Any]:
        """The fetched values for the fed `arrays`."""
        if self._layout != self._engine.state.variables.layout:
            self._take_new_layout()
        program = self._only or self.program(arrays)
        if self._special is not None and self._only is program:
            program = self._specialized(program, arrays)
        try:
            return program.run(arrays, self._engine.state, context)
        except OpError:
            if not program.may_repeat_with_lists:
                raise
        except MemoryError as error:
            raise ResourceExhaustedError(None, None, f"Out of memory: {error}") from None
        return self._run_with_lists(arrays, context)

    def _take_new_layout(self) -> None:
        """A variable has another shape than before; programs are kept by those shapes, too."""
        with self._engine.lock:
            self._layout = self._engine.state.variables.layout
            self._only = None
            if self._special is not None:
                self._special = self._no_special_programs()

    def _run_with_lists(self, arrays: Sequence[np.ndarray], context: RunContext | None) -> list[Any]:
        """Runs with tensor lists on the host, whose elements may differ in shape; stays with that when it works."""
        plain = PreparedRun(self._engine, self._fetches, self._targets, self._feeds, self._done, dense_lists=False)
        results = plain.run(arrays, context)
        with self._engine.lock:
            self._dense_lists = False
            self._only = None
            self._programs.clear()
            self._special = None
        return results

    def _specialized(self, program: Program, arrays: Sequence[np.ndarray]) -> Program:
        """A program for exactly these shapes and truths once they have come often enough, else `program`, for any."""
        special = self._special
        if special is None:
            return program
        key = (*[a.shape for a in arrays], *[bool(arrays[i]) for i in self._truths])
        found = special.programs.get(key)
        if found is not None:
            return found
        if special.is_time_for(key):
            with self._engine.lock:
                if key not in special.programs:
                    special.programs[key] = self._compiled_exactly(program, arrays)
            return special.programs[key]
        return program

    def _compiled_exactly(self, general: Program, arrays: Sequence[np.ndarray]) -> Program:
        """The program for the shapes and truths of `arrays`; `general` where there is none or where it is no better."""
        truths = {self._feeds[i]: arrays[i].copy() for i in self._truths}
        try:
            program = self._compile_for([TensorShape.of(a.shape) for a in arrays], True, truths)
        except OpError:
            return general
        if program.assumed or program.step_count > general.step_count:
            return general
        shorter = program.step_count < general.step_count or program.size < general.size
        return program if shorter or truths else general

    def count_step(self) -> int:
        """How many runs were counted before this one."""
        self._steps += 1
        return self._steps - 1

    def program(self, arrays: Sequence[np.ndarray]) -> Program:
        """The program for arrays of these shapes, compiled when there is none."""
        program = self._programs.get(self._key(arrays))
        if program is not None:
            return program
        with self._engine.lock:
            program = self._programs.get(self._key(arrays))
            if program is None:
                program = self._compile(arrays)
                self._asked += [key for key in program.assumed if key not in self._asked]
                self._programs[self._key(arrays)] = program
                while len(self._programs) > _PROGRAMS_PER_CALL:
                    self._programs.popitem(last=False)
                if not self._full_shapes and not self._rankless and not self._asked:
                    self._only = program
        return program

    def _key(self, arrays: Sequence[np.ndarray]) -> Any:
        variables = self._engine.state.variables
        present: list[Any] = [variables.get(key) is not None for key in self._asked]
        present += [(key, self._engine._present_shape(key)) for key in variables.varied]
        if self._full_shapes:
            return (*present, *(a.shape for a in arrays))
        return (*present, *(arrays[i].ndim for i in self._rankless))

    def _compile(self, arrays: Sequence[np.ndarray]) -> Program:
        if not self._full_shapes:
            try:
                return self._compile_for([_ranks_only(t, a) for t, a in zip(self._feeds, arrays, strict=True)], False)
            except FullShapesWanted:
                self._full_shapes = True
        return self._compile_for([TensorShape.of(a.shape) for a in arrays], True)

    def _compile_for(
        self, shapes: list[TensorShape], full_shapes: bool, truths: Mapping[Tensor, np.ndarray] = MappingProxyType({})
    ) -> Program:
        feeds = dict(zip(self._feeds, shapes, strict=True))
        return self._engine.compile(
            self._fetches, self._targets, feeds, full_shapes, self._done, self._dense_lists, truths
        )


class _SpecialPrograms:
    """Programs for exact shapes and truth values, and which of these came last and how often in a row.

    What follows from sizes is then computed while the program is made, not in every run; choices between training and
    evaluation are decided.
    """

    def __init__(self) -> None:
        self.programs: dict[Any, Program] = {}
        self._last: Any = None
        self._count = 0

    def is_time_for(self, key: Any) -> bool:
        """Counts a run with `key`; whether it is worth making a program for it."""
        if len(self.programs) >= _MOST_SPECIAL:
            return False
        if key != self._last:
            self._last, self._count = key, 0
        self._count += 1
        return self._count > _SPECIALIZE_AFTER


def _ranks_only(tensor: Tensor, array: np.ndarray) -> TensorShape:
    return tensor.shape if tensor.shape.rank is not None else TensorShape.of((None,) * array.ndim)
