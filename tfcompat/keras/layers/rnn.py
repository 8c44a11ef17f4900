"""`RNN`: a layer that repeats a cell along time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.keras.layers.stacked_cells import StackedRNNCells, zero_states
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.base_layer import Layer, call_arguments
from tfcompat.layers.connections import is_keras_tensor
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.state import assign


class _Held:
    """Tensors or variables that belong to a layer and are none of its weights."""

    def __init__(self, values: Any = None):
        self.values = values


@keras_layer("RNN")
class RNN(FromArguments):
    """A cell repeated along time.

    A cell is an object with `call(inputs, states)`, which gives the outputs of a step and the new states, `state_size`,
    and where they differ from the first state, `output_size`; `get_initial_state(inputs, batch_size, dtype)` gives
    states other than zeros. A cell that is a layer makes its variables in `build`.

    Args:
        cell: the cell, or a list of cells of which each takes the outputs of the one before.
        return_sequences: whether the outputs of all steps are the result, or the last alone.
        return_state: whether the last states are results too.
        go_backwards: whether to begin with the last step; outputs stand in the order in which they are made.
        stateful: whether the states of one batch, whose size must be known, are the initial ones of the next.
        unroll: whether to record every step rather than a loop.
        time_major: whether inputs and outputs are [time, batch, features], not [batch, time, features].
        kwargs: `zero_output_for_mask`, whether masked steps give zeros, not the output before; see `Layer`.

    Raises:
        ValueError: the cell has no `call` or no `state_size`.
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        time_major: bool = False,
        **kwargs: Any,
    ):
        cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        if "call" not in dir(cell):
            raise ValueError(f"Argument `cell` should have a `call` method. The RNN was passed: cell={cell}")
        if "state_size" not in dir(cell):
            raise ValueError(
                "The RNN cell should have a `state_size` attribute (tuple of integers, one integer per RNN state). "
                f"Received: cell={cell}"
            )
        self.zero_output_for_mask = kwargs.pop("zero_output_for_mask", False)
        if "input_shape" not in kwargs and ("input_dim" in kwargs or "input_length" in kwargs):
            kwargs["input_shape"] = (kwargs.pop("input_length", None), kwargs.pop("input_dim", None))
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll, self.time_major = go_backwards, stateful, unroll, time_major
        self.supports_masking = True
        self.input_spec: Any = None
        self.state_spec: Any = None
        self.constants_spec: Any = None
        self._num_constants = 0
        self._held = _Held()

    # ---------------------------------------------------------------- states

    @property
    def states(self) -> Any:
        """The variables that keep the states of a stateful layer; None for each before they are made."""
        if self._held.values is None:
            made = nest.map_structure(lambda _: None, self.cell.state_size)
            return list(made) if nest.is_nested(made) else [made]
        return self._held.values

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "states":
            self._held.values = value
        else:
            super().__setattr__(name, value)

    def reset_states(self, states: Any = None) -> None:
        """Sets the states of a stateful layer in Keras' session.

        Args:
            states: an array for each state, or one for a single state; zeros by default.

        Raises:
            AttributeError: the layer is not stateful.
            ValueError: the batch size is unknown, or number or shapes of states are wrong.
        """
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        shape = None if self.input_spec is None else nest.flatten(self.input_spec)[0].shape
        batch_size = None if shape is None else shape[1 if self.time_major else 0]
        if not batch_size:
            raise ValueError(
                "If a RNN is stateful, it needs to know its batch size. Specify the batch size of your input tensors: "
                "\n- If using a Sequential model, specify the batch size by passing a `batch_input_shape` argument to "
                "your first layer.\n- If using the functional API, specify the batch size by passing a `batch_shape` "
                "argument to your Input layer."
            )
        sizes = self._state_sizes()
        if self._held.values is None:
            zeros = PUBLIC["keras.backend.zeros"]
            made = [zeros([batch_size, *size], self.dtype or "float32") for size in sizes]
            packed = nest.pack_sequence_as(self.cell.state_size, made)
            self._held.values = list(packed) if nest.is_nested(self.cell.state_size) else [packed]
            if states is None:
                return
        variables = nest.flatten(self.states)
        if states is None:
            values = [np.zeros([batch_size, *size]) for size in sizes]
        else:
            values = list(states) if isinstance(states, (list, tuple)) else [states]
        if len(values) != len(variables):
            raise ValueError(
                f"Layer {self.name} expects {len(variables)} states, but it received {len(values)} state values. "
                f"States received: {states}"
            )
        for index, (value, size) in enumerate(zip(values, sizes, strict=True)):
            if np.shape(value) != (batch_size, *size):
                raise ValueError(
                    f"State {index} is incompatible with layer {self.name}: expected shape={(batch_size, *size)}, "
                    f"found shape={np.shape(value)}"
                )
        PUBLIC["keras.backend.batch_set_value"](list(zip(variables, values, strict=True)))

    def get_initial_state(self, inputs: Any) -> list[Any]:
        """The states before the first step of `inputs`: the cell's, zeros by default."""
        first = nest.flatten(inputs)[0]
        batch_size = tensor_shape(first)[1 if self.time_major else 0]  # type: ignore[index]
        made = getattr(self.cell, "get_initial_state", None)
        if made is not None:
            states = made(inputs=None, batch_size=batch_size, dtype=first.dtype)
        else:
            states = zero_states(self.cell.state_size, batch_size, first.dtype)
        return list(states) if nest.is_nested(states) else [states]

    # ---------------------------------------------------------------- shapes

    def build(self, input_shape: Any) -> None:
        """Makes the cell's variables, and those of the states of a stateful layer."""
        input_shape = input_shape[0] if isinstance(input_shape, list) else input_shape
        shapes = nest.map_structure(TensorShape, input_shape)
        batch_axis = 1 if self.time_major else 0
        specs = []
        for shape in nest.flatten(shapes):
            sizes = shape.as_list()
            sizes[1 - batch_axis] = None
            sizes[batch_axis] = sizes[batch_axis] if self.stateful else None
            specs.append(InputSpec(shape=tuple(sizes)))
        self.input_spec = specs
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build(nest.map_structure(self._step_shape, shapes))
            self.cell.built = True
        self._set_state_spec()
        if self.stateful:
            self.reset_states()
        self.built = True

    def _set_state_spec(self) -> None:
        sizes = self._state_sizes()
        given = self.state_spec
        fit = (
            given is None
            or len(given) == len(sizes)
            and all(
                TensorShape(list(spec.shape[1:])).is_compatible_with(size)
                for spec, size in zip(given, sizes, strict=True)
            )
        )
        if not fit:
            raise ValueError(
                "An `initial_state` was passed that is not compatible with `cell.state_size`. Received "
                f"`state_spec`={given}; however `cell.state_size` is {self.cell.state_size}"
            )
        self.state_spec = given or [InputSpec(shape=(None, *size)) for size in sizes]

    def _state_sizes(self) -> list[list[Any]]:
        """The sizes of each state without the batch."""
        return [TensorShape(size).as_list() for size in nest.flatten(self.cell.state_size)]

    def _step_shape(self, shape: TensorShape) -> TensorShape:
        """The shape of the inputs of one step."""
        sizes = shape.as_list()
        return TensorShape([sizes[1 if self.time_major else 0], *sizes[2:]])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs; with `return_state` a list of it and those of the states."""
        shape = TensorShape(nest.flatten(input_shape[0] if isinstance(input_shape, list) else input_shape)[0])
        batch, time = shape.as_list()[:2][:: -1 if self.time_major else 1]
        leading = ([time, batch] if self.time_major else [batch, time]) if self.return_sequences else [batch]
        sizes = nest.flatten(self.cell.state_size)
        size = getattr(self.cell, "output_size", None)
        outputs = nest.map_structure(
            lambda s: TensorShape([*leading, *TensorShape(s).as_list()]), sizes[0] if size is None else size
        )
        if not self.return_state:
            return outputs
        return [outputs, *(TensorShape([batch, *TensorShape(s).as_list()]) for s in sizes)]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the inputs for the outputs of all steps; None for the last outputs and the states."""
        mask = nest.flatten(mask)[0]
        outputs = mask if self.return_sequences else None
        return [outputs, *(None for _ in nest.flatten(self.cell.state_size))] if self.return_state else outputs

    # ---------------------------------------------------------------- calling

    def __call__(self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Any:
        """Applies the layer.

        Args:
            inputs: [batch, time, ...]; or a list of them, initial states and constants.
            initial_state: tensors of the states before the first step, in place of zeros.
            constants: tensors that the cell takes at every step.
            kwargs: `mask`, bool [batch, time], and `training`.
        """
        inputs, initial_state, constants = separated(inputs, initial_state, constants, self._num_constants)
        given = [*(initial_state or ()), *(constants or ())]
        if not given:
            return super().__call__(inputs, **kwargs)
        specs = [InputSpec(shape=t.shape) for t in given]
        if initial_state:
            self.state_spec = specs[: len(initial_state)]
        if constants:
            self.constants_spec, self._num_constants = specs[len(initial_state or ()) :], len(constants)
        if is_keras_tensor(given[0]):
            own_spec = self.input_spec
            self.input_spec = None if own_spec is None else [*nest.flatten(own_spec), *specs]
            outputs = super().__call__([*nest.flatten(inputs), *given], **kwargs)
            self.input_spec = self.input_spec[: -len(given)] if self.built and own_spec is not None else self.input_spec
            return outputs
        if initial_state:
            kwargs["initial_state"] = initial_state
        if constants:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def call(
        self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None, constants: Any = None
    ) -> Any:
        """The outputs for `inputs`, followed by the states with `return_state`; see `__call__`."""
        inputs, initial_state, constants = separated(inputs, initial_state, constants, self._num_constants)
        self._forget_dropout_masks()
        states = self._states_before(inputs, initial_state)
        mask = nest.flatten(mask)[0]
        if self.unroll and nest.flatten(inputs)[0].shape.as_list()[0 if self.time_major else 1] is None:
            raise ValueError(
                "Cannot unroll a RNN if the time dimension is undefined. \n- If using a Sequential model, specify the "
                "time dimension by passing an `input_shape` or `batch_input_shape` argument to your first layer.\n- "
                "If using the functional API, specify the time dimension by passing a `shape` or `batch_shape` "
                "argument to your Input layer."
            )
        last, outputs, after = PUBLIC["keras.backend.rnn"](
            self._step_function(training, constants),
            inputs,
            states,
            go_backwards=self.go_backwards,
            mask=mask,
            constants=constants,
            unroll=self.unroll,
            time_major=self.time_major,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )
        if self.stateful:
            pairs = zip(nest.flatten(self.states), nest.flatten(after), strict=True)
            self.add_update([assign(variable, state) for variable, state in pairs])
        result = outputs if self.return_sequences else last
        return [result, *after] if self.return_state else result

    def _states_before(self, inputs: Any, given: Any) -> list[Any]:
        if given:
            states = list(given)
        elif self.stateful:
            states = nest.map_structure(lambda variable: variable.read_value(), self.states)
        else:
            states = self.get_initial_state(inputs)
        if len(states) != len(self.states):
            raise ValueError(f"Layer has {len(self.states)} states but was passed {len(states)} initial states.")
        return states

    def _step_function(self, training: Any, constants: Any) -> Any:
        cell, count = self.cell, len(constants or ())
        takes = call_arguments(cell.call)
        options = {"training": training} if takes.accepts("training") else {}
        if count and not takes.accepts("constants"):
            raise ValueError(f"RNN cell {cell} does not support constants. Received: constants={constants}")
        takes_state_alone = hasattr(cell, "zero_state")

        def step(inputs: Any, states: tuple[Any, ...]) -> tuple[Any, Any]:
            before: Any = states[: len(states) - count]
            if count:
                options["constants"] = list(states[len(states) - count :])
            before = before[0] if takes_state_alone and len(before) == 1 else before
            output, after = cell.call(inputs, before, **options)
            return output, after if nest.is_nested(after) else [after]

        return step

    def _forget_dropout_masks(self) -> None:
        for cell in (self.cell, *getattr(self.cell, "cells", ())):
            if hasattr(cell, "reset_dropout_mask"):
                cell.reset_dropout_mask()
                cell.reset_recurrent_dropout_mask()

    def _described(self, argument: str) -> Any:
        if argument == "cell":
            return PUBLIC["keras.utils.serialize_keras_object"](self.cell)
        return super()._described(argument)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer that `get_config` described."""
        config = dict(config)
        constants = config.pop("num_constants", 0)
        if "cell" in config:
            config["cell"] = PUBLIC["keras.layers.deserialize"](config["cell"], custom_objects=custom_objects)
        layer = cls(**config)
        layer._num_constants = constants
        return layer

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one."""
        config = super().get_config()
        if self._num_constants:
            config["num_constants"] = self._num_constants
        if self.zero_output_for_mask:
            config["zero_output_for_mask"] = True
        return config


def separated(inputs: Any, initial_state: Any, constants: Any, count: int) -> tuple[Any, Any, Any]:
    """Inputs, initial states and constants of a recurrent layer, which may come as one list.

    Args:
        inputs: the inputs, or a list of inputs, states and the last `count` of it constants.
        initial_state: states beside the inputs, or None.
        constants: constants beside the inputs, or None.
        count: how many constants a list holds.
    """
    if isinstance(inputs, list):
        assert initial_state is None
        assert constants is None
        inputs, constants = (inputs[:-count], inputs[-count:]) if count else (inputs, None)
        inputs, initial_state = inputs[0], inputs[1:] or None
    as_list = [
        value if value is None or isinstance(value, list) else list(value) if isinstance(value, tuple) else [value]
        for value in (initial_state, constants)
    ]
    return inputs, *as_list  # type: ignore[return-value]
