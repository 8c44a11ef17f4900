"""What a `Saver` saves: variables by the names in checkpoints, and the operations that write and read them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfcompat.graph.constant import constant
from tfcompat.graph.default import control_dependencies, device, get_default_graph, name_scope
from tfcompat.graph.device import DeviceSpec, canonical_name
from tfcompat.graph.dtypes import DType
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import identity
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.variable_base import Variable


@dataclass(frozen=True, slots=True)
class Saveable:
    """One tensor of a checkpoint.

    Attributes:
        name: its name in the checkpoint.
        variable: the variable it is the value of.
        spec: shape and slice, for a part of a partitioned variable; else empty.
    """

    name: str
    variable: Any
    spec: str

    @property
    def dtype(self) -> DType:
        """Its element type."""
        return self.variable.dtype.base_dtype  # type: ignore[no-any-return]

    def value(self) -> Tensor:
        """The tensor to write: the reference, or a read of the resource."""
        if isinstance(self.variable, ResourceVariable):
            if isinstance(get_default_graph(), FuncGraph):
                return self.variable.read_value()
            return _read_slice(self.variable) if self.spec else self.variable._graph_element  # type: ignore[no-any-return]
        return self.variable if isinstance(self.variable, Tensor) else _written_tensor(self)

    def assign(self, value: Tensor, reshape: bool) -> Operation:
        """Records what gives the variable the restored `value`."""
        shape = self.variable.shape
        if reshape:
            value = raw_ops.Reshape(tensor=value, shape=np.array(shape.as_list(), np.int32))
        if isinstance(self.variable, ResourceVariable):
            with get_default_graph().colocate_with(None, ignore_existing=True), device(self.variable.device):
                return raw_ops.AssignVariableOp(resource=self.variable.handle, value=identity(value))  # type: ignore[no-any-return]
        reference = self.variable if isinstance(self.variable, Tensor) else self.variable._ref()
        result = raw_ops.Assign(
            ref=reference, value=value, use_locking=True, validate_shape=not reshape and shape.is_fully_defined()
        )
        return result.op  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class TablePart:
    """The keys or the values of a table: one of the two tensors it is in a checkpoint.

    Attributes:
        name: its name in the checkpoint.
        tensor: the tensor to write.
        table: what restores all parts together (`TableSaveable`).
    """

    name: str
    tensor: Tensor
    table: Any
    spec: str = ""

    @property
    def variable(self) -> Any:
        """What no other saveable may stand for."""
        return self.name, self.table.op

    @property
    def dtype(self) -> DType:
        """Its element type."""
        return self.tensor.dtype.base_dtype

    def value(self) -> Tensor:
        """The tensor to write."""
        return self.tensor


def _read_slice(variable: ResourceVariable) -> Tensor:
    """A read of a part of a partitioned resource variable, as the reference records it."""
    with device(variable.device):
        with name_scope("Read"):
            raw_ops.DisableCopyOnRead(resource=variable.handle)
            value = raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype.base_dtype)
        value = identity(value)
        with device("cpu:0"):
            return identity(value)


def _written_tensor(saveable: Saveable) -> Tensor:
    variable = saveable.variable
    return variable.value() if saveable.spec else variable._ref()  # type: ignore[no-any-return]


def saveables_of(var_list: Any) -> list[Saveable | TablePart]:
    """The saveables of a variable list or name map, by checkpoint name.

    Args:
        var_list: variables, or a dict from checkpoint name to a variable, a list of slices, or a partitioned variable.

    Raises:
        ValueError: two variables have one name.
        TypeError: something is no variable.
    """
    if isinstance(var_list, Mapping):
        for name, value in var_list.items():
            if isinstance(value, Tensor) and not _is_variable(value):
                raise _no_variable(value)
            if not isinstance(name, str):
                raise TypeError(
                    "names_to_saveables must be a dict mapping string names to trackable operations. Name is not a "
                    f"string: {name}"
                )
        named = dict(var_list)
    elif isinstance(var_list, Iterable) and not isinstance(var_list, (str, Tensor, Variable)):
        named = by_own_names(list(var_list))
    else:
        raise TypeError(f"Variables to save should be passed in a dict or a list. Got {var_list}")
    found: list[Saveable | TablePart] = []
    seen: set[Any] = set()
    for name in sorted(named):
        for saveable in expanded(name, named[name]):
            if saveable.variable in seen:
                raise ValueError(f"The same saveable will be restored with two names: {name}")
            seen.add(saveable.variable)
            found.append(saveable)
    return found


def by_own_names(variables: Sequence[Any]) -> dict[str, Any]:
    """Variables by checkpoint name; the slices of a partitioned one as a list. Raises as `saveables_of` does."""
    named: dict[str, Any] = {}
    for variable in variables:
        if isinstance(variable, PartitionedVariable):
            if variable.name in named:
                raise ValueError(f"At least two variables have the same name: {variable.name}")
            named[variable.name] = list(variable)
            continue
        if hasattr(variable, "parts") or hasattr(variable, "_saveable"):
            saveable = variable._saveable() if hasattr(variable, "_saveable") else variable
            named[saveable.name] = saveable
            continue
        if not _is_variable(variable):
            raise TypeError(f"Variable to save is not a Variable: {variable}")
        info = variable._get_save_slice_info() if hasattr(variable, "_get_save_slice_info") else None
        if info is not None:
            slices = named.setdefault(info.full_name, [])
            if not isinstance(slices, list):
                raise ValueError(f"Mixing slices and non-slices with the same name: {info.full_name}")
            slices.append(variable)
            continue
        name = variable.op.name
        if name in named:
            raise ValueError(f"At least two variables have the same name: {name}")
        named[name] = variable
    return named


def _is_variable(value: Any) -> bool:
    """Whether `value` is a variable or the reference of one."""
    if isinstance(value, Tensor):
        return value.dtype._is_ref_dtype
    return isinstance(value, Variable) or hasattr(value, "_get_save_slice_info")


def _no_variable(value: Any) -> TypeError:
    return TypeError(
        f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: {value}"
    )


def expanded(name: str, value: Any) -> Sequence[Saveable | TablePart]:
    """The saveables of one checkpoint name: one, or one per slice or part."""
    if hasattr(value, "_saveable"):
        value = value._saveable(name)
    if hasattr(value, "parts"):
        return [TablePart(part, tensor, value) for part, tensor in value.parts]
    if isinstance(value, (list, tuple, PartitionedVariable)):
        parts = []
        for part in value:
            info = part._get_save_slice_info()
            if info is None:
                raise ValueError(f"Slices must all be slices: {part}")
            parts.append(Saveable(name, part, info.spec))
        return parts
    if not isinstance(value, Tensor) and not _is_variable(value):
        raise _no_variable(value)
    info = value._get_save_slice_info() if hasattr(value, "_get_save_slice_info") else None
    return [Saveable(name, value, "" if info is None else info.spec)]


def add_save_ops(filename: Tensor, saveables: Sequence[Saveable | TablePart], version: int = 2) -> Tensor:
    """Records the writing of `saveables`; the result is `filename`, once they are written."""
    names, specs, values = [s.name for s in saveables], [s.spec for s in saveables], [s.value() for s in saveables]
    if version == 2:
        write = raw_ops.SaveV2(prefix=filename, tensor_names=names, shape_and_slices=specs, tensors=values)
    else:
        write = raw_ops.SaveSlices(
            filename=filename, tensor_names=names, shapes_and_slices=specs, data=values, name="save"
        )
    with control_dependencies([write]), get_default_graph().colocate_with(filename.op):
        return identity(filename, name="control_dependency")


def add_restore_ops(filename: Tensor, saveables: Sequence[Saveable | TablePart], reshape: bool) -> list[Operation]:
    """Records the restoring of `saveables`; one assignment each."""
    with device("cpu:0"):
        values = raw_ops.RestoreV2(
            prefix=filename,
            tensor_names=[s.name for s in saveables],
            shape_and_slices=[s.spec for s in saveables],
            dtypes=[s.dtype for s in saveables],
        )
    restored: list[Operation] = []
    pending: list[Tensor] = []
    for saveable, value in zip(saveables, values, strict=True):
        if isinstance(saveable, Saveable):
            restored.append(saveable.assign(value, reshape))
            continue
        pending.append(value)
        if len(pending) == len(saveable.table.parts):
            restored.append(saveable.table.restore(pending))
            pending = []
    return restored


def by_device(
    saveables: Sequence[Saveable | TablePart], name_of: Callable[[str], str] = canonical_name
) -> list[tuple[str, list[Saveable | TablePart]]]:
    """(device, what is on it) by the names that `name_of` gives devices."""
    groups: dict[str, list[Saveable | TablePart]] = {}
    for saveable in saveables:
        holder = saveable.variable if isinstance(saveable, Saveable) else saveable.tensor
        groups.setdefault(name_of(holder.device), []).append(saveable)
    return sorted(groups.items())


def cpu_of(name: str) -> str:
    """The first CPU of the task of a device."""
    return DeviceSpec.from_string(name).replace(device_type="CPU", device_index=0).to_string()


def add_sharded_save_ops(
    filename: Tensor, saveables: Sequence[Saveable | TablePart], name_of: Callable[[str], str] = canonical_name
) -> Tensor:
    """Records the writing of `saveables`, one shard a device, and the merging of these into the checkpoint.

    Devices are the same for which `name_of` gives the same name.
    """
    with device("cpu"):
        is_remote = raw_ops.StaticRegexFullMatch(input=filename, pattern="^s3://.*")
        suffix = raw_ops.Select(condition=is_remote, t=constant(".part"), e=constant("_temp/part"))
        prefix = raw_ops.StringJoin(inputs=[filename, suffix])
    groups = by_device(saveables, name_of)
    count = constant(len(groups), name="num_shards")
    shards, written = [], []
    for number, (name, own) in enumerate(groups):
        with device(cpu_of(name)):
            shards.append(raw_ops.ShardedFilename(basename=prefix, shard=number, num_shards=count))
            written.append(add_save_ops(shards[-1], own))
    with control_dependencies(written), device(cpu_of(groups[-1][0])):
        prefixes = raw_ops.Pack(values=shards, axis=0, name="MergeV2Checkpoints/checkpoint_prefixes")
        merged = raw_ops.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=filename)
        with control_dependencies([merged]):
            return identity(filename)


def add_sharded_save_ops_of_version_1(filename: Tensor, saveables: Sequence[Saveable | TablePart]) -> Tensor:
    """Records the writing of `saveables`, one file a device; the result is the pattern that these files match."""
    groups = by_device(saveables)
    count = constant(len(groups), name="num_shards")
    written = []
    for number, (name, own) in enumerate(groups):
        with device(name) if name else contextlib.nullcontext():
            shard = raw_ops.ShardedFilename(basename=filename, shard=number, num_shards=count)
            written.append(add_save_ops(shard, own, 1))
    with control_dependencies(written):
        return raw_ops.ShardedFilespec(basename=filename, num_shards=count)  # type: ignore[no-any-return]


def add_restore_all(filename: Tensor, saveables: Sequence[Saveable | TablePart], reshape: bool, sharded: bool) -> Any:
    """Records the operation that restores all of `saveables`, by device if `sharded`."""
    if not sharded:
        return group(*add_restore_ops(filename, saveables, reshape), name="restore_all")
    parts = []
    for name, own in by_device(saveables):
        with device(name) if name else contextlib.nullcontext():
            parts.append(group(*add_restore_ops(filename, own, reshape), name="restore_shard"))
    return group(*parts, name="restore_all")
