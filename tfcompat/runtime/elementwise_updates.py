"""Changes of large variables, element by element, that a run's commit does in place instead of its model.

As ONNX nodes, an update of Adam is twelve passes over memory, and gives three new arrays. Where the last values of
variables follow from their first ones, from gradients and from numbers by arithmetic on equal shapes, and perhaps by
rows added to what lies between, the model gives only the gradients, the rows and the numbers. The commit does the
arithmetic with numpy in the variables' own buffers, block by block, so that what lies between stays in the cache
(`tfcompat.kernels.blocks`). It makes no difference whether the arithmetic was one fused operation or a program's own.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from converters.builder import Node, Value
from converters.state import RowsPlaced
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.kernels.blocks import Formula, with_rows
from tfcompat.kernels.rows import Rows
from tfcompat.planner.variables import VariableKey
from tfcompat.runtime.arrays import shape_of, to_numpy
from tfcompat.runtime.compiler import ModelStep, Recipe
from tfcompat.runtime.row_updates import check_rows
from tfcompat.runtime.store import VariableStore
from tfcompat.runtime.uses import uses_of

LARGE_ELEMENTS = 1 << 18
"""Variables of so many elements are updated in place; with smaller ones, the threads of a model are as fast."""

_TYPES = (dtypes.float32, dtypes.float64)
_FUNCTIONS = {
    "Abs": "absolute", "Add": "add", "Div": "divide", "Exp": "exp", "Max": "maximum", "Min": "minimum",
    "Mul": "multiply", "Neg": "negative", "Pow": "power", "Sign": "sign", "Sqrt": "sqrt", "Sub": "subtract",
}  # fmt: skip
"""ONNX operators that numpy's functions do in place, element by element."""


class ElementwiseUpdate:
    """New values of variables of one shape.

    Attributes:
        writers: the operation that writes each variable, by variable.
        arrays: values of the variables' shape that it takes from the run.
        numbers: scalars that it takes.
        rows: slices that it adds on the way.
    """

    def __init__(self, part: _Part, old: Mapping[VariableKey, Value], writers: Mapping[VariableKey, Operation]):
        self.writers = writers
        self._width = math.prod(part.shape[1:])
        self.arrays = [v for v in part.arrays.values() if all(v is not o for o in old.values())]
        self.numbers = list(part.numbers.values())
        self.rows = [node for node in part.nodes if isinstance(node, RowsPlaced)]
        names = [v.name for v in (*old.values(), *self.arrays)] + [node.outputs[0].name for node in self.rows]
        self._formula = Formula(part.rule(old), None, names, [v.name for v in self.numbers], in_place=True)

    @property
    def inputs(self) -> list[Value]:
        """What it takes apart from the variables."""
        taken = [*self.arrays, *self.numbers]
        for node in self.rows:
            assert node.vectors is not None
            assert node.updates is not None
            taken += [node.vectors, node.updates]
        return taken

    def check(self, env: Mapping[str, Any], variables: VariableStore) -> None:
        """Raises InvalidArgumentError when a row is outside the variables."""
        key, op = next(iter(self.writers.items()))
        for node in self.rows:
            assert node.vectors is not None
            check_rows(to_numpy(env[node.vectors.name]), shape_of(variables.get(key)), op)

    def apply(self, env: Mapping[str, Any], variables: VariableStore, threads: int) -> None:
        """Changes the variables in their buffers."""
        arrays = [variables.own_array(key) for key in self.writers]
        dtype = arrays[0].dtype
        given = [np.ascontiguousarray(to_numpy(env[v.name])) for v in self.arrays]
        numbers = [dtype.type(to_numpy(env[v.name])) for v in self.numbers]
        rows = [self._rows(node, env) for node in self.rows]
        self._formula([*arrays, *given, *rows], numbers, (), threads, self._width if rows else 1)

    def _rows(self, node: RowsPlaced, env: Mapping[str, Any]) -> Rows:
        assert node.vectors is not None
        assert node.updates is not None
        indices = to_numpy(env[node.vectors.name]).reshape(-1)
        return Rows(indices, to_numpy(env[node.updates.name]).reshape(indices.size, self._width))


