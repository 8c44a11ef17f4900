"""How layers are connected: each call with Keras tensors is a node, and its outputs know where they came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tfcompat.graph import nest
from tfcompat.graph.export import export_internal


class KerasHistory(NamedTuple):
    """Where a Keras tensor came from: output `tensor_index` of call `node_index` of `layer`."""

    layer: Any
    node_index: int
    tensor_index: int


def is_keras_tensor(value: Any) -> bool:
    """Whether `value` comes from `tf.keras.Input`, through layers."""
    return hasattr(value, "_keras_history")


class Node:
    """A call of a layer with Keras tensors.

    Args:
        layer: the layer that was called; it gets the node.
        args: positional arguments, the inputs first; none for what `tf.keras.Input` makes.
        kwargs: keyword arguments.
        outputs: what it gave; its tensors get their history.
        linked: whether other layers are to know of it; not for the node that stands for a model's inside.
    """

    def __init__(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any, linked: bool = True):
        self.outbound_layer = layer
        self.call_args, self.call_kwargs, self.outputs = args, kwargs, outputs
        self.keras_inputs = [t for t in nest.flatten((args, kwargs)) if linked and is_keras_tensor(t)]
        layer._inbound_nodes.append(self)
        if not linked:
            return
        for tensor in self.keras_inputs:
            tensor._keras_history.layer._outbound_nodes.append(self)
        index = len(layer._inbound_nodes) - 1
        for position, tensor in enumerate(nest.flatten(outputs)):
            tensor._keras_history = KerasHistory(layer, index, position)

    @property
    def is_input(self) -> bool:
        """Whether it has no Keras tensors as inputs, as an input layer."""
        return not self.keras_inputs

    @property
    def input_tensors(self) -> Any:
        """The inputs in their structure; the outputs of an input layer."""
        return self.call_args[0] if self.call_args else self.outputs

    @property
    def output_tensors(self) -> Any:
        """The outputs in their structure."""
        return self.outputs

    @property
    def input_shapes(self) -> Any:
        """The shapes of `input_tensors` as tuples, in their structure."""
        return nest.map_structure(shape_tuple, self.input_tensors)

    @property
    def output_shapes(self) -> Any:
        """The shapes of `output_tensors` as tuples, in their structure."""
        return nest.map_structure(shape_tuple, self.outputs)

    @property
    def inbound_layers(self) -> Any:
        """The layers that the inputs come from; one alone when there is one."""
        layers = [t._keras_history.layer for t in self.keras_inputs]
        return layers[0] if len(layers) == 1 else layers

    def iterate_inbound(self) -> Iterator[tuple[Any, int, int, Any]]:
        """(layer, node index, tensor index, tensor) of each Keras tensor among the arguments."""
        for tensor in self.keras_inputs:
            yield (*tensor._keras_history, tensor)

    @property
    def parent_nodes(self) -> list[Node]:
        """The nodes whose outputs this one takes."""
        return [t._keras_history.layer._inbound_nodes[t._keras_history.node_index] for t in self.keras_inputs]

    def arguments_with(self, values: dict[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with `values[id(t)]` in place of each Keras tensor `t`; KeyError when there is none."""

        def replaced(value: Any) -> Any:
            return values[id(value)] if is_keras_tensor(value) else value

        return nest.map_structure(replaced, (self.call_args, self.call_kwargs))  # type: ignore[no-any-return]


