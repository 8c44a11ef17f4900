"""`Program`: a compiled plan that runs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from converters.builder import Value
from converters.complex_value import ComplexValue
from converters.list_value import ListValue
from converters.model import free_values, live_nodes
from converters.passes import optimized_for_session
from tfcompat.graph import dtypes, registry
from tfcompat.graph.device import split_container
from tfcompat.graph.errors import (
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    UnknownError,
)
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.state import state_access
from tfcompat.kernels.list_data import TensorList, unboxed
from tfcompat.planner.variables import VariableKey, variable_key, variable_op, variable_shape
from tfcompat.runtime.arrays import owned, shape_of, to_numpy, to_ort
from tfcompat.runtime.compiler import HostCall, ModelStep, Recipe
from tfcompat.runtime.control import RunContext
from tfcompat.runtime.diagnosis import explained
from tfcompat.runtime.elementwise_updates import take_elementwise_updates
from tfcompat.runtime.failures import ORT_ERRORS, translate
from tfcompat.runtime.group_updates import take_group_updates
from tfcompat.runtime.hopeful_model import LoadedModel, load_model
from tfcompat.runtime.list_values import array_of
from tfcompat.runtime.models import Model, ModelOptions
from tfcompat.runtime.row_updates import take_row_updates
from tfcompat.runtime.store import HostState, VariableStore
from tfcompat.runtime.trace import profile_prefix
from tfcompat.runtime.waiting import Schedule, split_waiting

_BAKE_AFTER = 3
_SMALL_BYTES = 1 << 16
_PLAIN_TYPES = frozenset({"float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16",
                          "uint32",
                          "uint64", "bool"})  # fmt: skip


class Program:
    """Runs a recipe: feeds in, fetched arrays out, variables committed when everything has succeeded.

    Args:
        recipe: the compiled plan; its feeds are given to `run` in this order.
        options: of the models.
    """

    def __init__(self, recipe: Recipe, options: ModelOptions):
        recipe, self._row_updates = take_row_updates(recipe)
        rows = frozenset(recipe.initial[u.key][0].name for u in self._row_updates)
        recipe, self._elementwise = take_elementwise_updates(recipe, rows)
        recipe, self._groups = take_group_updates(recipe)
        self._threads = options.thread_count
        self._recipe = recipe
        self.assumed = recipe.assumed
        self._feed_names = [v.name for v in recipe.feeds.values()]
        self._initial = [
            (key, value.name, variable, reader) for key, (value, variable, reader) in recipe.initial.items()
        ]
        self._commits = {key: value.name for key, (value, _) in recipe.commits.items()}
        self._changes = [
            *self._commits,
            *(u.key for u in self._row_updates),
            *(key for u in self._elementwise for key in u.writers),
            *(key for group in self._groups for key in group.keys),
        ]
        self._writers = {key: op for key, (_, op) in recipe.commits.items()}
        self._checked = [
            (key, value.name, None if key in recipe.fitting else variable_shape_of_write(op, key))
            for key, (value, op) in recipe.commits.items()
        ]
        self._unsure = [
            key
            for key, _, declared in self._checked
            if key not in recipe.fitting and (declared is None or not declared.is_fully_defined())
        ]
        self._constants = _used_constants(recipe)
        self._shared = {*self._feed_names, *self._constants, *(name for _, name, _, _ in self._initial)}
        self._steps: list[Any] = []
        wanted = _wanted_names(recipe)
        for step in recipe.steps:
            if isinstance(step, ModelStep):
                model = _ModelRun(step, wanted, options)
                if model.output_names:
                    self._steps.append(model)
            else:
                self._steps += map(_HostRun, split_waiting(step))
        self._schedule = Schedule([step.ops for step in self._steps], recipe.order, recipe.inlined, recipe.folded)
        self._fetch_names = [v.name for v in recipe.fetches]
        self._fetched_parts = {i: v for i, v in enumerate(recipe.fetches) if isinstance(v, (ComplexValue, ListValue))}
        self._written_parts = [v for v, _ in recipe.commits.values() if isinstance(v, ComplexValue)]
        self._fetch_copies = _must_copy(recipe)
        self._baking = _Baking(self.models, self._initial) if self._may_bake() else None
        self._direct = self._direct_run()
        self._locks: list[Any] | None = None
        names = {name for _, name, _, _ in self._initial}
        self._first_stateful = next((i for i, s in enumerate(self._steps) if s.touches(names)), len(self._steps))

    def _direct_run(self) -> _DirectRun | None:
        """The short way of a program that is one model between feeds and fetches; None for others."""
        if len(self._steps) != 1 or not isinstance(self._steps[0], _ModelRun) or self._changes or self._fetched_parts:
            return None
        model = self._steps[0]
        fed = {name: i for i, name in enumerate(self._feed_names)}
        made = {name: i for i, name in enumerate(model.output_names)}
        variables = {name for _, name, _, _ in self._initial}
        if not all(n in fed or n in variables for n in model.input_names) or not all(
            n in made for n in self._fetch_names
        ):
            return None
        if variables and self._baking is None:
            return None
        inputs = [(n, fed[n]) for n in model.input_names if n in fed]
        return _DirectRun(
            model, inputs, [(made[n], c) for n, c in zip(self._fetch_names, self._fetch_copies, strict=True)]
        )

    def _may_bake(self) -> bool:
        """Whether variables are read, by models alone, and never written."""
        names = {name for _, name, _, _ in self._initial}
        return bool(names) and not self._changes and not self.has_host_calls and not names & set(self._fetch_names)

    @property
    def order(self) -> list[Operation]:
        """The operations it stands for, in execution order; those whose results are known beforehand are among them."""
        return self._recipe.order

    @property
    def size(self) -> int:
        """The number of nodes of its models and of its host calls."""
        return sum(len(s.ops) if isinstance(s, _HostRun) else s.node_count for s in self._steps)

    @property
    def step_count(self) -> int:
        """The number of its models and of its groups of host calls."""
        return len(self._steps)

    @property
    def has_host_calls(self) -> bool:
        """Whether some operation runs by a host kernel."""
        return any(isinstance(s, _HostRun) for s in self._steps)

    @property
    def may_repeat_with_lists(self) -> bool:
        """Whether a failed run may come from elements of lists that differ in shape, and has had no effect so far."""
        ops = (op for step in self._steps if isinstance(step, _HostRun) for op in step.ops)
        return self._recipe.dense_lists and not any(op.definition.is_stateful and op.type != "Assert" for op in ops)

    @property
    def models(self) -> list[_ModelRun]:
        """The model steps."""
        return [s for s in self._steps if isinstance(s, _ModelRun)]

    def run(self, feeds: Sequence[np.ndarray], state: HostState, context: RunContext | None = None) -> list[Any]:
        """Runs on `feeds`; returns the fetched values as arrays that nothing changes later.

        Runs that change the same variable take turns, from the first step that uses a variable to the commit.

        Raises:
            FailedPreconditionError: a variable is not initialized.
            OpError: an operation failed; no variable has changed.
        """
        if context is None and self._direct is not None:
            model = self._direct.ready_model(self._baking, state.variables)
            if model is not None:
                return self._direct.run(feeds, model)
        env: dict[str, Any] = dict(self._constants)
        env.update(zip(self._feed_names, feeds, strict=True))
        if not self._changes:
            baked = self._read_variables(env, state.variables, context)
            self._run_steps(0, len(self._steps), env, state, context, baked)
        else:
            self._run_steps(0, self._first_stateful, env, state, context, None)
            with self._locked(state.variables):
                self._read_variables(env, state.variables, context)
                self._run_steps(self._first_stateful, len(self._steps), env, state, context, None)
                env.update((v.name, array_of(v, env)) for v in self._written_parts)
                self._commit(env, state.variables)
        for index, value in self._fetched_parts.items():
            env[self._fetch_names[index]] = array_of(value, env)
        return [
            self._fetched(env[name], copy) for name, copy in zip(self._fetch_names, self._fetch_copies, strict=True)
        ]

    def _run_steps(
        self,
        first: int,
        end: int,
        env: dict[str, Any],
        state: HostState,
        context: RunContext | None,
        baked: BakedModels | None,
    ) -> None:
        if not self._schedule.has_waiting:
            for step in self._steps[first:end]:
                step.run(env, state, context, baked)
            return
        patient = context or RunContext()
        self._schedule.run(first, end, lambda i: self._steps[i].run(env, state, patient, baked), patient)

    @contextlib.contextmanager
    def _locked(self, variables: VariableStore) -> Iterator[None]:
        """Holds the locks of the variables that the program changes."""
        if self._locks is None:
            self._locks = variables.locks(self._changes)
        held = 0
        try:
            for lock in self._locks:
                lock.acquire()
                held += 1
            yield
        finally:
            for lock in self._locks[:held]:
                lock.release()

    def _read_variables(
        self, env: dict[str, Any], variables: VariableStore, context: RunContext | None
    ) -> BakedModels | None:
        """Puts the variables' values into `env`, or gives models that have them inside."""
        if self._baking is not None and (context is None or context.trace is None):
            baked = self._baking.models(variables)
            if baked is not None:
                return baked
        values = variables.snapshot()
        for key, name, variable, reader in self._initial:
            value = values.get(key)
            if value is None:
                raise uninitialized(key, variable, reader)
            env[name] = value
        return None

    def _commit(self, env: dict[str, Any], variables: VariableStore) -> None:
        values = {}
        for update in self._row_updates:
            update.check(env, shape_of(variables.get(update.key)))
        for change in self._elementwise:
            change.check(env, variables)
        for key, name, declared in self._checked:
            value = env[name]
            if declared is not None and self._writers[key].type != "Assign" and variables.get(key) is None:
                declared = None  # the first value of a resource may have any shape
            if declared is not None and not declared.is_compatible_with(list(shape_of(value))):
                raise InvalidArgumentError(
                    None,
                    self._writers[key],
                    "Assign requires shapes of both tensors to match. "
                    f"lhs shape= {_text(declared)} rhs shape= {_text(shape_of(value))} "
                    f"(variable {key.name})",
                )
            values[key] = owned(value) if name in self._shared else value
        if self._groups:
            present = variables.snapshot()
            for group in self._groups:
                values.update(group.results(env, present))
        if values:
            if self._unsure or variables.varied:
                variables.note_shapes(values, self._unsure)
            variables.commit(values)
        for update in self._row_updates:
            update.apply(env, variables.own_array(update.key))
        for change in self._elementwise:
            change.apply(env, variables, self._threads)

    @staticmethod
    def _fetched(value: Any, copy: bool) -> Any:
        array = to_numpy(value)
        if isinstance(array, TensorList):
            return array
        if array.dtype.names:
            array = array.view(array.dtype[0])  # callers get quantized numbers as plain integers
        if array.dtype.char in "qQ":
            array = array.view(np.int64 if array.dtype.char == "q" else np.uint64)  # equal types, other classes
        if array.ndim == 0:
            return array[()]
        return array.copy() if copy else array


