"""Functions that programs import from internal modules of the core, and that have no public names."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import default, dtypes, nest
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_collection, name_scope
from tfcompat.graph.export import export_internal
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import array, raw_ops
from tfcompat.ops.control_flow import smart_cond, static_predicate
from tfcompat.ops.grouping import group
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.resource_variable import ResourceVariable


def switch(data: Any, pred: Any, dtype: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """(data where `pred` is false, data where it is true); the other output is dead."""
    with name_scope(name, "Switch", [data, pred]) as scope:
        value = convert_to_tensor(data, dtype=dtype, name="data")
        return tuple(raw_ops.Switch(data=value, pred=convert_to_tensor(pred, name="pred"), name=scope))  # type: ignore[return-value]


def merge(inputs: Any, name: str | None = None) -> tuple[Any, Any]:
    """(The input that is alive, its index); ValueError where one is None."""
    if any(value is None for value in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    with name_scope(name, "Merge", inputs) as scope:
        return tuple(raw_ops.Merge(inputs=[convert_to_tensor(v) for v in inputs], name=scope))  # type: ignore[return-value]


def shared_resources() -> list[Any]:
    """The resources of the collection RESOURCES."""
    return get_collection(GraphKeys.RESOURCES)


def local_resources() -> list[Any]:
    """The resources of the collection LOCAL_RESOURCES."""
    return get_collection(GraphKeys.LOCAL_RESOURCES)


def initialize_resources(resource_list: Any, name: str = "init") -> Any:
    """An operation that runs the initializers (`create`) of resources."""
    return group(*[resource.create for resource in resource_list], name=name)


def scalar() -> TensorShape:
    """The shape of a scalar."""
    return TensorShape([])


def vector(length: Any) -> TensorShape:
    """The shape of a vector."""
    return TensorShape([length])


def matrix(rows: Any, cols: Any) -> TensorShape:
    """The shape of a matrix."""
    return TensorShape([rows, cols])


def unknown_shape(ndims: int | None = None, **kwargs: Any) -> TensorShape:
    """A shape of unknown dimensions; of unknown rank where `ndims`, also called `rank`, is None."""
    ndims = kwargs.get("rank", ndims)
    return TensorShape(None) if ndims is None else TensorShape([None] * ndims)


def _no() -> bool:
    """False: programs are recorded into graphs."""
    return False


def _yes() -> bool:
    """True: programs are recorded into graphs."""
    return True


def smart_constant_value(pred: Any) -> bool | None:
    """The value of a predicate that is known before a run, else None; TypeError for what is no predicate."""
    return static_predicate(pred)


def name_from_scope_name(name: str) -> str:
    """A scope's name without the slash at its end."""
    return name.removesuffix("/")


def get_name_scope() -> str:
    """The name scope in force, without a slash at its end."""
    return default.get_default_graph().get_name_scope()


def _by_name(*functions: Any) -> dict[str, Any]:
    return {function.__name__: function for function in functions}


_REFERENCES = (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.bool, dtypes.string)
_NAMES = {
    "framework.dtypes": {f"{dtype.name}_ref": dtype._as_ref for dtype in _REFERENCES},
    "framework.ops": _by_name(default.colocate_with, get_name_scope, name_from_scope_name),
    "framework.smart_cond": _by_name(smart_cond, smart_constant_value),
    "framework.tensor_shape": _by_name(scalar, vector, matrix, unknown_shape),
    "layers.utils": _by_name(smart_cond),
    "ops.array_ops": _by_name(array.shape_internal, array.size_internal, array.rank_internal),
    "ops.control_flow_ops": _by_name(switch, merge),
    "ops.resource_variable_ops": _by_name(ResourceVariable),
    "ops.resources": _by_name(shared_resources, local_resources, initialize_resources),
    "ops.variables": _by_name(PartitionedVariable),
    "util.nest": {"is_sequence": nest.is_nested},
    "tf2": {"enabled": _no},
    "eager.context": {"in_eager_mode": _no, "in_graph_mode": _yes},
}
for _module, _entries in _NAMES.items():
    for _name, _object in _entries.items():
        export_internal(f"python.{_module}.{_name}", _object)
