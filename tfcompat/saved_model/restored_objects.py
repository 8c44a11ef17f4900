"""What a SavedModel of TensorFlow 2 is made of besides functions: variables, assets, tables and other resources."""

from __future__ import annotations

import os
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import device, get_default_graph, name_scope
from tfcompat.graph.dtypes import as_dtype, string
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import as_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization
from tfcompat.training.tracking import AutoTrackable, Trackable


class UninitializedVariable(ResourceVariable):
    """A resource variable without an initial value; what loads it gives it an initializer.

    Args:
        trainable: whether it is trained.
        shape: what is known of its shape.
        dtype: its type.
        name: its name.
    """

    def __init__(self, trainable: bool, shape: Any, dtype: Any, name: str, device_name: str = ""):
        self._trainable = trainable
        self._constraint = None
        self._synchronization = VariableSynchronization.AUTO
        self._aggregation = VariableAggregation.NONE
        self._validate_shape = True
        self._initial_value = self._initializer_op = None
        self._shape, self._dtype = as_shape(shape), as_dtype(dtype)
        with init_scope(), name_scope(name or "Variable") as scope, device(device_name or None):
            handle_name = scope[:-1]
            self._handle_name = handle_name + ":0"
            self.handle = raw_ops.VarHandleOp(
                dtype=self._dtype, shape=self._shape, shared_name=handle_name, debug_name=scope, name=scope
            )
            with name_scope("Read"):
                self._graph_element = raw_ops.ReadVariableOp(resource=self.handle, dtype=self._dtype)
            self._is_initialized_op = None
            get_default_graph().add_to_collection(GraphKeys.GLOBAL_VARIABLES, self)


@tf_export("saved_model.Asset")
class Asset(Trackable):
    """A file that belongs to a model: `tf.saved_model.save` copies it into the model, functions use its `asset_path`.

    Args:
        path: the file's path.
    """

    def __init__(self, path: str | bytes | os.PathLike[str]):
        self._path = os.fsdecode(path) if not isinstance(path, Tensor) else path
        with init_scope():
            graph = get_default_graph()
            self._path_tensor = constant(self._path, dtype=string, name="asset_path")
            graph.add_to_collection(GraphKeys.ASSET_FILEPATHS, self._path_tensor)

    @property
    def asset_path(self) -> Tensor:
        """The path, a string scalar."""
        return self._path_tensor


@tf_export("saved_model.experimental.TrackableResource")
class TrackableResource(AutoTrackable):
    """Base of resources that models hold; subclasses say how theirs is made and filled.

    `_create_resource` returns the handle, `_initialize` records what fills it, `_destroy_resource` what ends it.

    Args:
        device: where the resource is made.
    """

    def __init__(self, device: str = ""):
        self._resource_device = device
        self._resource_handle: Any = None

    def _create_resource(self) -> Any:
        """Makes the resource; returns its handle."""
        raise NotImplementedError("TrackableResource._create_resource not implemented.")

    def _initialize(self) -> Any:
        """Fills the resource; nothing by default."""

    def _destroy_resource(self) -> Any:
        """Ends the resource; nothing by default."""

    @property
    def resource_handle(self) -> Any:
        """The handle, made when it is first asked for."""
        if self._resource_handle is None:
            with init_scope(), device(self._resource_device or None):
                object.__setattr__(self, "_resource_handle", self._create_resource())
        return self._resource_handle


export_internal("python.training.tracking.tracking.TrackableResource", TrackableResource)
export_internal("python.training.tracking.tracking.Asset", Asset)


class RestoredResource(TrackableResource):
    """A resource of a model that was loaded, made and filled by functions of the model.

    Attributes:
        _saveable_functions: for tables, the functions that give the entries that checkpoints hold and take them.
    """

    _saveable_functions: tuple[Any, Any] | None = None

    def _saveable(self, name: str) -> RestoredEntries:
        """What savers take for the entries of the table; tensors in checkpoints begin with `name`."""
        return RestoredEntries(self, name)

    def _create_resource(self) -> Any:
        raise NotImplementedError("The model has no function that makes this resource.")


class RestoredEntries:
    """The entries of a table of a model as two tensors of a checkpoint.

    Args:
        table: the table.
        name: how the tensors' names begin.
    """

    def __init__(self, table: RestoredResource, name: str):
        assert table._saveable_functions is not None
        save, self._restore = table._saveable_functions
        self.table = table
        self.name = name
        self.op = table.resource_handle
        self.device = self.op.device
        with init_scope():
            found = save.call([constant(name)])
        self.parts = [(f"{name}{end}", part["tensor"]) for end, part in zip(("-keys", "-values"), found, strict=True)]

    @property
    def graph(self) -> Any:
        """The graph of the table."""
        return self.op.graph

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any = None) -> Any:
        """Records what gives the table the entries of a checkpoint."""
        result = self._restore.call(restored_tensors)
        return result.op if isinstance(result, Tensor) else result
