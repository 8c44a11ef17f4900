"""`Sequential`: layers one after the other."""

from __future__ import annotations

import copy
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import tf_export
from tfcompat.keras.engine.config import layer_config, layer_from_config
from tfcompat.keras.engine.input_layer import Input, InputLayer
from tfcompat.keras.engine.model import Model
from tfcompat.keras.engine.network import Network
from tfcompat.layers.base_layer import Layer, call_arguments
from tfcompat.layers.connections import is_keras_tensor


@tf_export("keras.Sequential", "keras.models.Sequential")
class Sequential(Model):
    """Layers one after the other, each with one input and one output.

    When the first layer knows the shape of its input, variables are made as layers are added; else at the first call,
    or in `build`.

    Args:
        layers: layers to add.
        name: its name.
    """

    def __init__(self, layers: Any = None, name: str | None = None):
        super().__init__(name=name)
        self._build_input_shape: Any = None
        if layers:
            for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
                self.add(layer)

    @property
    def layers(self) -> list[Any]:
        """Its layers, without the input layer."""
        layers = super().layers
        return layers[1:] if layers and isinstance(layers[0], InputLayer) else layers

    def add(self, layer: Any) -> None:
        """Adds a layer at the end.

        Raises:
            TypeError: it is no layer, or gives several outputs.
        """
        if is_keras_tensor(layer) and isinstance(layer._keras_history.layer, InputLayer):
            layer = layer._keras_history.layer
        if not isinstance(layer, Layer):
            raise TypeError(f"The added layer must be an instance of class Layer. Found: {layer}")
        self.built = False
        if not self._graph_layers:
            start = _start(layer)
            if start is None:
                self._graph_layers = [layer]
            else:
                self._connect_chain(*start)
        elif self._is_graph_network:
            self._connect_chain(self.inputs, layer((self.outputs or [])[0]))
        else:
            self._graph_layers = [*self._graph_layers, layer]

    def pop(self) -> None:
        """Takes the last layer away; TypeError when there is none."""
        if not self.layers:
            raise TypeError("There are no layers in the model.")
        self._graph_layers = self._graph_layers[:-1]
        if not self.layers:
            self.inputs = self.outputs = self._topology = None
            self._graph_layers, self._is_graph_network, self.built = [], False, False
        elif self._is_graph_network:
            self.layers[-1]._outbound_nodes = []
            self._connect_chain(self.inputs, self.layers[-1].output)

    def _connect_chain(self, inputs: Any, output: Any) -> None:
        if len(nest.flatten(output)) != 1:
            raise TypeError(
                "All layers in a Sequential model should have a single output tensor. For multi-output layers, use the "
                "functional API."
            )
        self._connect(inputs, nest.flatten(output))

    def build(self, input_shape: Any = None) -> None:
        """Makes the variables for inputs of `input_shape`, given with the batch; ValueError without one."""
        if self._is_graph_network:
            self.built = True
            return
        if input_shape is None:
            raise ValueError("You must provide an `input_shape` argument.")
        self._build_input_shape = tuple(input_shape) if isinstance(input_shape, list) else input_shape
        super().build(input_shape)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Applies the layers one after the other."""
        if self._is_graph_network:
            return super().call(inputs, training=training, mask=mask)
        outputs = inputs
        for layer in self.layers:
            takes = call_arguments(type(layer).call)
            given = {"mask": mask, "training": training}
            outputs = layer(outputs, **{name: given[name] for name in given if name in takes.names})
            mask = getattr(outputs, "_keras_mask", None)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for an input of `input_shape`."""
        if self._is_graph_network:
            return super().compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the output."""
        outputs = self.call(inputs, mask=mask)
        return getattr(outputs, "_keras_mask", None)

    def _check_weights_created(self) -> None:
        if not self.built and not self._is_graph_network:
            raise ValueError(
                f"Weights for model {self.name} have not yet been created. Weights are created when the Model is first "
                "called on inputs or `build()` is called with an `input_shape`."
            )

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """The same as `predict`."""
        return self.predict(x, batch_size, verbose)

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """The classes predicted: the largest of several outputs, or whether a single one is above 0.5."""
        probabilities = self.predict(x, batch_size=batch_size, verbose=verbose)
        if probabilities.shape[-1] > 1:
            return probabilities.argmax(axis=-1)
        return (probabilities > 0.5).astype("int32")

    def get_config(self) -> dict[str, Any]:
        """The layers, from which `from_config` makes an equal model without its values."""
        layers = [layer_config(layer) for layer in self.layers]
        if self._is_graph_network and layers and "batch_input_shape" not in layers[0]["config"]:
            layers[0]["config"]["batch_input_shape"] = self._graph_layers[0]._batch_input_shape
        config = {"name": self.name, "layers": copy.deepcopy(layers)}
        if self._build_input_shape:
            config["build_input_shape"] = self._build_input_shape
        return config

    @classmethod
    def from_config(cls, config: Any, custom_objects: dict[str, Any] | None = None) -> Sequential:
        """A model like the one whose `get_config` gave `config`; a list of layers' configurations will do."""
        if isinstance(config, dict):
            name, shape, layers = config.get("name"), config.get("build_input_shape"), config["layers"]
        else:
            name, shape, layers = None, None, config
        model = cls(name=name)
        for written in layers:
            model.add(layer_from_config(written, custom_objects))
        if not model.inputs and shape:
            model.build(shape)
        return model


def _start(layer: Any) -> tuple[Any, Any] | None:
    """(input, output) of a first layer that knows the shape of its input, else None."""
    if isinstance(layer, InputLayer):
        outputs = layer._inbound_nodes[-1].outputs
        return outputs, outputs
    shape, dtype = _input_of(layer)
    if shape is None:
        return None
    x = Input(batch_shape=shape, dtype=dtype, name=f"{layer.name}_input")
    return [x], layer(x)


def _input_of(layer: Any) -> tuple[Any, Any]:
    """(shape with the batch, type) that a layer, or the first one inside a model, expects; (None, None) if unknown."""
    while isinstance(layer, Network) and layer._graph_layers:
        layer = layer._graph_layers[0]
    shape = getattr(layer, "_batch_input_shape", None)
    return (None, None) if shape is None else (shape, layer.dtype)