class Connections:
    """Attributes of layers that follow from the nodes of their calls; see `Layer`."""

    _name: str
    _inbound_nodes: list[Node]
    _outbound_nodes: list[Node]

    @property
    def inbound_nodes(self) -> list[Node]:
        """The nodes of its calls."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self) -> list[Node]:
        """The nodes that take its outputs."""
        return self._outbound_nodes

    @property
    def input(self) -> Any:
        """The input of its only call with Keras tensors; AttributeError when there is not exactly one."""
        if len(self._inbound_nodes) > 1:
            raise AttributeError(self._ambiguous("input"))
        if not self._inbound_nodes:
            raise AttributeError(f"Layer {self._name} is not connected, no input to return.")
        return self.get_input_at(0)

    @property
    def output(self) -> Any:
        """The output of its only call with Keras tensors; AttributeError when there is not exactly one."""
        if not self._inbound_nodes:
            raise AttributeError(f"Layer {self._name} has no inbound nodes.")
        if len(self._inbound_nodes) > 1:
            raise AttributeError(self._ambiguous("output"))
        return self.get_output_at(0)

    @property
    def input_mask(self) -> Any:
        """The mask of the input of its only call; AttributeError when there is not exactly one."""
        return _masks(self.input)

    @property
    def output_mask(self) -> Any:
        """The mask of the output of its only call; AttributeError when there is not exactly one."""
        return _masks(self.output)

    @property
    def input_shape(self) -> Any:
        """The shape of the input of all its calls, as a tuple; AttributeError when they differ."""
        return self._only_shape("input")

    @property
    def output_shape(self) -> Any:
        """The shape of the output of all its calls, as a tuple; AttributeError when they differ."""
        return self._only_shape("output")

    def get_input_at(self, node_index: int) -> Any:
        """The input of call number `node_index`; RuntimeError when there was none, ValueError beyond the last."""
        return _alone(self._node(node_index, "input").input_tensors)

    def get_output_at(self, node_index: int) -> Any:
        """The output of call number `node_index`."""
        return _alone(self._node(node_index, "output").output_tensors)

    def get_input_shape_at(self, node_index: int) -> Any:
        """The shape of `get_input_at(node_index)`, as a tuple."""
        return self._node(node_index, "input shape").input_shapes

    def get_output_shape_at(self, node_index: int) -> Any:
        """The shape of `get_output_at(node_index)`, as a tuple."""
        return self._node(node_index, "output shape").output_shapes

    def get_input_mask_at(self, node_index: int) -> Any:
        """The mask of `get_input_at(node_index)`."""
        return _masks(self.get_input_at(node_index))

    def get_output_mask_at(self, node_index: int) -> Any:
        """The mask of `get_output_at(node_index)`."""
        return _masks(self.get_output_at(node_index))

    def _ambiguous(self, what: str) -> str:
        return (
            f'Layer {self._name} has multiple inbound nodes, hence the notion of "layer {what}" is ill-defined. Use '
            f"`get_{what}_at(node_index)` instead."
        )

    def _only_shape(self, what: str) -> Any:
        shapes = [getattr(node, f"{what}_shapes") for node in self._inbound_nodes]
        if not shapes:
            raise AttributeError(f"The layer has never been called and thus has no defined {what} shape.")
        if any(str(shape) != str(shapes[0]) for shape in shapes):
            raise AttributeError(
                f'The layer "{self._name} has multiple inbound nodes, with different {what} shapes. Hence the notion '
                f'of "{what} shape" is ill-defined for the layer. Use `get_{what}_shape_at(node_index)` instead.'
            )
        return shapes[0]

    def _node(self, node_index: int, what: str) -> Node:
        if not self._inbound_nodes:
            raise RuntimeError(f"The layer has never been called and thus has no defined {what}.")
        if node_index >= len(self._inbound_nodes):
            raise ValueError(
                f"Asked to get {what} at node {node_index}, but the layer has only {len(self._inbound_nodes)} inbound "
                "nodes."
            )
        return self._inbound_nodes[node_index]


def shape_tuple(tensor: Any) -> tuple[int | None, ...] | None:
    """The static shape as a tuple; None when the rank is not known."""
    return None if tensor.shape.rank is None else tuple(tensor.shape.as_list())


def _alone(structure: Any) -> Any:
    flat = nest.flatten(structure)
    return flat[0] if len(flat) == 1 else structure


def _masks(tensors: Any) -> Any:
    return nest.map_structure(lambda t: getattr(t, "_keras_mask", None), tensors)


for _path in ("python.keras.engine.node", "python.keras.engine.base_layer"):
    export_internal(f"{_path}.Node", Node)
    export_internal(f"{_path}.KerasHistory", KerasHistory)
