"""Parsing of `Example` and `SequenceExample` messages into tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.example_features import (
    FeatureColumns,
    FixedLenFeature,
    FixedLenSequenceFeature,
    SparseFeature,
    VarLenFeature,
)
from tfcompat.ops.ragged.tensor import RaggedTensor
from tfcompat.ops.ragged_features import RaggedFeature, ragged_columns, ragged_feature

not_differentiable("ParseExampleV2", "ParseSequenceExampleV2", "DecodeJSONExample", "ParseExample",
                   "ParseSingleExample", "ParseSequenceExample", "ParseSingleSequenceExample")  # fmt: skip
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
    count = len(c.attr("ragged_value_types"))
    examples = serialized.as_list()[0] if serialized.rank == 1 else None
    splits = TensorShape([None if examples is None else examples + 1])
    ragged = [TensorShape([None])] * count + [splits] * count
    return _feature_shapes(serialized, c.attr("num_sparse"), c.attr("dense_shapes")) + ragged


def _batched_shape(batch: TensorShape, shape: TensorShape) -> TensorShape:
    return batch.concatenate(shape) if batch.rank is not None else TensorShape(None)


@shape_of("ParseSequenceExampleV2")
def _sequence_shapes(c: InferenceContext, serialized: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    context, lists, lengths = c.attr("Ncontext_sparse"), c.attr("Nfeature_list_sparse"), c.attr("Nfeature_list_dense")
    rank = None if serialized.rank is None else serialized.rank
    flat, deep = (None, None) if rank is None else (rank + 1, rank + 2)
    dense = [
        _batched_shape(serialized, TensorShape([None]).concatenate(s)) for s in c.attr("feature_list_dense_shapes")
    ]
    return (
        [TensorShape([None, flat])] * context
        + [TensorShape([None])] * context
        + [TensorShape([flat])] * context
        + [_batched_shape(serialized, s) for s in c.attr("context_dense_shapes")]
        + [TensorShape([None, deep])] * lists
        + [TensorShape([None])] * lists
        + [TensorShape([deep])] * lists
        + dense
        + [serialized] * lengths
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
    ragged = ragged_columns(features)
    columns = FeatureColumns.of(
        {k: f for k, f in features.items() if not isinstance(f, RaggedFeature)},
        (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature),
        prepend=True,
    )
    columns.check(ragged)
    with name_scope(name, "ParseExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, name="serialized")
        keys, kinds = columns.ordered_sparse()
        defaults = columns.default_tensors()
        made = raw_ops.ParseExampleV2(
            serialized=serialized,
            names=[] if example_names is None else example_names,
            sparse_keys=keys,
            dense_keys=list(columns.dense),
            ragged_keys=list(ragged),
            dense_defaults=defaults,
            num_sparse=len(keys),
            sparse_types=kinds,
            ragged_value_types=[values for values, _ in ragged.values()],
            ragged_split_types=[splits for _, splits in ragged.values()],
            dense_shapes=[s for _, s in columns.dense.values()],
        )
        outputs = _outputs(made)
        found = _collected(outputs, keys, list(columns.dense), 0)
        start = 3 * len(keys) + len(columns.dense)
        parts = {
            k: RaggedTensor.from_row_splits(outputs[start + i], outputs[start + len(ragged) + i], validate=False)
            for i, k in enumerate(ragged)
        }
        for key, feature in features.items():
            if isinstance(feature, RaggedFeature):
                found[key] = ragged_feature(key, feature, parts, single=serialized.shape.rank == 0)
    return _merged(features, found)


def _outputs(made: Any) -> Sequence[Tensor]:
    """All outputs of the operation that a recorder's result belongs to."""
    while isinstance(made, (list, tuple)):
        made = next(part for part in made if not isinstance(part, (list, tuple)) or part)
    return made.op.outputs  # type: ignore[no-any-return]


