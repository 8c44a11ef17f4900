"""Categorical columns as vectors that are learned: the rows of a variable."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tfcompat.feature_column.base import CategoricalColumn, DenseColumn, SequenceDenseColumn, TensorSequenceLengthPair
from tfcompat.feature_column.sequence import SequenceCategoricalColumn, check_no_sequence, check_sequence
from tfcompat.feature_column.sparse_input import sequence_length
from tfcompat.feature_column.weighted import WeightedCategoricalColumn
from tfcompat.graph.default import add_to_collection, get_default_graph, name_scope
from tfcompat.graph.dtypes import float32
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.embedding import embedding_lookup_sparse, safe_embedding_lookup_sparse
from tfcompat.ops.initializers import TruncatedNormal
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.training.checkpoint_utils import init_from_checkpoint


class _EmbeddingOfIds(DenseColumn, SequenceDenseColumn):
    """A column that combines the rows of a table for the ids of each example."""

    __slots__ = ()

    categorical_column: Any
    dimension: int
    combiner: str
    initializer: Any
    ckpt_to_load_from: Any
    tensor_name_in_ckpt: Any
    max_norm: Any
    trainable: bool
    use_safe_embedding_lookup: bool

    kind = "embedding_column"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """That of the column of ids."""
        return self.categorical_column.parse_example_spec  # type: ignore[no-any-return]

    @property
    def parents(self) -> list[Any]:
        """The column of ids."""
        return [self.categorical_column]

    @property
    def variable_shape(self) -> TensorShape:
        """[dimension]."""
        return TensorShape([self.dimension])

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The result of the column of ids."""
        return transformation_cache.get(self.categorical_column, state_manager)

    def create_state(self, state_manager: Any) -> None:
        """Makes `embedding_weights`, [num_buckets, dimension]."""
        state_manager.create_variable(
            self,
            name="embedding_weights",
            shape=(self.categorical_column.num_buckets, self.dimension),
            dtype=float32,
            trainable=self.trainable,
            use_resource=True,
            initializer=self.initializer,
        )

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """[batch, dimension]; ValueError for a column of sequences."""
        check_no_sequence(self, self.kind, self.categorical_column)
        return self._looked_up(transformation_cache, state_manager)[0]

    def get_sequence_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> TensorSequenceLengthPair:
        """[batch, steps, dimension]; ValueError unless a column of sequences."""
        check_sequence(self, self.kind, self.categorical_column)
        rows, ids = self._looked_up(transformation_cache, state_manager)
        return TensorSequenceLengthPair(rows, sequence_length(ids))

    def _looked_up(self, transformation_cache: Any, state_manager: Any) -> tuple[Any, Any]:
        """(combined rows, ids)."""
        ids, weights = self.categorical_column.get_sparse_tensors(transformation_cache, state_manager)
        table = self._table(state_manager)
        if self.ckpt_to_load_from is not None:
            parts = list(table) if isinstance(table, PartitionedVariable) else table
            init_from_checkpoint(self.ckpt_to_load_from, {self.tensor_name_in_ckpt: parts})
        lookup: Any = embedding_lookup_sparse
        options: dict[str, Any] = {"sp_ids": ids, "sp_weights": weights}
        if self.use_safe_embedding_lookup:
            lookup, options = safe_embedding_lookup_sparse, {"sparse_ids": ids, "sparse_weights": weights}
        name = f"{self.name}_weights"
        return lookup(table, **options, combiner=self.combiner, name=name, max_norm=self.max_norm), ids

    def _table(self, state_manager: Any) -> Any:
        return state_manager.get_variable(self, name="embedding_weights")


class _Embedding(NamedTuple):
    categorical_column: Any
    dimension: int
    combiner: str
    initializer: Any
    ckpt_to_load_from: Any
    tensor_name_in_ckpt: Any
    max_norm: Any
    trainable: bool
    use_safe_embedding_lookup: bool = True


