"""Cross-entropies of softmax and logistic outputs, and the Poisson loss."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import broadcast_shapes, merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import rank, shape
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.softmax import log_softmax, softmax

_HALF = (dtypes.float16, dtypes.bfloat16)


@tf_export("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, dim: int = -1, name: str | None = None, axis: int | None = None
) -> Tensor:
    """Same as `softmax_cross_entropy_with_logits_v2`, but no gradient flows into `labels`."""
    axis = one_of("axis", axis, "dim", dim)
    _require(labels, logits, "softmax_cross_entropy_with_logits")
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = raw_ops.StopGradient(input=convert_to_tensor(labels), name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels, logits, axis, scope)


def _require(labels: Any, logits: Any, function: str) -> None:
    if labels is None or logits is None:
        raise ValueError(f"Both `labels` and `logits` must be provided for {function}.")


@tf_export("nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """Cross-entropy between distributions `labels` and softmax(`logits`): -sum(labels * log_softmax(logits), axis).

    Args:
        labels: `[..., classes]`, each a distribution over the classes.
        logits: same type and shape; float16, bfloat16 (computed in float32), float32 or float64.
        axis: dimension of the classes; -1 when not given.
        name: name of the operation.
        dim: deprecated alias of `axis`.

    Returns:
        The losses, of the type of `logits` and its shape without `axis`.
    """
    axis = one_of("axis", axis, "dim", dim)
    axis = -1 if axis is None else axis
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        half = logits.dtype.base_dtype in _HALF
        precise = raw_ops.Cast(x=logits, DstT=dtypes.float32) if half else logits
        labels = _as(labels, precise.dtype.base_dtype)
        input_rank = rank(precise)
        static = logits.shape
        if axis != -1:
            precise, labels = (_moved_last(t, axis, input_rank) for t in (precise, labels))
        input_shape = shape(precise)
        cost, _ = raw_ops.SoftmaxCrossEntropyWithLogits(
            features=_as_matrix(precise), labels=_as_matrix(labels), name=scope
        )
        size = raw_ops.Sub(x=input_rank, y=1)
        cost = raw_ops.Reshape(tensor=cost, shape=raw_ops.Slice(input=input_shape, begin=[0], size=[size]))
        if static.rank is not None:
            dims = list(static.tuple or ())
            del dims[axis]
            cost.set_shape(dims)
        return raw_ops.Cast(x=cost, DstT=logits.dtype.base_dtype) if half else cost


def _as(x: Tensor, dtype: dtypes.DType) -> Tensor:
    return x if x.dtype.base_dtype is dtype else raw_ops.Cast(x=x, DstT=dtype)


def _moved_last(x: Tensor, axis: int, size: Tensor) -> Tensor:
    """`x` with dimension `axis` moved to the end."""
    before = raw_ops.Range(start=0, limit=axis, delta=1, name="range")
    after = raw_ops.Range(start=axis + 1, limit=size, delta=1, name="range")
    order = raw_ops.ConcatV2(values=[before, after, [axis]], axis=0, name="concat")
    return raw_ops.Transpose(x=x, perm=order, name="transpose")


def _as_matrix(x: Tensor) -> Tensor:
    """`x` with all dimensions but the last merged into one."""
    size, full = rank(x), shape(x)
    last = raw_ops.Slice(input=full, begin=[raw_ops.Sub(x=size, y=1)], size=[1])
    result = raw_ops.Reshape(tensor=x, shape=raw_ops.ConcatV2(values=[[-1], last], axis=0, name="concat"))
    dims = x.shape.tuple
    if dims is not None:
        result.set_shape([TensorShape.of(dims[:-1]).num_elements(), dims[-1]])
    return result


@tf_export("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Tensor:
    """Cross-entropy between class numbers `labels` and softmax(`logits`): -log_softmax(logits)[..., label].

    Args:
        labels: `[...]`, int32 or int64 in [0, classes).
        logits: `[..., classes]`; float16 (computed in float32), bfloat16, float32 or float64.
        name: name of the operation.

    Returns:
        The losses, of the shape of `labels` and the type of `logits`.

    Raises:
        ValueError: `logits` is a scalar, or the shapes do not fit.
        InvalidArgumentError: in a run, a label is outside [0, classes).
    """
    _require(labels, logits, "sparse_softmax_cross_entropy_with_logits")
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        half = logits.dtype.base_dtype is dtypes.float16
        precise = raw_ops.Cast(x=logits, DstT=dtypes.float32) if half else logits
        static, labels_shape = labels.shape, shape(labels)
        _check_sparse_shapes(static, logits.shape)
        if logits.shape.rank == 2:
            cost, _ = raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=precise, labels=labels, name=name)
        else:
            checks = []
            if not (static.is_fully_defined() and logits.shape[:-1].is_fully_defined()):
                checks = [PUBLIC["assert_equal"](shape(labels), shape(logits)[:-1])]  # type: ignore[index]
            with control_dependencies(checks):
                classes = shape(logits)[rank(logits) - 1]  # type: ignore[index, operator]
                precise = raw_ops.Reshape(tensor=precise, shape=[-1, classes])
                labels = raw_ops.Reshape(tensor=labels, shape=[-1])
                cost, _ = raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=precise, labels=labels, name=name)
                cost = raw_ops.Reshape(tensor=cost, shape=labels_shape)
                cost.set_shape(static)
        return raw_ops.Cast(x=cost, DstT=logits.dtype.base_dtype) if half else cost


def _check_sparse_shapes(labels: TensorShape, logits: TensorShape) -> None:
    if logits.rank == 0:
        raise ValueError(f"`logits` cannot be a scalar. Received logits.shape={logits}")
    if logits.rank is not None and labels.rank is not None and labels.rank != logits.rank - 1:
        raise ValueError(
            f"`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape={labels} of "
            f"rank {labels.rank} and logits.shape={logits} of rank {logits.rank}"
        )
    if labels.is_fully_defined() and logits[:-1].is_fully_defined() and labels != logits[:-1]:
        raise ValueError(
            f"`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
            f"labels.shape={labels} and logits.shape={logits}"
        )


# ---------------------------------------------------------------- logistic and Poisson losses


@tf_export("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Tensor:
    """Logistic loss, elementwise: max(x, 0) - x * z + log(1 + exp(-|x|)) for logits x and labels z.

    Args:
        labels: probabilities of the positive class, the type and shape of `logits`.
        logits: float16, bfloat16, float32 or float64.
        name: name of the operation.

    Raises:
        ValueError: one is missing, or the shapes differ.
    """
    _require(labels, logits, "sigmoid_cross_entropy_with_logits")
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(labels, "labels", logits, "logits")
        zeros = _zeros_like(logits, logits.dtype)
        positive = raw_ops.GreaterEqual(x=logits, y=zeros)
        above = raw_ops.Select(condition=positive, t=logits, e=zeros)
        minus_size = raw_ops.Select(condition=positive, t=raw_ops.Neg(x=logits), e=logits)
        linear = raw_ops.Sub(x=above, y=raw_ops.Mul(x=logits, y=labels, name="mul"), name="sub")
        return raw_ops.AddV2(x=linear, y=raw_ops.Log1p(x=raw_ops.Exp(x=minus_size)), name=scope)


def _check_same_shape(x: Tensor, x_name: str, y: Tensor, y_name: str) -> None:
    if not x.shape.is_compatible_with(y.shape):
        raise ValueError(f"`{y_name}` and `{x_name}` must have the same shape, received ({y.shape} vs {x.shape}).")


def _zeros_like(x: Tensor, dtype: Any) -> Tensor:
    from tfcompat.ops.filling import zeros_like

    return zeros_like(x, dtype=dtype)


@tf_export("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: str | None = None, targets: Any = None
) -> Tensor:
    """Logistic loss whose positive part is multiplied by `pos_weight`:
    (1 - z) * x + (1 + (w - 1) * z) * (log(1 + exp(-|x|)) + max(-x, 0)) for logits x, labels z, weight w.

    Args:
        labels: probabilities of the positive class, the type and shape of `logits`.
        logits: float16, bfloat16, float32 or float64.
        pos_weight: number or tensor that broadcasts to the shape of `logits`.
        name: name of the operation.
        targets: deprecated alias of `labels`.

    Raises:
        ValueError: the shapes differ.
    """
    labels = one_of("labels", labels, "targets", targets)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(labels, "labels", logits, "logits")
        weight = 1 + (pos_weight - 1) * labels
        linear = (1 - labels) * logits  # type: ignore[operator]
        tail = raw_ops.Log1p(x=raw_ops.Exp(x=raw_ops.Neg(x=raw_ops.Abs(x=logits))))
        tail = tail + raw_ops.Relu(features=raw_ops.Neg(x=logits))
        return raw_ops.AddV2(x=linear, y=weight * tail, name=scope)


@tf_export("nn.log_poisson_loss")
def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None) -> Tensor:
    """exp(c) - z * c for log-predictions c and targets z.

    Args:
        targets: counts, the type and shape of `log_input`.
        log_input: logarithm of the predicted rate.
        compute_full_loss: whether to add Stirling's approximation z * log(z) - z + log(2 pi z) / 2 where z > 1.
        name: name of the operation.

    Raises:
        ValueError: the shapes differ.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        if not log_input.shape.is_compatible_with(targets.shape):
            raise ValueError(
                f"`log_input` and `targets` must have the same shape, received ({log_input.shape} vs {targets.shape})."
            )
        result = raw_ops.Exp(x=log_input) - log_input * targets
        if not compute_full_loss:
            return result
        from tfcompat.ops.filling import ones_like

        half, two_pi = (convert_to_tensor(v, log_input.dtype) for v in (0.5, 2 * math.pi))
        stirling = targets * raw_ops.Log(x=targets) - targets + half * raw_ops.Log(x=two_pi * targets)  # type: ignore[operator]
        zeros, ones = _zeros_like(targets, log_input.dtype), ones_like(targets, dtype=log_input.dtype)
        small = raw_ops.LogicalAnd(x=raw_ops.GreaterEqual(x=targets, y=zeros), y=raw_ops.LessEqual(x=targets, y=ones))
        return result + raw_ops.Select(condition=small, t=zeros, e=stirling)


