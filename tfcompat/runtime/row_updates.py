"""Updates of a few rows of a large variable, done in the variable's own buffer when a run commits.

A model that gives a whole new table for a few changed rows writes the whole table. Where the last thing a run does to a
large variable is a ScatterND into its old value, the model gives the rows instead, the commit puts them in place: its
cost goes by the rows touched. All rows of all variables are checked before the first is changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.builder import Value
from converters.state import RowsPlaced
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation
from tfcompat.kernels.rows import distinct_rows
from tfcompat.planner.variables import VariableKey
from tfcompat.runtime.arrays import to_numpy
from tfcompat.runtime.compiler import ModelStep, Recipe
from tfcompat.runtime.uses import uses_of

LARGE_BYTES = 1 << 20
_REDUCTIONS = (None, "add")


@dataclasses.dataclass(frozen=True, slots=True)
class RowUpdate:
    """The slices of a variable that a run changes.

    Attributes:
        key: the variable.
        vectors: int64 index vectors, shape [..., depth].
        updates: the new slices, or what is added to them.
        adds: whether they are added.
        op: the operation that asks for it.
    """

    key: VariableKey
    vectors: Value
    updates: Value
    adds: bool
    op: Operation

    def check(self, env: dict[str, Any], shape: Sequence[int]) -> None:
        """Raises InvalidArgumentError when an index is outside a variable of `shape`."""
        check_rows(to_numpy(env[self.vectors.name]), shape, self.op)

    def apply(self, env: dict[str, Any], table: np.ndarray) -> None:
        """Changes `table`."""
        vectors = to_numpy(env[self.vectors.name])
        depth = vectors.shape[-1]
        flat = np.ravel_multi_index(tuple(np.moveaxis(vectors, -1, 0)), table.shape[:depth]).reshape(-1)
        rows = table.reshape(-1, *table.shape[depth:])
        updates = to_numpy(env[self.updates.name]).reshape(-1, *table.shape[depth:])
        if self.adds:
            places, sums = distinct_rows(flat, updates)
            rows[places] += sums
        else:
            rows[flat] = updates


def check_rows(vectors: np.ndarray, shape: Sequence[int], op: Operation) -> None:
    """Raises InvalidArgumentError, of `op`, when an index vector is outside a variable of `shape`."""
    limits = np.array(shape[: vectors.shape[-1]])
    if vectors.size and (vectors.min() < 0 or (vectors >= limits).any()):
        raise InvalidArgumentError(None, op, f"indices are not all in a variable of shape {list(shape)}")


def take_row_updates(recipe: Recipe) -> tuple[Recipe, list[RowUpdate]]:
    """`recipe` without the row updates that its commit can do in place, and these."""
    found: list[RowUpdate] = []
    removed: set[int] = set()
    uses = uses_of(recipe)
    producers = {id(v): (step, node) for step in recipe.steps if isinstance(step, ModelStep) and step.kind == "cpu"
                 for node in step.nodes for v in node.outputs}  # fmt: skip
    fetched = {v.name for v in recipe.fetches}
    for key, (value, op) in recipe.commits.items():
        _, node = producers.get(id(value), (None, None))
        initial = recipe.initial.get(key)
        if node is None or initial is None or uses.get(value.name, 0) or {value.name, initial[0].name} & fetched:
            continue
        if isinstance(node, RowsPlaced) and _updates_rows_of(node, initial[0]):
            assert node.vectors is not None
            assert node.updates is not None
            found.append(RowUpdate(key, node.vectors, node.updates, node.reduction == "add", op))
            removed.add(id(node))
    if not found:
        return recipe, []
    steps = [
        dataclasses.replace(s, nodes=[n for n in s.nodes if id(n) not in removed]) if isinstance(s, ModelStep) else s
        for s in recipe.steps
    ]
    taken = {u.key for u in found}
    commits = {k: v for k, v in recipe.commits.items() if k not in taken}
    wanted = [*recipe.targets, *(v for u in found for v in (u.vectors, u.updates))]
    return dataclasses.replace(recipe, steps=steps, commits=commits, targets=wanted), found


def _updates_rows_of(node: RowsPlaced, variable: Value) -> bool:
    """Whether `node` is a scatter into the old value of a large variable."""
    if node.table is not variable or variable.shape is None or None in variable.shape:
        return False
    if node.reduction not in _REDUCTIONS:
        return False
    return int(np.prod(variable.shape)) * variable.dtype.size >= LARGE_BYTES  # type: ignore[arg-type]
