"""Matrix products: one product, batches of products, products with sparse matrices, and affine maps."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import broadcast_shapes, merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.broadcasting import reduced_axes
from tfcompat.ops.shape_checks import at_least_rank, exact_rank


@tf_export("matmul", "linalg.matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    name: str | None = None,
) -> Tensor:
    """Matrix product `a @ b` of the last two dimensions; leading dimensions are batches and broadcast.

    Args:
        a: `[..., m, k]`, a number type.
        b: `[..., k, n]`, the type of `a`.
        transpose_a: use the transpose of `a` (which then is `[..., k, m]`).
        transpose_b: use the transpose of `b`.
        adjoint_a: use the conjugate transpose of `a`.
        adjoint_b: use the conjugate transpose of `b`.
        a_is_sparse: `a` (float32 or bfloat16, rank 2) holds many zeros.
        b_is_sparse: `b` holds many zeros.
        output_type: type of the result when it is not that of `a`, such as int32 for int8 factors.
        name: name of the operation.

    Returns:
        `[..., m, n]`.

    Raises:
        ValueError: a factor is to be both transposed and adjoint, or the shapes do not fit.
    """
    with name_scope(name, "MatMul", [a, b]) as scope:
        _check_flags(transpose_a, adjoint_a, "a")
        _check_flags(transpose_b, adjoint_b, "b")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, dtype_hint=a.dtype.base_dtype, name="b")
        widened = output_type is not None and dtypes.as_dtype(output_type) not in (
            a.dtype.base_dtype,
            b.dtype.base_dtype,
        )
        batched = any(t.shape.rank is None or t.shape.rank > 2 for t in (a, b))
        if (batched or widened) and not a_is_sparse and not b_is_sparse:
            if transpose_a:
                a = _conjugate(a)
            if transpose_b:
                b = _conjugate(b)
            flags = {"adj_x": transpose_a or adjoint_a, "adj_y": transpose_b or adjoint_b}
            if widened:
                return raw_ops.BatchMatMulV3(x=a, y=b, Tout=output_type, name=scope, **flags)
            return raw_ops.BatchMatMulV2(x=a, y=b, name=scope, **flags)
        if adjoint_a:
            a = _conjugate(a)
        if adjoint_b:
            b = _conjugate(b)
        flags = {"transpose_a": transpose_a or adjoint_a, "transpose_b": transpose_b or adjoint_b}
        if _takes_sparse_kernel(a, b, a_is_sparse or b_is_sparse):
            product = raw_ops.SparseMatMul(
                a=a, b=b, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse, name=scope, **flags
            )
            if a.dtype.base_dtype is dtypes.bfloat16 and b.dtype.base_dtype is dtypes.bfloat16:
                return raw_ops.Cast(x=product, DstT=dtypes.bfloat16)
            return product
        return raw_ops.MatMul(a=a, b=b, name=scope, **flags)


def _check_flags(transpose: bool, adjoint: bool, which: str) -> None:
    if transpose and adjoint:
        raise ValueError(
            f"Only one of `transpose_{which}` and `adjoint_{which}` can be True. Received "
            f"`transpose_{which}`={transpose}, `adjoint_{which}`={adjoint}."
        )


def _takes_sparse_kernel(a: Tensor, b: Tensor, is_sparse: bool) -> bool:
    types = (a.dtype.base_dtype, b.dtype.base_dtype)
    if is_sparse and all(t in (dtypes.bfloat16, dtypes.float32) for t in types):
        return True
    return dtypes.bfloat16 in types and types[0] is not types[1]


def _conjugate(x: Tensor) -> Tensor:
    """The complex conjugate; `x` itself when it is real."""
    return raw_ops.Conj(input=x) if x.dtype.is_complex else x


@tf_export("linalg.matvec")
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Matrix times vector, `[..., m, k]` and `[..., k]` to `[..., m]`; the arguments are those of `matmul`."""
    with name_scope(name, "MatVec", [a, b]):
        column = raw_ops.ExpandDims(input=b, dim=-1)
        product = matmul(
            a, column, transpose_a=transpose_a, adjoint_a=adjoint_a, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse
        )
        return raw_ops.Squeeze(input=product, squeeze_dims=[-1])


@tf_export("nn.xw_plus_b")
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`matmul(x, weights) + biases`: `[n, k]`, `[k, m]` and `[m]` to `[n, m]`."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        return raw_ops.BiasAdd(
            value=_product(x, weights),
            bias=convert_to_tensor(biases, name="biases"),
            name=scope,
        )


@tf_export("nn.relu_layer")
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`relu(matmul(x, weights) + biases)`: `[n, k]`, `[k, m]` and `[m]` to `[n, m]`."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        affine = raw_ops.BiasAdd(value=_product(x, weights), bias=convert_to_tensor(biases, name="biases"))
        return raw_ops.Relu(features=affine, name=scope)