def variable_shape_of_write(op: Operation, key: VariableKey) -> Any:
    """The shape that the value written by `op` must have; None when any will do."""
    if not op.attrs.get("validate_shape", True):
        return None
    for index in state_access(op.type).writes:
        variable = variable_op(op._inputs[index])
        if variable_key(variable) == key:
            shape = variable_shape(variable)
            return shape if shape.rank is not None else None
    return None


def uninitialized(key: VariableKey, variable: Operation, reader: Operation) -> OpError:
    """The error for reading a variable that has no value."""
    if variable.type != "VarHandleOp":
        return FailedPreconditionError(None, reader, f"Attempting to use uninitialized value {key.name}")
    container = split_container(key.container)[0] or "localhost"
    if reader.type != "ReadVariableOp":
        return NotFoundError(None, reader, f"Resource {container}/{key.name}/N10tensorflow3VarE does not exist.")
    return FailedPreconditionError(
        None,
        reader,
        f"Could not find variable {key.name}. This could mean that the "
        "variable has been deleted. In TF1, it can also mean the variable is uninitialized. "
        f"Debug info: container={container}, status error message=Resource {container}/{key.name}/"
        "N10tensorflow3VarE does not exist.",
    )


def _text(shape: Any) -> str:
    dims = shape.as_list() if hasattr(shape, "as_list") else shape
    return f"[{','.join('?' if d is None else str(d) for d in dims)}]"


