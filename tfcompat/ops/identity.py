"""Operations that pass tensors through (identity and its kin), and placeholders."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, unchanged
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, as_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.shapes import merge_shapes


@tf_export("identity")
def identity(input: Any, name: str | None = None) -> Any:
    """A tensor with the value of `input`.

    Args:
        input: tensor of any type, or a composite of tensors, whose parts are then passed on one by one.
        name: name of the operation.

    Returns:
        Same type, dtype and shape as `input`.
    """
    if isinstance(input, CompositeTensor):
        return _map_components(lambda part: raw_ops.Identity(input=part, name=name), input)
    result = raw_ops.Identity(input=input, name=name)
    if hasattr(input, "_handle_data"):
        result._handle_data = input._handle_data
    return result


def _map_components(fn: Any, composite: Any) -> Any:
    """A composite of the same kind with `fn` applied to its tensors."""
    if hasattr(composite, "values") and hasattr(composite, "indices"):
        parts = [composite.values, composite.indices, composite.dense_shape]
        values, indices, dense_shape = [None if p is None else fn(p) for p in parts]
        if type(composite).__name__ == "SparseTensor":
            return type(composite)(indices=indices, values=values, dense_shape=dense_shape)
        return type(composite)(values, indices, dense_shape)
    raise TypeError(f"Cannot take apart {composite!r}")


@tf_export("identity_n")
def identity_n(input: Any, name: str | None = None) -> list[Tensor]:
    """Tensors with the values of the tensors in the list `input`, which may differ in dtype and shape."""
    return raw_ops.IdentityN(input=input, name=name)  # type: ignore[no-any-return]


@tf_export("stop_gradient")
def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """`input` itself, through which no gradient flows back."""
    return raw_ops.StopGradient(input=input, name=name)  # type: ignore[no-any-return]


@tf_export("guarantee_const")
def guarantee_const(input: Any, name: str | None = None) -> Tensor:
    """`input` itself, with the promise that it is the same in every run."""
    return raw_ops.GuaranteeConst(input=input, name=name)  # type: ignore[no-any-return]


@tf_export("debugging.check_numerics", "check_numerics")
def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """`tensor` itself; the run fails with InvalidArgumentError when an element is NaN or infinite.

    Args:
        tensor: float16, bfloat16, float32 or float64.
        message: start of the error's text.
        name: name of the operation.
    """
    return raw_ops.CheckNumerics(tensor=tensor, message=message, name=name)  # type: ignore[no-any-return]


@tf_export("ensure_shape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """`x` itself; the run fails with InvalidArgumentError when its shape does not fit `shape`.

    Args:
        x: tensor of any type.
        shape: TensorShape or list with None for sizes that do not matter.
        name: name of the operation.

    Returns:
        A tensor whose static shape is that of `x` merged with `shape`.

    Raises:
        ValueError: the static shape of `x` contradicts `shape`.
    """
    return raw_ops.EnsureShape(input=x, shape=as_shape(shape), name=name)  # type: ignore[no-any-return]


@tf_export("placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value is fed to each run that needs it.

    Args:
        dtype: type of the elements.
        shape: what is known of the shape; None when any shape may be fed.
        name: name of the operation.

    Returns:
        A tensor; a run that needs it and does not feed it fails with InvalidArgumentError.
    """
    return raw_ops.Placeholder(dtype=dtype, shape=as_shape(shape), name=name)  # type: ignore[no-any-return]


@tf_export("placeholder_with_default")
def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor that has the value of `input` in runs that do not feed it.

    Args:
        input: the default value.
        shape: what is known of the shape of what may be fed.
        name: name of the operation.
    """
    return raw_ops.PlaceholderWithDefault(input=input, shape=as_shape(shape), name=name)  # type: ignore[no-any-return]


@tf_export("sparse.placeholder", "sparse_placeholder")
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A SparseTensor whose parts are fed to each run that needs it.

    Args:
        dtype: type of the values.
        shape: its dense shape, a sequence (it then need not be fed) or a vector tensor.
        name: prefix of the names of the parts: `<name>/values`, `<name>/indices` and `<name>/shape`.
    """
    from tfcompat.graph.sparse_tensor import SparseTensor

    known: TensorShape = UNKNOWN
    if isinstance(shape, Tensor):
        rank = shape.shape.num_elements()
        dense_shape = shape
    elif shape is None:
        rank = None
        dense_shape = placeholder(dtypes.int64, [None], _under(name, "shape"))
    else:
        known = as_shape(tuple(None if d == -1 else d for d in _sizes(shape)))
        rank = known.rank
        sizes = [-1 if d is None else d for d in known.as_list()]
        default = convert_to_tensor(sizes, dtypes.int64, _under(name, "shape_default"))
        dense_shape = placeholder_with_default(default, default.shape, _under(name, "shape"))
    values = placeholder(dtype, [None], _under(name, "values"))
    indices = placeholder(dtypes.int64, [None, rank], _under(name, "indices"))
    result = SparseTensor(values=values, indices=indices, dense_shape=dense_shape)
    result.set_shape(known)
    return result


def _sizes(shape: Any) -> Any:
    return shape.as_list() if isinstance(shape, TensorShape) else shape


def _under(name: str | None, part: str) -> str | None:
    return None if name is None else f"{name}/{part}"


# ---------------------------------------------------------------- shapes and gradients

shape_of("Identity", "StopGradient", "PreventGradient", "CheckNumerics", "CheckNumericsV2", "GuaranteeConst",
         "Snapshot", "DeepCopy", "DebugGradientIdentity", "DebugGradientRefIdentity",
         "DebugIdentity", "RefIdentity")(unchanged)  # fmt: skip
shape_of("Abort", "ControlTrigger", "NoOp")(no_outputs)


@shape_of("IdentityN")
def _identity_n_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return list(shapes)


@shape_of("Const")
def _const_shape(c: InferenceContext) -> list[TensorShape]:
    return [TensorShape.of(c.attr("value").shape)]


@shape_of("Placeholder", "PlaceholderV2")
def _placeholder_shape(c: InferenceContext) -> list[TensorShape]:
    shape: TensorShape = c.attr("shape")
    if shape.rank == 0 and c.op.graph._versions[0] < 24:
        return [UNKNOWN]  # old producers wrote "no shape" as rank 0
    return [shape]


@shape_of("PlaceholderWithDefault")
def _placeholder_with_default_shape(c: InferenceContext, default: TensorShape) -> list[TensorShape]:
    default.merge_with(c.attr("shape"))
    return [c.attr("shape")]


@shape_of("EnsureShape")
def _ensure_shape_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [merge_shapes(c.attr("shape"), x)]


@gradient_of("Identity", "RefIdentity", "PlaceholderWithDefault", "EnsureShape", "DebugGradientIdentity",
             "DebugGradientRefIdentity")  # fmt: skip
def _identity_grad(op: Operation, grad: Any) -> Any:
    return grad


@gradient_of("IdentityN")
def _identity_n_grad(op: Operation, *grads: Any) -> list[Any]:
    return list(grads)


@gradient_of("PreventGradient")
def _prevent_gradient_grad(op: Operation, grad: Any) -> Any:
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.attrs['message'].decode()}")


@gradient_of("CheckNumerics", "CheckNumericsV2")
def _check_numerics_grad(op: Operation, grad: Any) -> Any:
    """Checks the gradient too."""
    return check_numerics(
        grad, "Not a number (NaN) or infinity (Inf) values detected in gradient. " + op.attrs["message"].decode()
    )


not_differentiable("StopGradient")
