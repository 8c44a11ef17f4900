"""Checks of labels, logits and weights against each other, recorded into the graph where shapes are not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat.feature_column.cache import FeatureTransformationCache
from tfcompat.feature_column.numeric import NumericColumn, numeric_column
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.dtypes import float32
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import expand_dims, shape
from tfcompat.ops.assertion import Assert
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.identity import identity


def checked_logits(logits: Any, expected: int) -> Tensor:
    """Logits as a tensor whose last dimension is `expected`.

    Raises:
        ValueError: there are none, or another last dimension is known.
    """
    if logits is None:
        raise ValueError("logits must not be None.")
    with name_scope(None, "logits", [logits]) as scope:
        logits = cast(logits, float32)
        sizes = shape(logits)
        least = PUBLIC["debugging.assert_rank_at_least"](
            logits, 2, data=[sizes], message="logits shape must be [D0, D1, ... DN, logits_dimension]"
        )
        with control_dependencies([least]):
            known = logits.shape.as_list()[-1] if logits.shape.rank is not None else None
            if known is not None:
                if known != expected:
                    raise ValueError(
                        f"logits shape must be [D0, D1, ... DN, logits_dimension], got {logits.shape}. "
                        f"The expected logits_dimension is {expected}."
                    )
                return logits
            same = PUBLIC["assert_equal"](
                expected, sizes[-1], data=[sizes], message="logits shape must be [D0, D1, ... DN, logits_dimension]"
            )
            with control_dependencies([same]):
                return identity(logits, name=scope)


def checked_labels(labels: Any, logits: Tensor, expected: int) -> Tensor:
    """Labels of the shape of the logits, with `expected` as last dimension; vectors get one.

    Raises:
        ValueError: there are none, they are sparse, or the last dimension is known to be another.
    """
    if labels is None:
        raise ValueError(
            "You must provide a labels Tensor. Given: None. Suggested troubleshooting steps: Check that your data "
            "contains your label feature. Check that your input_fn properly parses and returns labels."
        )
    with name_scope(None, "labels", [labels, logits]) as scope:
        if isinstance(labels, SparseTensor):
            raise ValueError(
                "SparseTensor labels are not supported. Labels must be a Tensor of shape "
                f"[D0, D1, ..., DN, {expected}], e.g. [batch_size, {expected}]. Suggested Fix (1): Check the label "
                "feature in your data. Each example must contain {expected} value(s). If not, your choice of label was "
                "probably incorrect. Suggested Fix (2): In your input_fn, use tf.sparse_tensor_to_dense() to turn "
                "labels into a Tensor."
            )
        labels = convert_to_tensor(labels)
        if None not in (labels.shape.rank, logits.shape.rank) and labels.shape.rank == logits.shape.rank - 1:  # type: ignore[operator]
            labels = expand_dims(labels, -1)
        sizes, logits_sizes = shape(labels), shape(logits)
        message = (
            f"labels shape must be [D0, D1, ... DN, {expected}]. Suggested Fix: check your n_classes argument to the "
            "estimator and/or the shape of your label."
        )
        least = PUBLIC["debugging.assert_rank_at_least"](labels, 2, message=message)
        with control_dependencies([least]):
            known = labels.shape.as_list()[-1] if labels.shape.rank is not None else None
            if known is not None and known != expected:
                raise ValueError(
                    "Mismatched label shape. "
                    f"Expected labels dimension={expected}.  Received {known}. Suggested Fix: "
                    "If your classifier expects one-hot encoding label,check your n_classes argument to the estimator "
                    "and/or the shape of your label. Otherwise, check the shape of your label."
                )
            wanted = concat([logits_sizes[:-1], [expected]], 0)  # type: ignore[index]
            same = PUBLIC["assert_equal"](
                wanted,
                sizes,
                message=message,
                data=["expected_labels_shape: ", wanted, "labels_shape: ", sizes],
            )
            with control_dependencies([same]):
                return identity(labels, name=scope)


def in_range(labels: Tensor, n_classes: int, message: str | None = None) -> Tensor:
    """The labels, after a check at run time that they are in [0, n_classes)."""
    with name_scope(None, "assert_range" if message is None else "check_label_range", [labels]):
        largest = convert_to_tensor(n_classes - 1, dtype=labels.dtype)
        checks = [
            PUBLIC["assert_less_equal"](labels, largest, message=message or "Labels must <= n_classes - 1"),
            PUBLIC["assert_non_negative"](labels, message=message or "Labels must >= 0"),
        ]
        with control_dependencies(checks):
            return identity(labels)


def weights_of(features: Any, weight_column: Any, logits: Tensor, each_logit: bool = False) -> Any:
    """The weights of examples, 1.0 without a column; [..., 1], or one for each logit if `each_logit` allows it.

    Raises:
        TypeError: the column is neither a key nor a numeric one.
        ValueError: there are no features to read it from, or the shape does not fit.
    """
    if weight_column is None:
        return 1.0
    if isinstance(weight_column, str):
        weight_column = numeric_column(key=weight_column, shape=(1,))
    if not isinstance(weight_column, NumericColumn):
        raise TypeError(f"Weight column must be either a string or NumericColumn. Given type: {type(weight_column)}.")
    if not isinstance(features, Mapping):
        raise ValueError(f"Features must be a dictionary when weight_column is used. Given: {features}")
    with name_scope(None, "weights", list(features.values())) as scope:
        weights = weight_column._get_dense_tensor(FeatureTransformationCache(features))
        if not (weights.dtype.is_floating or weights.dtype.is_integer):
            raise ValueError(f"Weight column should be castable to float. Given dtype: {weights.dtype}")
        return _fitting(cast(weights, float32, name="weights"), logits, each_logit, scope)


def _fitting(weights: Tensor, logits: Tensor, each_logit: bool, scope: str) -> Tensor:
    message = "weights shape must be [D0, D1, ... DN] or [D0, D1, ... DN, 1]"
    if each_logit:
        message = "weights shape must be [D0, D1, ... DN], [D0, D1, ... DN, 1] or [D0, D1, ... DN, logits_dimension]"
    sizes, logits_sizes = shape(weights, name="weights_shape"), shape(logits, name="logits_shape")
    ranks = weights.shape.rank, logits.shape.rank
    if None not in ranks and ranks[0] == ranks[1] - 1:  # type: ignore[operator]
        with control_dependencies([_same(logits_sizes[:-1], sizes, logits_sizes, message)]):  # type: ignore[index]
            return expand_dims(weights, -1, name=scope)
    for_examples = concat([logits_sizes[:-1], [1]], 0)  # type: ignore[index]
    if each_logit:
        equal, all_of = PUBLIC["equal"], PUBLIC["reduce_all"]
        fits = [all_of(equal(logits_sizes, sizes)), all_of(equal(for_examples, sizes))]
        data = [message, "logits_shape: ", logits_sizes, "weights_shape: ", sizes]
        check = Assert(PUBLIC["reduce_any"](fits), data)
    else:
        check = _same(for_examples, sizes, logits_sizes, message)
    with control_dependencies([check]):
        return identity(weights, name=scope)


def _same(wanted: Any, sizes: Any, logits_sizes: Any, message: str) -> Any:
    data = ["logits_shape: ", logits_sizes, "weights_shape: ", sizes]
    return PUBLIC["assert_equal"](wanted, sizes, message=message, data=data)