def _used_constants(recipe: Recipe) -> dict[str, np.ndarray]:
    """The constants that host calls, fetches, targets and commits use."""
    values: list[Value | None] = [*recipe.fetches, *recipe.targets, *(v for v, _ in recipe.commits.values())]
    for step in recipe.steps:
        if not isinstance(step, ModelStep):
            values += [v for call in step for v in call.inputs]
    return {c.name: c.const for v in values if v is not None for c in v.components if c.const is not None}


def _wanted_names(recipe: Recipe) -> dict[int, set[str]]:
    """For each model step (by identity) the names that something outside it uses."""
    used = [*recipe.fetches, *recipe.targets, *(v for v, _ in recipe.commits.values())]
    needed = {c.name for v in used for c in v.components}
    wanted: dict[int, set[str]] = {}
    for step in reversed(recipe.steps):
        if isinstance(step, ModelStep):
            wanted[id(step)] = set(needed)
            needed.update(free_values(live_nodes(step.nodes, needed)))
        else:
            needed.update(c.name for call in step for v in call.inputs if v is not None for c in v.components)
    return wanted


def _must_copy(recipe: Recipe) -> list[bool]:
    """Which fetched arrays share memory with something that lives on or that the caller holds."""
    shared = {v.name for v in recipe.feeds.values()} | {v.name for v, _, _ in recipe.initial.values()}
    shared |= {v.name for v, _ in recipe.commits.values()}
    copies = []
    for value in recipe.fetches:
        copies.append(value.const is not None or value.name in shared)
        shared.add(value.name)
    return copies


