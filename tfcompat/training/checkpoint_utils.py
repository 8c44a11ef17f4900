"""Variables that begin with values of checkpoints, and waiting for checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfcompat.graph.default import device
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.io.checkpoint.reader import checkpoint_prefix, load_checkpoint
from tfcompat.io.checkpoint.state import latest_checkpoint
from tfcompat.ops import raw_ops
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.variable_store import variable_store
from tfcompat.training.saveables import Saveable


@tf_export("train.init_from_checkpoint")
def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Makes the initializers of variables give the values of a checkpoint.

    Args:
        ckpt_dir_or_file: prefix of the checkpoint, or a directory, whose latest one it is.
        assignment_map: from names in the checkpoint to variables of the current graph (names that `get_variable` knows,
            variables, lists of slices, partitioned variables), or from scope to scope, such as `{"scope/": "other/"}`,
            for all variables that `get_variable` made in it; "/" is the root.

    Raises:
        NotFoundError: there is no such checkpoint.
        ValueError: a tensor is not in the checkpoint, a variable not in the graph, or their shapes differ.
    """
    reader = load_checkpoint(ckpt_dir_or_file)
    path = checkpoint_prefix(ckpt_dir_or_file)
    shapes = reader.get_variable_to_shape_map()
    for source, target in sorted(dict(assignment_map).items(), key=lambda item: item[0]):
        found = _variable(target)
        if found is None:
            for name, variable in _scope_pairs(source, target, shapes, ckpt_dir_or_file):
                _initialize_from(variable, path, name)
            continue
        if source not in shapes:
            raise ValueError(f"Tensor {source} is not found in {ckpt_dir_or_file} checkpoint {shapes}")
        if not isinstance(found, list) and not found.shape.is_compatible_with(shapes[source]):
            raise ValueError(
                f"Shape of variable {found.name} ({found.shape}) doesn't match with shape of tensor {source} "
                f"({shapes[source]}) from checkpoint reader."
            )
        _initialize_from(found, path, source)


def _variable(target: Any) -> Any:
    """The variable, or list of slices, that `target` is or names; None when it names none.

    Raises:
        TypeError: it is neither a name nor a variable.
    """
    if isinstance(target, PartitionedVariable):
        return list(target)
    if isinstance(target, (Variable, Tensor)):
        return target
    if isinstance(target, (list, tuple)) and all(isinstance(t, (Variable, Tensor)) for t in target):
        return list(target)
    if not isinstance(target, str):
        raise TypeError(f"assignment_map must map to names and variables, not to {target!r}")
    store = variable_store()
    if target in store._partitioned_vars:
        return list(store._partitioned_vars[target])
    return store._vars.get(target)


def _scope_pairs(source: str, target: str, shapes: Mapping[str, Any], where: Any) -> Iterator[tuple[str, Any]]:
    """(name in the checkpoint, variable) for all variables of a scope."""
    scope = target.rpartition("/")[0]
    if not source.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {source}. Should be "
            "'scope/': 'other_scope/'."
        )
    names = {n.partition("/part_")[0] for n in variable_store()._vars if not scope or n.startswith(f"{scope}/")}
    for name in sorted(names):
        full = name[len(scope) :] if target == "/" else name[len(scope) + 1 :]
        full = (full if source == "/" else source + full).removesuffix("/")
        if full not in shapes:
            raise ValueError(f"Tensor {full} ({name[len(scope) + 1 :]} in {source}) is not found in {where} checkpoint")
        yield full, _variable(name)


def _initialize_from(variable: Any, path: str, name: str) -> None:
    """Replaces the initializer of a variable, or of each of its slices."""
    if isinstance(variable, list):
        for part in variable:
            info = part._get_save_slice_info()
            if info is None:
                raise ValueError(f"A list must be the slices of one variable: {part}")
            _set_initializer(part, path, name, info.spec)
    else:
        _set_initializer(variable, path, name, "")


def _set_initializer(variable: Any, path: str, name: str, spec: str) -> None:
    with device(variable.device), device("/cpu:0"):
        (value,) = raw_ops.RestoreV2(
            prefix=path,
            tensor_names=[name],
            shape_and_slices=[spec],
            dtypes=[variable.dtype.base_dtype],
            name="checkpoint_initializer",
        )
    value.set_shape(variable.shape)
    replace_initializer(variable, value)


def replace_initializer(variable: Any, value: Tensor) -> None:
    """Makes the initializer of a variable assign `value`."""
    variable._initializer_op = Saveable(variable.op.name, variable, "").assign(value, reshape=False)
    variable._initial_value = value


def wait_for_new_checkpoint(
    checkpoint_dir: Any, last_checkpoint: str | None = None, seconds_to_sleep: float = 1, timeout: float | None = None
) -> str | None:
    """Waits for a latest checkpoint other than `last_checkpoint`.

    Args:
        checkpoint_dir: the directory.
        last_checkpoint: the last one seen.
        seconds_to_sleep: time between two looks.
        timeout: seconds to wait; without end when None.

    Returns:
        Its prefix; None when the time is over.
    """
    end = None if timeout is None else time.time() + timeout
    while True:
        path = latest_checkpoint(os.fspath(checkpoint_dir))
        if path is not None and path != last_checkpoint:
            return path
        if end is not None and time.time() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


@tf_export("train.checkpoints_iterator")
def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Prefixes of the latest checkpoint, again and again as new ones appear; those in between are left out.

    Args:
        checkpoint_dir: the directory.
        min_interval_secs: seconds between two of them, at least.
        timeout: seconds to wait for the next; without end when None.
        timeout_fn: called after a time-out; the iteration ends if it returns true, and at each time-out if it is None.
    """
    path: str | None = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is None:
            if not timeout_fn or timeout_fn():
                return
            continue
        began = time.time()
        path = new
        yield path
        rest = began + min_interval_secs - time.time()
        if rest > 0:
            time.sleep(rest)


export_internal("python.training.checkpoint_utils.wait_for_new_checkpoint", wait_for_new_checkpoint)
