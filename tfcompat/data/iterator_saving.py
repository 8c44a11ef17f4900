"""`tf.data.experimental.make_saveable_from_iterator`: where an iterator is, in checkpoints."""

from __future__ import annotations

from typing import Any

from tfcompat.data.iterators import Iterator
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops

not_differentiable("SerializeIterator", "DeserializeIterator")
shape_of("DeserializeIterator")(no_outputs)

_EXTERNAL_STATE = {"warn": 0, "ignore": 1, "fail": 2}


@shape_of("SerializeIterator")
def _serialized_shape(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([None])]


class IteratorSaveable:
    """Where an iterator is, as one tensor of a checkpoint.

    Args:
        iterator_resource: the iterator's handle.
        name: of the tensor.
        external_state_policy: number of what to do about functions with a state of their own.
    """

    def __init__(self, iterator_resource: Tensor, name: str, external_state_policy: int):
        self.op = iterator_resource
        self.name = name
        self.device = iterator_resource.device
        serialized = raw_ops.SerializeIterator(
            resource_handle=iterator_resource, external_state_policy=external_state_policy
        )
        self.parts = [(f"{name}_STATE", serialized)]

    @property
    def graph(self) -> Any:
        """The graph of the iterator."""
        return self.op.graph

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any = None) -> Operation:
        """Records what moves the iterator to where it was."""
        with get_default_graph().colocate_with(self.op.op):
            return raw_ops.DeserializeIterator(  # type: ignore[no-any-return]
                resource_handle=self.op, serialized=restored_tensors[0]
            )


@tf_export("data.experimental.make_saveable_from_iterator")
def make_saveable_from_iterator(iterator: Iterator, external_state_policy: str | None = None) -> IteratorSaveable:
    """What lets `tf.train.Saver` save and restore where an iterator is.

    The elements it has buffered and the states of its random generators are part of it; those of variables and of
    stateful operations in functions are not. Iterators over values of Python functions cannot be saved.

    Args:
        iterator: over a dataset; it has to be initialized before it is saved or restored.
        external_state_policy: "fail" (default), "warn" or "ignore": what saving does where functions have a state.

    Returns:
        An object for the `var_list` of a Saver, or for the collection `GraphKeys.SAVEABLE_OBJECTS`.

    Raises:
        ValueError: `external_state_policy` is something else.
    """
    return make_saveable_from_iterator_handle(iterator._iterator_resource, external_state_policy)


def make_saveable_from_iterator_handle(handle: Tensor, external_state_policy: str | None = None) -> IteratorSaveable:
    """As `make_saveable_from_iterator`, for the handle of an iterator."""
    external_state_policy = external_state_policy or "fail"
    if external_state_policy not in _EXTERNAL_STATE:
        raise ValueError(
            f"Invalid `external_state_policy`. Supported values include 'warn', 'ignore', and 'fail'. "
            f"Received {external_state_policy}."
        )
    return IteratorSaveable(handle, handle.name, _EXTERNAL_STATE[external_state_policy])