class _HostRun:
    """The host calls of one segment."""

    def __init__(self, calls: list[HostCall]):
        self._calls = calls
        self.ops = [call.op for call in calls]

    def touches(self, names: set[str]) -> bool:
        """Whether a call takes one of the values `names`, or asks about a variable."""
        return any(
            c.probe is not None or any(v is not None and any(p.name in names for p in v.components) for v in c.inputs)
            for c in self._calls
        )

    def run(self, env: dict[str, Any], state: HostState, context: RunContext | None, baked: BakedModels | None) -> None:
        """Runs the calls one after the other; puts what they give into `env`."""
        trace = None if context is None else context.trace
        for call in self._calls:
            if context is not None:
                context.check()
            try:
                if trace is None:
                    self._run(call, env, state, context)
                else:
                    with trace.host_call(call.op) as results:
                        results += self._run(call, env, state, context)
            except OpError as error:
                if error._op is None and not isinstance(error, DeadlineExceededError):
                    error._op = call.op
                raise
            except (ValueError, TypeError, IndexError) as error:
                raise InvalidArgumentError(None, call.op, f"{error}") from error

    @staticmethod
    def _run(call: HostCall, env: dict[str, Any], state: HostState, context: RunContext | None) -> Sequence[Any]:
        if call.probe is not None:
            there = np.array(call.probe_written or state.variables.get(call.probe) is not None)
            env[call.outputs[0].name] = there
            return (there,)
        inputs = [array_of(v, env) for v in call.inputs]
        kernel = KernelContext(call.op, state, context)
        if call.runner is not None:
            results: Sequence[Any] = call.runner.run(inputs, state, context)
        elif call.op.type in registry.state_kernel:
            written = registry.state_kernel.get(call.op.type)(kernel, *inputs)
            extra = written.pop("outputs", [])
            results = [*(written[i] for i in sorted(written)), *extra]
        else:
            lists = call.op.type in registry.variant_kernel and any(type(i) is TensorList for i in inputs)
            result = (registry.variant_kernel if lists else registry.kernel).get(call.op.type)(kernel, *inputs)
            results = result if isinstance(result, tuple) else () if result is None else (result,)
        for value, array in zip(call.outputs, results, strict=True):
            if array is None and call.runner is not None:
                continue
            env[value.name] = _checked(call.op, value, array)
        return results


