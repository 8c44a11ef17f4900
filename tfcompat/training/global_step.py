"""The global step: the variable that counts training steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import initializers
from tfcompat.ops.variable_base import Variable, VariableAggregation
from tfcompat.ops.variable_scope import get_variable


@tf_export("train.global_step")
def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of `global_step_tensor`, of one element, in session `sess` as a Python int."""
    return int(np.asarray(sess.run(global_step_tensor)).item())


@tf_export("train.get_global_step")
def get_global_step(graph: Any = None) -> Any:
    """The global step of `graph` (default: the default graph), or None.

    It is the one member of the collection GLOBAL_STEP, or the tensor called `global_step:0`.

    Raises:
        TypeError: it is no integer scalar.
    """
    graph = graph or get_default_graph()
    members = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(members) == 1:
        found = members[0]
    elif members:
        return None
    else:
        try:
            found = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(found)
    return found


@tf_export("train.create_global_step")
def create_global_step(graph: Any = None) -> Any:
    """Makes the global step of `graph` (default: the default graph), an int64 variable that starts at 0.

    Raises:
        ValueError: there is one.
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=initializers.Zeros(),
            trainable=False,
            aggregation=VariableAggregation.ONLY_FIRST_REPLICA,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


@tf_export("train.get_or_create_global_step")
def get_or_create_global_step(graph: Any = None) -> Any:
    """The global step of `graph` (default: the default graph), made when there is none."""
    graph = graph or get_default_graph()
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


@tf_export("train.assert_global_step")
def assert_global_step(global_step_tensor: Any) -> None:
    """Raises TypeError unless `global_step_tensor` is an integer scalar, variable or tensor."""
    if not isinstance(global_step_tensor, (Variable, Tensor)) and not hasattr(global_step_tensor, "dtype"):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.')
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {global_step_tensor.dtype}')
    shape = global_step_tensor.shape
    if shape.rank != 0 and shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {shape}')


_READ = "global_step_read_op_cache"


def global_step_read(graph: Any = None) -> Any:
    """A tensor with the global step before a run changes it, made once in a graph; None where there is no step."""
    graph = graph or get_default_graph()
    made = graph.get_collection(_READ)
    if made:
        return made[0]
    step = get_global_step(graph)
    if step is None:
        return None
    with graph.as_default(), name_scope(None), name_scope(step.op.name + "/"):
        read = step + 0
    graph.add_to_collection(_READ, read)
    return read
