"""tf.contrib.util, and smaller functions of tf.contrib.framework and tf.contrib.nn."""

from __future__ import annotations

import functools
import numbers
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import PUBLIC, export, export_lazy
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.ops.add_n import add_n
from tfcompat.ops.array import shape
from tfcompat.ops.binary import greater_equal
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond as conditional
from tfcompat.ops.control_flow import static_predicate
from tfcompat.ops.random import random_uniform
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.type_checks import assert_scalar
from tfcompat.training.global_step import assert_global_step, get_global_step

_ALPHA = -1.7580993408473766


def smart_cond(
    pred: Any, true_fn: Callable[[], Any] | None = None, false_fn: Callable[[], Any] | None = None, name: Any = None
) -> Any:
    """`tf.cond`, or a plain call of the right function when `pred` is known; TypeError for what cannot be called."""
    for which, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"`{which}` must be callable.")
    return conditional(pred, true_fn, false_fn, name)  # type: ignore[arg-type]


def smart_constant_value(pred: Any) -> bool | None:
    """The value of a predicate that is known before a run, else None; TypeError for what is no predicate."""
    return static_predicate(pred)


def get_name_scope() -> str:
    """The name scope in force, without a slash at its end."""
    return get_default_graph().get_name_scope()


def get_placeholders(graph: Any) -> list[Any]:
    """The placeholders of a graph, in order; TypeError for anything else."""
    if not isinstance(graph, Graph):
        raise TypeError(f"Input graph needs to be a Graph: {graph}")
    return [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]


def assert_scalar_int(tensor: Any, name: str | None = None) -> Any:
    """`tensor` as an integer scalar; ValueError for another type or shape."""
    with name_scope(name, "assert_scalar_int", [tensor]) as scope:
        tensor = convert_to_tensor(tensor)
        if not tensor.dtype.base_dtype.is_integer:
            raise ValueError(f"Expected integer type for {tensor.name}, received type: {tensor.dtype}.")
        return assert_scalar(tensor, name=scope)


def reduce_sum_n(tensors: Sequence[Any], name: str | None = None) -> Any:
    """The sum of all elements of all `tensors`; ValueError for none."""
    if not tensors:
        raise ValueError("No tensors provided.")
    with name_scope(name, "reduce_sum_n", tensors) as scope:
        sums = [reduce_sum(t, name=f"{t.op.name}/sum") for t in tensors]
        return sums[0] if len(sums) == 1 else add_n(sums, name=scope)


def assert_or_get_global_step(graph: Any = None, global_step_tensor: Any = None) -> Any:
    """`global_step_tensor` once it is found to be an integer scalar, or when None the global step of the graph."""
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor


def get_graph_from_inputs(op_input_list: Sequence[Any], graph: Any = None) -> Any:
    """The graph of the inputs of an operation, or `graph`, or the default graph where none has one.

    Raises:
        ValueError: inputs belong to several graphs, or to another than `graph`.
    """
    for item in op_input_list:
        own = getattr(item, "graph", None)
        if own is not None and graph is not None and own is not graph:
            raise ValueError(f"{item} is not from the passed-in graph.")
        graph = graph or own
    return graph or get_default_graph()


def alpha_dropout(
    x: Any, keep_prob: Any, noise_shape: Any = None, seed: int | None = None, name: str | None = None
) -> Any:
    """Dropout for scaled exponential units: what is dropped takes their lowest value, mean and variance stay.

    Args:
        x: floating-point tensor of mean 0 and variance 1.
        keep_prob: chance to keep an element, in (0, 1].
        noise_shape: shape of the choices, that of `x` by default.
        seed: of the choices.
        name: name scope, "alpha_dropout" by default.

    Raises:
        ValueError: `keep_prob` is outside of (0, 1].
    """
    with name_scope(name, "alpha_dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if isinstance(keep_prob, numbers.Real) and not 0 < float(keep_prob) <= 1.0:
            raise ValueError(f"keep_prob must be a scalar tensor or a float in the range (0, 1], got {keep_prob:g}")
        keep = convert_to_tensor(keep_prob, dtype=x.dtype, name="keep_prob")
        keep.shape.assert_has_rank(0)
        if GRAPH_VALUES.constant(keep) == 1:
            return x
        noise = random_uniform(shape(x) if noise_shape is None else noise_shape, seed=seed, dtype=x.dtype)
        kept = cast(greater_equal(noise, 1 - keep), x.dtype)
        mixed = x * kept + _ALPHA * (1 - kept)
        scale = (keep + keep * (1 - keep) * _ALPHA**2) ** -0.5
        return scale * mixed - scale * _ALPHA * (1 - keep)


for _function in (
    smart_cond, smart_constant_value, get_name_scope, get_placeholders, assert_scalar, assert_scalar_int, reduce_sum_n,
    assert_or_get_global_step, get_graph_from_inputs,
):  # fmt: skip
    export(f"contrib.framework.{_function.__name__}", _function)
export("contrib.nn.alpha_dropout", alpha_dropout)
for _name, _public in {
    "framework.argsort": "argsort",
    "framework.sort": "sort",
    "framework.is_tensor": "is_tensor",
    "framework.TensorSpec": "TensorSpec",
    "framework.convert_to_tensor_or_sparse_tensor": "convert_to_tensor_or_sparse_tensor",
    "nn.conv1d_transpose": "nn.conv1d_transpose",
    "util.constant_value": "get_static_value",
    "util.make_ndarray": "make_ndarray",
    "util.make_tensor_proto": "make_tensor_proto",
}.items():
    export_lazy(f"contrib.{_name}", functools.partial(PUBLIC.__getitem__, _public))
