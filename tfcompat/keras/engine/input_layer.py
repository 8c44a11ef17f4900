"""`Input`: placeholders from which models of layers start."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.layers.base_layer import Layer
from tfcompat.layers.connections import Node
from tfcompat.layers.graph_state import next_uid
from tfcompat.ops.identity import placeholder, sparse_placeholder


@tf_export("keras.layers.InputLayer")
class InputLayer(Layer):
    """The start of a model: a placeholder, or a given tensor, as the output of a layer without inputs.

    Args:
        input_shape: shape without the batch; a number stands for a vector.
        batch_size: size of the batch; unknown by default.
        dtype: type; Keras' `floatx`, or that of `input_tensor`, by default.
        input_tensor: tensor to take in place of a placeholder.
        sparse: whether it is a SparseTensor.
        name: of the layer and the placeholder; `input_1`, `input_2`, ... by default.
        ragged: whether it is a RaggedTensor.
        kwargs: `batch_input_shape`, the shape with the batch, in place of `input_shape`.

    Raises:
        ValueError: both shapes, another keyword, or sparse and ragged at once.
    """

    def __init__(
        self,
        input_shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        input_tensor: Any = None,
        sparse: bool | None = None,
        name: str | None = None,
        ragged: bool | None = None,
        **kwargs: Any,
    ):
        batch_input_shape = kwargs.pop("batch_input_shape", None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {list(kwargs)}")
        if sparse and ragged:
            raise ValueError("Cannot set both sparse and ragged to True in a Keras input.")
        if batch_input_shape is not None:
            if input_shape is not None:
                raise ValueError("Only provide the input_shape OR batch_input_shape argument to InputLayer, not both.")
            batch_size, input_shape = batch_input_shape[0], tuple(batch_input_shape[1:])
        if isinstance(input_shape, int):
            input_shape = (input_shape,)
        super().__init__(name=name or f"input_{next_uid('input')}")
        self.built = True
        self.sparse, self.ragged = bool(sparse), bool(ragged)
        self.supports_masking = True
        self.is_placeholder = input_tensor is None
        if input_tensor is None:
            self._dtype = as_dtype(dtype or PUBLIC["keras.backend.floatx"]()).name
            shape = None if input_shape is None else (batch_size, *input_shape)
            tensor = self._placeholder(shape)
        else:
            tensor = input_tensor
            self._dtype = tensor.dtype.base_dtype.name
            shape = tensor.shape.as_list()
        self._batch_input_shape: Any = None if shape is None else tuple(shape)
        tensor._keras_mask = None
        Node(self, (), {}, [tensor])

    def _placeholder(self, shape: Any) -> Any:
        dtype = as_dtype(self._dtype)
        if self.sparse:
            return sparse_placeholder(dtype, shape, name=self.name)
        if self.ragged:
            ragged_rank = sum(size is None for size in shape[1:])
            flat = tuple(shape[1 + ragged_rank :])
            return PUBLIC["ragged.placeholder"](dtype, ragged_rank, flat, name=self.name)
        return placeholder(dtype, shape, name=self.name)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer; a given tensor is not among them."""
        return {
            "batch_input_shape": self._batch_input_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
        }


@tf_export("keras.Input", "keras.layers.Input")
def Input(
    shape: Any = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    tensor: Any = None,
    ragged: bool | None = None,
    **kwargs: Any,
) -> Any:
    """A tensor from which a model starts.

    Args:
        shape: its shape without the batch.
        batch_size: size of the batch; unknown by default.
        name: its name.
        dtype: its type; Keras' `floatx` by default.
        sparse: whether it is a SparseTensor.
        tensor: tensor to start from in place of a new placeholder.
        ragged: whether it is a RaggedTensor.
        kwargs: `batch_shape`, the shape with the batch, in place of `shape`.

    Raises:
        ValueError: neither a shape nor a tensor, both shapes, or another keyword.
    """
    batch_shape = kwargs.pop("batch_shape", kwargs.pop("batch_input_shape", None))
    if kwargs:
        raise ValueError("Unrecognized keyword arguments:", kwargs.keys())
    if shape is None and batch_shape is None and tensor is None:
        raise ValueError(
            "Please provide to Input either a `shape` or a `tensor` argument. Note that `shape` does not include the "
            "batch dimension."
        )
    if shape is not None and batch_shape is not None:
        raise ValueError("Only provide the `shape` OR `batch_shape` argument to Input, not both at the same time.")
    if batch_shape is not None:
        shape, batch_size = tuple(batch_shape[1:]), batch_shape[0]
    layer = InputLayer(shape, batch_size, dtype, tensor, sparse, name, ragged)
    return layer._inbound_nodes[0].outputs[0]
