"""What `tf.parse_example` needs for the columns, the labels and the weights of classifiers and regressors."""

from __future__ import annotations

from typing import Any

from tfcompat.feature_column.input_layer import make_parse_example_spec
from tfcompat.feature_column.numeric import NumericColumn
from tfcompat.graph import dtypes
from tfcompat.ops.example_features import FixedLenFeature


def classifier_parse_example_spec(
    feature_columns: Any,
    label_key: str,
    label_dtype: Any = dtypes.int64,
    label_default: Any = None,
    weight_column: Any = None,
) -> dict[str, Any]:
    """Feature key -> configuration, of the columns and of a label for each example.

    Args:
        feature_columns: columns.
        label_key: key of the label.
        label_dtype: int64 or string.
        label_default: label of examples without one.
        weight_column: key or numeric column of weights.

    Raises:
        ValueError: the label is a feature too, or the weights are a feature of another form.
        TypeError: the weight column is neither a key nor a numeric column.
    """
    label = FixedLenFeature((1,), label_dtype, label_default)
    return _with(make_parse_example_spec(feature_columns), label_key, label, weight_column)


def regressor_parse_example_spec(
    feature_columns: Any,
    label_key: str,
    label_dtype: Any = dtypes.float32,
    label_default: Any = None,
    label_dimension: int = 1,
    weight_column: Any = None,
) -> dict[str, Any]:
    """As `classifier_parse_example_spec`, with a label of `label_dimension` numbers."""
    label = FixedLenFeature((label_dimension,), label_dtype, label_default)
    return _with(make_parse_example_spec(feature_columns), label_key, label, weight_column)


def _with(spec: dict[str, Any], label_key: str, label: Any, weight_column: Any) -> dict[str, Any]:
    if label_key in spec:
        raise ValueError(f"label should not be used as feature. label_key: {label_key}, features: {list(spec)}")
    spec[label_key] = label
    if weight_column is None:
        return spec
    if isinstance(weight_column, str):
        weight_column = NumericColumn(weight_column, (1,), None, dtypes.float32, None)
    if not isinstance(weight_column, NumericColumn):
        raise TypeError(f"weight_column should be either a string or NumericColumn. Given type: {type(weight_column)}")
    key, needed = weight_column.key, FixedLenFeature(weight_column.shape, weight_column.dtype)
    if spec.setdefault(key, needed) != needed:
        raise ValueError(
            f"Given weight_column: {weight_column} is also a feature, of another form: {spec[key]}. Keys: {list(spec)}"
        )
    return spec
