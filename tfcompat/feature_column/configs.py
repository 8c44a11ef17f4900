"""Columns as plain values and back: the configurations that models with feature columns save."""

from __future__ import annotations

import importlib
from typing import Any

from tfcompat.graph.dtypes import DType, as_dtype
from tfcompat.graph.export import PUBLIC

# Class -> module of this package.
_MODULES = {
    "NumericColumn": "numeric",
    "BucketizedColumn": "numeric",
    "IdentityCategoricalColumn": "categorical",
    "HashedCategoricalColumn": "categorical",
    "VocabularyFileCategoricalColumn": "vocabulary",
    "VocabularyListCategoricalColumn": "vocabulary",
    "CrossedColumn": "crossed",
    "WeightedCategoricalColumn": "weighted",
    "IndicatorColumn": "indicator",
    "EmbeddingColumn": "embedding",
    "SequenceCategoricalColumn": "sequence",
    "SequenceNumericColumn": "sequence",
}


def _is_column(value: Any) -> bool:
    return hasattr(value, "parse_example_spec") and hasattr(value, "get_config")


def _plain(value: Any) -> Any:
    """A field of a column as a plain value."""
    if _is_column(value):
        return serialize_column(value)
    if isinstance(value, DType):
        return value.name
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(item) for item in value)
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    return value.__name__ if callable(value) else value


def config_of(column: Any) -> dict[str, Any]:
    """Field -> plain value."""
    return {name: _plain(value) for name, value in zip(column._fields, column, strict=True)}


def serialize_column(column: Any) -> Any:
    """A column as {"class_name", "config"}; the key of a feature stays as it is.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(column, str):
        return column
    if not _is_column(column):
        raise ValueError(f"Instance: {column} is not a FeatureColumn")
    return {"class_name": type(column).__name__, "config": column.get_config()}


def deserialize_column(
    config: Any, custom_objects: dict[str, Any] | None = None, columns_by_name: dict[str, Any] | None = None
) -> Any:
    """The column of `serialize_column`; equal columns become one object.

    Raises:
        ValueError: there is no such class, or the configuration is none.
    """
    if isinstance(config, str):
        return config
    if not isinstance(config, dict) or not {"class_name", "config"} <= set(config):
        raise ValueError(f"Improper config format: {config}")
    made = {} if columns_by_name is None else columns_by_name
    name = config["class_name"]
    column_class = (custom_objects or {}).get(name) or _class(name)
    column = column_class.from_config(config["config"], custom_objects, made)
    known = made.setdefault(f"{name}:{column.name}", column)
    return known if known.get_config() == column.get_config() else column


def _class(name: str) -> Any:
    if name not in _MODULES:
        raise ValueError(f"Unknown feature_column: {name}. Please ensure this object is passed to `custom_objects`.")
    return getattr(importlib.import_module(f"{__package__}.{_MODULES[name]}"), name)


def fields_of(cls: Any, config: dict[str, Any], custom_objects: Any, columns_by_name: dict[str, Any]) -> dict[str, Any]:
    """Field -> value, from the plain values of a configuration.

    Raises:
        ValueError: a function is not among `custom_objects`.
    """
    fields = {name: config[name] for name in cls._fields if name in config}
    for name, value in fields.items():
        if name in ("source_column", "categorical_column"):
            fields[name] = deserialize_column(value, custom_objects, columns_by_name)
        elif name == "keys":
            fields[name] = tuple(deserialize_column(key, custom_objects, columns_by_name) for key in value)
        elif name == "dtype":
            fields[name] = as_dtype(value)
        elif name == "normalizer_fn" and isinstance(value, str):
            if value not in (custom_objects or {}):
                raise ValueError(f"Unknown normalizer_fn: {value}. Please ensure it is passed to `custom_objects`.")
            fields[name] = custom_objects[value]
        elif name == "initializer" and isinstance(value, dict):
            found = (custom_objects or {}).get(value["class_name"]) or _initializer_class(value["class_name"])
            fields[name] = found(**{k: v for k, v in value["config"].items() if v is not None})
        elif isinstance(value, list):
            fields[name] = _tuples(value)
    return fields


def _tuples(value: Any) -> Any:
    """Lists, which files have in place of tuples, as tuples."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _initializer_class(name: str) -> Any:
    for public in (f"initializers.{name}", f"keras.initializers.{name}"):
        if public in PUBLIC:
            return PUBLIC[public]
    from tfcompat.ops import initializers

    return getattr(initializers, name)
