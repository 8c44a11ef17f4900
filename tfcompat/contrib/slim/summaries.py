"""tf.contrib.slim.summaries: summaries named after tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import add_to_collection
from tfcompat.graph.export import export
from tfcompat.ops.nn_misc import zero_fraction
from tfcompat.ops.printing import Print
from tfcompat.summary import summary


def _name(tensor: Any, name: str | None, prefix: str | None) -> str:
    return "/".join(part for part in (prefix, name or tensor.op.name) if part)


def _printed(made: Any, tensor: Any, name: str, print_summary: bool) -> Any:
    """The summary `made`, which prints `tensor` and then joins SUMMARIES if that is wanted."""
    if print_summary:
        made = Print(made, [tensor], name)
        add_to_collection(GraphKeys.SUMMARIES, made)
    return made


def add_histogram_summary(tensor: Any, name: str | None = None, prefix: str | None = None) -> Any:
    """A histogram called <prefix>/<name>; `name` is that of the tensor's operation by default."""
    return summary.histogram(_name(tensor, name, prefix), tensor)


def add_image_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """Images called <prefix>/<name>; `print_summary` prints them when they are written."""
    title = _name(tensor, name, prefix)
    return _printed(
        summary.image(title, tensor, collections=[] if print_summary else None), tensor, title, print_summary
    )


def add_scalar_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """A value called <prefix>/<name>; `print_summary` prints it when it is written."""
    title = _name(tensor, name, prefix)
    return _printed(
        summary.scalar(title, tensor, collections=[] if print_summary else None), tensor, title, print_summary
    )


def add_zero_fraction_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """The share of zeros, called <prefix>/<name>/Fraction_of_Zero_Values."""
    title = f"{_name(tensor, name, prefix)}/Fraction_of_Zero_Values"
    return add_scalar_summary(zero_fraction(tensor), title, print_summary=print_summary)


def add_histogram_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_histogram_summary` of each tensor."""
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


def add_image_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_image_summary` of each tensor."""
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


def add_scalar_summaries(tensors: Iterable[Any], prefix: str | None = None, print_summary: bool = False) -> list[Any]:
    """`add_scalar_summary` of each tensor."""
    return [add_scalar_summary(tensor, prefix=prefix, print_summary=print_summary) for tensor in tensors]


def add_zero_fraction_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_zero_fraction_summary` of each tensor."""
    return [add_zero_fraction_summary(tensor, prefix=prefix) for tensor in tensors]


for _function in (
    add_histogram_summary, add_image_summary, add_scalar_summary, add_zero_fraction_summary, add_histogram_summaries,
    add_image_summaries, add_scalar_summaries, add_zero_fraction_summaries,
):  # fmt: skip
    export(f"contrib.slim.summaries.{_function.__name__}", _function)
