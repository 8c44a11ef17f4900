"""`tf.keras.layers.DenseFeatures`, `tf.keras.experimental.SequenceFeatures`: columns as the first layer of a model."""

from __future__ import annotations

from typing import Any

from tfcompat.feature_column.base import DenseColumn, SequenceDenseColumn
from tfcompat.feature_column.cache import FeatureTransformationCache
from tfcompat.feature_column.checks import listed_columns, sorted_columns
from tfcompat.feature_column.configs import deserialize_column, serialize_column
from tfcompat.feature_column.layer_parts import side_by_side
from tfcompat.feature_column.linear_model import as_list
from tfcompat.feature_column.sequence_input import steps_side_by_side
from tfcompat.feature_column.state import LayerState
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.base_layer import Layer
from tfcompat.layers.graph_state import track_variable
from tfcompat.ops.variable_scope import get_variable, pure_variable_scope


class _FeaturesLayer(Layer):
    """A layer whose input is a dictionary of features."""

    _kind: Any
    _is_feature_layer = True

    def __init__(
        self,
        feature_columns: Any,
        trainable: bool = True,
        name: str | None = None,
        partitioner: Any = None,
        **kwargs: Any,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self._feature_columns = sorted_columns(listed_columns(feature_columns))
        for column in self._feature_columns:
            if not isinstance(column, self._kind) or not column._is_v2_column:
                raise ValueError(
                    f"Items of feature_columns must be a {self._kind}. You can wrap a categorical column with an "
                    f"embedding_column or indicator_column. Given: {column}"
                )
        self._partitioner = partitioner
        self._state = LayerState(self._make, trainable)

    def _make(self, name: str, **options: Any) -> Any:
        variable = get_variable(name, partitioner=self._partitioner, **options)
        for part in as_list(variable):
            track_variable(part)
            (self._trainable_weights if options["trainable"] else self._non_trainable_weights).append(part)
        return variable

    def build(self, input_shape: Any) -> None:
        """Makes the variables of the columns."""
        with pure_variable_scope(self.name):
            for column in self._feature_columns:
                column.create_state(self._state)
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments, the columns as their configurations."""
        serialize = PUBLIC["keras.utils.serialize_keras_object"]
        return {
            **super().get_config(),
            "feature_columns": [serialize_column(column) for column in self._feature_columns],
            "partitioner": serialize(self._partitioner),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A layer with the arguments of `get_config`; `custom_objects` names functions and classes of the program."""
        made: dict[str, Any] = {}
        columns = [deserialize_column(c, custom_objects, made) for c in config["feature_columns"]]
        partitioner = config["partitioner"]
        if partitioner is not None:
            partitioner = PUBLIC["keras.utils.deserialize_keras_object"](partitioner, custom_objects=custom_objects)
        return cls(**{**config, "feature_columns": columns, "partitioner": partitioner})

    def _check_features(self, features: Any) -> None:
        if not isinstance(features, dict):
            raise ValueError("We expected a dictionary here. Instead we got: ", features)

    def _elements(self) -> int:
        return sum(column.variable_shape.num_elements() for column in self._feature_columns)


@tf_export("keras.layers.DenseFeatures")
class DenseFeatures(_FeaturesLayer):
    """The dense tensors of columns side by side, in the order of the names of the columns.

    Args:
        feature_columns: numeric and bucketized columns, embeddings and indicators.
        trainable: whether an optimizer may change the variables.
        name: its name.
        partitioner: of the variables.
        kwargs: as of `tf.keras.layers.Layer`.

    Raises:
        ValueError: an item is no dense column, or two have one name.
    """

    _kind = DenseColumn

    def call(self, features: Any, cols_to_output_tensors: Any = None, training: Any = None) -> Tensor:
        """[batch, elements of all columns], float32.

        Args:
            features: key -> tensor or `SparseTensor`.
            cols_to_output_tensors: dictionary that gets column -> its part of the result.
            training: accepted.

        Raises:
            ValueError: the features are no dictionary, or one is missing.
        """
        self._check_features(features)
        return side_by_side(self._feature_columns, features, self._state, cols_to_output_tensors)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """[batch, elements of all columns]."""
        return TensorShape([_first(input_shape), self._elements()])


@tf_export("keras.experimental.SequenceFeatures")
class SequenceFeatures(_FeaturesLayer):
    """The dense tensors of columns of sequences side by side for each step, and the lengths of the sequences.

    Args:
        feature_columns: sequence_numeric columns, embeddings and indicators of sequence_categorical columns.
        trainable: whether an optimizer may change the variables.
        name: its name.
        kwargs: as of `tf.keras.layers.Layer`.

    Raises:
        ValueError: an item is no such column, or two have one name.
    """

    _kind = SequenceDenseColumn

    def call(self, features: Any, training: Any = None) -> tuple[Tensor, Tensor]:
        """([batch, steps, elements of all columns], lengths [batch]).

        Args:
            features: key -> `SparseTensor`, or tensor.
            training: accepted.

        Raises:
            ValueError: the features are no dictionary, or one is missing.
        """
        self._check_features(features)
        cache = FeatureTransformationCache(features)
        return steps_side_by_side(self._feature_columns, cache, self._state)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """[batch, steps, elements of all columns]."""
        shape = TensorShape(next(iter(input_shape.values())) if isinstance(input_shape, dict) else input_shape)
        return TensorShape([*shape.as_list()[:2], self._elements()])


def _first(input_shape: Any) -> Any:
    """The batch size of the shape, or shapes, of the features."""
    shape = next(iter(input_shape.values())) if isinstance(input_shape, dict) else input_shape
    return TensorShape(shape).as_list()[0]