def _collected(outputs: Sequence[Tensor], sparse: Sequence[str], dense: Sequence[str], start: int) -> dict[str, Any]:
    """Key to value: indices, values and shapes of the sparse ones from `start` on, then the dense ones."""
    n = len(sparse)
    indices, values, shapes = (outputs[start + i * n : start + (i + 1) * n] for i in range(3))
    found: dict[str, Any] = {
        k: SparseTensor(i, v, s) for k, i, v, s in zip(sparse, indices, values, shapes, strict=True)
    }
    found.update(zip(dense, outputs[start + 3 * n : start + 3 * n + len(dense)], strict=True))
    return found


def _merged(features: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The tensors of `features`, sparse ones put together from their parts."""
    merged = dict(found)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            sparse_merge = PUBLIC.get("sparse_merge")
            if sparse_merge is None:
                raise UnimplementedError(None, None, f"SparseFeature {key!r}: tf.sparse_merge is not available")
            ids: Any = (
                [found[k] for k in feature.index_key]
                if isinstance(feature.index_key, (list, tuple))
                else found[feature.index_key]
            )
            merged[key] = sparse_merge(
                ids, found[feature.value_key], feature.size, name=key, already_sorted=feature.already_sorted
            )
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
        from tfcompat.ops.array import reshape

        return reshape(tensor, [])
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
        context_features: key to `FixedLenFeature` or `VarLenFeature`, of the context.
        sequence_features: key to `FixedLenSequenceFeature` or `VarLenFeature`, of the feature lists.
        example_names: names for error messages, of the shape of `serialized`.
        name: name scope.

    Returns:
        (context, sequences, lengths): key to tensor; sequences have an axis over the steps, padded to the longest, and
        `lengths` the number of steps of the dense ones.

    Raises:
        ValueError: there are no features, or a description is invalid.
    """
    if not (context_features or sequence_features):
        raise ValueError(
            "Both `context_features` and `sequence_features` argument are None, but at least one should have values."
        )
    context = FeatureColumns.of(context_features, (VarLenFeature, FixedLenFeature))
    lists = FeatureColumns.of(sequence_features, (VarLenFeature, FixedLenSequenceFeature))
    context.check()
    lists.check()
    with name_scope(name, "ParseSequenceExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        context_keys, context_types = context.ordered_sparse()
        list_keys, list_types = lists.ordered_sparse()
        made = raw_ops.ParseSequenceExampleV2(
            serialized=serialized,
            debug_name=[] if example_names is None else example_names,
            context_sparse_keys=context_keys,
            context_dense_keys=list(context.dense),
            context_ragged_keys=[],
            feature_list_sparse_keys=list_keys,
            feature_list_dense_keys=list(lists.dense),
            feature_list_ragged_keys=[],
            feature_list_dense_missing_assumed_empty=[k in lists.may_miss for k in lists.dense],
            context_dense_defaults=context.default_tensors(),
            Ncontext_sparse=len(context_keys),
            context_sparse_types=context_types,
            context_ragged_value_types=[],
            context_ragged_split_types=[],
            context_dense_shapes=[s for _, s in context.dense.values()],
            Nfeature_list_sparse=len(list_keys),
            Nfeature_list_dense=len(lists.dense),
            feature_list_dense_types=[d for d, _ in lists.dense.values()],
            feature_list_sparse_types=list_types,
            feature_list_ragged_value_types=[],
            feature_list_ragged_split_types=[],
            feature_list_dense_shapes=[s for _, s in lists.dense.values()],
        )
        outputs = _outputs(made)
        first = _collected(outputs, context_keys, list(context.dense), 0)
        start = 3 * len(context_keys) + len(context.dense)
        second = _collected(outputs, list_keys, list(lists.dense), start)
        lengths = outputs[start + 3 * len(list_keys) + len(lists.dense) :]
    return first, second, dict(zip(lists.dense, lengths, strict=True))


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
    if not (context_features or sequence_features):
        raise ValueError(
            "Both `context_features` and `sequence_features` argument are None, but at least one should have values."
        )
    with name_scope(name, "ParseSingleSequenceExample", [serialized, example_name]):
        serialized = _scalar(convert_to_tensor(serialized, dtype=dtypes.string, name="serialized"), "serialized")
        return parse_sequence_example(serialized, context_features, sequence_features, example_name)[:2]