class EmbeddingColumn(_EmbeddingOfIds, _Embedding):
    """See `embedding_column`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """`<column>_embedding`."""
        return f"{self.categorical_column.name}_embedding"


def _checked_initializer(initializer: Any, dimension: Any, checkpoint: Any, tensor_name: Any, what: str) -> Any:
    """The initializer, a truncated normal of deviation 1 / sqrt(dimension) by default, after checks of the rest."""
    if dimension is None or dimension < 1:
        raise ValueError(f"Invalid dimension {dimension}.")
    if (checkpoint is None) != (tensor_name is None):
        raise ValueError("Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none of them.")
    if initializer is not None and not callable(initializer):
        raise ValueError(f"initializer must be callable if specified. {what}")
    return initializer or TruncatedNormal(mean=0.0, stddev=1 / math.sqrt(dimension))


@tf_export("feature_column.embedding_column")
def embedding_column(
    categorical_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: Any = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> EmbeddingColumn:
    """A vector for each example: the combination of the rows of its ids, of a variable `embedding_weights`.

    Args:
        categorical_column: the column of ids.
        dimension: length of the vectors.
        combiner: "mean", "sqrtn" or "sum", as of `tf.nn.embedding_lookup_sparse`.
        initializer: of the variable; truncated normal of deviation 1 / sqrt(dimension) by default.
        ckpt_to_load_from: checkpoint with the initial value.
        tensor_name_in_ckpt: its name there.
        max_norm: longest norm of a row; longer ones are scaled down.
        trainable: whether an optimizer may change the variable.
        use_safe_embedding_lookup: whether examples without ids get zeros, and negative ids are left out; if not,
            every example must have an id.

    Raises:
        ValueError: there is no dimension, one of the two arguments of checkpoints is missing, or the initializer
            cannot be called.
    """
    what = f"Embedding of column_name: {categorical_column.name}"
    initializer = _checked_initializer(initializer, dimension, ckpt_to_load_from, tensor_name_in_ckpt, what)
    return EmbeddingColumn(
        categorical_column,
        dimension,
        combiner,
        initializer,
        ckpt_to_load_from,
        tensor_name_in_ckpt,
        max_norm,
        trainable,
        use_safe_embedding_lookup,
    )


class _Shared(NamedTuple):
    categorical_column: Any
    dimension: int
    combiner: str
    initializer: Any
    shared_embedding_collection_name: str
    ckpt_to_load_from: Any
    tensor_name_in_ckpt: Any
    max_norm: Any
    trainable: bool
    use_safe_embedding_lookup: bool = True


class SharedEmbeddingColumn(_EmbeddingOfIds, _Shared):
    """See `shared_embedding_columns`; for `input_layer` and what builds on it only."""

    __slots__ = ()

    _is_v2_column = False
    kind = "shared_embedding_column"

    @property
    def name(self) -> str:
        """`<column>_shared_embedding`."""
        return f"{self.categorical_column.name}_shared_embedding"

    @property
    def _var_scope_name(self) -> str:
        return self.shared_embedding_collection_name

    def _looked_up(self, transformation_cache: Any, state_manager: Any) -> tuple[Any, Any]:
        with name_scope(None, self.name):
            return super()._looked_up(transformation_cache, state_manager)

    def _table(self, state_manager: Any) -> Any:
        """The variable of the collection, which the first of the columns makes."""
        name = self.shared_embedding_collection_name
        found = get_default_graph().get_collection(name)
        if len(found) > 1:
            raise ValueError(
                f"Collection {name} can only contain one variable. Suggested fix A: Choose a unique name for this "
                "collection. Suggested fix B: Do not add any variables to this collection. The feature_column "
                f"library already adds a variable under the hood. Given collection: {found}"
            )
        if not found:
            table = super()._table(state_manager)
            add_to_collection(name, table)
            return table
        wanted = (self.categorical_column.num_buckets, self.dimension)
        if tuple(found[0].shape.as_list()) != wanted:
            raise ValueError(
                f"Shared embedding collection {name} contains variable {found[0].name} of unexpected shape "
                f"{found[0].shape}. Expected shape is {wanted}. Suggested fix A: Choose a unique name for this "
                "collection. Suggested fix B: Do not add any variables to this collection. The feature_column library "
                "already adds a variable under the hood."
            )
        return found[0]


@tf_export("feature_column.shared_embedding_columns")
def shared_embedding_columns(
    categorical_columns: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: Any = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> list[SharedEmbeddingColumn]:
    """Embeddings of several columns of ids by the rows of one variable.

    Args:
        categorical_columns: columns of one kind with equal numbers of buckets.
        shared_embedding_collection_name: of the collection that holds the variable; made from the names by default.
        dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable,
            use_safe_embedding_lookup: as of `embedding_column`.

    Returns:
        A column for each, in their order.

    Raises:
        ValueError: the columns differ, or an argument is wrong as of `embedding_column`.
    """
    what = f"Embedding of column_names: {[c.name for c in categorical_columns]}"
    initializer = _checked_initializer(initializer, dimension, ckpt_to_load_from, tensor_name_in_ckpt, what)
    ordered = sorted(categorical_columns, key=lambda column: column.name)
    _check_alike(ordered)
    name = shared_embedding_collection_name or "_".join(c.name for c in ordered) + "_shared_embedding"
    return [
        SharedEmbeddingColumn(
            column,
            dimension,
            combiner,
            initializer,
            name,
            ckpt_to_load_from,
            tensor_name_in_ckpt,
            max_norm,
            trainable,
            use_safe_embedding_lookup,
        )
        for column in categorical_columns
    ]


def _check_alike(columns: list[Any]) -> None:
    first = columns[0]
    if not isinstance(first, CategoricalColumn):
        raise ValueError(
            f"All categorical_columns must be subclasses of CategoricalColumn. Given: {first}, of type: {type(first)}"
        )
    for column in columns[1:]:
        one, other = _bare(first), _bare(column)
        if not isinstance(other, type(one)):
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same type, or be "
                f"weighted_categorical_column or sequence column of the same type. Given column: {one} of type: "
                f"{type(one)} does not match given column: {other} of type: {type(other)}"
            )
        if column.num_buckets != first.num_buckets:
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same number of buckets. Given "
                f"column: {first} with buckets: {first.num_buckets} does not match column: {column} with buckets: "
                f"{column.num_buckets}"
            )


def _bare(column: Any) -> Any:
    """The column without weights or steps."""
    while isinstance(column, (WeightedCategoricalColumn, SequenceCategoricalColumn)):
        column = column.categorical_column
    return column
