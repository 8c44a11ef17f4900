"""What every feature column can do, and what dense, categorical and sequence columns can do beyond that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from tfcompat.feature_column.configs import config_of, fields_of
from tfcompat.graph.tensor_shape import TensorShape


class IdWeightPair(NamedTuple):
    """The ids of a categorical column, a `SparseTensor` of int64, and their weights in the same places, or None."""

    id_tensor: Any
    weight_tensor: Any


class TensorSequenceLengthPair(NamedTuple):
    """A dense [batch, steps, ...] tensor, and the number of steps of each example."""

    dense_tensor: Any
    sequence_length: Any


class FeatureColumn(ABC):
    """One column: a recipe that reads features of a dictionary and gives tensors.

    Columns are named tuples of their arguments, so equal arguments make equal columns. The methods get a cache, from
    which they take features and the results of other columns (`FeatureTransformationCache`), and a manager of state,
    which makes and finds their variables. The names with an underscore are those that version 1 of the interface has:
    they take the cache as `inputs`, and make variables in the current variable scope.
    """

    __slots__ = ()

    _is_v2_column = True

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the column, from which scopes and variables are named."""

    @property
    @abstractmethod
    def parse_example_spec(self) -> dict[str, Any]:
        """Feature key -> configuration, for `tf.parse_example`."""

    @property
    @abstractmethod
    def parents(self) -> list[Any]:
        """What the column reads: keys of features and other columns."""

    @abstractmethod
    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The intermediate result that the cache keeps for this column."""

    def create_state(self, state_manager: Any) -> None:
        """Makes the variables of the column; most have none."""
        return

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain values, from which `from_config` makes an equal column."""
        return config_of(self)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, columns_by_name: dict[str, Any] | None = None
    ) -> Any:
        """The column of `get_config`.

        Args:
            config: what `get_config` gave.
            custom_objects: name -> function or class, for those of the program.
            columns_by_name: columns that were made already, by the names that `config` tells; new ones are entered.
        """
        return cls(**fields_of(cls, config, custom_objects, {} if columns_by_name is None else columns_by_name))

    _get_config = get_config
    _from_config = from_config

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    def __gt__(self, other: object) -> bool:
        return str(self) > str(other)

    @property
    def _var_scope_name(self) -> str:
        return self.name

    @property
    def _parse_example_spec(self) -> dict[str, Any]:
        return self.parse_example_spec

    def _transform_feature(self, inputs: Any) -> Any:
        return self.transform_feature(inputs, None)


class DenseColumn(FeatureColumn):
    """A column that gives a dense tensor, [batch, *variable_shape]."""

    __slots__ = ()

    @property
    @abstractmethod
    def variable_shape(self) -> TensorShape:
        """The shape of the tensor without the batch."""

    @abstractmethod
    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The tensor."""

    @property
    def _variable_shape(self) -> TensorShape:
        return self.variable_shape

    def _get_dense_tensor(self, inputs: Any, weight_collections: Any = None, trainable: Any = None) -> Any:
        return self.get_dense_tensor(inputs, _scoped(weight_collections, trainable))


class CategoricalColumn(FeatureColumn):
    """A column that gives ids in [0, num_buckets), any number for each example."""

    __slots__ = ()

    @property
    @abstractmethod
    def num_buckets(self) -> int:
        """How many different ids there may be."""

    @abstractmethod
    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The ids and their weights."""

    @property
    def _num_buckets(self) -> int:
        return self.num_buckets

    def _get_sparse_tensors(self, inputs: Any, weight_collections: Any = None, trainable: Any = None) -> IdWeightPair:
        return self.get_sparse_tensors(inputs, _scoped(weight_collections, trainable))


class SequenceDenseColumn(FeatureColumn):
    """A column that gives a dense tensor for each step of a sequence."""

    __slots__ = ()

    @abstractmethod
    def get_sequence_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> TensorSequenceLengthPair:
        """The tensor and the lengths of the sequences."""

    def _get_sequence_dense_tensor(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> TensorSequenceLengthPair:
        return self.get_sequence_dense_tensor(inputs, _scoped(weight_collections, trainable))


def _scoped(weight_collections: Any, trainable: Any) -> Any:
    from tfcompat.feature_column.state import ScopedState

    return ScopedState(weight_collections, True if trainable is None else trainable)


# Programs reach the pairs through the classes.
CategoricalColumn.IdWeightPair = IdWeightPair  # type: ignore[attr-defined]
SequenceDenseColumn.TensorSequenceLengthPair = TensorSequenceLengthPair  # type: ignore[attr-defined]
