"""Optimizers of given estimators, by name, as functions, or as they are."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.training.optimizer import Optimizer

_BY_NAME = {
    "Adagrad": "train.AdagradOptimizer",
    "Adam": "train.AdamOptimizer",
    "Ftrl": "train.FtrlOptimizer",
    "RMSProp": "train.RMSPropOptimizer",
    "SGD": "train.GradientDescentOptimizer",
}


def optimizer_of(optimizer: Any, learning_rate: float) -> Optimizer:
    """The optimizer that is meant.

    Args:
        optimizer: one of the names "Adagrad", "Adam", "Ftrl", "RMSProp" and "SGD", an optimizer, or a function that
            makes one in the graph of the model.
        learning_rate: of those that are named.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(optimizer, str):
        if optimizer not in _BY_NAME:
            raise ValueError(f"Unsupported optimizer name: {optimizer}. Supported names are: {tuple(sorted(_BY_NAME))}")
        return PUBLIC[_BY_NAME[optimizer]](learning_rate=learning_rate)  # type: ignore[no-any-return]
    made = optimizer() if callable(optimizer) else optimizer
    if not isinstance(made, Optimizer):
        raise ValueError(f"The given object is not an Optimizer instance. Given: {made}")
    return made
