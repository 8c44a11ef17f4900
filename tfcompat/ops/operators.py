"""The operators of `Tensor` and of `SparseTensor`: `x + 1`, `-x`, `x < y`, `abs(x)`.

A Python value on the right is converted by the operation, with the tensor's type preferred; one on the left must fit
the tensor's type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.apply import apply_op
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import binary, math, matmul, raw_ops

Function = Callable[..., Any]


def _left(function: Function, name: str) -> Function:
    """`tensor <op> other`, recorded in the scope `name`."""

    def operator(x: Any, y: Any) -> Any:
        with name_scope(None, name, [x, y]) as scope:
            try:
                return function(x, y, name=scope)
            except (TypeError, ValueError):
                reflected = getattr(y, f"__r{name}__", None)
                if reflected is None:
                    raise
                try:
                    result = reflected(x)
                except (TypeError, ValueError):
                    result = NotImplemented
                if result is NotImplemented:
                    raise
                return result

    operator.__name__ = operator.__qualname__ = f"__{name}__"
    return operator


def _right(function: Function, name: str) -> Function:
    """`other <op> tensor`, recorded in the scope `name`."""

    def operator(y: Any, x: Any) -> Any:
        with name_scope(None, name, [x, y]) as scope:
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
            return function(x, y, name=scope)

    operator.__name__ = operator.__qualname__ = f"__r{name}__"
    return operator


def _multiply(x: Any, y: Any, name: str) -> Any:
    if not isinstance(y, SparseTensor):
        return binary.multiply(x, y, name)
    return y.with_values(_sparse_dense("SparseDenseCwiseMul", y, x, name))


def _matmul(x: Any, y: Any, name: str) -> Tensor:
    return matmul.matmul(x, y, name=name)


def _bits_or_logic(logical: str, bitwise: str) -> Function:
    def function(x: Any, y: Any, name: str | None = None) -> Tensor:
        if x.dtype.base_dtype is dtypes.bool:
            return apply_op(logical, name, {"x": x, "y": y})  # type: ignore[no-any-return]
        return apply_op(bitwise, None, {"x": x, "y": y})  # type: ignore[no-any-return]

    return function


def _xor(x: Any, y: Any, name: str) -> Tensor:
    if x.dtype.base_dtype is dtypes.bool:
        return binary.logical_xor(x, y, name)
    return raw_ops.BitwiseXor(x=x, y=y)  # type: ignore[no-any-return]


def _invert(x: Any, name: str | None = None) -> Tensor:
    if x.dtype.base_dtype is dtypes.bool:
        return raw_ops.LogicalNot(x=x, name=name)  # type: ignore[no-any-return]
    return raw_ops.Invert(x=x, name=name)  # type: ignore[no-any-return]


# Python operator -> function(x, y, name)
BINARY: dict[str, Function] = {
    "add":      binary.add,
    "sub":      binary.subtract,
    "mul":      _multiply,
    "truediv":  binary.true_divide,
    "div":      binary.python2_divide,
    "floordiv": binary.floor_div,
    "mod":      binary.floormod,
    "pow":      binary.pow,
    "matmul":   _matmul,
    "and":      _bits_or_logic("LogicalAnd", "BitwiseAnd"),
    "or":       _bits_or_logic("LogicalOr", "BitwiseOr"),
    "xor":      _xor,
}  # fmt: skip

# Python operator -> function(x, y), recorded under its own name
COMPARISONS: dict[str, Function] = {
    "lt": binary.less, "le": binary.less_equal, "gt": binary.greater, "ge": binary.greater_equal,
}  # fmt: skip


def _comparison(function: Function) -> Function:
    def operator(x: Any, y: Any) -> Any:
        return function(x, y)

    return operator


def _install_on_tensors() -> None:
    for name, function in BINARY.items():
        setattr(Tensor, f"__{name}__", _left(function, name))
        setattr(Tensor, f"__r{name}__", _right(function, name))
    for name, function in COMPARISONS.items():
        setattr(Tensor, f"__{name}__", _comparison(function))
    for name, function in {"neg": math.negative, "abs": math.abs, "invert": _invert}.items():
        setattr(Tensor, f"__{name}__", lambda x, function=function: function(x))


def _sparse_dense(op_type: str, sparse: SparseTensor, dense: Any, name: str) -> Tensor:
    inputs = {"sp_indices": sparse.indices, "sp_values": sparse.values, "sp_shape": sparse.dense_shape, "dense": dense}
    return apply_op(op_type, name, inputs)  # type: ignore[no-any-return]


def _sparse_operator(op_type: str, name: str) -> Function:
    """`sparse <op> dense`: acts on the explicit elements, the dense tensor broadcast to the sparse one's shape."""

    def operator(x: SparseTensor, y: Any) -> SparseTensor:
        with name_scope(None, name, [x, y]) as scope:
            y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
            if name == "truediv":
                values, y = binary.division_inputs(x.values, y)
                x = x if values is x.values else x.with_values(values)
            return x.with_values(_sparse_dense(op_type, x, y, scope))

    return operator


def _install_on_sparse_tensors() -> None:
    for name, op_type in (
        ("mul", "SparseDenseCwiseMul"),
        ("truediv", "SparseDenseCwiseDiv"),
        ("div", "SparseDenseCwiseDiv"),
    ):
        setattr(SparseTensor, f"__{name}__", _sparse_operator(op_type, name))


_install_on_tensors()
_install_on_sparse_tensors()
