"""Contractions: tensordot and einsum."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, reshape, shape, transpose
from tfcompat.ops.concat import concat
from tfcompat.ops.contraction_order import pairwise
from tfcompat.ops.gather import gather
from tfcompat.ops.matmul import matmul
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_prod
from tfcompat.ops.sequences import range as range_

Axes = Any


@tf_export("tensordot", "linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """Sums products of `a` and `b` over pairs of axes.

    Args:
        a: tensor of a number type.
        b: tensor of the same type.
        axes: n for the last n axes of `a` with the first n of `b` (0: the outer product), or a pair of axes or lists of
            axes.
        name: name of the operation.

    Returns:
        A tensor of the axes of `a` that are left, then those of `b`.

    Raises:
        ValueError: axes or sizes do not fit.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        axes_a, axes_b = _both_axes(a, axes)
        left, free_a, static_a = _as_matrix(a, axes_a, False)
        right, free_b, static_b = _as_matrix(b, axes_b, True)
        product = matmul(left, right)
        if isinstance(free_a, list) and isinstance(free_b, list):
            if product.shape.is_fully_defined() and product.shape.as_list() == free_a + free_b:
                return product
            return reshape(product, free_a + free_b, name=scope)
        free_a, free_b = (convert_to_tensor(f, dtype=dtypes.int32) for f in (free_a, free_b))
        result = reshape(product, concat([free_a, free_b], 0), name=scope)
        if static_a is not None and static_b is not None:
            result.set_shape(static_a + static_b)
        return result


def _both_axes(a: Tensor, axes: Any) -> tuple[Axes, Axes]:
    """The axes of both tensors, as lists where they are known."""
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        if a.shape.rank is not None:
            if axes > a.shape.rank:
                raise ValueError(
                    f"`axes` must not be larger than the number of dimensions of tensor {a}.  "
                    f"Received {axes}, vs tensor dimensions {a.shape.rank}."
                )
            return list(range(a.shape.rank - axes, a.shape.rank)), list(range(axes))
        size = rank(a)
        return range_(size - axes, size, dtype=dtypes.int32), range_(axes, dtype=dtypes.int32)  # type: ignore[operator]
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        first, second = ([x] if isinstance(x, (int, np.integer)) else x for x in axes)
        if not isinstance(first, Tensor) and len(first) != len(second):
            raise ValueError(f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}.")
        return first, second
    tensor = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return tensor[0], tensor[1]  # type: ignore[index]


def _as_matrix(x: Tensor, axes: Axes, contracted_first: bool) -> tuple[Tensor, Any, list[int | None] | None]:
    """`x` as a matrix of free by contracted axes (or the other way round), its free sizes, and those that are known."""
    dims = x.shape.tuple
    if dims is not None and isinstance(axes, (list, tuple)):
        contracted = [a + len(dims) if a < 0 else a for a in axes]
        free = [i for i in range(len(dims)) if i not in contracted]
        order = contracted + free if contracted_first else free + contracted
        static = [dims[i] for i in free]
        if None not in dims:
            return _known_matrix(x, contracted, free, order, contracted_first), static, static
        wanted: Any = convert_to_tensor(contracted, dtype=dtypes.int32, name="axes")
        rest: Any = convert_to_tensor(free, dtype=dtypes.int32, name="free")
        sizes = shape(x)
        return *_matrix(x, sizes, wanted, rest, contracted_first), static
    sizes, size = shape(x), rank(x)
    wanted = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
    wanted = raw_ops.Select(condition=wanted >= 0, t=wanted, e=wanted + size)
    rest, _ = raw_ops.ListDiff(x=range_(size), y=wanted)
    return *_matrix(x, sizes, wanted, rest, contracted_first), None


def _known_matrix(
    x: Tensor, contracted: list[int], free: list[int], order: list[int], contracted_first: bool
) -> Tensor:
    dims: Any = x.shape.tuple
    rows, columns = (int(np.prod([dims[i] for i in part])) for part in (free, contracted))
    wanted = [columns, rows] if contracted_first else [rows, columns]
    if order != sorted(order):
        x = transpose(x, order)
    return x if x.shape.as_list() == wanted else reshape(x, wanted)


def _matrix(x: Tensor, sizes: Tensor, wanted: Tensor, rest: Tensor, contracted_first: bool) -> tuple[Tensor, Tensor]:
    free_sizes, contracted_sizes = gather(sizes, rest), gather(sizes, wanted)
    rows, columns = reduce_prod(free_sizes), reduce_prod(contracted_sizes)
    if contracted_first:
        order, form = concat([wanted, rest], 0), stack([columns, rows])
    else:
        order, form = concat([rest, wanted], 0), stack([rows, columns])
    return reshape(transpose(x, order), form), free_sizes