# ---------------------------------------------------------------- shapes and gradients


@shape_of("SoftmaxCrossEntropyWithLogits")
def _softmax_shape(c: InferenceContext, logits: TensorShape, labels: TensorShape) -> list[TensorShape]:
    both = broadcast_shapes(logits, labels)
    if both.rank not in (2, None):
        raise ValueError(f"Shape must be broadcasted with rank 2, but is rank {both.rank}")
    both = exact_rank(both, 2)
    return [both[:1], both]


@shape_of("SparseSoftmaxCrossEntropyWithLogits")
def _sparse_softmax_shape(c: InferenceContext, logits: TensorShape, labels: TensorShape) -> list[TensorShape]:
    batch, classes = exact_rank(logits, 2).tuple or (None, None)
    (count,) = exact_rank(labels, 1).tuple or (None,)
    batch = merge_dims(batch, count)
    return [TensorShape.of((batch,)), TensorShape.of((batch, classes))]


def _scaled_rows(weights: Any, matrix: Any) -> Any:
    return raw_ops.Mul(x=raw_ops.ExpandDims(input=weights, dim=-1), y=matrix)


def _is_zero(grad: Any) -> bool:
    """Whether a gradient is absent or made of zeros while the graph is built."""
    if grad is None:
        return True
    from tfcompat.graph.inference import GRAPH_VALUES

    if grad.op.type == "ZerosLike":
        return True
    value = GRAPH_VALUES.constant(grad)
    return value is not None and not value.any()


