"""Optimizer updates of large variables, done in the variables' own buffers when a run commits.

As ONNX nodes, an update of Adam is twelve passes over memory. Where the last thing a run does to a large variable and
its slots is such an update of their old values, the model gives the gradient only, and the commit applies the formula
block by block (`tfcompat.kernels.blocks`): what lies between stays in the cache.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from converters.builder import Value
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse
from tfcompat.kernels.blocks import FUNCTIONS, update_in_place
from tfcompat.planner.variables import VariableKey, variable_key, variable_op
from tfcompat.runtime.arrays import to_numpy
from tfcompat.runtime.compiler import ModelStep, Recipe
from tfcompat.runtime.store import VariableStore
from tfcompat.runtime.uses import uses_of

LEAST_ELEMENTS = 1 << 16
"""Variables of fewer elements stay in the cache anyway."""

_PART = 1 << 18
_TYPES = (dtypes.float32, dtypes.float64)


@dataclasses.dataclass(frozen=True, slots=True)
class BlockUpdate:
    """An update that the commit applies.

    Attributes:
        op: the operation that asks for it.
        keys: its variables by the names of the inputs.
        others: its other inputs by name: the gradient, of the variables' shape, and numbers.
    """

    op: Operation
    keys: Mapping[str, VariableKey]
    others: Mapping[str, Value]

    def apply(self, env: Mapping[str, Any], variables: VariableStore, threads: int) -> None:
        """Changes the variables."""
        arrays = {name: variables.own_array(key) for name, key in self.keys.items()}
        numbers = {}
        first = next(iter(arrays.values()))
        for name, value in self.others.items():
            array = to_numpy(env[value.name] if value.const is None else value.const)
            if array.ndim == 0:
                numbers[name] = first.dtype.type(array)
            else:
                arrays[name] = np.ascontiguousarray(array)
        parts = min(threads, first.size // _PART)
        formula = functools.partial(UPDATE_RULES[self.op.type], FUNCTIONS, self.op.attrs)
        update_in_place(formula, arrays, numbers, _executor(threads) if parts > 1 else None, parts)


@functools.cache
def _executor(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "tfcompat-update")


def take_block_updates(recipe: Recipe, row_updated: frozenset[str]) -> tuple[Recipe, list[BlockUpdate]]:
    """`recipe` without the updates that its commit can do in place, and these.

    Args:
        recipe: the plan.
        row_updated: the initial values of variables whose rows the commit changes.
    """
    on_cpu = {op for step in recipe.steps if isinstance(step, ModelStep) and step.kind == "cpu" for op in step.ops}
    candidates = [
        (update, nodes)
        for op, (inputs, nodes) in recipe.updates.items()
        if op in on_cpu and (update := _block_update(recipe, op, inputs)) is not None
    ]
    found = []
    uses = uses_of(recipe, {id(node) for _, nodes in candidates for node in nodes}) if candidates else {}
    fetched = {v.name for v in recipe.fetches}
    for update, _ in candidates:
        written = {recipe.commits[key][0].name for key in update.keys.values()}
        read = {recipe.initial[key][0].name for key in update.keys.values()}
        if (written | read) & fetched or any(uses.get(name, 0) for name in written):
            continue
        found.append(update)
    while True:
        changed = row_updated.union(recipe.initial[key][0].name for u in found for key in u.keys.values())
        kept = [u for u in found if not any(v.name in changed for v in u.others.values())]
        if len(kept) == len(found):
            break
        found = kept
    if not found:
        return recipe, []
    taken = {key for u in found for key in u.keys.values()}
    commits = {k: v for k, v in recipe.commits.items() if k not in taken}
    wanted = [*recipe.targets, *(v for u in found for v in u.others.values())]
    return dataclasses.replace(recipe, commits=commits, targets=wanted), found


def _block_update(recipe: Recipe, op: Operation, inputs: list[Value | None]) -> BlockUpdate | None:
    """The update of `op` where it makes the last values of large variables of one shape out of their first."""
    if op.type not in UPDATE_RULES or is_sparse(op.type):
        return None
    keys, others = {}, {}
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
        elif value.shape in ((), shape) and arg.name != "global_step":
            others[arg.name] = value
        else:
            return None
    dtype = next(iter(inputs)).dtype  # type: ignore[union-attr]
    if shape is None or math.prod(shape) < LEAST_ELEMENTS or dtype not in _TYPES:  # type: ignore[arg-type]
        return None
    return BlockUpdate(op, keys, others) if len(set(keys.values())) == len(keys) else None
