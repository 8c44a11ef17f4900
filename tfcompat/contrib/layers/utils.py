"""tf.contrib.layers.utils: results of layers in collections under other names, and what shapes and arguments say."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from tfcompat.graph.default import add_to_collections, get_collection, get_default_graph
from tfcompat.graph.export import export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.control_flow import cond
from tfcompat.ops.variable_base import Variable


def collect_named_outputs(collections: Any, alias: str, outputs: Any) -> Any:
    """Adds `outputs` under the name `alias` to the collections, a name or a list of names. Returns `outputs`."""
    if collections:
        append_tensor_alias(outputs, alias)
        add_to_collections(collections, outputs)
    return outputs


def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """Gives `tensor` one more name, without a slash at its end. Returns `tensor`."""
    tensor.aliases = [*getattr(tensor, "aliases", []), alias.removesuffix("/")]
    return tensor


def get_tensor_aliases(tensor: Any) -> list[str]:
    """The names given to `tensor`, or else its own."""
    own = tensor.op.name if tensor.name.endswith(":0") else tensor.name
    return getattr(tensor, "aliases", None) or [own]


def gather_tensors_aliases(tensors: Iterable[Any]) -> list[str]:
    """The names of all `tensors`."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


def convert_collection_to_dict(collection: str, clear_collection: bool = False) -> OrderedDict[str, Any]:
    """The tensors of a collection by their names; `clear_collection` empties it."""
    found = OrderedDict((alias, t) for t in get_collection(collection) for alias in get_tensor_aliases(t))
    if clear_collection:
        get_default_graph().clear_collection(collection)
    return found


def constant_value(value_or_tensor_or_var: Any, dtype: Any = None) -> Any:
    """The value of a constant tensor, None of other tensors and of variables, and anything else as it is.

    Raises:
        ValueError: it is None, or is a tensor or variable of another type than `dtype`.
    """
    value = value_or_tensor_or_var
    if value is None:
        raise ValueError("value_or_tensor_or_var cannot be None")
    if not isinstance(value, (Tensor, Variable)):
        return value
    if dtype and value.dtype != dtype:
        raise ValueError(f"It has the wrong type {value.dtype} instead of {dtype}")
    return GRAPH_VALUES.constant(value) if isinstance(value, Tensor) else None


def static_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """`fn1()` where the Python value `pred` is true, else `fn2()`; TypeError for what cannot be called."""
    for name, function in (("fn1", fn1), ("fn2", fn2)):
        if not callable(function):
            raise TypeError(f"{name} must be callable.")
    return fn1() if pred else fn2()


def smart_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any], name: str | None = None) -> Any:
    """`tf.cond`, or a plain call of one function where `pred` is known."""
    value = constant_value(pred)
    return cond(pred, fn1, fn2, name=name) if value is None else static_cond(value, fn1, fn2)


def get_variable_collections(variables_collections: Any, name: str) -> Any:
    """The collections of the variables called `name`: an entry of a dict, or else all."""
    return variables_collections.get(name) if isinstance(variables_collections, dict) else variables_collections


def channel_dimension(shape: Any, data_format: str, min_rank: int = 1) -> int:
    """The number of channels: the second dimension for "channels_first", else the last; errors as `last_dimension`."""
    return _dimension(shape, 1 if data_format == "channels_first" else -1, min_rank)


def last_dimension(shape: Any, min_rank: int = 1) -> int:
    """The last dimension of `shape`; ValueError where it is unknown or the rank is less than `min_rank`."""
    return _dimension(shape, -1, min_rank)


def _dimension(shape: Any, index: int, min_rank: int) -> int:
    if shape.ndims is None:
        raise ValueError("dims of shape must be known but is None")
    if shape.ndims < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {shape.ndims}")
    value = shape.as_list()[index]
    if value is None:
        raise ValueError(f"dimension {index} of shape must be known but is None: {shape}")
    return int(value)


def two_element_tuple(int_or_tuple: Any) -> tuple[int, int]:
    """An integer twice, or the two of a list or tuple or shape; ValueError for anything else."""
    if isinstance(int_or_tuple, int):
        return int_or_tuple, int_or_tuple
    given = int_or_tuple.as_list() if hasattr(int_or_tuple, "as_list") else int_or_tuple
    if isinstance(given, (list, tuple)) and len(given) == 2:
        return int(given[0]), int(given[1])
    raise ValueError(f"Must be a list with 2 elements: {int_or_tuple}")


def n_positive_integers(n: int, value: Any) -> tuple[int, ...]:
    """`value` as `n` positive integers: one for all, or a sequence of them; ValueError for anything else."""
    if int(n) != n or n < 1:
        raise ValueError("n must be a positive integer")
    given = [value] * int(n) if isinstance(value, (int, float)) else list(value)
    if len(given) != n:
        raise ValueError(f"Expected sequence of {n} positive integers, but received {value!r}")
    for number in given:
        if int(number) < 1:
            raise ValueError(f"expected positive integer, but received {int(number)}")
    return tuple(int(number) for number in given)


_FUNCTIONS = (
    collect_named_outputs, append_tensor_alias, get_tensor_aliases, gather_tensors_aliases, convert_collection_to_dict,
    constant_value, static_cond, smart_cond, get_variable_collections, channel_dimension, last_dimension,
    two_element_tuple, n_positive_integers,
)  # fmt: skip

for _function in _FUNCTIONS:
    for _place in ("layers", "slim"):
        export(f"contrib.{_place}.utils.{_function.__name__}", _function)
