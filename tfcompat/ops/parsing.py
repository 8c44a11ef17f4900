"""Parsing of `Example` and `SequenceExample` messages into tensors."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank
from tfcompat.ops.assertion import Assert
from tfcompat.ops.binary import equal
from tfcompat.ops.example_features import (
    FeatureColumns,
    FixedLenFeature,
    FixedLenSequenceFeature,
    SparseFeature,
    VarLenFeature,
)
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.ragged.tensor import RaggedTensor
from tfcompat.ops.ragged_features import RaggedColumns, RaggedFeature, ragged_feature

not_differentiable("DecodeJSONExample")
shape_of("DecodeJSONExample")(unchanged)


@shape_of("ParseExample", "ParseSingleExample")
def _old_example_shapes(c: InferenceContext, serialized: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    is_single = c.op.type == "ParseSingleExample"
    count = c.attr("num_sparse") if is_single else c.attr("Nsparse")
    return _feature_shapes(TensorShape([]) if is_single else serialized, count, c.attr("dense_shapes"))


def _feature_shapes(batch: TensorShape, count: int, dense: Sequence[TensorShape]) -> list[TensorShape]:
    """Shapes of `count` sparse features (indices, values, shapes) and of dense ones."""
    rank = None if batch.rank is None else batch.rank + 1
    sparse = [TensorShape([None, rank])] * count + [TensorShape([None])] * count + [TensorShape([rank])] * count
    return sparse + [_batched_shape(batch, s) for s in dense]


@shape_of("ParseSequenceExample", "ParseSingleSequenceExample")
def _old_sequence_shapes(c: InferenceContext, serialized: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    is_single = c.op.type == "ParseSingleSequenceExample"
    batch = TensorShape([]) if is_single else serialized
    steps = _batched_shape(batch, TensorShape([None]))
    lists = _feature_shapes(steps, c.attr("Nfeature_list_sparse"), [])
    dense = [_batched_shape(steps, s) for s in c.attr("feature_list_dense_shapes")]
    lengths = [] if is_single else [batch] * len(dense)
    return _feature_shapes(batch, c.attr("Ncontext_sparse"), c.attr("context_dense_shapes")) + lists + dense + lengths


@tf_export("decode_json_example", "io.decode_json_example")
def decode_json_example(json_examples: Any, name: str | None = None) -> Tensor:
    """Serialized `Example` messages of their JSON forms, as protobuf maps them.

    Args:
        json_examples: strings of any shape.
        name: name of the operation.

    Returns:
        Strings of the same shape.

    Raises:
        InvalidArgumentError: when run, a string is not the JSON form of an `Example`.
    """
    return raw_ops.DecodeJSONExample(json_examples=json_examples, name=name)  # type: ignore[no-any-return]


@shape_of("ParseExampleV2")
def _example_shapes(c: InferenceContext, serialized: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    batch = serialized.with_rank_at_most(1)
    dense = c.attr("dense_shapes")
    for position, shape in enumerate(dense):
        if shape.rank is None or None in shape.as_list()[1:]:
            raise ValueError(f"dense_shapes[{position}] has unknown rank or unknown inner dimensions: {shape!s}")
    return _feature_shapes(batch, c.attr("num_sparse"), dense) + _ragged_shapes(batch, c.attr("ragged_value_types"))


def _ragged_shapes(batch: TensorShape, kinds: Sequence[Any]) -> list[TensorShape]:
    """Values, and splits by example: nothing where there is one example."""
    return [TensorShape([None])] * len(kinds) + [_splits(batch)] * len(kinds)


def _splits(batch: TensorShape) -> TensorShape:
    if batch.rank == 1:
        count = batch.as_list()[0]
        return TensorShape([None if count is None else count + 1])
    return TensorShape(None if batch.rank is None else [0])


def _batched_shape(batch: TensorShape, shape: TensorShape) -> TensorShape:
    return batch.concatenate(shape) if batch.rank is not None else TensorShape(None)


@shape_of("ParseSequenceExampleV2")
def _sequence_shapes(c: InferenceContext, serialized: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    batch = serialized.with_rank_at_most(1)
    steps = _batched_shape(batch, TensorShape([None]))
    lists = _feature_shapes(steps, c.attr("Nfeature_list_sparse"), c.attr("feature_list_dense_shapes"))
    count = len(c.attr("feature_list_ragged_value_types"))
    return (
        _feature_shapes(batch, c.attr("Ncontext_sparse"), c.attr("context_dense_shapes"))
        + _ragged_shapes(batch, c.attr("context_ragged_value_types"))
        + lists
        + [batch] * c.attr("Nfeature_list_dense")
        + [TensorShape([None])] * count
        + [_splits(batch)] * count
        + [TensorShape([None])] * count
    )


@tf_export("parse_example", "io.parse_example")
def parse_example(
    serialized: Any, features: Mapping[str, Any], name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """Tensors of serialised `Example` messages.

    Args:
        serialized: string vector (or scalar).
        features: key to `FixedLenFeature`, `FixedLenSequenceFeature`, `VarLenFeature`, `SparseFeature` or
            `RaggedFeature`.
        name: name scope.
        example_names: string vector with names for error messages.

    Returns:
        Key to tensor, with the shape of `serialized` before the feature's own, or `SparseTensor`.

    Raises:
        ValueError: `features` is empty or has an invalid description.
        InvalidArgumentError: when run: a message is invalid, lacks a feature or has it in another type or length.
    """
    if not features:
        raise ValueError(f"Argument `features` cannot be None or falsy. Got {features}")
    ragged = RaggedColumns.of(features)
    columns = FeatureColumns.of(
        {k: f for k, f in features.items() if not isinstance(f, RaggedFeature)},
        (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature),
        prepend=True,
    )
    columns.check(ragged.keys)
    with name_scope(name, "ParseExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, name="serialized")
        keys, kinds = columns.ordered_sparse()
        defaults = columns.default_tensors()
        made = raw_ops.ParseExampleV2(
            serialized=serialized,
            names=[] if example_names is None else example_names,
            sparse_keys=keys,
            dense_keys=list(columns.dense),
            ragged_keys=ragged.keys,
            dense_defaults=defaults,
            num_sparse=len(keys),
            sparse_types=kinds,
            ragged_value_types=list(ragged.values.values()),
            ragged_split_types=list(ragged.splits.values()),
            dense_shapes=[s for _, s in columns.dense.values()],
            name=name,
        )
    found = _sparse(keys, made.sparse_indices, made.sparse_values, made.sparse_shapes)
    found |= zip(columns.dense, made.dense_values, strict=True)
    found |= _ragged(serialized, ragged, made.ragged_values, made.ragged_row_splits)
    return composed(features, found)


def _sparse(
    keys: Sequence[str], indices: Sequence[Tensor], values: Sequence[Tensor], shapes: Sequence[Tensor]
) -> dict[str, Any]:
    parts = zip(indices, values, shapes, strict=True)
    return dict(zip(keys, itertools.starmap(SparseTensor, parts), strict=True))


def _ragged(
    serialized: Tensor,
    columns: RaggedColumns,
    values: Sequence[Any],
    splits: Sequence[Tensor],
    inner: Sequence[Tensor] | None = None,
) -> dict[str, Any]:
    """Key to value: ragged by example, unless there is one; and by step, where there are `inner` splits."""
    if inner is not None:
        values = [RaggedTensor.from_row_splits(*p, validate=False) for p in zip(values, inner, strict=True)]
    if serialized.shape.rank != 0:
        values = [RaggedTensor.from_row_splits(*p, validate=False) for p in zip(values, splits, strict=True)]
    return dict(zip(columns.keys, values, strict=True))


def composed(features: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The tensors of `features`: sparse ones put together from their parts, ragged ones divided into rows."""
    merged = dict(found)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            names = feature.index_key if isinstance(feature.index_key, (list, tuple)) else [feature.index_key]
            ids: Any = [found[k] for k in names]
            merged[key] = PUBLIC["sparse_merge"](
                ids if isinstance(feature.index_key, (list, tuple)) else ids[0],
                found[feature.value_key],
                feature.size,
                already_sorted=feature.already_sorted,
            )
        elif isinstance(feature, RaggedFeature):
            merged[key] = ragged_feature(key, feature, found)
    return {k: merged[k] for k in features}


