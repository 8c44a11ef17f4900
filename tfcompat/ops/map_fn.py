"""`tf.map_fn`: a function applied to the slices of tensors along their first dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.graph.type_spec import SparseTensorSpec, TensorSpec
from tfcompat.ops.slices_of import row_count, static_rows
from tfcompat.ops.sparse_rows import SparseResults, SparseRows
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.while_loop import while_loop


@tf_export("map_fn")
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """The results of `fn` for each slice of `elems`, along a new first dimension.

    Args:
        fn: called with a slice: tensors in the structure of `elems`, without their first dimension.
        elems: a tensor, SparseTensor, or nested structure of them, of the same first dimension.
        dtype: type of what `fn` returns, or types in its structure, when these are not those of `elems`; a
            `tf.SparseTensorSpec` stands for a SparseTensor.
        parallel_iterations: accepted.
        back_prop: whether gradients flow.
        swap_memory: accepted.
        infer_shape: whether all results of `fn` have one shape.
        name: name scope.
        fn_output_signature: another name of `dtype`.

    Returns:
        Tensors in the structure that `fn` returns.

    Raises:
        TypeError: `fn` is not callable, or returns another kind of structure.
        ValueError: `elems` is empty or holds a scalar, first dimensions differ, or `fn` returns another structure.
    """
    if not callable(fn):
        raise TypeError(
            f"The provided function {fn!r} is not callable. fn should be a callable object that takes a slice of elems."
        )
    if not nest.flatten(elems):
        raise ValueError(
            f"elems must be a Tensor or (possibly nested) sequence of Tensors. Got {elems}, which does not "
            "contain any Tensors."
        )
    wanted = dtype if fn_output_signature is None else fn_output_signature
    with name_scope(name, "map", nest.flatten(elems)):
        sources = [_source(e) for e in nest.flatten(elems)]
        count = row_count([s.counted for s in sources])
        rows = static_rows([s.counted for s in sources])
        groups = [s.arrays(count) for s in sources]
        groups = [s.filled(g) for s, g in zip(sources, groups, strict=True)]
        signature = nest.pack_sequence_as(elems, [s.spec for s in sources]) if wanted is None else wanted
        results = [_result(s, infer_shape) for s in nest.flatten(signature)]
        index = constant(0)
        accumulated = [r.arrays(count) for r in results]

        def step(i: Tensor, arrays: Any) -> Any:
            given = [s.row(i, g) for s, g in zip(sources, groups, strict=True)]
            made = fn(nest.pack_sequence_as(elems, given))
            nest.assert_same_structure(elems if wanted is None else wanted, made)
            parts = [r.parts(v) for r, v in zip(results, nest.flatten(made), strict=True)]
            written = [
                [a.write(i, p) for a, p in zip(group, part, strict=True)]
                for group, part in zip(arrays, parts, strict=True)
            ]
            return i + 1, written

        _, accumulated = while_loop(
            lambda i, _: i < count,
            step,
            (index, accumulated),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        final = [r.joined(group, rows) for r, group in zip(results, accumulated, strict=True)]
        return nest.pack_sequence_as(signature, final)


SOURCES: dict[type, Any] = {SparseTensor: SparseRows}
"""Type of values that are no tensors -> class that walks over their rows; see `_TensorRows`."""

RESULTS: dict[type, Any] = {SparseTensorSpec: SparseResults}
"""Type of specs -> class that collects values of that spec; see `_TensorResults`."""


def _source(elem: Any) -> Any:
    found = next((make for kind, make in SOURCES.items() if isinstance(elem, kind)), None)
    return _TensorRows(convert_to_tensor(elem, name="elem")) if found is None else found(elem)


def _result(spec: Any, infer_shape: bool) -> Any:
    found = next((make for kind, make in RESULTS.items() if isinstance(spec, kind)), None)
    if found is not None:
        return found(spec)
    if isinstance(spec, TensorSpec):
        return _TensorResults(spec.dtype, spec.shape, infer_shape)
    return _TensorResults(dtypes.as_dtype(spec), UNKNOWN, infer_shape)


class _TensorRows:
    """A tensor to be walked over."""

    def __init__(self, tensor: Tensor):
        self.counted = self._tensor = tensor
        self.spec = tensor.dtype.base_dtype

    def arrays(self, count: Any) -> list[TensorArray]:
        """Empty arrays for its slices."""
        shape = self._tensor.shape[1:]
        return [TensorArray(self._tensor.dtype, size=count, dynamic_size=False, infer_shape=True, element_shape=shape)]

    def filled(self, arrays: list[TensorArray]) -> list[TensorArray]:
        """The arrays with the slices in them."""
        return [arrays[0].unstack(self._tensor)]

    def row(self, index: Tensor, arrays: list[TensorArray]) -> Any:
        """One slice."""
        return arrays[0].read(index)


class _TensorResults:
    """Tensors that the function gives, one per slice."""

    def __init__(self, dtype: dtypes.DType, shape: TensorShape, infer_shape: bool):
        self._dtype, self._shape, self._infer_shape = dtype, shape, infer_shape

    def arrays(self, count: Any) -> list[TensorArray]:
        """Empty arrays for them."""
        return [
            TensorArray(
                self._dtype, size=count, dynamic_size=False, infer_shape=self._infer_shape, element_shape=self._shape
            )
        ]

    def parts(self, value: Any) -> list[Tensor]:
        """One of them, as what is written into the arrays."""
        tensor = convert_to_tensor(value, preferred_dtype=self._dtype)
        if tensor.dtype.base_dtype != self._dtype:
            raise ValueError(
                f"Error in map_fn: fn returned a value of type {tensor.dtype.base_dtype.name}, and "
                f"{self._dtype.name} was expected: pass `dtype` (or `fn_output_signature`) when types change."
            )
        return [tensor]

    def joined(self, arrays: list[TensorArray], rows: int | None) -> Tensor:
        """All of them as one tensor."""
        result = arrays[0].stack()
        if rows is not None and result.shape.rank is not None:
            result.set_shape([rows, *result.shape.as_list()[1:]])
        return result
