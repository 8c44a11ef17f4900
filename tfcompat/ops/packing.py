"""Stacking tensors along a new dimension and taking them apart; lists that hold tensors as tensors."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor, register_tensor_conversion_function
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import is_tensor
from tfcompat.ops.shapes import bracketed, merge_shapes

# ---------------------------------------------------------------- lists that hold tensors


def _pack_list(values: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    """The tensor of a nested list that holds tensors; NotImplemented when it holds none."""
    if as_ref:
        return NotImplemented
    held = _first_tensor(values)
    if held is None:
        return NotImplemented
    inferred = held.dtype.base_dtype
    if dtype is None:
        dtype = inferred
    else:
        dtype = dtypes.as_dtype(dtype)
        if dtype != inferred:
            values = _cast_tensors(values, dtype)
    return _packed(values, dtype, name or "packed")


def _first_tensor(values: Any) -> Any:
    """The first tensor in a nested list, or None."""
    for item in values:
        if isinstance(item, (list, tuple)):
            item = _first_tensor(item)
        if item is not None and is_tensor(item):
            return item
    return None


def _cast_tensors(values: Any, dtype: dtypes.DType) -> Any:
    """The nested list with its tensors cast to `dtype`."""
    if isinstance(values, (list, tuple)):
        return [_cast_tensors(v, dtype) for v in values]
    if is_tensor(values) and values.dtype.base_dtype != dtype:
        return raw_ops.Cast(x=values, DstT=dtype)
    return values


def _packed(values: Any, dtype: dtypes.DType, name: str) -> Any:
    """A Pack per level that holds tensors; a level that holds none stays a list."""
    with name_scope(name) as scope:
        parts = []
        for index, item in enumerate(values):
            if is_tensor(item):
                if item.dtype.base_dtype != dtype:
                    raise TypeError(
                        f"Cannot convert a list containing a tensor of dtype {item.dtype} to {dtype} "
                        f"(Tensor is: {item!r})"
                    )
            elif isinstance(item, (list, tuple)):
                item = _packed(item, dtype, str(index))
            parts.append(item)
        if not any(is_tensor(p) for p in parts):
            return parts
        tensors = [p if is_tensor(p) else constant(p, dtype, name=str(i)) for i, p in enumerate(parts)]
        return raw_ops.Pack(values=tensors, name=scope)


register_tensor_conversion_function((list, tuple), _pack_list, 99)


# ---------------------------------------------------------------- stack and unstack


@tf_export("stack")
def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """The tensors `values` side by side along a new dimension.

    Args:
        values: list of tensors of one shape and dtype.
        axis: position of the new dimension in [-rank - 1, rank].
        name: name of the operation.

    Returns:
        A tensor of one rank more, of size len(values) along `axis`; a constant when all values are Python numbers.

    Raises:
        ValueError: shapes differ, or `axis` is outside its range.
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass  # the operation itself says what is wrong
    shape = convert_to_tensor(values[0], name=name).shape
    if shape.rank is not None and not -shape.rank - 1 <= axis <= shape.rank:
        raise ValueError(f"Argument `axis` = {axis} not in range [{-shape.rank - 1}, {shape.rank + 1})")
    return raw_ops.Pack(values=values, axis=axis, name=name)  # type: ignore[no-any-return]


@tf_export("parallel_stack")
def parallel_stack(values: Any, name: str = "parallel_stack") -> Tensor:
    """The tensors `values`, of one fully known shape and dtype, side by side along a new first dimension."""
    with name_scope(name):
        first = convert_to_tensor(values[0])
        shape = TensorShape.of((len(values),)).concatenate(first.shape)
        rows = [raw_ops.ExpandDims(input=value, dim=0) for value in values]
        return raw_ops.ParallelConcat(values=rows, shape=shape)  # type: ignore[no-any-return]


@tf_export("unstack")
def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Tensor]:
    """The slices of `value` along `axis`, each of one rank less.

    Args:
        value: tensor of rank 1 or more.
        num: how many there are; needed when it is not known statically.
        axis: dimension to take apart, in [-rank, rank).
        name: name of the operation.

    Raises:
        ValueError: `num` is neither given nor known, or wrong, or `axis` is outside its range.
    """
    if num is None:
        value = convert_to_tensor(value)
        shape = value.shape
        if shape.rank is not None:
            if not -shape.rank <= axis < shape.rank:
                raise ValueError(f"Argument `axis` = {axis} not in range [{-shape.rank}, {shape.rank})")
            num = shape.tuple[axis]
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {shape}")
    return raw_ops.Unpack(value=value, num=num, axis=axis, name=name)  # type: ignore[no-any-return]


@shape_of("Pack")
def _pack_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    merged = _merge_all(shapes)
    if merged.tuple is None:
        return [UNKNOWN]
    position = _position(c.attr("axis"), len(merged.tuple) + 1)
    return [TensorShape.of(merged.tuple[:position] + (len(shapes),) + merged.tuple[position:])]


def _merge_all(shapes: tuple[TensorShape, ...]) -> TensorShape:
    """The one shape of all inputs, merged from the last to the first."""
    merged = shapes[-1]
    for index in range(len(shapes) - 2, -1, -1):
        try:
            merged = merge_shapes(shapes[index], merged)
        except ValueError as error:
            raise ValueError(f"{error}\n\tFrom merging shape {index} with other shapes.") from None
    return merged


def _position(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ValueError(f"Invalid axis: {axis}; must be in [{-rank},{rank})")
    return axis % rank


@shape_of("ParallelConcat")
def _parallel_concat_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    whole: TensorShape = c.attr("shape")
    if not whole.is_fully_defined():
        raise ValueError("shape attr must be fully defined.")
    first = _merge_all(shapes)
    if first.tuple is not None and first.tuple[1:] != whole.tuple[1:]:  # type: ignore[index]
        raise ValueError(f"Input shapes {bracketed(first)} do not fit the shape {bracketed(whole)}")
    return [whole]


@shape_of("Unpack")
def _unpack_shape(c: InferenceContext, value: TensorShape) -> list[TensorShape]:
    num = c.attr("num")
    if value.tuple is None:
        return [UNKNOWN] * num
    position = _position(c.attr("axis"), len(value.tuple))
    if value.tuple[position] not in (None, num):
        raise ValueError(f"Dimension must be {num} but is {value.tuple[position]}")
    return [TensorShape.of(value.tuple[:position] + value.tuple[position + 1 :])] * num


@gradient_of("Pack")
def _pack_grad(op: Operation, grad: Any) -> list[Tensor]:
    """The slices of the gradient."""
    return unstack(grad, num=op.attrs["N"], axis=op.attrs["axis"])


@gradient_of("Unpack")
def _unpack_grad(op: Operation, *grads: Any) -> Tensor:
    """The slices' gradients side by side."""
    return stack(list(grads), axis=op.attrs["axis"])