def _checked(op: Operation, value: Value, array: Any) -> Any:
    wanted = value.dtype.as_numpy_dtype
    if value.dtype in (dtypes.resource, dtypes.variant):
        return unboxed(array)
    array = np.asarray(array)
    if array.dtype != wanted:
        raise UnknownError(None, op, f"The host kernel of {op.type} gave {array.dtype}, expected {value.dtype.name}.")
    return array


class _ModelRun:
    """One model of a program."""

    def __init__(self, step: ModelStep, wanted: dict[int, set[str]], options: ModelOptions):
        self.step = step
        self.ops = step.ops
        self._options = options
        self._nodes = optimized_for_session(step.nodes, wanted[id(step)])
        self._outputs = [v for node in self._nodes for v in node.outputs if v.name in wanted[id(step)]]
        self.output_names = [v.name for v in self._outputs]
        self.inputs = [v for v in free_values(self._nodes).values() if v.const is None]
        self.input_names = [v.name for v in self.inputs]
        self._ops = {op.name: op for op in step.ops}
        self._model: LoadedModel | None = None
        self._loading = threading.Lock()

    @property
    def node_count(self) -> int:
        """The number of nodes of the model."""
        return len(self._nodes)

    def touches(self, names: set[str]) -> bool:
        """Whether the model takes one of the values `names`."""
        return not names.isdisjoint(self.input_names)

    def load(self, initializers: dict[str, np.ndarray] | None = None, profile: str = "") -> LoadedModel:
        """Loads the model.

        Args:
            initializers: inputs that become constants.
            profile: when given, profiling is on and the profile's path starts with this.
        """
        inside = {n: a for n, a in (initializers or {}).items() if n in self.input_names}
        inputs = [v for v in self.inputs if v.name not in inside]
        try:
            return load_model(self._nodes, inputs, self._outputs, self.step.kind, self._options, inside, profile)
        except ORT_ERRORS as error:
            raise translate(error, self._ops) from error

    def run(self, env: dict[str, Any], state: HostState, context: RunContext | None, baked: BakedModels | None) -> None:
        """Runs the model; puts its outputs into `env`."""
        model = self._model if baked is None else baked[self]
        if model is None:
            model = self._loaded(env)
        try:
            if context is None:
                results = model.run({name: to_ort(env[name]) for name in model.input_names})
            else:
                results = self._run_with(context, model, env)
        except ORT_ERRORS as error:
            raise self.explained(error, {**model.initializers, **env}) from error
        for index, name in enumerate(self.output_names):
            env[name] = results[index]

    def _loaded(self, env: Mapping[str, Any]) -> LoadedModel:
        """The model, loaded when it is first needed; ONNX Runtime computes constants of it then."""
        with self._loading:
            if self._model is None:
                try:
                    self._model = self.load()
                except OpError as error:
                    raise self.explained(error, env) from error.__cause__
            return self._model

    def explained(self, error: Exception, env: Mapping[str, Any]) -> OpError:
        """The exception to raise for `error`, which loading or a run on `env` gave."""
        found = error if isinstance(error, OpError) else translate(error, self._ops)
        return explained(
            found,
            self.step,
            env,
            lambda nodes, inputs, outputs: Model(nodes, inputs, outputs, self.step.kind, self._options),
        )

    def _run_with(self, context: RunContext, model: LoadedModel, env: dict[str, Any]) -> Any:
        context.check()
        if context.trace is not None:
            model = self.load(profile=profile_prefix())
        feeds = {name: to_ort(env[name]) for name in model.input_names}
        start = time.time_ns()
        with context.model_options() as options:
            results = model.run(feeds, options)
        if context.trace is not None:
            context.trace.add_profile(model.end_profiling(), self.step.kind, self._ops, start)
        return results


