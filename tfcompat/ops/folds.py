"""`foldl`, `foldr` and `scan`: a function applied to an accumulator and the slices of tensors, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.constant import constant
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.slices_of import as_tensors, minus, row_count, stacked, static_rows, unstacked
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.while_loop import while_loop


@tf_export("foldl")
def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """fn(...fn(fn(initializer, elems[0]), elems[1])..., elems[-1]).

    Args:
        fn: called with the accumulator and a slice of `elems`; gives a new accumulator.
        elems: a tensor or nested structure of tensors, of the same first dimension.
        initializer: the first accumulator; `elems[0]` by default, and then the walk starts at 1.
        parallel_iterations: accepted.
        back_prop: whether gradients flow.
        swap_memory: accepted.
        name: name scope.

    Returns:
        The last accumulator.

    Raises:
        TypeError: `fn` is not callable.
        ValueError: there is no tensor in `elems`, or first dimensions differ.
    """
    _check(fn, elems, "foldl")
    with name_scope(name, "foldl", nest.flatten(elems)):
        tensors = as_tensors(elems)
        count = row_count(tensors)
        arrays = unstacked(tensors, count)
        if initializer is None:
            start, first = nest.map_structure(lambda a: a.read(0), _packed(elems, arrays)), constant(1)
        else:
            start, first = initializer, constant(0)

        def step(i: Tensor, a: Any) -> Any:
            a = fn(a, _packed(elems, [array.read(i) for array in arrays]))
            return [i + 1, a]

        _, result = while_loop(
            lambda i, a: i < count,
            step,
            [first, start],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
    return result


@tf_export("foldr")
def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """As `foldl`, from the last slice to the first.

    Args:
        fn: called with the accumulator and a slice of `elems`; gives a new accumulator.
        elems: a tensor or nested structure of tensors, of the same first dimension.
        initializer: the first accumulator; `elems[-1]` by default, and then the walk starts before it.
        parallel_iterations: accepted.
        back_prop: whether gradients flow.
        swap_memory: accepted.
        name: name scope.

    Returns:
        The last accumulator.

    Raises:
        TypeError: `fn` is not callable.
        ValueError: there is no tensor in `elems`, or first dimensions differ.
    """
    _check(fn, elems, "foldr")
    with name_scope(name, "foldr", nest.flatten(elems)):
        tensors = as_tensors(elems)
        count = row_count(tensors)
        arrays = unstacked(tensors, count)
        first, start = count, initializer
        if initializer is None:
            first = minus(count, 1)
            start = nest.map_structure(lambda a: a.read(first), _packed(elems, arrays))

        def step(i: Tensor, a: Any) -> Any:
            i = i - 1
            a = fn(a, _packed(elems, [array.read(i) for array in arrays]))
            return [i, a]

        _, result = while_loop(
            lambda i, a: i > 0,
            step,
            [first, start],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
    return result


@tf_export("scan")
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """The accumulators of a fold, one per slice, along a new first dimension.

    Args:
        fn: called with the accumulator and a slice of `elems`; gives a new accumulator, of the structure of
            `initializer`, or of `elems` without one.
        elems: a tensor or nested structure of tensors, of the same first dimension.
        initializer: the first accumulator, which is not part of the result; by default the first slice, which is.
        parallel_iterations: accepted.
        back_prop: whether gradients flow.
        swap_memory: accepted.
        infer_shape: whether all accumulators have one shape.
        reverse: whether to walk from the last slice to the first.
        name: name scope.

    Returns:
        Tensors in the structure of the accumulator, with the first dimension of `elems`.

    Raises:
        TypeError: `fn` is not callable.
        ValueError: there is no tensor in `elems`, first dimensions differ, or `fn` returns another structure.
    """
    _check(fn, elems, "scan")
    with name_scope(name, "scan", nest.flatten(elems)):
        tensors = as_tensors(elems)
        count = row_count(tensors)
        arrays = unstacked(tensors, count)
        if initializer is None:
            position = minus(count, 1) if reverse else 0
            pattern: Any = elems
            start = [array.read(position) for array in arrays]
            done = 1
        else:
            pattern = initializer
            start = as_tensors(initializer)
            done = 0
        results = [
            TensorArray(
                a.dtype,
                size=count,
                dynamic_size=False,
                infer_shape=infer_shape,
                element_shape=a.shape if infer_shape else None,
            )
            for a in start
        ]
        if initializer is None:
            results = [r.write(minus(count, 1) if reverse else 0, a) for r, a in zip(results, start, strict=True)]

        def step(i: Tensor, flat: Sequence[Tensor], accumulated: Sequence[TensorArray]) -> Any:
            given = _packed(elems, [array.read(i) for array in arrays])
            made = fn(nest.pack_sequence_as(pattern, list(flat)), given)
            nest.assert_same_structure(elems if initializer is None else initializer, made)
            after = nest.flatten(made)
            written = [r.write(i, a) for r, a in zip(accumulated, after, strict=True)]
            return (i - 1 if reverse else i + 1), after, written

        if reverse:
            first, going = minus(minus(count, 1), done), lambda i, a, r: i >= 0
        else:
            first, going = constant(done), lambda i, a, r: i < count
        _, _, results = while_loop(
            going,
            step,
            (first, start, results),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return nest.pack_sequence_as(pattern, stacked(results, static_rows(tensors)))


def _check(fn: Any, elems: Any, what: str) -> None:
    if not callable(fn):
        raise TypeError(
            f"{fn.__name__ if hasattr(fn, '__name__') else fn!r} is not callable. Please provide a callable "
            f"function to {what}."
        )
    if not nest.flatten(elems):
        raise ValueError(
            "elems must be a Tensor or (possibly nested) sequence of Tensors. Got "
            f"{elems}, which does not contain any Tensors."
        )


def _packed(structure: Any, flat: list[Any]) -> Any:
    return nest.pack_sequence_as(structure, flat)