def _logits_gradient(op: Operation, grad_loss: Any, grad_backprop: Any) -> Any:
    """The gradient for the logits, of the losses and, for second derivatives, of their own gradient output."""
    grad = _scaled_rows(grad_loss, op.outputs[1])
    if _is_zero(grad_backprop):
        return grad
    probabilities = softmax(op.inputs[0])
    mean = raw_ops.Sum(input=raw_ops.Mul(x=grad_backprop, y=probabilities), reduction_indices=[1], keep_dims=True)
    return raw_ops.AddV2(x=grad, y=raw_ops.Mul(x=raw_ops.Sub(x=grad_backprop, y=mean), y=probabilities))


@gradient_of("SoftmaxCrossEntropyWithLogits")
def _softmax_cross_entropy_grad(op: Operation, grad_loss: Any, grad_backprop: Any) -> tuple[Any, Any]:
    grad = _logits_gradient(op, grad_loss, grad_backprop)
    return grad, _scaled_rows(grad_loss, raw_ops.Neg(x=log_softmax(op.inputs[0])))


@gradient_of("SparseSoftmaxCrossEntropyWithLogits")
def _sparse_softmax_cross_entropy_grad(op: Operation, grad_loss: Any, grad_backprop: Any) -> tuple[Any, None]:
    return _logits_gradient(op, grad_loss, grad_backprop), None