class _DirectRun:
    """Runs a program that is one model, without an environment of values by name."""

    def __init__(self, step: _ModelRun, inputs: list[tuple[str, int]], outputs: list[tuple[int, bool]]):
        self._step = step
        self._inputs = inputs
        self._outputs = outputs
        values = (*step.inputs, *step._outputs)
        self._plain = all(v.dtype.name in _PLAIN_TYPES for v in values)
        self._small = False

    def ready_model(self, baking: _Baking | None, variables: VariableStore) -> LoadedModel | None:
        """The loaded model that needs nothing but the feeds, if there is one."""
        return self._step._model if baking is None else baking.ready(self._step, variables)

    def run(self, feeds: Sequence[np.ndarray], model: LoadedModel) -> list[Any]:
        """The fetched values."""
        try:
            if self._small and model.is_settled:
                arrays = model.run_arrays({name: feeds[i] for name, i in self._inputs})
                return [arrays[i] if arrays[i].ndim else arrays[i][()] for i, _ in self._outputs]
            results = model.run({name: to_ort(feeds[i]) for name, i in self._inputs})
        except ORT_ERRORS as error:
            env = {**model.initializers, **{name: feeds[i] for name, i in self._inputs}}
            raise self._step.explained(error, env) from error
        fetched = [Program._fetched(results[i], copy) for i, copy in self._outputs]
        distinct = len({i for i, _ in self._outputs}) == len(self._outputs)
        self._small = self._plain and distinct and all(v.nbytes <= _SMALL_BYTES for v in fetched)
        return fetched


BakedModels = Mapping[_ModelRun, LoadedModel]


class _Baking:
    """Decides when variables that do not change become constants of the models."""

    def __init__(self, steps: list[_ModelRun], initial: list[Any]):
        self._steps = steps
        self._initial = initial
        self._baked: tuple[int, BakedModels] | None = None
        self._making = threading.Lock()
        self._version = -1
        self._quiet_runs = 0
        self._threshold = _BAKE_AFTER

    def models(self, variables: VariableStore) -> BakedModels | None:
        """Models with the variables' present values inside, or None; after enough calls without a commit makes them."""
        baked = self._baked
        if baked is not None:
            if baked[0] == variables.version:
                return baked[1]
            self._baked = None
            self._threshold = min(self._threshold * 2, 1 << 20)
        if variables.version != self._version:
            self._version = variables.version
            self._quiet_runs = 0
        self._quiet_runs += 1
        if self._quiet_runs < self._threshold or not self._making.acquire(blocking=False):
            return None
        try:
            return self._make(variables)
        finally:
            self._making.release()

    def ready(self, step: _ModelRun, variables: VariableStore) -> LoadedModel | None:
        """The model of `step` with the variables' present values inside, if it was made."""
        baked = self._baked
        return baked[1][step] if baked is not None and baked[0] == variables.version else None

    def _make(self, variables: VariableStore) -> BakedModels | None:
        version, values = variables.versioned_snapshot()
        if any(values.get(key) is None for key, _, _, _ in self._initial):
            return None
        arrays = {name: to_numpy(values[key]) for key, name, _, _ in self._initial}
        models = {step: step.load(arrays) for step in self._steps}
        self._baked = version, models
        return models
