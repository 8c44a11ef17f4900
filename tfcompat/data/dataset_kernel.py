"""Registers host kernels of datasets; notes which operations with a state of their own a dataset's functions have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.data.elements import Source
from tfcompat.data.functions import function_graph
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed

# Stateful in the table of operations, but nothing that the state of an iterator lacks.
_HARMLESS = ("Dataset", "Placeholder", "Const", "Assert", "Print", "LookupTable", "HashTable", "MatchingFiles",
             "ReadFile", "Generator", "VarHandleOp", "TensorArray", "Summary")  # fmt: skip


def dataset_kernel(*types: str) -> Callable[[Callable[..., Source]], Callable[..., np.ndarray]]:
    """Registers a function that makes a dataset of the inputs of an operation of `types`."""

    def register(make: Callable[..., Source]) -> Callable[..., np.ndarray]:
        @kernel(*types)
        @functools.wraps(make)
        def made(k: KernelContext, *inputs: Any) -> np.ndarray:
            source = make(k, *inputs)
            before = [i.item() for i in inputs if isinstance(i, np.ndarray) and i.dtype == object and i.ndim == 0]
            source.effects |= _effects_of(k.op).union(*(b.effects for b in before if isinstance(b, Source)))
            return boxed(source)

        return made

    return register


def _effects_of(op: Operation) -> frozenset[str]:
    """The op types with a state in the functions that attributes of `op` name."""
    found: frozenset[str] = frozenset()
    for value in op.attrs.values():
        for reference in value if isinstance(value, list) else [value]:
            graph = function_graph(op, reference) if isinstance(reference, FuncRef) else None
            found |= frozenset() if graph is None else _effects_in(graph)
    return found


def _effects_in(graph: FuncGraph) -> frozenset[str]:
    known: frozenset[str] | None = graph.__dict__.get("_state_types")
    if known is None:
        graph.__dict__["_state_types"] = frozenset()
        own = {op.type for op in graph.get_operations() if op.definition.is_stateful}
        known = frozenset(t for t in own if not any(h in t for h in _HARMLESS))
        known = known.union(*(_effects_of(op) for op in graph.get_operations()))
        graph.__dict__["_state_types"] = known
    return known
