"""Who uses the values of a recipe."""

from __future__ import annotations

from collections.abc import Collection

from converters.model import free_values
from tfcompat.runtime.compiler import ModelStep, Recipe


def uses_of(recipe: Recipe, without: Collection[int] = ()) -> dict[str, int]:
    """How many nodes and host calls take each value; the nodes with the identities `without` are not counted."""
    counts: dict[str, int] = {}
    for step in recipe.steps:
        if isinstance(step, ModelStep):
            for node in step.nodes:
                if id(node) in without:
                    continue
                for name in free_values([node]):
                    counts[name] = counts.get(name, 0) + 1
        else:
            for call in step:
                for value in call.inputs:
                    if value is not None:
                        counts[value.name] = counts.get(value.name, 0) + 1
    return counts
