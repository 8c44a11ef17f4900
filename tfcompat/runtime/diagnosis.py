"""What a failed model run means in the reference's words.

ONNX Runtime names the node that failed and says why in its own terms. The host kernel of that operation, run on the
same inputs, raises the exception that the reference raises. Its inputs are computed again by a part of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from converters.builder import Value
from converters.complex_value import ComplexValue
from converters.list_value import ListValue
from converters.model import free_values, live_nodes
from tfcompat.graph import registry
from tfcompat.graph.errors import DeadlineExceededError, InvalidArgumentError, OpError, ResourceExhaustedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.operation import Operation
from tfcompat.runtime.arrays import to_numpy, to_ort
from tfcompat.runtime.failures import ORT_ERRORS

_MOST_CANDIDATES = 64

Loader = Callable[[Sequence[Any], Sequence[Value], Sequence[Value]], Any]
"""(nodes, inputs, outputs) -> a model to run."""


def explained(error: OpError, step: Any, env: Mapping[str, Any], load: Loader) -> OpError:
    """The exception that the host kernel of the failed operation raises; `error` itself when it raises none.

    Args:
        error: what the failure was translated to; when it names no operation, those of the model are tried in turn.
        step: the `ModelStep` that failed.
        env: values by name; the model's inputs are among them.
        load: loads a part of the model.
    """
    if isinstance(error, (DeadlineExceededError, ResourceExhaustedError)):
        return error
    candidates = [error.op] if error.op is not None else step.ops[:_MOST_CANDIDATES]
    for op in candidates:
        if op.type not in registry.kernel or op.definition.is_stateful:
            continue
        arrays = _inputs_of(op, step, env, load)
        if arrays is None:
            if error.op is None:
                break
            continue
        told = _raised_by_kernel(op, arrays)
        if told is not None:
            return told
    return error


def _raised_by_kernel(op: Operation, arrays: Sequence[np.ndarray]) -> OpError | None:
    try:
        with np.errstate(all="ignore"):
            registry.kernel.get(op.type)(KernelContext(op), *arrays)
    except OpError as told:
        told._op = told._op or op
        return told
    except ValueError as error:
        if "could not be broadcast" in str(error) and len(arrays) == 2:
            shapes = " vs. ".join(str(list(a.shape)).replace(" ", "") for a in arrays)
            return InvalidArgumentError(None, op, f"Incompatible shapes: {shapes}")
    except Exception:  # a kernel that fails otherwise explains nothing
        return None
    return None


def _inputs_of(op: Operation, step: Any, env: Mapping[str, Any], load: Loader) -> list[np.ndarray] | None:
    """The inputs of `op` as arrays; None when they cannot be computed."""
    values = step.inputs.get(op)
    if values is None or any(v is None or isinstance(v, (ComplexValue, ListValue)) for v in values):
        return None
    known: dict[str, Any] = {v.name: v.const if v.const is not None else env.get(v.name) for v in values}
    missing = [v for v in {v.name: v for v in values}.values() if known[v.name] is None]
    if missing:
        nodes = live_nodes(step.nodes, [v.name for v in missing])
        inputs = [v for v in free_values(nodes).values() if v.const is None]
        if any(v.name not in env for v in inputs):
            return None
        try:
            results = load(nodes, inputs, missing).run({v.name: to_ort(env[v.name]) for v in inputs})
        except ORT_ERRORS:
            return None
        known.update((v.name, results[i]) for i, v in enumerate(missing))
    return [to_numpy(known[v.name]) for v in values]
