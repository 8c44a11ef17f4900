"""`Bidirectional`: a recurrent layer and another that goes backward, side by side."""

from __future__ import annotations

import copy
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.keras.layers.rnn import separated
from tfcompat.keras.layers.wrappers import Wrapper
from tfcompat.layers.arguments import keras_layer
from tfcompat.layers.base_layer import Layer, call_arguments
from tfcompat.layers.connections import is_keras_tensor
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops.concat import concat
from tfcompat.ops.reversal import reverse

_MERGES = {
    "sum": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "ave": lambda x, y: (x + y) / 2,
    "concat": lambda x, y: concat([x, y], axis=-1),
}
_OPTIONS = ("return_sequences", "return_state", "stateful")


@keras_layer("Bidirectional", without=["weights", "backward_layer"])
class Bidirectional(Wrapper):
    """A recurrent layer over the inputs and one over the inputs from the end, their outputs merged.

    Args:
        layer: the layer that goes forward, such as an `LSTM`.
        merge_mode: "concat" along the features, "sum", "mul", "ave", or None for both outputs.
        weights: initial values of the variables of both.
        backward_layer: the other layer; one like the first by default.
        kwargs: see `Layer`.

    Raises:
        ValueError: an unknown `merge_mode`, or layers that do not fit together.
    """

    def __init__(
        self, layer: Any, merge_mode: Any = "concat", weights: Any = None, backward_layer: Any = None, **kwargs: Any
    ):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `Bidirectional` layer with a `tf.keras.layers.Layer` instance. Received: {layer}"
            )
        if backward_layer is not None and not isinstance(backward_layer, Layer):
            raise ValueError(
                f"`backward_layer` need to be a `tf.keras.layers.Layer` instance. Received: {backward_layer}"
            )
        if merge_mode not in (*_MERGES, None):
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of "
                "{'sum', 'mul', 'ave', 'concat', None}"
            )
        super().__init__(layer, **kwargs)
        self.forward_layer: Any = self._copied(layer)
        self.backward_layer: Any = self._copied(layer, go_backwards=True) if backward_layer is None else backward_layer
        self._given_backward = None if backward_layer is None else PUBLIC["keras.layers.serialize"](backward_layer)
        self._check_layers()
        self.forward_layer._name = f"forward_{self.forward_layer.name}"
        self.backward_layer._name = f"backward_{self.backward_layer.name}"
        self.merge_mode = merge_mode
        if weights:
            half = len(weights) // 2
            self.forward_layer._initial_weights = weights[:half]
            self.backward_layer._initial_weights = weights[half:]
        self.stateful = self.forward_layer.stateful
        self.return_sequences = self.forward_layer.return_sequences
        self.return_state = self.forward_layer.return_state
        for each in (self.forward_layer, self.backward_layer):
            if hasattr(each, "zero_output_for_mask"):
                each.zero_output_for_mask = self.return_sequences
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._num_constants = 0

    def _copied(self, layer: Any, **changes: Any) -> Any:
        """A layer like `layer`, with some arguments changed."""
        config = copy.copy(layer.get_config())
        if changes:
            config["go_backwards"] = not config.get("go_backwards", False)
        return type(layer).from_config(config)

    def _check_layers(self) -> None:
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ValueError(
                "Forward layer and backward layer should have different `go_backwards` value. Received: "
                f"forward_layer.go_backwards {self.forward_layer.go_backwards}, "
                f"backward_layer.go_backwards={self.backward_layer.go_backwards}"
            )
        for option in _OPTIONS:
            values = [getattr(each, option) for each in (self.forward_layer, self.backward_layer)]
            if values[0] != values[1]:
                raise ValueError(
                    f'Forward layer and backward layer are expected to have the same value for attribute "{option}", '
                    f'got "{values[0]}" for forward layer and "{values[1]}" for backward layer'
                )

    def _own_layers(self) -> list[Any]:
        # the layer that both were made after has no part in it
        return [self.forward_layer, self.backward_layer]

    # ---------------------------------------------------------------- shapes

    def build(self, input_shape: Any = None) -> None:
        """Makes the variables of both layers."""
        name_scope = PUBLIC["name_scope"]
        for each in (self.forward_layer, self.backward_layer):
            with name_scope(each.name):
                each.build(input_shape)
                each.built = True
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the merged outputs, followed by those of the states with `return_state`."""
        made = self.forward_layer.compute_output_shape(input_shape)
        outputs, states = (made[0], list(made[1:])) if self.return_state else (made, [])
        sizes = TensorShape(outputs).as_list()
        if self.merge_mode == "concat":
            merged: Any = TensorShape([*sizes[:-1], None if sizes[-1] is None else 2 * sizes[-1]])
        else:
            merged = [outputs, copy.copy(outputs)] if self.merge_mode is None else outputs
        if not self.return_state:
            return merged
        return [*(merged if self.merge_mode is None else [merged]), *states, *states]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the inputs for the outputs of all steps; None for last outputs and states."""
        first = mask[0] if isinstance(mask, list) else mask
        outputs = first if self.return_sequences else None
        masks = [outputs, outputs] if self.merge_mode is None else [outputs]
        if self.return_state:
            return [*masks, *(None for _ in (*self.forward_layer.states, *self.backward_layer.states))]
        return masks if self.merge_mode is None else outputs

    # ---------------------------------------------------------------- calling

    def __call__(self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Any:
        """Applies the layer.

        Args:
            inputs: [batch, time, features]; or a list of them, initial states and constants.
            initial_state: the states of the forward layer before its first step, then those of the backward layer.
            constants: tensors that the cells take at every step.
            kwargs: `mask`, bool [batch, time], and `training`.
        """
        inputs, initial_state, constants = separated(inputs, initial_state, constants, self._num_constants)
        if initial_state and len(initial_state) % 2:
            raise ValueError(
                "When passing `initial_state` to a Bidirectional RNN, the state should be a list containing the states "
                f"of the underlying RNNs. Received: {initial_state}"
            )
        given = [*(initial_state or ()), *(constants or ())]
        self._num_constants = len(constants) if constants else self._num_constants
        if not given:
            return super().__call__(inputs, **kwargs)
        if is_keras_tensor(given[0]):
            before = self.input_spec
            self.input_spec = (
                None if before is None else [*nest.flatten(before), *(InputSpec(shape=t.shape) for t in given)]
            )
            outputs = super().__call__([*nest.flatten(inputs), *given], **kwargs)
            self.input_spec = before
            return outputs
        if initial_state:
            kwargs["initial_state"] = initial_state
        if constants:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def call(
        self, inputs: Any, training: Any = None, mask: Any = None, initial_state: Any = None, constants: Any = None
    ) -> Any:
        """The merged outputs for `inputs`, followed by the states with `return_state`; see `__call__`."""
        inputs, initial_state, constants = separated(inputs, initial_state, constants, self._num_constants)
        takes = call_arguments(self.layer.call)
        named = (("training", training), ("mask", mask), ("constants", constants))
        options = {name: value for name, value in named if value is not None and takes.accepts(name)}
        half = len(initial_state or ()) // 2
        forward, states = self._outputs_of(self.forward_layer, inputs, (initial_state or [])[:half], options)
        backward, other_states = self._outputs_of(self.backward_layer, inputs, (initial_state or [])[half:], options)
        if self.return_sequences:
            time_axis = 0 if getattr(self.forward_layer, "time_major", False) else 1
            backward = reverse(backward, [time_axis])
        merged = [forward, backward] if self.merge_mode is None else _MERGES[self.merge_mode](forward, backward)
        if not self.return_state:
            return merged
        return [*(merged if self.merge_mode is None else [merged]), *states, *other_states]

    def _outputs_of(self, layer: Any, inputs: Any, states: Any, options: dict[str, Any]) -> tuple[Any, list[Any]]:
        options = {**options, "initial_state": states} if states else options
        made = layer(inputs, **options)
        return (made[0], list(made[1:])) if self.return_state else (made, [])

    def reset_states(self) -> None:
        """Sets the states of both layers to zeros."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one."""
        config = super().get_config()
        if self._num_constants:
            config["num_constants"] = self._num_constants
        if self._given_backward is not None:
            config["backward_layer"] = self._given_backward
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Bidirectional:
        """The layer that `get_config` described."""
        config = copy.deepcopy(config)
        constants = config.pop("num_constants", 0)
        made = PUBLIC["keras.layers.deserialize"]
        config["layer"] = made(config["layer"], custom_objects=custom_objects)
        if config.get("backward_layer") is not None:
            config["backward_layer"] = made(config["backward_layer"], custom_objects=custom_objects)
        layer = cls(**config)
        layer._num_constants = constants
        return layer
