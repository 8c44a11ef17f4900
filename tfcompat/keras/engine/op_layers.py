"""Operations between Keras tensors, and losses and metrics of models, as layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import PUBLIC, export_internal
from tfcompat.graph.node_def import attr_from_message
from tfcompat.graph.op_def import arg_types, op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.layers.base_layer import Layer, derived_from_keras_tensors
from tfcompat.layers.connections import Node, is_keras_tensor

_PREFIX = "tf_op_layer_"


class TensorFlowOpLayer(Layer):
    """One operation as a layer.

    Args:
        node_def: the operation: a NodeDef message, or the dictionary that `get_config` gives.
        name: of the operation.
        constants: input index -> value, of the inputs that are no Keras tensors.
        trainable, dtype: accepted.
    """

    def __init__(
        self,
        node_def: Any,
        name: str,
        constants: dict[Any, Any] | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ):
        super().__init__(name=_PREFIX + name, trainable=trainable, dtype=dtype)
        self.node_def = _as_message(node_def)
        self.constants = {int(index): value for index, value in (constants or {}).items()}
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The outputs of a new operation of the kind: a tensor, or a list of several."""
        graph = get_default_graph()
        tensors = list(nest.flatten(inputs))
        attrs = {name: attr_from_message(message) for name, message in self.node_def.attr.items()}
        types = [t for arg in op_def(self.node_def.op).inputs for t in arg_types(arg, attrs)]
        for index in sorted(self.constants):
            tensors.insert(index, convert_to_tensor(self.constants[index], types[index]))
        op = graph.create_op(self.node_def.op, tensors, name=graph.unique_name(self.node_def.name), attrs=attrs)
        return op.outputs[0] if len(op.outputs) == 1 else list(op.outputs)

    def get_config(self) -> dict[str, Any]:
        """The operation as a dictionary, with the values of the other inputs."""
        from google.protobuf import json_format

        constants = {
            index: PUBLIC["keras.backend.get_value"](value) if isinstance(value, Tensor) else value
            for index, value in self.constants.items()
        }
        config = super().get_config()
        return {
            **config,
            "name": config["name"].removeprefix(_PREFIX),
            "node_def": json_format.MessageToDict(self.node_def, preserving_proto_field_name=True),
            "constants": constants,
        }


def _as_message(node_def: Any) -> Any:
    if not isinstance(node_def, dict):
        return node_def
    from google.protobuf import json_format

    return json_format.ParseDict(node_def, protos.NodeDef())


def create_keras_history(tensors: Any) -> list[Layer]:
    """Makes layers of the operations that lie between Keras tensors and `tensors`.

    Returns:
        The layers made, in the order of the operations.
    """
    made: list[Layer] = []
    waiting: list[tuple[Operation, bool]] = [
        (t.op, False) for t in reversed(nest.flatten(tensors)) if isinstance(t, Tensor) and not is_keras_tensor(t)
    ]
    while waiting:
        op, inputs_are_done = waiting.pop()
        if all(is_keras_tensor(t) for t in op.outputs):
            continue
        if inputs_are_done:
            made.append(_layer_of(op))
        else:
            waiting.append((op, True))
            waiting += [(t.op, False) for t in reversed(op.inputs) if _is_to_become_keras(t)]
    return made


def _is_to_become_keras(tensor: Tensor) -> bool:
    return not is_keras_tensor(tensor) and derived_from_keras_tensors(tensor)


def _layer_of(op: Operation) -> Layer:
    constants: dict[int, Any] = {}
    inputs = []
    for index, tensor in enumerate(op.inputs):
        if is_keras_tensor(tensor):
            inputs.append(tensor)
        else:
            value = get_static_value(tensor)
            constants[index] = tensor if value is None else _scalar_as_number(value)
    layer = TensorFlowOpLayer(op.node_def, op.name, constants)
    Node(layer, (inputs[0] if len(inputs) == 1 else inputs,), {}, list(op.outputs))
    return layer


def _scalar_as_number(value: Any) -> Any:
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


class AddLoss(Layer):
    """Passes its input on, and adds it to the losses.

    Args:
        unconditional: whether the loss counts for no inputs in particular.
        kwargs: see `Layer`.
    """

    def __init__(self, unconditional: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.unconditional = unconditional

    def call(self, inputs: Any) -> Any:
        """`inputs`, a loss."""
        self.add_loss(inputs, inputs=None if self.unconditional else inputs)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "unconditional": self.unconditional}


class AddMetric(Layer):
    """Passes its input on, and adds it to the metrics.

    Args:
        aggregation: how to reduce it over an epoch; see `Layer.add_metric`.
        metric_name: its name.
        kwargs: see `Layer`.
    """

    def __init__(self, aggregation: str | None = None, metric_name: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.aggregation, self.metric_name = aggregation, metric_name

    def call(self, inputs: Any) -> Any:
        """`inputs`, values of a metric."""
        self.add_metric(inputs, self.aggregation, self.metric_name)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "aggregation": self.aggregation, "metric_name": self.metric_name}


export_internal("python.keras.engine.base_layer_utils.create_keras_history", create_keras_history)
for _class in (TensorFlowOpLayer, AddLoss, AddMetric):
    export_internal(f"python.keras.engine.base_layer.{_class.__name__}", _class)
