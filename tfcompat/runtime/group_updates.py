"""Optimizer updates of small variables that a run's commit does instead of its model.

As ONNX nodes, an update of Adam is twelve calls of kernels for every small variable. Where the last thing a run does to
variables and their slots are such updates of their old values, the model gives the gradients only, and the commit
applies the formula with numpy to all variables of an optimizer at once, in flat arrays of which they are parts.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from converters.builder import Value
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse
from tfcompat.kernels.blocks import Formula
from tfcompat.planner.variables import VariableKey, variable_key, variable_op
from tfcompat.runtime.arrays import to_numpy
from tfcompat.runtime.compiler import ModelStep, Recipe
from tfcompat.runtime.uses import uses_of

SMALL_ELEMENTS = 1 << 16
"""Larger variables keep the threads of a model busy."""

FEWEST_OF_GROUP = 3
"""So many small variables are worth a group."""

_ALIGNED = 16
_GRADIENTS = ("grad", "delta")
_TYPES = (dtypes.float32, dtypes.float64)


class SmallUpdate:
    """An update of one variable and its slots.

    Attributes:
        op: the operation that asks for it.
        keys: its variables by the names of the inputs.
        gradients: its inputs that have the shape of the variables, by name.
        numbers: its other inputs by name.
        shape: of each variable.
    """

    def __init__(
        self,
        op: Operation,
        keys: Mapping[str, VariableKey],
        gradients: Mapping[str, Value],
        numbers: Mapping[str, Value],
        shape: tuple[int, ...],
    ):
        self.op = op
        self.keys, self.gradients, self.numbers = keys, gradients, numbers
        self.shape = shape
        self.elements = math.prod(shape)

    @property
    def inputs(self) -> list[Value]:
        """What it takes apart from the variables."""
        return [*self.gradients.values(), *self.numbers.values()]

    def formula(self) -> Formula:
        """What it computes: from the variables, the gradients and the numbers."""
        arrays = [*self.keys, *self.gradients]
        return Formula(UPDATE_RULES[self.op.type], self.op.attrs, arrays, list(self.numbers), in_place=False)


def _numbers(values: Mapping[str, Value], env: Mapping[str, Any], dtype: np.dtype) -> list[Any]:
    return [dtype.type(to_numpy(env[value.name])) for value in values.values()]


class GroupUpdate:
    """Equal updates of small variables. Each run makes new arrays: those that were handed out keep their values."""

    def __init__(self, updates: Sequence[SmallUpdate]):
        self._updates = updates
        first = updates[0]
        self._slots = list(first.keys)
        self._formula = first.formula()
        self._numbers = first.numbers
        bounds, at = [], 0
        for update in updates:
            bounds.append((at, at + update.elements, update.shape))
            at += -(-update.elements // _ALIGNED) * _ALIGNED
        self._bounds, self._size = bounds, at
        self._flat: dict[str, np.ndarray] = {}
        self._parts: list[np.ndarray] = []
        self._gradients: dict[str, np.ndarray] = {}
        self._gradient_parts: list[tuple[str, np.ndarray]] = []
        self.keys = [update.keys[slot] for slot in self._slots for update in updates]

    def results(self, env: Mapping[str, Any], present: Mapping[VariableKey, Any]) -> dict[VariableKey, np.ndarray]:
        """The new values of the variables, whose old ones are `present`; the caller holds their locks."""
        if not self._parts or any(present[k] is not part for k, part in zip(self.keys, self._parts, strict=True)):
            self._gather(present)
        for name, part in self._gradient_parts:
            part[...] = to_numpy(env[name])
        flat = [*self._flat.values(), *self._gradients.values()]
        dtype = flat[0].dtype
        new = np.empty((len(self._formula.results), self._size), dtype)
        self._formula(flat, _numbers(self._numbers, env, dtype), list(new))
        self._flat = {**self._flat, **dict(zip(self._formula.results, new, strict=True))}
        self._parts = self._cut(self._flat)
        return dict(zip(self.keys, self._parts, strict=True))

    def _gather(self, present: Mapping[VariableKey, Any]) -> None:
        """Copies the variables into flat arrays."""
        dtype = to_numpy(present[self.keys[0]]).dtype
        self._flat = {slot: np.zeros(self._size, dtype) for slot in self._slots}
        for key, part in zip(self.keys, self._cut(self._flat), strict=True):
            part[...] = to_numpy(present[key])
        names = list(self._updates[0].gradients)
        self._gradients = {name: np.zeros(self._size, dtype) for name in names}
        values = [update.gradients[name].name for name in names for update in self._updates]
        self._gradient_parts = list(zip(values, self._cut(self._gradients), strict=True))

    def _cut(self, flat: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        return [array[low:high].reshape(shape) for array in flat.values() for low, high, shape in self._bounds]


def take_group_updates(recipe: Recipe) -> tuple[Recipe, list[GroupUpdate]]:
    """`recipe` without the updates that its commit does together, and these."""
    on_cpu = {op for step in recipe.steps if isinstance(step, ModelStep) and step.kind == "cpu" for op in step.ops}
    candidates = [
        (update, nodes)
        for op, (inputs, nodes) in recipe.updates.items()
        if op in on_cpu and (update := _small_update(recipe, op, inputs)) is not None
    ]
    found = []
    uses = uses_of(recipe, {id(node) for _, nodes in candidates for node in nodes}) if candidates else {}
    fetched = {v.name for v in recipe.fetches}
    for update, _ in candidates:
        written = {recipe.commits[key][0].name for key in update.keys.values()}
        read = {recipe.initial[key][0].name for key in update.keys.values()}
        if not ((written | read) & fetched or any(uses.get(name, 0) for name in written)):
            found.append(update)
    groups = _groups(found)
    if not groups:
        return recipe, []
    taken = {key for group in groups for u in group for key in u.keys.values()}
    commits = {k: v for k, v in recipe.commits.items() if k not in taken}
    wanted = [*recipe.targets, *(v for group in groups for u in group for v in u.inputs)]
    return dataclasses.replace(recipe, commits=commits, targets=wanted), [GroupUpdate(g) for g in groups]


def _groups(updates: Sequence[SmallUpdate]) -> list[list[SmallUpdate]]:
    """Groups of equal updates."""
    groups: dict[Any, list[SmallUpdate]] = {}
    for update in updates:
        numbers = tuple(
            (name, value.name if value.const is None else value.const.item()) for name, value in update.numbers.items()
        )
        attrs = tuple(sorted((k, v) for k, v in update.op.attrs.items() if isinstance(v, (bool, DType))))
        groups.setdefault((update.op.type, attrs, numbers), []).append(update)
    return [group for group in groups.values() if len(group) >= FEWEST_OF_GROUP]


def _small_update(recipe: Recipe, op: Operation, inputs: list[Value | None]) -> SmallUpdate | None:
    """The update of `op` where it makes the last values of small variables of one shape out of their first."""
    if op.type not in UPDATE_RULES or is_sparse(op.type):
        return None
    keys, gradients, numbers = {}, {}, {}
    shape = None
    for arg, tensor, value in zip(op.definition.inputs, op.inputs, inputs, strict=True):
        assert value is not None
        if arg.is_ref or arg.type is dtypes.resource:
            key = variable_key(variable_op(tensor))
            initial, commit = recipe.initial.get(key), recipe.commits.get(key)
            if initial is None or commit is None or initial[0] is not value or commit[1] is not op:
                return None
            if value.shape is None or None in value.shape or shape not in (None, value.shape):
                return None
            shape = value.shape
            keys[arg.name] = key
        elif arg.name in _GRADIENTS and value.shape == shape:
            gradients[arg.name] = value
        elif value.shape == () and arg.name not in (*_GRADIENTS, "global_step"):
            numbers[arg.name] = value
        else:
            return None
    dtype = next(iter(inputs)).dtype  # type: ignore[union-attr]
    if shape is None or dtype not in _TYPES or len(set(keys.values())) < len(keys):
        return None
    update = SmallUpdate(op, keys, gradients, numbers, tuple(d or 0 for d in shape))
    return update if update.elements < SMALL_ELEMENTS else None
