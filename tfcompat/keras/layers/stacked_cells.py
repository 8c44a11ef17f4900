"""`StackedRNNCells` and `AbstractRNNCell`: cells made of cells, and what cells have in common."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.base_layer import Layer, call_arguments


def zero_states(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros [batch, *size] for each state."""
    zeros = PUBLIC["zeros"]
    return nest.map_structure(lambda size: zeros([batch_size, *TensorShape(size).as_list()], dtype), state_size)


@tf_export("keras.layers.AbstractRNNCell")
class AbstractRNNCell(Layer):
    """Base of cells that others write: `call(inputs, states)`, `state_size` and `output_size`."""

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:  # type: ignore[override]
        """The outputs of a step, and the new states."""
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """Size of each state: an int, a shape, or a structure of them."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """Size of the outputs."""
        raise NotImplementedError

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros for each state."""
        return initial_state_of(self, inputs, batch_size, dtype)


def initial_state_of(cell: Any, inputs: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros for each state of `cell`; batch size and type are those of `inputs` where it is given.

    Raises:
        ValueError: there are neither inputs nor both of batch size and type.
    """
    if inputs is not None:
        batch_size, dtype = PUBLIC["shape"](inputs)[0], inputs.dtype
    if batch_size is None or dtype is None:
        raise ValueError(
            "batch_size and dtype cannot be None while constructing initial state. Received: "
            f"batch_size={batch_size}, dtype={dtype}"
        )
    return zero_states(cell.state_size, batch_size, dtype)


@keras_layer("StackedRNNCells")
class StackedRNNCells(FromArguments):
    """Cells one upon the other, as one cell whose states are those of all.

    Args:
        cells: each takes the outputs of the one before.
        kwargs: `reverse_state_order`, whether states begin with those of the last cell; see `Layer`.

    Raises:
        ValueError: a cell has no `call` or no `state_size`.
    """

    def __init__(self, cells: Any, **kwargs: Any):
        for cell in cells:
            if "call" not in dir(cell):
                raise ValueError(f"All cells must have a `call` method. Received cell without a `call` method: {cell}")
            if "state_size" not in dir(cell):
                raise ValueError(
                    f"All cells must have a `state_size` attribute. Received cell without a `state_size`: {cell}"
                )
        self.reverse_state_order = kwargs.pop("reverse_state_order", False)
        super().__init__(**kwargs)
        self.cells = list(cells)

    @property
    def state_size(self) -> tuple[Any, ...]:
        """The sizes of the states of each cell."""
        return tuple(cell.state_size for cell in self._in_state_order())

    @property
    def output_size(self) -> Any:
        """The size of the last cell's outputs."""
        last = self.cells[-1]
        size = getattr(last, "output_size", None)
        return nest.flatten(last.state_size)[0] if size is None else size

    def _in_state_order(self) -> list[Any]:
        return self.cells[::-1] if self.reverse_state_order else self.cells

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> tuple[Any, ...]:
        """The initial states of each cell."""
        return tuple(
            cell.get_initial_state(inputs=inputs, batch_size=batch_size, dtype=dtype)
            if hasattr(cell, "get_initial_state")
            else initial_state_of(cell, inputs, batch_size, dtype)
            for cell in self._in_state_order()
        )

    def build(self, input_shape: Any) -> None:
        """Makes the variables of each cell."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
                cell.built = True
            size = getattr(cell, "output_size", None)
            size = nest.flatten(cell.state_size)[0] if size is None else size
            batch = nest.flatten(input_shape)[0].as_list()[0]
            input_shape = nest.map_structure(lambda s, b=batch: TensorShape([b, *TensorShape(s).as_list()]), size)
        self.built = True

    def call(self, inputs: Any, states: Any, constants: Any = None, training: Any = None) -> tuple[Any, Any]:  # type: ignore[override]
        """The outputs of the last cell, and the new states of all."""
        order = self._in_state_order()
        nested = list(nest.pack_sequence_as(self.state_size, nest.flatten(states)))
        before = {id(cell): its for cell, its in zip(order, nested, strict=True)}
        after = {}
        for cell in self.cells:
            takes, options = call_arguments(cell.call), {}
            if constants is not None and takes.accepts("constants"):
                options["constants"] = constants
            if takes.accepts("training"):
                options["training"] = training
            its = before[id(cell)]
            own = its if nest.is_nested(its) or hasattr(cell, "zero_state") else [its]
            inputs, new = cell.call(inputs, own, **options)
            after[id(cell)] = new
        flat = [nest.flatten(after[id(cell)]) for cell in order]
        return inputs, nest.pack_sequence_as(self.state_size, [state for states in flat for state in states])

    def _described(self, argument: str) -> Any:
        return [PUBLIC["keras.utils.serialize_keras_object"](cell) for cell in self.cells]

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> StackedRNNCells:
        """The cells that `get_config` described."""
        config = dict(config)
        made = PUBLIC["keras.layers.deserialize"]
        cells = [made(cell, custom_objects=custom_objects) for cell in config.pop("cells")]
        return cls(cells, **config)
