"""Printing from inside of a run: tf.Print, tf.print, and tensors formatted as strings."""

from __future__ import annotations

import collections
import logging
import pprint
import random
import sys
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import no_outputs, unchanged
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import is_tensor

_LEVELS = {logging.INFO: "log(info)", logging.WARNING: "log(warning)", logging.ERROR: "log(error)"}


@tf_export("Print")
def Print(
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`input_` itself; a run that computes it writes `message` and the tensors `data` to the standard error stream.

    Args:
        input_: tensor.
        data: list of tensors.
        message: text in front.
        first_n: how many times to print; always when None.
        summarize: how many elements of each tensor; 3 when None, all when negative.
        name: name of the operation.
    """
    return raw_ops.Print(
        input=input_,
        data=data,
        message=message,
        first_n=first_n,  # type: ignore[no-any-return]
        summarize=summarize,
        name=name,
    )


@tf_export("print")
def print_(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that prints.

    Args:
        inputs: tensors, Python values, and nested structures of both.
        output_stream: `sys.stderr` (default), `sys.stdout`, a level of `tf.logging`, or "file://<path>" (keyword).
        end: text at the end, a line break by default (keyword).
        sep: text between the inputs, a space by default (keyword).
        summarize: how many elements at the ends of every dimension, 3 by default; -1 for all (keyword).
        name: name of the operation (keyword).

    Raises:
        ValueError: there is another keyword, or the stream is not supported.
    """
    stream = kwargs.pop("output_stream", sys.stderr)
    name, summarize = kwargs.pop("name", None), kwargs.pop("summarize", 3)
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", "\n")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    target = _stream_name(stream)
    only = inputs[0] if len(inputs) == 1 else None
    if isinstance(only, Tensor) and only.dtype.name == "string" and only.shape.rank == 0:
        text: Any = only
    else:
        text = _formatted(inputs, sep, summarize, f"{name}_format" if name else None)
    return raw_ops.PrintV2(input=text, output_stream=target, end=end, name=name)  # type: ignore[no-any-return]


print_.__name__ = print_.__qualname__ = "print"


def _stream_name(stream: Any) -> str:
    if isinstance(stream, str) and stream.startswith("file://"):
        return stream
    if stream is sys.stdout:
        return "stdout"
    if stream is sys.stderr:
        return "stderr"
    if isinstance(stream, int) and stream in _LEVELS:
        return _LEVELS[stream]
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are sys.stdout, "
        "sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs to be in the form "
        "of 'file://<filepath>'."
    )


def _formatted(inputs: tuple[Any, ...], sep: str, summarize: int, name: str | None) -> Tensor:
    """The inputs as one text with placeholders, formatted with the tensors among them."""
    without = nest.map_structure(lambda x: "" if is_tensor(x) else x, [_sorted(i) for i in inputs])
    placeholder = _absent_from(" ".join(pprint.pformat(x) for x in without))
    tensors: list[Any] = []
    templates = []
    for value in inputs:
        words = [_word(leaf, placeholder, tensors) for leaf in nest.flatten(value)]
        templates.append(value if isinstance(value, str) else pprint.pformat(nest.pack_sequence_as(value, words)))
    template = sep.join(templates).replace(f"'{placeholder}'", placeholder)
    return string_format(template, tensors, placeholder, summarize, name)


def _sorted(value: Any) -> Any:
    return collections.OrderedDict(sorted(value.items())) if isinstance(value, collections.OrderedDict) else value


def _absent_from(text: str) -> str:
    """A placeholder that `text` does not hold; the same one for the same text."""
    placeholder, digits = "{}", random.Random(5)
    while placeholder in text:
        placeholder += str(digits.randint(0, 9))
    return placeholder


def _word(leaf: Any, placeholder: str, tensors: list[Any]) -> Any:
    if isinstance(leaf, SparseTensor):
        tensors += [leaf.indices, leaf.values, leaf.dense_shape]
        return f"SparseTensor(indices={placeholder}, values={placeholder}, shape={placeholder})"
    if is_tensor(leaf):
        tensors.append(leaf)
        return placeholder
    return leaf


@tf_export("strings.format")
def string_format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Tensor:
    """`template` with its placeholders replaced by tensors as text.

    Args:
        template: text.
        inputs: tensor or list of tensors, one per placeholder.
        placeholder: what is replaced.
        summarize: how many elements at the ends of every dimension; -1 for all.
        name: name of the operation.

    Returns:
        A string scalar.

    Raises:
        ValueError: there are not as many inputs as placeholders.
    """
    values = [inputs] if is_tensor(inputs) else list(inputs)
    if template.count(placeholder) != len(values):
        raise ValueError(
            f"The template expects {template.count(placeholder)} tensors, but the inputs only has "
            f"{len(values)}. Please ensure the number of placeholders in template matches inputs length."
        )
    return raw_ops.StringFormat(
        inputs=values,
        template=template,
        placeholder=placeholder,  # type: ignore[no-any-return]
        summarize=summarize,
        name=name,
    )


shape_of("Print")(unchanged)
shape_of("PrintV2", "Assert")(no_outputs)


@shape_of("StringFormat")
def _string_format_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [SCALAR]


@gradient_of("Print")
def _print_grad(op: Operation, grad: Any) -> list[Any]:
    return [grad] + [None] * (len(op.inputs) - 1)
