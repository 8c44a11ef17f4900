"""Host kernels of neural-network operations on types and cases that ONNX Runtime has no form for."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


@kernel("BiasAdd", "BiasAddV1")
def _bias_add(k: KernelContext, value: np.ndarray, bias: np.ndarray) -> np.ndarray:
    if k.op.attrs.get("data_format") == b"NCHW":
        bias = bias.reshape(-1, *[1] * (value.ndim - 2))
    return value + bias


@kernel("BiasAddGrad")
def _bias_add_grad(k: KernelContext, grad: np.ndarray) -> np.ndarray:
    channel = 1 if k.attr("data_format") == b"NCHW" else grad.ndim - 1
    return grad.sum(tuple(a for a in range(grad.ndim) if a != channel), dtype=grad.dtype)


@kernel("SparseSoftmaxCrossEntropyWithLogits")
def _sparse_softmax_cross_entropy(
    k: KernelContext, logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    classes = logits.shape[1]
    if not classes:
        raise InvalidArgumentError(None, k.op, f"Must have at least one class, but got logits shape {_listed(logits)}")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Received a label value of {wrong[0]} which is outside the valid range of "
            f"[0, {classes}).  Label values: {' '.join(map(str, labels[:64]))}",
        )
    x = logits.astype(np.float64 if logits.dtype == np.float64 else np.float32)
    rows = np.arange(len(labels))
    with np.errstate(all="ignore"):
        shifted = x - x.max(1, keepdims=True)
        exponentials = np.exp(shifted)
        total = exponentials.sum(1, keepdims=True)
        loss = np.log(total[:, 0]) - shifted[rows, labels]
        backprop = exponentials / total
    backprop[rows, labels] -= 1
    return loss.astype(logits.dtype), backprop.astype(logits.dtype)


def _listed(x: np.ndarray) -> str:
    return f"[{','.join(map(str, x.shape))}]"
