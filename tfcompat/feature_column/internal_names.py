"""The classes of columns under the names of TensorFlow's internal modules, for programs that import them there."""

from __future__ import annotations

from tfcompat.feature_column import (
    base,
    cache,
    categorical,
    crossed,
    embedding,
    indicator,
    numeric,
    sequence,
    vocabulary,
    weighted,
)
from tfcompat.graph.export import export_internal

_PLACE = "python.feature_column"
_CLASSES = (
    base.FeatureColumn, base.DenseColumn, base.CategoricalColumn, base.SequenceDenseColumn, numeric.NumericColumn,
    numeric.BucketizedColumn, categorical.IdentityCategoricalColumn, categorical.HashedCategoricalColumn,
    vocabulary.VocabularyFileCategoricalColumn, vocabulary.VocabularyListCategoricalColumn, crossed.CrossedColumn,
    weighted.WeightedCategoricalColumn, indicator.IndicatorColumn, embedding.EmbeddingColumn,
    sequence.SequenceCategoricalColumn,
)  # fmt: skip

for _class in _CLASSES:
    export_internal(f"{_PLACE}.feature_column_v2.{_class.__name__}", _class)
    export_internal(f"{_PLACE}.feature_column._{_class.__name__}", _class)
export_internal(f"{_PLACE}.feature_column._SharedEmbeddingColumn", embedding.SharedEmbeddingColumn)
export_internal(f"{_PLACE}.feature_column._LazyBuilder", cache.FeatureTransformationCache)
export_internal(f"{_PLACE}.feature_column_v2.FeatureTransformationCache", cache.FeatureTransformationCache)
export_internal(f"{_PLACE}.sequence_feature_column.SequenceNumericColumn", sequence.SequenceNumericColumn)
