"""Choices that a model makes while it runs."""

from __future__ import annotations

from collections.abc import Callable

from converters.builder import Builder, Dims, Subgraph, Value
from tfcompat.graph.dtypes import DType

Rule = Callable[[Builder], Value]


def if_else(b: Builder, condition: Value, then: Rule, otherwise: Rule, dtype: DType, shape: Dims | None) -> Value:
    """The result of `then` where the scalar `condition` holds, else that of `otherwise`; only one of them runs.

    Args:
        b: the builder around.
        condition: bool scalar.
        then: builds one branch; it may use any Value of the builder around.
        otherwise: builds the other.
        dtype: type of both results.
        shape: what is known of the shape of both.
    """

    def branch(rule: Rule) -> Subgraph:
        inside = Builder(b.scope, b._counter)
        result = inside.identity(rule(inside), inside._fresh("branch"))
        result.shape = shape
        return Subgraph([], [result], inside.nodes)

    branches = {"then_branch": branch(then), "else_branch": branch(otherwise)}
    chosen: Value = b.node("If", [condition], dtype=dtype, subgraphs=branches)
    chosen.shape = shape
    return chosen


def reduced_dims(shape: Dims | None, axes: list[int], keep: bool) -> Dims | None:
    """The shape of a reduction's result."""
    if shape is None:
        return None
    return tuple(1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes)