# ---------------------------------------------------------------- einsum


@tf_export("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """Einstein summation: products of the inputs' elements, summed over the labels that the output lacks.

    Args:
        equation: one label a dimension, inputs separated by commas: `"ij,jk->ik"`. Without `->` the output has the
            labels that occur once, sorted. `...` stands for further dimensions, which broadcast.
        inputs: one tensor for each term, all of one number type; or one list of them.
        kwargs: `name`, and `optimize`: how the order of more than two inputs is chosen; it is always the greedy one.

    Raises:
        ValueError: equation and inputs do not fit each other.
        TypeError: another keyword argument is given.
    """
    name = kwargs.pop("name", None)
    kwargs.pop("optimize", None)
    if kwargs:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {', '.join(kwargs)}. Valid arguments: name, optimize, greedy."
        )
    if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)):
        inputs = tuple(inputs[0])
    with name_scope(name, "einsum", [equation, *inputs]):
        tensors = [convert_to_tensor(x) for x in _converted(inputs)]
        terms, output = _parse(equation, [t.shape for t in tensors])
        if len(tensors) <= 2:
            return raw_ops.Einsum(inputs=tensors, equation=f"{','.join(terms)}->{output}")
        return _by_pairs(tensors, terms, output)


def _converted(inputs: Sequence[Any]) -> list[Any]:
    """The inputs as tensors of one type, that of the first tensor among them."""
    dtype = next((x.dtype for x in inputs if isinstance(x, Tensor)), None)
    return [convert_to_tensor(x, dtype_hint=dtype) for x in inputs]


def _parse(equation: str, shapes: Sequence[TensorShape]) -> tuple[list[str], str]:
    """The terms and the output of an equation, the output written out.

    Raises:
        ValueError: it is malformed, or has another number of terms.
    """
    text = equation.replace(" ", "")
    left, arrow, output = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f'Got {len(shapes)} inputs for equation "{text}", expecting {len(terms)}')
    for part in [*terms, output] if arrow else terms:
        if not re.fullmatch(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*", part):
            raise ValueError(f"Indices have incorrect format: {equation}")
    labels = "".join(terms).replace(".", "")
    if not arrow:
        once = sorted(c for c in set(labels) if labels.count(c) == 1)
        output = ("..." if "..." in left else "") + "".join(once)
        return terms, output
    for label in output.replace(".", ""):
        if label not in labels:
            raise ValueError(f"Output subscripts contain the label {label} not present in the input subscripts.")
    if output.replace(".", "") != "".join(dict.fromkeys(output.replace(".", ""))):
        repeated = next(c for c in output if c != "." and output.count(c) > 1)
        raise ValueError(f"Output subscripts contain the label {repeated} appearing more than once.")
    return terms, output


def _by_pairs(tensors: list[Tensor], terms: list[str], output: str) -> Tensor:
    """Contracts more than two tensors two at a time, in the greedy order."""
    dots = next(c for c in map(chr, range(ord("A"), 0x250)) if c not in "".join(terms) and c.isalpha())
    plain = [t.replace("...", dots) for t in terms]
    sizes = _label_sizes(plain, [t.shape for t in tensors], dots)
    for indices, equation in pairwise(plain, output.replace("...", dots), sizes):
        operands = [tensors.pop(i) for i in indices]
        tensors.append(raw_ops.Einsum(inputs=operands, equation=equation.replace(dots, "...")))
    return tensors[0]


def _label_sizes(terms: Sequence[str], shapes: Sequence[TensorShape], dots: str) -> dict[str, int]:
    """Label -> size; 1 where it is not known."""
    sizes = dict.fromkeys("".join(terms), 1)
    for term, known in zip(terms, shapes, strict=True):
        dims = known.tuple
        if dims is None:
            continue
        place = term.find(dots)
        inner = len(dims) - (len(term) - 1) if place >= 0 else 0
        expanded = term if place < 0 else term[:place] + dots * inner + term[place + 1 :]
        for label, size in zip(expanded, dims, strict=False):
            if label != dots and size is not None and size > 1:
                sizes[label] = size
            elif label == dots and size is not None:
                sizes[dots] = max(sizes[dots], 1) * size
    return sizes
