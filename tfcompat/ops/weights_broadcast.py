"""Weights that broadcast to values: of rank 0, or of the values' rank with every dimension 1 or the values'."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import export_internal
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, shape
from tfcompat.ops.assertion import Assert
from tfcompat.ops.binary import multiply
from tfcompat.ops.filling import ones_like
from tfcompat.ops.grouping import no_op

_PREFIX = "weights can not be broadcast to values."


def assert_broadcastable(weights: Any, values: Any) -> Operation:
    """An operation whose run fails unless `weights` broadcasts to `values`.

    Args:
        weights: tensor; of rank 0, or of the rank of `values` with dimensions that are 1 or those of `values`.
        values: tensor.

    Raises:
        ValueError: the known shapes do not fit. A run fails with InvalidArgumentError.
    """
    with name_scope(None, "assert_broadcastable", (weights, values)) as scope:
        with name_scope(None, "weights", (weights,)) as weights_scope:
            weights = convert_to_tensor(weights, name=weights_scope)
            weights_shape = shape(weights, name="shape")
            weights_rank = rank(weights, name="rank")
        with name_scope(None, "values", (values,)) as values_scope:
            values = convert_to_tensor(values, name=values_scope)
            values_shape = shape(values, name="shape")
            values_rank = rank(values, name="rank")
        known = [GRAPH_VALUES.constant(t) for t in (weights_rank, values_rank)]
        if known[0] is not None and known[1] is not None:
            if known[0] == 0:
                return no_op(name="static_scalar_check_success")
            if known[0] != known[1]:
                raise ValueError(
                    f"{_PREFIX} values.rank={known[1]}. weights.rank={known[0]}. "
                    f"values.shape={values.shape}. weights.shape={weights.shape}. "
                    f"Received weights={weights}, values={values}"
                )
            sizes = [GRAPH_VALUES.constant(t) for t in (weights_shape, values_shape)]
            if sizes[0] is not None and sizes[1] is not None:
                for axis, (own, wanted) in enumerate(zip(*sizes, strict=True)):
                    if own not in (1, wanted):
                        raise ValueError(
                            f"{_PREFIX} Mismatch at dim {axis}. values.shape={sizes[1]}, "
                            f"weights.shape={sizes[0]}. Received weights={weights}, values={values}"
                        )
                return no_op(name="static_dims_check_success")
        is_scalar = raw_ops.Equal(x=0, y=weights_rank, name="is_scalar")
        fits = raw_ops.LogicalOr(
            x=is_scalar, y=_same_dims(weights_shape, weights_rank, values_shape, values_rank), name="is_valid_shape"
        )
        data = [
            _PREFIX,
            "weights.shape=",
            weights.name,
            weights_shape,
            "values.shape=",
            values.name,
            values_shape,
            "is_scalar=",
            is_scalar,
        ]
        return Assert(fits, data, name=scope)


def _same_dims(shape: Tensor, size: Tensor, wanted: Tensor, wanted_size: Tensor) -> Tensor:
    """Whether the shapes have equal ranks and each dimension of `shape` is 1 or that of `wanted`."""
    with name_scope(None, "has_valid_nonscalar_shape"):
        common = raw_ops.Pack(values=[raw_ops.Minimum(x=size, y=wanted_size)], axis=0)
        own, other = (raw_ops.Slice(input=s, begin=[0], size=common) for s in (shape, wanted))
        fit = raw_ops.LogicalOr(x=raw_ops.Equal(x=own, y=1), y=raw_ops.Equal(x=own, y=other))
        every = raw_ops.All(input=fit, reduction_indices=[0])
        return raw_ops.LogicalAnd(x=raw_ops.Equal(x=size, y=wanted_size, name="is_same_rank"), y=every)  # type: ignore[no-any-return]


def broadcast_weights(weights: Any, values: Any) -> Tensor:
    """`weights` in the shape of `values`; see `assert_broadcastable` for what they may be."""
    with name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        if (
            values.shape.is_fully_defined()
            and weights.shape.is_fully_defined()
            and weights.shape.is_compatible_with(values.shape)
        ):
            return weights
        if weights.shape.rank != 0 or values.shape.rank != 0:
            with control_dependencies((assert_broadcastable(weights, values),)):
                return multiply(weights, ones_like(values), name=scope)
        return weights


export_internal("python.ops.weights_broadcast_ops.assert_broadcastable", assert_broadcastable)
export_internal("python.ops.weights_broadcast_ops.broadcast_weights", broadcast_weights)