class _Part:
    """Nodes that make new values out of old ones element by element, and what they take.

    Attributes:
        shape: of all arrays.
        nodes: in order.
        arrays, numbers: what they take, by name.
    """

    def __init__(self, shape: tuple[int, ...], dtype: dtypes.DType, producers: Mapping[int, Node]):
        self.shape, self.dtype = shape, dtype
        self.nodes: list[Node] = []
        self.arrays: dict[str, Value] = {}
        self.numbers: dict[str, Value] = {}
        self.results: dict[VariableKey, Value] = {}
        self.stops: set[str] = set()
        self._producers = producers
        self._kinds: dict[str, str | None] = {}

    def expand(self, values: Iterable[Value]) -> bool:
        """Finds the nodes behind `values`; whether all are arrays that arithmetic makes."""
        self.nodes, self.arrays, self.numbers, self._kinds = [], {}, {}, {}
        return all(self._kind(value) == "array" for value in values)

    def _kind(self, value: Value) -> str | None:
        """Whether `value` is an array of the part or a number; None when it is neither."""
        if value.name not in self._kinds:
            kind = self._kinds[value.name] = None if value.dtype != self.dtype else self._found(value)
            if kind == "number":
                self.numbers[value.name] = value
        return self._kinds[value.name]

    def _found(self, value: Value) -> str | None:
        node = self._producers.get(id(value))
        inside = value.const is None and value.name not in self.stops and node is not None
        if inside and isinstance(node, RowsPlaced):
            if self._adds_rows(node):
                self.nodes.append(node)
                return "array"
        elif inside and node is not None and node.op_type in _FUNCTIONS and not node.domain:
            kinds = [None if v is None else self._kind(v) for v in node.inputs]
            if None not in kinds and "array" in kinds:
                self.nodes.append(node)
                return "array"
            if None not in kinds:
                return "number"
        if value.shape == () or (value.const is not None and value.const.ndim == 0):
            return "number"
        if value.shape != self.shape:
            return None
        self.arrays[value.name] = value
        return "array"

    def _adds_rows(self, node: RowsPlaced) -> bool:
        if node.reduction != "add" or node.table is None or node.vectors is None or node.updates is None:
            return False
        shape = node.vectors.shape
        return shape is not None and shape[-1] == 1 and self._kind(node.table) == "array"

    def inner_uses(self) -> dict[str, int]:
        """How many of its nodes take each value."""
        counts: dict[str, int] = {}
        for node in self.nodes:
            for name in {v.name for v in node.inputs if v is not None}:
                counts[name] = counts.get(name, 0) + 1
        return counts

    def rule(self, old: Mapping[VariableKey, Value]) -> Any:
        """The formula's rule; its results are named like the old values that they replace."""
        nodes = list(self.nodes)
        results = [(old[key].name, value.name) for key, value in self.results.items()]

        def compute(xp: Any, attrs: Any, **terms: Any) -> dict[str, Any]:
            for node in nodes:
                name = node.outputs[0].name
                if isinstance(node, RowsPlaced):
                    assert node.table is not None
                    terms[name] = with_rows(terms[node.table.name], terms[name])
                else:
                    operands = [terms[v.name] for v in node.inputs if v is not None]
                    terms[name] = getattr(xp, _FUNCTIONS[node.op_type])(*operands)
            return {target: terms[source] for target, source in results}

        return compute