@tf_export("parse_single_example", "io.parse_single_example")
def parse_single_example(
    serialized: Any, features: Mapping[str, Any], name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """Tensors of one serialised `Example`, a string scalar; see `parse_example`.

    Raises:
        ValueError: `serialized` is no scalar, or as for `parse_example`.
    """
    if not features:
        raise ValueError("Invalid argument: Missing features.")
    with name_scope(name, "ParseSingleExample", [serialized, example_names]):
        serialized = _scalar(convert_to_tensor(serialized, name="serialized"), "serialized")
        return parse_example(serialized, features, name, example_names)


def _scalar(tensor: Tensor, what: str) -> Tensor:
    if tensor.shape.rank not in (0, None):
        raise ValueError(f"Input {what} must be a scalar")
    if tensor.shape.rank is None:
        is_scalar = equal(rank(tensor), 0)
        check = Assert(is_scalar, [f"Input {what} must be a scalar"], name=f"{what.capitalize()}IsScalar")
        tensor = with_dependencies([check], tensor, name=f"{what}Dependencies")
        tensor.set_shape([])
    return tensor


@tf_export("io.parse_sequence_example")
def parse_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Tensors of serialised `SequenceExample` messages.

    Args:
        serialized: string vector or scalar.
        context_features: key to `FixedLenFeature`, `VarLenFeature` or `RaggedFeature`, of the context.
        sequence_features: key to `FixedLenSequenceFeature`, `VarLenFeature` or `RaggedFeature`, of the feature
            lists.
        example_names: names for error messages, of the shape of `serialized`.
        name: name scope.

    Returns:
        (context, sequences, lengths): key to tensor; sequences have an axis over the steps, padded to the longest, and
        `lengths` the number of steps of the dense ones.

    Raises:
        ValueError: there are no features, or a description is invalid.
    """
    sequences = _Sequences(context_features, sequence_features)
    with name_scope(name, "ParseSequenceExample", [serialized, example_names]):
        return sequences.merged(*sequences.parsed(serialized, example_names, name))


class _Sequences:
    """What is parsed of `SequenceExample`s; the arguments and errors are those of `parse_sequence_example`."""

    def __init__(self, context_features: Mapping[str, Any] | None, sequence_features: Mapping[str, Any] | None):
        if not (context_features or sequence_features):
            raise ValueError(
                "Both `context_features` and `sequence_features` argument are None, but at least one should have "
                "values."
            )
        self._features = context_features or {}, sequence_features or {}
        self._ragged, self._list_ragged = map(RaggedColumns.of, self._features)
        context, lists = map(_without_ragged, self._features)
        self._context = FeatureColumns.of(context, (VarLenFeature, FixedLenFeature))
        self._lists = FeatureColumns.of(lists, (VarLenFeature, FixedLenSequenceFeature))
        for key in self._lists.defaults:
            raise ValueError(f"Value feature_list.dense_defaults[{key}] must be None")
        self._context.check(self._ragged.keys)
        self._lists.check(self._list_ragged.keys)

    def parsed(self, serialized: Any, example_names: Any, name: str | None) -> tuple[Tensor, Any]:
        """The serialized messages, and the outputs of the operation that parses them."""
        context, lists, ragged, list_ragged = self._context, self._lists, self._ragged, self._list_ragged
        with name_scope(name, "ParseSequenceExample", [serialized, example_names]):
            serialized = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
            context_keys, context_types = context.ordered_sparse()
            list_keys, list_types = lists.ordered_sparse()
            outputs = raw_ops.ParseSequenceExampleV2(
                serialized=serialized,
                debug_name=[] if example_names is None else example_names,
                context_sparse_keys=context_keys,
                context_dense_keys=list(context.dense),
                context_ragged_keys=ragged.keys,
                feature_list_sparse_keys=list_keys,
                feature_list_dense_keys=list(lists.dense),
                feature_list_ragged_keys=list_ragged.keys,
                feature_list_dense_missing_assumed_empty=[k in lists.may_miss for k in lists.dense],
                context_dense_defaults=context.default_tensors(),
                Ncontext_sparse=len(context_keys),
                context_sparse_types=context_types,
                context_ragged_value_types=list(ragged.values.values()),
                context_ragged_split_types=list(ragged.splits.values()),
                context_dense_shapes=[s for _, s in context.dense.values()],
                Nfeature_list_sparse=len(list_keys),
                Nfeature_list_dense=len(lists.dense),
                feature_list_dense_types=[d for d, _ in lists.dense.values()],
                feature_list_sparse_types=list_types,
                feature_list_ragged_value_types=list(list_ragged.values.values()),
                feature_list_ragged_split_types=list(list_ragged.splits.values()),
                feature_list_dense_shapes=[s for _, s in lists.dense.values()],
                name=name,
            )
        return serialized, outputs

    def merged(self, serialized: Tensor, outputs: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Context, sequences and lengths by key."""
        context = _sparse(
            list(self._context.sparse),
            outputs.context_sparse_indices,
            outputs.context_sparse_values,
            outputs.context_sparse_shapes,
        )
        context |= zip(self._context.dense, outputs.context_dense_values, strict=True)
        context |= _ragged(serialized, self._ragged, outputs.context_ragged_values, outputs.context_ragged_row_splits)
        lists = _sparse(
            list(self._lists.sparse),
            outputs.feature_list_sparse_indices,
            outputs.feature_list_sparse_values,
            outputs.feature_list_sparse_shapes,
        )
        lists |= zip(self._lists.dense, outputs.feature_list_dense_values, strict=True)
        lists |= _ragged(
            serialized,
            self._list_ragged,
            outputs.feature_list_ragged_values,
            outputs.feature_list_ragged_outer_splits,
            outputs.feature_list_ragged_inner_splits,
        )
        lengths = dict(zip(self._lists.dense, outputs.feature_list_dense_lengths, strict=True))
        return composed(self._features[0], context), composed(self._features[1], lists), lengths


def _without_ragged(features: Mapping[str, Any]) -> dict[str, Any]:
    return {k: f for k, f in features.items() if not isinstance(f, RaggedFeature)}


@tf_export("parse_single_sequence_example", "io.parse_single_sequence_example")
def parse_single_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(context, sequences) of one serialised `SequenceExample`, a string scalar; see `tf.io.parse_sequence_example`.

    Raises:
        ValueError: `serialized` is no scalar, there are no features, or a description is invalid.
    """
    sequences = _Sequences(context_features, sequence_features)
    with name_scope(name, "ParseSingleSequenceExample", [serialized, example_name]):
        with name_scope(name, "ParseSingleExample", [serialized]):
            serialized = _scalar(convert_to_tensor(serialized, dtype=dtypes.string, name="serialized"), "serialized")
        return sequences.merged(*sequences.parsed(serialized, example_name, name))[:2]
