"""Datasets of what Python generators yield."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.data.dataset import VariantDataset
from tfcompat.data.functions import DatasetFunction
from tfcompat.data.structure import types_and_shapes
from tfcompat.data.trees import is_branch
from tfcompat.graph import dtypes
from tfcompat.graph.export import export_internal
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.script import py_func


class _Running:
    """The generators that run, by number."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._iterators: dict[int, Iterator[Any]] = {}

    def begin(self, iterator: Iterator[Any]) -> np.ndarray:
        number = next(self._numbers)
        self._iterators[number] = iterator
        return np.array(number, np.int64)

    def next(self, number: Any) -> Any:
        return next(self._iterators[int(number)])

    def end(self, number: Any) -> np.ndarray:
        self._iterators.pop(int(number), None)
        return np.array(0, np.int64)


def generator_dataset(generator: Callable[..., Any], spec: Any, arguments: Sequence[Any]) -> VariantDataset:
    """A dataset of the elements of `generator(*arguments)`, which are as `spec` says."""
    running = _Running()
    types, shapes = types_and_shapes(spec)
    state = TensorSpec([], dtypes.int64)

    def begin(*ignored: Any) -> Any:
        return py_func(lambda *values: running.begin(iter(generator(*values))), list(arguments), dtypes.int64)

    def following(number: Any) -> Any:
        parts = py_func(lambda n: _components(running.next(n), spec, types, shapes), [number], list(types))
        for part, shape in zip(parts, shapes, strict=True):
            part.set_shape(shape)
        return tuple(parts)

    def end(number: Any) -> Any:
        return py_func(running.end, [number], dtypes.int64)

    first = DatasetFunction(begin, (), "generator_init")
    second = DatasetFunction(following, state, "generator_next")
    third = DatasetFunction(end, state, "generator_finalize")
    made = raw_ops.GeneratorDataset(
        init_func_other_args=first.captured,
        next_func_other_args=second.captured,
        finalize_func_other_args=third.captured,
        init_func=first.reference,
        next_func=second.reference,
        finalize_func=third.reference,
        output_types=types,
        output_shapes=shapes,
    )
    return VariantDataset(made, spec)


def _components(value: Any, spec: Any, types: Sequence[Any], shapes: Sequence[Any]) -> list[np.ndarray]:
    """The components of a yielded element as arrays of the declared types.

    Raises:
        TypeError: its structure or a type does not fit.
        ValueError: a shape does not fit.
    """
    flat = _flat_like(value, spec)
    out = []
    for part, dtype, shape in zip(flat, types, shapes, strict=True):
        try:
            array = _array(part, dtype)
        except (TypeError, ValueError) as error:
            raise TypeError(
                "`generator` yielded an element that could not be converted to the expected type. The "
                "expected "
                f"type was {dtype.name}, but the yielded element was {part}."
            ) from error
        if not shape.is_compatible_with(list(array.shape)):
            raise TypeError(
                f"`generator` yielded an element of shape {array.shape} where an element of shape {shape} was expected."
            )
        out.append(array)
    return out


def _flat_like(value: Any, spec: Any) -> list[Any]:
    if isinstance(spec, dict):
        if not isinstance(value, dict) or set(value) != set(spec):
            raise TypeError(
                f"`generator` yielded an element that did not match the expected structure. The expected "
                f"structure was {spec}, but the yielded element was {value}."
            )
        return [v for k in sorted(spec) for v in _flat_like(value[k], spec[k])]
    if is_branch(spec):
        if not isinstance(value, (tuple, list)) or len(value) != len(spec):
            raise TypeError(
                f"`generator` yielded an element that did not match the expected structure. The expected "
                f"structure was {spec}, but the yielded element was {value}."
            )
        return [v for part, own in zip(value, spec, strict=True) for v in _flat_like(part, own)]
    return [value]


def _array(value: Any, dtype: Any) -> np.ndarray:
    if dtype == dtypes.string:
        source = np.asarray(value, object)
        texts = np.empty(source.shape, object)
        for index, text in np.ndenumerate(source):
            if not isinstance(text, (str, bytes)):
                raise TypeError
            texts[index] = text.encode() if isinstance(text, str) else text
        return texts
    array = np.asarray(value)
    wanted = np.dtype(dtype.as_numpy_dtype)
    if array.dtype.kind in "OSU" or (isinstance(value, (np.ndarray, np.generic)) and array.dtype != wanted):
        raise TypeError
    if wanted.kind in "iu" and array.dtype.kind == "f" and array.size:
        raise TypeError
    return array.astype(wanted)


export_internal("python.data.ops.from_generator_op._generator_dataset", generator_dataset)
