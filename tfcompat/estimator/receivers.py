"""How requests reach a model that serves: placeholders, and the features made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tfcompat.graph import dtypes
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.identity import placeholder
from tfcompat.ops.parsing import parse_example


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or (hasattr(value, "dense_shape") or hasattr(value, "row_splits"))


def _named(tensors: Any, default: str, label: str) -> dict[str, Any]:
    """`tensors` as a dictionary of tensors.

    Raises:
        ValueError: they are None, or one is no tensor.
    """
    if tensors is None:
        raise ValueError(f"{label}s must be defined.")
    named = dict(tensors) if isinstance(tensors, Mapping) else {default: tensors}
    for name, value in named.items():
        if not isinstance(name, str | int):
            raise ValueError(f"{label} keys must be strings or ints: {name}.")
        if not _is_tensor(value):
            raise ValueError(f"{label} {name} must be a Tensor, SparseTensor, or RaggedTensor.")
    return named


def _alternatives(given: Any) -> Any:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ValueError(f"receiver_tensors_alternatives must be a dict: {given}.")
    return {name: _named(tensors, "input", "receiver_tensors_alternative") for name, tensors in given.items()}


class _Receiver(NamedTuple):
    features: Any
    receiver_tensors: dict[str, Any]
    receiver_tensors_alternatives: dict[str, Any] | None


class ServingInputReceiver(_Receiver):
    """What `serving_input_receiver_fn` returns.

    Args:
        features: tensor, then called "feature", or dictionary of tensors, which the model function gets.
        receiver_tensors: tensor, then called "input", or dictionary of tensors, which requests feed.
        receiver_tensors_alternatives: name -> other tensors that requests may feed.

    Raises:
        ValueError: an argument is missing or no tensor.
    """

    def __new__(
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> ServingInputReceiver:
        """The checked parts, as dictionaries."""
        return super().__new__(
            cls,
            _named(features, "feature", "feature"),
            _named(receiver_tensors, "input", "receiver_tensor"),
            _alternatives(receiver_tensors_alternatives),
        )


class TensorServingInputReceiver(_Receiver):
    """A `ServingInputReceiver` whose model function gets a tensor, not a dictionary.

    Args:
        features: a tensor.
        receiver_tensors: as for `ServingInputReceiver`.
        receiver_tensors_alternatives: as for `ServingInputReceiver`.

    Raises:
        ValueError: an argument is missing or no tensor.
    """

    def __new__(
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> TensorServingInputReceiver:
        """The checked parts."""
        if features is None:
            raise ValueError("features must be defined.")
        if not _is_tensor(features):
            raise ValueError("feature must be a Tensor, SparseTensor, or RaggedTensor.")
        return super().__new__(
            cls,
            features,
            _named(receiver_tensors, "input", "receiver_tensor"),
            _alternatives(receiver_tensors_alternatives),
        )


def build_parsing_serving_input_receiver_fn(
    feature_spec: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """A function whose requests are serialized `Example`s, parsed with `feature_spec`.

    Args:
        feature_spec: as for `tf.parse_example`.
        default_batch_size: number of examples of a request; any when None.
    """

    def serving_input_receiver_fn() -> ServingInputReceiver:
        examples = placeholder(dtypes.string, [default_batch_size], name="input_example_tensor")
        return ServingInputReceiver(parse_example(examples, feature_spec), {"examples": examples})

    return serving_input_receiver_fn


def build_raw_serving_input_receiver_fn(
    features: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """A function whose requests feed the features themselves.

    Args:
        features: name -> tensor, whose type and shape beyond the first dimension the placeholders have.
        default_batch_size: the first dimension; any when None.
    """

    def serving_input_receiver_fn() -> ServingInputReceiver:
        made = {}
        for name, tensor in features.items():
            shape = tensor.shape.as_list()
            made[name] = placeholder(tensor.dtype, [default_batch_size, *shape[1:]], name=tensor.op.name)
        return ServingInputReceiver(made, made)

    return serving_input_receiver_fn