def take_elementwise_updates(recipe: Recipe, row_updated: Iterable[str]) -> tuple[Recipe, list[ElementwiseUpdate]]:
    """`recipe` without the changes that its commit can do in place, and these.

    Args:
        recipe: the plan.
        row_updated: the initial values of variables whose rows the commit changes.
    """
    parts = _parts(recipe)
    if not parts:
        return recipe, []
    changed_elsewhere = set(row_updated)
    while True:
        changed = {recipe.initial[key][0].name: part for part in parts for key in part.results}
        kept = [p for p in parts if all(changed.get(n, p) is p and n not in changed_elsewhere for n in p.arrays)]
        if len(kept) == len(parts):
            break
        parts = kept
    updates = []
    for part in parts:
        old = {key: recipe.initial[key][0] for key in part.results}
        updates.append(ElementwiseUpdate(part, old, {key: recipe.commits[key][1] for key in part.results}))
    taken = {key for part in parts for key in part.results}
    commits = {k: v for k, v in recipe.commits.items() if k not in taken}
    made = {v.name for part in parts for node in part.nodes for v in node.outputs}
    wanted = [v for v in recipe.targets if v.name not in made] + [v for update in updates for v in update.inputs]
    return dataclasses.replace(recipe, commits=commits, targets=wanted), updates


def _parts(recipe: Recipe) -> list[_Part]:
    """What the commit may do: one part for variables whose new values have nodes in common."""
    candidates = [key for key, (value, _) in recipe.commits.items() if _is_large(recipe, key, value)]
    if not candidates:
        return []
    producers = {
        id(value): node
        for step in recipe.steps
        if isinstance(step, ModelStep) and step.kind == "cpu"
        for node in step.nodes
        for value in node.outputs
    }
    uses = uses_of(recipe)
    fetched = {v.name for v in recipe.fetches}
    whole = []
    for keys in _connected(recipe, candidates, producers):
        part = _whole_part(recipe, keys, producers, uses, fetched)
        if part is not None:
            whole.append(part)
    return whole


def _is_large(recipe: Recipe, key: VariableKey, value: Value) -> bool:
    initial = recipe.initial.get(key)
    if initial is None or initial[0] is value or value.const is not None or value.dtype not in _TYPES:
        return False
    shape = initial[0].shape
    return shape is not None and None not in shape and math.prod(shape) >= LARGE_ELEMENTS  # type: ignore[arg-type]


def _connected(
    recipe: Recipe, candidates: Sequence[VariableKey], producers: Mapping[int, Node]
) -> list[list[VariableKey]]:
    """The candidates that arithmetic makes, in groups that share nodes or old values."""
    groups: list[tuple[set[str], list[VariableKey]]] = []
    for key in candidates:
        part = _part(recipe, [key], producers)
        if part is None:
            continue
        names = {recipe.initial[key][0].name, *part.arrays, *(node.outputs[0].name for node in part.nodes)}
        meeting = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        groups.append((names.union(*(g[0] for g in meeting)), [*(k for g in meeting for k in g[1]), key]))
    return [keys for _, keys in groups]


def _part(recipe: Recipe, keys: Sequence[VariableKey], producers: Mapping[int, Node]) -> _Part | None:
    first = recipe.initial[keys[0]][0]
    assert first.shape is not None
    part = _Part(tuple(d or 0 for d in first.shape), first.dtype, producers)
    part.results = {key: recipe.commits[key][0] for key in keys}
    return part if part.expand(part.results.values()) else None


def _whole_part(
    recipe: Recipe,
    keys: Sequence[VariableKey],
    producers: Mapping[int, Node],
    uses: Mapping[str, int],
    fetched: set[str],
) -> _Part | None:
    """The part of `keys` if nothing else needs what it computes; what else is needed is left to the model."""
    part = _part(recipe, keys, producers)
    if part is None or {recipe.initial[key][0].shape for key in keys} != {part.shape}:
        return None
    last = {value.name for value in part.results.values()}
    while True:
        inner = part.inner_uses()
        shared = {
            node.outputs[0].name
            for node in part.nodes
            if uses.get(node.outputs[0].name, 0) > inner.get(node.outputs[0].name, 0) or node.outputs[0].name in fetched
        }
        if not shared:
            break
        part.stops |= shared
        if shared & last or not part.expand(part.results.values()):
            return None
    old = {recipe.initial[key][0].name for key in keys}
    return None if old & fetched or all(isinstance(n, RowsPlaced) for n in part.nodes) else part
