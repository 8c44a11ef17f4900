"""Host kernels of the op types by which optimizers change variables, made from their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import state_kernel
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse
from tfcompat.kernels.gather import checked


def _apply(k: KernelContext, *inputs: np.ndarray) -> dict[Any, Any]:
    """The new values of variable and slots, by input position."""
    definition = k.op.definition.inputs
    values = {arg.name: array for arg, array in zip(definition, inputs, strict=True)}
    slots = [arg.name for arg in definition if arg.is_ref or arg.type is dtypes.resource]
    if "global_step" in values:
        values["global_step"] = values["global_step"].astype(inputs[0].dtype)
    with np.errstate(all="ignore"):
        if is_sparse(k.op.type):
            made = _rows(k, values, slots)
        else:
            made = _changed(k, values)
    return {i: made[name] for i, name in enumerate(slots)}


def _changed(k: KernelContext, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All variables by name: what the formula gives, of the type they have, else what they were."""
    made = UPDATE_RULES[k.op.type](np, k.op.attrs, **values)
    dtype = values["var"].dtype
    return {**values, **{name: np.asarray(array, dtype) for name, array in made.items()}}


def _rows(k: KernelContext, values: dict[str, np.ndarray], slots: list[str]) -> dict[str, np.ndarray]:
    """Changes the rows that `indices` names: at once when none repeats, else one after the other."""
    indices = checked(k, values.pop("indices"), len(values["var"]))
    gradient = values["grad"]
    out = {name: values[name].copy() for name in slots}
    groups = [indices] if len(np.unique(indices)) == len(indices) else np.split(indices, len(indices))
    done = 0
    for group in groups:
        rows = {**values, **{name: out[name][group] for name in slots}, "grad": gradient[done : done + len(group)]}
        made = _changed(k, rows)
        for name in slots:
            out[name][group] = made[name]
        done += len(group)
    return out


state_kernel(*UPDATE_RULES)(_apply)
