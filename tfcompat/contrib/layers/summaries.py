"""tf.contrib.layers: summaries of tensors and of whole collections, and the sum of penalties of weights."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import add_to_collection, get_collection, name_scope
from tfcompat.graph.export import export
from tfcompat.ops.add_n import add_n
from tfcompat.ops.binary import greater, less
from tfcompat.ops.cast import cast
from tfcompat.ops.reduction import reduce_mean
from tfcompat.summary.summary import histogram, scalar

_NOT_NEGATIVE = ("Relu", "Softplus", "Relu6")


def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """A summary of a tensor, of a scalar its value and else a histogram; None for strings and booleans.

    Args:
        tensor: any tensor.
        tag: name of the summary, <name of its op>_summary by default.
    """
    if tensor.dtype.base_dtype.name in ("string", "bool"):
        return None
    summarize = scalar if tensor.shape.ndims == 0 else histogram
    return summarize(tag or f"{tensor.op.name}_summary", tensor)


def summarize_activation(op: Any) -> Any:
    """A histogram <name>/activation of a tensor; of rectified ones also the share of zeros, and of sixes of Relu6."""
    kind, name = op.op.type, op.op.name

    def share(function: Callable[..., Any], bound: float, tag: str) -> None:
        given = op.op.inputs[0]
        summarize_tensor(reduce_mean(cast(function(given, cast(bound, given.dtype)), "float32")), f"{name}/{tag}")

    if kind in _NOT_NEGATIVE:
        share(less, 0.0, "zeros")
    if kind == "Relu6":
        share(greater, 6.0, "sixes")
    return histogram(f"{name}/activation", op)


def summarize_tensors(tensors: Iterable[Any], summarizer: Callable[[Any], Any] = summarize_tensor) -> list[Any]:
    """The summaries of `tensors`."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(
    collection: str, name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_tensor
) -> list[Any]:
    """The summaries of the members of a collection whose names match a regular expression from their start."""
    members = get_collection(collection)
    return summarize_tensors(
        [t for t in members if name_filter is None or re.match(name_filter, t.op.name)], summarizer
    )


def summarize_activations(
    name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_activation
) -> list[Any]:
    """`summarize_collection` of ACTIVATIONS."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)


def apply_regularization(regularizer: Callable[[Any], Any], weights_list: Any = None) -> Any:
    """The sum of the penalties of `weights_list`, the collection WEIGHTS by default; it joins REGULARIZATION_LOSSES.

    Raises:
        ValueError: there are no weights, or a penalty is no scalar.
    """
    weights_list = weights_list or get_collection(GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [regularizer(weights) for weights in weights_list]
        penalties = [constant(0.0) if penalty is None else penalty for penalty in penalties]
        for penalty in penalties:
            if penalty.shape.ndims != 0:
                raise ValueError(
                    f"regularizer must return a scalar Tensor instead of a Tensor with rank {penalty.shape.ndims}."
                )
        total = add_n(penalties, name=scope)
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total


_FUNCTIONS = (
    summarize_tensor, summarize_activation, summarize_tensors, summarize_collection, summarize_activations,
    apply_regularization,
)  # fmt: skip

for _place in ("layers", "slim", "layers.summaries"):
    for _function in _FUNCTIONS[: 5 if _place == "layers.summaries" else 6]:
        export(f"contrib.{_place}.{_function.__name__}", _function)
for _name, _collection in (
    ("variables", GraphKeys.GLOBAL_VARIABLES), ("weights", GraphKeys.WEIGHTS), ("biases", GraphKeys.BIASES),
):  # fmt: skip
    export(f"contrib.layers.summaries.summarize_{_name}", functools.partial(summarize_collection, _collection))
