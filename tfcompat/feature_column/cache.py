"""Features of one batch, and what columns made of them, each computed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat.feature_column.base import FeatureColumn
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.ops.array import expand_dims, rank, shape
from tfcompat.ops.control_flow import cond
from tfcompat.ops.sparse_shape import sparse_reshape
from tfcompat.platform import logging


def is_column(value: Any) -> bool:
    """Whether `value` is a feature column, of either version of the interface."""
    return isinstance(value, FeatureColumn) or hasattr(value, "_transform_feature")


def as_tensor(value: Any) -> Any:
    """A `SparseTensor` as it is or from its value, anything else as a tensor."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    return value if isinstance(value, SparseTensor) else convert_to_tensor(value)


class FeatureTransformationCache:
    """What columns take their inputs from.

    Args:
        features: key -> tensor or `SparseTensor`, with the batch as first dimension. The dictionary is not changed.
    """

    def __init__(self, features: Mapping[Any, Any]):
        self._features = dict(features)
        self._tensors: dict[Any, Any] = {}

    def get(self, key: Any, state_manager: Any = None) -> Any:
        """A feature, or the result of `transform_feature` of a column.

        Features of one dimension get a second one.

        Args:
            key: key of a feature, or a column.
            state_manager: given to the column.

        Raises:
            TypeError: `key` is neither.
            ValueError: there is no such feature, it is a scalar, or the column gives None.
        """
        if key in self._tensors:
            return self._tensors[key]
        if key in self._features:
            found = _with_two_dimensions(key, as_tensor(self._features[key]))
        elif isinstance(key, str):
            raise ValueError(f"Feature {key} is not in features dictionary.")
        elif not is_column(key):
            raise TypeError(f'"key" must be either a "str" or "FeatureColumn". Provided: {key}')
        else:
            found = self._transformed(key, state_manager)
        self._tensors[key] = found
        return found

    def _transformed(self, column: Any, state_manager: Any) -> Any:
        logging.debug("Transforming feature_column %s.", column)
        if isinstance(column, FeatureColumn):
            found = column.transform_feature(self, state_manager)
        else:
            found = column._transform_feature(self)
        if found is None:
            raise ValueError(f"Column {column.name} is not supported.")
        return found


def _with_two_dimensions(key: Any, feature: Any) -> Any:
    """`feature`, a vector as a matrix of one column; decided at run time when the rank is not known."""

    def expanded() -> Any:
        if isinstance(feature, SparseTensor):
            return sparse_reshape(feature, [shape(feature)[0], 1])  # type: ignore[index]
        return expand_dims(feature, -1)

    message = f"Feature (key: {key}) cannot have rank 0. Given: {feature}"
    dimensions = feature.shape.rank
    if dimensions is None:
        with control_dependencies([PUBLIC["assert_positive"](rank(feature), message=message)]):
            return cond(PUBLIC["equal"](1, rank(feature)), expanded, lambda: feature)
    if dimensions == 0:
        raise ValueError(message)
    return expanded() if dimensions == 1 else feature
