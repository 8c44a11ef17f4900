"""Diagonals of matrices: making matrices of them, taking and setting them, bands."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import band
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape_internal
from tfcompat.ops.filling import zeros, zeros_like
from tfcompat.ops.shapes import merge_shapes


@tf_export("linalg.diag", "matrix_diag")
def matrix_diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with the given diagonals.

    Args:
        diagonal: shape [..., n] for one diagonal, [..., number of diagonals, n] for several, the upper one first.
        name: name of the operation.
        k: int32, the diagonal (0 is the main one, positive ones lie above it), or the lowest and the highest.
        num_rows: int32 scalar; -1 for as few as needed.
        num_cols: the same for the columns.
        padding_value: scalar, the elements off the diagonals.
        align: where shorter diagonals above and below the main one lie in their rows, as in "RIGHT_LEFT".

    Raises:
        ValueError: the sizes do not fit.
    """
    padding_value = _padding(diagonal, padding_value)
    return raw_ops.MatrixDiagV3(
        diagonal=diagonal,
        k=k,
        num_rows=num_rows,
        num_cols=num_cols,  # type: ignore[no-any-return]
        padding_value=padding_value,
        align=align,
        name=name,
    )


def _padding(like: Any, value: Any) -> Any:
    """`value` as a bool where bools are padded."""
    dtype = getattr(like, "dtype", None)
    if dtype is not None and as_dtype(dtype).is_bool and isinstance(value, int):
        return bool(value)
    return value


