"""tf.contrib.slim.model_analyzer: sizes of the tensors and variables of a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tfcompat.graph.export import export

_RULE = "---------"


def tensor_description(var: Any) -> str:
    """A tensor's type and shape, such as "(float32 3x4)"."""
    return f"({var.dtype.name} {'x'.join(str(size) for size in var.shape)})"


def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """The number of elements in the outputs of all operations of a graph; `print_info` prints each."""
    if print_info:
        print(_RULE, "Operations: name -> (type shapes) [size]", _RULE, sep="\n")
    total = 0
    for op in graph.get_operations():
        size = sum(output.shape.num_elements() or 0 for output in op.outputs)
        if print_info:
            shapes = ", ".join(tensor_description(output) for output in op.outputs if output.shape)
            print(op.name, "\t->", shapes, f"[{size}]")
        total += size
    return total


def analyze_vars(variables: Iterable[Any], print_info: bool = False) -> tuple[int, int]:
    """(Elements, bytes) of variables; `print_info` prints each and the sums."""
    if print_info:
        print(_RULE, "Variables: name (type shape) [size]", _RULE, sep="\n")
    elements = total_bytes = 0
    for variable in variables:
        size = variable.shape.num_elements() or 0
        in_bytes = size * variable.dtype.size
        elements, total_bytes = elements + size, total_bytes + in_bytes
        if print_info:
            print(variable.name, tensor_description(variable), f"[{size}, bytes: {in_bytes}]")
    if print_info:
        print(f"Total size of variables: {elements}")
        print(f"Total bytes of variables: {total_bytes}")
    return elements, total_bytes


for _function in (tensor_description, analyze_ops, analyze_vars):
    export(f"contrib.slim.model_analyzer.{_function.__name__}", _function)
