"""Cells around cells: `MultiRNNCell`, `ResidualWrapper`, `DeviceWrapper`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.default import device as device_scope
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.layers.base import Layer
from tfcompat.ops.concat import concat
from tfcompat.ops.slicing import slice_ as slice
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.platform import logging
from tfcompat.rnn.cell import RNNCell, assert_like_cell


class CellContainer(RNNCell):
    """A cell whose variables are those of the cells inside."""

    def _inner(self) -> Sequence[Any]:
        """The cells inside."""
        raise NotImplementedError

    @property
    def trainable_weights(self) -> list[Any]:
        """The trainable variables of the cells inside; none when it is not trainable itself."""
        if not self.trainable:
            return []
        return self._distinct([*self._trainable_weights, *self._of_inner("trainable_weights")])

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables."""
        inner = self._of_inner("non_trainable_weights")
        if self.trainable:
            return self._distinct([*self._non_trainable_weights, *inner])
        return self._distinct(
            [*self._trainable_weights, *self._of_inner("trainable_weights"), *self._non_trainable_weights, *inner]
        )

    @property
    def weights(self) -> list[Any]:
        """All variables, trainable ones first."""
        return self.trainable_weights + self.non_trainable_weights

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights
    variables = weights

    def _of_inner(self, kind: str) -> list[Any]:
        return [v for cell in self._inner() if isinstance(cell, Layer) for v in getattr(cell, kind)]

    @staticmethod
    def _distinct(variables: list[Any]) -> list[Any]:
        return list({id(v): v for v in variables}.values())


@tf_export("nn.rnn_cell.MultiRNNCell")
class MultiRNNCell(CellContainer):
    """Cells one above the other: each reads the output of the one before.

    Args:
        cells: the cells, from the inputs on.
        state_is_tuple: whether the state is a tuple of the cells' states, or their tensors beside one another.

    Raises:
        ValueError: there are no cells, or tuples are to lie beside one another.
        TypeError: `cells` is not a list or tuple.
    """

    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True):
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_nested(cells):
            raise TypeError(f"cells must be a list or tuple, but received: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            logging.warning("At least two cells provided to MultiRNNCell are the same object and will share weights.")
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        if not state_is_tuple and any(nest.is_nested(cell.state_size) for cell in cells):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set. State sizes are: "
                f"{[cell.state_size for cell in cells]}"
            )

    def _inner(self) -> Sequence[Any]:
        return self._cells

    def _parts_to_save(self) -> dict[str, Any]:
        return {f"cell-{i}": cell for i, cell in enumerate(self._cells)}

    @property
    def cells(self) -> Sequence[Any]:
        """The cells."""
        return self._cells

    @property
    def state_size(self) -> Any:
        """The cells' state sizes as a tuple, or their sum."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The output size of the last cell."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The cells' zero states; see `RNNCell.zero_state`."""
        with name_scope(type(self).__name__ + "ZeroState"):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output of the last cell, next states)."""
        if self._state_is_tuple and not nest.is_nested(state):
            raise ValueError(f"Expected state to be a tuple of length {len(self.state_size)}, but received: {state}")
        position = 0
        states = []
        for index, cell in enumerate(self._cells):
            with variable_scope(f"cell_{index}"):
                if self._state_is_tuple:
                    own = state[index]
                else:
                    own = slice(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                inputs, after = cell(inputs, own)
                states.append(after)
        return inputs, tuple(states) if self._state_is_tuple else concat(states, 1)


class CellWrapper(CellContainer):
    """A cell that changes what goes into or comes out of another one.

    Args:
        cell: the other one.
        kwargs: see `tf.layers.Layer`.
    """

    def __init__(self, cell: Any, **kwargs: Any):
        super().__init__(**kwargs)
        assert_like_cell("cell", cell)
        self.cell = cell

    def _inner(self) -> Sequence[Any]:
        return [self.cell]

    def _parts_to_save(self) -> dict[str, Any]:
        return {"cell": self.cell}

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step of the cell inside, with what the wrapper does."""
        return self._wrapped(inputs, state, self.cell.__call__, scope=scope)

    def call(self, inputs: Any, state: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """One step, in the scopes that are open."""
        return self._wrapped(inputs, state, self.cell.call, **kwargs)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        """One step; `step` runs the cell inside."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """As for other cells; the cell inside is given by the name of its class and its own arguments."""
        inner = {"class_name": type(self.cell).__name__, "config": self.cell.get_config()}
        return {**super().get_config(), "cell": inner}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A wrapper with the arguments of `get_config`, in which `cell` was replaced by a cell."""
        try:
            assert_like_cell("cell", config["cell"])
        except TypeError:
            raise ValueError(
                "RNNCellWrapper cannot reconstruct the wrapped cell. Please overwrite the cell in the config with a "
                "RNNCell instance."
            ) from None
        return cls(**config)

    def build(self, input_shape: Any) -> None:
        """Builds the cell inside."""
        self.cell.build(input_shape)
        self.built = True

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell inside."""
        with name_scope(type(self).__name__ + "ZeroState"):
            return self.cell.zero_state(batch_size, dtype)


@tf_export("nn.rnn_cell.ResidualWrapper")
class ResidualWrapper(CellWrapper):
    """Adds the inputs of a cell to its outputs.

    Args:
        cell: the cell.
        residual_fn: function of (inputs, outputs) that gives the outputs in place of the sum.
        kwargs: see `tf.layers.Layer`.

    Raises:
        ValueError: when called, if inputs and outputs have different structures or shapes.
    """

    _CONFIG = ("residual_fn",)

    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any):
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        outputs, after = step(inputs, state, **kwargs)
        return (self._residual_fn or _added)(inputs, outputs), after


def _added(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)
    for before, after in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
        before.shape.assert_is_compatible_with(after.shape)
    return nest.map_structure(lambda before, after: before + after, inputs, outputs)


@tf_export("nn.rnn_cell.DeviceWrapper")
class DeviceWrapper(CellWrapper):
    """Runs a cell on a device.

    Args:
        cell: the cell.
        device: name of the device, or a device function.
        kwargs: see `tf.layers.Layer`.
    """

    _CONFIG = ("device",)

    def __init__(self, cell: Any, device: Any, **kwargs: Any):
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell inside, on the device."""
        with name_scope(type(self).__name__ + "ZeroState"), device_scope(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        with device_scope(self._device):
            return step(inputs, state, **kwargs)
