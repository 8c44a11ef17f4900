"""`RNNCell`: one step of a recurrent network, (inputs, state) -> (output, next state)."""

from __future__ import annotations

import collections
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_collection, name_scope
from tfcompat.graph.export import PUBLIC, export_internal, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.layers.base import Layer
from tfcompat.ops.array import shape
from tfcompat.ops.variable_scope import get_variable_scope, variable_scope
from tfcompat.rnn.sizes import zero_tensors
from tfcompat.training.tracking import TrackableReference


@tf_export("nn.rnn_cell.LSTMStateTuple")
class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: the memory `c` and the output `h`."""

    __slots__ = ()

    @property
    def dtype(self) -> dtypes.DType:
        """The type of both; TypeError when they differ."""
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent dtypes for internal state: {c.dtype} vs {h.dtype}")
        return c.dtype  # type: ignore[no-any-return]


def assert_like_cell(role: str, cell: Any) -> None:
    """Raises TypeError when `cell`, given as argument `role`, lacks what every cell has."""
    missing = [
        *([] if _has(cell, "output_size") else ["'output_size' property is missing"]),
        *([] if _has(cell, "state_size") else ["'state_size' property is missing"]),
        *(
            []
            if _has(cell, "get_initial_state") or _has(cell, "zero_state")
            else ["either 'zero_state' or 'get_initial_state' method is required"]
        ),
        *([] if callable(cell) else ["is not callable"]),
    ]
    if missing:
        raise TypeError(f"The argument {role!r} ({cell}) is not an RNNCell: {', '.join(missing)}.")


def _has(cell: Any, attribute: str) -> bool:
    """Whether `cell` has `attribute`, be it one that is abstract."""
    try:
        getattr(cell, attribute)
    except AttributeError:
        return False
    except NotImplementedError:
        return True
    return True


def check_float(*structures: Any) -> None:
    """Raises ValueError when a tensor, or a type, is not made of floating point or complex numbers."""
    for value in nest.flatten(list(structures)):
        if value is None:
            continue
        dtype = dtypes.as_dtype(getattr(value, "dtype", value)).base_dtype
        if not (dtype.is_floating or dtype.is_complex):
            raise ValueError(f"RNN cell only supports floating point inputs, but received dtype: {dtype}")


def named_function(kind: str, value: Any, default: Any = None) -> Any:
    """The function that is given itself or by its name below `tf.<kind>`; `default` for None and ""."""
    if not value:
        return default
    if not isinstance(value, str):
        return value
    found = PUBLIC.get(f"{kind}.{value}") or PUBLIC.get(f"{kind}.{value}_initializer")
    if found is None:
        raise ValueError(f"Unknown name {value!r}: there is no tf.{kind}.{value}")
    return found


@tf_export("nn.rnn_cell.RNNCell")
class RNNCell(Layer):
    """Base of cells. Subclasses give `state_size` and `output_size` and compute in `call(inputs, state)`.

    Sizes leave the batch out: numbers, TensorShapes, or nested tuples of them. `call` may make its variables with
    `tf.get_variable`: they are found again at the next call.
    """

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._calls_in: Any = None

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step.

        Args:
            inputs: tensor `[batch, size]`, or a nested tuple of tensors.
            state: tensors in the structure of `state_size`, each `[batch, size]`.
            scope: name of, or the variable scope for its variables; the class's name by default.

        Returns:
            (output `[batch, output_size]`, next state in the structure of `state`).
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._noting_getter) as opened:
                return super().__call__(inputs, state, scope=opened)
        if self._calls_in is None:
            self._calls_in = variable_scope(get_variable_scope(), custom_getter=self._noting_getter)
        with self._calls_in:
            return super().__call__(inputs, state)

    def _noting_getter(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        """Gets a variable and takes it for one of this cell."""
        variable = getter(*args, **kwargs)
        parts = list(variable) if hasattr(variable, "_variable_list") else [variable]
        trainable = any(parts[0] is v for v in get_collection(GraphKeys.TRAINABLE_VARIABLES))
        kept = self._trainable_weights if trainable else self._non_trainable_weights
        if all(variable is not v for v in kept):
            kept.append(variable)
        return variable

    def _parts_to_save(self) -> dict[str, Any]:
        """What checkpoints of objects hold of it, by name."""
        return self._named_weights

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        return [TrackableReference(name, part) for name, part in self._parts_to_save().items()]

    @property
    def state_size(self) -> Any:
        """The sizes of its state."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of its output."""
        raise NotImplementedError("Abstract method")

    def build(self, input_shape: Any) -> None:
        """Nothing: variables are made when they are used."""

    _CONFIG: tuple[str, ...] = ()
    """Arguments of the constructor that are kept as attributes of the same name with a leading underscore."""

    def get_config(self) -> dict[str, Any]:
        """Arguments with which `from_config` makes a cell like this one; functions are given as they are."""
        own = {name: getattr(self, f"_{name}") for name in self._CONFIG}
        return {"name": self._base_name, "trainable": self.trainable, "dtype": self.dtype, **own}

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros for the batch and the type of `inputs`, or for `batch_size` and `dtype`.

        Raises:
            ValueError: neither is given, or they contradict each other.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            rows = dimension_value(inputs.shape[0])
            if batch_size is not None:
                given = get_static_value(batch_size, partial=True) if isinstance(batch_size, Tensor) else batch_size
                if rows != given:
                    raise ValueError(
                        "batch size from input tensor is different from the input param. Input tensor batch: "
                        f"{rows}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor dtype: "
                    f"{inputs.dtype}, dtype: {dtype}"
                )
            batch_size = rows or shape(inputs)[0]
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros in the structure of `state_size`, each `[batch_size, size]` of type `dtype`.

        Args:
            batch_size: a number or a scalar int32 tensor.
            dtype: type of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState"):
            return zero_tensors(self.state_size, batch_size, dtype)


class LayerRNNCell(RNNCell):
    """A cell whose variables are made once, in `build`, as those of layers are."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """One step; see `RNNCell`."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


for _name, _value in {
    "LayerRNNCell": LayerRNNCell,
    "_LayerRNNCell": LayerRNNCell,
    "assert_like_rnncell": assert_like_cell,
    "_BIAS_VARIABLE_NAME": "bias",
    "_WEIGHTS_VARIABLE_NAME": "kernel",
}.items():
    export_internal(f"python.ops.rnn_cell_impl.{_name}", _value)
