"""Precision, recall and average precision of the k best predictions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from tfcompat.graph.tensor import Tensor
from tfcompat.metrics.state import Result, collected, metric_variable
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape, size
from tfcompat.ops.binary import add, div_no_nan, divide, multiply
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import fill, ones, ones_like, zeros_like
from tfcompat.ops.masks import where_v2
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.sets import set_difference, set_intersection, set_size
from tfcompat.ops.sparse import sparse_concat
from tfcompat.ops.sparse_parts import sparse_retain
from tfcompat.ops.sparse_shape import sparse_reshape
from tfcompat.ops.state import assign_add
from tfcompat.ops.tiling import tile
from tfcompat.ops.topk import top_k
from tfcompat.ops.weights_broadcast import assert_broadcastable, broadcast_weights


def name_at_k(prefix: str, k: int | None, class_id: int | None) -> str:
    """The name of a metric of the `k` best, or of as many as were predicted, of one class or of all."""
    return f"{prefix}_at_{'k' if k is None else k}" + ("" if class_id is None else f"_class{class_id}")


def _expanded_labels(labels: Any, predictions: Tensor) -> Any:
    """`labels` with a last dimension of 1 when they have one label for each prediction."""
    with name_scope(None, "expand_labels", (labels, predictions)) as scope:
        labels = convert_to_tensor_or_sparse_tensor(labels)
        is_sparse = isinstance(labels, SparseTensor)

        def expanded() -> Any:
            if is_sparse:
                return sparse_reshape(labels, concat((labels.dense_shape, (1,)), axis=0), name=scope)
            return expand_dims(labels, -1, name=scope)

        own, wanted = None if is_sparse else labels.shape.rank, predictions.shape.rank
        if own is not None and wanted is not None:
            if own == wanted:
                return labels
            if wanted == own + 1:
                return expanded()
            raise ValueError(f"Unexpected labels shape {labels.shape} for predictions shape {predictions.shape}.")
        wanted_rank = rank(predictions)
        own_rank = size(labels.dense_shape) if is_sparse else rank(labels)
        return cond(raw_ops.Equal(x=wanted_rank, y=own_rank + 1), expanded, lambda: labels)  # type: ignore[operator]


def _selected(ids: Any, class_id: int | None) -> Any:
    """The ids that are `class_id`; all when it is None."""
    if class_id is None:
        return ids
    if isinstance(ids, SparseTensor):
        return sparse_retain(ids, raw_ops.Equal(x=ids.values, y=class_id))
    own_shape = shape(ids, out_type=dtypes.int64)
    last = reshape(size(own_shape) - 1, [1])  # type: ignore[operator]
    sizes = cast(own_shape, dtypes.int32)
    count = size(sizes)
    last = (last + count) % count
    shape_of_last = shape(last)
    every = range_of(count)
    kept = raw_ops.DynamicStitch(indices=[every, last], data=[sizes, ones(shape_of_last, dtype=dtypes.int32)])
    wanted = fill(kept, cast(class_id, dtypes.int64))
    found = set_intersection(wanted, ids)
    return SparseTensor(found.indices, found.values, own_shape)


_KINDS = {
    "true_positive": set_intersection,
    "false_positive": lambda predictions, labels: set_difference(predictions, labels, aminusb=True),
    "false_negative": lambda predictions, labels: set_difference(predictions, labels, aminusb=False),
}


def _counted(kind: str, labels: Any, predictions: Any, class_id: int | None, weights: Any) -> Tensor:
    """The float64 number, or weight, of true positives, false positives or false negatives of each row."""
    with name_scope(None, f"{kind}s", (predictions, labels, weights)):
        labels, predictions = _selected(labels, class_id), _selected(predictions, class_id)
        count = cast(set_size(_KINDS[kind](predictions, labels)), dtypes.float64)
        if weights is None:
            return count
        with control_dependencies((assert_broadcastable(weights, count),)):
            return multiply(count, cast(weights, dtypes.float64))


def _streaming(kind: str, labels: Any, predictions: Any, k: int | None, class_id: int | None, weights: Any) -> Result:
    """The total of a count over the runs."""
    with name_scope(None, name_at_k(kind, k, class_id), (predictions, labels, weights)) as scope:
        batch = reduce_sum(_counted(kind, labels, predictions, class_id, weights))
        total = metric_variable([], dtypes.float64, name=scope)
        return total, assign_add(total, batch, name="update")


def _share_at_top_k(
    prefix: str, missed: str, labels: Any, predictions: Any, k: int | None, class_id: int | None, weights: Any,
    metrics_collections: Any, updates_collections: Any, name: str | None,
) -> Result:  # fmt: skip
    """Hits / (hits + what `missed` counts), for label ids and predicted ids."""
    with name_scope(name, name_at_k(prefix, k, class_id), (predictions, labels, weights)) as scope:
        labels = _expanded_labels(labels, predictions)
        predictions = cast(predictions, dtypes.int64)
        hits, hits_update = _streaming("true_positive", labels, predictions, k, class_id, weights)
        others, others_update = _streaming(missed, labels, predictions, k, class_id, weights)
        value = divide(hits, add(hits, others), name=scope)
        update = divide(hits_update, add(hits_update, others_update), name="update")
        return collected(value, update, metrics_collections, updates_collections)


def _publish(prefix: str, missed: str, formula: str) -> tuple[Any, Any]:
    def at_top_k(
        labels: Any,
        predictions_idx: Any,
        k: int | None = None,
        class_id: int | None = None,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        return _share_at_top_k(
            prefix, missed, labels, convert_to_tensor(predictions_idx), k, class_id, weights, metrics_collections,
            updates_collections, name,
        )  # fmt: skip

    def at_k(
        labels: Any,
        predictions: Any,
        k: int,
        class_id: int | None = None,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> Result:
        with name_scope(name, name_at_k(prefix, k, class_id), (predictions, labels, weights)) as scope:
            _, chosen = top_k(predictions, k)
            return _share_at_top_k(
                prefix, missed, labels, chosen, k, class_id, weights, metrics_collections, updates_collections, scope
            )

    arguments = """class_id: count this class alone; all when None.
        weights: tensor that broadcasts to the labels without their last dimension; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: name scope.

    Returns:
        The float64 value so far, and a tensor that takes in a batch and gives the new value.
    """
    at_top_k.__name__ = at_top_k.__qualname__ = f"{prefix}_at_top_k"
    at_top_k.__doc__ = f"""{formula} of predicted class ids.

    Args:
        labels: int64 tensor or SparseTensor [d0, ..., number of labels], or [d0, ...]; ids of the true classes.
        predictions_idx: integers [d0, ..., k], ids of the predicted classes.
        k: their number, for names.
        {arguments}"""
    at_k.__name__ = at_k.__qualname__ = f"{prefix}_at_k"
    at_k.__doc__ = f"""{formula} of the k best predictions.

    Args:
        labels: int64 tensor or SparseTensor [d0, ..., number of labels], or [d0, ...]; ids of the true classes.
        predictions: floats [d0, ..., number of classes].
        k: how many of the highest predictions count.
        {arguments}"""
    export(f"metrics.{prefix}_at_top_k", at_top_k)
    export(f"metrics.{prefix}_at_k", at_k)
    return at_top_k, at_k


recall_at_top_k, recall_at_k = _publish(
    "recall", "false_negative", "True positives / (true positives + false negatives)"
)
precision_at_top_k, precision_at_k = _publish(
    "precision", "false_positive", "True positives / (true positives + false positives)"
)
export("metrics.sparse_precision_at_k", precision_at_k)


def _cleaned(labels: Any, classes: Tensor) -> Any:
    """`labels` with -1 for the ids that are no class."""

    def clean(ids: Tensor) -> Any:
        return cond(
            raw_ops.GreaterEqual(x=reduce_max(ids), y=classes),
            lambda: where_v2(raw_ops.GreaterEqual(x=ids, y=classes), -1 * ones_like(ids), ids),
            lambda: ids,
        )

    labels = convert_to_tensor_or_sparse_tensor(labels)
    if isinstance(labels, SparseTensor):
        return SparseTensor(labels.indices, clean(labels.values), labels.dense_shape)
    return clean(labels)


def _repeated(labels: Any, k: int) -> Any:
    """`labels` [d0, ..., n] as [d0, ..., k, n]."""
    with name_scope(None, "labels_per_k", (labels,)) as scope:
        if isinstance(labels, SparseTensor):
            expanded_shape = concat((labels.dense_shape[:-1], (1,), labels.dense_shape[-1:]), 0, name="expanded_shape")
            expanded = sparse_reshape(labels, shape=expanded_shape, name="expand")
            return sparse_concat(-2, [expanded] * k, name=scope)
        dense = expand_dims(labels, axis=-2, name="expand")
        ones = ones_like(shape(labels))
        multiples = concat((ones[:-1], (k,), ones[-1:]), 0, name="multiples")
        return tile(dense, multiples=multiples, name=scope)


def _relevant(labels: Any, k: int) -> Tensor:
    """How many labels each row has, k at most."""
    with name_scope(None, "num_relevant", (labels,)) as scope:
        if isinstance(labels, SparseTensor):
            return raw_ops.Minimum(x=set_size(labels), y=k, name=scope)  # type: ignore[no-any-return]
        counted = where_v2(raw_ops.GreaterEqual(x=labels, y=0), ones_like(labels), zeros_like(labels))
        count = reduce_sum(counted, axis=-1)
        return raw_ops.Minimum(x=count, y=k, name=scope)  # type: ignore[no-any-return]


def _average_precision(labels: Any, predictions: Tensor) -> Tensor:
    """The average precision of each row: the mean, over its labels, of the precision where one was predicted."""
    with name_scope(None, "average_precision", (predictions, labels)) as scope:
        predictions = cast(predictions, dtypes.int64, name="predictions_idx")
        if predictions.shape.rank == 0:
            raise ValueError("The rank of predictions_idx must be at least 1.")
        k = predictions.shape.as_list()[-1]
        if k is None:
            raise ValueError("The last dimension of predictions_idx must be known.")
        labels = _expanded_labels(labels, predictions)
        per_k = expand_dims(predictions, -1, name="predictions_idx_per_k")
        relevant = _counted_per_k(_repeated(labels, k), per_k)
        hits = cumsum(relevant, axis=-1, name="tp_per_k")
        retrieved = cumsum(ones_like(relevant), axis=-1, name="retrieved_per_k")
        precision = divide(hits, retrieved, name="precision_per_k")
        weighted = multiply(precision, relevant, name="relevant_precision_per_k")
        total = reduce_sum(weighted, axis=[-1], name="precision_sum")
        return divide(total, cast(_relevant(labels, k), dtypes.float64), name=scope)


def _counted_per_k(labels: Any, predictions: Tensor) -> Tensor:
    with name_scope(None, "relevant_per_k", (predictions, labels)):
        return cast(set_size(set_intersection(predictions, labels)), dtypes.float64)


def _streaming_average(
    labels: Any, predictions: Tensor, weights: Any, metrics_collections: Any, updates_collections: Any, scope: str
) -> Result:
    average = _average_precision(labels, predictions)
    if weights is not None:
        weights = broadcast_weights(cast(weights, dtypes.float64), average)
        average = multiply(average, weights)
    with name_scope(None, "max", (average,)) as inner:
        largest = metric_variable([], dtypes.float64, name=inner)
        if weights is None:
            batch = cast(size(average, name="batch_max"), dtypes.float64)
        else:
            batch = reduce_sum(weights, name="batch_max")
        largest_update = assign_add(largest, batch, name="update")
    with name_scope(None, "total", (average,)) as inner:
        total = metric_variable([], dtypes.float64, name=inner)
        total_update = assign_add(total, reduce_sum(average, name="batch_total"), name="update")
    value = div_no_nan(total, largest, name="mean")
    update = div_no_nan(total_update, largest_update, name=scope)
    return collected(value, update, metrics_collections, updates_collections)


@tf_export("metrics.average_precision_at_k")
def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """The mean over the rows of the average precision of the k best predictions.

    Args:
        labels: int64 tensor or SparseTensor [d0, ..., number of labels], or [d0, ...]; ids of the true classes.
        predictions: floats [d0, ..., number of classes].
        k: how many of the highest predictions count.
        weights: tensor that broadcasts to the labels without their last dimension; all 1 when None.
        metrics_collections: collections that the value joins.
        updates_collections: collections that the update joins.
        name: name scope.

    Returns:
        The float64 value so far, and a tensor that takes in a batch and gives the new value.

    Raises:
        ValueError: `k` is less than 1.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    with name_scope(name, name_at_k("average_precision", k, None), (predictions, labels, weights)) as scope:
        predictions = convert_to_tensor(predictions)
        _, chosen = top_k(predictions, k)
        classes = cast(shape(predictions)[-1], dtypes.int64)
        labels = _cleaned(labels, classes)
        return _streaming_average(labels, chosen, weights, metrics_collections, updates_collections, scope)


@tf_export("metrics.sparse_average_precision_at_k")
def sparse_average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Result:
    """Deprecated name of `average_precision_at_k`."""
    return average_precision_at_k(
        labels, predictions, k, weights, metrics_collections, updates_collections, name
    )  # fmt: skip