@tf_export("linalg.diag_part", "matrix_diag_part")
def matrix_diag_part(
    input: Any, name: str = "diag_part", k: Any = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Diagonals of the matrices `input`.

    Args:
        input: shape [..., rows, columns].
        name: name of the operation.
        k: int32, the diagonal, or the lowest and the highest.
        padding_value: scalar that fills up shorter diagonals.
        align: where those lie in their rows, see `matrix_diag`.

    Returns:
        Shape [..., n] for one diagonal, [..., number of diagonals, n] for several.

    Raises:
        ValueError: a diagonal lies outside.
    """
    padding_value = _padding(input, padding_value)
    return raw_ops.MatrixDiagPartV3(input=input, k=k, padding_value=padding_value, align=align, name=name)  # type: ignore[no-any-return]


@tf_export("linalg.set_diag", "matrix_set_diag")
def matrix_set_diag(input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT") -> Tensor:
    """The matrices `input` with the given diagonals in place of their own; see `matrix_diag` for the arguments."""
    return raw_ops.MatrixSetDiagV3(input=input, diagonal=diagonal, k=k, align=align, name=name)  # type: ignore[no-any-return]


@tf_export("linalg.band_part", "matrix_band_part")
def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """The matrices `input` with zeros outside of a band around the main diagonal.

    Args:
        input: shape [..., rows, columns].
        num_lower: int32 or int64 scalar, how many diagonals below the main one are kept; negative keeps all.
        num_upper: the same above.
        name: name of the operation.
    """
    return raw_ops.MatrixBandPart(input=input, num_lower=num_lower, num_upper=num_upper, name=name)  # type: ignore[no-any-return]


@tf_export("linalg.tensor_diag", "diag")
def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """A tensor of shape s + s that has the elements of `diagonal` where both halves of the position are equal."""
    return raw_ops.Diag(diagonal=diagonal, name=name)  # type: ignore[no-any-return]


@tf_export("linalg.tensor_diag_part", "diag_part")
def diag_part(input: Any, name: str | None = None) -> Tensor:
    """The elements of `input`, of shape s + s, where both halves of the position are equal."""
    return raw_ops.DiagPart(input=input, name=name)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- shapes


def _scalars(c: InferenceContext, *indices: int) -> None:
    for i in indices:
        if c.shape(i).rank not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {c.shape(i).rank}")


def _at_least(shape: TensorShape, rank: int) -> None:
    if shape.rank is not None and shape.rank < rank:
        raise ValueError(f"Shape must be at least rank {rank} but is rank {shape.rank}")


@shape_of("MatrixDiagV2", "MatrixDiagV3")
def _matrix_diag_v3_shape(c: InferenceContext, diagonal: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    _at_least(diagonal, 1)
    _scalars(c, 2, 3, 4)
    k, rows, columns = (c.value(i) for i in (1, 2, 3))
    if diagonal.tuple is None or k is None:
        return [UNKNOWN]
    lower, upper = band.bounds(k)
    batch = diagonal.tuple[:-1]
    if lower != upper:
        _at_least(diagonal, 2)
        if batch[-1] not in (None, upper - lower + 1):
            raise ValueError(
                "The number of rows of `diagonal` doesn't match the number of diagonals implied from "
                f"`d_lower` and `d_upper`.\nnum_diags = {upper - lower + 1}, d_lower = {lower}, d_upper = "
                f"{upper}, input_rank = {len(diagonal.tuple)}, output_rank = {len(diagonal.tuple)}"
            )
        batch = batch[:-1]
    length = diagonal.tuple[-1]
    size: tuple[int | None, int | None] = (None, None)
    if rows is not None and columns is not None and length is not None:
        size = band.matrix_size(length, lower, upper, int(rows), int(columns))
    return [TensorShape.of((*batch, *size))]


@shape_of("MatrixDiagPartV2", "MatrixDiagPartV3")
def _matrix_diag_part_v3_shape(c: InferenceContext, x: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    _at_least(x, 2)
    _scalars(c, 2)
    k = c.value(1)
    if x.tuple is None or k is None:
        return [UNKNOWN]
    lower, upper = band.bounds(k)
    rows, columns = x.tuple[-2:]
    length = None
    if rows is not None and columns is not None:
        band.check_inside(rows, columns, lower, upper)
        length = band.longest(rows, columns, lower, upper)
    middle = () if lower == upper else (upper - lower + 1,)
    return [TensorShape.of((*x.tuple[:-2], *middle, length))]


@shape_of("MatrixSetDiagV2", "MatrixSetDiagV3")
def _matrix_set_diag_v3_shape(
    c: InferenceContext, x: TensorShape, diagonal: TensorShape, k_shape: TensorShape
) -> list[TensorShape]:
    _at_least(x, 2)
    _at_least(diagonal, 1)
    k = c.value(2)
    if x.tuple is None or k is None or diagonal.tuple is None:
        return [x]
    lower, upper = band.bounds(k)
    rows, columns = x.tuple[-2:]
    if rows is not None and columns is not None:
        band.check_inside(rows, columns, lower, upper)
    middle = () if lower == upper else (upper - lower + 1,)
    merge_shapes(TensorShape.of((*x.tuple[:-2], *middle, None)), diagonal)
    return [x]


@shape_of("MatrixDiag", "BatchMatrixDiag")
def _matrix_diag_shape(c: InferenceContext, diagonal: TensorShape) -> list[TensorShape]:
    _at_least(diagonal, 1)
    return [diagonal if diagonal.tuple is None else TensorShape.of((*diagonal.tuple, diagonal.tuple[-1]))]


@shape_of("MatrixDiagPart", "BatchMatrixDiagPart")
def _matrix_diag_part_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    _at_least(x, 2)
    if x.tuple is None:
        return [UNKNOWN]
    known = None not in x.tuple[-2:]
    return [TensorShape.of((*x.tuple[:-2], min(x.tuple[-2:]) if known else None))]  # type: ignore[type-var]


@shape_of("MatrixSetDiag", "MatrixBandPart", "BatchMatrixSetDiag", "BatchMatrixBandPart")
def _same_matrix_shape(c: InferenceContext, x: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    if c.op.type.endswith("SetDiag"):
        _at_least(x, 2)
    return [x]


@shape_of("Diag")
def _diag_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    _at_least(x, 1)
    return [x.concatenate(x)]


@shape_of("DiagPart")
def _diag_part_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    if x.tuple is None:
        return [UNKNOWN]
    if len(x.tuple) % 2 or not x.tuple:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {len(x.tuple)}")
    half = len(x.tuple) // 2
    return [merge_shapes(TensorShape.of(x.tuple[:half]), TensorShape.of(x.tuple[half:]))]


# ---------------------------------------------------------------- gradients


@gradient_of("MatrixDiag")
def _matrix_diag_grad(op: Operation, grad: Any) -> Tensor:
    return matrix_diag_part(grad)


@gradient_of("MatrixDiagV2", "MatrixDiagV3")
def _matrix_diag_v3_grad(op: Operation, grad: Any) -> list[Any]:
    return [matrix_diag_part(grad, k=op.inputs[1], align=_align(op)), None, None, None, None]


def _align(op: Operation) -> str:
    return op.attrs["align"].decode() if "align" in op.attrs else "LEFT_LEFT"


@gradient_of("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3")
def _matrix_diag_part_grad(op: Operation, grad: Any) -> list[Any]:
    """A matrix of zeros with the gradient on the diagonals."""
    x = op.inputs[0]
    if op.type == "MatrixDiagPart":
        k: Any = 0
        rest: list[Any] = []
    else:
        k, rest = op.inputs[1], [None, None]
    sizes = x.shape.tuple[-2:] if x.shape.tuple is not None else (None, None)
    if None not in sizes and (op.type != "MatrixDiagPart" or sizes[0] == sizes[1]):
        return [matrix_diag(grad, k=k, num_rows=sizes[0], num_cols=sizes[1], align=_align(op)), *rest]
    return [matrix_set_diag(zeros_like(x), grad, k=k, align=_align(op)), *rest]


@gradient_of("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3")
def _matrix_set_diag_grad(op: Operation, grad: Any) -> list[Any]:
    """The gradient off the diagonals for the matrix, on them for the diagonals."""
    diagonal = op.inputs[1]
    k: Any = 0 if op.type == "MatrixSetDiag" else op.inputs[2]
    align = _align(op)
    zero = zeros(shape_internal(diagonal), dtype=grad.dtype)
    result = [matrix_set_diag(grad, zero, k=k, align=align), matrix_diag_part(grad, k=k, align=align)]
    return result if op.type == "MatrixSetDiag" else [*result, None]


@gradient_of("MatrixBandPart")
def _matrix_band_part_grad(op: Operation, grad: Any) -> list[Any]:
    return [matrix_band_part(grad, op.inputs[1], op.inputs[2]), None, None]


@gradient_of("Diag")
def _diag_grad(op: Operation, grad: Any) -> Tensor:
    return diag_part(grad)


@gradient_of("DiagPart")
def _diag_part_grad(op: Operation, grad: Any) -> Tensor:
    return diag(grad)
