"""Shapes and values of `Dataset.padded_batch`."""

from __future__ import annotations

from typing import Any

from tfcompat.data.structure import DatasetSpec
from tfcompat.data.trees import flatten, is_branch
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.graph.type_spec import TensorSpec


def _like(spec: Any, values: Any) -> list[Any]:
    """`values` flattened along the structure `spec`."""
    if isinstance(spec, dict):
        return [v for k in sorted(spec) for v in _like(spec[k], values[k])]
    if is_branch(spec):
        if len(values) != len(spec):
            raise ValueError(
                f"The two structures don't have the same sequence length. Input structure has length "
                f"{len(values)}, while shallow structure has length {len(spec)}."
            )
        return [v for s, own in zip(spec, values, strict=True) for v in _like(s, own)]
    return [values]


def padded_shape_tensors(spec: Any, padded_shapes: Any) -> tuple[list[Tensor], list[TensorShape]]:
    """For every component the shape to pad to as an int64 vector with -1 for open sizes, and what is known of it.

    Raises:
        TypeError: a component is no tensor.
        ValueError: a component's rank is not known, or differs from that of its padded shape.
    """
    parts = flatten(spec)
    for part in parts:
        if isinstance(part, DatasetSpec):
            raise TypeError("`padded_batch` is not supported for datasets of datasets")
        if not isinstance(part, TensorSpec):
            raise TypeError(
                "`padded_batch` is only supported for datasets that produce tensor elements but type spec of elements "
                f"in the input dataset is not a subclass of TensorSpec: `{part}`."
            )
    if padded_shapes is None:
        for part in parts:
            if part.shape.rank is None:
                raise ValueError(
                    f"You must provide `padded_shapes` argument because component {part} has unknown rank."
                )
        wanted: list[Any] = [p.shape for p in parts]
    else:
        wanted = _like(spec, padded_shapes)
    tensors, known = [], []
    for part, shape in zip(parts, wanted, strict=True):
        if isinstance(shape, Tensor):
            value = get_static_value(shape)
            unknown = (
                TensorShape([None] * (shape.shape[0].value or 0))
                if shape.shape.is_fully_defined()
                else TensorShape(None)
            )
            static = TensorShape(unknown if value is None else [None if d < 0 else int(d) for d in value])
            tensors.append(convert_to_tensor(shape, dtype=dtypes.int64))
        else:
            dims = (
                shape
                if isinstance(shape, TensorShape)
                else TensorShape([None if d in (None, -1) else int(d) for d in shape])
            )
            static = dims
            tensors.append(convert_to_tensor([-1 if d is None else d for d in dims.as_list()], dtype=dtypes.int64))
        if static.rank is not None and part.shape.rank is not None and static.rank != part.shape.rank:
            raise ValueError(
                f"The padded shape {static} is not compatible with the shape {part.shape} of the "
                "corresponding "
                "input component."
            )
        known.append(static)
    return tensors, known


def padding_tensors(spec: Any, padding_values: Any) -> list[Tensor]:
    """For every component the scalar to pad with.

    Raises:
        TypeError: a value has another type.
    """
    parts = flatten(spec)
    given = (
        [None] * len(parts)
        if padding_values is None
        else _like(spec, padding_values)
        if is_branch(padding_values)
        else [padding_values] * len(parts)
    )
    out = []
    for part, value in zip(parts, given, strict=True):
        if value is None:
            value = "" if part.dtype == dtypes.string else False if part.dtype == dtypes.bool else 0
        out.append(convert_to_tensor(value, dtype=part.dtype, name="padding_value"))
    return out