def _product(x: Any, weights: Any) -> Tensor:
    return matmul(convert_to_tensor(x, name="x"), convert_to_tensor(weights, name="weights"))


# ---------------------------------------------------------------- shapes


@shape_of("MatMul", "SparseMatMul", "_FusedMatMul")
def _matmul_shape(c: InferenceContext, a: TensorShape, b: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    m, k = exact_rank(a, 2).tuple or (None, None)
    k2, n = exact_rank(b, 2).tuple or (None, None)
    if c.attr("transpose_a"):
        m, k = k, m
    if c.attr("transpose_b"):
        k2, n = n, k2
    merge_dims(k, k2)
    return [TensorShape.of((m, n))]


@shape_of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul_shape(c: InferenceContext, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    dims_x, dims_y = at_least_rank(x, 2).tuple, at_least_rank(y, 2).tuple
    if dims_x is None or dims_y is None:
        return [UNKNOWN]
    m, k = reversed(dims_x[-2:]) if c.attr("adj_x") else dims_x[-2:]
    k2, n = reversed(dims_y[-2:]) if c.attr("adj_y") else dims_y[-2:]
    merge_dims(k, k2)
    batch_x, batch_y = TensorShape.of(dims_x[:-2]), TensorShape.of(dims_y[:-2])
    batch = batch_x.merge_with(batch_y) if c.op.type == "BatchMatMul" else broadcast_shapes(batch_x, batch_y)
    return [TensorShape.of((batch.tuple or ()) + (m, n))]


# ---------------------------------------------------------------- gradients


def _factor_gradients(multiply: Any, a: Any, b: Any, grad: Any, flip_a: bool, flip_b: bool) -> tuple[Any, Any]:
    """Gradients of `op(a) @ op(b)` where op transposes if its flag is set; `multiply(x, y, flip_x, flip_y)` records."""
    grad_a = multiply(b, grad, flip_b, True) if flip_a else multiply(grad, b, False, not flip_b)
    grad_b = multiply(grad, a, True, flip_a) if flip_b else multiply(a, grad, not flip_a, False)
    return grad_a, grad_b


@gradient_of("MatMul")
def _matmul_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    a, b = map(_conjugate, op.inputs)

    def multiply(x: Tensor, y: Tensor, flip_x: bool, flip_y: bool) -> Tensor:
        return raw_ops.MatMul(a=x, b=y, transpose_a=flip_x, transpose_b=flip_y)

    return _factor_gradients(multiply, a, b, grad, op.attrs["transpose_a"], op.attrs["transpose_b"])


@gradient_of("SparseMatMul")
def _sparse_matmul_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    a, b = op.inputs
    flip_a, flip_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    sparse = {a: op.attrs["a_is_sparse"], b: op.attrs["b_is_sparse"], grad: False}

    def multiply(x: Tensor, y: Tensor, flip_x: bool, flip_y: bool) -> Tensor:
        return raw_ops.SparseMatMul(
            a=x,
            b=y,
            transpose_a=flip_x,
            transpose_b=flip_y,
            a_is_sparse=sparse[x],
            b_is_sparse=sparse[y],
        )

    pairs = zip(_factor_gradients(multiply, a, b, grad, flip_a, flip_b), (a, b), strict=True)
    grad_a, grad_b = (
        g if x.dtype.base_dtype is g.dtype else raw_ops.Cast(x=g, DstT=x.dtype.base_dtype) for g, x in pairs
    )
    return grad_a, grad_b


@gradient_of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    x, y = op.inputs

    def multiply(left: Tensor, right: Tensor, flip_left: bool, flip_right: bool) -> Tensor:
        return matmul(left, right, adjoint_a=flip_left, adjoint_b=flip_right)

    grad_x, grad_y = _factor_gradients(multiply, x, y, grad, op.attrs["adj_x"], op.attrs["adj_y"])
    return _sum_batch(grad_x, x, y), _sum_batch(grad_y, y, x)


def _sum_batch(grad: Tensor, x: Tensor, other: Tensor) -> Tensor:
    """`grad` summed over the batch dimensions along which `x` was broadcast against `other`."""
    dims, opposite = x.shape.tuple, other.shape.tuple
    axes = None if dims is None or opposite is None else reduced_axes(dims[:-2], opposite[:-2])
    if axes == []:
        return grad
    shape = raw_ops.Shape(input=x)
    if axes is None:
        batch, batch_other = (
            raw_ops.StridedSlice(input=s, begin=[0], end=[-2], strides=[1], begin_mask=1)
            for s in (shape, raw_ops.Shape(input=other))
        )
        axes, _ = raw_ops.BroadcastGradientArgs(s0=batch, s1=batch_other)
    result: Tensor = raw_ops.Reshape(tensor=raw_ops.Sum(input=grad, reduction_indices=axes), shape=shape)
    result.set_shape(x.shape)
    return result
